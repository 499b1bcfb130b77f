//! Records of carrying: whose mail we hold, who holds ours, and what was handed to a carrier.

use kith_crypto::{
    AccountId, ConversationId, DepositToken, DeviceId, MailboxId, MailboxKey, SenderName, SenderSecret,
};
use serde::{Deserialize, Serialize};

use super::{Receipts, Record};
use crate::store::{Batch, Bounds, Keep, Key, Order, Read, Scope, StoreError, Suffix, Table};

/// What is carried for others in all, and the secret behind the names of those who may deposit for us.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CarryingSettings {
    /// The most bytes held for others together; 0 holds nothing.
    pub max_bytes: u64,
    /// How long an item is held, days.
    pub days: u32,
    pub senders: SenderSecret,
}

impl CarryingSettings {
    pub fn at() -> Key {
        Key::new(Scope::new(Table::Settings), Suffix::number(4))
    }
}

impl Record for CarryingSettings {
    fn key(&self) -> Key {
        Self::at()
    }
}

/// A mailbox that we keep for a contact.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Mailbox {
    pub mailbox: MailboxId,
    pub owner: AccountId,
    pub key: MailboxKey,
}

impl Mailbox {
    pub fn scope() -> Scope {
        Scope::new(Table::Mailbox)
    }

    pub fn at(mailbox: &MailboxId) -> Key {
        Key::new(Self::scope(), Suffix::hashed(mailbox.0))
    }
}

impl Record for Mailbox {
    fn key(&self) -> Key {
        Self::at(&self.mailbox)
    }
}

/// An item that we hold, without its content.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct HeldItem {
    pub mailbox: MailboxId,
    /// BLAKE3 of the content.
    pub id: [u8; 32],
    /// Who may collect it.
    pub recipient: DeviceId,
    pub sender: SenderName,
    pub bytes: u64,
    pub held_at_ms: u64,
    pub until_ms: u64,
}

impl HeldItem {
    pub fn scope(mailbox: &MailboxId) -> Scope {
        Scope::new(Table::HeldItem).with(&mailbox.0)
    }

    pub fn at(mailbox: &MailboxId, id: &[u8; 32]) -> Key {
        Key::new(Self::scope(mailbox), Suffix::hashed(id))
    }
}

impl Record for HeldItem {
    fn key(&self) -> Key {
        Self::at(&self.mailbox, &self.id)
    }
}

/// The content of an item that we hold; apart, so that counting does not read it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct HeldContent {
    pub id: [u8; 32],
    #[serde(with = "serde_bytes")]
    pub sealed: Vec<u8>,
}

impl HeldContent {
    pub fn at(id: &[u8; 32]) -> Key {
        Key::new(Scope::new(Table::HeldContent), Suffix::hashed(id))
    }
}

impl Record for HeldContent {
    fn key(&self) -> Key {
        Self::at(&self.id)
    }
}

/// What a contact offered to carry for us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub mailbox: MailboxId,
    pub key: MailboxKey,
    /// The most bytes it holds for us.
    pub quota_bytes: u64,
    /// How long it holds an item, days.
    pub days: u32,
}

/// Somebody who offers to carry for us, or whom we would let.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Carrier {
    pub account: AccountId,
    /// What each of their devices offers; none before they did, and after they took it back.
    pub grants: Vec<(DeviceId, Grant)>,
    /// Whether we want it: only then are others told of it.
    pub used: bool,
    /// Whether our person has chosen, either way.
    pub decided: bool,
}

impl Carrier {
    pub fn scope() -> Scope {
        Scope::new(Table::Carrier)
    }

    pub fn at(account: &AccountId) -> Key {
        Key::new(Self::scope(), Suffix::hashed(account.as_bytes()))
    }
}

impl Record for Carrier {
    fn key(&self) -> Key {
        Self::at(&self.account)
    }
}

