//! Several engines in one hand: who is linked, who is away, and what each carrier does with mail is the story's choice.
//! No sockets, no threads; time passes from one timer to the next.
//!
//! The simulator has what nobody meant: loss, crashes, chance. Here is what somebody means: carriers that lie.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: a story that cannot go on has failed, and says where; people are known by their place"
)]

mod clocks;
mod finding;
mod groups;
mod people;

use std::collections::{BTreeMap, BTreeSet};

use kith_crypto::{ConversationId, Deposit, DepositAnswer, DeviceId, DeviceKey, Identity, Mail};
use kith_node::{
    Command, Reply,
    effects::Transmit,
    input::{DepositId, GossipId, Input, Lane, LinkRequestId, NetEvent},
    store::MemoryStore,
    view::DamageView,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use crate::pair::{self, Side};

const DAY_MS: u64 = 86_400_000;
/// The number of the frame `Mail`.
pub const MAIL: u8 = 11;

/// What a carrier does with what is brought to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// What its engine says.
    Honest,
    /// It takes the deposit and says nothing.
    NeverAnswers,
    /// It says for so many days that it holds what it threw away.
    ThrowsAway {
        /// How long it says.
        days: u64,
    },
    /// It says that it has no room.
    SaysFull,
}

/// A deposit that somebody brought.
#[derive(Clone, Debug)]
pub struct Brought {
    /// Whose it was.
    pub from: usize,
    /// To which carrier.
    pub to: usize,
    /// When, unix milliseconds.
    pub at_ms: u64,
    /// What it said.
    pub deposit: Deposit,
}

/// Some people, each with one device.
pub struct Town<'s> {
    /// By place.
    pub people: Vec<Side<'s>>,
    /// How each treats mail of others.
    pub conduct: Vec<Conduct>,
    /// All mail brought to carriers, oldest first.
    pub brought: Vec<Brought>,
    /// All frames that arrived: from whom, to whom, what.
    pub heard: Vec<(usize, usize, Vec<u8>)>,
    /// The time, unix milliseconds.
    pub now_ms: u64,
    stores: &'s [MemoryStore],
    away: BTreeSet<usize>,
    links: BTreeSet<(usize, usize)>,
    /// Who wished to dial which device, and what was to be sent along, oldest first.
    pub dialled: Vec<(usize, DeviceId, Vec<u8>)>,
    /// Who takes part in which topics.
    pub topics: BTreeSet<(usize, String)>,
    /// What lies in the DHT.
    pub records: BTreeMap<[u8; 32], Vec<u8>>,
    numbers: u64,
}

/// Who lives at a place.
///
/// # Panics
/// If the town is not that large.
pub fn identity(place: usize) -> Identity {
    let number = u8::try_from(place + 1).expect("a small town");
    pair::identity(number.into())
}

fn pair_of(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}

impl<'s> Town<'s> {
    /// One person for each store, strangers to one another.
    pub fn new(stores: &'s [MemoryStore], now_ms: u64) -> Self {
        let mut town = Self {
            people: Vec::new(),
            conduct: vec![Conduct::Honest; stores.len()],
            brought: Vec::new(),
            heard: Vec::new(),
            now_ms,
            stores,
            away: BTreeSet::new(),
            links: BTreeSet::new(),
            dialled: Vec::new(),
            topics: BTreeSet::new(),
            records: BTreeMap::new(),
            numbers: 0,
        };
        for place in 0..stores.len() {
            let side = town.started(place);
            town.people.push(side);
            town.hears_addresses(place);
        }
        town
    }

    /// Whether somebody's app runs.
    pub fn is_there(&self, place: usize) -> bool {
        !self.away.contains(&place)
    }

