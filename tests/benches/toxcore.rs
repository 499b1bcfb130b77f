//! Kith beside toxcore, in one run on one machine: connecting, and a message from one to the other, on loopback.
//!
//! Both people know each other and where the other was last. `connect` is, for Kith, from the start of one app (the
//! profile opened, store and network included) while the other runs, until both see each other online; for toxcore from
//! making two clients until each calls the other online. A message is measured after a rest whose length differs, as
//! people write: for toxcore until the other client's callback, nothing stored anywhere; for Kith until it is shown,
//! durable at its author's by then, and until it is durable on both sides and known to be.
//!
//! toxcore only looks when its program calls it: `own` as often as it asks to be called, `polled` without any rest.

#![allow(
    clippy::expect_used,
    reason = "a bench that meets the unexpected should fail where it stands"
)]

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use kith_tests::{
    figures::{Figure, Times},
    machine, measure,
    world::World,
};

const MESSAGES: usize = 300;
const CONNECTS: usize = 5;

/// The longest rest before a message, as peers/toxcore.c has it.
const LONGEST_REST_US: u64 = 60_000;

/// Design section 10: start to first message delivered, seconds; a message shown, milliseconds.
const BUDGET_CONNECT_S: f64 = 1.0;
const BUDGET_SHOWN_MS: f64 = 2.0;

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    machine::tell();
    let program = match build() {
        Ok(Some(program)) => program,
        Ok(None) => {
            println!(
                "# toxcore: not measured: libtoxcore-dev is not installed (apt-get install libtoxcore-dev)"
            );
            return;
        }
        Err(error) => {
            println!("# toxcore: not measured: {error:#}");
            return;
        }
    };
    let own = toxcore(&program, "own").expect("toxcore runs");
    let polled = toxcore(&program, "0").expect("toxcore runs");
    let kith = kith().await;

    Figure::seconds("toxcore.connect.kith", kith.connect)
        .budget(BUDGET_CONNECT_S)
        .print();
    Figure::seconds("toxcore.connect.toxcore_own", own.connect).print();
    Figure::seconds("toxcore.connect.toxcore_polled", polled.connect).print();
    ratio("toxcore.connect.toxcore_own_to_kith", own.connect, kith.connect);
    ratio(
        "toxcore.connect.toxcore_polled_to_kith",
        polled.connect,
        kith.connect,
    );

    message("kith.shown", &kith.shown, Some(BUDGET_SHOWN_MS));
    message("kith.durable", &kith.durable, None);
    message("toxcore_own", &own.messages, None);
    message("toxcore_polled", &polled.messages, None);
    ratio(
        "toxcore.message.toxcore_own_to_kith.shown",
        own.messages.median(),
        kith.shown.median(),
    );
    ratio(
        "toxcore.message.toxcore_polled_to_kith.shown",
        polled.messages.median(),
        kith.shown.median(),
    );
}

fn message(whose: &str, times: &Times, budget_ms: Option<f64>) {
    let p50 = Figure::ms(format!("toxcore.message.{whose}.p50"), times.percentile(50));
    match budget_ms {
        Some(budget_ms) => p50.budget(budget_ms).print(),
        None => p50.print(),
    }
    Figure::ms(format!("toxcore.message.{whose}.p99"), times.percentile(99)).print();
}

/// How many times as long the first takes.
fn ratio(name: &str, first: Duration, second: Duration) {
    Figure::new(name, first.as_secs_f64() / second.as_secs_f64(), "times").print();
}

struct Kith {
    connect: Duration,
    shown: Times,
    durable: Times,
}

async fn kith() -> Kith {
    let world = World::new();
    let alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    bob.befriends(&alice).await;
    let mut connects = Times::new();
    for _ in 0..CONNECTS {
        bob.sleeps().await;
        alice.sees_offline(&bob).await;
        let begun = Instant::now();
        bob.wakes().await;
        tokio::join!(alice.sees_online(&bob), bob.sees_online(&alice));
        connects.push(begun.elapsed());
    }
    let mut chance: u64 = 1;
    let rest = |_| {
        // The same rests in each run (a multiplier of Knuth's).
        chance = chance.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
        Duration::from_micros((chance >> 33) % LONGEST_REST_US)
    };
    let taken = measure::messages(&alice, &bob, MESSAGES, rest).await;
    Kith {
        connect: connects.median(),
        shown: taken.shown,
        durable: taken.durable,
    }
}

struct Toxcore {
    connect: Duration,
    messages: Times,
}

/// Builds the program; `None` where there is no libtoxcore.
fn build() -> Result<Option<PathBuf>> {
    let Ok(about) = Command::new("pkg-config")
        .args(["--cflags", "--libs", "toxcore"])
        .output()
    else {
        return Ok(None);
    };
    if !about.status.success() {
        return Ok(None);
    }
    let flags = String::from_utf8(about.stdout).context("pkg-config's flags are no text")?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
    std::fs::create_dir_all(&folder)?;
    let program = folder.join("toxcore");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/toxcore.c");
    let built = Command::new("cc")
        .args(["-std=c11", "-D_GNU_SOURCE", "-O2", "-pthread", "-o"])
        .arg(&program)
        .arg(source)
        .args(flags.split_whitespace())
        .status()
        .context("cc cannot be started")?;
    ensure!(built.success(), "peers/toxcore.c could not be built");
    Ok(Some(program))
}

/// Runs both clients, with this rest between two turns of their loops.
fn toxcore(program: &Path, pause: &str) -> Result<Toxcore> {
    let ran = Command::new(program)
        .args([MESSAGES.to_string().as_str(), pause])
        .output()?;
    ensure!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr).trim()
    );
    let (mut connect, mut messages) = (None, Times::new());
    for line in String::from_utf8(ran.stdout)?.lines() {
        match line
            .split_once(' ')
            .map(|(what, time)| (what, time.parse::<f64>()))
        {
            Some(("connect", Ok(time))) => connect = Some(Duration::from_secs_f64(time)),
            Some(("message", Ok(time))) => messages.push(Duration::from_secs_f64(time)),
            _ => bail!("an unknown line: {line}"),
        }
    }
    Ok(Toxcore {
        connect: connect.context("no connect time")?,
        messages,
    })
}
