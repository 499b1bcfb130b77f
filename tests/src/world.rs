//! A world of real nodes: real libp2p on loopback, real sled in temporary folders, stories for tests.
//!
//! `alice.sends(&bob, "hi"); bob.sees("hi")`: every wait is for an event or a state, never for time to pass, and every
//! wait has an end.

// Test code: a story that cannot go on has failed, and says where.
#![allow(clippy::expect_used, clippy::panic)]

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use kith_crypto::{RecoveryWords, VaultParams};
use kith_node::{
    Anchor, Command, CommandError, Event, Node, NodeConfig, Reply,
    id::{AccountId, ConversationId},
    net::NetConfig,
    node::{Ending, WallClock},
    profile::{self, NewProfile},
    view::{BodyView, ContactState, ConversationView, DeliveryState, MessageView, NetworkView, PresenceView},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use tempfile::TempDir;

/// The longest that anything may take before a story has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// The passphrase of everybody here.
pub const PASSPHRASE: &str = "correct horse battery staple";

/// The folder of all profiles of one story; gone with it.
pub struct World {
    folder: TempDir,
}

/// One person with one device.
pub struct Person {
    /// Their name.
    pub name: String,
    /// Who they are.
    pub account: AccountId,
    dir: PathBuf,
    config: NetConfig,
    clock: WallClock,
    node: Option<Node>,
}

impl World {
    /// An empty world.
    ///
    /// # Panics
    /// If the machine has no temporary folder.
    pub fn new() -> Self {
        // RUST_LOG=debug shows what the nodes do; a second world in one process keeps the first one's log.
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        let _ = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_test_writer()
            .try_init();
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// An empty world below a folder of the story's choice.
    ///
    /// # Panics
    /// If nothing can be made there.
    pub fn within(folder: &Path) -> Self {
        Self {
            folder: TempDir::new_in(folder).expect("a temporary folder"),
        }
    }

    /// A new person on loopback, awake.
    pub async fn person(&self, name: &str) -> Person {
        self.person_with(name, NetConfig::loopback()).await
    }

    /// A new person with these wishes for the network, awake.
    pub async fn person_with(&self, name: &str, config: NetConfig) -> Person {
        self.person_and_words(name, config).await.0
    }

    /// A new person, awake, and their recovery words.
    pub async fn person_and_words(&self, name: &str, config: NetConfig) -> (Person, RecoveryWords) {
        self.make((name, WallClock::default()), None, config).await
    }

    /// A new person on loopback, awake, whose device goes by this clock.
    pub async fn person_by(&self, name: &str, clock: WallClock) -> Person {
        self.make((name, clock), None, NetConfig::loopback()).await.0
    }

    /// Leaves the folders where they are: whoever made the folder that they lie in removes them with it.
    pub fn keep(self) {
        let _ = self.folder.keep();
    }

    /// A person on a new device, restored from words.
    pub async fn restored(&self, name: &str, words: &RecoveryWords, config: NetConfig) -> Person {
        let words =
            RecoveryWords::parse(&words.words().collect::<Vec<_>>().join(" ")).expect("the words are sound");
        self.make((name, WallClock::default()), Some(words), config)
            .await
            .0
    }

    async fn make(
        &self,
        (name, clock): (&str, WallClock),
        words: Option<RecoveryWords>,
        config: NetConfig,
    ) -> (Person, RecoveryWords) {
        let dir = self.folder.path().join(name);
        let new = NewProfile {
            name: name.into(),
            passphrase: PASSPHRASE.to_owned().into(),
            words,
        };
        let made = profile::create(&dir, &new, VaultParams::for_tests(), now_ms(), &mut randomness());
        let (unlocked, words) = made.expect("a profile");
        let account = unlocked.identity.account;
        drop(unlocked);
        let mut person = Person {
            name: name.into(),
            account,
            dir,
            config,
            clock,
            node: None,
        };
        person.wakes().await;
        (person, words)
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

pub(crate) fn randomness() -> ChaCha20Rng {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).expect("randomness");
    ChaCha20Rng::from_seed(seed)
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for item in std::fs::read_dir(from)? {
        let item = item?;
        let target = to.join(item.file_name());
        if item.file_type()?.is_dir() {
            copy_folder(&item.path(), &target)?;
        } else {
            std::fs::copy(item.path(), target)?;
        }
    }
    Ok(())
}

pub(crate) fn now_ms() -> u64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("a clock after 1970");
    u64::try_from(since.as_millis()).expect("a clock before the year 584,556,019")
}

impl Person {
    /// Starts the app.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn wakes(&mut self) {
        let unlocked = profile::unlock(&self.dir, PASSPHRASE, &mut randomness()).expect("the profile opens");
        let config = NodeConfig {
            net: self.config.clone(),
        };
        self.node = Some(
            Node::start_with_clock(unlocked, config, self.clock)
                .await
                .expect("the node starts"),
        );
    }

    /// Sets the device's clock ahead by so many milliseconds, or back if negative; counts from the next waking on.
    pub fn sets_clock(&mut self, ahead_by_ms: i64) {
        self.clock = WallClock::ahead_by_ms(ahead_by_ms);
    }

    /// Makes the device wake up at another port than before, where nobody remembers it.
    ///
    /// # Panics
    /// If its folder cannot be written.
    pub fn moves(&self) {
        std::fs::remove_file(self.dir.join("port")).expect("the port was kept");
    }

    /// Copies the sleeping person's folder.
    ///
    /// # Panics
    /// If it cannot be copied.
    pub fn copies_folder(&self) -> PathBuf {
        let copy = self.dir.with_extension("copy");
        copy_folder(&self.dir, &copy).expect("the folder is copied");
        copy
    }

    /// Puts a copy of the folder in its place.
    ///
    /// # Panics
    /// If it cannot be put there.
    pub fn puts_back(&self, copy: &Path) {
        std::fs::remove_dir_all(&self.dir).expect("the folder is removed");
        copy_folder(copy, &self.dir).expect("the copy is put back");
    }

    /// Closes the app, with everything saved.
    ///
    /// # Panics
    /// If the disk did not take it.
    pub async fn sleeps(&mut self) {
        if let Some(ending) = self.closes().await {
            assert_eq!(ending, Ending::Saved, "{}", self.name);
        }
    }

    /// Closes the app; gives how it ended, if it ran.
    pub async fn closes(&mut self) -> Option<Ending> {
        match self.node.take() {
            Some(node) => Some(node.shutdown().await),
            None => None,
        }
    }

    /// Where their profile is.
    pub fn folder(&self) -> &Path {
        &self.dir
    }

    /// The running node.
    ///
    /// # Panics
    /// If the person sleeps.
    pub fn node(&self) -> &Node {
        self.node.as_ref().expect("the person is awake")
    }

    /// Does a command that must succeed.
    ///
    /// # Panics
    /// If it does not.
    pub async fn does(&self, command: Command) -> Reply {
        self.node()
            .call(command)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// Does a command that must not succeed.
    ///
    /// # Panics
    /// If it does.
    pub async fn cannot(&self, command: Command) -> CommandError {
        self.node()
            .call(command)
            .await
            .expect_err("the command is refused")
    }

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

    /// Looks again at each event until something is so.
    ///
    /// # Panics
    /// If it is not so after the story's patience.
    pub async fn wait<T>(&self, what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
        let mut look = look;
        let mut events = self.node().subscribe();
        let waiting = async {
            loop {
                if let Some(found) = look().await {
                    return found;
                }
                match events.next().await {
                    Some(Event::Fault { place }) => panic!("a fault at {place}"),
                    Some(_) => {}
                    None => panic!("{}'s node has closed", self.name),
                }
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(found) => found,
            Err(_) => panic!("{} waited in vain for {what}", self.name),
        }
    }
}

/// Whether a row is this text.
pub fn says(row: &MessageView, text: &str) -> bool {
    matches!(&row.body, BodyView::Text { text: said } if said == text)
}
