//! The engine's input: what a contact, a stranger or the network may hand to a node that talks to somebody. It may be refused or
//! taken; the node neither panics nor tells of a fault inside.
//!
//! The bytes are read as a story: a kind (1 byte), a length (2, little endian), and so many bytes of it, again and again.

use std::sync::OnceLock;

use kith_crypto::{DeviceId, Identity};
use kith_node::{
    Command, Engine, Event, Origin,
    effects::{Effects, Transmit},
    id::ConversationId,
    input::{CommandId, DepositId, ErrandId, GossipId, Input, Lane, LinkRequestId, NetEvent},
    store::{MemoryStore, Overlay, Read, Write},
    view::{DeleteFor, PathView},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::documents::NOW_MS;
use crate::{
    deletions,
    pair::{Hand, Pair, Side, identity},
    telling,
};

/// The most steps of one story: more of the same finds nothing new.
const MOST_STEPS: usize = 64;
/// A kind and a length.
const STEP_BYTES: usize = 3;

/// Two who are contacts, as one of them is found in each story.
pub(super) struct Stage {
    store: MemoryStore,
    identity: Identity,
    /// The other's device, account and list.
    peer: (DeviceId, kith_crypto::AccountId, Vec<u8>),
    topic: String,
    /// What the other says when they meet again and write: the beginning of every better story.
    pub honest: Vec<(u8, Vec<u8>)>,
}

/// Kinds of steps.
const CONTROL: u8 = 0;
const SYNC: u8 = 1;
const GOSSIP: u8 = 2;
const KINDS: u8 = 10;

/// The stage, set once.
pub(super) fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(set)
}

fn set() -> Stage {
    let (alices, store) = (MemoryStore::new(), MemoryStore::new());
    let bob = identity(2);
    let alice = Side::new(identity(1), "Alice", &alices, 1, NOW_MS);
    let mut pair = Pair::befriended(alice, Side::new(bob.clone(), "Bob", &store, 1, NOW_MS), NOW_MS);
    let conversation = pair.conversation();
    pair.alice.sends(conversation, "before".into(), NOW_MS + 1);
    pair.settle(Hand::All, NOW_MS + 1);
    pair.unlink(NOW_MS + 2);
    pair.bob.commit();
    // From here on nothing is committed: each story begins where they were cut off.
    pair.bob = Side::new(bob.clone(), "Bob", &store, usize::MAX, NOW_MS + 2);
    pair.alice
        .sends(conversation, "while you were away".into(), NOW_MS + 3);
    pair.link(NOW_MS + 4);
    let mut heard = hand_over(&mut pair, NOW_MS + 4);
    pair.alice.sends(conversation, "and now".into(), NOW_MS + 5);
    heard.extend(hand_over(&mut pair, NOW_MS + 5));
    heard.extend(regrets(&mut pair, conversation));
    let mut topic = String::new();
    let mut honest = Vec::new();
    for wish in heard {
        match wish {
            Transmit::Send { lane, frame, .. } => {
                let kind = if lane == Lane::Control { CONTROL } else { SYNC };
                honest.push((kind, frame));
            }
            Transmit::Publish { topic: on, data } => {
                topic = on;
                honest.push((GOSSIP, data));
            }
            _ => {}
        }
    }
    let peer = (
        pair.alice.device,
        pair.alice.account,
        pair.alice.device_list().to_vec(),
    );
    Stage {
        store,
        identity: bob,
        peer,
        topic,
        honest,
    }
}

/// Alice deletes a message for everyone, sets the others to disappear and writes one more; gives what she wanted of the network.
fn regrets(pair: &mut Pair<'_>, conversation: ConversationId) -> Vec<Transmit> {
    let rows = telling::rows(&mut pair.alice, conversation, NOW_MS + 6);
    let positions = rows.last().map(|row| row.position).into_iter().collect();
    let delete = Command::DeleteMessages {
        conversation,
        positions,
        scope: DeleteFor::Everyone,
    };
    pair.alice.does(delete, NOW_MS + 6);
    let timer = Command::SetTimer {
        conversation,
        seconds: 60,
    };
    pair.alice.does(timer, NOW_MS + 6);
    let final_ms = NOW_MS + 6 + deletions::FINAL_MS;
    pair.alice.input(Input::Timer, final_ms);
    let mut heard = hand_over(pair, final_ms);
    pair.alice
        .sends(conversation, "for a minute".into(), final_ms + 1);
    heard.extend(hand_over(pair, final_ms + 1));
    heard
}

/// Hands over until neither has anything to say; gives what Alice wanted of the network.
fn hand_over(pair: &mut Pair<'_>, now_ms: u64) -> Vec<Transmit> {
    let mut wanted = Vec::new();
    while !(pair.alice.wishes.is_empty() && pair.bob.wishes.is_empty()) {
        while let Some(wish) = pair.alice.wishes.pop_front() {
            wanted.push(wish.clone());
            if let Some(news) = pair.arrives(wish, pair.alice.device) {
                pair.bob.input(Input::Net(news), now_ms);
            }
        }
        while let Some(wish) = pair.bob.wishes.pop_front() {
            if let Some(news) = pair.arrives(wish, pair.bob.device) {
                pair.alice.input(Input::Net(news), now_ms);
            }
        }
    }
    wanted
}

/// One story.
struct Story {
    engine: Engine,
    pending: Overlay<'static>,
    rng: ChaCha20Rng,
    now_ms: u64,
    inputs: u64,
}

