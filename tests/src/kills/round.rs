//! One round: something goes on, somebody is killed, and their folder is looked at.

use std::{fmt, sync::atomic::AtomicBool, time::Duration};

use anyhow::Result;
use kith_node::id::ConversationId;
use rand_chacha::{ChaCha20Rng, rand_core::Rng};

use super::side::{Moment, Side};
use crate::proc::Programs;

/// The most that one side writes in a round.
const MOST_MESSAGES: u64 = 60;
/// The most pieces of news that the side to be killed hears before.
const MOST_NEWS: u64 = 160;
/// The most that is written to somebody who is away.
const MOST_MISSED: u64 = 240;
/// The latest moment of a kill after the start of a program, milliseconds: when it has found its contact and talks.
const LONGEST_START_MS: u64 = 900;
/// The latest moment of a kill after a person closed a node, milliseconds.
const LONGEST_CLOSING_MS: u64 = 120;

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Victim {
    Alice,
    Bob,
    Both,
}

/// What goes on when the kill comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scene {
    /// Both write.
    Talk,
    /// Somebody comes back, and what was written meanwhile is on its way to them.
    CatchUp,
    /// The program starts: it unlocks, opens its store and does what a new day asks for.
    Start,
    /// The program is being closed.
    Close,
}

impl fmt::Display for Scene {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Talk => "while both write",
            Self::CatchUp => "while one catches up",
            Self::Start => "while starting",
            Self::Close => "while closing",
        })
    }
}

impl Victim {
    /// One of the three.
    pub(super) fn any(chance: &mut ChaCha20Rng) -> Self {
        match chance.next_u64() % 3 {
            0 => Self::Alice,
            1 => Self::Bob,
            _ => Self::Both,
        }
    }
}

impl Scene {
    /// One of the four, the first two more often.
    pub(super) fn any(chance: &mut ChaCha20Rng) -> Self {
        match chance.next_u64() % 10 {
            0..4 => Self::Talk,
            4..7 => Self::CatchUp,
            7..9 => Self::Start,
            _ => Self::Close,
        }
    }
}

/// The two, where they talk, and the programs that are their nodes.
pub(super) struct Two<'a> {
    pub alice: &'a mut Side,
    pub bob: &'a mut Side,
    pub conversation: ConversationId,
    pub programs: &'a Programs,
}

impl Two<'_> {
    /// Starts whoever does not run.
    pub(super) fn start(&mut self) -> Result<()> {
        self.alice.starts(self.programs)?;
        self.bob.starts(self.programs)
    }

    /// Plays the scene, kills, and compares the folders of the dead with what was promised. Gives the number of kills.
    pub(super) async fn round(
        &mut self,
        scene: Scene,
        victim: Victim,
        chance: &mut ChaCha20Rng,
    ) -> Result<u64> {
        let kills = match scene {
            Scene::Talk => {
                self.talk(victim, chance, (MOST_MESSAGES, MOST_NEWS), None)
                    .await?
            }
            Scene::Close => {
                let then = Duration::from_millis(chance.next_u64() % LONGEST_CLOSING_MS);
                self.talk(victim, chance, (MOST_MESSAGES, MOST_NEWS), Some(then))
                    .await?
            }
            Scene::CatchUp => self.catch_up(victim, chance).await?,
            Scene::Start => self.begin(victim, chance).await?,
        };
        self.look()?;
        Ok(kills)
    }

    /// Those who do not run have kept what was promised.
    fn look(&self) -> Result<()> {
        if self.alice.node.is_none() {
            self.alice.kept_its_promises(self.bob, self.conversation)?;
        }
        if self.bob.node.is_none() {
            self.bob.kept_its_promises(self.alice, self.conversation)?;
        }
        Ok(())
    }

    async fn talk(
        &mut self,
        victim: Victim,
        chance: &mut ChaCha20Rng,
        (messages, most_news): (u64, u64),
        closing: Option<Duration>,
    ) -> Result<u64> {
        let over = AtomicBool::new(false);
        let other = &over;
        let mut kills = 0;
        let mut moment = |who| {
            if victim != who && victim != Victim::Both {
                return Moment::Follows(other);
            }
            kills += 1;
            let after_news = chance.next_u64() % most_news;
            match closing {
                Some(then) => Moment::KilledClosing {
                    after_news,
                    then,
                    other,
                },
                None => Moment::Killed { after_news, other },
            }
        };
        let (of_alice, of_bob) = (moment(Victim::Alice), moment(Victim::Bob));
        tokio::try_join!(
            self.alice.talks(self.conversation, messages, of_alice),
            self.bob.talks(self.conversation, messages, of_bob)
        )?;
        Ok(kills)
    }

    /// One dies, the other writes much, the one comes back, and in the midst of it somebody is killed.
    async fn catch_up(&mut self, victim: Victim, chance: &mut ChaCha20Rng) -> Result<u64> {
        let conversation = self.conversation;
        let missed = 1 + chance.next_u64() % MOST_MISSED;
        let alice_is_away = chance.next_u64().is_multiple_of(2);
        let (away, there) = match alice_is_away {
            true => (&mut *self.alice, &mut *self.bob),
            false => (&mut *self.bob, &mut *self.alice),
        };
        away.dies().await?;
        there.writes_and_saves(conversation, missed).await?;
        away.kept_its_promises(there, conversation)?;
        away.starts(self.programs)?;
        let kills = self.talk(victim, chance, (3, missed), None).await?;
        Ok(kills + 1)
    }

    /// The victims are started and killed, up to three times, with something to catch up with if the other runs.
    async fn begin(&mut self, victim: Victim, chance: &mut ChaCha20Rng) -> Result<u64> {
        let times = 1 + chance.next_u64() % 3;
        let mut kills = 0;
        for side in [Victim::Alice, Victim::Bob] {
            if victim != side && victim != Victim::Both {
                continue;
            }
            let (dying, other) = match side {
                Victim::Alice => (&mut *self.alice, &mut *self.bob),
                _ => (&mut *self.bob, &mut *self.alice),
            };
            dying.dies().await?;
            if other.node.is_some() {
                other.writes_and_saves(self.conversation, MOST_MESSAGES).await?;
            }
            for _ in 0..times {
                let after = Duration::from_millis(chance.next_u64() % LONGEST_START_MS);
                dying.starts_and_dies(self.programs, after).await?;
                dying.kept_its_promises(other, self.conversation)?;
                kills += 1;
            }
        }
        Ok(kills)
    }
}
