//! A raw device that speaks the protocol and breaks its rules: links, frames and entries made by hand, with no engine
//! behind them.
//!
//! It becomes a contact as anybody does, by an invite; what it says from then on, the story decides. The frames are
//! written down here a second time, from docs/protocol-sync.md, so that a change of the wire format shows.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "test code: a story that cannot go on has failed, and says where"
)]

pub mod flooding;
mod log;

use std::time::Duration;

use kith_crypto::{
    AccountKey, Body, Card, Content, DepositToken, DeviceKey, DeviceList, Header, Invite, LogKind, Prekey,
    PrekeySecret, Signed, Stamp,
};
use kith_node::{
    effects::Transmit,
    id::{AccountId, ConversationId, DeviceId, EntryId},
    input::{Lane, NetEvent},
    net::{self, EVENT_CAPACITY, NetConfig, NetHandle},
};
use rand_chacha::ChaCha20Rng;
use serde::{Deserialize, Serialize};
use tokio::{sync::mpsc, time::timeout};

pub use log::{HandLog, sign, streamed};

use crate::world::{now_ms, randomness};

/// The longest that anything may take before a story has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// An entry as it travels.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WireEntry {
    /// Signature and header.
    pub header: Vec<u8>,
    /// The encoded body.
    pub body: Option<Vec<u8>>,
}

/// What somebody claims to hold of a log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LogFrontier {
    /// Whose log.
    pub author: DeviceId,
    /// Which of the two.
    pub kind: LogKind,
    /// Nothing earlier is owed.
    pub base: u64,
    /// Held without a gap up to here.
    pub contiguous: u64,
    /// The entry there.
    pub head: Option<EntryId>,
    /// Ranges beyond.
    pub beyond: Vec<(u64, u64)>,
}

/// Who somebody is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Introduction {
    /// The signed card.
    pub card: Vec<u8>,
    /// The signed prekey.
    pub prekey: Vec<u8>,
    /// The reach secret.
    pub reach: [u8; 32],
    /// The remembrance given.
    pub remind_us: [u8; 32],
    /// The remembrance shown.
    pub remember: [u8; 32],
    /// Multiaddrs.
    pub addresses: Vec<String>,
    /// Unix milliseconds.
    pub clock_ms: u64,
    /// Signed device lists.
    pub lists: Vec<Vec<u8>>,
    /// Carriers: device, addresses, token.
    pub carriers: Vec<(DeviceId, Vec<String>, DepositToken)>,
}

/// One thing said on a link.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Frame {
    /// 0: who we are.
    Introduction(Introduction),
    /// 1: whether it is all, tags and sums.
    Digests(bool, Vec<([u8; 16], [u8; 16])>),
    /// 2: what is held.
    Frontier {
        /// Where.
        conversation: ConversationId,
        /// Of each log.
        logs: Vec<LogFrontier>,
    },
    /// 3: entries.
    Entries {
        /// Where.
        conversation: ConversationId,
        /// The batch's number.
        batch: u32,
        /// Them.
        entries: Vec<WireEntry>,
    },
    /// 4: a batch is durable.
    EntriesHeld {
        /// Where.
        conversation: ConversationId,
        /// The batch's number.
        batch: u32,
    },
    /// 5: a sealed epoch.
    Seal {
        /// Where.
        conversation: ConversationId,
        /// Its announcement.
        rekey: WireEntry,
        /// Its secret.
        sealed: Vec<u8>,
    },
    /// 6: a seal was opened.
    SealOpened {
        /// Where.
        conversation: ConversationId,
        /// Which epoch.
        epoch: [u8; 32],
    },
    /// 7: what is durable, what was shown.
    Receipt {
        /// Where.
        conversation: ConversationId,
        /// Author, number and the entry there.
        held: Vec<(DeviceId, u64, EntryId)>,
        /// Author and number.
        shown: Vec<(DeviceId, u64)>,
    },
}

/// What the dialling side sends along.
#[derive(Serialize)]
struct Reveal {
    token: Option<[u8; 16]>,
    remember: Option<[u8; 32]>,
}

