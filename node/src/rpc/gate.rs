//! A profile that may still be locked. Every connection of a server stands before the same gate: one unlocks, and all
//! are let in.

use std::{future::Future, sync::Arc};

use futures::future::BoxFuture;
use tokio::sync::{Mutex, watch};
use zeroize::Zeroizing;

use crate::{Command, CommandError, Event, Reply, rpc::protocol::RpcError};

/// What is behind the gate: a running node. A trait, so that the protocol is tested without one.
pub trait Backend: Clone + Send + Sync + 'static {
    /// Its news, from the moment of subscribing on.
    type Events: EventSource;

    /// Does one command.
    fn call(&self, command: Command) -> impl Future<Output = Result<Reply, CommandError>> + Send;

    /// Begins to listen.
    fn subscribe(&self) -> Self::Events;
}

/// News as they come. A listener that falls behind gets [`Event::Reload`] in place of what it missed.
pub trait EventSource: Send + 'static {
    /// The next one; `None` when the node has closed.
    fn next(&mut self) -> impl Future<Output = Option<Event>> + Send;
}

/// Why a profile was not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnlockFailure {
    /// The passphrase is wrong, or what it opens is damaged: the two cannot be told apart.
    #[error("{0}")]
    WrongPassphrase(String),
    /// Another process has the profile open.
    #[error("{0}")]
    InUse(String),
    /// Anything else, in a sentence.
    #[error("{0}")]
    Profile(String),
}

impl UnlockFailure {
    pub(crate) fn code(&self) -> i32 {
        match self {
            Self::WrongPassphrase(_) => 2003,
            Self::InUse(_) => 2004,
            Self::Profile(_) => 2005,
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::WrongPassphrase(_) => "wrong_passphrase",
            Self::InUse(_) => "profile_in_use",
            Self::Profile(_) => "profile_unusable",
        }
    }
}

/// Opens the profile with a passphrase and starts its node.
pub type Opener<B> =
    Box<dyn Fn(Zeroizing<String>) -> BoxFuture<'static, Result<B, UnlockFailure>> + Send + Sync>;

/// See the module's essay.
pub struct Gate<B> {
    backend: watch::Sender<Option<B>>,
    /// Held while an unlock runs: a passphrase costs 64 MiB to try, so one is tried at a time.
    opener: Mutex<Option<Opener<B>>>,
}

impl<B> std::fmt::Debug for Gate<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate")
            .field("open", &self.backend.borrow().is_some())
            .finish()
    }
}

impl<B: Backend> Gate<B> {
    /// A gate that stands open: the profile is unlocked already.
    pub fn open(backend: B) -> Arc<Self> {
        Arc::new(Self {
            backend: watch::Sender::new(Some(backend)),
            opener: Mutex::new(None),
        })
    }

    /// A gate that opens by passphrase.
    pub fn locked(opener: Opener<B>) -> Arc<Self> {
        Arc::new(Self {
            backend: watch::Sender::new(None),
            opener: Mutex::new(Some(opener)),
        })
    }

    /// What is behind the gate, once it is open.
    pub fn backend(&self) -> Option<B> {
        self.backend.borrow().clone()
    }

    /// Opens the gate for everybody, or says why not.
    pub(crate) async fn unlock(&self, passphrase: Zeroizing<String>) -> Result<(), RpcError> {
        let mut opener = self.opener.lock().await;
        let Some(open) = opener.as_ref() else {
            return Err(RpcError::AlreadyUnlocked);
        };
        let backend = open(passphrase).await?;
        *opener = None;
        self.backend.send_replace(Some(backend));
        Ok(())
    }

    /// Waits until the gate is open. `None` if the gate went away before.
    pub(crate) async fn opened(&self) -> Option<B> {
        let mut watch = self.backend.subscribe();
        watch
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|backend| backend.clone())
    }
}
