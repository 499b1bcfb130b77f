//! The real programs under load, killed without warning at random moments: nothing that they had acknowledged is lost.
//!
//! What a node printed before it died counts as acknowledged. After each death its folder is opened while the other
//! side cannot help, and compared with that: a message that was shown as saved is in its author's folder, one that was
//! shown as delivered is in its recipient's. After the nodes have met again both hold the same, each message once and in
//! one order, and all of it is delivered.
//!
//! `KITH_CRASH_ROUNDS` makes it any number of rounds (20 if unset), `KITH_CRASH_SEED` repeats the moments of a run that
//! printed it.

// Helpers of tests: a story that cannot go on has failed, and says where.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use kith_node::{
    Anchor, Command, Event,
    id::{ConversationId, EntryId},
    view::{BodyView, DeliveryState, MessageView, Page, ProfileView},
};
use kith_tests::proc::{Kept, NodeProgram, Profile, Programs};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};

const ROUNDS: u64 = 20;
/// The most that one side writes in a round.
const MOST_MESSAGES: u64 = 60;
/// The most pieces of news that the side to be killed hears before.
const MOST_NEWS: u64 = 160;
/// How many messages may be on their way to the disk: enough that one flush serves many.
const UNDER_WAY: usize = 24;
/// With nothing more to write, a side that hears nothing this long has nothing more to hear.
const SILENCE: Duration = Duration::from_millis(300);
/// How long two nodes may take to find each other and agree. It is usually well under a second.
const HEALING_LIMIT: Duration = Duration::from_secs(60);

/// What one node has promised to its person.
#[derive(Default)]
struct Promised {
    /// Own messages that were shown as saved.
    saved: BTreeMap<EntryId, String>,
    /// Own messages that were shown as delivered.
    delivered: BTreeSet<EntryId>,
    /// Own messages that were accepted and not yet shown as saved.
    pending: BTreeSet<EntryId>,
}

impl Promised {
    fn note(&mut self, event: &Event) {
        match event {
            Event::Message(row) => self.note_row(row),
            Event::Fault { place } => panic!("a fault at {place}"),
            _ => {}
        }
    }

    fn note_row(&mut self, row: &MessageView) {
        match row.state {
            Some(DeliveryState::Pending) => drop(self.pending.insert(row.id)),
            Some(state) => {
                self.pending.remove(&row.id);
                self.saved.insert(row.id, text(row).to_owned());
                if state >= DeliveryState::Delivered {
                    self.delivered.insert(row.id);
                }
            }
            None => {}
        }
    }
}

fn text(row: &MessageView) -> &str {
    match &row.body {
        BodyView::Text { text } => text,
        other => panic!("no text: {other:?}"),
    }
}

/// One person with a program that dies now and then.
struct Side {
    profile: Profile,
    node: Option<NodeProgram>,
    promised: Promised,
    chance: ChaCha20Rng,
    written: u64,
}

