//! Links: they stand at one end before the other, carry each lane in order, and end at any moment.

use kith_crypto::DeviceId;
use kith_node::{
    input::{Lane, NetEvent},
    view::PathView,
};

use super::{
    super::{
        report::Happening,
        wire::Frame,
        witness::{Checked, broken},
        world::World,
    },
    NetPlan,
};

/// After how long a link on which nothing comes through is noticed, milliseconds.
const NOTICED_MS: (u64, u64) = (5_000, 15_000);
/// How often a frame that cannot get through is tried again, milliseconds.
const STALL_MS: u64 = 40;

impl World {
    /// Both ends will look whether anything still comes through a link.
    pub(super) fn doubt(&mut self, link: u64) {
        for side in [0, 1] {
            let after = self.dice.between(NOTICED_MS.0, NOTICED_MS.1);
            self.plan_net(after, NetPlan::Notice { link, side });
        }
    }

    /// A link ends; each end hears of it within so many milliseconds.
    pub(super) fn end_link(&mut self, link: u64, within_ms: u64) {
        for side in [0, 1] {
            let after = self.dice.between(0, within_ms);
            self.plan_net(after, NetPlan::Down { link, side });
        }
    }

    pub(super) fn up(&mut self, id: u64, side: usize) -> Checked {
        let Some(link) = self.network.links.get_mut(&id) else {
            return Ok(());
        };
        let (node, other) = (link.ends[side], link.ends[1 - side]);
        let binding = link.binding;
        let name = self.machines[other].net.name.clone();
        let Some((account, device_list)) = name.filter(|_| !link.closed[side] && self.machines[node].is_up())
        else {
            return Ok(());
        };
        link.up[side] = true;
        self.say(node, "has a link");
        let device = self.machines[other].device;
        self.news(
            node,
            NetEvent::LinkUp {
                device,
                account,
                device_list,
                path: PathView::Direct,
                binding,
            },
        )
    }

    pub(super) fn down(&mut self, id: u64, side: usize) -> Checked {
        let Some(link) = self.network.links.get_mut(&id) else {
            return Ok(());
        };
        if link.closed[side] {
            return Ok(());
        }
        link.closed[side] = true;
        let (node, other) = (link.ends[side], link.ends[1 - side]);
        let was_up = link.up[side];
        let is_over = !link.closed.contains(&false);
        if is_over {
            self.network.links.remove(&id);
        } else {
            // The other end hears of it sooner or later.
            let within = self.network.weather.latency_ms + 200;
            let after = self.dice.between(0, within);
            if self.network.passes(node, other) {
                self.plan_net(
                    after,
                    NetPlan::Down {
                        link: id,
                        side: 1 - side,
                    },
                );
            } else {
                self.doubt(id);
            }
        }
        if !was_up {
            return Ok(());
        }
        self.say(node, "has lost its link");
        let device = self.machines[other].device;
        self.news(node, NetEvent::LinkDown { device })
    }

    pub(super) fn notice(&mut self, id: u64, side: usize) -> Checked {
        let Some(link) = self.network.links.get(&id) else {
            return Ok(());
        };
        let (a, b) = (link.ends[0], link.ends[1]);
        let other_is_gone = link.closed[1 - side];
        if other_is_gone || !self.network.passes(a, b) || !self.network.passes(b, a) {
            self.down(id, side)
        } else {
            Ok(())
        }
    }

    pub(super) fn send(&mut self, from: usize, device: &DeviceId, lane: Lane, frame: Vec<u8>) -> Checked {
        let Some(read) = Frame::read(&frame) else {
            return Err(broken(format!(
                "{} sends a frame that an independent reader cannot read",
                self.machines[from].name
            )));
        };
        self.witness.frame(from, &read)?;
        let Some(to) = self.node_of(device) else {
            return Ok(());
        };
        let Some(id) = self.network.link_between(from, to) else {
            return Ok(());
        };
        let after = self.latency();
        let Some(link) = self.network.links.get_mut(&id) else {
            return Ok(());
        };
        let Some(own) = link.side(from).filter(|own| link.up[*own] && !link.closed[*own]) else {
            return Ok(());
        };
        let side = 1 - own;
        link.towards[side].lane(lane).push_back(frame);
        self.network.traffic += 1;
        self.machines[from].left += 1;
        self.say(from, &format!("sends {}", read.name()));
        self.plan_net(after, NetPlan::Frame { link: id, side, lane });
        Ok(())
    }

    pub(super) fn frame(&mut self, id: u64, side: usize, lane: Lane) -> Checked {
        let Some(link) = self.network.links.get_mut(&id) else {
            return Ok(());
        };
        let (node, other) = (link.ends[side], link.ends[1 - side]);
        if link.closed[side] {
            return Ok(());
        }
        if !link.up[side] || !self.network.passes(other, node) {
            self.plan_net(STALL_MS, NetPlan::Frame { link: id, side, lane });
            return Ok(());
        }
        let Some(link) = self.network.links.get_mut(&id) else {
            return Ok(());
        };
        let Some(frame) = link.towards[side].lane(lane).pop_front() else {
            return Ok(());
        };
        let device = self.machines[other].device;
        self.news(node, NetEvent::Frame { device, lane, frame })
    }

    /// The machine is gone: its links end there at once, the others notice; its attempts are over.
    pub fn went_down(&mut self, node: usize) {
        self.network.attempts.retain(|_, attempt| attempt.from != node);
        self.network.judging.retain(|(judge, _), _| *judge != node);
        let links: Vec<u64> = self.network.links.keys().copied().collect();
        for id in links {
            let Some(link) = self.network.links.get_mut(&id) else {
                continue;
            };
            let Some(side) = link.side(node) else { continue };
            link.closed[side] = true;
            if link.closed.contains(&false) {
                let quickly = self.dice.chance(50);
                let after = if quickly {
                    self.dice.between(0, 300)
                } else {
                    self.dice.between(NOTICED_MS.0, NOTICED_MS.1)
                };
                self.plan_net(
                    after,
                    NetPlan::Down {
                        link: id,
                        side: 1 - side,
                    },
                );
            } else {
                self.network.links.remove(&id);
            }
        }
    }

    /// All links are cut at this moment.
    pub fn reset_links(&mut self) {
        for id in self.network.links.keys().copied().collect::<Vec<_>>() {
            self.tally.note(Happening::LinkReset);
            self.end_link(id, 200);
        }
    }
}
