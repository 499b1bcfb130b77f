//! Two engines in one hand: no sockets, no threads, no clock. What one wants to say is handed to the other at once, so
//! that only the steps themselves cost time. For benches of single steps, and for filling stores.
//!
//! Nothing here tests anything: the simulator hands over with loss, reordering and crashes.

// Bench code: what cannot go on says where.
#![allow(clippy::expect_used, clippy::panic)]

use std::collections::VecDeque;

use kith_crypto::{AccountId, AccountKey, ConversationId, DeviceId, DeviceKey, Identity, LinkRefusal};
use kith_node::{
    Command, CommandError, Engine, Event, Origin, Reply,
    effects::{Effects, Transmit},
    input::{BatchId, CommandId, GossipId, Input, Lane, LinkRequestId, NetEvent},
    store::{MemoryStore, Overlay, Read, Store, StoreError, Write},
    tasks::Task,
    view::{DamageView, PathView},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// Somebody made up: the same for the same number.
pub fn identity(number: u64) -> Identity {
    let [low, high @ ..] = number.to_le_bytes();
    let mut seed = [low; 32];
    seed.iter_mut().zip(high).for_each(|(seed, high)| *seed ^= high);
    let mut rng = ChaCha20Rng::from_seed(seed);
    let account = AccountKey::generate(&mut rng);
    Identity {
        account: account.id(),
        device: DeviceKey::generate(&mut rng),
        account_key: Some(account),
    }
}

/// One engine, its store, and what it decided and nobody has carried out yet.
pub struct Side<'s> {
    engine: Engine,
    store: &'s dyn Store,
    pending: Overlay<'s>,
    writes_pending: usize,
    group: usize,
    decided: BatchId,
    told: Option<Vec<Event>>,
    rng: ChaCha20Rng,
    device_list: Vec<u8>,
    commands: u64,
    /// Whose engine it is.
    pub account: AccountId,
    /// On which device.
    pub device: DeviceId,
    /// When its timer is due, unix milliseconds.
    pub wake_at_ms: u64,
    /// How far its clock is ahead of the time, milliseconds.
    pub clock_ahead_ms: u64,
    /// What it wants done beside it, oldest first; [`Side::works`] does it.
    pub tasks: VecDeque<Task>,
    /// What it wants of the network, oldest first.
    pub wishes: VecDeque<Transmit>,
}

impl<'s> Side<'s> {
    /// An engine that has just started. Inputs share a commit and a flush until they have written `group` records; with 1
    /// each has its own, as a busy disk would not allow the shell.
    ///
    /// What waits lies in an overlay, and each scan looks through all of it: larger groups cost more than they save.
    ///
    /// # Panics
    /// If the engine does not name itself.
    pub fn new(identity: Identity, name: &str, store: &'s dyn Store, group: usize, now_ms: u64) -> Self {
        Self::with_damage(identity, name, store, (group, now_ms), None)
    }

    /// As [`Side::new`], on a store that was damaged and rescued.
    ///
    /// # Panics
    /// As [`Side::new`].
    pub fn with_damage(
        identity: Identity,
        name: &str,
        store: &'s dyn Store,
        (group, now_ms): (usize, u64),
        damage: Option<DamageView>,
    ) -> Self {
        let (account, device) = (identity.account, identity.device.id());
        let origin = Origin {
            name: name.into(),
            restored: false,
        };
        let mut side = Self {
            engine: Engine::new(identity, origin, damage),
            store,
            pending: Overlay::new(store as &dyn Read),
            writes_pending: 0,
            group,
            decided: BatchId(0),
            told: None,
            rng: ChaCha20Rng::from_seed(*device.as_bytes()),
            device_list: Vec::new(),
            commands: 0,
            account,
            device,
            wake_at_ms: u64::MAX,
            clock_ahead_ms: 0,
            tasks: VecDeque::new(),
            wishes: VecDeque::new(),
        };
        side.input(Input::Started, now_ms);
        let list = side.wishes.iter().find_map(|wish| match wish {
            Transmit::Identify { device_list, .. } => Some(device_list.clone()),
            _ => None,
        });
        side.device_list = list.expect("an engine names itself when it starts");
        side
    }