/// A [`Carrier`] as schema 1 kept it.
#[derive(Serialize, Deserialize)]
struct UndecidedCarrier {
    account: AccountId,
    grants: Vec<(DeviceId, Grant)>,
    used: bool,
}

/// The step to schema 2: a carrier's record says whether our person has chosen. Who used one had chosen it; the others are
/// asked. One that says it already stays.
pub(crate) fn decide_carriers(store: &dyn Read) -> Result<Batch, StoreError> {
    let mut batch = Batch::new();
    for record in store.scan(&Carrier::scope(), &Bounds::all(), Order::Ascending, usize::MAX)? {
        if postcard::from_bytes::<Carrier>(&record.value).is_ok() {
            continue;
        }
        let Ok(known) = postcard::from_bytes::<UndecidedCarrier>(&record.value) else {
            tracing::warn!("a record of who carries for us does not decode in any format there was");
            continue;
        };
        let carrier = Carrier {
            account: known.account,
            grants: known.grants,
            used: known.used,
            decided: known.used,
        };
        let value = postcard::to_allocvec(&carrier).map_err(|_| StoreError::Damaged {
            what: "who carries for us".into(),
        })?;
        batch.put(carrier.key(), value, Keep::Always);
    }
    Ok(batch)
}

/// Where mail for somebody can be deposited, as they tell each of their contacts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CarrierCard {
    /// The carrier's device.
    pub device: DeviceId,
    /// Where it can be dialled.
    pub addresses: Vec<String>,
    /// Ours to show there.
    pub token: DepositToken,
}

/// The carriers of a contact.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ContactCarriers {
    pub account: AccountId,
    pub cards: Vec<CarrierCard>,
}

impl ContactCarriers {
    pub fn at(account: &AccountId) -> Key {
        Key::new(
            Scope::new(Table::ContactCarriers),
            Suffix::hashed(account.as_bytes()),
        )
    }
}

impl Record for ContactCarriers {
    fn key(&self) -> Key {
        Self::at(&self.account)
    }
}

/// What of our log in a conversation carriers hold for one device.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Mailed {
    pub conversation: ConversationId,
    /// For whom.
    pub device: DeviceId,
    /// With whom: one for each carrier that said that it holds something, those whose time is over included.
    pub with: Vec<WithCarrier>,
}

/// What of our log one carrier holds for a device.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct WithCarrier {
    /// The carrier's device.
    pub carrier: DeviceId,
    /// Everything up to here that the recipient had not acknowledged when the first of it was left there.
    pub up_to: u64,
    /// When the first of it is given up, unix milliseconds.
    pub until_ms: u64,
}

impl Mailed {
    pub fn scope(conversation: &ConversationId) -> Scope {
        Scope::new(Table::Mailed).with(conversation.as_bytes())
    }

    pub fn at(conversation: &ConversationId, device: &DeviceId) -> Key {
        Key::new(Self::scope(conversation), Suffix::hashed(device.as_bytes()))
    }

    /// With nobody.
    pub fn nowhere(conversation: ConversationId, device: DeviceId) -> Self {
        Self {
            conversation,
            device,
            with: Vec::new(),
        }
    }

    /// What each carrier holds now.
    fn now(&self, now_ms: u64) -> impl Iterator<Item = &WithCarrier> {
        self.with.iter().filter(move |with| with.until_ms > now_ms)
    }

    /// What one carrier holds now.
    pub fn with(&self, carrier: &DeviceId, now_ms: u64) -> Option<WithCarrier> {
        self.now(now_ms).find(|with| with.carrier == *carrier).copied()
    }

    /// Up to where any carrier holds our log now.
    pub fn up_to(&self, now_ms: u64) -> u64 {
        self.now(now_ms).map(|with| with.up_to).max().unwrap_or(0)
    }

    /// When the first of what carriers hold now is given up, unix milliseconds.
    pub fn first_end_ms(&self, now_ms: u64) -> u64 {
        let ends = self.now(now_ms).map(|with| with.until_ms);
        ends.min().unwrap_or(u64::MAX)
    }

