//! A world of real nodes: real libp2p on loopback, real sled in temporary folders, stories for tests.
//!
//! `alice.sends(&bob, "hi"); bob.sees("hi")`: every wait is for an event or a state, never for time to pass, and every
//! wait has an end.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "test code: a story that cannot go on has failed, and says where"
)]

mod person;
mod talking;

use std::path::Path;

use kith_crypto::{RecoveryWords, VaultParams};
use kith_node::{
    net::NetConfig,
    node::WallClock,
    profile::{self, NewProfile},
    view::{BodyView, MessageView},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use tempfile::TempDir;

pub use person::Person;

/// The passphrase of everybody here.
pub const PASSPHRASE: &str = "correct horse battery staple";

/// The folder of all profiles of one story; gone with it.
pub struct World {
    folder: TempDir,
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
        let mut person = Person::asleep(name, account, dir, config, clock);
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

pub(crate) fn now_ms() -> u64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("a clock after 1970");
    u64::try_from(since.as_millis()).expect("a clock before the year 584,556,019")
}

/// Whether a row is this text.
pub fn says(row: &MessageView, text: &str) -> bool {
    matches!(&row.body, BodyView::Text { text: said } if said == text)
}