    /// One input; its writes wait for their group.
    pub fn input(&mut self, input: Input, now_ms: u64) -> Effects {
        let own_now_ms = now_ms + self.clock_ahead_ms;
        let mut effects = self
            .engine
            .handle(input, &self.pending, own_now_ms, &mut self.rng);
        for write in effects.batch.writes() {
            match write {
                Write::Put { key, value, keep } => self.pending.put(key.clone(), value.clone(), *keep),
                Write::Delete { key } => self.pending.delete(key.clone()),
            }
        }
        self.decided = effects.number;
        let wake_at_ms = effects.wake_at_ms.unwrap_or(u64::MAX);
        self.wake_at_ms = wake_at_ms.saturating_sub(self.clock_ahead_ms);
        self.wishes.extend(effects.transmits.drain(..));
        self.tasks.extend(effects.tasks.drain(..));
        if let Some(told) = &mut self.told {
            told.extend(effects.events.iter().cloned());
        }
        self.writes_pending += effects.batch.writes().len();
        let forgets = effects.forget_before.is_some() || !effects.forget_keys.is_empty();
        if self.writes_pending >= self.group || forgets {
            self.commit();
        }
        if let Some(day) = effects.forget_before {
            self.store.forget_before(day).expect("the store forgets");
        }
        let forgotten = self.store.forget_keys(&effects.forget_keys);
        forgotten.expect("the store forgets");
        effects
    }

    /// Does what it wants done beside it.
    pub fn works(&mut self, now_ms: u64) {
        while let Some(task) = self.tasks.pop_front() {
            self.input(Input::TaskDone(task.run()), now_ms);
        }
    }

    /// One input whose batch the disk does not take: nothing of it happens.
    pub fn in_vain(&mut self, input: Input, now_ms: u64) {
        let now_ms = now_ms + self.clock_ahead_ms;
        let effects = self.engine.handle(input, &self.pending, now_ms, &mut self.rng);
        let full = StoreError::DiskFull {
            free_bytes: 0,
            needed_bytes: 1,
        };
        let told = self.engine.not_committed(&effects, &full, now_ms);
        let wake_at_ms = told.wake_at_ms.unwrap_or(u64::MAX);
        self.wake_at_ms = wake_at_ms.saturating_sub(self.clock_ahead_ms);
    }

    /// Commits and flushes what waits.
    ///
    /// # Panics
    /// If the store fails.
    pub fn commit(&mut self) {
        self.writes_pending = 0;
        let pending = std::mem::replace(&mut self.pending, Overlay::new(self.store as &dyn Read));
        self.store
            .commit(&pending.into_batch())
            .expect("the store commits");
        self.store.flush().expect("the store flushes");
    }

    /// Tells the engine that everything committed is durable, as the shell does after each flush.
    pub fn flushed(&mut self, now_ms: u64) {
        self.input(Input::Flushed(self.decided), now_ms);
    }

    /// A command that must succeed.
    ///
    /// # Panics
    /// If it does not.
    pub fn does(&mut self, command: Command, now_ms: u64) -> Reply {
        self.tries(command, now_ms).expect("a command succeeds")
    }

    /// A command, and what it answers.
    ///
    /// # Panics
    /// If it is not answered.
    pub fn tries(&mut self, command: Command, now_ms: u64) -> Result<Reply, CommandError> {
        self.commands += 1;
        let id = CommandId(self.commands);
        let effects = self.input(Input::Command { id, command }, now_ms);
        let answer: Option<Result<Reply, CommandError>> = effects
            .replies
            .into_iter()
            .find_map(|(asked, answer)| (asked == id).then_some(answer));
        answer.expect("a command is answered")
    }

    /// What its listeners were told since this was asked last; the first time nothing, since nobody listened.
    pub fn told(&mut self) -> Vec<Event> {
        self.told.replace(Vec::new()).unwrap_or_default()
    }

    /// Writes a text.
    pub fn sends(&mut self, conversation: ConversationId, text: String, now_ms: u64) {
        self.does(Command::SendMessage { conversation, text }, now_ms);
    }

    /// Its signed device list.
    pub fn device_list(&self) -> &[u8] {
        &self.device_list
    }

    /// A link with another stands.
    pub(crate) fn link_up(&mut self, other: &Side<'_>, now_ms: u64) {
        let link = NetEvent::LinkUp {
            device: other.device,
            account: other.account,
            device_list: other.device_list.clone(),
            path: PathView::Lan,
            binding: [7; 32],
        };
        self.input(Input::Net(link), now_ms);
    }
}

/// The number of the first of many contacts: the others are left to the stories.
const FIRST_OF_MANY: u64 = 1_000;

/// Addresses of this machine where nobody listens, as those of a contact who has gone.
fn gone(place: usize) -> Vec<String> {
    let host = format!("/ip4/127.1.{}.{}", place / 250 % 250, place % 250 + 1);
    vec![format!("{host}/udp/9/quic-v1"), format!("{host}/tcp/9")]
}