/// When a side stops to talk.
enum Moment<'a> {
    /// After so much news, by a kill; then the flag is raised.
    Killed { after_news: u64, other: &'a AtomicBool },
    /// A little after the flag was raised.
    Follows(&'a AtomicBool),
}

impl Side {
    async fn new(programs: &Programs, folder: &std::path::Path, name: &str, seed: u64) -> Result<Self> {
        Ok(Self {
            profile: Profile::create(programs, folder, name).await?.0,
            node: None,
            promised: Promised::default(),
            chance: ChaCha20Rng::seed_from_u64(seed),
            written: 0,
        })
    }

    fn starts(&mut self, programs: &Programs) -> Result<()> {
        if self.node.is_none() {
            self.node = Some(NodeProgram::start(programs, &self.profile, &[])?);
        }
        Ok(())
    }

    fn node(&mut self) -> &mut NodeProgram {
        self.node.as_mut().expect("the node runs")
    }

    /// Writes and hears until the moment has come.
    async fn talks(&mut self, conversation: ConversationId, moment: Moment<'_>) -> Result<()> {
        self.promised.pending.clear();
        let (mut news, mut to_write) = (0, MOST_MESSAGES);
        let mut after_the_other = 1 + self.chance.next_u64() % 10;
        loop {
            let over = match &moment {
                Moment::Killed { after_news, .. } => news >= *after_news,
                Moment::Follows(other) => {
                    after_the_other -= u64::from(other.load(Ordering::Acquire));
                    after_the_other == 0
                }
            };
            if over {
                break;
            }
            if to_write > 0 && self.promised.pending.len() < UNDER_WAY {
                to_write -= 1;
                self.writes(conversation).await?;
            }
            let busy = to_write > 0 && self.promised.pending.len() < UNDER_WAY;
            let patience = if busy { Duration::ZERO } else { SILENCE };
            match self.node().next_event(patience).await? {
                Some(event) => {
                    news += 1;
                    self.promised.note(&event);
                }
                None if busy => {}
                None => match &moment {
                    Moment::Killed { .. } => break,
                    Moment::Follows(_) => {}
                },
            }
        }
        if let Moment::Killed { other, .. } = moment {
            let node = self.node.take().expect("the node runs");
            let last_words = node.kill_and_hear().await?;
            last_words.iter().for_each(|event| self.promised.note(event));
            other.store(true, Ordering::Release);
        }
        Ok(())
    }

    async fn writes(&mut self, conversation: ConversationId) -> Result<()> {
        self.written += 1;
        // Mostly short, sometimes so long that the store splits it.
        let length = match self.chance.next_u64() % 50 {
            0 => 30_000,
            1..4 => 3_000,
            _ => self.chance.next_u64() % 200,
        };
        let filler = "ü".repeat(usize::try_from(length)? / 2);
        let text = format!("{} {} {filler}", self.profile.name(), self.written);
        self.node()
            .tell(&Command::SendMessage { conversation, text })
            .await
    }

    /// After a death: the folder holds what was promised, before anybody could help.
    fn kept_its_promises(&self, other: &Self, conversation: ConversationId) -> Result<()> {
        let name = self.profile.name();
        let rows = Kept::open(&self.profile)?.texts(conversation)?;
        let rows: BTreeMap<EntryId, &str> = rows.iter().map(|row| (row.id, text(row))).collect();
        for (id, said) in &self.promised.saved {
            ensure!(
                rows.get(id) == Some(&said.as_str()),
                "{name} was shown “{said:.20}” as saved, and it is lost."
            );
        }
        for id in &other.promised.delivered {
            let said = &other.promised.saved[id];
            ensure!(
                rows.get(id) == Some(&said.as_str()),
                "“{said:.20}” was shown as delivered to {name}, and {name} has lost it."
            );
        }
        Ok(())
    }

    /// Waits until everything of this side is delivered: receipts know no gaps, so the newest tells for all.
    async fn is_delivered(&mut self, conversation: ConversationId) -> Result<()> {
        let what = format!("all that {} wrote is delivered", self.profile.name());
        self.node()
            .until(&what, HEALING_LIMIT, async |node| {
                // Nearly always it is among the newest few; both may have written hundreds.
                for before in [16, 500] {
                    let anchor = Anchor::Newest;
                    let newest = Command::GetMessages {
                        conversation,
                        anchor,
                        before,
                        after: 0,
                    };
                    let page: Page = node.call(&newest).await?;
                    if let Some(state) = page.messages.iter().rev().find_map(|row| row.state) {
                        return Ok((state >= DeliveryState::Delivered).then_some(()));
                    }
                }
                Ok(Some(()))
            })
            .await
    }
}

/// Both are there: they agree on everything, and nothing that was promised is missing.
async fn agree(alice: &mut Side, bob: &mut Side, conversation: ConversationId) -> Result<usize> {
    alice.is_delivered(conversation).await?;
    bob.is_delivered(conversation).await?;
    let of_alice = alice.node().texts(conversation).await?;
    let of_bob = bob.node().texts(conversation).await?;
    let ids = |rows: &[MessageView]| rows.iter().map(|row| row.id).collect::<Vec<_>>();
    ensure!(ids(&of_alice) == ids(&of_bob), "the two hold different things");
    let unique: BTreeSet<&str> = of_alice.iter().map(text).collect();
    ensure!(unique.len() == of_alice.len(), "something is there twice");
    let there: BTreeSet<_> = ids(&of_alice).into_iter().collect();
    for side in [alice, bob] {
        let lost = side.promised.saved.iter().find(|(id, _)| !there.contains(id));
        ensure!(lost.is_none(), "this was saved and is gone: {lost:?}");
        let profile: ProfileView = side.node().call(&Command::GetProfile {}).await?;
        ensure!(
            !profile.outdated,
            "something was sent that was not durable: the other side knows more of {} than {} itself",
            profile.name,
            profile.name
        );
        ensure!(profile.damage.is_none(), "a kill is no damage");
    }
    Ok(of_alice.len())
}

/// Who is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    Alice,
    Bob,
    Both,
}

