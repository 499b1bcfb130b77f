//! A hostile network: links that can be cut at any moment, directions that fall silent, gossip that loses, repeats,
//! reorders and forges. It does to an engine what `kith_node::net` may do, and no more.
//!
//! A link carries each lane in order in each direction. What was on its way when it ends may or may not have arrived.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use kith_crypto::DeviceId;
use kith_node::{
    effects::Transmit,
    input::{GossipId, Input, Lane, LinkRequestId, NetEvent},
    view::PathView,
};

use super::{
    invariants::{Checked, broken},
    report::Happening,
    wire::Frame,
    world::{Plan, World},
};

/// How long a stranger's wish for a link waits for its answer, milliseconds.
const REQUEST_PATIENCE_MS: u64 = 5_000;
/// After how long a link on which nothing comes through is noticed, milliseconds.
const NOTICED_MS: (u64, u64) = (5_000, 15_000);
/// How often a frame that cannot get through is tried again, milliseconds.
const STALL_MS: u64 = 40;

/// How bad the network is in one story.
pub(super) struct Weather {
    /// The longest a frame or a handshake takes one way, milliseconds.
    pub latency_ms: u64,
    /// The longest an envelope takes, milliseconds.
    pub gossip_ms: u64,
    /// Envelopes lost, repeated and forged, in a hundred.
    pub lost: u64,
    pub repeated: u64,
    pub forged: u64,
}

/// One direction of a link: the frames under way, by lane, each lane in order.
#[derive(Default)]
struct Way {
    control: VecDeque<Vec<u8>>,
    sync: VecDeque<Vec<u8>>,
}

impl Way {
    fn lane(&mut self, lane: Lane) -> &mut VecDeque<Vec<u8>> {
        match lane {
            Lane::Control => &mut self.control,
            Lane::Sync => &mut self.sync,
        }
    }
}

/// A link between two machines.
struct Link {
    ends: [usize; 2],
    dialled_by: usize,
    /// Which ends have been told that it stands.
    up: [bool; 2],
    /// Which ends have been told that it is gone, or will be.
    closed: [bool; 2],
    /// What travels towards each end.
    towards: [Way; 2],
    binding: [u8; 32],
}

impl Link {
    fn side(&self, node: usize) -> Option<usize> {
        self.ends.iter().position(|end| *end == node)
    }
}

/// An attempt to make a link, until it is answered.
#[derive(Clone)]
struct Attempt {
    from: usize,
    to: usize,
    payload: Vec<u8>,
}

/// What the network still has to do.
pub(super) enum NetPlan {
    /// A handshake reaches the other side, or has been given up.
    Arrive { attempt: u64 },
    /// A handshake has waited long enough.
    GiveUp { attempt: u64 },
    /// A link stands at one end.
    Up { link: u64, side: usize },
    /// A link ends at one end.
    Down { link: u64, side: usize },
    /// One end looks whether anything still comes through.
    Notice { link: u64, side: usize },
    /// The next frame on a lane towards one end.
    Frame { link: u64, side: usize, lane: Lane },
    /// An envelope arrives.
    Gossip {
        to: usize,
        life: u32,
        envelope: usize,
        topic: String,
        forged: bool,
    },
    /// A direction works again.
    Mend { from: usize, to: usize },
}

/// The network between all machines.
pub(super) struct Network {
    pub weather: Weather,
    links: BTreeMap<u64, Link>,
    attempts: BTreeMap<u64, Attempt>,
    next: u64,
    /// Directions that let nothing through, and how many reasons there are for it.
    cut: BTreeMap<(usize, usize), u32>,
    /// Published envelopes: who, what.
    envelopes: Vec<(usize, Vec<u8>)>,
    /// Envelopes whose true bytes an engine was given, by machine and start.
    given: BTreeSet<(usize, u32, usize)>,
    /// Gossip that waits for a verdict: the envelope, and whether it was its first time unchanged.
    judging: BTreeMap<(usize, u64), (usize, bool)>,
    /// Senders' epochs that a machine has opened an envelope of since it started.
    opened: BTreeSet<(usize, u32, Vec<u8>)>,
    /// Everything that went out: frames, envelopes and dials.
    pub traffic: u64,
}

