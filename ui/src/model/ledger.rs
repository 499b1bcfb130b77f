//! The delivery details that are being looked at: how far one message of ours has come on each device.

use kith_node::id::ConversationId;
use kith_node::position::Position;
use kith_node::view::LedgerView;
use kith_node::{Command, Event, Reply};

/// Where a message stands.
pub type Place = (ConversationId, Position);

/// The ledger that was asked for last.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    shown: Option<(Place, LedgerView)>,
    version: u64,
}

impl Ledger {
    /// The ledger of this message, once it has come.
    pub fn of(&self, place: Place) -> Option<&LedgerView> {
        let (known, view) = self.shown.as_ref()?;
        (*known == place).then_some(view)
    }

    /// Grows when something happened after which a ledger may have changed: whoever shows one asks again then.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Takes in one piece of news.
    pub fn apply_event(&mut self, event: &Event) {
        let touched = match event {
            Event::Message(row) => self
                .shown
                .as_ref()
                .is_some_and(|((conversation, _), _)| *conversation == row.conversation),
            Event::Contact(_) | Event::Conversation(_) | Event::Reload => true,
            _ => false,
        };
        self.version = self.version.wrapping_add(u64::from(touched));
    }

    /// Takes in the answer to `command`.
    pub fn apply_reply(&mut self, command: &Command, reply: &Reply) {
        if let (
            Command::GetLedger {
                conversation,
                position,
            },
            Reply::Ledger(view),
        ) = (command, reply)
        {
            self.shown = Some(((*conversation, *position), view.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{ALICE, at, conversation, ledger, row};

    #[test]
    fn a_ledger_is_asked_for_again_when_its_conversation_moves() {
        let mut model = Ledger::default();
        let place = (conversation(1), at(1));
        let get = Command::GetLedger {
            conversation: place.0,
            position: place.1,
        };
        model.apply_reply(&get, &Reply::Ledger(ledger(&row(1, ALICE, "hi"), 100_000)));
        assert!(model.of(place).is_some());
        assert!(model.of((conversation(1), at(2))).is_none());
        let before = model.version();
        let mut other = row(9, ALICE, "elsewhere");
        other.conversation = conversation(2);
        model.apply_event(&Event::Message(Box::new(other)));
        assert_eq!(model.version(), before);
        model.apply_event(&Event::Message(Box::new(row(1, ALICE, "hi"))));
        assert_ne!(model.version(), before);
    }
}
