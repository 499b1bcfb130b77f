//! Messages that a person deleted without having seen them.

use kith_crypto::{ConversationId, DeviceId};
use serde::{Deserialize, Serialize};

use super::{Ranges, Record};
use crate::store::{Key, Scope, Suffix, Table};

/// What of a content log was deleted unseen: exceptions to what a device says was shown of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unseen {
    pub conversation: ConversationId,
    /// Whose person deleted it.
    pub reader: DeviceId,
    /// Whose content log.
    pub author: DeviceId,
    pub seqs: Ranges,
}

impl Unseen {
    /// The most ranges that are kept of a log, and told.
    pub const MOST: usize = 64;

    pub fn empty(conversation: ConversationId, reader: DeviceId, author: DeviceId) -> Self {
        Self {
            conversation,
            reader,
            author,
            seqs: Ranges::default(),
        }
    }

    pub fn scope(conversation: &ConversationId) -> Scope {
        Scope::new(Table::Unseen).with(conversation.as_bytes())
    }

    pub fn at(conversation: &ConversationId, reader: &DeviceId, author: &DeviceId) -> Key {
        let both = [*reader.as_bytes(), *author.as_bytes()].concat();
        Key::new(Self::scope(conversation), Suffix::hashed(both))
    }

    /// Adds numbers; false if all were there. Of too many ranges the first become one: what was seen between them counts as
    /// unseen, rather than the other way round.
    pub fn add(&mut self, seqs: &Ranges) -> bool {
        let before = self.seqs.clone();
        self.seqs.join(seqs);
        while self.seqs.len() > Self::MOST {
            let mut ranges = self.seqs.iter();
            let (Some((first, _)), Some((_, last))) = (ranges.next(), ranges.next()) else {
                break;
            };
            drop(ranges);
            self.seqs.add(first, last);
        }
        self.seqs != before
    }
}

impl Record for Unseen {
    fn key(&self) -> Key {
        Self::at(&self.conversation, &self.reader, &self.author)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_ranges_the_first_become_one() {
        let device = DeviceId::from_bytes([2; 32]);
        let mut unseen = Unseen::empty(ConversationId::from_bytes([1; 32]), device, device);
        for number in 1..=100 {
            assert!(unseen.add(&Ranges::one(number * 2)));
        }
        assert!(!unseen.add(&Ranges::one(4)));
        assert_eq!(unseen.seqs.len(), Unseen::MOST);
        assert!((1..=100).all(|number| unseen.seqs.contains(number * 2)));
        assert!(!unseen.seqs.contains(199));
    }
}
