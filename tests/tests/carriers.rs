//! A carrier's rules, which no network is needed for: whose mail it takes, and how much of it.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use kith_crypto::{
    Deposit, DepositAnswer, DepositToken, DeviceKey, Mail, MailEntry, MailboxId, MailboxKey, PrekeySecret,
    SEAL_OVERHEAD_BYTES, SenderName,
};
use kith_node::{
    Command, Event, Reply,
    effects::Transmit,
    input::{DepositId, Input, NetEvent},
    store::MemoryStore,
};
use kith_tests::{
    pair::{Hand, Pair, Side, identity},
    town::Town,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

const NOW_MS: u64 = 1_800_000_000_000;
const DAY_MS: u64 = 86_400_000;
/// The number of the frame `Carry`.
const CARRY: u8 = 10;

/// Alice, who carries one megabyte for Bob, and what she told him for it.
fn carrying<'s>(a: &'s MemoryStore, b: &'s MemoryStore) -> (Pair<'s>, MailboxId, MailboxKey) {
    let alice = Side::new(identity(1), "Alice", a, 1, NOW_MS);
    let bob = Side::new(identity(2), "Bob", b, 1, NOW_MS);
    let mut pair = Pair::befriended(alice, bob, NOW_MS);
    let account = pair.bob.account;
    pair.alice
        .does(Command::SetCarryingLimits { max_mb: 1, days: 2 }, NOW_MS);
    pair.alice
        .does(Command::SetCarrying { account, carry: true }, NOW_MS);
    let mut grants = pair.alice.wishes.iter().filter_map(|wish| match wish {
        Transmit::Send { frame, .. } => frame.strip_prefix(&[CARRY, 1]),
        _ => None,
    });
    let grant = grants.next_back().unwrap();
    let (mailbox, key, ..): (MailboxId, MailboxKey, u64, u32) = postcard::from_bytes(grant).unwrap();
    pair.settle(Hand::All, NOW_MS);
    pair.unlink(NOW_MS);
    (pair, mailbox, key)
}

/// A seal of about 64 KB that nobody here can open; another one for each number.
fn sealed(pair: &Pair<'_>, number: u8) -> Vec<u8> {
    let mut rng = ChaCha20Rng::from_seed([number; 32]);
    let mail = Mail {
        conversation: pair.conversation(),
        entries: vec![MailEntry {
            header: vec![number; 40_000],
            body: None,
        }],
        held: Vec::new(),
        shown: Vec::new(),
    };
    let prekey = PrekeySecret::generate(&mut rng);
    let device = DeviceKey::generate(&mut rng);
    let prekey = prekey.publish(&device, 1, NOW_MS).unwrap();
    mail.seal(&prekey, &device, &mut rng).unwrap()
}

fn deposits(pair: &mut Pair<'_>, token: &DepositToken, number: u8, now_ms: u64) -> DepositAnswer {
    let deposit = Deposit {
        token: token.clone(),
        recipient: pair.bob.device,
        sealed: sealed(pair, number),
    };
    hands_in(pair, deposit.encode().unwrap(), now_ms)
}

fn hands_in(pair: &mut Pair<'_>, data: Vec<u8>, now_ms: u64) -> DepositAnswer {
    let deposit = DepositId(1);
    pair.alice
        .input(Input::Net(NetEvent::Deposit { deposit, data }), now_ms);
    let answer = pair.alice.wishes.drain(..).find_map(|wish| match wish {
        Transmit::AnswerDeposit { answer, .. } => Some(answer),
        _ => None,
    });
    DepositAnswer::decode(&answer.unwrap()).unwrap()
}

fn held_bytes(pair: &mut Pair<'_>, now_ms: u64) -> u64 {
    match pair.alice.does(Command::GetCarrying {}, now_ms) {
        Reply::Carrying(view) => view.held_bytes,
        other => panic!("no view of carrying: {other:?}"),
    }
}

