//! The real programs, killed at random moments: twenty rounds of [`kith_tests::kills`].
//!
//! `KITH_CRASH_ROUNDS` makes it any number, `KITH_CRASH_SEED` repeats the choices of a run that printed it; `cargo run
//! -p kith-tests --bin kills` is the same as a program.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use kith_tests::kills;

const ROUNDS: u64 = 20;

fn number_from(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is no number: {text}")),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_whoever_is_killed_and_whenever() {
    let seed = number_from("KITH_CRASH_SEED").unwrap_or_else(|| getrandom::u64().expect("randomness"));
    println!("repeat with KITH_CRASH_SEED={seed}");
    let rounds = number_from("KITH_CRASH_ROUNDS").unwrap_or(ROUNDS);
    let totals = kills::run(rounds, seed, &mut |line| println!("{line}"))
        .await
        .unwrap();
    println!("{totals}");
    assert_eq!(totals.rounds, rounds);
    assert_eq!(totals.failures, Vec::<String>::new(), "KITH_CRASH_SEED={seed}");
}