async fn round(
    (alice, bob): (&mut Side, &mut Side),
    conversation: ConversationId,
    victim: Victim,
    chance: &mut ChaCha20Rng,
) -> Result<()> {
    let over = AtomicBool::new(false);
    let mut moment = |who| match victim == who || victim == Victim::Both {
        true => Moment::Killed {
            after_news: chance.next_u64() % MOST_NEWS,
            other: &over,
        },
        false => Moment::Follows(&over),
    };
    let (of_alice, of_bob) = (moment(Victim::Alice), moment(Victim::Bob));
    tokio::try_join!(
        alice.talks(conversation, of_alice),
        bob.talks(conversation, of_bob)
    )?;
    if alice.node.is_none() {
        alice.kept_its_promises(bob, conversation)?;
    }
    if bob.node.is_none() {
        bob.kept_its_promises(alice, conversation)?;
    }
    Ok(())
}

async fn rounds(
    programs: &Programs,
    (alice, bob): (&mut Side, &mut Side),
    count: u64,
    chance: &mut ChaCha20Rng,
) -> Result<()> {
    alice.starts(programs)?;
    bob.starts(programs)?;
    alice.node().meets(bob.node()).await?;
    let conversation = alice.node().conversation().await?.id;
    for number in 1..=count {
        let victim = [Victim::Alice, Victim::Bob, Victim::Both][(chance.next_u64() % 3) as usize];
        round((&mut *alice, &mut *bob), conversation, victim, chance)
            .await
            .with_context(|| format!("round {number}, {victim:?} killed"))?;
        let back = Instant::now();
        alice.starts(programs)?;
        bob.starts(programs)?;
        // Sometimes the next kill comes while they still find each other and catch up.
        let heals = number == count || !chance.next_u64().is_multiple_of(3);
        if heals {
            let held = agree(alice, bob, conversation)
                .await
                .with_context(|| format!("after round {number}, {victim:?} killed"))?;
            println!(
                "round {number}: {victim:?} killed; {held} messages agreed on {} ms after the start",
                back.elapsed().as_millis()
            );
        } else {
            println!("round {number}: {victim:?} killed; on without a pause");
        }
    }
    Ok(())
}

fn number_from(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is no number: {text}")),
    )
}

fn seed() -> u64 {
    number_from("KITH_CRASH_SEED").unwrap_or_else(|| getrandom::u64().expect("randomness"))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_whoever_is_killed_and_whenever() {
    let seed = seed();
    println!("repeat with KITH_CRASH_SEED={seed}");
    let mut chance = ChaCha20Rng::seed_from_u64(seed);
    let programs = Programs::beside_this().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (of_alice, of_bob) = tokio::join!(
        Side::new(&programs, folder.path(), "Alice", chance.next_u64()),
        Side::new(&programs, folder.path(), "Bob", chance.next_u64())
    );
    let (mut alice, mut bob) = (of_alice.unwrap(), of_bob.unwrap());
    let count = number_from("KITH_CRASH_ROUNDS").unwrap_or(ROUNDS);
    let result = rounds(&programs, (&mut alice, &mut bob), count, &mut chance).await;
    if let Err(error) = result {
        for side in [&mut alice, &mut bob] {
            if let Some(node) = &mut side.node {
                for method in ["get_network", "list_contacts"] {
                    println!(
                        "{method}: {:?}",
                        node.call_raw(method, serde_json::json!({})).await
                    );
                }
                println!("{}'s node said at last:\n{}", node.name(), node.log());
            }
        }
        panic!("KITH_CRASH_SEED={seed}: {error:#}");
    }
}