#[test]
fn who_floods_a_mailbox_fills_a_quarter_of_it_and_no_more() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let (mut pair, mailbox, key) = carrying(&a, &b);
    let flooder = key.token(mailbox, SenderName([1; 16]));
    let answers: Vec<_> = (0..40)
        .map(|number| deposits(&mut pair, &flooder, number, NOW_MS))
        .collect();
    assert!(matches!(answers.first(), Some(DepositAnswer::Held { .. })));
    assert_eq!(answers.last(), Some(&DepositAnswer::Full));
    let flooded = held_bytes(&mut pair, NOW_MS);
    assert!(flooded > 0 && flooded <= 250_000, "{flooded}");

    // What is replayed is answered the same, and takes no more room.
    assert_eq!(Some(&deposits(&mut pair, &flooder, 0, NOW_MS)), answers.first());
    assert_eq!(held_bytes(&mut pair, NOW_MS), flooded);

    // Another sender has room of its own.
    let honest = key.token(mailbox, SenderName([2; 16]));
    let answer = deposits(&mut pair, &honest, 100, NOW_MS);
    assert!(matches!(answer, DepositAnswer::Held { .. }));

    // However many names there are, the whole is bounded.
    for name in 3..20 {
        let token = key.token(mailbox, SenderName([name; 16]));
        for number in 0..5 {
            deposits(&mut pair, &token, 100 + name * 5 + number, NOW_MS);
        }
    }
    assert!(held_bytes(&mut pair, NOW_MS) <= 1_000_000);

    // What nobody collects ends with its time, and there is room again.
    let later_ms = NOW_MS + 2 * DAY_MS + 1;
    pair.alice.input(Input::Timer, later_ms);
    assert_eq!(held_bytes(&mut pair, later_ms), 0);
    assert!(matches!(
        deposits(&mut pair, &flooder, 0, later_ms),
        DepositAnswer::Held { .. }
    ));
}

/// What nobody can tell from a seal who cannot open it; another one for each number.
fn like_a_seal(number: usize) -> Vec<u8> {
    let mut sealed = vec![0; SEAL_OVERHEAD_BYTES + 4_096];
    sealed.splice(..8, number.to_be_bytes());
    sealed
}

#[test]
fn small_letters_without_end_leave_room_for_other_senders() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let (mut pair, mailbox, key) = carrying(&a, &b);
    pair.alice
        .does(Command::SetCarryingLimits { max_mb: 100, days: 2 }, NOW_MS);
    let says = |pair: &mut Pair<'_>, name: u8, number: usize| {
        let deposit = Deposit {
            token: key.token(mailbox, SenderName([name; 16])),
            recipient: pair.bob.device,
            sealed: like_a_seal(number),
        };
        hands_in(pair, deposit.encode().unwrap(), NOW_MS)
    };
    // Whoever looks at it listens from now on.
    pair.alice.told();
    for number in 0..1_024 {
        let answer = says(&mut pair, 1, number);
        assert!(matches!(answer, DepositAnswer::Held { .. }), "{number}");
    }
    assert_eq!(says(&mut pair, 1, 1_024), DepositAnswer::Full);
    assert!(matches!(says(&mut pair, 2, 1_024), DepositAnswer::Held { .. }));

    // They are not told a thousand times, and of all of it a second later.
    let told = |pair: &mut Pair<'_>| {
        let told = pair.alice.told().into_iter();
        let views = told.filter_map(|event| match event {
            Event::Carrying(view) => Some(view.held_bytes),
            _ => None,
        });
        views.collect::<Vec<_>>()
    };
    assert!(told(&mut pair).len() <= 2);
    pair.alice.input(Input::Timer, NOW_MS + 1_000);
    let held = held_bytes(&mut pair, NOW_MS);
    assert_eq!(told(&mut pair), [held]);
}

