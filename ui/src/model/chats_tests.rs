//! A text is typed, sent, refused; chats are entered and left; a disk stays full.

use kith_node::view::{MessageView, Page};

use super::*;
use crate::model::testing::{ALICE, BOB, at, chat, conversation, row};

fn entered() -> Chats {
    let mut chats = Chats::default();
    chats.list.replace(vec![chat(1, "Bob", 10), chat(2, "Cyr", 5)]);
    let asked = chats.carry_out(ChatWish::Enter(conversation(1)), 0);
    chats.apply_reply(&asked[0], &Reply::Page(page(vec![row(1, BOB, "hello")])));
    chats
}

fn page(messages: Vec<MessageView>) -> Page {
    Page {
        messages,
        more_before: false,
        more_after: false,
        first_unread: None,
    }
}

fn texts(chats: &Chats) -> usize {
    chats.timeline(conversation(1)).unwrap().rows().len()
}

#[test]
fn what_is_sent_leaves_the_composer_and_shows_once() {
    let mut chats = entered();
    chats.carry_out(ChatWish::Draft(conversation(1), "hi".into()), 0);
    let asked = chats.carry_out(ChatWish::Send(conversation(1), "hi".into()), 1);
    assert_eq!(
        asked,
        [Command::SendMessage {
            conversation: conversation(1),
            text: "hi".into()
        }]
    );
    assert_eq!(chats.list.draft(conversation(1)), "");
    let sent = row(2, ALICE, "hi");
    chats.apply_event(&Event::Message(Box::new(sent.clone())));
    chats.apply_reply(&asked[0], &Reply::Message(Box::new(sent)));
    assert_eq!(texts(&chats), 2);
    let (kept, _) = chats.tick(10_000);
    assert_eq!(
        kept,
        [Command::SetDraft {
            conversation: conversation(1),
            text: String::new()
        }]
    );
}

#[test]
fn what_could_not_be_sent_comes_back_before_what_was_typed_since() {
    let mut chats = entered();
    let asked = chats.carry_out(ChatWish::Send(conversation(1), "first".into()), 1);
    chats.carry_out(ChatWish::Draft(conversation(1), "second".into()), 2);
    assert!(chats.apply_failure(&asked[0], &CommandError::DiskFull, 3));
    assert_eq!(chats.list.draft(conversation(1)), "first\nsecond");
    assert_eq!(chats.problem(conversation(1)), Some(&CommandError::DiskFull));
    chats.carry_out(ChatWish::DismissProblem(conversation(1)), 4);
    assert_eq!(chats.problem(conversation(1)), None);
}

fn set(text: &str) -> Command {
    Command::SetDraft {
        conversation: conversation(1),
        text: text.into(),
    }
}

/// What the node says after a commit that failed: it knows nothing of what was typed since.
fn loads_again(chats: &mut Chats) {
    chats.apply_event(&Event::Reload);
    let all = vec![chat(1, "Bob", 10), chat(2, "Cyr", 5)];
    chats.apply_reply(&Command::ListConversations {}, &Reply::Conversations(all));
    let reload = chats.reload();
    let mut page = page(vec![row(1, BOB, "hello"), row(2, BOB, "news")]);
    page.first_unread = Some(at(2));
    chats.apply_reply(&reload[0], &Reply::Page(page));
}

#[test]
fn a_refused_text_stays_in_the_composer_though_the_disk_stays_full() {
    let mut chats = entered();
    let asked = chats.carry_out(ChatWish::Send(conversation(1), "by train".into()), 0);
    chats.apply_failure(&asked[0], &CommandError::DiskFull, 10);
    loads_again(&mut chats);
    assert_eq!(chats.list.draft(conversation(1)), "by train");
    assert_eq!(chats.tick(610).0, [set("by train")]);
    chats.apply_failure(&set("by train"), &CommandError::DiskFull, 620);
    loads_again(&mut chats);
    assert_eq!(chats.list.draft(conversation(1)), "by train");
    let (asked, wait_ms) = chats.tick(621);
    assert!(asked.is_empty());
    assert_eq!(chats.tick(621 + wait_ms.unwrap()).0, [set("by train")]);
}

