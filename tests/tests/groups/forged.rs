//! Invitations that are not what they say: nothing of them is taken, and nobody honest is harmed.

use kith_crypto::{
    AccountId, AccountKey, Body, Control, ConversationId, DeviceKey, DeviceList, Header, LogKind, Signed,
    SignedHeader, Stamp,
};
use kith_node::input::{Input, Lane, NetEvent};
use kith_tests::town::{Town, identity};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use serde::Serialize;

use super::{NOW_MS, group_of, stores};

/// An invitation as it travels, written down a second time.
#[derive(Serialize)]
struct Invitation {
    conversation: ConversationId,
    open: Entry,
    name: Entry,
    members: Vec<Member>,
}

#[derive(Clone, Serialize)]
struct Entry {
    header: Vec<u8>,
    body: Option<Vec<u8>>,
}

/// Account, name, lists, devices.
type Member = (
    AccountId,
    String,
    Vec<Vec<u8>>,
    Vec<(kith_crypto::DeviceId, Vec<u8>, Vec<String>)>,
);

/// The number of the frame.
const INVITATION: u8 = 14;
/// What all groups by hand open with.
const NONCE: [u8; 32] = [7; 32];

/// Somebody who begins groups by hand.
struct Founder {
    device: DeviceKey,
    card: Member,
    rng: ChaCha20Rng,
}

impl Founder {
    fn of(place: usize) -> Self {
        let identity = identity(place);
        let key = identity.account_key.as_ref().unwrap();
        Self::with(key, identity.device.clone())
    }

    fn stranger() -> Self {
        let mut rng = ChaCha20Rng::from_seed([99; 32]);
        let (key, device) = (AccountKey::generate(&mut rng), DeviceKey::generate(&mut rng));
        Self::with(&key, device)
    }

    fn with(key: &AccountKey, device: DeviceKey) -> Self {
        let list = DeviceList::first(key.id(), device.id(), 1);
        let list = Signed::seal(list, key).unwrap().encode();
        Self {
            card: (key.id(), "Mallory".into(), vec![list], Vec::new()),
            device,
            rng: ChaCha20Rng::from_seed([98; 32]),
        }
    }

    fn entry(&mut self, id: ConversationId, seq: u64, prev: Option<&Entry>, control: Vec<u8>) -> Entry {
        let body = Body::new(control, &mut self.rng);
        let prev = prev.map(|entry| SignedHeader::open(&entry.header).unwrap().id());
        let header = Header {
            version: Header::VERSION,
            conversation: id,
            author: self.device.id(),
            log: LogKind::Control,
            seq,
            prev,
            deps: Vec::new(),
            at: Stamp::new(NOW_MS, 0),
            expires_at_ms: None,
            body: body.commit(),
        };
        let signed = SignedHeader::sign(header, &self.device).unwrap();
        Entry {
            header: signed.bytes().to_vec(),
            body: Some(body.encode().unwrap()),
        }
    }

    /// An invitation to a group of these, in this order.
    fn invites(&mut self, accounts: Vec<AccountId>) -> Invitation {
        let id = ConversationId::group(self.device.id(), &NONCE, &accounts);
        self.invites_to(id, accounts)
    }

    /// One to a group of these under an id.
    fn invites_to(&mut self, id: ConversationId, accounts: Vec<AccountId>) -> Invitation {
        let nonce = NONCE;
        let open = Control::Open { nonce, accounts }.encode().unwrap();
        let open = self.entry(id, 1, None, open);
        let name = Control::Name { name: "Trap".into() }.encode().unwrap();
        let name = self.entry(id, 2, Some(&open), name);
        Invitation {
            conversation: id,
            open,
            name,
            members: vec![self.card.clone()],
        }
    }
}

fn hand(town: &mut Town<'_>, from: usize, to: usize, invitation: &Invitation) {
    let mut frame = vec![INVITATION];
    frame.extend(postcard::to_allocvec(invitation).unwrap());
    let device = town.people[from].device;
    let lane = Lane::Sync;
    let now_ms = town.now_ms;
    town.people[to].input(Input::Net(NetEvent::Frame { device, lane, frame }), now_ms);
    town.settle();
}

fn sorted(mut accounts: Vec<AccountId>) -> Vec<AccountId> {
    accounts.sort_unstable();
    accounts
}

#[test]
fn a_sound_one_by_hand_is_taken_once() {
    let stores = stores(3);
    let mut town = Town::new(&stores, NOW_MS);
    town.gather(0, &[1, 2]);
    let everyone = sorted(town.people.iter().map(|side| side.account).collect());
    let invitation = Founder::of(0).invites(everyone);
    for _ in 0..3 {
        hand(&mut town, 0, 1, &invitation);
    }
    let view = town.knows(1, invitation.conversation).expect("it is taken");
    assert_eq!((view.name(), view.members().len()), ("Trap", 3));
    assert_eq!(
        town.rows_of(1, invitation.conversation).len(),
        1,
        "it says once who began it"
    );
}

#[test]
fn nobody_but_a_contact_puts_us_into_a_group() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    // The third is a fellow member and no contact of the second.
    let everyone = sorted(town.people.iter().map(|side| side.account).collect());
    let by_fellow = Founder::of(2).invites(everyone.clone());
    hand(&mut town, 2, 1, &by_fellow);
    assert!(town.knows(1, by_fellow.conversation).is_none());
    // A contact hands over what a stranger began.
    let mut stranger = Founder::stranger();
    let mut accounts = everyone;
    accounts.push(stranger.card.0);
    let by_stranger = stranger.invites(sorted(accounts));
    hand(&mut town, 0, 1, &by_stranger);
    assert!(town.knows(1, by_stranger.conversation).is_none());
    town.says_in(1, group, "unharmed");
    town.passes(1_000);
    assert_eq!(town.agree(&[0, 1, 2], group), ["unharmed"]);
}

