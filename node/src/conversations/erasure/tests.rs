//! Erasing on a store in memory, with crashes between its steps.

use kith_crypto::{AccountId, Body, ConversationId, DeviceKey, Header, SignedHeader, Stamp};

use super::*;
use crate::{
    bench::Bench,
    conversations,
    effects::Effects,
    live::Live,
    records::{Deadline, FadingHour, LogRecord, Retired, Segment},
    store::{Read, Store, StoreError},
};

const HOUR_MS: u64 = 3_600_000;
const NOW_MS: u64 = 1_000 * HOUR_MS;

/// Whose words are erased.
fn author() -> DeviceKey {
    DeviceKey::from_bytes([7; 32])
}

impl Bench {
    /// A turn whose batch is durable, and the keys that are to be dropped after it.
    fn commits(&mut self, steps: impl FnOnce(&mut Turn) -> Step) -> Vec<u64> {
        let mut turn = self.turn();
        steps(&mut turn).unwrap();
        let Effects {
            batch, forget_keys, ..
        } = turn.finish();
        self.store.commit(&batch).unwrap();
        self.store.flush().unwrap();
        forget_keys
    }

    fn does(&mut self, steps: impl FnOnce(&mut Turn) -> Step) {
        let forgotten = self.commits(steps);
        self.store.forget_keys(&forgotten).unwrap();
    }

    fn log(&self) -> LogId {
        content_log(author().id())
    }

    fn conversation(&mut self, with: u8) -> Conversation {
        let mut made = None;
        self.does(|turn| {
            made = Some(conversations::direct_with(
                turn,
                AccountId::from_bytes([with; 32]),
            )?);
            Ok(())
        });
        made.unwrap()
    }

    fn header(
        &mut self,
        conversation: &ConversationId,
        seq: u64,
        expires_at_ms: Option<u64>,
    ) -> SignedHeader {
        let body = Body::new(b"words".to_vec(), &mut self.rng);
        let header = Header {
            version: Header::VERSION,
            conversation: *conversation,
            author: author().id(),
            log: LogKind::Content,
            seq,
            prev: (seq > 1).then(|| kith_crypto::EntryId::from_bytes([0; 32])),
            deps: Vec::new(),
            at: Stamp::new(NOW_MS, 0),
            expires_at_ms,
            body: body.commit(),
        };
        SignedHeader::sign(header, &author()).unwrap()
    }

    /// Entries with these numbers come, and their log is noted.
    fn takes(
        &mut self,
        conversation: &Conversation,
        seqs: std::ops::RangeInclusive<u64>,
        expires: Option<u64>,
    ) {
        let log = self.log();
        let entries: Vec<_> = seqs
            .map(|seq| EntryRecord {
                conversation: conversation.id,
                log,
                seq,
                header: self.header(&conversation.id, seq, expires).bytes().to_vec(),
                body: Some(vec![7; 40]),
                received_at_ms: NOW_MS,
            })
            .collect();
        let id = conversation.id;
        self.does(|turn| {
            let known = turn.load(&LogRecord::at(&id, &log))?;
            let mut known: LogRecord = known.unwrap_or_else(|| LogRecord::empty(id, log));
            for entry in &entries {
                save_entry(turn, entry)?;
                known.insert(entry.seq);
            }
            turn.save(&known)
        });
    }

    /// Which of the entries have a body, and which none, as somebody reads them who has the store.
    fn bodies(&mut self, conversation: &Conversation) -> (Vec<u64>, Vec<u64>) {
        let log = self.log();
        let all = self
            .turn()
            .all::<EntryRecord>(&EntryRecord::scope(&conversation.id, &log));
        let (with, without): (Vec<_>, Vec<_>) =
            all.unwrap().into_iter().partition(|entry| entry.body.is_some());
        let numbers = |entries: Vec<EntryRecord>| entries.iter().map(|entry| entry.seq).collect();
        (numbers(with), numbers(without))
    }

    fn segment_key(&mut self, conversation: &Conversation, index: u64) -> Option<u64> {
        let log = self.log();
        let segment = self
            .turn()
            .load::<Segment>(&Segment::at(&conversation.id, &log, index));
        segment.unwrap().map(|segment| segment.key)
    }

