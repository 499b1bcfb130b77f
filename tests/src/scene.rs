//! Two honest people and a contact who breaks the rules: what happens to one of the two must not be felt by the other.

#![allow(
    clippy::panic,
    reason = "test code: a story that cannot go on has failed, and says where"
)]

use futures::FutureExt as _;
use kith_node::{Event, EventStream, view::DeliveryState};

use crate::{
    mallory::{Frame, Mallory, flooding::MOST_OFFENCES},
    world::{Person, World, says},
};

/// Alice, who is honest; Carol, an honest contact; Mallory.
pub struct Scene {
    /// The victim.
    pub alice: Person,
    /// Her friend.
    pub carol: Person,
    /// The offender.
    pub mallory: Mallory,
    /// Everything that Alice's node told.
    pub told: EventStream,
    _world: World,
}

impl Scene {
    /// Alice and Carol are contacts, and so are Alice and Mallory.
    pub async fn new() -> Self {
        let world = World::new();
        let alice = world.person("alice").await;
        let carol = world.person("carol").await;
        carol.befriends(&alice).await;
        let told = alice.node().subscribe();
        let mallory = Mallory::joins(&alice.invites().await).await;
        Self {
            alice,
            carol,
            mallory,
            told,
            _world: world,
        }
    }

    /// Alice and Carol talk both ways, and nothing inside has failed.
    ///
    /// # Panics
    /// If something has.
    pub async fn others_feel_nothing(&mut self, word: &str) {
        let (question, answer) = (format!("{word}?"), format!("{word}!"));
        self.carol.sends(&self.alice, &question).await;
        self.alice.sees(&question).await;
        self.alice.sends(&self.carol, &answer).await;
        self.carol.sees(&answer).await;
        self.alice.sees_state(&answer, DeliveryState::Delivered).await;
        while let Some(Some(event)) = self.told.next().now_or_never() {
            if let Event::Fault { place } = event {
                panic!("a fault at {place}");
            }
        }
    }

    /// Mallory breaks a rule again and again: it takes exactly the stated number of messages.
    pub async fn is_cut_off_by(&mut self, offence: &Frame) {
        for number in 1..MOST_OFFENCES {
            self.mallory.says(offence).await;
            self.mallory.is_answered(number).await;
        }
        self.mallory.says(offence).await;
        self.mallory.is_cut_off().await;
    }

    /// A text was not believed.
    ///
    /// # Panics
    /// If it was.
    pub async fn alice_sees_no(&self, text: &str) {
        let rows = self.alice.messages().await;
        assert!(!rows.iter().any(|row| says(row, text)), "“{text}” was believed");
    }
}

impl std::fmt::Debug for Scene {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Scene").finish_non_exhaustive()
    }
}