/// Two people, each with one device.
pub struct Pair<'s> {
    /// The one who invites.
    pub alice: Side<'s>,
    /// The one who accepts.
    pub bob: Side<'s>,
    gossips: u64,
}

/// What is handed over from one side to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    /// Everything.
    All,
    /// Everything but what the sync lane of Alice carries: Bob stays without her entries.
    NoBulkFromAlice,
}

impl<'s> Pair<'s> {
    /// Two who have become contacts and are linked.
    ///
    /// # Panics
    /// If they do not become contacts.
    pub fn befriended(mut alice: Side<'s>, mut bob: Side<'s>, now_ms: u64) -> Self {
        let addresses = vec!["/ip4/127.0.0.1/tcp/1".to_owned()];
        let own = NetEvent::OwnAddresses {
            addresses: addresses.clone(),
            listening: addresses,
        };
        alice.input(Input::Net(own), now_ms);
        let link = match alice.does(Command::CreateInvite { valid_for_s: None }, now_ms) {
            Reply::Invite(invite) => invite.link,
            other => panic!("no invite: {other:?}"),
        };
        bob.does(Command::AddContact { link }, now_ms);
        bob.input(Input::Timer, now_ms);
        let payload = bob.wishes.drain(..).find_map(|wish| match wish {
            Transmit::Dial { payload, .. } => Some(payload),
            _ => None,
        });
        let request = NetEvent::LinkRequested {
            request: LinkRequestId(1),
            device: bob.device,
            account: bob.account,
            device_list: bob.device_list.clone(),
            payload: payload.expect("a new contact is dialled"),
        };
        alice.input(Input::Net(request), now_ms);
        let mut pair = Self {
            alice,
            bob,
            gossips: 0,
        };
        pair.link(now_ms);
        pair.settle(Hand::All, now_ms);
        pair
    }

