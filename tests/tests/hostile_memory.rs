//! A real node's memory stays bounded under every attack, and an honest friend's messages arrive meanwhile.

use anyhow::{Result, ensure};
use kith_tests::siege::{Attack, Siege};

/// What an attack may take beside what the node needs anyway, bytes. The attacks send three to ten times as much; what may
/// wait in all is stated in docs/hostile-peers.md.
const ALLOWED_BYTES: u64 = 64 * 1024 * 1024;
/// How many messages Ben writes before an attack, and after it.
const ROUNDS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn memory_stays_bounded_and_a_friend_is_heard() -> Result<()> {
    let mut siege = Siege::begins().await?;
    for attack in Attack::ALL {
        let cost = siege.stands(attack, ROUNDS).await?;
        let [before, peak, after] = cost.memory.map(|bytes| bytes / 1024);
        let [quiet, during, later] = cost.delivered.map(|times| times.median().as_secs_f64() * 1e3);
        println!(
            "{}: {before} KiB, at most {peak}, then {after}; delivered in {quiet:.1} ms, {during:.1}, then {later:.1}",
            attack.name()
        );
        ensure!(
            (peak - before) * 1024 <= ALLOWED_BYTES,
            "{attack:?} took {} KiB",
            peak - before
        );
    }
    Ok(())
}