#[test]
fn what_names_the_wrong_people_is_refused() {
    let stores = stores(4);
    let mut town = Town::new(&stores, NOW_MS);
    town.gather(0, &[1, 2, 3]);
    let account = |place: usize| town.people[place].account;
    let many = (1..=7).map(|byte| AccountId::from_bytes([byte; 32]));
    let unsound = [
        ("without us", sorted(vec![account(0), account(2), account(3)])),
        (
            "without its founder",
            sorted(vec![account(1), account(2), account(3)]),
        ),
        ("of two", sorted(vec![account(0), account(1)])),
        ("of nine", sorted(many.chain([account(0), account(1)]).collect())),
        (
            "with somebody twice",
            sorted(vec![account(0), account(1), account(2), account(2)]),
        ),
        ("out of order", {
            let mut accounts = sorted(vec![account(0), account(1), account(2)]);
            accounts.reverse();
            accounts
        }),
    ];
    for (what, accounts) in unsound {
        let invitation = Founder::of(0).invites(accounts);
        hand(&mut town, 0, 1, &invitation);
        assert!(town.knows(1, invitation.conversation).is_none(), "{what}");
    }
    let everyone = sorted(town.people.iter().map(|side| side.account).collect());
    let mut other_id = Founder::of(0).invites(everyone.clone());
    other_id.conversation = ConversationId::from_bytes([8; 32]);
    hand(&mut town, 0, 1, &other_id);
    let mut changed = Founder::of(0).invites(everyone);
    if let Some(body) = &mut changed.name.body {
        *body.last_mut().unwrap() ^= 1;
    }
    hand(&mut town, 0, 1, &changed);
    assert!(town.knows(1, changed.conversation).is_none());
}

#[test]
fn nobody_is_cut_off_for_a_group_of_which_it_is_not_known_who_founded_it() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    let everyone = sorted(town.people.iter().map(|side| side.account).collect());
    let mut founder = Founder::stranger();
    founder.card = (town.people[0].account, String::new(), Vec::new(), Vec::new());
    let invitation = founder.invites(everyone);
    for _ in 0..10 {
        hand(&mut town, 0, 1, &invitation);
    }
    assert!(town.knows(1, invitation.conversation).is_none());
    town.says_in(0, group, "unharmed");
    town.passes(1_000);
    assert_eq!(town.agree(&[0, 1, 2], group), ["unharmed"]);
}

#[test]
fn no_group_takes_the_place_of_a_direct_conversation() {
    let stores = stores(3);
    let mut town = Town::new(&stores, NOW_MS);
    town.gather(0, &[1, 2]);
    // The second and the third are strangers yet, but their id can be computed by anybody.
    let direct = town.conversation(1, 2);
    let everyone = sorted(town.people.iter().map(|side| side.account).collect());
    let invitation = Founder::of(0).invites_to(direct, everyone);
    for place in [1, 2] {
        hand(&mut town, 0, place, &invitation);
        assert!(town.knows(place, direct).is_none());
    }
    town.befriends(1, 2);
    town.sends(1, 2, "between us");
    town.passes(1_000);
    assert_eq!(town.times(2, 1, "between us"), 1);
    for place in [1, 2] {
        let view = town.knows(place, direct).unwrap();
        assert!(view.contact().is_some(), "{view:?}");
    }
    assert!(town.knows(0, direct).is_none());
}

#[test]
fn nobody_is_told_of_other_members_than_the_rest() {
    let stores = stores(4);
    let mut town = Town::new(&stores, NOW_MS);
    town.gather(0, &[1, 2, 3]);
    let account = |place: usize| town.people[place].account;
    let (all, some) = (
        sorted((0..4).map(account).collect()),
        sorted((0..3).map(account).collect()),
    );
    let honest = Founder::of(0).invites(all);
    let false_one = Founder::of(0).invites_to(honest.conversation, some);
    hand(&mut town, 0, 1, &false_one);
    assert!(town.knows(1, honest.conversation).is_none());
    hand(&mut town, 0, 2, &honest);
    hand(&mut town, 0, 1, &honest);
    for place in [1, 2] {
        let view = town.knows(place, honest.conversation).unwrap();
        assert_eq!(view.members().len(), 4);
    }
}

#[test]
fn one_that_comes_late_changes_nothing() {
    let stores = stores(3);
    let (mut town, group) = group_of(&stores);
    town.says_in(0, group, "a word");
    town.passes(1_000);
    let before = town.agree(&[0, 1, 2], group);
    let invitations: Vec<_> = town
        .heard
        .iter()
        .filter(|(_, _, frame)| frame[0] == INVITATION)
        .cloned()
        .collect();
    assert!(!invitations.is_empty());
    for (from, to, frame) in invitations {
        let (device, lane, now_ms) = (town.people[from].device, Lane::Sync, town.now_ms);
        for _ in 0..20 {
            let frame = frame.clone();
            town.people[to].input(Input::Net(NetEvent::Frame { device, lane, frame }), now_ms);
        }
        town.settle();
    }
    assert_eq!(town.agree(&[0, 1, 2], group), before);
    assert_eq!(town.knows(1, group).unwrap().members().len(), 3);
}
