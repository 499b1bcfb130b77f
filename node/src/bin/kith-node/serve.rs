//! `kith-node rpc`: a node behind a gate, on standard input and output or on a socket.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures::future::BoxFuture;
use kith_node::{
    net::NetConfig,
    node::{Ending, Node, NodeConfig},
    profile::{self, ProfileError},
    rpc::{self, Gate, UnlockFailure},
};
use tokio::io::BufReader;
use zeroize::Zeroizing;

use crate::{
    failure::Failure,
    flags::Network,
    profiles::rng,
    secrets::{self, Source},
};

/// Runs until the input ends or a signal comes. `passphrase` is `None` to start locked.
pub fn run(
    data: PathBuf,
    network: Network,
    socket: Option<&Path>,
    passphrase: Option<&Source>,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::unexpected("Starting the runtime", error))?;
    let result = runtime.block_on(serve(data, net_config(network), socket, passphrase));
    // A thread may still wait for a line of standard input that never comes.
    runtime.shutdown_background();
    result
}

fn net_config(network: Network) -> NetConfig {
    let mut config = if network.loopback {
        NetConfig::loopback()
    } else {
        NetConfig::on_port(network.port)
    };
    if !network.listen.is_empty() {
        config.listen = network.listen;
    }
    config.mdns &= !network.no_lan_discovery;
    config.bootstraps = network.bootstrap;
    config
}

async fn serve(
    data: PathBuf,
    net: NetConfig,
    socket: Option<&Path>,
    passphrase: Option<&Source>,
) -> Result<(), Failure> {
    // Before anything else, so that no signal is missed.
    let stop = stop_signal()?;
    let gate = match passphrase {
        Some(source) => Gate::open(open(data, secrets::passphrase(source)?, net).await?),
        None => locked(data, net)?,
    };
    let served = match socket {
        Some(path) => on_socket(Arc::clone(&gate), path, stop).await,
        None => on_stdio(Arc::clone(&gate), stop).await,
    };
    if let Some(node) = gate.backend()
        && node.shutdown().await == Ending::Unsaved
    {
        return Err(Failure::Unsaved);
    }
    served
}

async fn on_stdio(gate: Arc<Gate<Node>>, stop: impl Future<Output = ()>) -> Result<(), Failure> {
    let input = BufReader::new(tokio::io::stdin());
    tokio::select! {
        result = rpc::serve(gate, input, tokio::io::stdout()) => {
            result.map_err(|error| Failure::unexpected("Speaking on standard input and output", error))
        }
        () = stop => Ok(()),
    }
}

#[cfg(unix)]
async fn on_socket(
    gate: Arc<Gate<Node>>,
    path: &Path,
    stop: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let socket = rpc::socket::Socket::bind(path)?;
    // A script waits for this line.
    let mut out = std::io::stdout();
    writeln!(out, "socket {}", path.display())
        .and_then(|()| out.flush())
        .map_err(Failure::printing)?;
    tokio::select! {
        result = socket.serve(gate) => {
            result.map_err(|error| Failure::unexpected("Accepting connections", error))
        }
        () = stop => Ok(()),
    }
}

#[cfg(not(unix))]
async fn on_socket(_: Arc<Gate<Node>>, _: &Path, _: impl Future<Output = ()>) -> Result<(), Failure> {
    Err(Failure::Usage(
        "--socket needs a Unix system; leave it out to speak on standard input and output.",
    ))
}

/// Unlocks the profile and starts its node.
async fn open(data: PathBuf, passphrase: Zeroizing<String>, net: NetConfig) -> Result<Node, Failure> {
    let mut rng = rng()?;
    // Argon2id takes its time: not on a thread that others wait for.
    let unlocked = tokio::task::spawn_blocking(move || profile::unlock(&data, &passphrase, &mut rng))
        .await
        .map_err(|error| Failure::unexpected("Unlocking the profile", error))??;
    Ok(Node::start(unlocked, NodeConfig { net }).await?)
}

/// A gate that opens by `unlock`. A folder without a profile is an error now, not at the first passphrase.
fn locked(data: PathBuf, net: NetConfig) -> Result<Arc<Gate<Node>>, Failure> {
    if !data.join("vault").exists() {
        return Err(ProfileError::NotAProfile { dir: data }.into());
    }
    Ok(Gate::locked(Box::new(
        move |passphrase| -> BoxFuture<'static, _> {
            let opening = open(data.clone(), passphrase, net.clone());
            Box::pin(async move { opening.await.map_err(unlock_failure) })
        },
    )))
}

fn unlock_failure(failure: Failure) -> UnlockFailure {
    let text = failure.to_string();
    match failure {
        Failure::Profile(ProfileError::WrongPassphrase) => UnlockFailure::WrongPassphrase(text),
        Failure::Profile(ProfileError::InUse { .. }) => UnlockFailure::InUse(text),
        _ => UnlockFailure::Profile(text),
    }
}

/// Listens from here on; the future ends at SIGTERM or SIGINT.
#[cfg(unix)]
fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed = |error| Failure::unexpected("Listening for signals", error);
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Listens for Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    Ok(async {
        // If Ctrl-C cannot be listened to, the node runs until its input ends.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