impl Network {
    pub fn new(weather: Weather) -> Self {
        Self {
            weather,
            links: BTreeMap::new(),
            attempts: BTreeMap::new(),
            next: 0,
            cut: BTreeMap::new(),
            envelopes: Vec::new(),
            given: BTreeSet::new(),
            judging: BTreeMap::new(),
            opened: BTreeSet::new(),
            traffic: 0,
        }
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn passes(&self, from: usize, to: usize) -> bool {
        self.cut.get(&(from, to)).is_none_or(|reasons| *reasons == 0)
    }

    fn link_between(&self, a: usize, b: usize) -> Option<u64> {
        let found = self.links.iter().find(|(_, link)| {
            link.side(a).is_some() && link.side(b).is_some() && link.closed.contains(&false)
        });
        found.map(|(id, _)| *id)
    }
}

/// The part of an envelope that names its epoch and sender.
fn chain_name(data: &[u8]) -> Vec<u8> {
    data.get(2..26).unwrap_or_default().to_vec()
}

impl World {
    /// A machine wants something of the network.
    pub fn transmit(&mut self, node: usize, transmit: Transmit) -> Checked {
        let side = &mut self.machines[node].net;
        match transmit {
            Transmit::Identify { account, device_list } => side.name = Some((account, device_list)),
            Transmit::Know { device } => drop(side.known.insert(device)),
            Transmit::Subscribe { topic } => drop(side.topics.insert(topic)),
            Transmit::Unsubscribe { topic } => drop(side.topics.remove(&topic)),
            Transmit::Forget { device } => {
                side.known.remove(&device);
                if let Some(link) = self
                    .node_of(&device)
                    .and_then(|to| self.network.link_between(node, to))
                {
                    self.end_link(link, 0);
                }
            }
            Transmit::Dial {
                device,
                addresses,
                payload,
            } => self.dial(node, &device, &addresses, payload),
            Transmit::AnswerLink { request, refusal } => self.answer(node, request, refusal)?,
            Transmit::Send { device, lane, frame } => self.send(node, &device, lane, frame)?,
            Transmit::Publish { topic, data } => self.publish(node, &topic, data)?,
            Transmit::Judge { id, forward } => self.judged(node, id, forward)?,
            Transmit::PublishRecord { .. } | Transmit::LookUpRecord { .. } | Transmit::RetryBootstraps => {}
        }
        Ok(())
    }

    fn node_of(&self, device: &DeviceId) -> Option<usize> {
        self.machines.iter().position(|machine| machine.device == *device)
    }

    fn latency(&mut self) -> u64 {
        let most = self.network.weather.latency_ms;
        self.dice.between(0, most)
    }

    fn dial(&mut self, from: usize, device: &DeviceId, addresses: &[String], payload: Vec<u8>) {
        self.network.traffic += 1;
        let Some(to) = self.node_of(device) else { return };
        let side = |link: &Link| link.side(from).is_some_and(|side| !link.closed[side]);
        let stands = self.network.link_between(from, to);
        let stands = stands
            .and_then(|id| self.network.links.get(&id))
            .is_some_and(side);
        let attempts = self.network.attempts.values();
        let mut others = attempts.filter(|attempt| (attempt.from, attempt.to) == (from, to));
        if stands || others.next().is_some() {
            return;
        }
        let there = &self.machines[to].address;
        let known = addresses.contains(there) || self.machines[from].net.learned.get(device) == Some(there);
        let attempt = self.network.number();
        self.network
            .attempts
            .insert(attempt, Attempt { from, to, payload });
        self.say(from, "dials");
        let after = self.latency();
        if known {
            self.plan(after * 3, from, Plan::Net(NetPlan::Arrive { attempt }));
        } else {
            self.plan(after, from, Plan::Net(NetPlan::GiveUp { attempt }));
        }
        self.plan(after + 20_000, from, Plan::Net(NetPlan::GiveUp { attempt }));
    }

