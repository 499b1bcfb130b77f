//! A contact who breaks the rules, against honest people: the honest node stays up, tells no lie, cuts the offender off
//! within the stated number of messages, and lets nobody else feel it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use futures::FutureExt as _;
use kith_crypto::{DeviceKey, LogKind, Stamp};
use kith_node::{
    Command, Event, Reply,
    frame::MAX_FRAME_BYTES,
    id::EntryId,
    input::Lane,
    view::{BodyView, DeliveryState, PresenceView},
};
use kith_tests::{
    mallory::{Frame, LogFrontier, WireEntry, flooding::MOST_OFFENCES, sign},
    scene::Scene,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// The number of the refusal that says that the device does not speak for its account.
const DEVICE_REVOKED: u8 = 6;
/// The number of the refusal that says to come again later.
const TRY_LATER: u8 = 7;

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_garbage_is_cut_off_and_kept_out() {
    let mut scene = Scene::new().await;
    for number in 1..MOST_OFFENCES {
        scene.mallory.says_bytes(vec![3; 40]).await;
        scene.mallory.is_answered(number).await;
    }
    scene.mallory.says_bytes(vec![3; 40]).await;
    scene.mallory.is_cut_off().await;

    assert_eq!(scene.mallory.dials(None).await, Some(TRY_LATER));
    let account = scene.mallory.account;
    scene
        .alice
        .wait("Mallory's absence", async || {
            match scene.alice.does(Command::ListContacts {}).await {
                Reply::Contacts(contacts) => contacts
                    .iter()
                    .any(|contact| {
                        contact.account == account && matches!(contact.presence, PresenceView::Offline { .. })
                    })
                    .then_some(()),
                other => panic!("no contacts: {other:?}"),
            }
        })
        .await;
    scene.others_feel_nothing("quiet again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_beyond_the_limit_ends_the_link_on_either_lane_and_nothing_is_lost() {
    for lane in [Lane::Control, Lane::Sync] {
        let mut scene = Scene::new().await;
        // The largest frame there may be is no reason, though it means nothing.
        scene
            .mallory
            .says_bytes_on(lane, vec![100; MAX_FRAME_BYTES])
            .await;
        let (_, entry) = scene.mallory.entry(1, None, "said before");
        scene.mallory.sends_entries(1, vec![entry]).await;
        scene.alice.sees("said before").await;
        scene
            .mallory
            .says_bytes_on(lane, vec![100; MAX_FRAME_BYTES + 1])
            .await;
        scene.mallory.is_cut_off().await;
        scene.alice.sees("said before").await;
        scene.others_feel_nothing("within limits").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn senseless_bytes_on_the_sync_lane_count_as_broken_rules_too() {
    let mut scene = Scene::new().await;
    for number in 1..=MOST_OFFENCES {
        scene.mallory.says_bytes_on(Lane::Sync, vec![3; 40]).await;
        if number < MOST_OFFENCES {
            scene.mallory.is_answered(number).await;
        }
    }
    scene.mallory.is_cut_off().await;
    assert_eq!(scene.mallory.dials(None).await, Some(TRY_LATER));
    scene.others_feel_nothing("lanes").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_newer_kith_says_is_skipped_and_shown_for_what_it_is() {
    let mut scene = Scene::new().await;
    // Frames of kinds that do not exist yet, and headers of a version that does not.
    for number in 0..2 * MOST_OFFENCES {
        scene.mallory.says_bytes(vec![100, 1, 2, 3]).await;
        let (_, mut future) = scene.mallory.entry(1, None, "from the future");
        future.header[64] = 9;
        scene.mallory.sends_entries(1_000 + number, vec![future]).await;
        scene.mallory.is_answered(number).await;
    }
    // Content of a kind, and of a version, that does not exist yet.
    let (header, body) = scene.mallory.header_of(1, None, vec![1, 77, 5, 5]);
    let (first, kind) = sign(header, &body, &scene.mallory.device);
    let (header, body) = scene.mallory.header_of(2, Some(first), vec![9, 1, 2, 3]);
    let (second, version) = sign(header, &body, &scene.mallory.device);
    let (_, words) = scene.mallory.entry(3, Some(second), "and now in words");
    scene
        .mallory
        .sends_entries(2_000, vec![kind, version, words])
        .await;
    scene.alice.sees("and now in words").await;
    let rows = scene.alice.messages().await;
    let unsupported = rows
        .iter()
        .filter(|row| row.body == BodyView::Unsupported)
        .count();
    assert_eq!(
        unsupported, 2,
        "kept, in their places, and said to need an update"
    );
    scene.others_feel_nothing("old words").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_device_list_under_one_number_is_refused_and_shown() {
    let mut scene = Scene::new().await;
    let mallory = scene.mallory.account;
    let alarmed = async || match scene.alice.does(Command::ListContacts {}).await {
        Reply::Contacts(contacts) => contacts
            .into_iter()
            .filter(|contact| contact.alarmed)
            .map(|contact| contact.account)
            .collect::<Vec<_>>(),
        other => panic!("no contacts: {other:?}"),
    };
    assert_eq!(alarmed().await, []);
    let mut double = scene.mallory.doubles().await;
    assert_eq!(double.dials(None).await, Some(DEVICE_REVOKED));
    assert_eq!(alarmed().await, [mallory], "and nobody else");
    let mut told = false;
    while let Some(Some(event)) = scene.told.next().now_or_never() {
        told |= matches!(event, Event::Contact(contact) if contact.account == mallory && contact.alarmed);
    }
    assert!(told, "a listener learns of it without asking");
    scene.others_feel_nothing("still us").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_signature_is_never_believed() {
    let mut scene = Scene::new().await;
    let (_, mut forged) = scene.mallory.entry(1, None, "forged");
    forged.header[0] ^= 1;
    let conversation = scene.mallory.conversation;
    scene
        .is_cut_off_by(&Frame::Entries {
            conversation,
            batch: 900,
            entries: vec![forged],
        })
        .await;
    scene.alice_sees_no("forged").await;
    scene.others_feel_nothing("trust").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_was_not_signed_is_never_believed() {
    let mut scene = Scene::new().await;
    let (_, mut entry) = scene.mallory.entry(1, None, "signed");
    let (_, other) = scene.mallory.entry(1, None, "swapped");
    entry.body = other.body;
    let conversation = scene.mallory.conversation;
    scene
        .is_cut_off_by(&Frame::Entries {
            conversation,
            batch: 900,
            entries: vec![entry],
        })
        .await;
    scene.alice_sees_no("swapped").await;
    scene.alice_sees_no("signed").await;
    scene.others_feel_nothing("bodies").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_speaks_for_others_or_into_their_conversations() {
    let mut scene = Scene::new().await;
    // In the name of Alice's own device: only her key could sign it.
    let (mut header, body) = scene.mallory.header(1, None, "I, Alice, owe Mallory money");
    header.author = scene.mallory.victim;
    let unsigned = postcard_of(&header);
    let bytes = [vec![7; 64], unsigned].concat();
    let forged = WireEntry {
        header: bytes,
        body: Some(body.encode().unwrap()),
    };
    scene.mallory.sends_entries(1, vec![forged]).await;
    // By a device of nobody here, soundly signed.
    let stranger = DeviceKey::generate(&mut ChaCha20Rng::from_seed([5; 32]));
    let (mut header, body) = scene.mallory.header(1, None, "a stranger's words");
    header.author = stranger.id();
    let (_, foreign) = sign(header, &body, &stranger);
    scene.mallory.sends_entries(2, vec![foreign]).await;
    // Into the conversation of Alice and Carol.
    let between = scene.alice.chat_with(&scene.carol);
    let (mut header, body) = scene.mallory.header(1, None, "Carol says hello");
    header.conversation = between;
    let (_, misplaced) = sign(header, &body, &scene.mallory.device);
    scene.mallory.sends_entries(3, vec![misplaced.clone()]).await;
    scene
        .mallory
        .says(&Frame::Entries {
            conversation: between,
            batch: 4,
            entries: vec![misplaced],
        })
        .await;
    // Asking for what others said is no better.
    scene
        .mallory
        .says(&Frame::Frontier {
            conversation: between,
            logs: Vec::new(),
        })
        .await;
    scene.mallory.is_answered(5).await;
    for text in [
        "I, Alice, owe Mallory money",
        "a stranger's words",
        "Carol says hello",
    ] {
        scene.alice_sees_no(text).await;
    }
    scene.others_feel_nothing("between us").await;
}

fn postcard_of(header: &kith_crypto::Header) -> Vec<u8> {
    postcard::to_allocvec(header).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_entries_under_one_number_freeze_the_log_and_are_told() {
    let mut scene = Scene::new().await;
    let (first, yes) = scene.mallory.entry(1, None, "yes");
    let (_, no) = scene.mallory.entry(1, None, "no");
    scene.mallory.sends_entries(1, vec![yes]).await;
    scene.alice.sees("yes").await;
    scene.mallory.sends_entries(2, vec![no]).await;
    scene
        .alice
        .wait("the notice", async || {
            let rows = scene.alice.messages().await;
            rows.iter()
                .any(|row| matches!(row.body, BodyView::Equivocation { device } if device == scene.mallory.device.id()))
                .then_some(())
        })
        .await;
    let (_, more) = scene.mallory.entry(2, Some(first), "as I said");
    scene.mallory.sends_entries(3, vec![more]).await;
    scene.mallory.is_answered(4).await;
    scene.alice_sees_no("no").await;
    scene.alice_sees_no("as I said").await;
    scene.alice.sees("yes").await;
    let notices = scene.alice.messages().await;
    let notices = notices
        .iter()
        .filter(|row| matches!(row.body, BodyView::Equivocation { .. }));
    assert_eq!(notices.count(), 1, "told once");
    scene.others_feel_nothing("one word").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_for_what_does_not_exist_ticks_nothing() {
    let mut scene = Scene::new().await;
    let victim = scene.mallory.victim;
    let head = EntryId::from_bytes([9; 32]);
    scene
        .mallory
        .says(&Frame::Receipt {
            conversation: scene.mallory.conversation,
            held: vec![(victim, u64::MAX, head)],
            shown: vec![(victim, u64::MAX)],
        })
        .await;
    scene.mallory.is_answered(1).await;
    let command = Command::SendMessage {
        conversation: scene.mallory.conversation,
        text: "do you have this?".into(),
    };
    scene.alice.does(command).await;
    scene
        .alice
        .sees_state("do you have this?", DeliveryState::Saved)
        .await;
    scene.mallory.is_answered(2).await;
    let row = scene.alice.sees("do you have this?").await;
    assert_eq!(
        row.state,
        Some(DeliveryState::Saved),
        "no tick ahead of the truth"
    );
    scene.others_feel_nothing("ticks").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lying_frontier_stops_nobody_from_writing() {
    let mut scene = Scene::new().await;
    let alice = scene.mallory.victim;
    let lie = |contiguous, head, beyond| LogFrontier {
        author: alice,
        kind: LogKind::Content,
        base: 1,
        contiguous,
        head,
        beyond,
    };
    let false_head = Some(EntryId::from_bytes([9; 32]));
    let conversation = scene.mallory.conversation;
    scene
        .alice
        .does(Command::SendMessage {
            conversation,
            text: "one".into(),
        })
        .await;
    // More than exists, a fork that does not exist, numbers at their end.
    for (batch, log) in [
        lie(1_000, false_head, vec![]),
        lie(1, false_head, vec![]),
        lie(0, None, vec![(u64::MAX - 1, u64::MAX)]),
        lie(u64::MAX, false_head, vec![]),
    ]
    .into_iter()
    .enumerate()
    {
        let logs = vec![log];
        scene.mallory.says(&Frame::Frontier { conversation, logs }).await;
        scene.mallory.is_answered(batch as u32).await;
    }
    assert!(
        !scene.alice.profile().await.outdated,
        "a claim is no proof that this is an old copy"
    );
    scene
        .alice
        .does(Command::SendMessage {
            conversation,
            text: "two".into(),
        })
        .await;
    // What cannot be is an offence.
    let logs = vec![lie(5, false_head, vec![(9, 10), (3, 4)])];
    scene.is_cut_off_by(&Frame::Frontier { conversation, logs }).await;
    scene.others_feel_nothing("still writing").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_at_their_end_break_nothing() {
    let mut scene = Scene::new().await;
    let prev = Some(EntryId::from_bytes([1; 32]));
    let (_, last) = scene.mallory.entry(u64::MAX, prev, "the last of all");
    let (mut header, body) = scene.mallory.header(1, None, "from the end of time");
    header.at = Stamp::from_raw(u64::MAX);
    let (_, late) = sign(header, &body, &scene.mallory.device);
    scene.mallory.sends_entries(1, vec![late, last]).await;
    scene.alice.sees("the last of all").await;
    let late = scene.alice.sees("from the end of time").await;
    assert!(late.at_ms < 4_000_000_000_000, "its label is not from the future");
    scene.mallory.is_answered(2).await;
    scene.others_feel_nothing("and time goes on").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_from_the_future_holds_nothing_down() {
    let mut scene = Scene::new().await;
    let conversation = scene.mallory.conversation;
    let (mut header, body) = scene.mallory.header(1, None, "from next year");
    header.at = Stamp::new(header.at.millis() + 365 * 86_400_000, 0);
    let (_, future) = sign(header, &body, &scene.mallory.device);
    scene.mallory.sends_entries(1, vec![future]).await;
    let future = scene.alice.sees("from next year").await;
    let up_to = future.position;
    scene.alice.does(Command::MarkRead { conversation, up_to }).await;
    let text = "written after it".to_owned();
    scene
        .alice
        .does(Command::SendMessage { conversation, text })
        .await;

    let later = scene.alice.sees("written after it").await;
    assert!(
        later.position > future.position,
        "what is written later stands later"
    );
    let last = scene
        .alice
        .sees_chat(conversation)
        .await
        .last
        .expect("a last row");
    assert_eq!(last.id, later.id, "and is what the list of chats shows");
    assert!(later.at_ms < future.at_ms + 86_400_000, "its label is of today");
    // Elsewhere nobody's clock has moved: Carol's answer to it stands after it, and bears no stamp of next year.
    scene.others_feel_nothing("this year").await;
    let between = scene.alice.chat_with(&scene.carol);
    let elsewhere = scene.alice.sees_chat(between).await.last.expect("a last row");
    assert!(elsewhere.position < future.position);
}