    /// As [`Pair::befriended`], with many one after the other, each on a store of their own; each link ends once `say` has
    /// been told the contact's place and the pair. Gives back the one who has so many contacts now.
    ///
    /// # Panics
    /// As [`Pair::befriended`].
    pub fn befriended_by_many(
        mut alice: Side<'s>,
        stores: &'s [MemoryStore],
        now_ms: u64,
        mut say: impl FnMut(usize, &mut Self),
    ) -> Side<'s> {
        for (place, store) in stores.iter().enumerate() {
            let number = u64::try_from(place).unwrap_or_default() + FIRST_OF_MANY;
            let bob = Side::new(identity(number), &format!("Contact {place}"), store, 1, now_ms);
            let mut pair = Self::befriended(alice, bob, now_ms);
            let where_they_are = NetEvent::Discovered {
                device: pair.bob.device,
                addresses: gone(place),
                lan: false,
            };
            pair.alice.input(Input::Net(where_they_are), now_ms);
            say(place, &mut pair);
            pair.unlink(now_ms);
            alice = pair.alice;
        }
        alice
    }

    /// Two who are contacts already, with no link between them.
    pub fn met_before(alice: Side<'s>, bob: Side<'s>) -> Self {
        Self {
            alice,
            bob,
            gossips: 0,
        }
    }

    /// Their conversation.
    pub fn conversation(&self) -> ConversationId {
        ConversationId::direct(self.alice.account, self.bob.account)
    }

    /// Alice writes; gives what then arrives at Bob by gossip, and hands over all else, such as the seal of a new epoch.
    ///
    /// # Panics
    /// If she gossips nothing.
    pub fn written(&mut self, text: String, now_ms: u64) -> NetEvent {
        let (conversation, from) = (self.conversation(), self.alice.device);
        self.alice.sends(conversation, text, now_ms);
        self.alice.flushed(now_ms);
        let mut envelope = None;
        while let Some(wish) = self.alice.wishes.pop_front() {
            let is_envelope = matches!(&wish, Transmit::Publish { .. });
            match self.arrives(wish, from) {
                Some(news) if is_envelope => envelope = Some(news),
                Some(news) => drop(self.bob.input(Input::Net(news), now_ms)),
                None => {}
            }
        }
        let from = self.bob.device;
        while let Some(wish) = self.bob.wishes.pop_front() {
            if let Some(news) = self.arrives(wish, from) {
                self.alice.input(Input::Net(news), now_ms);
            }
        }
        envelope.expect("a linked contact is told")
    }

    /// A link comes up.
    pub fn link(&mut self, now_ms: u64) {
        self.alice.link_up(&self.bob, now_ms);
        self.bob.link_up(&self.alice, now_ms);
    }

    /// Alice dials Bob, who decides as he would in the handshake: then a link stands, or she is told why not.
    ///
    /// # Panics
    /// If Bob does not answer.
    pub fn dials(&mut self, now_ms: u64) -> Option<LinkRefusal> {
        let request = NetEvent::LinkRequested {
            request: LinkRequestId(2),
            device: self.alice.device,
            account: self.alice.account,
            device_list: self.alice.device_list.clone(),
            payload: postcard::to_allocvec(&None::<[u8; 16]>).expect("a reveal"),
        };
        self.bob.input(Input::Net(request), now_ms);
        let mut answers = self.bob.wishes.iter().filter_map(|wish| match wish {
            Transmit::AnswerLink { refusal, .. } => Some(refusal.clone()),
            _ => None,
        });
        let answer = answers.next().expect("whoever dials is answered");
        self.bob
            .wishes
            .retain(|wish| !matches!(wish, Transmit::AnswerLink { .. }));
        match &answer {
            None => self.link(now_ms),
            Some(refusal) => {
                let refused = NetEvent::LinkRefused {
                    device: self.bob.device,
                    refusal: refusal.clone(),
                };
                self.alice.input(Input::Net(refused), now_ms);
            }
        }
        answer
    }

    /// The link is gone.
    pub fn unlink(&mut self, now_ms: u64) {
        let (alice, bob) = (self.alice.device, self.bob.device);
        self.alice
            .input(Input::Net(NetEvent::LinkDown { device: bob }), now_ms);
        self.bob
            .input(Input::Net(NetEvent::LinkDown { device: alice }), now_ms);
        self.alice.wishes.clear();
        self.bob.wishes.clear();
    }

    /// Hands over until neither has anything to say.
    pub fn settle(&mut self, hand: Hand, now_ms: u64) {
        while !(self.alice.wishes.is_empty() && self.bob.wishes.is_empty()) {
            while let Some(wish) = self.alice.wishes.pop_front() {
                let is_bulk = matches!(&wish, Transmit::Send { lane: Lane::Sync, .. });
                if !(is_bulk && hand == Hand::NoBulkFromAlice)
                    && let Some(news) = self.arrives(wish, self.alice.device)
                {
                    self.bob.input(Input::Net(news), now_ms);
                }
            }
            while let Some(wish) = self.bob.wishes.pop_front() {
                if let Some(news) = self.arrives(wish, self.bob.device) {
                    self.alice.input(Input::Net(news), now_ms);
                }
            }
        }
    }

    /// What a wish of `from` is to the other; `None` where only the network is meant.
    pub fn arrives(&mut self, wish: Transmit, from: DeviceId) -> Option<NetEvent> {
        match wish {
            Transmit::Send { lane, frame, .. } => Some(NetEvent::Frame {
                device: from,
                lane,
                frame,
            }),
            Transmit::Publish { topic, data } => {
                self.gossips += 1;
                Some(NetEvent::Gossip {
                    id: GossipId(self.gossips),
                    device: from,
                    topic,
                    data,
                })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use kith_node::Anchor;

    use super::*;

    const NOW_MS: u64 = 1_790_000_000_000;

    #[test]
    fn what_is_written_with_and_without_a_link_is_handed_over() {
        let (a, b) = (MemoryStore::new(), MemoryStore::new());
        let alice = Side::new(identity(1), "Alice", &a, 10, NOW_MS);
        let bob = Side::new(identity(2), "Bob", &b, 1, NOW_MS);
        let mut pair = Pair::befriended(alice, bob, NOW_MS);
        let conversation = pair.conversation();
        pair.alice.sends(conversation, "linked".into(), NOW_MS + 1);
        pair.settle(Hand::All, NOW_MS + 1);
        pair.unlink(NOW_MS + 2);
        pair.bob.sends(conversation, "away".into(), NOW_MS + 3);
        pair.link(NOW_MS + 4);
        pair.settle(Hand::All, NOW_MS + 4);
        for side in [&mut pair.alice, &mut pair.bob] {
            let page = Command::GetMessages {
                conversation,
                anchor: Anchor::Newest,
                before: 10,
                after: 0,
            };
            let Reply::Page(page) = side.does(page, NOW_MS + 5) else {
                panic!("no page");
            };
            let texts = page
                .messages
                .iter()
                .filter(|row| row.state.is_some() || !row.mine)
                .count();
            // The notice that they are contacts, and the two texts.
            assert_eq!((texts, page.messages.len()), (3, 3), "{page:?}");
        }
    }
}