/// A device without an engine, and a contact of one honest person.
pub struct Mallory {
    /// Its account.
    pub account: AccountId,
    /// Its key, which signs whatever the story likes.
    pub device: DeviceKey,
    /// The honest person's device.
    pub victim: DeviceId,
    /// The conversation with the honest person.
    pub conversation: ConversationId,
    addresses: Vec<String>,
    /// The victim's prekey, once it introduced itself.
    prekey: Vec<u8>,
    key: AccountKey,
    list: Signed<DeviceList>,
    net: NetHandle,
    news: mpsc::Receiver<NetEvent>,
    rng: ChaCha20Rng,
    /// What it says again and again.
    said: Option<WireEntry>,
}

impl Mallory {
    /// Becomes a contact of whoever made this link, introduced and linked.
    ///
    /// # Panics
    /// If that does not succeed.
    pub async fn joins(link: &str) -> Self {
        let invite = Invite::parse(link).expect("a sound link");
        let mut rng = randomness();
        let (account, device) = (AccountKey::generate(&mut rng), DeviceKey::generate(&mut rng));
        let list = DeviceList::first(account.id(), device.id(), now_ms());
        let list = Signed::seal(list, &account).expect("a list");
        let (events, news) = mpsc::channel(EVENT_CAPACITY);
        let net = net::start(without_gossip(), device.clone(), events).expect("a network");
        let mut mallory = Self {
            account: account.id(),
            device,
            victim: invite.device,
            conversation: ConversationId::direct(account.id(), invite.account),
            addresses: invite.addresses,
            prekey: Vec::new(),
            key: account,
            list,
            net,
            news,
            rng,
            said: None,
        };
        mallory.stands_ready().await;
        let token = Some(*invite.token.as_bytes());
        assert_eq!(mallory.dials(token).await, None, "the invite is honoured");
        mallory.introduces_itself().await;
        let told = mallory
            .hears("an introduction", |frame| matches!(frame, Frame::Introduction(_)))
            .await;
        if let Frame::Introduction(introduction) = told {
            mallory.prekey = introduction.prekey;
        }
        mallory
    }

    async fn stands_ready(&self) {
        self.transmit(Transmit::Identify {
            account: self.account,
            device_list: self.list.encode(),
        })
        .await;
        self.transmit(Transmit::Know { device: self.victim }).await;
    }

    /// Another device in the name of the same account, with a list of its own under the number that is taken.
    ///
    /// # Panics
    /// If its network does not start.
    pub async fn doubles(&self) -> Self {
        let mut rng = randomness();
        let device = DeviceKey::generate(&mut rng);
        let list = DeviceList::first(self.account, device.id(), self.list.value().number);
        let (events, news) = mpsc::channel(EVENT_CAPACITY);
        let double = Self {
            account: self.account,
            victim: self.victim,
            conversation: self.conversation,
            addresses: self.addresses.clone(),
            prekey: self.prekey.clone(),
            key: self.key.clone(),
            list: Signed::seal(list, &self.key).expect("a list"),
            net: net::start(without_gossip(), device.clone(), events).expect("a network"),
            device,
            news,
            rng,
            said: None,
        };
        double.stands_ready().await;
        double
    }

    /// Makes a link; gives the number of the reason if it is refused.
    ///
    /// # Panics
    /// If nobody is there.
    pub async fn dials(&mut self, token: Option<[u8; 16]>) -> Option<u8> {
        self.transmit(Transmit::Dial {
            device: self.victim,
            addresses: self.addresses.clone(),
            payload: postcard::to_allocvec(&Reveal {
                token,
                remember: None,
            })
            .expect("a reveal"),
        })
        .await;
        self.news_of("a link or a refusal", |news| match news {
            NetEvent::LinkUp { .. } => Some(None),
            NetEvent::LinkRefused { refusal, .. } => Some(Some(refusal.reason)),
            NetEvent::DialFailed { reason, .. } => panic!("the victim cannot be dialled: {reason}"),
            _ => None,
        })
        .await
    }

    async fn introduces_itself(&mut self) {
        let introduction = self.introduction();
        self.says(&Frame::Introduction(introduction)).await;
    }

    /// Who it says it is.
    fn introduction(&mut self) -> Introduction {
        let card = Card {
            account: self.account,
            device: self.device.id(),
            number: now_ms(),
            handle: None,
            name: "Mallory".into(),
            picture: None,
            status: String::new(),
        };
        let prekey: Signed<Prekey> = PrekeySecret::generate(&mut self.rng)
            .publish(&self.device, 1, now_ms())
            .expect("a prekey");
        Introduction {
            card: Signed::seal(card, &self.device).expect("a card").encode(),
            prekey: prekey.encode(),
            reach: [0; 32],
            remind_us: [0; 32],
            remember: [0; 32],
            addresses: Vec::new(),
            clock_ms: now_ms(),
            lists: vec![self.list.encode()],
            carriers: Vec::new(),
        }
    }