    fn retired(&mut self) -> usize {
        self.turn().all::<Retired>(&Retired::scope()).unwrap().len()
    }
}

#[test]
fn an_erased_body_leaves_its_header_and_the_other_bodies() {
    let mut bench = Bench::new(NOW_MS);
    let (log, chat) = (bench.log(), bench.conversation(2));
    bench.takes(&chat, 1..=300, None);
    let (first, second) = (
        bench.segment_key(&chat, 0).unwrap(),
        bench.segment_key(&chat, 1).unwrap(),
    );
    assert_ne!(first, second, "each stretch has a key");
    bench.does(|turn| erase(turn, &chat, &[(log, 2), (log, 700)]));
    bench.does(|turn| erase(turn, &chat, &[(log, 5)]));
    let (with, without) = bench.bodies(&chat);
    assert_eq!((with.len(), without), (298, vec![2, 5]));
    assert!(bench.store.may_keep(first), "it goes once for both");
    bench.now_ms += 1_000;
    assert!(next_at_ms(&bench.turn()) <= bench.now_ms);
    bench.does(tick);
    let (with, without) = bench.bodies(&chat);
    assert_eq!((with.len(), without), (298, vec![2, 5]));
    assert!(!bench.store.may_keep(first) && bench.store.may_keep(second));
    assert_ne!(bench.segment_key(&chat, 0), Some(first));
    let before = bench.segment_key(&chat, 0);
    bench.does(|turn| erase(turn, &chat, &[(log, 2)]));
    bench.now_ms += 1_000;
    bench.does(tick);
    assert_eq!(
        bench.segment_key(&chat, 0),
        before,
        "what is erased costs nothing more"
    );
    bench.takes(&chat, 301..=301, None);
    assert_eq!(bench.bodies(&chat).0.len(), 299);
}

#[test]
fn a_crash_before_there_is_another_key_only_delays_it() {
    let mut bench = Bench::new(NOW_MS);
    let (log, chat) = (bench.log(), bench.conversation(2));
    bench.takes(&chat, 1..=10, None);
    let old = bench.segment_key(&chat, 0).unwrap();
    bench.does(|turn| erase(turn, &chat, &[(log, 3)]));
    bench.store.crash();
    bench.live = Live::default();
    assert!(bench.store.may_keep(old));
    bench.does(start);
    assert!(!bench.store.may_keep(old));
    assert_eq!((bench.bodies(&chat).0.len(), bench.bodies(&chat).1), (9, vec![3]));
}

#[test]
fn a_crash_before_the_keys_are_dropped_only_delays_it() {
    let mut bench = Bench::new(NOW_MS);
    let (log, chat) = (bench.log(), bench.conversation(2));
    bench.takes(&chat, 1..=10, None);
    let old = bench.segment_key(&chat, 0).unwrap();
    bench.does(|turn| erase(turn, &chat, &[(log, 3)]));
    assert_eq!(bench.commits(tick), [old]);
    bench.store.crash();
    bench.live = Live::default();
    assert!(bench.store.may_keep(old), "nobody has dropped it yet");
    bench.does(start);
    assert!(!bench.store.may_keep(old));
    assert_eq!(bench.bodies(&chat).1, [3]);
    assert_eq!(bench.retired(), 1);
    bench.now_ms += 10_000;
    bench.does(tick);
    assert_eq!(bench.retired(), 0);
}

#[test]
fn a_full_disk_delays_the_dropping_and_nothing_else() {
    let mut bench = Bench::new(NOW_MS);
    let (log, chat) = (bench.log(), bench.conversation(2));
    bench.takes(&chat, 1..=10, None);
    let old = bench.segment_key(&chat, 0).unwrap();
    bench.does(|turn| erase(turn, &chat, &[(log, 3)]));
    let asked = bench.commits(tick);
    bench.store.set_full(true);
    let refused = bench.store.forget_keys(&asked);
    assert!(matches!(refused, Err(StoreError::DiskFull { .. })));
    bench.store.set_full(false);
    bench.now_ms += 10_000;
    assert!(next_at_ms(&bench.turn()) <= bench.now_ms);
    bench.does(tick);
    assert!(!bench.store.may_keep(old));
    assert_eq!(bench.bodies(&chat).0.len(), 9);
}

