//! What Mallory says again and again, and how often until it is cut off.

use std::time::{Duration, Instant};

use kith_crypto::{DeviceKey, DeviceList, Mail, MailEntry, Prekey, Signed};
use kith_node::{
    allowance,
    id::EntryId,
    input::{Lane, NetEvent},
};
use tokio::time::timeout;

use super::{Frame, LogFrontier, Mallory, sign};
use crate::town::MAIL;

/// After so many broken rules a device is cut off (docs/protocol-sync.md).
pub const MOST_OFFENCES: u32 = 8;
/// How long an answer may take to a victim that is flooded, on a busy machine: what it takes is written to its disk.
const PATIENCE: Duration = Duration::from_secs(240);
/// After this time without an answer a question is asked again.
const ASKED_AGAIN: Duration = Duration::from_secs(1);
/// How many frames are said before it is looked whether the link still stands.
const ROUND: u32 = 64;

/// How a flood ended.
#[derive(Clone, Copy, Debug)]
pub struct CutOff {
    /// Frames said until then.
    pub said: u32,
    /// How many it may be at the most: the allowance, what came back of it meanwhile, the offences, and the round in which
    /// it happened.
    pub at_most: u32,
}

/// What a device can say again and again, and what each takes of its allowance.
pub const FLOODS: [(&str, u32); 17] = [
    ("introductions", 16),
    ("digests", 1),
    ("frontiers", 1),
    ("entries that are held already", 1),
    ("acknowledgements of nothing", 1),
    ("seals of nothing", 1),
    ("confirmations of nothing", 1),
    ("receipts that tell nothing", 1),
    ("wishes for a picture", 4),
    ("offers to carry", 4),
    ("frames of a kind that does not exist", 1),
    ("mail that was taken before", 1),
    ("mail that cannot be opened", 1),
    ("acknowledgements of mail that is not there", 1),
    ("mail behind a gap that was not handed over", 1),
    ("wishes for mail that is not there", 1),
    ("unseen messages of nobody", 1),
];

/// Something sealed, as a carrier hands it over.
fn carried(sealed: &[u8]) -> Vec<u8> {
    let sealed = postcard::to_allocvec(sealed).expect("bytes");
    [vec![MAIL], sealed].concat()
}

impl Mallory {
    /// A frame of one of the [`FLOODS`], that breaks no rule by itself.
    ///
    /// # Panics
    /// If there is no such flood.
    pub fn flood(&mut self, name: &str) -> Vec<u8> {
        let conversation = self.conversation;
        let frame = match name {
            "introductions" => Frame::Introduction(self.introduction()),
            "digests" => Frame::Digests(false, vec![([1; 16], [2; 16])]),
            "frontiers" => Frame::Frontier {
                conversation,
                logs: vec![LogFrontier {
                    author: self.device.id(),
                    kind: kith_crypto::LogKind::Content,
                    base: 1,
                    contiguous: 0,
                    head: None,
                    beyond: Vec::new(),
                }],
            },
            "entries that are held already" => Frame::Entries {
                conversation,
                batch: 7,
                entries: vec![self.entry_said()],
            },
            "acknowledgements of nothing" => Frame::EntriesHeld {
                conversation,
                batch: 99,
            },
            "seals of nothing" => {
                let (header, body) = self.control_header();
                let (_, rekey) = sign(header, &body, &self.device);
                Frame::Seal {
                    conversation,
                    rekey,
                    sealed: vec![1; 1_200],
                }
            }
            "confirmations of nothing" => Frame::SealOpened {
                conversation,
                epoch: [9; 32],
            },
            "receipts that tell nothing" => Frame::Receipt {
                conversation,
                held: (0..32)
                    .map(|_| {
                        let device = DeviceKey::generate(&mut self.rng).id();
                        (device, u64::MAX, EntryId::from_bytes([9; 32]))
                    })
                    .collect(),
                shown: Vec::new(),
            },
            "wishes for a picture" => return [vec![8], vec![7; 32]].concat(),
            "offers to carry" => return vec![10, 0],
            "frames of a kind that does not exist" => return vec![100, 1, 2, 3],
            other => return self.later_flood(other),
        };
        postcard::to_allocvec(&frame).expect("a frame")
    }

    fn later_flood(&mut self, name: &str) -> Vec<u8> {
        let of_nothing = |kind: u8| [vec![kind], vec![7; 32]].concat();
        match name {
            "mail that was taken before" => carried(&self.letter()),
            "mail that cannot be opened" => carried(&[7; 1_200]),
            "acknowledgements of mail that is not there" => of_nothing(12),
            "mail behind a gap that was not handed over" => of_nothing(20),
            "wishes for mail that is not there" => of_nothing(21),
            "unseen messages of nobody" => {
                let logs = vec![(self.device.id(), vec![(1u64, 3u64)])];
                let unseen = postcard::to_allocvec(&(self.conversation, logs));
                [vec![22], unseen.expect("a frame")].concat()
            }
            other => panic!("there is no flood of {other}"),
        }
    }

