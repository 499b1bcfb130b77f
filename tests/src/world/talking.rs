//! What people of the world do with one another: they meet, begin groups, write and read.

use kith_node::{
    Anchor, Command, Reply,
    id::ConversationId,
    view::{ContactState, ConversationView, DeliveryState, MessageView, NetworkView, PresenceView},
};

use super::{Person, says};

impl Person {
    /// Makes an invite link, once there is an address to put into it.
    pub async fn invites(&self) -> String {
        self.until("an address", |network: NetworkView| {
            (!network.listening.is_empty()).then_some(())
        })
        .await;
        match self.does(Command::CreateInvite { valid_for_s: None }).await {
            Reply::Invite(invite) => invite.link,
            other => panic!("no invite: {other:?}"),
        }
    }

    async fn until<T>(&self, what: &str, mut done: impl FnMut(NetworkView) -> Option<T>) -> T {
        self.wait(what, async || done(self.network().await)).await
    }

    /// Opens a link of somebody and waits until both are contacts.
    pub async fn befriends(&self, other: &Person) {
        let link = other.invites().await;
        self.does(Command::AddContact { link }).await;
        self.knows(other).await;
        other.knows(self).await;
    }

    /// Waits until somebody is an accepted contact.
    pub async fn knows(&self, other: &Person) {
        let account = other.account;
        self.wait("an accepted contact", async || {
            match self.does(Command::ListContacts {}).await {
                Reply::Contacts(contacts) => contacts
                    .into_iter()
                    .find(|contact| contact.account == account && contact.state == ContactState::Accepted)
                    .map(drop),
                other => panic!("no contacts: {other:?}"),
            }
        })
        .await;
    }

    /// The conversation with somebody.
    pub fn chat_with(&self, other: &Person) -> ConversationId {
        ConversationId::direct(self.account, other.account)
    }

    /// What the chat list shows of a conversation.
    pub async fn sees_chat(&self, conversation: ConversationId) -> ConversationView {
        match self.does(Command::GetConversation { conversation }).await {
            Reply::Conversation(view) => *view,
            other => panic!("no conversation: {other:?}"),
        }
    }

    /// Begins a group with some contacts.
    pub async fn founds(&self, name: &str, others: &[&Person]) -> ConversationId {
        let members = others.iter().map(|other| other.account).collect();
        let name = name.into();
        match self.does(Command::CreateGroup { name, members }).await {
            Reply::Conversation(view) => view.id,
            other => panic!("no conversation: {other:?}"),
        }
    }

    /// Waits until a group is known here.
    pub async fn joins(&self, group: ConversationId) {
        self.wait("a group", async || {
            match self.does(Command::ListConversations {}).await {
                Reply::Conversations(all) => all.iter().find(|view| view.id == group).map(drop),
                other => panic!("no conversations: {other:?}"),
            }
        })
        .await;
    }

    /// Writes to somebody.
    pub async fn sends(&self, other: &Person, text: &str) -> MessageView {
        self.says_in(self.chat_with(other), text).await
    }

    /// Writes in a conversation.
    pub async fn says_in(&self, conversation: ConversationId, text: &str) -> MessageView {
        match self
            .does(Command::SendMessage {
                conversation,
                text: text.into(),
            })
            .await
        {
            Reply::Message(message) => *message,
            other => panic!("no message: {other:?}"),
        }
    }

    /// The newest rows of all conversations.
    pub async fn messages(&self) -> Vec<MessageView> {
        let conversations = match self.does(Command::ListConversations {}).await {
            Reply::Conversations(conversations) => conversations,
            other => panic!("no conversations: {other:?}"),
        };
        let mut messages = Vec::new();
        for ConversationView { id: conversation, .. } in conversations {
            let newest = Command::GetMessages {
                conversation,
                anchor: Anchor::Newest,
                before: 500,
                after: 0,
            };
            match self.does(newest).await {
                Reply::Page(page) => messages.extend(page.messages),
                other => panic!("no page: {other:?}"),
            }
        }
        messages
    }

    /// Waits until a text is on the screen.
    pub async fn sees(&self, text: &str) -> MessageView {
        self.wait(&format!("“{text}”"), async || {
            self.messages().await.into_iter().find(|row| says(row, text))
        })
        .await
    }

    /// Waits until a message of theirs has come this far.
    pub async fn sees_state(&self, text: &str, state: DeliveryState) {
        self.wait(&format!("“{text}” {state:?}"), async || {
            self.messages()
                .await
                .into_iter()
                .find(|row| says(row, text) && row.state >= Some(state))
                .map(drop)
        })
        .await;
    }

    /// Waits until there is a link with somebody.
    pub async fn sees_online(&self, other: &Person) {
        self.sees_presence(other, true).await;
    }

    /// Waits until there is no link with somebody any more.
    pub async fn sees_offline(&self, other: &Person) {
        self.sees_presence(other, false).await;
    }

    async fn sees_presence(&self, other: &Person, online: bool) {
        let chat = self.chat_with(other);
        self.wait("somebody's presence", async || {
            let chat = self.sees_chat(chat).await;
            let presence = chat.contact().expect("a direct chat").presence;
            (matches!(presence, PresenceView::Online { .. }) == online).then_some(())
        })
        .await;
    }

    /// Looks at everything there is in the conversation with somebody.
    pub async fn reads(&self, other: &Person) {
        let conversation = self.chat_with(other);
        if let Some(last) = self.sees_chat(conversation).await.last {
            self.does(Command::MarkRead {
                conversation,
                up_to: last.position,
            })
            .await;
        }
    }
}
