//! The real programs, over JSON-RPC: what is deleted on one is deleted on the other, also when it is killed in between.

use std::time::Duration;

use anyhow::{Result, ensure};
use kith_node::{
    Command, Event,
    id::ConversationId,
    view::{BodyView, ConversationView, DeleteFor, DeletionView, DeliveryState, MessageView, Page},
};
use kith_tests::proc::{Kept, NodeProgram, Profile, Programs, Wanted};

/// Ten seconds to undo it, and what a busy machine needs beside.
const LIMIT: Duration = Duration::from_secs(60);

async fn page(node: &mut NodeProgram, conversation: ConversationId) -> Result<Vec<MessageView>> {
    let page: Page = node
        .call(&Command::GetMessages {
            conversation,
            anchor: kith_node::Anchor::Newest,
            before: 100,
            after: 0,
        })
        .await?;
    Ok(page.messages)
}

/// Waits until a node shows these rows beside its notices: what people wrote, and `-` where something was deleted.
async fn shows(node: &mut NodeProgram, conversation: ConversationId, wanted: &[&str]) -> Result<()> {
    let what = format!("{} sees {wanted:?}", node.name());
    node.until(&what, LIMIT, async |node| {
        let rows = page(node, conversation).await?.into_iter();
        let lines: Vec<String> = rows
            .filter_map(|row| match row.body {
                BodyView::Text { text } => Some(text),
                BodyView::Deleted => Some("-".to_owned()),
                _ => None,
            })
            .collect();
        Ok((lines == wanted).then_some(()))
    })
    .await
}

async fn deletes(node: &mut NodeProgram, row: &MessageView, scope: DeleteFor) -> Result<DeletionView> {
    node.call(&Command::DeleteMessages {
        conversation: row.conversation,
        positions: vec![row.position],
        scope,
    })
    .await
}

#[tokio::test]
async fn two_nodes_delete_cancel_and_let_disappear() -> Result<()> {
    let programs = Programs::beside_this()?;
    let folder = tempfile::tempdir()?;
    let (ann, _) = Profile::create(&programs, folder.path(), "Ann").await?;
    let (ben, _) = Profile::create(&programs, folder.path(), "Ben").await?;
    let mut ann_node = NodeProgram::start(&programs, &ann, &[])?;
    let mut ben_node = NodeProgram::start(&programs, &ben, &[])?;
    ann_node.meets(&mut ben_node).await?;
    let conversation = ann_node.conversation().await?.id;
    let regret = ann_node.writes("a regret").await?;
    let kept = ann_node.writes("kept").await?;
    ann_node.reaches(&kept, DeliveryState::Delivered).await?;
    let his = ben_node.writes("of his").await?;
    ann_node.receives(&his).await?;

    // For everyone, and dead before it is final: it is when it comes back.
    let first = deletes(&mut ann_node, &regret, DeleteFor::Me).await?;
    let wider = deletes(&mut ann_node, &regret, DeleteFor::Everyone).await?;
    ensure!(first.id != wider.id && wider.positions == [regret.position]);
    deletes(&mut ann_node, &his, DeleteFor::Me).await?;
    // What was written after it is durable, and so is the wish.
    let after = ann_node.writes("after").await?;
    ann_node.reaches(&after, DeliveryState::Delivered).await?;
    ann_node.kill().await?;
    let mut ann_node = NodeProgram::start(&programs, &ann, &[])?;
    ann_node.sees("Ben", Wanted::Online).await?;
    shows(&mut ann_node, conversation, &["-", "kept", "after"]).await?;
    shows(&mut ben_node, conversation, &["-", "kept", "of his", "after"]).await?;

    // Nobody has what is cancelled.
    ben_node.close().await?;
    ann_node.sees("Ben", Wanted::Offline).await?;
    let typo = ann_node.writes("a typo").await?;
    ann_node
        .call::<()>(&Command::CancelMessage {
            conversation,
            position: typo.position,
        })
        .await?;
    let mut ben_node = NodeProgram::start(&programs, &ben, &[])?;
    let last = ann_node.writes("right").await?;
    ann_node.reaches(&last, DeliveryState::Delivered).await?;
    shows(
        &mut ben_node,
        conversation,
        &["-", "kept", "of his", "after", "right"],
    )
    .await?;
    ensure!(
        ben_node.conversation().await?.unread == 3,
        "nothing deleted is unread"
    );
    disappears(&mut ann_node, &mut ben_node, conversation).await?;

    // A chat that is deleted leaves nothing in its folder.
    deletes_chat(ben_node, conversation).await?;
    ensure!(Kept::open(&ben)?.texts(conversation)?.is_empty());
    shows(&mut ann_node, conversation, &["-", "kept", "after", "right"]).await
}

/// What is written under a timer disappears on both, and says so.
async fn disappears(
    ann_node: &mut NodeProgram,
    ben_node: &mut NodeProgram,
    conversation: ConversationId,
) -> Result<()> {
    let view: ConversationView = ben_node
        .call(&Command::SetTimer {
            conversation,
            seconds: 5,
        })
        .await?;
    ensure!(view.timer.change.is_some_and(|change| change.seconds == 5));
    ann_node
        .until("the timer is known", LIMIT, async |node| {
            let timer = node.conversation().await?.timer;
            Ok((timer.seconds == 5).then_some(()))
        })
        .await?;
    let brief = ann_node.writes("for a moment").await?;
    ensure!(brief.expires_at_ms.is_some());
    ben_node.receives(&brief).await?;
    loop {
        let event = ben_node.next_event(LIMIT).await?;
        match event {
            Some(Event::MessageRemoved { position, .. }) if position == brief.position => break,
            Some(_) => {}
            None => anyhow::bail!("It did not disappear."),
        }
    }
    shows(ann_node, conversation, &["-", "kept", "after", "right"]).await
}

async fn deletes_chat(mut ben_node: NodeProgram, conversation: ConversationId) -> Result<()> {
    let chat: DeletionView = ben_node.call(&Command::DeleteChat { conversation }).await?;
    ensure!(chat.undelivered == 0);
    ben_node
        .until("the chat is gone", LIMIT, async |node| {
            let chat: ConversationView = node.call(&Command::GetConversation { conversation }).await?;
            Ok(chat.hidden.then_some(()))
        })
        .await?;
    ben_node.close().await?;
    Ok(())
}
