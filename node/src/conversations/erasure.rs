//! Bodies: the one door through which an entry is saved, and how its body is erased while its header stays.
//!
//! Whether a body may be erased, and who is told, is for the callers to decide.

use kith_crypto::LogId;

use crate::{
    records::{Conversation, EntryRecord},
    turn::{Step, Turn},
};

/// Saves an entry, so that its body can be erased later.
pub(crate) fn save_entry(turn: &mut Turn, entry: &EntryRecord) -> Step {
    turn.save(entry)
}

/// The bodies of the entries at these places become unreadable; their headers stay. Nothing happens where a body was
/// erased before, or no entry is.
pub(crate) fn erase(turn: &mut Turn, conversation: &Conversation, places: &[(LogId, u64)]) -> Step {
    for (log, seq) in places {
        let known = turn.load::<EntryRecord>(&EntryRecord::at(&conversation.id, log, *seq))?;
        if let Some(entry) = known.filter(|entry| entry.body.is_some()) {
            save_entry(turn, &EntryRecord { body: None, ..entry })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use kith_crypto::{AccountId, AccountKey, DeviceId, DeviceKey, Identity};
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;
    use crate::{
        conversations,
        live::Live,
        records::content_log,
        store::{MemoryStore, Store},
    };

    #[test]
    fn an_erased_body_leaves_its_header_and_the_other_bodies() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let me = Identity {
            account: AccountKey::generate(&mut rng).id(),
            device: DeviceKey::generate(&mut rng),
            account_key: None,
        };
        let (mut live, store) = (Live::default(), MemoryStore::new());
        let log = content_log(DeviceId::from_bytes([3; 32]));
        let mut turn = Turn::new(&store, 0, &mut rng, &me, &mut live);
        let conversation = conversations::direct_with(&mut turn, AccountId::from_bytes([2; 32])).unwrap();
        for seq in 1..=3 {
            let entry = EntryRecord {
                conversation: conversation.id,
                log,
                seq,
                header: vec![seq as u8],
                body: Some(vec![9]),
                received_at_ms: 0,
            };
            save_entry(&mut turn, &entry).unwrap();
        }
        erase(&mut turn, &conversation, &[(log, 2), (log, 7)]).unwrap();
        erase(&mut turn, &conversation, &[(log, 2)]).unwrap();
        store.commit(&turn.finish().batch).unwrap();

        let turn = Turn::new(&store, 0, &mut rng, &me, &mut live);
        let scope = EntryRecord::scope(&conversation.id, &log);
        let held = turn.all::<EntryRecord>(&scope).unwrap();
        let told: Vec<_> = held
            .iter()
            .map(|entry| (entry.header[0], entry.body.is_some()))
            .collect();
        assert_eq!(told, [(1, true), (2, false), (3, true)]);
    }
}