    fn started(&self, place: usize) -> Side<'s> {
        let name = format!("person {place}");
        Side::new(identity(place), &name, &self.stores[place], 1, self.now_ms)
    }

    fn hears_addresses(&mut self, place: usize) {
        let addresses = vec![format!("/ip4/10.0.0.{place}/tcp/1")];
        let listening = addresses.clone();
        self.hears(place, NetEvent::OwnAddresses { addresses, listening });
    }

    fn hears(&mut self, place: usize, event: NetEvent) {
        self.people[place].input(Input::Net(event), self.now_ms);
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Two become contacts, and are linked.
    ///
    /// # Panics
    /// If they do not become contacts.
    pub fn befriends(&mut self, a: usize, b: usize) {
        // A link that two have for the sake of a group is made anew.
        self.unlink(a, b);
        let link = match self.does(a, Command::CreateInvite { valid_for_s: None }) {
            Reply::Invite(invite) => invite.link,
            other => panic!("no invite: {other:?}"),
        };
        self.people[b].wishes.clear();
        self.people[b].does(Command::AddContact { link }, self.now_ms);
        self.people[b].input(Input::Timer, self.now_ms);
        let payload = self.people[b].wishes.iter().find_map(|wish| match wish {
            Transmit::Dial { payload, .. } => Some(payload.clone()),
            _ => None,
        });
        let request = NetEvent::LinkRequested {
            request: LinkRequestId(self.number()),
            device: self.people[b].device,
            account: self.people[b].account,
            device_list: self.people[b].device_list().to_vec(),
            payload: payload.expect("a new contact is dialled"),
        };
        self.hears(a, request);
        self.link(a, b);
    }

    /// A link comes up between two who are there.
    pub fn link(&mut self, a: usize, b: usize) {
        assert!(
            !self.away.contains(&a) && !self.away.contains(&b),
            "both are there"
        );
        if self.links.insert(pair_of(a, b)) {
            let now_ms = self.now_ms;
            let [one, other] = self.people.get_disjoint_mut([a, b]).expect("two people");
            one.link_up(other, now_ms);
            other.link_up(one, now_ms);
            self.settle();
        }
    }

    /// Somebody closes the app.
    pub fn leaves(&mut self, place: usize) {
        self.settle();
        self.leaves_now(place);
        self.settle();
    }

    fn leaves_now(&mut self, place: usize) {
        self.away.insert(place);
        let ended: Vec<_> = self
            .links
            .extract_if(.., |link| link.0 == place || link.1 == place)
            .collect();
        for (a, b) in ended {
            let (stays, gone) = if a == place { (b, a) } else { (a, b) };
            let device = self.people[gone].device;
            self.hears(stays, NetEvent::LinkDown { device });
        }
        self.people[place].wishes.clear();
        self.topics.retain(|(who, _)| *who != place);
    }

    /// Somebody starts the app again, with what is in their store.
    pub fn comes_back(&mut self, place: usize) {
        self.people[place] = self.started(place);
        self.away.remove(&place);
        self.hears_addresses(place);
        self.settle();
    }

    /// The power of somebody goes, and comes back: what they had not handed over is forgotten.
    pub fn restarts(&mut self, place: usize) {
        self.people[place].wishes.clear();
        self.leaves_now(place);
        self.comes_back(place);
    }

    /// Somebody starts the app again as another device of theirs, as an installation does that has found itself to be an old
    /// copy. `number` tells the devices of one person apart.
    pub fn comes_back_as(&mut self, place: usize, number: u8) {
        self.comes_back_rescued(place, number, None);
    }

    /// As [`Town::comes_back_as`], on a store that was damaged and rescued if that is told.
    pub fn comes_back_rescued(&mut self, place: usize, number: u8, damage: Option<DamageView>) {
        let mut rng = ChaCha20Rng::from_seed([200 + number; 32]);
        let identity = Identity {
            device: DeviceKey::generate(&mut rng),
            ..identity(place)
        };
        self.leaves_now(place);
        let name = format!("person {place}");
        let begins = (1, self.now_ms);
        self.people[place] = Side::with_damage(identity, &name, &self.stores[place], begins, damage);
        self.away.remove(&place);
        self.hears_addresses(place);
        self.settle();
    }

    /// Hands over so many of the next things that people want said; false if there were no more.
    pub fn hands_over_some(&mut self, steps: usize) -> bool {
        for _ in 0..steps {
            let next = (0..self.people.len()).find(|place| !self.people[*place].wishes.is_empty());
            let Some(place) = next else { return false };
            if let Some(wish) = self.people[place].wishes.pop_front() {
                self.carry_out(place, wish);
            }
        }
        true
    }

    /// Lets time pass, from one timer to the next.
    pub fn passes(&mut self, ms: u64) {
        let until_ms = self.now_ms + ms;
        loop {
            let due = |place: &usize| !self.away.contains(place);
            let present: Vec<usize> = (0..self.people.len()).filter(due).collect();
            let next = present.iter().map(|place| self.people[*place].wake_at_ms).min();
            let next_ms = next.unwrap_or(u64::MAX).max(self.now_ms + 1);
            if next_ms > until_ms {
                break;
            }
            self.now_ms = next_ms;
            for place in present {
                if self.people[place].wake_at_ms <= self.now_ms {
                    self.people[place].input(Input::Timer, self.now_ms);
                }
            }
            self.settle();
        }
        self.now_ms = until_ms;
    }

    /// Hands over until nobody has anything to say.
    pub fn settle(&mut self) {
        loop {
            let mut moved = false;
            for place in 0..self.people.len() {
                self.people[place].works(self.now_ms);
                while let Some(wish) = self.people[place].wishes.pop_front() {
                    moved = true;
                    self.carry_out(place, wish);
                }
            }
            if !moved {
                break;
            }
        }
        for place in 0..self.people.len() {
            self.people[place].flushed(self.now_ms);
        }
    }

    fn place_of(&self, device: &DeviceId) -> Option<usize> {
        self.people.iter().position(|side| side.device == *device)
    }

    fn carry_out(&mut self, from: usize, wish: Transmit) {
        match wish {
            Transmit::Send { device, lane, frame } => {
                if let Some(to) = self.place_of(&device) {
                    self.says_on(from, to, lane, frame);
                }
            }
            Transmit::Subscribe { topic } => drop(self.topics.insert((from, topic))),
            Transmit::Unsubscribe { topic } => drop(self.topics.remove(&(from, topic))),
            Transmit::Publish { topic, data } => {
                for to in 0..self.people.len() {
                    if self.links.contains(&pair_of(from, to)) && self.topics.contains(&(to, topic.clone())) {
                        let id = GossipId(self.number());
                        let (topic, data) = (topic.clone(), data.clone());
                        let device = self.people[from].device;
                        self.hears(
                            to,
                            NetEvent::Gossip {
                                id,
                                device,
                                topic,
                                data,
                            },
                        );
                    }
                }
            }
            Transmit::Deposit {
                errand, device, data, ..
            } => {
                let to = self.place_of(&device).expect("a carrier of this town");
                let deposit = Deposit::decode(&data).expect("a deposit");
                let at_ms = self.now_ms;
                self.brought.push(Brought {
                    from,
                    to,
                    at_ms,
                    deposit,
                });
                let answer = self.answer_of(to, data);
                if answer.is_some() || self.away.contains(&to) {
                    self.hears(from, NetEvent::DepositAnswered { errand, answer });
                }
            }
            Transmit::Dial { device, payload, .. } => self.dialled.push((from, device, payload)),
            Transmit::Forget { device } => self.parts(from, &device),
            Transmit::PublishRecord { key, value, .. } => drop(self.records.insert(key, value)),
            Transmit::LookUpRecord { key, .. } => self.answers_look_up(from, key),
            _ => {}
        }
    }

    /// Somebody ends a link.
    fn parts(&mut self, from: usize, device: &DeviceId) {
        let Some(other) = self.place_of(device) else {
            return;
        };
        if self.links.remove(&pair_of(from, other)) {
            let (one, device) = (self.people[from].device, *device);
            self.hears(other, NetEvent::LinkDown { device: one });
            self.hears(from, NetEvent::LinkDown { device });
        }
    }

    /// The link between two breaks.
    pub fn unlink(&mut self, a: usize, b: usize) {
        let device = self.people[b].device;
        self.parts(a, &device);
        self.settle();
    }

    fn answer_of(&mut self, carrier: usize, data: Vec<u8>) -> Option<Vec<u8>> {
        if self.away.contains(&carrier) {
            return None;
        }
        let answer = match self.conduct[carrier] {
            Conduct::NeverAnswers => return None,
            Conduct::SaysFull => DepositAnswer::Full,
            Conduct::ThrowsAway { days } => DepositAnswer::Held {
                until_ms: self.now_ms + days * DAY_MS,
            },
            Conduct::Honest => return self.hands_in(carrier, data),
        };
        Some(answer.encode().expect("an answer"))
    }

    /// Somebody brings bytes to an honest carrier; gives its answer.
    pub fn hands_in(&mut self, carrier: usize, data: Vec<u8>) -> Option<Vec<u8>> {
        let deposit = DepositId(self.number());
        self.hears(carrier, NetEvent::Deposit { deposit, data });
        let wishes = &mut self.people[carrier].wishes;
        let at = wishes
            .iter()
            .position(|wish| matches!(wish, Transmit::AnswerDeposit { .. }))?;
        match wishes.remove(at) {
            Some(Transmit::AnswerDeposit { answer, .. }) => Some(answer),
            _ => None,
        }
    }

    fn says_on(&mut self, from: usize, to: usize, lane: Lane, frame: Vec<u8>) {
        if self.links.contains(&pair_of(from, to)) {
            self.heard.push((from, to, frame.clone()));
            let device = self.people[from].device;
            self.hears(to, NetEvent::Frame { device, lane, frame });
        }
    }

    /// A carrier hands over bytes as mail, whatever its engine thinks.
    pub fn hands_over(&mut self, carrier: usize, owner: usize, sealed: &[u8]) {
        let mut frame = vec![MAIL];
        let sealed = postcard::to_allocvec(sealed).expect("bytes");
        frame.extend(sealed);
        self.says_on(carrier, owner, Lane::Sync, frame);
        self.settle();
    }

    /// A seal that nobody can open, as long as one that somebody could.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn garbage(&self) -> Vec<u8> {
        let mut rng = ChaCha20Rng::from_seed([77; 32]);
        let device = DeviceKey::generate(&mut rng);
        let prekey = kith_crypto::PrekeySecret::generate(&mut rng);
        let prekey = prekey.publish(&device, 1, self.now_ms).expect("a prekey");
        let mail = Mail {
            conversation: ConversationId::direct(identity(200).account, identity(201).account),
            entries: Vec::new(),
            held: Vec::new(),
            shown: Vec::new(),
        };
        mail.seal(&prekey, &device, &mut rng).expect("a seal")
    }
}