#[test]
fn what_expires_goes_when_it_is_due_and_its_key_with_the_hour() {
    let mut bench = Bench::new(NOW_MS);
    let (one, other) = (bench.conversation(2), bench.conversation(3));
    let due_ms = NOW_MS + 60_000;
    bench.takes(&one, 1..=3, Some(due_ms));
    bench.takes(&one, 4..=5, None);
    bench.takes(&other, 1..=2, Some(due_ms + 60_000));
    let hours = bench.turn().all::<FadingHour>(&FadingHour::scope()).unwrap();
    assert_eq!(hours.len(), 1, "one key for all that expires in an hour");
    assert!(next_at_ms(&bench.turn()) <= due_ms);
    bench.now_ms = due_ms - 1;
    bench.does(tick);
    assert_eq!(bench.bodies(&one).0.len(), 5);
    assert_eq!(next_at_ms(&bench.turn()), due_ms);
    bench.now_ms = due_ms;
    let segment = bench.segment_key(&one, 0);
    bench.does(tick);
    assert_eq!(bench.bodies(&one), (vec![4, 5], vec![1, 2, 3]));
    assert_eq!(bench.bodies(&other).0, [1, 2]);
    assert_eq!(
        bench.segment_key(&one, 0),
        segment,
        "nothing beside it is written again"
    );
    assert!(bench.store.may_keep(hours[0].key));
    bench.now_ms = NOW_MS + HOUR_MS;
    bench.does(tick);
    assert!(!bench.store.may_keep(hours[0].key));
    assert_eq!(bench.bodies(&one).0, [4, 5]);
    assert_eq!(bench.bodies(&other), (vec![], vec![1, 2]));
}

#[test]
fn what_would_expire_later_can_be_erased_now() {
    let mut bench = Bench::new(NOW_MS);
    let (log, chat) = (bench.log(), bench.conversation(2));
    bench.takes(&chat, 1..=4, Some(NOW_MS + 100 * HOUR_MS));
    let old = bench.segment_key(&chat, 0).unwrap();
    bench.does(|turn| erase(turn, &chat, &[(log, 1)]));
    bench.does(tick);
    assert!(!bench.store.may_keep(old));
    assert_eq!(bench.bodies(&chat), (vec![2, 3, 4], vec![1]));
    bench.now_ms = NOW_MS + 102 * HOUR_MS;
    bench.does(tick);
    assert_eq!(bench.bodies(&chat), (vec![], vec![1, 2, 3, 4]));
}

#[test]
fn a_body_that_comes_too_late_is_not_kept_and_a_wrong_clock_keeps_none_longer() {
    let mut bench = Bench::new(NOW_MS);
    let chat = bench.conversation(2);
    bench.takes(&chat, 1..=1, Some(NOW_MS - 1));
    assert_eq!(bench.bodies(&chat), (vec![], vec![1]));
    let entry = EntryRecord {
        conversation: chat.id,
        log: bench.log(),
        seq: 2,
        header: bench.header(&chat.id, 2, Some(NOW_MS + 60_000)).bytes().to_vec(),
        body: Some(vec![1]),
        // It came an hour before its stamp: its author's clock is ahead.
        received_at_ms: NOW_MS - HOUR_MS,
    };
    assert_eq!(
        timers::deadline_of(&bench.turn(), &entry).unwrap(),
        Some(NOW_MS - HOUR_MS + 60_000)
    );
    assert!(is_over(&bench.turn(), &entry).unwrap());
}

