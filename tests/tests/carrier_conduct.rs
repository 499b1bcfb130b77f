//! Carriers that do not do what they say: they can fail to help, and harm nothing.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use kith_crypto::{
    Body, Control, Deposit, DepositAnswer, EntryId, Header, Holding, LogKind, Mail, MailEntry, Prekey,
    Signed, SignedHeader, Stamp,
};
use kith_node::{Command, Event, store::MemoryStore, view::DeliveryState};
use kith_tests::{
    mallory::{Frame, sign},
    town::{Conduct, Town, identity},
    world::says,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

const NOW_MS: u64 = 1_800_000_000_000;
const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;
const ALICE: usize = 0;
const BOB: usize = 1;
const TEXT: &str = "are you there?";
/// The number of the frame `MailTaken`.
const MAIL_TAKEN: u8 = 12;

fn stores() -> Vec<MemoryStore> {
    (0..4).map(|_| MemoryStore::new()).collect()
}

/// Alice, and Bob, who is away and for whom two carry; gives the carriers in the order in which Alice asks them.
fn town(stores: &[MemoryStore]) -> (Town<'_>, usize, usize) {
    let mut town = Town::new(stores, NOW_MS);
    town.befriends(ALICE, BOB);
    for carrier in [2, 3] {
        town.befriends(BOB, carrier);
        town.carries_for(carrier, BOB);
    }
    town.passes(2 * MINUTE_MS);
    town.leaves(BOB);
    town.brought.clear();
    let account = |place: usize| town.people.get(place).map(|side| side.account);
    if account(2) < account(3) {
        (town, 2, 3)
    } else {
        (town, 3, 2)
    }
}

fn bob_gets_it_from(town: &mut Town<'_>, carrier: usize) {
    town.comes_back(BOB);
    town.link(BOB, carrier);
    assert_eq!(town.times(BOB, ALICE, TEXT), 1);
    assert_eq!(town.carrying(carrier).held_bytes, 0);
}

/// How many items Bob says he needs no more.
fn taken(town: &Town<'_>) -> usize {
    let of_bob = town.heard.iter().filter(|(from, ..)| *from == BOB);
    of_bob
        .filter(|(.., frame)| frame.first() == Some(&MAIL_TAKEN))
        .count()
}

#[test]
fn when_one_never_answers_the_next_is_asked() {
    let stores = stores();
    let (mut town, first, second) = town(&stores);
    town.conduct[first] = Conduct::NeverAnswers;
    town.sends(ALICE, BOB, TEXT);
    town.passes(30 * SECOND_MS);
    assert_eq!(town.brought.len(), 1);
    assert_eq!(town.brought[0].to, first);
    assert_eq!(town.state(ALICE, BOB, TEXT), Some(DeliveryState::Saved));
    town.passes(MINUTE_MS);
    let asked: Vec<usize> = town.brought.iter().map(|brought| brought.to).collect();
    assert_eq!(asked, [first, second]);
    assert_eq!(town.state(ALICE, BOB, TEXT), Some(DeliveryState::Held));
    bob_gets_it_from(&mut town, second);
}

#[test]
fn when_nobody_answers_the_pauses_grow() {
    let stores = stores();
    let (mut town, first, second) = town(&stores);
    for carrier in [first, second] {
        town.conduct[carrier] = Conduct::NeverAnswers;
    }
    town.sends(ALICE, BOB, TEXT);
    town.passes(45 * MINUTE_MS);
    let rounds: Vec<u64> = town
        .brought
        .iter()
        .filter(|brought| brought.to == first)
        .map(|brought| brought.at_ms)
        .collect();
    let pauses: Vec<u64> = rounds.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(pauses.len() >= 4, "{pauses:?}");
    assert!(pauses.windows(2).all(|two| two[1] > two[0]), "{pauses:?}");
    assert_eq!(town.state(ALICE, BOB, TEXT), Some(DeliveryState::Saved));

    // Neither was needed after all.
    town.comes_back(BOB);
    town.link(ALICE, BOB);
    assert_eq!(town.times(BOB, ALICE, TEXT), 1);
    assert_eq!(town.state(ALICE, BOB, TEXT), Some(DeliveryState::Delivered));
}

#[test]
fn what_one_says_it_holds_and_throws_away_is_brought_to_the_next_when_its_time_is_over() {
    let stores = stores();
    let (mut town, first, second) = town(&stores);
    town.conduct[first] = Conduct::ThrowsAway { days: 2 };
    town.sends(ALICE, BOB, TEXT);
    town.passes(DAY_MS);
    assert_eq!(town.brought.len(), 1);
    let until_ms = town.brought[0].at_ms + 2 * DAY_MS;
    let ledger = town.ledger(ALICE, BOB, TEXT);
    assert_eq!(ledger.state, DeliveryState::Held);
    assert!(
        ledger
            .devices
            .iter()
            .all(|device| device.held_until_ms == Some(until_ms))
    );

    let left_ms = until_ms - town.now_ms;
    town.passes(left_ms);
    let ledger = town.ledger(ALICE, BOB, TEXT);
    assert_eq!(ledger.state, DeliveryState::Saved);
    assert!(ledger.devices.iter().all(|device| device.held_until_ms.is_none()));
    town.passes(2 * 60 * MINUTE_MS);
    let asked: Vec<usize> = town.brought.iter().map(|brought| brought.to).collect();
    assert_eq!(asked, [first, second]);
    assert_eq!(town.state(ALICE, BOB, TEXT), Some(DeliveryState::Held));

    // Bob hears of nothing from the liar, and of it once from Alice.
    town.comes_back(BOB);
    town.link(BOB, first);
    assert_eq!(town.times(BOB, ALICE, TEXT), 0);
    town.link(ALICE, BOB);
    assert_eq!(town.times(BOB, ALICE, TEXT), 1);
    assert_eq!(town.state(ALICE, BOB, TEXT), Some(DeliveryState::Delivered));
}

/// What listeners of Alice's were told of the state of her text.
fn states_told(town: &mut Town<'_>) -> Vec<Option<DeliveryState>> {
    let told = town.people.get_mut(ALICE).unwrap().told().into_iter();
    let rows = told.filter_map(|event| match event {
        Event::Message(row) if says(&row, TEXT) => Some(row.state),
        _ => None,
    });
    rows.collect()
}

#[test]
fn who_looks_at_a_message_sees_that_it_is_held_no_longer() {
    let stores = stores();
    let (mut town, first, second) = town(&stores);
    for carrier in [first, second] {
        town.conduct[carrier] = Conduct::ThrowsAway { days: 1 };
    }
    town.sends(ALICE, BOB, TEXT);
    town.passes(MINUTE_MS);
    states_told(&mut town);
    // One after the other says that it holds it for a day; between them nobody does.
    town.passes(DAY_MS + MINUTE_MS);
    let told = states_told(&mut town);
    assert_eq!(told, [Some(DeliveryState::Saved), Some(DeliveryState::Held)]);
    let asked: Vec<usize> = town.brought.iter().map(|brought| brought.to).collect();
    assert_eq!(asked, [first, second]);
}

#[test]
fn what_lies_with_one_that_carries_no_longer_goes_to_the_next() {
    let stores = stores();
    let (mut town, first, second) = town(&stores);
    town.sends(ALICE, BOB, TEXT);
    town.passes(MINUTE_MS);
    let account = town.people[BOB].account;
    let ends = Command::SetCarrying {
        account,
        carry: false,
    };
    town.does(first, ends);
    town.sends(ALICE, BOB, "and this?");
    town.passes(MINUTE_MS);
    let asked: Vec<usize> = town.brought.iter().map(|brought| brought.to).collect();
    assert_eq!(asked, [first, first, second]);
    town.leaves(ALICE);
    bob_gets_it_from(&mut town, second);
    assert_eq!(town.times(BOB, ALICE, "and this?"), 1);
}

#[test]
fn when_nobody_is_left_to_carry_nothing_is_shown_as_held() {
    let stores = stores();
    let (mut town, first, second) = town(&stores);
    town.sends(ALICE, BOB, TEXT);
    town.passes(MINUTE_MS);
    assert_eq!(town.state(ALICE, BOB, TEXT), Some(DeliveryState::Held));
    let account = town.people[BOB].account;
    let ends = Command::SetCarrying {
        account,
        carry: false,
    };
    for carrier in [first, second] {
        town.does(carrier, ends.clone());
    }
    town.sends(ALICE, BOB, "and this?");
    town.passes(MINUTE_MS);
    assert_eq!(town.state(ALICE, BOB, TEXT), Some(DeliveryState::Saved));
}

#[test]
fn who_says_that_it_holds_something_until_now_is_of_no_help() {
    let stores = stores();
    let (mut town, first, second) = town(&stores);
    town.conduct[first] = Conduct::ThrowsAway { days: 0 };
    town.sends(ALICE, BOB, TEXT);
    town.passes(MINUTE_MS);
    let asked: Vec<usize> = town.brought.iter().map(|brought| brought.to).collect();
    assert_eq!(asked, [first, second]);
    bob_gets_it_from(&mut town, second);
}

#[test]
fn when_all_say_so_they_are_asked_seldom() {
    let stores = stores();
    let (mut town, first, second) = town(&stores);
    for carrier in [first, second] {
        town.conduct[carrier] = Conduct::ThrowsAway { days: 0 };
    }
    town.sends(ALICE, BOB, TEXT);
    town.passes(45 * MINUTE_MS);
    assert!(town.brought.len() <= 20, "{}", town.brought.len());
    assert_eq!(town.state(ALICE, BOB, TEXT), Some(DeliveryState::Saved));
}

#[test]
fn nobody_is_believed_to_hold_anything_for_more_than_a_week() {
    let stores = stores();
    let (mut town, first, second) = town(&stores);
    town.conduct[first] = Conduct::ThrowsAway { days: 10_000 };
    town.sends(ALICE, BOB, TEXT);
    town.passes(MINUTE_MS);
    let at_most_ms = town.now_ms + 7 * DAY_MS;
    let ledger = town.ledger(ALICE, BOB, TEXT);
    assert_eq!(ledger.state, DeliveryState::Held);
    let mut until = ledger.devices.iter().map(|device| device.held_until_ms);
    assert!(until.all(|until_ms| until_ms <= Some(at_most_ms)));
    town.passes(7 * DAY_MS + 2 * 60 * MINUTE_MS);
    let asked: Vec<usize> = town.brought.iter().map(|brought| brought.to).collect();
    assert_eq!(asked, [first, second]);
}

#[test]
fn what_is_handed_over_again_and_again_is_shown_once() {
    let stores = stores();
    let (mut town, first, second) = town(&stores);
    town.sends(ALICE, BOB, TEXT);
    town.passes(MINUTE_MS);
    bob_gets_it_from(&mut town, first);
    let sealed = town.brought[0].deposit.sealed.clone();
    for round in 0..3 {
        for carrier in [first, second] {
            town.link(BOB, carrier);
            let before = taken(&town);
            for _ in 0..5 {
                town.hands_over(carrier, BOB, &sealed);
            }
            // Each time he says that it can be erased.
            assert_eq!(taken(&town), before + 5);
            assert_eq!(town.times(BOB, ALICE, TEXT), 1, "{round}");
        }
        town.reads(BOB, ALICE);
        town.leaves(BOB);
        town.comes_back(BOB);
    }
    town.link(ALICE, BOB);
    assert_eq!(town.times(BOB, ALICE, TEXT), 1);
    assert_eq!(town.state(ALICE, BOB, TEXT), Some(DeliveryState::Read));
}

#[test]
fn garbage_is_erased_as_of_no_use_and_stands_in_nobodys_way() {
    let stores = stores();
    let (mut town, first, _) = town(&stores);
    town.sends(ALICE, BOB, TEXT);
    town.passes(MINUTE_MS);
    let honest = town.brought[0].deposit.clone();
    // Of a good size, under a good token: an honest carrier cannot tell.
    let garbage = Deposit {
        sealed: town.garbage(),
        ..honest.clone()
    };
    let answer = town.hands_in(first, garbage.encode().unwrap());
    assert!(answer.is_some());
    assert_eq!(town.carrying(first).mailboxes[0].items.len(), 2);
    bob_gets_it_from(&mut town, first);

    // A carrier's own inventions: nothing, noise, half of something true, something true with one bit changed.
    let mut changed = honest.sealed.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    let half = honest.sealed[..middle].to_vec();
    let before = taken(&town);
    for sealed in [Vec::new(), vec![7; 100], half, changed] {
        town.hands_over(first, BOB, &sealed);
    }
    assert_eq!(taken(&town), before + 4);
    assert_eq!(town.times(BOB, ALICE, TEXT), 1);

    // It is listened to nevertheless: the next item is true.
    town.sends(ALICE, BOB, "and now?");
    town.passes(MINUTE_MS);
    assert_eq!(town.times(BOB, ALICE, "and now?"), 1);
    assert_eq!(town.carrying(first).held_bytes, 0);
}

/// The newest control entry of Alice's device that Bob heard of on their link.
fn newest_control(town: &Town<'_>) -> SignedHeader {
    let said = town
        .heard
        .iter()
        .filter(|(from, to, _)| *from == ALICE && *to == BOB);
    let entries = said.flat_map(|(.., frame)| match postcard::from_bytes(frame) {
        Ok(Frame::Entries { entries, .. }) => entries,
        Ok(Frame::Seal { rekey, .. }) => vec![rekey],
        _ => Vec::new(),
    });
    let headers = entries.map(|entry| SignedHeader::open(&entry.header).unwrap());
    let control = headers.filter(|header| header.header().log == LogKind::Control);
    control.max_by_key(|header| header.header().seq).unwrap()
}

/// The next control entry of Alice's device, which sets a timer that no timer may be.
fn broken_timer(town: &Town<'_>) -> MailEntry {
    let before = newest_control(town);
    let mut content = Control::SetTimer { seconds: 5 }.encode().unwrap();
    *content.last_mut().unwrap() = 1;
    let body = Body::new(content, &mut ChaCha20Rng::from_seed([1; 32]));
    let header = Header {
        version: Header::VERSION,
        conversation: town.conversation(ALICE, BOB),
        author: before.header().author,
        log: LogKind::Control,
        seq: before.header().seq + 1,
        prev: Some(before.id()),
        deps: Vec::new(),
        at: Stamp::new(town.now_ms, 0),
        expires_at_ms: None,
        body: body.commit(),
    };
    let (_, wire) = sign(header, &body, &identity(ALICE).device);
    MailEntry {
        header: wire.header,
        body: wire.body,
    }
}

#[test]
fn what_an_author_does_wrong_is_not_charged_to_the_carrier() {
    let stores = stores();
    let (mut town, first, _) = town(&stores);
    town.sends(ALICE, BOB, TEXT);
    town.passes(MINUTE_MS);
    let prekey = town.heard.iter().rev().find_map(|(from, to, frame)| {
        let said = (*from == BOB && *to == ALICE).then(|| postcard::from_bytes(frame));
        match said {
            Some(Ok(Frame::Introduction(introduction))) => Some(introduction.prekey),
            _ => None,
        }
    });
    let prekey = Signed::<Prekey>::open(&prekey.unwrap()).unwrap();
    let empty = Mail {
        conversation: town.conversation(ALICE, BOB),
        entries: Vec::new(),
        held: Vec::new(),
        shown: Vec::new(),
    };
    let author = town.people[ALICE].device;
    let wrong = [
        Mail {
            entries: vec![broken_timer(&town)],
            ..empty.clone()
        },
        Mail {
            shown: vec![(author, 1); 257],
            ..empty.clone()
        },
        Mail {
            held: vec![
                Holding {
                    author,
                    seq: 1,
                    head: EntryId::from_bytes([1; 32]),
                };
                257
            ],
            ..empty
        },
    ];
    bob_gets_it_from(&mut town, first);
    for (round, mail) in wrong.iter().enumerate() {
        let mut rng = ChaCha20Rng::from_seed([round as u8; 32]);
        let sealed = mail.seal(&prekey, &identity(ALICE).device, &mut rng).unwrap();
        let before = taken(&town);
        town.hands_over(first, BOB, &sealed);
        assert_eq!(
            taken(&town),
            before + 1,
            "{round}: it is of no use, and comes no more"
        );
    }
    // What it set was not kept in part: the true log goes on.
    town.link(ALICE, BOB);
    town.sends(ALICE, BOB, "and now?");
    assert_eq!(town.times(BOB, ALICE, "and now?"), 1);
}

#[test]
fn when_one_is_full_the_next_is_asked_at_once() {
    let stores = stores();
    let (mut town, first, second) = town(&stores);
    town.conduct[first] = Conduct::SaysFull;
    town.sends(ALICE, BOB, TEXT);
    town.passes(10 * SECOND_MS);
    let asked: Vec<usize> = town.brought.iter().map(|brought| brought.to).collect();
    assert_eq!(asked, [first, second]);
    assert_eq!(town.state(ALICE, BOB, TEXT), Some(DeliveryState::Held));
    bob_gets_it_from(&mut town, second);
}

#[test]
fn a_token_that_was_taken_back_is_honoured_no_longer() {
    let stores = stores();
    let (mut town, first, second) = town(&stores);
    town.sends(ALICE, BOB, TEXT);
    town.passes(MINUTE_MS);
    let old = town.brought[0].deposit.clone();
    bob_gets_it_from(&mut town, first);
    let account = town.people[ALICE].account;
    let allow = |allowed| Command::AllowMail { account, allowed };
    // Bob decides while none of his carriers is linked: they cannot know.
    town.leaves(ALICE);
    town.leaves(BOB);
    town.comes_back(BOB);
    town.does(BOB, allow(false));
    assert_eq!(town.carrying(BOB).refused, [account]);
    let answer = hands_in(&mut town, first, &old);
    assert!(matches!(answer, DepositAnswer::Held { .. }));
    town.link(BOB, first);
    assert_eq!(hands_in(&mut town, first, &old), DepositAnswer::NotHonoured);
    town.link(BOB, second);

    // The word outlives restarts, and Alice, who knows nothing, asks in vain.
    for place in [first, BOB] {
        town.leaves(place);
        town.comes_back(place);
    }
    assert_eq!(hands_in(&mut town, first, &old), DepositAnswer::NotHonoured);
    town.leaves(BOB);
    town.comes_back(ALICE);
    town.sends(ALICE, BOB, "by mail?");
    town.passes(MINUTE_MS);
    assert_eq!(town.state(ALICE, BOB, "by mail?"), Some(DeliveryState::Saved));

    // When they meet she hears that there are no carriers for her, and gets another name once he lets her.
    town.comes_back(BOB);
    town.link(ALICE, BOB);
    assert!(town.carrying(ALICE).reachable_through.is_empty());
    assert_eq!(town.times(BOB, ALICE, "by mail?"), 1);
    town.does(BOB, allow(true));
    assert!(town.carrying(BOB).refused.is_empty());
    town.link(BOB, first);
    town.passes(MINUTE_MS);
    town.leaves(BOB);
    town.brought.clear();
    town.sends(ALICE, BOB, "and now?");
    town.passes(MINUTE_MS);
    assert_eq!(town.state(ALICE, BOB, "and now?"), Some(DeliveryState::Held));
    assert_ne!(town.brought[0].deposit.token.sender, old.token.sender);
    assert_eq!(hands_in(&mut town, first, &old), DepositAnswer::NotHonoured);
}

fn hands_in(town: &mut Town<'_>, carrier: usize, deposit: &Deposit) -> DepositAnswer {
    let answer = town.hands_in(carrier, deposit.encode().unwrap());
    DepositAnswer::decode(&answer.unwrap()).unwrap()
}
