//! What is written to somebody who is away arrives although the two never meet: a friend carries it, sealed.

#![allow(
    clippy::panic,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use kith_node::{
    Command, CommandError, Reply,
    view::{BodyView, CarryingView, DeliveryState, LedgerView, MessageView},
};
use kith_tests::world::{Person, World};

async fn carrying(person: &Person) -> CarryingView {
    match person.does(Command::GetCarrying {}).await {
        Reply::Carrying(view) => view,
        other => panic!("no view of carrying: {other:?}"),
    }
}

async fn ledger(person: &Person, message: &MessageView) -> LedgerView {
    let get = Command::GetLedger {
        conversation: message.conversation,
        position: message.position,
    };
    match person.does(get).await {
        Reply::Ledger(ledger) => ledger,
        other => panic!("no ledger: {other:?}"),
    }
}

/// A carrier carries for an owner, who lets it, and an author knows.
async fn carries_for(carrier: &Person, owner: &Person, author: &Person) {
    carrier
        .does(Command::SetCarrying {
            account: owner.account,
            carry: true,
        })
        .await;
    owner
        .wait("an offer", async || {
            let view = carrying(owner).await;
            view.carriers
                .iter()
                .any(|each| each.account == carrier.account && each.offered)
                .then_some(())
        })
        .await;
    owner
        .does(Command::UseCarrier {
            account: carrier.account,
            used: true,
        })
        .await;
    author
        .wait("a carrier of the other", async || {
            let view = carrying(author).await;
            view.reachable_through.contains(&owner.account).then_some(())
        })
        .await;
}

async fn holds(carol: &Person, count: usize) {
    carol
        .wait("what she holds", async || {
            let view = carrying(carol).await;
            let held: usize = view.mailboxes.iter().map(|mailbox| mailbox.items.len()).sum();
            (held == count).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_are_never_awake_together_reach_each_other_through_a_friend() {
    let world = World::new();
    let mut alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    let carol = world.person("carol").await;
    bob.befriends(&alice).await;
    bob.befriends(&carol).await;
    carries_for(&carol, &bob, &alice).await;

    bob.sleeps().await;
    let first = alice.sends(&bob, "are you there?").await;
    let second = alice.sends(&bob, "no hurry").await;
    alice.sees_state("no hurry", DeliveryState::Held).await;
    for message in [&first, &second] {
        let ledger = ledger(&alice, message).await;
        assert_eq!(ledger.state, DeliveryState::Held);
        assert!(ledger.devices.iter().all(|device| device.held_until_ms.is_some()));
    }
    // Carol is no contact of Alice and can read nothing; she sees sizes.
    holds(&carol, 1).await;
    assert!(carol.messages().await.iter().all(|row| row.state.is_none()));
    alice.sleeps().await;

    bob.wakes().await;
    bob.sees("are you there?").await;
    bob.sees("no hurry").await;
    holds(&carol, 0).await;
    bob.reads(&alice).await;

    alice.wakes().await;
    alice.sees_state("no hurry", DeliveryState::Read).await;
    let ledger = ledger(&alice, &first).await;
    assert!(ledger.devices.iter().all(|device| device.read_at_ms.is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_sees_that_it_was_read_by_somebody_who_left() {
    let world = World::new();
    let mut alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    let (carol, dave) = (world.person("carol").await, world.person("dave").await);
    bob.befriends(&alice).await;
    bob.befriends(&carol).await;
    alice.befriends(&dave).await;
    carries_for(&carol, &bob, &alice).await;
    carries_for(&dave, &alice, &bob).await;

    bob.sleeps().await;
    alice.sends(&bob, "are you there?").await;
    alice.sees_state("are you there?", DeliveryState::Held).await;
    alice.sleeps().await;

    bob.wakes().await;
    bob.sees("are you there?").await;
    bob.reads(&alice).await;
    holds(&dave, 1).await;
    bob.sleeps().await;

    alice.wakes().await;
    alice.sees_state("are you there?", DeliveryState::Read).await;
    holds(&dave, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_can_be_dropped_and_carrying_can_end() {
    let world = World::new();
    let alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    let carol = world.person("carol").await;
    bob.befriends(&alice).await;
    bob.befriends(&carol).await;
    carries_for(&carol, &bob, &alice).await;
    bob.sleeps().await;
    alice.sends(&bob, "drop me").await;
    alice.sees_state("drop me", DeliveryState::Held).await;
    holds(&carol, 1).await;
    carol.does(Command::DropHeld { account: bob.account }).await;
    holds(&carol, 0).await;

    // What a carrier drops is not lost: its author has it still.
    bob.wakes().await;
    bob.sees("drop me").await;
    alice.sees_state("drop me", DeliveryState::Delivered).await;

    carol
        .does(Command::SetCarrying {
            account: bob.account,
            carry: false,
        })
        .await;
    alice
        .wait("no carrier any more", async || {
            let view = carrying(&alice).await;
            (!view.reachable_through.contains(&bob.account)).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_kept_and_bad_ones_refused() {
    let world = World::new();
    let alice = world.person("alice").await;
    let bob = world.person("bob").await;
    bob.befriends(&alice).await;
    let limits = |max_mb, days| Command::SetCarryingLimits { max_mb, days };
    for bad in [limits(0, 0), limits(1, 8), limits(100_001, 1)] {
        assert!(matches!(alice.cannot(bad).await, CommandError::OutOfRange { .. }));
    }
    alice.does(limits(5, 2)).await;
    let view = carrying(&alice).await;
    assert_eq!((view.max_mb, view.days), (5, 2));
    let stranger = Command::SetCarrying {
        account: alice.account,
        carry: true,
    };
    assert_eq!(alice.cannot(stranger).await, CommandError::UnknownContact);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_old_copy_gave_to_a_carrier_is_no_lie_and_is_said_again() {
    let world = World::new();
    let mut alice = world.person("alice").await;
    let mut bob = world.person("bob").await;
    let carol = world.person("carol").await;
    bob.befriends(&alice).await;
    bob.befriends(&carol).await;
    carries_for(&carol, &bob, &alice).await;
    alice.sends(&bob, "one").await;
    alice.sees_state("one", DeliveryState::Delivered).await;
    alice.sleeps().await;
    let copy = alice.copies_folder();
    alice.wakes().await;
    alice.sends(&bob, "two").await;
    alice.sees_state("two", DeliveryState::Delivered).await;
    bob.sleeps().await;
    alice.sleeps().await;

    alice.puts_back(&copy);
    alice.wakes().await;
    alice.sends(&bob, "another two").await;
    alice.sees_state("another two", DeliveryState::Held).await;
    alice.sleeps().await;
    bob.wakes().await;
    holds(&carol, 0).await;

    alice.wakes().await;
    alice.learns_that_it_is_a_copy().await;
    alice.sleeps().await;
    alice.wakes().await;
    alice.sees("two").await;
    bob.sees("another two").await;
    alice.sees_state("another two", DeliveryState::Delivered).await;
    for person in [&alice, &bob] {
        let rows = person.messages().await;
        assert!(
            !rows
                .iter()
                .any(|row| matches!(row.body, BodyView::Equivocation { .. }))
        );
    }
}
