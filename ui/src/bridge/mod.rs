//! The real world outside the window: a tokio runtime of its own, the open profile, its node.
//!
//! Requests are handed to tasks; answers and news come back through one bounded channel, and each wakes the window.
//! When the window lags, the tasks wait: nothing is dropped, and the node tells the window to load again if it fell
//! too far behind. `profiles` does what needs a passphrase, on threads of their own, because Argon2id is slow on
//! purpose.

mod motion_of_system;
mod profiles;
mod socket;
#[cfg(test)]
mod tests;
mod turns;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{SystemTime, UNIX_EPOCH};

use egui::Context;
use kith_node::net::NetConfig;
use kith_node::{Command, CommandError, Event, Node, Reply};
use tokio::runtime::Runtime;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::backend::{Backend, Incoming, PickFailure};
use crate::contained::contained;
use crate::instance::{Door, knock};
use crate::model::requests::RequestId;
use crate::profiles::{ProfileFailure, ProfileId, ProfileRequest};
use crate::relaunch;
use crate::theme::motion;
use turns::{Turn, Turns};

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
    /// Where other programs of this user may speak to the open profile's node; `None` lets nobody.
    pub socket: Option<PathBuf>,
}

/// The open profile.
struct Open {
    id: ProfileId,
    node: Node,
    socket: Option<socket::Serving>,
    _door: Option<Door>,
}

impl Open {
    /// Lets everybody go: programs on the socket, then the node.
    async fn close(self) {
        if let Some(socket) = self.socket {
            socket.stop().await;
        }
        // Nobody looks at this window any more; the log says it too.
        let _ = self.node.shutdown().await;
    }
}

/// What tasks share.
struct Shared {
    config: BridgeConfig,
    open: Mutex<Option<Open>>,
    /// Listens in the profiles' folder while no profile is open, so that a second launch finds the unlock screen.
    waiting: std::sync::Mutex<Option<Door>>,
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

    /// Listens for a second launch while no profile is open, unless another window does so already.
    fn wait_at_the_door(self: &Arc<Self>) {
        let folder = &self.config.profiles;
        let told = Arc::downgrade(self);
        let knocked = move |link| {
            if let Some(shared) = told.upgrade() {
                shared.tell(Incoming::Raise(link));
            }
        };
        let opened = std::fs::create_dir_all(folder).and_then(|()| {
            if knock(folder, "") {
                Ok(None)
            } else {
                Door::open(folder, knocked).map(Some)
            }
        });
        match opened {
            Ok(door) => self.replace_door(door),
            Err(error) => tracing::warn!(%error, "a second launch will not find this window"),
        }
    }

    fn replace_door(&self, door: Option<Door>) {
        let mut waiting = self
            .waiting
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        drop(std::mem::replace(&mut *waiting, door));
    }
}

/// The world outside the window.
pub struct Bridge {
    shared: Arc<Shared>,
    incoming: Receiver<Incoming>,
    runtime: Option<Runtime>,
    /// Commands on their way: closing waits for them, so that the last draft is kept.
    calls: Vec<JoinHandle<()>>,
    /// The order in which they were given: the node has them in no other.
    turns: Turns,
}

impl Bridge {
    /// Starts the runtime. `window` is woken whenever something has come.
    pub fn start(config: BridgeConfig, window: Context) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let (sender, incoming) = sync_channel(INCOMING_CAPACITY);
        let waiting = std::sync::Mutex::new(None);
        let shared = Shared {
            config,
            open: Mutex::new(None),
            waiting,
            incoming: sender,
            window,
        };
        let shared = Arc::new(shared);
        shared.wait_at_the_door();
        let follower = Arc::clone(&shared);
        runtime.spawn(motion_of_system::follow(move |wanted| {
            tell_later(&follower, Incoming::LessMotion(wanted))
        }));
        Ok(Self {
            shared,
            incoming,
            runtime: Some(runtime),
            calls: Vec::new(),
            turns: Turns::default(),
        })
    }

    /// Runs `work` on a thread that may wait, and tells the window what comes of it: `fallen` if it panics, so that nobody waits
    /// for an answer that never comes.
    fn aside(&self, fallen: Incoming, work: impl FnOnce(&Arc<Shared>) -> Incoming + Send + 'static) {
        let shared = Arc::clone(&self.shared);
        if let Some(runtime) = &self.runtime {
            runtime.spawn_blocking(move || {
                let told = contained(|| work(&shared)).unwrap_or(fallen);
                shared.tell(told);
            });
        }
    }
}

