//! Three people talk in a group, on real nodes; two of them are no contacts.

use kith_node::view::DeliveryState;
use kith_tests::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn three_people_talk_also_when_who_brought_them_together_is_gone() {
    let world = World::new();
    let mut alice = world.person("alice").await;
    let bob = world.person("bob").await;
    let carol = world.person("carol").await;
    bob.befriends(&alice).await;
    carol.befriends(&alice).await;

    let group = alice.founds("Hiking", &[&bob, &carol]).await;
    bob.joins(group).await;
    carol.joins(group).await;
    alice.says_in(group, "where to?").await;
    bob.sees("where to?").await;
    carol.sees("where to?").await;
    alice.sees_state("where to?", DeliveryState::Delivered).await;

    alice.sleeps().await;
    bob.says_in(group, "up the hill").await;
    carol.sees("up the hill").await;
    carol.says_in(group, "and down").await;
    bob.sees("and down").await;

    alice.wakes().await;
    alice.sees("and down").await;
    bob.sees_state("up the hill", DeliveryState::Delivered).await;
    for person in [&alice, &bob, &carol] {
        let view = person.sees_chat(group).await;
        assert_eq!(
            (view.name(), view.members().len()),
            ("Hiking", 3),
            "{}",
            person.name
        );
    }
}