impl Story {
    fn begin(stage: &'static Stage) -> Self {
        let origin = Origin {
            name: "Bob".into(),
            restored: false,
        };
        let mut story = Self {
            engine: Engine::new(stage.identity.clone(), origin, None),
            pending: Overlay::new(&stage.store as &dyn Read),
            rng: ChaCha20Rng::from_seed([8; 32]),
            now_ms: NOW_MS + 10,
            inputs: 0,
        };
        story.give(Input::Started);
        story.link(stage);
        story
    }

    fn give(&mut self, input: Input) {
        self.inputs += 1;
        let Effects {
            batch,
            events,
            transmits,
            tasks,
            number,
            ..
        } = self
            .engine
            .handle(input, &self.pending, self.now_ms, &mut self.rng);
        for write in batch.writes() {
            match write {
                Write::Put { key, value, keep } => self.pending.put(key.clone(), value.clone(), *keep),
                Write::Delete { key } => self.pending.delete(key.clone()),
            }
        }
        for event in events {
            assert!(!matches!(event, Event::Fault { .. }), "{event:?}");
        }
        // What one input leads to is bounded by what is stored, which is little here.
        assert!(
            transmits.len() <= 256,
            "{} things to send at once",
            transmits.len()
        );
        for task in tasks {
            let done = Input::TaskDone(task.run());
            self.engine
                .handle(done, &self.pending, self.now_ms, &mut self.rng);
        }
        if !batch.is_empty() {
            self.engine
                .handle(Input::Flushed(number), &self.pending, self.now_ms, &mut self.rng);
        }
    }

    fn link(&mut self, stage: &Stage) {
        let (device, account, device_list) = stage.peer.clone();
        self.give(Input::Net(NetEvent::LinkUp {
            device,
            account,
            device_list,
            path: PathView::Lan,
            binding: [7; 32],
        }));
    }

    fn step(&mut self, stage: &Stage, kind: u8, bytes: &[u8]) {
        let device = stage.peer.0;
        let data = bytes.to_vec();
        let event = match kind % KINDS {
            CONTROL => NetEvent::Frame {
                device,
                lane: Lane::Control,
                frame: data,
            },
            SYNC => NetEvent::Frame {
                device,
                lane: Lane::Sync,
                frame: data,
            },
            GOSSIP => NetEvent::Gossip {
                id: GossipId(self.inputs),
                device,
                topic: stage.topic.clone(),
                data,
            },
            3 => NetEvent::Deposit {
                deposit: DepositId(self.inputs),
                data,
            },
            4 => NetEvent::DepositAnswered {
                errand: ErrandId(1),
                answer: Some(data),
            },
            5 => NetEvent::LinkRequested {
                request: LinkRequestId(self.inputs),
                device: DeviceId::from_bytes([self.inputs as u8; 32]),
                account: stage.peer.1,
                device_list: stage.peer.2.clone(),
                payload: data,
            },
            6 => {
                self.give(Input::Net(NetEvent::LinkDown { device }));
                return self.link(stage);
            }
            7 => {
                self.now_ms += 1_000 * (1 + data.len() as u64);
                return self.give(Input::Timer);
            }
            8 => match data.split_first_chunk::<32>() {
                Some((key, value)) => NetEvent::RecordFound {
                    key: *key,
                    value: value.to_vec(),
                },
                None => return,
            },
            _ => {
                let link = String::from_utf8_lossy(bytes).into_owned();
                return self.give(Input::Command {
                    id: CommandId(self.inputs),
                    command: Command::AddContact { link },
                });
            }
        };
        self.give(Input::Net(event));
    }
}

/// Plays what the bytes say.
pub(super) fn engine(data: &[u8]) {
    let stage = stage();
    let mut story = Story::begin(stage);
    let mut rest = data;
    for _ in 0..MOST_STEPS {
        let Some(([kind, low, high], after)) = rest.split_first_chunk::<STEP_BYTES>() else {
            return;
        };
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(after.len());
        let (bytes, after) = after.split_at(length);
        story.step(stage, *kind, bytes);
        rest = after;
    }
}

/// The bytes of a story with these steps.
pub(super) fn written(steps: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut story = Vec::new();
    for (kind, bytes) in steps {
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        story.push(*kind);
        story.extend(length.to_le_bytes());
        story.extend(&bytes[..usize::from(length)]);
    }
    story
}

#[cfg(test)]
mod tests {
    use kith_crypto::ConversationId;
    use kith_node::{Anchor, Reply};

    use super::*;

    #[test]
    fn what_the_honest_say_is_taken() {
        let stage = stage();
        let mut story = Story::begin(stage);
        for (kind, bytes) in &stage.honest {
            story.step(stage, *kind, bytes);
        }
        let page = Command::GetMessages {
            conversation: ConversationId::direct(stage.identity.account, stage.peer.1),
            anchor: Anchor::Newest,
            before: 10,
            after: 0,
        };
        let command = Input::Command {
            id: CommandId(0),
            command: page,
        };
        let mut effects = story
            .engine
            .handle(command, &story.pending, story.now_ms, &mut story.rng);
        let Some((_, Ok(Reply::Page(page)))) = effects.replies.pop() else {
            panic!("no page");
        };
        let theirs = page.messages.iter().filter(|row| row.author == stage.peer.1);
        // That they are contacts, what was there before, and what came in this story: words, words that were deleted, a timer,
        // and words under it.
        assert_eq!(theirs.count(), 6, "{:?}", page.messages);
        assert!(stage.honest.iter().any(|(kind, _)| *kind == GOSSIP));
    }
}
