//! gossipsub as Kith uses it: anonymous, validated by the engine, towards known devices only.
//!
//! It is the fast path and nothing is built on it: what it drops, sync repairs. So every failure here is a line in the
//! log and never an error.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use libp2p::{
    PeerId,
    gossipsub::{
        self, Behaviour, ConfigBuilder, IdentTopic, MaxCountSubscriptionFilter, Message, MessageAcceptance,
        MessageAuthenticity, MessageId, TopicHash, TopicSubscriptionFilter, ValidationMode,
    },
};

use super::{admission::Admission, device::device_of, error::NetError, gate::Gate, protocols};
use crate::input::{GossipId, NetEvent};

/// The largest gossiped message: an envelope (320 KiB) with gossipsub's own fields around it.
const MAX_TRANSMIT_BYTES: usize = 384 * 1024;
/// How many topics one peer may be subscribed to. A topic per shared conversation and week, with much room.
const MAX_TOPICS_PER_PEER: usize = 4_096;
/// The longest topic name: hex of 32 bytes.
const MAX_TOPIC_BYTES: usize = 64;
/// How many messages may wait for the engine's verdict, and how much they may hold together, bytes: gossipsub keeps each
/// until then.
const MAX_UNJUDGED: usize = 4_096;
const MAX_UNJUDGED_BYTES: usize = 16 * 1024 * 1024;
/// How long a message id is remembered: far longer than a message travels. What comes again later is recognised by the
/// engine, and each id takes memory.
const DUPLICATE_MEMORY: Duration = Duration::from_secs(60);

/// gossipsub with our filters.
pub type Gossipsub = Behaviour<Admission, MaxCountSubscriptionFilter<TopicShape>>;

/// Lets well-formed topic names pass.
///
/// It may not ask whether *we* subscribe the topic: gossipsub tells its subscriptions once, and a peer that subscribed
/// before us would stay unheard for as long as the connection stands. Only known devices get this far, and
/// [`MAX_TOPICS_PER_PEER`] bounds what they can make us remember.
#[derive(Clone, Debug, Default)]
pub struct TopicShape;

impl TopicSubscriptionFilter for TopicShape {
    fn can_subscribe(&mut self, topic: &TopicHash) -> bool {
        is_topic(topic.as_str())
    }
}