/// Hands something to the window from where nothing may wait.
fn tell_later(shared: &Arc<Shared>, incoming: Incoming) -> impl Future<Output = ()> + use<> {
    let shared = Arc::clone(shared);
    async move {
        let told = tokio::task::spawn_blocking(move || shared.tell(incoming)).await;
        if let Err(error) = told {
            tracing::debug!(%error, "an answer came after the window was closed");
        }
    }
}

/// What the window is told of a panic that nobody waits for.
fn fault() -> Incoming {
    Incoming::Event(Event::Fault {
        place: "bridge".to_owned(),
    })
}

/// Has the open profile's node do a command when its turn has come.
async fn answer(shared: &Shared, mut turn: Turn, command: Command) -> Result<Reply, CommandError> {
    turn.comes().await;
    let node = shared.open.lock().await.as_ref().map(|open| open.node.clone());
    let Some(node) = node else {
        return Err(CommandError::Closed);
    };
    // A task of its own: whoever asked has its answer even if it panics.
    let answered = tokio::spawn(async move {
        let handed_over = node.hand_over(command).await;
        drop(turn);
        handed_over?.await
    });
    answered.await.unwrap_or_else(|_| {
        Err(CommandError::Internal {
            place: "bridge".to_owned(),
        })
    })
}

impl Backend for Bridge {
    fn call(&mut self, id: RequestId, command: Command) {
        let shared = Arc::clone(&self.shared);
        let Some(runtime) = &self.runtime else { return };
        self.calls.retain(|call| !call.is_finished());
        let turn = self.turns.next();
        self.calls.push(runtime.spawn(async move {
            let result = answer(&shared, turn, command).await;
            tell_later(&shared, Incoming::Reply { id, result }).await;
        }));
    }

    fn profile(&mut self, id: RequestId, request: ProfileRequest) {
        let Some(runtime) = self.runtime.as_ref().map(|runtime| runtime.handle().clone()) else {
            return;
        };
        let fallen = Incoming::Profile {
            id,
            result: Err(ProfileFailure::Fault),
        };
        self.aside(fallen, move |shared| {
            let result = profiles::carry_out(shared, &runtime, request);
            Incoming::Profile { id, result }
        });
    }

    fn pick_picture(&mut self) {
        self.aside(fault(), |_| {
            let dialog =
                rfd::FileDialog::new().add_filter("PNG, JPEG, WebP", &["png", "jpg", "jpeg", "webp"]);
            // A system without a portal and without zenity has no such dialog, and says nothing of it.
            match dialog.pick_file() {
                Some(path) => read_picture(&path),
                None => Incoming::PickFailed(PickFailure::Nothing),
            }
        });
    }

    fn read_picture(&mut self, path: PathBuf) {
        self.aside(fault(), move |_| read_picture(&path));
    }

    fn open_link(&mut self, url: String) {
        let failed = Incoming::LinkTried(Err(url.clone()));
        self.aside(failed, move |_| {
            let opened = webbrowser::open(&url);
            Incoming::LinkTried(opened.map_err(|error| {
                tracing::warn!(%error, "a link could not be opened");
                url
            }))
        });
    }

    fn next(&mut self) -> Option<Incoming> {
        self.incoming.try_recv().ok()
    }

    fn open_other(&mut self, profile: Option<ProfileId>) -> std::io::Result<()> {
        let choice = match profile {
            Some(id) => vec!["--profile".to_owned(), id.0],
            None => vec!["--choose".to_owned()],
        };
        relaunch::start(|program| {
            std::process::Command::new(program)
                .args(&self.shared.config.flags)
                .args(&choice)
                .spawn()
        })
        .map(|_window| ())
    }

    fn can_start_anew(&self) -> std::io::Result<()> {
        relaunch::can_start()
    }

    fn close(&mut self) {
        let Some(runtime) = self.runtime.take() else {
            return;
        };
        self.shared.replace_door(None);
        let shared = Arc::clone(&self.shared);
        let calls = std::mem::take(&mut self.calls);
        let closing = async move {
            for call in calls {
                if let Err(error) = call.await {
                    tracing::warn!(%error, "a command ended badly while closing");
                }
            }
            let open = shared.open.lock().await.take();
            if let Some(open) = open {
                open.close().await;
            }
        };
        let closed = runtime.block_on(async { tokio::time::timeout(motion::CLOSING, closing).await });
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