    async fn transmit(&self, transmit: Transmit) {
        self.net.transmit(transmit).await.expect("the network runs");
    }

    /// Says a frame.
    pub async fn says(&self, frame: &Frame) {
        self.says_bytes(postcard::to_allocvec(frame).expect("a frame"))
            .await;
    }

    /// Says any bytes in the place of a frame.
    pub async fn says_bytes(&self, frame: Vec<u8>) {
        self.says_bytes_on(Lane::Control, frame).await;
    }

    /// As [`Mallory::says_bytes`], on either lane.
    pub async fn says_bytes_on(&self, lane: Lane, frame: Vec<u8>) {
        self.transmit(Transmit::Send {
            device: self.victim,
            lane,
            frame,
        })
        .await;
    }

    /// Sends entries as if they had been missing.
    pub async fn sends_entries(&self, batch: u32, entries: Vec<WireEntry>) {
        self.says(&Frame::Entries {
            conversation: self.conversation,
            batch,
            entries,
        })
        .await;
    }

    /// Waits for a frame.
    ///
    /// # Panics
    /// If it does not come, or the link ends.
    pub async fn hears(&mut self, what: &str, mut wanted: impl FnMut(&Frame) -> bool) -> Frame {
        self.news_of(what, |news| match news {
            NetEvent::Frame { frame, .. } => postcard::from_bytes(&frame).ok().filter(|frame| wanted(frame)),
            NetEvent::LinkDown { .. } => panic!("cut off while waiting for {what}"),
            _ => None,
        })
        .await
    }

    /// Waits until a batch is acknowledged: everything said before it has been handled.
    pub async fn is_answered(&mut self, batch: u32) {
        self.sends_entries(batch, Vec::new()).await;
        self.hears(
            "an acknowledgement",
            |frame| matches!(frame, Frame::EntriesHeld { batch: held, .. } if *held == batch),
        )
        .await;
    }

    /// Waits until the honest side has ended the link.
    pub async fn is_cut_off(&mut self) {
        self.news_of("the end of the link", |news| {
            matches!(news, NetEvent::LinkDown { .. }).then_some(())
        })
        .await;
    }

    async fn news_of<T>(&mut self, what: &str, mut found: impl FnMut(NetEvent) -> Option<T>) -> T {
        let waiting = async {
            loop {
                let news = self.news.recv().await.expect("the network runs");
                if let Some(found) = found(news) {
                    return found;
                }
            }
        };
        match timeout(PATIENCE, waiting).await {
            Ok(found) => found,
            Err(_) => panic!("Mallory waited in vain for {what}"),
        }
    }

    /// The header of a text of its own at any number, and its body; what of it is false, the story makes so.
    pub fn header(&mut self, seq: u64, prev: Option<EntryId>, text: &str) -> (Header, Body) {
        let content = Content::Text { text: text.into() }.encode().expect("a text");
        self.header_of(seq, prev, content)
    }

    /// As [`Mallory::header`], with any content.
    pub fn header_of(&mut self, seq: u64, prev: Option<EntryId>, content: Vec<u8>) -> (Header, Body) {
        let body = Body::new(content, &mut self.rng);
        let header = Header {
            version: Header::VERSION,
            conversation: self.conversation,
            author: self.device.id(),
            log: LogKind::Content,
            seq,
            prev,
            deps: Vec::new(),
            at: Stamp::new(now_ms(), 0),
            expires_at_ms: None,
            body: body.commit(),
        };
        (header, body)
    }

    /// A text, properly signed.
    pub fn entry(&mut self, seq: u64, prev: Option<EntryId>, text: &str) -> (EntryId, WireEntry) {
        let (header, body) = self.header(seq, prev, text);
        sign(header, &body, &self.device)
    }
}

/// What Mallory gossips is gossiped by hand ([`crate::raw`]).
fn without_gossip() -> NetConfig {
    NetConfig {
        gossip: false,
        ..NetConfig::loopback()
    }
}

impl std::fmt::Debug for Mallory {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Mallory").finish_non_exhaustive()
    }
}
