//! A person: one device, its profile, its clock, awake or asleep.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use kith_node::{
    Command, CommandError, Event, Node, NodeConfig, Reply,
    id::AccountId,
    net::NetConfig,
    node::{Ending, WallClock},
    profile,
};

use super::{PASSPHRASE, randomness};

/// The longest that anything may take before a story has failed.
const PATIENCE: Duration = Duration::from_secs(30);

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

impl Person {
    /// Somebody whose profile is in this folder, and whose app does not run.
    pub(super) fn asleep(
        name: &str,
        account: AccountId,
        dir: PathBuf,
        config: NetConfig,
        clock: WallClock,
    ) -> Self {
        Self {
            name: name.into(),
            account,
            dir,
            config,
            clock,
            node: None,
        }
    }

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
