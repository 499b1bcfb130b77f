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

/// See the module's essay.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: VecDeque<(NetEvent, Option<oneshot::Sender<()>>)>,
}

impl Outbox {
    /// Queues news. False if it was dropped because too much waits already.
    pub fn push(&mut self, event: NetEvent) -> bool {
        if self.waiting.len() >= CROWDED && can_be_missed(&event) {
            return false;
        }
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
        self.waiting.pop_front()
    }
}

/// Sync repairs missed gossip, discovery and lookups are asked again.
fn can_be_missed(event: &NetEvent) -> bool {
    matches!(
        event,
        NetEvent::Gossip { .. } | NetEvent::Discovered { .. } | NetEvent::RecordFound { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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