#[test]
fn many_that_expire_at_once_go_in_steps() {
    let mut bench = Bench::new(NOW_MS);
    let chat = bench.conversation(2);
    bench.takes(&chat, 1..=2_000, Some(NOW_MS + 1));
    bench.now_ms = NOW_MS + 2 * HOUR_MS;
    for turns in 1.. {
        let before = bench.bodies(&chat).0.len();
        bench.does(tick);
        let expired = before - bench.bodies(&chat).0.len();
        assert!(expired <= 512, "{expired} in one turn");
        if bench.bodies(&chat).0.is_empty() {
            assert!(turns > 3);
            break;
        }
        assert!(next_at_ms(&bench.turn()) <= bench.now_ms, "it goes on at once");
    }
    assert!(
        bench
            .turn()
            .all::<FadingHour>(&FadingHour::scope())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn what_disappears_by_its_authors_clock_is_kept_until_then() {
    let mut bench = Bench::new(NOW_MS);
    let (chat, author) = (bench.conversation(2), author().id());
    let at_ms = NOW_MS + 2 * HOUR_MS + 1;
    let deadline = Deadline {
        conversation: chat.id,
        position: crate::Position::new(&chat.id, Stamp::new(NOW_MS, 0), &author, 1),
        at_ms,
    };
    bench.does(|turn| turn.save(&deadline));
    // Over, if its author's clock showed what ours shows.
    bench.takes(&chat, 1..=1, Some(NOW_MS - 1));
    let hours = bench.turn().all::<FadingHour>(&FadingHour::scope()).unwrap();
    assert_eq!(hours[0].hour, at_ms / HOUR_MS);
    for (now_ms, is_there) in [(at_ms - 1, true), (at_ms, false)] {
        bench.now_ms = now_ms;
        bench.does(tick);
        assert_eq!(!bench.bodies(&chat).0.is_empty(), is_there);
    }
    bench.now_ms = at_ms + HOUR_MS;
    bench.does(tick);
    assert!(!bench.store.may_keep(hours[0].key));
}

#[test]
fn whatever_is_erased_a_turn_gives_few_stretches_another_key() {
    let mut bench = Bench::new(NOW_MS);
    let (log, chat) = (bench.log(), bench.conversation(2));
    let stretches: Vec<u64> = (0..40).collect();
    for index in &stretches {
        let first = Segment::span(*index).0.max(1);
        bench.takes(&chat, first..=first + 1, None);
    }
    let key_of = |bench: &mut Bench| -> Vec<u64> {
        let keys = stretches.iter().map(|index| bench.segment_key(&chat, *index));
        keys.map(Option::unwrap).collect()
    };
    let old = key_of(&mut bench);
    for index in &stretches {
        bench.does(|turn| erase(turn, &chat, &[(log, Segment::span(*index).1 - 254)]));
    }
    assert_eq!(key_of(&mut bench), old, "all in a moment");
    let kept = |bench: &Bench| old.iter().filter(|key| bench.store.may_keep(**key)).count();
    for left in [24, 8, 0] {
        bench.now_ms += 1_000;
        assert!(next_at_ms(&bench.turn()) <= bench.now_ms);
        bench.does(tick);
        assert_eq!(kept(&bench), left);
    }
    assert_eq!(
        (bench.bodies(&chat).0.len(), bench.bodies(&chat).1.len()),
        (40, 40)
    );
}

#[test]
fn words_that_were_set_aside_are_erased_when_they_were_written_anew() {
    let mut bench = Bench::new(NOW_MS);
    let chat = bench.conversation(2);
    let aside = |seq: u8| SetAside {
        conversation: chat.id,
        device: author().id(),
        seq: seq.into(),
        id: kith_crypto::EntryId::from_bytes([seq; 32]),
        position: crate::Position::from_bytes(&[seq; 24]).unwrap(),
        body: vec![seq],
    };
    let asides: Vec<_> = [1, 2, 3].map(aside).into();
    bench.does(|turn| asides.iter().try_for_each(|aside| save_aside(turn, aside)));
    let old = bench.segment_key(&chat, 0).unwrap();
    bench.does(|turn| asides[..2].iter().try_for_each(|aside| erase_aside(turn, aside)));
    bench.does(tick);
    assert!(!bench.store.may_keep(old));
    let left = bench.turn().all::<SetAside>(&SetAside::scope(&chat.id)).unwrap();
    assert_eq!(left.iter().map(|aside| aside.seq).collect::<Vec<_>>(), [3]);
}

#[test]
fn after_damage_no_number_is_given_out_twice() {
    let mut bench = Bench::new(NOW_MS);
    let chat = bench.conversation(2);
    bench.takes(&chat, 1..=600, None);
    let used: Vec<_> = (0..3)
        .map(|index| bench.segment_key(&chat, index).unwrap())
        .collect();
    // A rescue found an old count.
    bench.does(|turn| turn.save(&crate::records::KeyCounter { next: 0 }));
    bench.does(after_damage);
    bench.takes(&chat, 800..=800, None);
    assert!(!used.contains(&bench.segment_key(&chat, 3).unwrap()));
}
