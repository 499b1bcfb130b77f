//! Envelopes on topics: lost, repeated, overtaken and forged.

use kith_node::input::{GossipId, NetEvent};

use super::{
    super::{
        report::Happening,
        witness::{Checked, broken},
        world::World,
    },
    NetPlan,
};

/// The part of an envelope that names its epoch and sender.
fn chain_name(data: &[u8]) -> Vec<u8> {
    data.get(2..26).unwrap_or_default().to_vec()
}

impl World {
    pub(super) fn publish(&mut self, from: usize, topic: &str, data: Vec<u8>) -> Checked {
        self.witness.envelope(from, &data)?;
        self.network.traffic += 1;
        let envelope = self.network.envelopes.len();
        self.network.envelopes.push((from, data));
        let device = self.machines[from].device;
        for to in 0..self.machines.len() {
            let listens = self.machines[to].net.topics.contains(topic)
                && self.machines[to].net.known.contains(&device)
                && self.machines[from].net.known.contains(&self.machines[to].device);
            let connected = to != from && self.network.link_between(from, to).is_some();
            if !listens || !connected || !self.network.passes(from, to) {
                continue;
            }
            self.machines[from].left += 1;
            if self.dice.chance(self.network.weather.forged) {
                self.plan_gossip(to, envelope, topic, true);
            }
            if self.dice.chance(self.network.weather.lost) {
                self.tally.note(Happening::GossipLost);
                continue;
            }
            self.plan_gossip(to, envelope, topic, false);
            while self.dice.chance(self.network.weather.repeated) {
                self.tally.note(Happening::GossipDuplicated);
                self.plan_gossip(to, envelope, topic, false);
            }
        }
        Ok(())
    }

    pub(super) fn plan_gossip(&mut self, to: usize, envelope: usize, topic: &str, forged: bool) {
        let most = self.network.weather.gossip_ms;
        let after = self.dice.between(0, if forged { 1 } else { most });
        let plan = NetPlan::Gossip {
            to,
            life: self.machines[to].life,
            envelope,
            topic: topic.to_owned(),
            forged,
        };
        self.plan_net(after, plan);
    }

    pub(super) fn gossip(
        &mut self,
        to: usize,
        life: u32,
        envelope: usize,
        topic: String,
        forged: bool,
    ) -> Checked {
        let Some((from, data)) = self.network.envelopes.get(envelope).cloned() else {
            return Ok(());
        };
        let machine = &self.machines[to];
        if machine.life != life || !machine.net.topics.contains(&topic) || !self.network.passes(from, to) {
            return Ok(());
        }
        let mut data = data;
        let mut is_first = false;
        if forged {
            self.tally.note(Happening::GossipForged);
            let last = data.len().saturating_sub(1);
            let place = usize::try_from(self.dice.between(30, last as u64)).unwrap_or(last);
            if let Some(byte) = data.get_mut(place) {
                *byte ^= 1 << self.dice.below(8);
            }
        } else {
            self.tally.note(Happening::GossipDelivered);
            is_first = self.network.given.insert((to, life, envelope));
            let later = self
                .network
                .given
                .range((to, life, envelope + 1)..=(to, life, usize::MAX));
            if is_first && later.count() > 0 {
                self.tally.note(Happening::GossipLate);
            }
        }
        let id = self.network.number();
        self.network.judging.insert((to, id), (envelope, is_first));
        self.say(
            to,
            if forged {
                "hears a forged envelope"
            } else {
                "hears an envelope"
            },
        );
        let device = self.machines[from].device;
        self.news(
            to,
            NetEvent::Gossip {
                id: GossipId(id),
                device,
                topic,
                data,
            },
        )
    }

    /// A verdict: an unchanged envelope under keys that the node holds opens, whatever noise came before it, and it opens once:
    /// then its key is erased.
    pub(super) fn judged(&mut self, node: usize, id: GossipId, forward: bool) -> Checked {
        let Some((envelope, is_first)) = self.network.judging.remove(&(node, id.0)) else {
            return Err(broken(format!(
                "{} judges gossip that it was not given",
                self.machines[node].name
            )));
        };
        let Some((_, data)) = self.network.envelopes.get(envelope) else {
            return Ok(());
        };
        let life = self.machines[node].life;
        let chain = (node, life, chain_name(data));
        let has_keys = self.network.opened.contains(&chain);
        if forward {
            self.network.opened.insert(chain);
            if !self.network.read.insert((node, life, envelope)) {
                return Err(broken(format!(
                    "{} opens an envelope a second time: its key was not erased",
                    self.machines[node].name
                )));
            }
        } else if is_first && has_keys {
            return Err(broken(format!(
                "{} cannot open an envelope whose keys it holds",
                self.machines[node].name
            )));
        }
        Ok(())
    }
}