    fn arrive(&mut self, number: u64) -> Checked {
        let Some(attempt) = self.network.attempts.get(&number).cloned() else {
            return Ok(());
        };
        let Attempt { from, to, payload } = attempt;
        let named = self.machines[from].net.name.clone();
        let is_there = self.machines[to].is_up() && self.machines[to].net.name.is_some();
        let passes = self.network.passes(from, to) && self.network.passes(to, from);
        let (Some((account, device_list)), true) = (named, is_there && passes) else {
            let after = if passes { 1 } else { 5_000 };
            self.plan_net(after, NetPlan::GiveUp { attempt: number });
            return Ok(());
        };
        if self
            .network
            .attempts
            .values()
            .any(|other| (other.from, other.to) == (to, from))
        {
            self.tally.note(Happening::DialGlare);
        }
        self.plan_net(REQUEST_PATIENCE_MS, NetPlan::GiveUp { attempt: number });
        let device = self.machines[from].device;
        self.news(
            to,
            NetEvent::LinkRequested {
                request: LinkRequestId(number),
                device,
                account,
                device_list,
                payload,
            },
        )
    }

    fn give_up(&mut self, number: u64) -> Checked {
        let Some(attempt) = self.network.attempts.remove(&number) else {
            return Ok(());
        };
        let device = self.machines[attempt.to].device;
        self.news(
            attempt.from,
            NetEvent::DialFailed {
                device,
                reason: "It could not be reached.".into(),
            },
        )
    }

    fn answer(&mut self, node: usize, request: LinkRequestId, refusal: Option<u8>) -> Checked {
        let Some(attempt) = self.network.attempts.remove(&request.0) else {
            return Ok(());
        };
        let Attempt { from, to, .. } = attempt;
        if to != node {
            return Err(broken(format!(
                "node {node} answers a wish for a link to somebody else"
            )));
        }
        let device = self.machines[to].device;
        if let Some(reason) = refusal {
            self.say(node, &format!("refuses a link: {reason}"));
            return self.news(from, NetEvent::LinkRefused { device, reason });
        }
        if let Some(standing) = self.network.link_between(from, to) {
            let dialled_by = self
                .network
                .links
                .get(&standing)
                .map_or(to, |link| link.dialled_by);
            let whole = self
                .network
                .links
                .get(&standing)
                .is_some_and(|link| link.closed == [false; 2]);
            // Of two at once, the one that the lower device dialled stays.
            if whole && self.machines[dialled_by].device < self.machines[from].device {
                return Ok(());
            }
            self.end_link(standing, 0);
        }
        self.network
            .attempts
            .retain(|_, other| (other.from, other.to) != (to, from));
        let link = self.network.number();
        let binding = self.dice.bytes();
        self.network.links.insert(
            link,
            Link {
                ends: [from, to],
                dialled_by: from,
                up: [false; 2],
                closed: [false; 2],
                towards: [Way::default(), Way::default()],
                binding,
            },
        );
        self.tally.note(Happening::LinkMade);
        for side in [0, 1] {
            // After an older link has ended at both ends.
            let after = 2 + self.latency();
            self.plan_net(after, NetPlan::Up { link, side });
        }
        if !self.network.passes(from, to) || !self.network.passes(to, from) {
            self.doubt(link);
        }
        Ok(())
    }

    /// Both ends will look whether anything still comes through a link.
    fn doubt(&mut self, link: u64) {
        for side in [0, 1] {
            let after = self.dice.between(NOTICED_MS.0, NOTICED_MS.1);
            self.plan_net(after, NetPlan::Notice { link, side });
        }
    }

    /// A link ends; each end hears of it within so many milliseconds.
    fn end_link(&mut self, link: u64, within_ms: u64) {
        for side in [0, 1] {
            let after = self.dice.between(0, within_ms);
            self.plan_net(after, NetPlan::Down { link, side });
        }
    }

