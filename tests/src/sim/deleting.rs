//! People delete, think again, take back, and set after how long messages disappear.

use std::collections::BTreeMap;

use kith_crypto::ConversationId;
use kith_node::{
    Anchor, Command, CommandError, Reply,
    view::{BodyView, DeleteFor, DeletionView, DeliveryState, MessageView},
};

use super::{
    acts::Act,
    dice::Dice,
    report::Happening,
    witness::{Checked, Wanted},
    world::{Plan, World},
};

/// After this long nobody thinks again, milliseconds.
pub(super) const LONGEST_UNDO_MS: u64 = 11_000;

/// What people wished deleted last, by chat and person, as undoing it names it.
pub(super) type Deletions = BTreeMap<(usize, usize), String>;

/// Somebody deletes something.
#[derive(Clone, Copy, Debug)]
pub(super) enum Deleting {
    /// A message for oneself: the one that stands there, in a hundred of what can be deleted. Perhaps it is undone after
    /// so many milliseconds.
    Mine { share: u64, undo_ms: Option<u64> },
    /// The same, one's own, for everyone.
    Everyone { share: u64, undo_ms: Option<u64> },
    /// One's newest message is taken back.
    TakeBack,
    /// A message is written, and taken back after so many milliseconds.
    SendAndTakeBack { after_ms: u64 },
    /// What was deleted last is undone.
    Undo,
    /// All of the chat.
    Chat { undo_ms: Option<u64> },
    /// What is written from now on disappears after so many seconds.
    Timer { seconds: u32 },
}

/// Draws something to delete.
pub(super) fn any(dice: &mut Dice) -> Deleting {
    // Most who think again do so in time, and some do not.
    let undo_ms = dice.chance(35).then(|| dice.between(50, LONGEST_UNDO_MS));
    let share = dice.below(100);
    match dice.below(100) {
        0..30 => Deleting::Mine { share, undo_ms },
        30..62 => Deleting::Everyone { share, undo_ms },
        62..72 => Deleting::TakeBack,
        72..82 => Deleting::SendAndTakeBack {
            after_ms: dice.pick(&[0, 20, 500, 3_000], 0),
        },
        82..90 => Deleting::Timer {
            seconds: dice.pick(&[0, 5, 20, 60], 0),
        },
        _ => Deleting::Chat { undo_ms },
    }
}

fn has_words(row: &MessageView) -> bool {
    matches!(row.body, BodyView::Text { .. })
}

impl World {
    /// Somebody deletes something.
    pub fn deletes(&mut self, (chat, by): (usize, usize), what: Deleting) -> Checked {
        match what {
            Deleting::Mine { share, undo_ms } => {
                let rows = self.words(chat, by)?;
                self.deletes_one((chat, by), (&rows, share), (DeleteFor::Me, undo_ms))
            }
            Deleting::Everyone { share, undo_ms } => {
                let mut rows = self.words(chat, by)?;
                rows.retain(|row| row.mine);
                self.deletes_one((chat, by), (&rows, share), (DeleteFor::Everyone, undo_ms))
            }
            Deleting::TakeBack => self.takes_back(chat, by),
            Deleting::SendAndTakeBack { after_ms } => {
                self.act(Act::Send { chat, by, count: 1 })?;
                let what = Deleting::TakeBack;
                self.plan_free(after_ms, Plan::Act(Act::Delete { chat, by, what }));
                Ok(())
            }
            Deleting::Undo => self.undoes(chat, by),
            Deleting::Chat { undo_ms } => self.deletes_chat((chat, by), undo_ms),
            Deleting::Timer { seconds } => self.sets_timer((chat, by), seconds),
        }
    }

    /// The rows that somebody sees.
    fn rows(&mut self, chat: usize, by: usize) -> Checked<Vec<MessageView>> {
        let Some(conversation) = self.chats[chat].id else {
            return Ok(Vec::new());
        };
        let everything = Command::GetMessages {
            conversation,
            anchor: Anchor::Oldest,
            before: 0,
            after: 500,
        };
        Ok(match self.asks(by, everything)? {
            Some(Ok(Reply::Page(page))) => page.messages,
            _ => Vec::new(),
        })
    }

    fn words(&mut self, chat: usize, by: usize) -> Checked<Vec<MessageView>> {
        let mut rows = self.rows(chat, by)?;
        rows.retain(has_words);
        Ok(rows)
    }

    /// Whether a device of anybody else is known to have a message of one's own: what nobody has is gone everywhere.
    fn has_arrived(&mut self, by: usize, row: &MessageView) -> Checked<bool> {
        let ledger = Command::GetLedger {
            conversation: row.conversation,
            position: row.position,
        };
        Ok(match self.asks(by, ledger)? {
            Some(Ok(Reply::Ledger(ledger))) => {
                let mut states = ledger.devices.iter().map(|device| device.state);
                states.any(|state| state >= DeliveryState::Delivered)
            }
            _ => false,
        })
    }

    /// Asks for something to be deleted, and lets the witness know before and after.
    fn wishes(
        &mut self,
        (conversation, by): (ConversationId, usize),
        wanted: Wanted,
        command: Command,
    ) -> Checked<Option<Option<DeletionView>>> {
        self.witness.wishes(by, &conversation, wanted)?;
        let deletion = match self.asks(by, command)? {
            Some(Ok(Reply::Deletion(deletion))) => Some(Some(deletion)),
            Some(Ok(_)) => Some(None),
            Some(Err(error)) => {
                if matches!(error, CommandError::TooLateToCancel { .. }) {
                    self.tally.note(Happening::TakenBackTooLate);
                }
                None
            }
            None => None,
        };
        let batch = self.machines[by].newest_batch;
        let name = |view: &DeletionView| view.id.clone();
        let granted = deletion.as_ref().map(|view| (batch, view.as_ref().map(name)));
        self.witness.granted(by, &conversation, granted)?;
        Ok(deletion)
    }

