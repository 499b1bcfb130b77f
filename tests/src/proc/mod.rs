//! The real programs, as people start them: found beside the running test, started with temporary profiles, spoken to
//! over JSON-RPC, and killed without warning.
//!
//! * [`NodeProgram`] (`node`) is a running `kith-node`; `asks` holds the questions that stories ask of one.
//! * [`BootstrapProgram`] (`bootstrap`) is a running `kith-bootstrap`.
//! * [`WindowProgram`] (`window`) is a running `kith`, on a [`Screen`].
//! * [`Profile`] (`profile`) is what a node opens.
//! * [`Kept`] (`kept`) is what a profile's folder holds while no program runs.
//!
//! Nothing here waits forever. Every wait has a limit, and an error names what was waited for; a [`Log`] holds the last
//! words of a program for a report. A program that is dropped is killed.

mod asks;
mod bootstrap;
mod kept;
mod node;
mod profile;
mod window;

use std::{
    collections::VecDeque,
    fmt,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::Child,
    time::timeout,
};

pub use asks::Wanted;
pub use bootstrap::BootstrapProgram;
pub use kept::Kept;
pub use node::{NodeProgram, RpcFailure};
pub use profile::Profile;
pub use window::{Screen, WindowFlags, WindowProgram};

/// How long a program may take to come up, to make a profile or to end: Argon2id, a database and listeners, on a busy
/// machine.
const PROGRAM_LIMIT: Duration = Duration::from_secs(60);

/// Lines of a program's log that are kept for a report.
const LOG_LINES_KEPT: usize = 40;

/// Where the programs are.
#[derive(Clone, Debug)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// The programs that were built together with the one that runs.
    ///
    /// # Errors
    /// When they were not built; the error says how to.
    pub fn beside_this() -> Result<Self> {
        let this = std::env::current_exe().context("The running program cannot be found.")?;
        // A program lies in the profile's folder, a test in `deps` below it.
        let folder = this
            .ancestors()
            .skip(1)
            .take(2)
            .find(|folder| program(folder, "kith-node").is_file());
        let folder = folder
            .map(Path::to_path_buf)
            .with_context(|| format!("There is no kith-node beside {}. {BUILD_FIRST}", this.display()))?;
        let bootstrap = program(&folder, "kith-bootstrap");
        ensure!(
            bootstrap.is_file(),
            "There is no {}. {BUILD_FIRST}",
            bootstrap.display()
        );
        Ok(Self { folder })
    }

    /// Where `kith-node` is.
    #[must_use]
    pub fn kith_node(&self) -> PathBuf {
        program(&self.folder, "kith-node")
    }

    fn command(&self, name: &str) -> tokio::process::Command {
        Self::piped(tokio::process::Command::new(program(&self.folder, name)))
    }

    /// The same program in a network namespace (ip-netns(8)).
    fn command_in_namespace(&self, name: &str, namespace: &str) -> tokio::process::Command {
        let mut command = tokio::process::Command::new("ip");
        command
            .args(["netns", "exec", namespace])
            .arg(program(&self.folder, name));
        Self::piped(command)
    }

    fn piped(mut command: tokio::process::Command) -> tokio::process::Command {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env("NO_COLOR", "1")
            .kill_on_drop(true);
        command
    }
}

const BUILD_FIRST: &str = "Build it first: cargo build --workspace --bins";

fn program(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// The last lines that a program wrote to standard error.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<VecDeque<String>>>);

impl Log {
    /// Follows a program's standard error until it ends.
    fn follow(stream: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let log = Self::default();
        let kept = log.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(stream).lines();
            // Bytes that are no UTF-8 end the log, not the program.
            while let Ok(Some(line)) = lines.next_line().await {
                let mut kept = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == LOG_LINES_KEPT {
                    kept.pop_front();
                }
                kept.push_back(line);
            }
        });
        log
    }
}

impl fmt::Display for Log {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().try_for_each(|line| writeln!(formatter, "{line}"))
    }
}

async fn kill(child: &mut Child) -> Result<()> {
    match timeout(PROGRAM_LIMIT, child.kill()).await {
        Ok(killed) => killed.context("A program cannot be killed."),
        Err(_) => bail!("A killed program is still there after {PROGRAM_LIMIT:?}."),
    }
}
