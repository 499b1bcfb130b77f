//! News on its way to the engine, in order.
//!
//! The actor never waits for the engine: it would stop polling the swarm. So its news queue here and the actor's loop
//! hands them over as the engine takes them. What the network could flood is bounded and dropped first; what the engine
//! must not miss (links, answers to its own wishes) is bounded by the number of devices and of its own wishes.

use std::collections::VecDeque;

use tokio::sync::oneshot;

use crate::input::NetEvent;

/// Above this many waiting news, those that can be missed are dropped.
const CROWDED: usize = 4_096;
/// The same for how much gossip waits, bytes.
const CROWDED_BYTES: usize = 16 * 1024 * 1024;

/// See the module's essay.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: VecDeque<(NetEvent, Option<oneshot::Sender<()>>)>,
    gossip_bytes: usize,
}

impl Outbox {
    /// Queues news. False if it was dropped because too much waits already.
    pub fn push(&mut self, event: NetEvent) -> bool {
        let gossip = gossip_bytes(&event);
        let crowded = self.waiting.len() >= CROWDED && can_be_missed(&event);
        let full = gossip > 0 && self.gossip_bytes.saturating_add(gossip) > CROWDED_BYTES;
        if crowded || full {
            return false;
        }
        self.gossip_bytes = self.gossip_bytes.saturating_add(gossip);
        self.waiting.push_back((event, None));
        true
    }

    /// Queues news and tells somebody when it has been handed over.
    pub fn push_then(&mut self, event: NetEvent, handed_over: oneshot::Sender<()>) {
        self.waiting.push_back((event, Some(handed_over)));
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The oldest news, and whom to tell once it has been handed over.
    pub fn pop(&mut self) -> Option<(NetEvent, Option<oneshot::Sender<()>>)> {
        let oldest = self.waiting.pop_front()?;
        self.gossip_bytes = self.gossip_bytes.saturating_sub(gossip_bytes(&oldest.0));
        Some(oldest)
    }
}

fn gossip_bytes(event: &NetEvent) -> usize {
    match event {
        NetEvent::Gossip { data, .. } => data.len(),
        _ => 0,
    }
}

/// Sync repairs missed gossip, discovery and lookups are asked again, and who strays goes on until it is cut off.
fn can_be_missed(event: &NetEvent) -> bool {
    matches!(
        event,
        NetEvent::Gossip { .. }
            | NetEvent::Strayed { .. }
            | NetEvent::Discovered { .. }
            | NetEvent::RecordFound { .. }
    )
}

#[cfg(test)]
mod tests {
    use kith_crypto::DeviceId;

    use super::*;
    use crate::input::GossipId;

    #[test]
    fn of_large_gossip_fewer_wait() {
        let mut outbox = Outbox::default();
        let gossip = || NetEvent::Gossip {
            id: GossipId(1),
            device: DeviceId::from_bytes([1; 32]),
            topic: String::new(),
            data: vec![0; CROWDED_BYTES / 4],
        };
        for _ in 0..4 {
            assert!(outbox.push(gossip()));
        }
        assert!(!outbox.push(gossip()));
        assert!(outbox.push(NetEvent::LanDiscovery(true)));
        assert!(outbox.pop().is_some());
        assert!(outbox.push(gossip()));
    }

    #[test]
    fn a_crowded_outbox_drops_what_sync_repairs_and_keeps_the_rest() {
        let mut outbox = Outbox::default();
        let gossip = || NetEvent::RecordFound {
            key: [0; 32],
            value: Vec::new(),
        };
        for _ in 0..CROWDED {
            assert!(outbox.push(gossip()));
        }
        assert!(!outbox.push(gossip()));
        assert!(outbox.push(NetEvent::LanDiscovery(true)));
    }
}
