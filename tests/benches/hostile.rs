//! What attacks cost: the victim's memory and how long an honest friend's messages take, before, during and after each.
//!
//! `cargo build --release -p kith-node -p kith-bootstrap` first.

#![allow(
    clippy::expect_used,
    reason = "a bench that meets the unexpected should fail where it stands"
)]

use kith_tests::{
    figures::Figure,
    machine,
    siege::{Attack, Siege},
};

const ROUNDS: usize = 200;

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    machine::tell();
    let mut siege = match Siege::begins().await {
        Ok(siege) => siege,
        Err(error) => return println!("# hostile was not measured: {error}"),
    };
    for attack in Attack::ALL {
        let cost = siege.stands(attack, ROUNDS).await.expect("Victor stands");
        let name = attack.name();
        for (when, times) in ["before", "during", "after"].into_iter().zip(&cost.delivered) {
            Figure::ms(format!("hostile.{name}.delivered.{when}.p50"), times.median()).print();
            Figure::ms(
                format!("hostile.{name}.delivered.{when}.p99"),
                times.percentile(99),
            )
            .print();
        }
        for (when, bytes) in ["before", "peak", "after"].into_iter().zip(cost.memory) {
            Figure::megabytes(format!("hostile.{name}.memory.{when}"), bytes).print();
        }
    }
}
