//! Two engines in one hand: no sockets, no threads, no clock. What one wants to say is handed to the other at once, so
//! that only the steps themselves cost time. For benches of single steps, and for filling stores.
//!
//! Nothing here tests anything: the simulator hands over with loss, reordering and crashes.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "bench code: what cannot go on says where"
)]

mod side;

use kith_crypto::{ConversationId, DeviceId, LinkRefusal};
use kith_node::{
    Command, Reply,
    effects::Transmit,
    input::{GossipId, Input, Lane, LinkRequestId, NetEvent},
    store::MemoryStore,
};

pub use self::side::{Side, identity};

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
            device_list: bob.device_list().to_vec(),
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
            device_list: self.alice.device_list().to_vec(),
            payload: postcard::to_allocvec(&(None::<[u8; 16]>, None::<[u8; 32]>)).expect("a reveal"),
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

    /// What is wished next, Alice's wishes first, and whether it is hers.
    pub fn next_wish(&mut self) -> Option<(Transmit, bool)> {
        let hers = self.alice.wishes.pop_front().map(|wish| (wish, true));
        hers.or_else(|| self.bob.wishes.pop_front().map(|wish| (wish, false)))
    }

    /// Hands a wish of Alice's, or of Bob's, to the other.
    pub fn hand(&mut self, wish: Transmit, from_alice: bool, now_ms: u64) {
        let from = if from_alice { &self.alice } else { &self.bob };
        let Some(news) = self.arrives(wish, from.device) else {
            return;
        };
        let to = if from_alice {
            &mut self.bob
        } else {
            &mut self.alice
        };
        to.input(Input::Net(news), now_ms);
    }

    /// Hands over until neither has anything to say.
    pub fn settle(&mut self, hand: Hand, now_ms: u64) {
        while let Some((wish, from_alice)) = self.next_wish() {
            let is_bulk = matches!(&wish, Transmit::Send { lane: Lane::Sync, .. });
            if !(is_bulk && from_alice && hand == Hand::NoBulkFromAlice) {
                self.hand(wish, from_alice, now_ms);
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
    use super::*;
    use crate::telling;

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
            let rows = telling::rows(side, conversation, NOW_MS + 5);
            let texts = rows.iter().filter(|row| row.state.is_some() || !row.mine).count();
            // The notice that they are contacts, and the two texts.
            assert_eq!((texts, rows.len()), (3, 3), "{rows:?}");
        }
    }
}