    /// Whoever wished for it may think again.
    fn may_undo(&mut self, (chat, by): (usize, usize), deletion: DeletionView, undo_ms: Option<u64>) {
        self.people.deletions.insert((chat, by), deletion.id);
        if let Some(after_ms) = undo_ms {
            let what = Deleting::Undo;
            self.plan_free(after_ms, Plan::Act(Act::Delete { chat, by, what }));
        }
    }

    fn deletes_one(
        &mut self,
        (chat, by): (usize, usize),
        (rows, share): (&[MessageView], u64),
        (scope, undo_ms): (DeleteFor, Option<u64>),
    ) -> Checked {
        let place = rows.len() * usize::try_from(share).unwrap_or(0) / 100;
        let Some(row) = rows.get(place) else {
            return Ok(());
        };
        let mut wanted = Wanted::default();
        // What no device of theirs has yet is gone everywhere.
        if scope == DeleteFor::Everyone || (row.mine && !self.has_arrived(by, row)?) {
            wanted.everyone.insert(row.id);
        } else {
            wanted.mine.insert(row.id);
        }
        let command = Command::DeleteMessages {
            conversation: row.conversation,
            positions: vec![row.position],
            scope,
        };
        self.say(by, &format!("deletes {:?} for {scope:?}", row.body));
        if let Some(Some(deletion)) = self.wishes((row.conversation, by), wanted, command)? {
            self.tally.note(if scope == DeleteFor::Everyone {
                Happening::DeletedForEveryone
            } else {
                Happening::DeletedForMe
            });
            self.may_undo((chat, by), deletion, undo_ms);
        }
        Ok(())
    }

    fn takes_back(&mut self, chat: usize, by: usize) -> Checked {
        let rows = self.words(chat, by)?;
        let Some(row) = rows.iter().rev().find(|row| row.mine) else {
            return Ok(());
        };
        let machine = &self.machines[by];
        let wanted = Wanted {
            everyone: [row.id].into(),
            unheard: !machine.has_work() && self.witness.is_unsent(&row.id, machine.left),
            ..Wanted::default()
        };
        let is_unheard = wanted.unheard;
        let command = Command::CancelMessage {
            conversation: row.conversation,
            position: row.position,
        };
        self.say(by, &format!("takes {:?} back", row.body));
        if self.wishes((row.conversation, by), wanted, command)?.is_some() {
            self.tally.note(Happening::TakenBack);
            if is_unheard {
                self.tally.note(Happening::TakenBackUnheard);
            }
        }
        Ok(())
    }

    fn undoes(&mut self, chat: usize, by: usize) -> Checked {
        let deletion = self.people.deletions.get(&(chat, by)).cloned();
        let (Some(deletion), Some(conversation)) = (deletion, self.chats[chat].id) else {
            return Ok(());
        };
        self.say(by, "thinks again");
        let command = Command::UndoDelete {
            deletion: deletion.clone(),
        };
        match self.asks(by, command)? {
            Some(Ok(_)) => {
                self.tally.note(Happening::Undone);
                let batch = self.machines[by].newest_batch;
                self.witness.undone(by, &conversation, batch, &deletion)
            }
            Some(Err(CommandError::UnknownDeletion)) => {
                self.tally.note(Happening::UndoneTooLate);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn deletes_chat(&mut self, (chat, by): (usize, usize), undo_ms: Option<u64>) -> Checked {
        let Some(conversation) = self.chats[chat].id else {
            return Ok(());
        };
        let rows = self.rows(chat, by)?;
        let mut wanted = Wanted {
            up_to: rows.last().map(|row| row.position),
            joins: self.chat_deletion(by, conversation)?,
            ..Wanted::default()
        };
        for row in &rows {
            if row.mine && row.state.is_some() && !self.has_arrived(by, row)? {
                wanted.everyone.insert(row.id);
            } else {
                wanted.mine.insert(row.id);
            }
        }
        self.say(by, "deletes the whole chat");
        let granted = self.wishes((conversation, by), wanted, Command::DeleteChat { conversation })?;
        if let Some(Some(deletion)) = granted {
            self.tally.note(Happening::ChatDeleted);
            self.may_undo((chat, by), deletion, undo_ms);
        }
        Ok(())
    }

    /// What undoing the deletion of a whole chat is called that waits to be final.
    fn chat_deletion(&mut self, by: usize, conversation: ConversationId) -> Checked<Option<String>> {
        Ok(match self.asks(by, Command::GetConversation { conversation })? {
            Some(Ok(Reply::Conversation(view))) => view.deleting.map(|deleting| deleting.deletion),
            _ => None,
        })
    }

    fn sets_timer(&mut self, (chat, by): (usize, usize), seconds: u32) -> Checked {
        let Some(conversation) = self.chats[chat].id else {
            return Ok(());
        };
        self.witness.sets_timer(by, &conversation, seconds)?;
        let command = Command::SetTimer {
            conversation,
            seconds,
        };
        self.say(by, &format!("lets messages disappear after {seconds} s"));
        if let Some(Ok(_)) = self.asks(by, command)? {
            self.tally.note(Happening::TimerSet);
        }
        Ok(())
    }
}
