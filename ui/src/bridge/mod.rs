//! The real world outside the window: a tokio runtime of its own, the open profile, its node.
//!
//! Requests are handed to tasks; answers and news come back through one bounded channel, and each wakes the window.
//! When the window lags, the tasks wait: nothing is dropped, and the node tells the window to load again if it fell
//! too far behind. `profiles` does what needs a passphrase, on threads of their own, because Argon2id is slow on
//! purpose.

mod profiles;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{SystemTime, UNIX_EPOCH};

use egui::Context;
use kith_node::net::NetConfig;
use kith_node::{Command, CommandError, Node};
use tokio::runtime::Runtime;
use tokio::sync::Mutex;

use crate::backend::{Backend, Incoming, PickFailure};
use crate::instance::Door;
use crate::model::requests::RequestId;
use crate::profiles::{ProfileId, ProfileRequest};
use crate::theme::motion;

/// Answers and news that wait for the window.
const INCOMING_CAPACITY: usize = 1_024;
/// The largest picture's file that is read, in bytes.
const MAX_PICTURE_BYTES: u64 = 8 * 1024 * 1024;

/// What the bridge is started with.
#[derive(Clone, Debug)]
pub struct BridgeConfig {
    /// The folder the profiles' folders lie in.
    pub profiles: PathBuf,
    /// How nodes stand in the network.
    pub net: NetConfig,
    /// The flags another window of this app is started with.
    pub flags: Vec<String>,
}

/// The open profile.
struct Open {
    id: ProfileId,
    node: Node,
    _door: Option<Door>,
}

/// What tasks share.
struct Shared {
    config: BridgeConfig,
    open: Mutex<Option<Open>>,
    incoming: SyncSender<Incoming>,
    window: Context,
}

impl Shared {
    /// Hands something to the window and wakes it. Waits while the window lags: call it where waiting is allowed.
    fn tell(&self, incoming: Incoming) {
        if self.incoming.send(incoming).is_ok() {
            self.window.request_repaint();
        }
    }
}

/// The world outside the window.
pub struct Bridge {
    shared: Arc<Shared>,
    incoming: Receiver<Incoming>,
    runtime: Option<Runtime>,
}

impl Bridge {
    /// Starts the runtime. `window` is woken whenever something has come.
    pub fn start(config: BridgeConfig, window: Context) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let (sender, incoming) = sync_channel(INCOMING_CAPACITY);
        let shared = Arc::new(Shared {
            config,
            open: Mutex::new(None),
            incoming: sender,
            window,
        });
        Ok(Self {
            shared,
            incoming,
            runtime: Some(runtime),
        })
    }

    /// Runs `work` on a thread that may wait.
    fn aside(&self, work: impl FnOnce(Arc<Shared>) + Send + 'static) {
        let shared = Arc::clone(&self.shared);
        if let Some(runtime) = &self.runtime {
            runtime.spawn_blocking(move || work(shared));
        }
    }
}

impl Backend for Bridge {
    fn call(&mut self, id: RequestId, command: Command) {
        let shared = Arc::clone(&self.shared);
        let Some(runtime) = &self.runtime else { return };
        runtime.spawn(async move {
            let node = shared.open.lock().await.as_ref().map(|open| open.node.clone());
            let result = match node {
                Some(node) => node.call(command).await,
                None => Err(CommandError::Closed),
            };
            let told = tokio::task::spawn_blocking(move || shared.tell(Incoming::Reply { id, result })).await;
            if let Err(error) = told {
                tracing::debug!(%error, "an answer came after the window was closed");
            }
        });
    }

    fn profile(&mut self, id: RequestId, request: ProfileRequest) {
        let Some(runtime) = self.runtime.as_ref().map(|runtime| runtime.handle().clone()) else {
            return;
        };
        self.aside(move |shared| {
            let result = profiles::carry_out(&shared, &runtime, request);
            shared.tell(Incoming::Profile { id, result });
        });
    }

    fn pick_picture(&mut self) {
        self.aside(|shared| {
            let dialog =
                rfd::FileDialog::new().add_filter("PNG, JPEG, WebP", &["png", "jpg", "jpeg", "webp"]);
            if let Some(path) = dialog.pick_file() {
                shared.tell(read_picture(&path));
            }
        });
    }

    fn next(&mut self) -> Option<Incoming> {
        self.incoming.try_recv().ok()
    }

    fn open_other(&mut self, profile: Option<ProfileId>) {
        let choice = match profile {
            Some(id) => vec!["--profile".to_owned(), id.0],
            None => vec!["--choose".to_owned()],
        };
        let started = std::env::current_exe().and_then(|program| {
            std::process::Command::new(program)
                .args(&self.shared.config.flags)
                .args(choice)
                .spawn()
        });
        if let Err(error) = started {
            tracing::warn!(%error, "another window could not be opened");
        }
    }

    fn close(&mut self) {
        let Some(runtime) = self.runtime.take() else {
            return;
        };
        let shared = Arc::clone(&self.shared);
        let closed = runtime.block_on(async move {
            let open = shared.open.lock().await.take();
            let Some(open) = open else { return Ok(()) };
            tokio::time::timeout(motion::CLOSING, open.node.shutdown()).await
        });
        if closed.is_err() {
            tracing::warn!("the node took too long to close; what was acknowledged is durable");
        }
        runtime.shutdown_background();
    }

    fn now_ms(&self) -> u64 {
        now_ms()
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.close();
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn read_picture(path: &std::path::Path) -> Incoming {
    let read = || -> std::io::Result<Option<Vec<u8>>> {
        if std::fs::metadata(path)?.len() > MAX_PICTURE_BYTES {
            return Ok(None);
        }
        std::fs::read(path).map(Some)
    };
    match read() {
        Ok(Some(bytes)) => Incoming::Picked(bytes),
        Ok(None) => Incoming::PickFailed(PickFailure::TooLarge),
        Err(error) => Incoming::PickFailed(PickFailure::Unreadable(error.to_string())),
    }
}