fn is_topic(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_TOPIC_BYTES && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Makes gossipsub, which takes what `admission` lets in.
///
/// # Errors
/// [`NetError::Gossip`] if it refuses its configuration.
pub fn behaviour(admission: Admission) -> Result<Gossipsub, NetError> {
    let config = ConfigBuilder::default()
        .protocol_id_prefix(protocols::GOSSIP)
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(message_id)
        .max_transmit_size(MAX_TRANSMIT_BYTES)
        .duplicate_cache_time(DUPLICATE_MEMORY)
        .flood_publish(true)
        // Conversations have 2 to a few dozen devices: a mesh of all of them up to 12.
        .mesh_outbound_min(0)
        .mesh_n_low(2)
        .mesh_n(6)
        .mesh_n_high(12)
        // A topic is left when the last other device of its conversation goes, and joined again when one comes.
        .unsubscribe_backoff(Duration::from_secs(1))
        .prune_backoff(Duration::from_secs(10))
        .build()
        .map_err(|error| NetError::Gossip(error.to_string()))?;
    let filter = MaxCountSubscriptionFilter {
        filter: TopicShape,
        max_subscribed_topics: MAX_TOPICS_PER_PEER,
        max_subscriptions_per_request: MAX_TOPICS_PER_PEER,
    };
    let authenticity = MessageAuthenticity::Anonymous;
    Behaviour::new_with_subscription_filter_and_transform(authenticity, config, filter, admission)
        .map_err(|error| NetError::Gossip(error.to_owned()))
}

/// The same bytes on the same topic are the same message, whoever sends them.
pub(super) fn message_id(message: &Message) -> MessageId {
    let mut hasher = blake3::Hasher::new_derive_key("kith gossip message id v1");
    let topic = message.topic.as_str().as_bytes();
    hasher.update(&u64::try_from(topic.len()).unwrap_or(u64::MAX).to_be_bytes());
    hasher.update(topic);
    hasher.update(&message.data);
    MessageId::from(hasher.finalize().as_bytes().to_vec())
}

/// Messages that wait for a verdict. When too many wait the oldest is let go, which gossipsub treats as ignored.
#[derive(Debug, Default)]
pub struct Unjudged {
    next: u64,
    waiting: HashMap<GossipId, Waiting>,
    order: VecDeque<GossipId>,
    bytes: usize,
}

/// One of them: its name in gossipsub, and how much it holds.
#[derive(Debug)]
struct Waiting {
    message: MessageId,
    source: PeerId,
    bytes: usize,
}

impl Unjudged {
    /// Remembers a message of this size until its verdict; gives its name and those that were let go for want of room.
    pub fn add(
        &mut self,
        message: MessageId,
        source: PeerId,
        bytes: usize,
    ) -> (GossipId, Vec<(MessageId, PeerId)>) {
        self.next = self.next.wrapping_add(1);
        let id = GossipId(self.next);
        self.bytes = self.bytes.saturating_add(bytes);
        self.waiting.insert(
            id,
            Waiting {
                message,
                source,
                bytes,
            },
        );
        self.order.push_back(id);
        let mut dropped = Vec::new();
        while self.waiting.len() > MAX_UNJUDGED || self.bytes > MAX_UNJUDGED_BYTES {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            dropped.extend(self.take(oldest));
        }
        // Verdicts come nearly in order; names already judged leave the front of the queue here.
        while self
            .order
            .front()
            .is_some_and(|oldest| !self.waiting.contains_key(oldest))
        {
            self.order.pop_front();
        }
        (id, dropped)
    }

    /// Takes a message for its verdict.
    pub fn take(&mut self, id: GossipId) -> Option<(MessageId, PeerId)> {
        let taken = self.waiting.remove(&id)?;
        self.bytes = self.bytes.saturating_sub(taken.bytes);
        Some((taken.message, taken.source))
    }
}

/// The gossip of one node: gossipsub behind its gate, and what waits for a verdict.
#[derive(Debug, Default)]
pub struct Gossip {
    unjudged: Unjudged,
    admission: Admission,
}

impl Gossip {
    /// Nothing waits yet; `admission` is the one that gossipsub was made with.
    #[must_use]
    pub fn new(admission: Admission) -> Self {
        Self {
            unjudged: Unjudged::default(),
            admission,
        }
    }

    /// Takes part in a topic.
    pub fn subscribe(&self, gate: &mut Gate<Gossipsub>, topic: &str) {
        self.admission.open(topic);
        if let Err(error) = gate.inner_mut().subscribe(&IdentTopic::new(topic)) {
            tracing::debug!(%error, "a topic was not subscribed");
        }
    }

    /// Leaves a topic.
    pub fn unsubscribe(&self, gate: &mut Gate<Gossipsub>, topic: &str) {
        self.admission.close(topic);
        gate.inner_mut().unsubscribe(&IdentTopic::new(topic));
    }

    /// Gossips an envelope. That nobody is there, or that queues are full, is not an error: sync will bring it.
    pub fn publish(gate: &mut Gate<Gossipsub>, topic: &str, data: Vec<u8>) {
        if let Err(error) = gate.inner_mut().publish(IdentTopic::new(topic), data) {
            tracing::debug!(%error, "an envelope was not gossiped");
        }
    }

    /// Passes a verdict on.
    pub fn judge(&mut self, gate: &mut Gate<Gossipsub>, id: GossipId, forward: bool) {
        let Some((message, source)) = self.unjudged.take(id) else {
            return;
        };
        let verdict = if forward {
            MessageAcceptance::Accept
        } else {
            MessageAcceptance::Ignore
        };
        gate.inner_mut()
            .report_message_validation_result(&message, &source, verdict);
    }

    /// Turns gossipsub's event into news for the engine.
    pub fn on_event(&mut self, gate: &mut Gate<Gossipsub>, event: gossipsub::Event) -> Option<NetEvent> {
        let gossipsub::Event::Message {
            propagation_source,
            message_id,
            message,
        } = event
        else {
            return None;
        };
        // A peer whose key is no device's was never let through the gate.
        let device = device_of(&propagation_source)?;
        let bytes = message.data.len();
        let (id, dropped) = self.unjudged.add(message_id, propagation_source, bytes);
        for (message, source) in dropped {
            gate.inner_mut()
                .report_message_validation_result(&message, &source, MessageAcceptance::Ignore);
        }
        Some(NetEvent::Gossip {
            id,
            device,
            topic: message.topic.into_string(),
            data: message.data,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_short_names_of_letters_and_digits() {
        assert!(is_topic(&"a".repeat(64)));
        assert!(!is_topic(""));
        assert!(!is_topic(&"a".repeat(65)));
        assert!(!is_topic("white space"));
    }

    #[test]
    fn the_oldest_of_too_many_unjudged_messages_is_let_go() {
        let mut unjudged = Unjudged::default();
        let source = PeerId::random();
        let (first, _) = unjudged.add(MessageId::from(vec![0]), source, 1);
        for _ in 1..MAX_UNJUDGED {
            assert!(unjudged.add(MessageId::from(vec![1]), source, 1).1.is_empty());
        }
        let (last, dropped) = unjudged.add(MessageId::from(vec![2]), source, 1);
        assert_eq!(dropped, [(MessageId::from(vec![0]), source)]);
        assert!(unjudged.take(first).is_none());
        assert!(unjudged.take(last).is_some());
        assert!(unjudged.take(last).is_none(), "a verdict is passed once");
    }

    #[test]
    fn large_ones_wait_in_smaller_numbers() {
        let mut unjudged = Unjudged::default();
        let source = PeerId::random();
        let (first, _) = unjudged.add(MessageId::from(vec![0]), source, MAX_UNJUDGED_BYTES / 2);
        let (second, _) = unjudged.add(MessageId::from(vec![1]), source, MAX_UNJUDGED_BYTES / 2);
        let (_, dropped) = unjudged.add(MessageId::from(vec![2]), source, 1);
        assert_eq!(dropped, [(MessageId::from(vec![0]), source)]);
        assert!(unjudged.take(first).is_none());
        assert!(unjudged.take(second).is_some());
        assert_eq!(unjudged.bytes, 1);
    }

    #[test]
    fn a_message_id_depends_on_topic_and_data_alone() {
        let message = |topic: &str, data: &[u8]| Message {
            source: None,
            data: data.to_vec(),
            sequence_number: None,
            topic: TopicHash::from_raw(topic),
        };
        assert_eq!(message_id(&message("a", b"x")), message_id(&message("a", b"x")));
        assert_ne!(message_id(&message("a", b"x")), message_id(&message("b", b"x")));
        assert_ne!(message_id(&message("a", b"bx")), message_id(&message("ab", b"x")));
    }
}
