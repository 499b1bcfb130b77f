//! The program: flags in, addresses out, and a clean end on SIGTERM or SIGINT.
//!
//! Standard output carries only what other programs may want: one line for each address to hand out, and where the
//! metrics are. The log goes to standard error. Exit codes: 0 after a clean shutdown, 1 when the node could not
//! start or ended by itself, 2 for wrong flags.

use std::{
    collections::BTreeSet,
    io::{IsTerminal as _, Write},
    process::ExitCode,
};

use anyhow::Context;
use clap::Parser;
use kith_bootstrap::{Bootstrap, Running, config::Flags};
use libp2p::Multiaddr;
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Flags::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kith-bootstrap: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(flags: Flags) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&flags.log).with_context(|| {
        format!(
            "--log {} is not a filter such as info or libp2p_relay=debug,info",
            flags.log
        )
    })?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();

    let mut stop = std::pin::pin!(stop_signal()?);
    let mut running = Bootstrap::start(flags.into_config()?).await?;
    if let Some(address) = running.metrics_address() {
        print_line(&format!("metrics http://{address}/metrics"))?;
    }
    let mut printed = Printed::new(&running);
    printed.print_new()?;
    loop {
        tokio::select! {
            signal = &mut stop => {
                tracing::info!(signal, "closing");
                running.shutdown().await;
                return Ok(());
            }
            ended = running.ended() => return Err(ended.into()),
            changed = printed.addresses.changed() => {
                if changed.is_ok() {
                    printed.print_new()?;
                }
            }
        }
    }
}

/// The addresses that were printed, so that each is printed once.
struct Printed {
    addresses: watch::Receiver<Vec<Multiaddr>>,
    done: BTreeSet<Multiaddr>,
}

impl Printed {
    fn new(running: &Running) -> Self {
        Self {
            addresses: running.watch_addresses(),
            done: BTreeSet::new(),
        }
    }

    fn print_new(&mut self) -> anyhow::Result<()> {
        let current = self.addresses.borrow_and_update().clone();
        for address in current {
            if self.done.insert(address.clone()) {
                print_line(&format!("address {address}"))?;
            }
        }
        Ok(())
    }
}

/// Flushed at once: a script waits for this line. A closed pipe is no reason to stop serving.
fn print_line(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("cannot print"),
        _ => Ok(()),
    }
}

/// Listens from here on, so that no signal that comes during the start is missed; the future names it.
#[cfg(unix)]
fn stop_signal() -> anyhow::Result<impl Future<Output = &'static str>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}

/// Listens for Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> anyhow::Result<impl Future<Output = &'static str>> {
    Ok(async {
        // If Ctrl-C cannot be listened to, the node runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "Ctrl-C"
    })
}
