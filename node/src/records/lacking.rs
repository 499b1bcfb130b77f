//! Words of a group that others may have and we lack.

use kith_crypto::{ConversationId, DeviceId};
use serde::{Deserialize, Serialize};

use super::{Ranges, Record};
use crate::store::{Key, Scope, Suffix, Table};

/// Which entries of a content log are held without their words, which other members may have.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Lacking {
    pub conversation: ConversationId,
    /// Whose content log.
    pub author: DeviceId,
    pub seqs: Ranges,
    /// Those of which their author is not told that they are here.
    awaited: Ranges,
    /// When they are given up, unix milliseconds.
    pub until_ms: u64,
}

impl Lacking {
    /// The most ranges that are kept of a log: whoever hands over the headers of ever other entries fills no disk.
    const MOST: usize = 1_024;

    pub fn empty(conversation: ConversationId, author: DeviceId) -> Self {
        Self {
            conversation,
            author,
            seqs: Ranges::default(),
            awaited: Ranges::default(),
            until_ms: 0,
        }
    }

    pub fn scope(conversation: &ConversationId) -> Scope {
        Scope::new(Table::Lacking).with(conversation.as_bytes())
    }

    pub fn at(conversation: &ConversationId, author: &DeviceId) -> Key {
        Key::new(Self::scope(conversation), Suffix::hashed(author.as_bytes()))
    }

    /// Adds an entry; false if it was there, or there is no room.
    pub fn add(&mut self, seq: u64, is_awaited: bool) -> bool {
        if self.seqs.len() >= Self::MOST || !self.seqs.insert(seq) {
            return false;
        }
        if is_awaited {
            self.awaited.insert(seq);
        }
        true
    }

    /// Takes entries out; false if none of them was there.
    pub fn take_out(&mut self, seqs: &Ranges) -> bool {
        self.awaited.take_out(seqs);
        self.seqs.take_out(seqs)
    }

    /// Nobody waits for this one any more; false if nobody did.
    pub fn release(&mut self, seq: u64) -> bool {
        self.awaited.take_out(&Ranges::one(seq))
    }

    /// The first one whose author waits.
    pub fn first_awaited(&self) -> Option<u64> {
        self.awaited.iter().next().map(|(first, _)| first)
    }
}

impl Record for Lacking {
    fn key(&self) -> Key {
        Self::at(&self.conversation, &self.author)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_is_lacking_no_more() {
        let mut lacking = Lacking::empty(ConversationId::from_bytes([1; 32]), DeviceId::from_bytes([2; 32]));
        assert!(lacking.add(3, true) && lacking.add(4, true) && lacking.add(9, false));
        assert!(!lacking.add(4, true));
        assert_eq!(lacking.first_awaited(), Some(3));
        assert!(lacking.release(3) && !lacking.release(3));
        assert_eq!(lacking.first_awaited(), Some(4));
        assert!(lacking.take_out(&Ranges::one(4)));
        assert_eq!(lacking.first_awaited(), None);
        assert_eq!(lacking.seqs.iter().collect::<Vec<_>>(), [(3, 3), (9, 9)]);
        assert!(!lacking.take_out(&Ranges::one(4)));
    }

    #[test]
    fn nobody_makes_it_grow_without_end() {
        let mut lacking = Lacking::empty(ConversationId::from_bytes([1; 32]), DeviceId::from_bytes([2; 32]));
        let taken = (1..5_000).filter(|n| lacking.add(n * 2, true)).count();
        assert_eq!(taken, Lacking::MOST);
    }
}
