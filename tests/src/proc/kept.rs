//! What a profile's folder holds while no program runs: the truth about what survived, before any contact could have
//! helped with it.
//!
//! The folder is opened as `kith-node` opens it, and asked through an engine of its own that has no network and whose
//! effects nobody performs.

use anyhow::{Context, Result, bail};
use kith_node::{
    Anchor, Command, Engine, Origin, Reply,
    id::ConversationId,
    input::{CommandId, Input},
    profile::{self, Unlocked},
    view::{BodyView, MessageView},
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::Profile;

/// Rows of one page.
const PAGE_ROWS: u32 = 500;

/// An open folder. The profile is in use until this is dropped.
pub struct Kept {
    unlocked: Unlocked,
    engine: Engine,
    rng: ChaCha20Rng,
}

impl Kept {
    /// Opens the folder of a profile.
    ///
    /// # Errors
    /// When it does not open, or opening it met damage.
    pub fn open(profile: &Profile) -> Result<Self> {
        // It signs nothing and encrypts nothing that stays.
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let unlocked = profile::unlock(profile.data(), &profile.passphrase()?, &mut rng)?;
        if let Some(damage) = &unlocked.damage {
            bail!("{}'s folder is damaged: {damage:?}", profile.name());
        }
        let identity = unlocked.identity.clone();
        let origin = Origin {
            name: unlocked.name.clone(),
            restored: unlocked.restored,
        };
        Ok(Self {
            unlocked,
            engine: Engine::new(identity, origin, None),
            rng,
        })
    }

    /// All that people wrote in a conversation, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn texts(&mut self, conversation: ConversationId) -> Result<Vec<MessageView>> {
        let mut rows = Vec::new();
        let mut anchor = Anchor::Oldest;
        loop {
            let page = Command::GetMessages {
                conversation,
                anchor,
                before: 0,
                after: PAGE_ROWS,
            };
            let Reply::Page(page) = self.ask(page)? else {
                bail!("A page was asked for and something else came.")
            };
            let last = page.messages.last().map(|row| row.position);
            rows.extend(page.messages);
            match last {
                Some(last) if page.more_after => {
                    anchor = Anchor::At {
                        position: last.next(),
                    }
                }
                _ => break,
            }
        }
        rows.retain(|row| matches!(row.body, BodyView::Text { .. }));
        Ok(rows)
    }

    fn ask(&mut self, command: Command) -> Result<Reply> {
        let id = CommandId(1);
        let asked = Input::Command { id, command };
        let effects = self
            .engine
            .handle(asked, self.unlocked.store.as_ref(), 0, &mut self.rng);
        let (_, answer) = effects.replies.into_iter().next().context("No answer came.")?;
        Ok(answer?)
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Kept")
            .field("dir", &self.unlocked.dir)
            .finish_non_exhaustive()
    }
}
