//! A headless node with 100,000 and with 1,000,000 messages: its memory, its start, and how long a page takes.
//!
//! The profiles are made by the first run, which takes minutes, and kept in the build's folder. Other numbers of messages
//! can be given as arguments: `cargo bench -p kith-tests --bench memory -- 10000`.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a bench that meets the unexpected should fail where it stands"
)]

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use kith_node::{Anchor, Command, Node, Position, Reply, id::ConversationId, view::Page};
use kith_tests::{
    child::{self, Child},
    figures::{Figure, Times},
    fill, machine,
};

/// As a window asks for them: a screen and a half each way.
const ROWS: u32 = 50;
const ROUNDS: usize = 200;

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    if let Some(dir) = child::wanted() {
        let begun = Instant::now();
        let node = child::node(&dir).await;
        Figure::ms(format!("{}.start", name(&dir)), begun.elapsed()).print();
        pages(&name(&dir), &node).await;
        child::stay();
        return;
    }
    machine::tell();
    for messages in fill::sizes() {
        let begun = Instant::now();
        let filled = fill::filled(Path::new(env!("CARGO_TARGET_TMPDIR")), messages);
        println!(
            "# {messages} messages there after {:.0} s",
            begun.elapsed().as_secs_f64()
        );
        let disk = machine::disk_bytes(&filled.profile).expect("the profile can be read");
        Figure::new(
            format!("filled.{messages}.disk"),
            disk as f64 / messages as f64,
            "bytes/message",
        )
        .print();
        let node = Child::start(&[], &filled.profile).expect("a node of its own");
        let memory = machine::memory(node.pid()).expect("a running process");
        Figure::megabytes(
            format!("filled.{messages}.memory.resident"),
            memory.resident_bytes,
        )
        .print();
        Figure::megabytes(
            format!("filled.{messages}.memory.proportional"),
            memory.proportional_bytes,
        )
        .print();
    }
}

/// `filled.<messages>`, as the profile's data folder is called.
fn name(profile: &Path) -> String {
    let data: Option<PathBuf> = profile.ancestors().nth(2).map(Path::to_path_buf);
    let data = data.and_then(|data| data.file_name().map(|name| name.to_string_lossy().into_owned()));
    data.unwrap_or_default().replace('-', ".")
}

async fn pages(name: &str, node: &Node) {
    let begun = Instant::now();
    let conversation = match node.call(Command::ListConversations {}).await {
        Ok(Reply::Conversations(chats)) => chats.first().expect("a conversation").id,
        other => panic!("no conversations: {other:?}"),
    };
    Figure::ms(format!("{name}.chat_list"), begun.elapsed()).print();
    let begun = Instant::now();
    let newest = page(node, conversation, Anchor::Newest).await;
    Figure::ms(format!("{name}.page.newest.first_time"), begun.elapsed()).print();
    let oldest = page(node, conversation, Anchor::Oldest).await;
    let (first, last) = (oldest.messages.first(), newest.messages.last());
    let middle = middle(first.expect("a row").position, last.expect("a row").position);
    let anchors = [
        ("newest", Anchor::Newest),
        ("first_unread", Anchor::FirstUnread),
        ("middle", Anchor::At { position: middle }),
        ("oldest", Anchor::Oldest),
    ];
    for (what, anchor) in anchors {
        let mut times = Times::new();
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            page(node, conversation, anchor).await;
            times.push(begun.elapsed());
        }
        Figure::ms(format!("{name}.page.{what}.p50"), times.percentile(50)).print();
        Figure::ms(format!("{name}.page.{what}.p99"), times.percentile(99)).print();
    }
}

async fn page(node: &Node, conversation: ConversationId, anchor: Anchor) -> Page {
    let command = Command::GetMessages {
        conversation,
        anchor,
        before: ROWS,
        after: ROWS,
    };
    match node.call(command).await {
        Ok(Reply::Page(page)) => page,
        other => panic!("no page: {other:?}"),
    }
}

/// A place half way between two: positions begin with the time.
fn middle(first: Position, last: Position) -> Position {
    let stamp = |position: Position| {
        let bytes = position.as_bytes().first_chunk().copied().unwrap_or_default();
        u64::from_be_bytes(bytes)
    };
    let half = stamp(first).midpoint(stamp(last));
    let mut bytes = *last.as_bytes();
    bytes
        .iter_mut()
        .zip(half.to_be_bytes())
        .for_each(|(byte, new)| *byte = new);
    Position::from_bytes(&bytes).expect("as long as a position")
}