#[test]
fn what_is_over_takes_no_room_before_it_is_looked_for() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let (mut pair, mailbox, key) = carrying(&a, &b);
    let token = key.token(mailbox, SenderName([1; 16]));
    let fills = |pair: &mut Pair<'_>, now_ms: u64| {
        let answers = (0..10).map(|number| deposits(pair, &token, number, now_ms));
        answers
            .filter(|answer| matches!(answer, DepositAnswer::Held { .. }))
            .count()
    };
    let first = fills(&mut pair, NOW_MS);
    assert!(first > 0 && first < 10, "{first}");
    assert_eq!(fills(&mut pair, NOW_MS + 2 * DAY_MS + 1), first);
}

#[test]
fn nobody_takes_the_room_of_another_for_whom_the_same_carries() {
    let (carrier, bob, dave) = (0, 1, 2);
    let stores: Vec<MemoryStore> = (0..3).map(|_| MemoryStore::new()).collect();
    let mut town = Town::new(&stores, NOW_MS);
    town.does(carrier, Command::SetCarryingLimits { max_mb: 1, days: 2 });
    for owner in [bob, dave] {
        town.befriends(owner, carrier);
        town.carries_for(carrier, owner);
    }
    let mut brought = 0;
    let mut brings = |town: &mut Town<'_>, owner: usize, name: u8| {
        let said = town.heard.iter().rev();
        let mut of_carrier = said.filter(|(from, to, _)| (*from, *to) == (carrier, owner));
        let grant = of_carrier.find_map(|(.., frame)| frame.strip_prefix(&[CARRY, 1]));
        let (mailbox, key, quota_bytes, _): (MailboxId, MailboxKey, u64, u32) =
            postcard::from_bytes(grant.unwrap()).unwrap();
        assert_eq!(quota_bytes, 500_000, "each is told its share");
        brought += 1;
        let deposit = Deposit {
            token: key.token(mailbox, SenderName([name; 16])),
            recipient: town.people.get(owner).unwrap().device,
            sealed: like_a_seal(brought),
        };
        let answer = town.hands_in(carrier, deposit.encode().unwrap());
        DepositAnswer::decode(&answer.unwrap()).unwrap()
    };
    for name in 0..6 {
        for _ in 0..40 {
            brings(&mut town, bob, name);
        }
    }
    assert_eq!(brings(&mut town, bob, 7), DepositAnswer::Full);
    for name in 0..4 {
        let answer = brings(&mut town, dave, name);
        assert!(matches!(answer, DepositAnswer::Held { .. }), "{name}");
    }
    let held = town.carrying(carrier);
    assert!(held.mailboxes.iter().all(|mailbox| mailbox.bytes <= 500_000));
}

#[test]
fn who_shows_no_token_of_the_owner_leaves_nothing() {
    let (a, b) = (MemoryStore::new(), MemoryStore::new());
    let (mut pair, mailbox, key) = carrying(&a, &b);
    let honest = key.token(mailbox, SenderName([1; 16]));
    let forged = [
        MailboxKey::from_bytes([9; 32]).token(mailbox, SenderName([1; 16])),
        DepositToken {
            sender: SenderName([2; 16]),
            ..honest.clone()
        },
        key.token(MailboxId([3; 16]), SenderName([1; 16])),
    ];
    for token in &forged {
        assert_eq!(deposits(&mut pair, token, 1, NOW_MS), DepositAnswer::NotHonoured);
    }
    assert_eq!(
        hands_in(&mut pair, vec![7; 500], NOW_MS),
        DepositAnswer::NotHonoured
    );
    // For a device that is not the owner's, and of a size that padding does not give.
    let mut odd = sealed(&pair, 1);
    odd.push(0);
    for (recipient, sealed) in [(pair.alice.device, sealed(&pair, 1)), (pair.bob.device, odd)] {
        let deposit = Deposit {
            token: honest.clone(),
            recipient,
            sealed,
        };
        let answer = hands_in(&mut pair, deposit.encode().unwrap(), NOW_MS);
        assert_eq!(answer, DepositAnswer::NotHonoured);
    }
    assert_eq!(held_bytes(&mut pair, NOW_MS), 0);
}
