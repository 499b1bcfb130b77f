//! What a node costs while nothing happens: linked with a contact, and in a machine without any network.

// A bench that meets the unexpected should fail where it stands.
#![allow(clippy::expect_used)]

use std::time::Duration;

use kith_node::view::PresenceView;
use kith_tests::{
    child::{self, Child},
    figures::Figure,
    machine,
    world::{Person, World},
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
    online(&alice, &bob).await;
    Figure::new("idle.linked.cpu", percent(node.pid()).await, "%")
        .budget(BUDGET_PERCENT)
        .print();
    drop(node);

    // A network namespace of its own has no interface that is up, not even loopback.
    match Child::start(&["unshare", "--net"], bob.folder()) {
        Ok(node) => Figure::new("idle.no_network.cpu", percent(node.pid()).await, "%")
            .budget(BUDGET_PERCENT)
            .print(),
        Err(error) => println!("# idle.no_network.cpu was not measured: {error}"),
    }
}

async fn online(alice: &Person, bob: &Person) {
    let chat = alice.chat_with(bob);
    alice
        .wait("Bob's presence", async || {
            let presence = alice.sees_chat(chat).await.contact.presence;
            matches!(presence, PresenceView::Online { .. }).then_some(())
        })
        .await;
}

/// The share of one core that a process takes.
async fn percent(pid: u32) -> f64 {
    tokio::time::sleep(SETTLE).await;
    let before = machine::cpu_time(pid).expect("a running process");
    tokio::time::sleep(LOOK).await;
    let after = machine::cpu_time(pid).expect("a running process");
    (after - before).as_secs_f64() / LOOK.as_secs_f64() * 100.0
}
