//! One person whose node dies now and then.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use kith_node::{
    Anchor, Command, Event, Position,
    id::{ConversationId, EntryId},
    view::{DeliveryState, MessageView, Page, ProfileView},
};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng, SeedableRng},
};

use super::promised::{Promised, text};
use crate::proc::{Kept, NodeProgram, Profile, Programs};

/// How many messages may be on their way to the disk: enough that one flush serves many.
const UNDER_WAY: usize = 24;
/// A side that has nothing more to write and hears nothing this long has nothing more to hear.
const SILENCE: Duration = Duration::from_millis(300);
/// The same for one that has just been started.
const SILENCE_AT_START: Duration = Duration::from_secs(3);
/// How long two nodes may take to find each other and agree. It is usually well under a second.
const HEALING_LIMIT: Duration = Duration::from_secs(90);

/// One person with a program that dies now and then.
pub(super) struct Side {
    pub profile: Profile,
    pub node: Option<NodeProgram>,
    pub promised: Promised,
    chance: ChaCha20Rng,
    written: u64,
    /// How far the person has read, at most.
    marked: Option<Position>,
    just_started: bool,
}

/// When a side stops to talk.
pub(super) enum Moment<'a> {
    /// After so much news, by a kill; then the flag is raised.
    Killed { after_news: u64, other: &'a AtomicBool },
    /// After so much news its person closes it, and a kill comes so much later; then the flag is raised.
    KilledClosing {
        after_news: u64,
        then: Duration,
        other: &'a AtomicBool,
    },
    /// A little after the flag was raised.
    Follows(&'a AtomicBool),
}

impl Side {
    /// A person with this profile, whose node does not run.
    pub(super) fn new(profile: Profile, seed: u64) -> Self {
        Self {
            profile,
            node: None,
            promised: Promised::default(),
            chance: ChaCha20Rng::seed_from_u64(seed),
            written: 0,
            marked: None,
            just_started: false,
        }
    }

    /// Starts the node if it does not run.
    pub(super) fn starts(&mut self, programs: &Programs) -> Result<()> {
        if self.node.is_none() {
            self.node = Some(NodeProgram::start(programs, &self.profile, &[])?);
            self.just_started = true;
        }
        Ok(())
    }

    /// The running node.
    pub(super) fn node(&mut self) -> Result<&mut NodeProgram> {
        let name = self.profile.name();
        self.node
            .as_mut()
            .with_context(|| format!("{name}'s node does not run"))
    }

    /// Kills the node without warning, and takes down what it had told by then.
    pub(super) async fn dies(&mut self) -> Result<()> {
        let Some(node) = self.node.take() else {
            return Ok(());
        };
        let last_words = node.kill_and_hear().await?;
        self.hears_last(&last_words)
    }

    fn hears_last(&mut self, last_words: &[Event]) -> Result<()> {
        for event in last_words {
            self.promised.note(event)?;
        }
        self.promised.pending.clear();
        Ok(())
    }

    /// Starts the node and kills it so much later, whatever it is doing then.
    pub(super) async fn starts_and_dies(&mut self, programs: &Programs, after: Duration) -> Result<()> {
        self.starts(programs)?;
        tokio::time::sleep(after).await;
        self.dies().await
    }

    /// Writes so many messages and hears until the moment has come.
    pub(super) async fn talks(
        &mut self,
        conversation: ConversationId,
        mut to_write: u64,
        moment: Moment<'_>,
    ) -> Result<()> {
        self.promised.pending.clear();
        let silence = if std::mem::take(&mut self.just_started) {
            SILENCE_AT_START
        } else {
            SILENCE
        };
        let mut news = 0;
        let mut after_the_other = 1 + self.chance.next_u64() % 10;
        loop {
            let over = match &moment {
                Moment::Killed { after_news, .. } | Moment::KilledClosing { after_news, .. } => {
                    news >= *after_news
                }
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
            let patience = if busy { Duration::ZERO } else { silence };
            match self.node()?.next_event(patience).await? {
                Some(event) => {
                    news += 1;
                    self.takes(&event).await?;
                }
                None if busy || matches!(moment, Moment::Follows(_)) => {}
                None => break,
            }
        }
        self.stops(moment).await
    }

    /// Does what the moment wants.
    async fn stops(&mut self, moment: Moment<'_>) -> Result<()> {
        let (other, last_words) = match moment {
            Moment::Follows(_) => return Ok(()),
            Moment::Killed { other, .. } => {
                let node = self.node.take().context("there is nobody to kill")?;
                (other, node.kill_and_hear().await?)
            }
            Moment::KilledClosing { then, other, .. } => {
                let node = self.node.take().context("there is nobody to kill")?;
                (other, node.close_and_kill(then).await?)
            }
        };
        self.hears_last(&last_words)?;
        other.store(true, Ordering::Release);
        Ok(())
    }

    /// Takes news down, and now and then reads what they tell of.
    async fn takes(&mut self, event: &Event) -> Result<()> {
        let Some(row) = self.promised.note(event)? else {
            return Ok(());
        };
        if self.chance.next_u64().is_multiple_of(8) {
            let (conversation, up_to) = (row.conversation, row.position);
            self.marked = self.marked.max(Some(up_to));
            let read = Command::MarkRead { conversation, up_to };
            self.node()?.tell(&read).await?;
        }
        Ok(())
    }

    /// Writes so many messages, and hears until all of them are saved.
    pub(super) async fn writes_and_saves(&mut self, conversation: ConversationId, count: u64) -> Result<()> {
        let (before, mut to_write) = (self.promised.saved.len(), count);
        let all = before + usize::try_from(count)?;
        while self.promised.saved.len() < all {
            if to_write > 0 && self.promised.pending.len() < UNDER_WAY {
                to_write -= 1;
                self.writes(conversation).await?;
            }
            let busy = to_write > 0 && self.promised.pending.len() < UNDER_WAY;
            let patience = if busy { Duration::ZERO } else { HEALING_LIMIT };
            match self.node()?.next_event(patience).await? {
                Some(event) => self.takes(&event).await?,
                None => ensure!(busy, "what {} wrote is never saved", self.profile.name()),
            }
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
        self.node()?
            .tell(&Command::SendMessage { conversation, text })
            .await
    }

    /// After a death: the folder holds what was promised, before anybody could help.
    pub(super) fn kept_its_promises(&self, other: &Self, conversation: ConversationId) -> Result<()> {
        let name = self.profile.name();
        let rows = Kept::open(&self.profile)?.texts(conversation)?;
        each_once(&rows).with_context(|| format!("in {name}'s folder"))?;
        let held: BTreeMap<EntryId, &str> = rows
            .iter()
            .map(|row| Ok((row.id, text(row)?)))
            .collect::<Result<_>>()?;
        for (id, said) in &self.promised.saved {
            ensure!(
                held.get(id) == Some(&said.as_str()),
                "{name} was shown “{}” as saved, and it is lost",
                self.promised.beginning(id)
            );
        }
        for id in &other.promised.delivered {
            ensure!(
                held.get(id).copied() == other.promised.saved.get(id).map(String::as_str),
                "“{}” was shown as delivered to {name}, and {name} has lost it",
                other.promised.beginning(id)
            );
        }
        Ok(())
    }

    /// Nothing was shown to the other as read that this person has never read.
    fn read_what_counts_as_read(&self, other: &Self) -> Result<()> {
        for (id, position) in &other.promised.read {
            ensure!(
                self.marked >= Some(*position),
                "“{}” was shown as read, and {} has never read it",
                other.promised.beginning(id),
                self.profile.name()
            );
        }
        Ok(())
    }

    /// Waits until everything of this side is delivered: receipts know no gaps, so the newest tells for all.
    async fn is_delivered(&mut self, conversation: ConversationId) -> Result<()> {
        let what = format!("all that {} wrote is delivered", self.profile.name());
        self.node()?
            .until(&what, HEALING_LIMIT, async |node| {
                // Nearly always it is among the newest few; both may have written hundreds.
                for before in [16, 500] {
                    let newest = Command::GetMessages {
                        conversation,
                        anchor: Anchor::Newest,
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

    /// Nothing that was promised is missing among these, and the node takes a kill for what it is.
    async fn holds(&mut self, there: &BTreeSet<EntryId>) -> Result<()> {
        let lost = self.promised.saved.keys().find(|id| !there.contains(id));
        ensure!(
            lost.is_none(),
            "“{}” was saved and is gone",
            lost.map(|id| self.promised.beginning(id)).unwrap_or_default()
        );
        let profile: ProfileView = self.node()?.call(&Command::GetProfile {}).await?;
        ensure!(
            !profile.outdated,
            "something was sent that was not durable: the other side knows more of {} than {} itself",
            profile.name,
            profile.name
        );
        ensure!(profile.damage.is_none(), "a kill is no damage");
        Ok(())
    }
}

/// Both are there: they agree on everything, and nothing that was promised is missing. Gives how many messages both hold.
pub(super) async fn agree(alice: &mut Side, bob: &mut Side, conversation: ConversationId) -> Result<usize> {
    alice.is_delivered(conversation).await?;
    bob.is_delivered(conversation).await?;
    let of_alice = alice.node()?.texts(conversation).await?;
    let of_bob = bob.node()?.texts(conversation).await?;
    let ids = |rows: &[MessageView]| rows.iter().map(|row| row.id).collect::<Vec<_>>();
    ensure!(
        ids(&of_alice) == ids(&of_bob),
        "the two hold different things, or not in one order"
    );
    each_once(&of_alice)?;
    for (side, rows) in [(&mut *alice, &of_alice), (&mut *bob, &of_bob)] {
        for row in rows.iter().filter(|row| row.mine) {
            let state = row.state;
            ensure!(
                state >= Some(DeliveryState::Delivered),
                "the other holds it, and its tick says {state:?}"
            );
            side.promised.note_row(row)?;
        }
    }
    let there: BTreeSet<_> = ids(&of_alice).into_iter().collect();
    alice.holds(&there).await?;
    bob.holds(&there).await?;
    alice.read_what_counts_as_read(bob)?;
    bob.read_what_counts_as_read(alice)?;
    Ok(of_alice.len())
}

/// No row is there twice, and nothing that was said once.
fn each_once(rows: &[MessageView]) -> Result<()> {
    let ids: BTreeSet<EntryId> = rows.iter().map(|row| row.id).collect();
    let texts = rows.iter().map(text).collect::<Result<BTreeSet<&str>>>()?;
    ensure!(
        ids.len() == rows.len() && texts.len() == rows.len(),
        "something is there twice"
    );
    Ok(())
}
