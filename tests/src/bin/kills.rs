//! Kills real nodes at random moments and looks whether anything is lost that they had acknowledged.
//!
//! `cargo build --release --bins && cargo run --release -p kith-tests --bin kills -- --rounds 200`. Prints a line for each
//! round that failed and the totals at the end; ends with 1 if any failed. `--seed` repeats the choices of a run, though
//! not the very moments: those are the machine's.

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Instant,
};

use anyhow::Result;
use clap::Parser;
use kith_tests::kills;

/// Kills real nodes at random moments and looks whether anything is lost that they had acknowledged.
#[derive(Debug, Parser)]
#[command(name = "kills")]
struct Flags {
    /// How many rounds; in each at least one node is killed.
    #[arg(long, default_value_t = 200)]
    rounds: u64,
    /// Repeats the choices of a run that printed it.
    #[arg(long)]
    seed: Option<u64>,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let flags = Flags::parse();
    let seed = match flags.seed {
        Some(seed) => seed,
        None => getrandom::u64()?,
    };
    say(&format!("seed {seed}"));
    let began = Instant::now();
    let totals = kills::run(flags.rounds, seed, &mut say).await?;
    say(&format!("{totals}\n{:.0} s", began.elapsed().as_secs_f64()));
    Ok(match totals.failures.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// A closed pipe is no reason to stop killing: the exit code still tells.
fn say(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
