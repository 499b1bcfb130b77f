//! A hostile network: links that can be cut at any moment, directions that fall silent, gossip that loses, repeats,
//! reorders and forges. It does to an engine what `kith_node::net` may do, and no more.
//!
//! A link carries each lane in order in each direction. What was on its way when it ends may or may not have arrived.

mod deposits;
mod dialling;
mod gossip;
mod links;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use kith_crypto::DeviceId;
use kith_node::{
    effects::Transmit,
    input::{Input, Lane, NetEvent},
};

use super::{
    witness::Checked,
    world::{Plan, World},
};

/// How long a stranger's wish for a link waits for its answer, milliseconds.
const REQUEST_PATIENCE_MS: u64 = 5_000;

/// How bad the network is in one story.
#[derive(Clone, Copy)]
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
    /// A deposit reaches its carrier.
    Deposit { number: u64 },
    /// The answer to a deposit reaches its author, or none will.
    Deposited { number: u64, answer: Option<Vec<u8>> },
    /// A direction works again.
    Mend { from: usize, to: usize },
}

/// The network between all machines.
pub(super) struct Network {
    pub weather: Weather,
    links: BTreeMap<u64, Link>,
    attempts: BTreeMap<u64, Attempt>,
    deposits: BTreeMap<u64, deposits::Underway>,
    next: u64,
    /// Directions that let nothing through, and how many reasons there are for it.
    cut: BTreeMap<(usize, usize), u32>,
    /// Published envelopes: who, what.
    envelopes: Vec<(usize, Vec<u8>)>,
    /// Envelopes whose true bytes an engine was given, by machine and start.
    given: BTreeSet<(usize, u32, usize)>,
    /// Gossip that waits for a verdict: the envelope, and whether it was its first time unchanged.
    judging: BTreeMap<(usize, u64), (usize, bool)>,
    /// Envelopes that a machine has opened since it started.
    read: BTreeSet<(usize, u32, usize)>,
    /// Senders' epochs that a machine has opened an envelope of since it started.
    opened: BTreeSet<(usize, u32, Vec<u8>)>,
    /// Everything that went out: frames, envelopes, deposits and dials.
    pub traffic: u64,
}

impl Network {
    pub fn new(weather: Weather) -> Self {
        Self {
            weather,
            links: BTreeMap::new(),
            attempts: BTreeMap::new(),
            deposits: BTreeMap::new(),
            next: 0,
            cut: BTreeMap::new(),
            envelopes: Vec::new(),
            given: BTreeSet::new(),
            judging: BTreeMap::new(),
            read: BTreeSet::new(),
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
            Transmit::Deposit {
                errand,
                device,
                addresses,
                data,
            } => self.deposit(node, errand, (&device, &addresses), data)?,
            Transmit::AnswerDeposit { deposit, answer } => self.deposit_answered(node, deposit, answer)?,
            // There is no DHT.
            Transmit::PublishRecord { .. }
            | Transmit::LookUpRecord { .. }
            | Transmit::RetryBootstraps
            | Transmit::SetBootstraps { .. } => {}
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
            NetPlan::Deposit { number } => self.deposit_arrives(number),
            NetPlan::Deposited { number, answer } => self.deposit_ends(number, answer),
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

    /// One direction lets nothing through for a while.
    pub fn cut(&mut self, from: usize, to: usize, for_ms: u64) {
        *self.network.cut.entry((from, to)).or_default() += 1;
        self.plan_net(for_ms, NetPlan::Mend { from, to });
        if let Some(link) = self.network.link_between(from, to) {
            self.doubt(link);
        }
    }

    /// Nothing passes between two for a while.
    pub fn part(&mut self, a: usize, b: usize, for_ms: u64) {
        self.cut(a, b, for_ms);
        self.cut(b, a, for_ms);
    }

    /// Every direction works again, and all who know one another find one another on the local network.
    pub fn heal_network(&mut self) -> Checked {
        self.network.cut.clear();
        for members in self
            .chats
            .iter()
            .map(|chat| chat.members.clone())
            .collect::<Vec<_>>()
        {
            for one in &members {
                for other in members.iter().filter(|other| *other != one) {
                    self.discover(*one, *other)?;
                }
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
