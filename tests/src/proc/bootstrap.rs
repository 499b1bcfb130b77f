//! A running `kith-bootstrap`.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use super::{Log, PROGRAM_LIMIT, Programs, kill};

/// A running `kith-bootstrap` that only this machine, or its network namespace, can reach.
#[derive(Debug)]
pub struct BootstrapProgram {
    child: Child,
    address: String,
    log: Log,
}

impl BootstrapProgram {
    /// Starts one with its identity in `data`, and returns when it has printed its address.
    ///
    /// # Errors
    /// When it ends before, or prints none in time.
    pub async fn start(programs: &Programs, data: &Path) -> Result<Self> {
        Self::start_command(programs.command("kith-bootstrap"), data, "/ip4/127.0.0.1/tcp/0").await
    }

    /// Starts one in a network namespace, at this address of it.
    ///
    /// # Errors
    /// As [`BootstrapProgram::start`].
    pub async fn start_in_namespace(
        programs: &Programs,
        data: &Path,
        namespace: &str,
        listen: &str,
    ) -> Result<Self> {
        Self::start_command(
            programs.command_in_namespace("kith-bootstrap", namespace),
            data,
            listen,
        )
        .await
    }

    async fn start_command(mut command: Command, data: &Path, listen: &str) -> Result<Self> {
        command.arg("--data").arg(data).args(["--listen", listen]);
        let mut child = command.spawn().context("kith-bootstrap cannot be started.")?;
        let log = Log::follow(child.stderr.take().context("It has no standard error.")?);
        let stdout = child.stdout.take().context("It has no standard output.")?;
        let mut lines = BufReader::new(stdout).lines();
        let address = timeout(PROGRAM_LIMIT, first_address(&mut lines)).await;
        let address = address
            .map_err(|_| anyhow!("kith-bootstrap printed no address within {PROGRAM_LIMIT:?}."))
            .and_then(|address| address)
            .with_context(|| format!("Its last words:\n{log}"))?;
        Ok(Self { child, address, log })
    }

    /// The multiaddr to hand out.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its last words.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Kills it without warning (SIGKILL) and waits until it is gone.
    ///
    /// # Errors
    /// When it does not go.
    pub async fn kill(&mut self) -> Result<()> {
        kill(&mut self.child).await
    }
}

async fn first_address(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<String> {
    while let Some(line) = lines.next_line().await? {
        if let Some(address) = line.strip_prefix("address ") {
            return Ok(address.to_owned());
        }
    }
    bail!("kith-bootstrap ended without an address.")
}