#[test]
fn a_mark_that_the_node_could_not_note_is_told_again_after_a_pause() {
    let mut chats = entered();
    chats.apply_event(&Event::Message(Box::new(row(2, BOB, "news"))));
    let shown = || ChatWish::Shown(conversation(1), at(1), at(2));
    let told = chats.carry_out(shown(), 0);
    assert_eq!(told.len(), 1);
    chats.apply_failure(&told[0], &CommandError::DiskFull, 100);
    for again in [100, 900, 2_000] {
        loads_again(&mut chats);
        assert!(
            chats.carry_out(shown(), again).is_empty(),
            "it is not asked in a loop"
        );
        assert!(chats.tick(again).0.is_empty());
    }
    assert_eq!(chats.tick(2_000).1, Some(100));
    assert_eq!(chats.tick(2_100), (told.clone(), None));
    chats.apply_failure(&told[0], &CommandError::DiskFull, 2_100);
    assert_eq!(chats.tick(2_100), (Vec::new(), Some(4_000)));
    assert_eq!(chats.tick(6_100).0, told);
    chats.apply_reply(&told[0], &Reply::Done);
    assert_eq!(chats.tick(9_999), (Vec::new(), None));
    chats.apply_event(&Event::Message(Box::new(row(3, BOB, "more"))));
    let shown = ChatWish::Shown(conversation(1), at(1), at(3));
    assert_eq!(chats.carry_out(shown, 9_999).len(), 1, "it goes on as before");
}

#[test]
fn leaving_keeps_the_draft_at_once() {
    let mut chats = entered();
    chats.carry_out(ChatWish::Draft(conversation(1), "half".into()), 0);
    let asked = chats.carry_out(ChatWish::Enter(conversation(2)), 1);
    assert_eq!(
        asked[0],
        Command::SetDraft {
            conversation: conversation(1),
            text: "half".into()
        }
    );
    assert_eq!(chats.last_open(), Some(conversation(1)));
}

#[test]
fn news_in_an_open_chat_that_nobody_watches_waits_to_be_shown() {
    let mut chats = entered();
    chats.carry_out(ChatWish::Watch(Some(conversation(1))), 0);
    chats.apply_event(&Event::Message(Box::new(row(2, BOB, "seen"))));
    let read = chats.carry_out(ChatWish::Shown(conversation(1), at(1), at(2)), 0);
    assert_eq!(read.len(), 1);
    chats.carry_out(ChatWish::Watch(None), 0);
    chats.apply_event(&Event::Message(Box::new(row(3, BOB, "unseen"))));
    assert_eq!(
        chats.timeline(conversation(1)).unwrap().unshown_below(at(2), 1),
        1
    );
}

#[test]
fn few_windows_are_kept() {
    let mut chats = Chats::default();
    for n in 1..=20 {
        chats.carry_out(ChatWish::Enter(conversation(n)), 0);
    }
    assert_eq!(chats.timelines.len(), KEPT_WINDOWS);
    assert!(chats.timeline(conversation(20)).is_some());
    assert!(chats.reload().len() == 1, "only the open one is loaded again");
}

#[test]
fn what_is_unread_beyond_the_window_is_counted_by_the_node_and_what_was_shown_is_not() {
    let mut chats = Chats::default();
    let mut busy = chat(1, "Bob", 10);
    busy.unread = 500;
    chats.list.replace(vec![busy.clone()]);
    let asked = chats.carry_out(ChatWish::Enter(conversation(1)), 0);
    let mut first = page((10..90).map(|n| row(n, BOB, "hello")).collect());
    first.first_unread = Some(at(20));
    first.more_after = true;
    chats.apply_reply(&asked[0], &Reply::Page(first));
    let below = |chats: &Chats, last: u64| {
        let unread = chats.list.get(conversation(1)).unwrap().unread;
        let timeline = chats.timeline(conversation(1)).unwrap();
        timeline.unshown_below(at(last), unread)
    };
    let told = chats.carry_out(ChatWish::Shown(conversation(1), at(15), at(30)), 0);
    assert_eq!(below(&chats, 30), 500 - 11);
    busy.unread = 500 - 11;
    chats.apply_reply(&told[0], &Reply::Conversation(Box::new(busy.clone())));
    assert_eq!(below(&chats, 30), 500 - 11, "noted by the node");
    busy.unread += 1;
    chats.apply_event(&Event::Conversation(Box::new(busy)));
    assert_eq!(below(&chats, 30), 500 - 10, "one more beyond the window");
    assert_eq!(
        below(&chats, 15),
        500 - 10,
        "what was shown and is scrolled away from is not"
    );
}
