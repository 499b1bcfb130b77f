//! Whose a device is: what an invite says, what an account signs, what the device itself shows.

use kith_crypto::{AccountKey, DeviceId, DeviceKey, Identity};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::*;
use crate::{
    live::Live,
    records::{Conversation, Parties},
    store::MemoryStore,
};

const NOW_MS: u64 = 1_800_000_000_000;

fn account(seed: u8) -> AccountKey {
    AccountKey::from_entropy([seed; 32])
}

fn device(seed: u8) -> DeviceId {
    DeviceKey::from_bytes([seed; 32]).id()
}

/// The list of an account that names one device.
fn list(account: &AccountKey, device: DeviceId) -> Signed<DeviceList> {
    Signed::seal(DeviceList::first(account.id(), device, NOW_MS), account).unwrap()
}

/// Tells what becomes known of Bob's device in a turn of ours, and asks whose entries are Bob's or Mallory's.
fn tell(story: impl FnOnce(&mut Turn)) -> Option<AccountId> {
    let (store, mut live) = (MemoryStore::new(), Live::default());
    let mut rng = ChaCha20Rng::from_seed([9; 32]);
    let me = Identity {
        account: account(1).id(),
        device: DeviceKey::from_bytes([1; 32]),
        account_key: Some(account(1)),
    };
    let mut turn = Turn::new(&store, NOW_MS, &mut rng, &me, &mut live);
    story(&mut turn);
    let owners = [account(2).id(), account(3).id()].map(|contact| {
        let conversation = Conversation {
            id: ConversationId::direct(me.account, contact),
            parties: Parties::Direct { contact },
            active_at_ms: NOW_MS,
            last: None,
            unread: 0,
            read_up_to: crate::Position::MIN,
            topics: Vec::new(),
        };
        conversations::owner(&turn, &conversation, &device(2)).unwrap()
    });
    let [bob, mallory] = owners;
    bob.or(mallory)
}

fn links(turn: &mut Turn, account: &AccountKey, device: DeviceId) {
    let known = turn.load(&PeerDevice::at(&device)).unwrap();
    let mut peer = known.unwrap_or_else(|| PeerDevice::new(device, account.id()));
    peer.belongs(account.id(), Owned::Linked);
    turn.save(&peer).unwrap();
}

#[test]
fn what_an_invite_says_lets_nobody_write_in_an_accounts_name() {
    let bob = account(2);
    let said = tell(|turn| turn.save(&PeerDevice::new(device(2), bob.id())).unwrap());
    assert_eq!(said, None);
    let signed = tell(|turn| {
        turn.save(&PeerDevice::new(device(2), account(3).id())).unwrap();
        remember(turn, &list(&bob, device(2))).unwrap();
    });
    assert_eq!(signed, Some(bob.id()));
}

#[test]
fn who_lists_a_device_of_somebody_else_has_it_until_it_shows_whose_it_is() {
    let (bob, mallory) = (account(2), account(3));
    let squatted = tell(|turn| {
        remember(turn, &list(&mallory, device(2))).unwrap();
        remember(turn, &list(&bob, device(2))).unwrap();
    });
    assert_eq!(squatted, Some(mallory.id()), "of two signatures the first stands");
    let shown = tell(|turn| {
        remember(turn, &list(&mallory, device(2))).unwrap();
        links(turn, &bob, device(2));
        remember(turn, &list(&mallory, device(2))).unwrap();
    });
    assert_eq!(shown, Some(bob.id()));
}
