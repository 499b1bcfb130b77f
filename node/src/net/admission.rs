//! What gossipsub takes in at all: messages on topics that we take part in.
//!
//! gossipsub keeps every message that it was sent for some seconds, and its id for longer, before it asks whether we take
//! part in its topic. A contact that floods topics of its own invention would fill our memory at the speed of the line. So it
//! is asked here first, where gossipsub lets an application decode what came: what is not let in leaves no trace.

use std::{
    collections::HashSet,
    io,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use libp2p::gossipsub::{DataTransform, Message, RawMessage, TopicHash};

/// The topics that this node takes part in, shared between gossipsub and whoever subscribes.
#[derive(Clone, Debug, Default)]
pub struct Admission {
    topics: Arc<RwLock<HashSet<TopicHash>>>,
    /// How many messages were not let in.
    refused: Arc<AtomicU64>,
}

impl Admission {
    /// Lets messages on a topic in.
    pub fn open(&self, topic: &str) {
        let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
        topics.insert(TopicHash::from_raw(topic));
    }

    /// Lets messages on a topic in no longer.
    pub fn close(&self, topic: &str) {
        let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
        topics.remove(&TopicHash::from_raw(topic));
    }

    /// The number of messages that were not let in until now. Who sent them is known to whoever handed them to gossipsub.
    #[must_use]
    pub fn refused(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.refused)
    }

    fn admits(&self, topic: &TopicHash) -> bool {
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
        topics.contains(topic)
    }
}

impl DataTransform for Admission {
    fn inbound_transform(&self, raw: RawMessage) -> Result<Message, io::Error> {
        if !self.admits(&raw.topic) {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err(io::Error::other("not a topic of ours"));
        }
        Ok(Message {
            source: raw.source,
            data: raw.data,
            sequence_number: raw.sequence_number,
            topic: raw.topic,
        })
    }

    fn outbound_transform(&self, _topic: &TopicHash, data: Vec<u8>) -> Result<Vec<u8>, io::Error> {
        Ok(data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(topic: &str) -> RawMessage {
        RawMessage {
            source: None,
            data: vec![1],
            sequence_number: None,
            topic: TopicHash::from_raw(topic),
            signature: None,
            key: None,
            validated: false,
        }
    }

    #[test]
    fn only_topics_of_ours_are_let_in() {
        let admission = Admission::default();
        admission.open("ours");
        assert!(admission.inbound_transform(raw("theirs")).is_err());
        assert!(admission.inbound_transform(raw("ours")).is_ok());
        admission.close("ours");
        assert!(admission.inbound_transform(raw("ours")).is_err());
    }
}
