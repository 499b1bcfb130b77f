//! The step to schema 4: records of people, devices and evidence that were written before they had all their parts.
//!
//! They were given more parts under schema 3 without a schema of their own, so a store of schema 3 may have them in either
//! form. Which one it is shows in the bytes: a record is taken for one of before if it is whole as that, and not as today's.

use std::collections::BTreeSet;

use kith_crypto::{AccountId, ConversationId, DeviceId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Contact, Conversation, Evidence, Owned, PeerDevice, Record, Refused, Standing};
use crate::store::{Batch, Bounds, Keep, Order, Read, Scope, StoreError};

/// A [`Standing`] as it was.
#[derive(Serialize, Deserialize)]
enum OldStanding {
    Waiting { token: [u8; 16] },
    Accepted,
    Refused(Refused),
    Blocked,
}

/// A [`Contact`] as it was.
#[derive(Serialize, Deserialize)]
struct OldContact {
    account: AccountId,
    name: String,
    status: String,
    picture: Option<[u8; 32]>,
    card_number: u64,
    standing: OldStanding,
    #[serde(with = "serde_bytes")]
    device_list: Vec<u8>,
    devices: Vec<DeviceId>,
    reach: [u8; 32],
    last_seen_ms: Option<u64>,
    alarmed: bool,
}

impl From<OldContact> for Contact {
    fn from(old: OldContact) -> Self {
        let standing = match (old.standing, old.devices.first()) {
            // The device that made the invite is the only one known before the first link.
            (OldStanding::Waiting { token }, Some(&device)) => Standing::Waiting { token, device },
            (OldStanding::Waiting { .. }, None) => Standing::Refused(Refused::Unknown),
            (OldStanding::Accepted, _) => Standing::Accepted,
            (OldStanding::Refused(why), _) => Standing::Refused(why),
            (OldStanding::Blocked, _) => Standing::Blocked,
        };
        Self {
            account: old.account,
            name: old.name,
            status: old.status,
            picture: old.picture,
            card_number: old.card_number,
            standing,
            device_list: old.device_list,
            devices: old.devices,
            reach: old.reach,
            // Given on each link.
            remembrance: [0; 32],
            last_seen_ms: old.last_seen_ms,
            alarmed: old.alarmed,
        }
    }
}

/// A [`PeerDevice`] as it was.
#[derive(Serialize, Deserialize)]
struct OldPeerDevice {
    device: DeviceId,
    account: AccountId,
    addresses: Vec<String>,
    #[serde(with = "serde_bytes")]
    prekey: Vec<u8>,
}

impl OldPeerDevice {
    /// `said` are the devices that nothing but an invite has named. What else was noted then stood in a signed list, and who
    /// gave a prekey has had a link.
    fn complete(self, said: &BTreeSet<DeviceId>) -> PeerDevice {
        let owned = if said.contains(&self.device) {
            Owned::Said
        } else if self.prekey.is_empty() {
            Owned::Listed
        } else {
            Owned::Linked
        };
        PeerDevice {
            device: self.device,
            account: self.account,
            owned,
            addresses: self.addresses,
            prekey: self.prekey,
        }
    }
}

/// An [`Evidence`] as it was.
#[derive(Serialize, Deserialize)]
struct OldEvidence {
    conversation: ConversationId,
    #[serde(with = "serde_bytes")]
    header: Vec<u8>,
    found_at_ms: u64,
}

impl From<OldEvidence> for Evidence {
    fn from(old: OldEvidence) -> Self {
        Self {
            conversation: old.conversation,
            header: old.header,
            found_at_ms: old.found_at_ms,
            notice: None,
        }
    }
}

/// See the module's essay.
pub(crate) fn complete(store: &dyn Read) -> Result<Batch, StoreError> {
    let mut batch = Batch::new();
    let mut said = BTreeSet::new();
    let complete = |old: OldContact| {
        if old.device_list.is_empty() {
            said.extend(&old.devices);
        }
        Contact::from(old)
    };
    rewrite(store, &Contact::scope(), &mut batch, complete)?;
    let complete = |old: OldPeerDevice| old.complete(&said);
    rewrite(store, &PeerDevice::scope(), &mut batch, complete)?;
    for record in all(store, &Conversation::scope())? {
        if let Some(conversation) = whole::<Conversation>(&record) {
            let scope = Evidence::scope(&conversation.id);
            rewrite(store, &scope, &mut batch, |old: OldEvidence| Evidence::from(old))?;
        }
    }
    Ok(batch)
}

fn all(store: &dyn Read, scope: &Scope) -> Result<Vec<Vec<u8>>, StoreError> {
    let found = store.scan(scope, &Bounds::all(), Order::Ascending, usize::MAX)?;
    Ok(found.into_iter().map(|record| record.value).collect())
}

/// Completes each record of a scope that is one of before.
fn rewrite<Old, New>(
    store: &dyn Read,
    scope: &Scope,
    batch: &mut Batch,
    mut complete: impl FnMut(Old) -> New,
) -> Result<(), StoreError>
where
    Old: Serialize + DeserializeOwned,
    New: Record,
{
    for value in all(store, scope)? {
        if whole::<New>(&value).is_some() {
            continue;
        }
        let Some(old) = whole::<Old>(&value) else {
            tracing::warn!("a record does not decode in any format there was");
            continue;
        };
        let new = complete(old);
        let bytes = postcard::to_allocvec(&new).map_err(|_| StoreError::Damaged {
            what: "a record of a person, a device or evidence".into(),
        })?;
        batch.put(new.key(), bytes, Keep::Always);
    }
    Ok(())
}

/// What these bytes say, if that is all they say.
fn whole<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let value = postcard::from_bytes::<T>(bytes).ok()?;
    let again = postcard::to_allocvec(&value).ok()?;
    (again == bytes).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{MemoryStore, Store as _};

    fn waiting() -> OldContact {
        OldContact {
            account: AccountId::from_bytes([1; 32]),
            name: "Ana".into(),
            status: String::new(),
            picture: None,
            card_number: 0,
            standing: OldStanding::Waiting { token: [2; 16] },
            device_list: Vec::new(),
            devices: vec![DeviceId::from_bytes([3; 32])],
            reach: [4; 32],
            last_seen_ms: None,
            alarmed: false,
        }
    }

    fn device() -> PeerDevice {
        PeerDevice::new(DeviceId::from_bytes([3; 32]), AccountId::from_bytes([1; 32]))
    }

    #[test]
    fn records_of_before_are_completed_and_those_of_today_stay() {
        let store = MemoryStore::new();
        let mut batch = Batch::new();
        let contact = Contact::from(waiting());
        let old = postcard::to_allocvec(&waiting()).unwrap();
        batch.put(contact.key(), old, Keep::Always);
        let bytes = postcard::to_allocvec(&device()).unwrap();
        batch.put(device().key(), bytes.clone(), Keep::Always);
        store.commit(&batch).unwrap();
        for _ in 0..2 {
            store.commit(&complete(&store).unwrap()).unwrap();
            let read: Contact = whole(&store.get(&contact.key()).unwrap().unwrap()).unwrap();
            let device = DeviceId::from_bytes([3; 32]);
            let token = [2; 16];
            assert_eq!(read.standing, Standing::Waiting { token, device });
        }
        assert_eq!(store.get(&device().key()).unwrap(), Some(bytes));
    }
}
