//! What a node costs while nothing happens: linked with a contact, and in a machine without any network.

#![allow(
    clippy::expect_used,
    reason = "a bench that meets the unexpected should fail where it stands"
)]

use std::time::Duration;

use kith_tests::{
    child::{self, Child},
    figures::Figure,
    machine,
    world::World,
};

/// What follows a start (first links, first comparisons) is not idling.
const SETTLE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_secs(30);

/// Design section 10, percent of a core.
const BUDGET_PERCENT: f64 = 0.5;

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    if let Some(dir) = child::wanted() {
        let _node = child::node(&dir).await;
        child::stay();
        return;
    }
    machine::tell();
    let world = World::new();
    let alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    bob.befriends(&alice).await;
    alice.sends(&bob, "hi").await;
    bob.sees("hi").await;
    bob.sleeps().await;

    let node = Child::start(&[], bob.folder()).expect("a node of its own");
    alice.sees_online(&bob).await;
    rest("idle.linked", node.pid()).await;
    drop(node);

    // A network namespace of its own has no interface that is up, not even loopback.
    match Child::start(&["unshare", "--net"], bob.folder()) {
        Ok(node) => rest("idle.no_network", node.pid()).await,
        Err(error) => println!("# idle.no_network was not measured: {error}"),
    }
}

/// Looks at a process at rest.
async fn rest(name: &str, pid: u32) {
    tokio::time::sleep(SETTLE).await;
    let activity = machine::activity(pid, LOOK).await.expect("a running process");
    Figure::new(format!("{name}.cpu"), activity.cpu_percent, "%")
        .budget(BUDGET_PERCENT)
        .print();
    Figure::new(format!("{name}.wakes"), activity.wakes_per_second, "/s").print();
}