    fn up(&mut self, id: u64, side: usize) -> Checked {
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

    fn down(&mut self, id: u64, side: usize) -> Checked {
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

    fn notice(&mut self, id: u64, side: usize) -> Checked {
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

    fn send(&mut self, from: usize, device: &DeviceId, lane: Lane, frame: Vec<u8>) -> Checked {
        let Some(read) = Frame::read(&frame) else {
            return Err(broken(format!(
                "node {from} sends a frame that an independent reader cannot read"
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
        self.say(from, &format!("sends {}", read.name()));
        self.plan_net(after, NetPlan::Frame { link: id, side, lane });
        Ok(())
    }

    fn frame(&mut self, id: u64, side: usize, lane: Lane) -> Checked {
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

    fn publish(&mut self, from: usize, topic: &str, data: Vec<u8>) -> Checked {
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

    fn plan_gossip(&mut self, to: usize, envelope: usize, topic: &str, forged: bool) {
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

    fn gossip(&mut self, to: usize, life: u32, envelope: usize, topic: String, forged: bool) -> Checked {
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
        self.news(
            to,
            NetEvent::Gossip {
                id: GossipId(id),
                topic,
                data,
            },
        )
    }

    /// A verdict: an unchanged envelope under keys that the node holds opens, whatever noise came before it.
    fn judged(&mut self, node: usize, id: GossipId, forward: bool) -> Checked {
        let Some((envelope, is_first)) = self.network.judging.remove(&(node, id.0)) else {
            return Err(broken(format!("node {node} judges gossip that it was not given")));
        };
        let Some((_, data)) = self.network.envelopes.get(envelope) else {
            return Ok(());
        };
        let life = self.machines[node].life;
        let chain = (node, life, chain_name(data));
        let has_keys = self.network.opened.contains(&chain);
        if forward {
            self.network.opened.insert(chain);
        } else if is_first && has_keys {
            return Err(broken(format!(
                "node {node} cannot open an envelope whose keys it holds"
            )));
        }
        Ok(())
    }

    /// The network does what it had planned.
    pub fn net_step(&mut self, plan: NetPlan) -> Checked {
        match plan {
            NetPlan::Arrive { attempt } => self.arrive(attempt),
            NetPlan::GiveUp { attempt } => self.give_up(attempt),
            NetPlan::Up { link, side } => self.up(link, side),
            NetPlan::Down { link, side } => self.down(link, side),
            NetPlan::Notice { link, side } => self.notice(link, side),
            NetPlan::Frame { link, side, lane } => self.frame(link, side, lane),
            NetPlan::Gossip {
                to,
                life,
                envelope,
                topic,
                forged,
            } => self.gossip(to, life, envelope, topic, forged),
            NetPlan::Mend { from, to } => {
                if let Some(reasons) = self.network.cut.get_mut(&(from, to)) {
                    *reasons = reasons.saturating_sub(1);
                }
                Ok(())
            }
        }
    }

    fn plan_net(&mut self, after_ms: u64, plan: NetPlan) {
        self.plan_free(after_ms, Plan::Net(plan));
    }

    fn news(&mut self, node: usize, event: NetEvent) -> Checked {
        self.give(node, Input::Net(event)).map(drop)
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

    /// One direction lets nothing through for a while.
    pub fn cut(&mut self, from: usize, to: usize, for_ms: u64) {
        *self.network.cut.entry((from, to)).or_default() += 1;
        self.plan_net(for_ms, NetPlan::Mend { from, to });
        for id in self.network.links.keys().copied().collect::<Vec<_>>() {
            self.doubt(id);
        }
    }

    /// Every direction works again, and everyone on the local network finds everyone.
    pub fn heal_network(&mut self) -> Checked {
        self.network.cut.clear();
        let count = self.machines.len();
        for (node, other) in (0..count).flat_map(|a| (0..count).map(move |b| (a, b))) {
            if node != other {
                self.discover(node, other)?;
            }
        }
        Ok(())
    }

    /// A machine finds another on the local network.
    pub fn discover(&mut self, node: usize, other: usize) -> Checked {
        if !self.machines[node].is_up() || !self.machines[other].is_up() {
            return Ok(());
        }
        let (device, address) = (self.machines[other].device, self.machines[other].address.clone());
        self.machines[node].net.learned.insert(device, address.clone());
        self.news(
            node,
            NetEvent::Discovered {
                device,
                addresses: vec![address],
                lan: true,
            },
        )
    }
}