    /// Until when an entry of our log is held, unix milliseconds; `None` if it is not.
    pub fn held_until_ms(&self, seq: u64, now_ms: u64) -> Option<u64> {
        let holding = self.now(now_ms).filter(|with| seq <= with.up_to);
        holding.map(|with| with.until_ms).max()
    }
}

impl Record for Mailed {
    fn key(&self) -> Key {
        Self::at(&self.conversation, &self.device)
    }
}

/// The newest acknowledgement of ours that a device was told, over its link or through a carrier.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Told {
    /// Of which conversation, which device, and what of the logs of its account. Here the device is who was told.
    pub receipts: Receipts,
    /// When it was told, unix milliseconds.
    pub at_ms: u64,
    /// When the carrier gives it up, unix milliseconds; [`u64::MAX`] if it went over a link.
    pub until_ms: u64,
}

impl Told {
    pub fn scope(conversation: &ConversationId) -> Scope {
        Scope::new(Table::Told).with(conversation.as_bytes())
    }

    pub fn at(conversation: &ConversationId, device: &DeviceId) -> Key {
        Key::new(Self::scope(conversation), Suffix::hashed(device.as_bytes()))
    }
}

impl Record for Told {
    fn key(&self) -> Key {
        Self::at(&self.receipts.conversation, &self.receipts.device)
    }
}

/// Whether a contact may leave mail for us, and the secrets behind its names.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SenderRule {
    pub account: AccountId,
    pub refused: bool,
    /// Behind its name now; `None` for the one of all who were never refused.
    pub secret: Option<SenderSecret>,
    /// Behind its names that are honoured no longer.
    pub past: Vec<SenderSecret>,
}

impl SenderRule {
    pub fn scope() -> Scope {
        Scope::new(Table::SenderRule)
    }

    pub fn at(account: &AccountId) -> Key {
        Key::new(Self::scope(), Suffix::hashed(account.as_bytes()))
    }
}

impl Record for SenderRule {
    fn key(&self) -> Key {
        Self::at(&self.account)
    }
}

/// Whose tokens the owner of a mailbox that we keep took back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RefusedSenders {
    pub mailbox: MailboxId,
    pub senders: Vec<SenderName>,
}

impl RefusedSenders {
    pub fn at(mailbox: &MailboxId) -> Key {
        Key::new(Scope::new(Table::RefusedSenders), Suffix::hashed(mailbox.0))
    }
}

impl Record for RefusedSenders {
    fn key(&self) -> Key {
        Self::at(&self.mailbox)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{MemoryStore, Store as _};

    #[test]
    fn carriers_of_before_are_read_and_those_that_were_used_were_chosen() {
        let accounts = [1, 2, 3].map(|byte| AccountId::from_bytes([byte; 32]));
        let store = MemoryStore::new();
        let mut batch = Batch::new();
        for (account, used) in [(accounts[0], true), (accounts[1], false)] {
            let old = UndecidedCarrier {
                account,
                grants: Vec::new(),
                used,
            };
            batch.put(
                Carrier::at(&account),
                postcard::to_allocvec(&old).unwrap(),
                Keep::Always,
            );
        }
        let new = Carrier {
            account: accounts[2],
            grants: Vec::new(),
            used: false,
            decided: true,
        };
        batch.put(new.key(), postcard::to_allocvec(&new).unwrap(), Keep::Always);
        store.commit(&batch).unwrap();
        store.commit(&decide_carriers(&store).unwrap()).unwrap();
        let decided = accounts.map(|account| {
            let value = store.get(&Carrier::at(&account)).unwrap().unwrap();
            let carrier: Carrier = postcard::from_bytes(&value).unwrap();
            (carrier.used, carrier.decided)
        });
        assert_eq!(decided, [(true, true), (false, false), (false, true)]);
    }
}
