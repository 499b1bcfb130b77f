//! What stories ask of a node again and again: whom it knows, what was written, how far it has come.
//!
//! Each wait is driven by the node's news alone, as a window is: what is true but was never told fails.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kith_node::{
    Anchor, Command,
    id::ConversationId,
    view::{
        BodyView, ContactState, ContactView, ConversationView, DeliveryState, InviteView, MessageView,
        NetworkView, Page, PresenceView,
    },
};

use super::NodeProgram;

/// How long two nodes may take to meet, or a message to arrive. Both take well under a second; a loaded machine may
/// need more.
const MEETING_LIMIT: Duration = Duration::from_secs(30);

/// Rows of one page.
const PAGE_ROWS: u32 = 500;

/// How a contact is wanted to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Linked.
    Online,
    /// Known, and not linked.
    Offline,
}

/// All of these wait for up to half a minute, and their errors say for what. Those that speak of the contact or the
/// conversation want the node to have exactly one.
impl NodeProgram {
    /// Waits until one of its bootstrap nodes is connected.
    ///
    /// # Errors
    /// As above.
    pub async fn reaches_bootstrap(&mut self) -> Result<()> {
        let what = format!("{}'s node reaches the bootstrap node", self.name());
        self.until(&what, MEETING_LIMIT, async |node| {
            let network: NetworkView = node.call(&Command::GetNetwork {}).await?;
            let connected = network.bootstraps.iter().any(|bootstrap| bootstrap.connected);
            Ok(connected.then_some(()))
        })
        .await
    }

    /// Waits until it listens somewhere, so that an invite can say where.
    ///
    /// # Errors
    /// As above.
    pub async fn can_be_reached(&mut self) -> Result<()> {
        let what = format!("{}'s node listens", self.name());
        self.until(&what, MEETING_LIMIT, async |node| {
            let network: NetworkView = node.call(&Command::GetNetwork {}).await?;
            Ok((!network.listening.is_empty()).then_some(()))
        })
        .await
    }

    /// Makes an invite, has the other open it, and waits until both see each other online.
    ///
    /// # Errors
    /// As above.
    pub async fn meets(&mut self, other: &mut Self) -> Result<()> {
        self.can_be_reached().await?;
        let invite: InviteView = self.call(&Command::CreateInvite { valid_for_s: None }).await?;
        let _: ContactView = other.call(&Command::AddContact { link: invite.link }).await?;
        self.sees(other.name(), Wanted::Online).await?;
        other.sees(self.name(), Wanted::Online).await
    }

    /// Waits until the contact of this name is accepted by both sides, and there or not.
    ///
    /// # Errors
    /// As above.
    pub async fn sees(&mut self, name: &str, wanted: Wanted) -> Result<()> {
        let what = format!("{} sees {name} {wanted:?}", self.name());
        self.until(&what, MEETING_LIMIT, async |node| {
            let contacts: Vec<ContactView> = node.call(&Command::ListContacts {}).await?;
            Ok(contacts
                .iter()
                .any(|contact| is(contact, name, wanted))
                .then_some(()))
        })
        .await
    }

    /// Writes to the contact.
    ///
    /// # Errors
    /// When the node does not take it.
    pub async fn writes(&mut self, text: &str) -> Result<MessageView> {
        let conversation = self.conversation().await?.id;
        let text = text.to_owned();
        self.call(&Command::SendMessage { conversation, text }).await
    }

    /// Waits until an own message with this text is there: typed into a window, say.
    ///
    /// # Errors
    /// As above.
    pub async fn has_written(&mut self, text: &str) -> Result<MessageView> {
        let what = format!("{} writes {text:?}", self.name());
        let conversation = self.conversation().await?.id;
        self.until(&what, MEETING_LIMIT, async |node| {
            let rows = node.texts(conversation).await?.into_iter();
            let said = |row: &MessageView| matches!(&row.body, BodyView::Text { text: said } if said == text);
            Ok(rows.rev().find(|row| row.mine && said(row)))
        })
        .await
    }

    /// Waits until a message of the other is there as it was sent.
    ///
    /// # Errors
    /// As above.
    pub async fn receives(&mut self, sent: &MessageView) -> Result<MessageView> {
        let what = format!("the message arrives at {}'s node", self.name());
        self.until(&what, MEETING_LIMIT, async |node| {
            let mut rows = node.texts(sent.conversation).await?.into_iter();
            Ok(rows.find(|row| row.id == sent.id && row.body == sent.body && !row.mine))
        })
        .await
    }

    /// Waits until an own message is in exactly this state; one that claims more is an error.
    ///
    /// # Errors
    /// As above.
    pub async fn reaches(&mut self, sent: &MessageView, wanted: DeliveryState) -> Result<()> {
        let what = format!("{} sees the message {wanted:?}", self.name());
        let found = self.until(&what, MEETING_LIMIT, async |node| {
            let mut rows = node.texts(sent.conversation).await?.into_iter();
            let row = rows.find(|row| row.id == sent.id);
            Ok(row.and_then(|row| row.state).filter(|state| *state >= wanted))
        });
        let state = found.await?;
        ensure!(state == wanted, "{what}: it claims {state:?} already.");
        Ok(())
    }

    /// The conversation.
    ///
    /// # Errors
    /// As above.
    pub async fn conversation(&mut self) -> Result<ConversationView> {
        let mut all: Vec<ConversationView> = self.call(&Command::ListConversations {}).await?;
        ensure!(
            all.len() == 1,
            "{} has {} conversations, not one.",
            self.name(),
            all.len()
        );
        all.pop().context("A list of one is empty.")
    }

    /// Waits until a conversation is known here: a group that somebody else began.
    ///
    /// # Errors
    /// As above.
    pub async fn joins(&mut self, conversation: ConversationId) -> Result<()> {
        let what = format!("{}'s node knows the group", self.name());
        self.until(&what, MEETING_LIMIT, async |node| {
            let chats: Vec<ConversationView> = node.call(&Command::ListConversations {}).await?;
            Ok(chats.iter().find(|chat| chat.id == conversation).map(drop))
        })
        .await
    }

    /// All that people wrote in a conversation, oldest first.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn texts(&mut self, conversation: ConversationId) -> Result<Vec<MessageView>> {
        let mut rows = Vec::new();
        let mut anchor = Anchor::Oldest;
        loop {
            let page: Page = self
                .call(&Command::GetMessages {
                    conversation,
                    anchor,
                    before: 0,
                    after: PAGE_ROWS,
                })
                .await?;
            let last = page.messages.last().map(|row| row.position);
            rows.extend(page.messages);
            match last {
                Some(last) if page.more_after => {
                    anchor = Anchor::At {
                        position: last.next(),
                    }
                }
                _ => break,
            }
        }
        rows.retain(|row| matches!(row.body, BodyView::Text { .. }));
        Ok(rows)
    }
}

fn is(contact: &ContactView, name: &str, wanted: Wanted) -> bool {
    let presence = match contact.presence {
        PresenceView::Online { .. } => Wanted::Online,
        PresenceView::Offline { .. } => Wanted::Offline,
    };
    contact.state == ContactState::Accepted && contact.name == name && presence == wanted
}