    /// Says that it carries for the victim: who never did may hand over no mail.
    pub async fn offers_to_carry(&self) {
        let (mailbox, key, quota_bytes, days) = ([5; 16], [6; 32], 1_000_000u64, 7u32);
        let grant = postcard::to_allocvec(&Some((mailbox, key, quota_bytes, days))).expect("an offer");
        self.says_bytes([vec![10], grant].concat()).await;
    }

    /// Mail of its own to the victim.
    fn letter(&mut self) -> Vec<u8> {
        let said = self.entry_said();
        let mail = Mail {
            conversation: self.conversation,
            entries: vec![MailEntry {
                header: said.header,
                body: said.body,
            }],
            held: Vec::new(),
            shown: Vec::new(),
        };
        let prekey = Signed::<Prekey>::open(&self.prekey).expect("a prekey");
        let sealed = mail.seal(&prekey, &self.device, &mut self.rng);
        sealed.expect("a seal")
    }

    /// An introduction that tells of past device lists of Mallory's account, with these numbers.
    ///
    /// # Panics
    /// If a list cannot be signed.
    pub fn tells_lists(&mut self, numbers: std::ops::Range<u64>) -> Frame {
        let mut introduction = self.introduction();
        introduction.lists = numbers
            .map(|number| {
                let device = DeviceKey::generate(&mut self.rng).id();
                let list = DeviceList::first(self.account, device, number);
                Signed::seal(list, &self.key).expect("a list").encode()
            })
            .collect();
        Frame::Introduction(introduction)
    }

    /// Where the victim listens for TCP.
    ///
    /// # Panics
    /// If its invite did not say.
    #[must_use]
    pub fn tcp_address(&self) -> libp2p::Multiaddr {
        let tcp = self.addresses.iter().find(|address| address.contains("/tcp/"));
        tcp.and_then(|address| address.parse().ok())
            .expect("a TCP address")
    }

    fn entry_said(&mut self) -> super::WireEntry {
        // The same each time: what is signed is drawn once.
        if let Some(said) = &self.said {
            return said.clone();
        }
        let (_, said) = self.entry(1, None, "said before");
        self.said = Some(said.clone());
        said
    }

    fn control_header(&mut self) -> (kith_crypto::Header, kith_crypto::Body) {
        let (mut header, body) = self.header_of(1, None, vec![1, 77, 5, 5]);
        header.log = kith_crypto::LogKind::Control;
        (header, body)
    }

    /// Says a frame until it is cut off; `cost` is what each takes of the allowance.
    ///
    /// # Panics
    /// If it is not within the bound.
    pub async fn is_cut_off_for(&mut self, frame: &[u8], cost: u32) -> CutOff {
        let begun = Instant::now();
        let mut said = 0;
        loop {
            for _ in 0..ROUND {
                self.says_bytes_on(Lane::Control, frame.to_vec()).await;
            }
            said += ROUND;
            let stands = self.still_stands(said).await;
            let seconds = u32::try_from(begun.elapsed().as_secs() + 1).expect("a short story");
            let rounds = said / ROUND;
            let spent = allowance::MOST + allowance::PER_SECOND * seconds;
            // Each look whether the link stands is a question, too.
            let at_most = spent.saturating_sub(rounds) / cost + MOST_OFFENCES + ROUND;
            if !stands {
                return CutOff { said, at_most };
            }
            assert!(said <= at_most, "{said} frames were taken, {at_most} may be");
        }
    }

    /// Whether everything said until now was taken, and the link still stands. The question itself may be one too many and
    /// stay without an answer, so it is asked again: that is answered once time has filled the allowance, or ends the link.
    ///
    /// # Panics
    /// If there is neither an answer nor an end within four minutes.
    pub async fn still_stands(&mut self, batch: u32) -> bool {
        let waiting = async {
            self.sends_entries(batch, Vec::new()).await;
            loop {
                match timeout(ASKED_AGAIN, self.news.recv()).await {
                    Err(_) => self.sends_entries(batch, Vec::new()).await,
                    Ok(None | Some(NetEvent::LinkDown { .. })) => return false,
                    Ok(Some(NetEvent::Frame { frame, .. })) => {
                        let frame = postcard::from_bytes::<Frame>(&frame);
                        if matches!(frame, Ok(Frame::EntriesHeld { batch: held, .. }) if held == batch) {
                            return true;
                        }
                    }
                    Ok(Some(_)) => {}
                }
            }
        };
        timeout(PATIENCE, waiting).await.expect("an answer or the end")
    }
}
