//! A real `kith-node` under attack: its memory, and how long an honest friend's messages take before, during and after.
//!
//! Victor is the victim and Ben his friend, both in processes of their own; the attackers live in this one. The same
//! attacks serve a test, which demands bounds, and a bench, which prints figures.

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use kith_crypto::DeviceKey;
use kith_node::{
    Command, Event,
    frame::MAX_FRAME_BYTES,
    id::ConversationId,
    input::Lane,
    net::protocols,
    view::{DeliveryState, InviteView, MessageView},
};
use libp2p::{Multiaddr, futures::AsyncWriteExt as _};
use tempfile::TempDir;

use crate::{
    figures::Times,
    machine,
    mallory::Mallory,
    proc::{NodeProgram, Profile, Programs},
    raw::{GOSSIP, Raw, detour, half_open, published, tcp_port},
    world::randomness,
};

/// Where strangers come from: addresses of this machine that no honest person here has.
const CROWD: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 66);
const ONE_MACHINE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 77);
/// How many half-open connections they make.
const HALF_OPEN: usize = 1_000;
/// Under how many names one machine connects.
const NAMES: usize = 100;
/// How many of the largest frames are said, and of the largest messages gossiped: far more than may be in memory.
const LARGEST_FRAMES: usize = 300;
const LARGEST_GOSSIP: usize = 300;
/// The largest gossiped message, without what surrounds it.
const GOSSIP_BYTES: usize = 350 * 1024;
/// How long a message may take before Ben has not been heard.
const PATIENCE: Duration = Duration::from_secs(240);

/// One way to attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// A contact asks the same questions until it is cut off.
    Questions,
    /// A contact says the largest frames, of a kind that does not exist, on both lanes.
    LargestFrames,
    /// A contact sends entries again that are held already, until it is cut off.
    EntriesAgain,
    /// A contact gossips the largest messages on topics of its own invention.
    TopicSpam,
    /// A contact asks and asks, and reads no answer.
    ReadsNothing,
    /// Strangers begin a thousand connections and say nothing on them.
    HalfOpen,
    /// One machine under many names, each of which stalls a handshake, announces four gigabytes and leaves letters half
    /// written.
    ManyNames,
}

impl Attack {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Questions,
        Self::LargestFrames,
        Self::EntriesAgain,
        Self::TopicSpam,
        Self::ReadsNothing,
        Self::HalfOpen,
        Self::ManyNames,
    ];

    /// Its name in figures.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Questions => "questions",
            Self::LargestFrames => "largest_frames",
            Self::EntriesAgain => "entries_again",
            Self::TopicSpam => "topic_spam",
            Self::ReadsNothing => "reads_nothing",
            Self::HalfOpen => "half_open",
            Self::ManyNames => "many_names",
        }
    }
}

/// What an attack cost.
#[derive(Clone, Debug)]
pub struct Cost {
    /// Victor's memory before, at its most, and after; bytes, shared pages by share.
    pub memory: [u64; 3],
    /// How long Ben's messages took until he knew that Victor's disk has them: before, during, after.
    pub delivered: [Times; 3],
}

/// Victor, Ben, and their folder.
#[derive(Debug)]
pub struct Siege {
    victor: NodeProgram,
    ben: NodeProgram,
    conversation: ConversationId,
    said: usize,
    _folder: TempDir,
}

impl Siege {
    /// Victor and Ben meet.
    ///
    /// # Errors
    /// If the programs are not there, or do not do what they should.
    pub async fn begins() -> Result<Self> {
        let programs = Programs::beside_this()?;
        let folder = tempfile::tempdir()?;
        let (victor, _) = Profile::create(&programs, folder.path(), "Victor").await?;
        let (ben, _) = Profile::create(&programs, folder.path(), "Ben").await?;
        let mut victor = NodeProgram::start(&programs, &victor, &[])?;
        let mut ben = NodeProgram::start(&programs, &ben, &[])?;
        victor.meets(&mut ben).await?;
        let conversation = ben.conversation().await?.id;
        Ok(Self {
            victor,
            ben,
            conversation,
            said: 0,
            _folder: folder,
        })
    }

    /// Carries an attack out while Ben writes to Victor, after and before `rounds` messages in peace.
    ///
    /// # Errors
    /// If a message of Ben's does not arrive, or Victor's node is gone.
    pub async fn stands(&mut self, attack: Attack, rounds: usize) -> Result<Cost> {
        let invite: InviteView = self
            .victor
            .call(&Command::CreateInvite { valid_for_s: None })
            .await?;
        let mallory = Mallory::joins(&invite.link).await;
        let mut delivered = [Times::new(), Times::new(), Times::new()];
        let [before, during, after] = &mut delivered;
        for _ in 0..rounds {
            before.push(self.talks().await?);
        }
        let memory_before = self.memory()?;
        let mut peak = memory_before;
        let striking = tokio::spawn(strike(attack, mallory));
        while !striking.is_finished() {
            during.push(self.talks().await?);
            peak = peak.max(self.memory()?);
        }
        // What they hold open stays open until here.
        let held = striking.await.context("the attack failed")?;
        during.push(self.talks().await?);
        peak = peak.max(self.memory()?);
        drop(held);
        for _ in 0..rounds {
            after.push(self.talks().await?);
        }
        Ok(Cost {
            memory: [memory_before, peak, self.memory()?],
            delivered,
        })
    }

    /// Ben writes; until he knows that Victor's disk has it.
    async fn talks(&mut self) -> Result<Duration> {
        self.said += 1;
        let send = Command::SendMessage {
            conversation: self.conversation,
            text: format!("message {}", self.said),
        };
        let begun = Instant::now();
        let sent: MessageView = self.ben.call(&send).await?;
        loop {
            let event = self.ben.next_event(PATIENCE).await?;
            match event.context("Ben's message does not arrive")? {
                Event::Message(row) if row.id == sent.id && row.state >= Some(DeliveryState::Delivered) => {
                    return Ok(begun.elapsed());
                }
                _ => {}
            }
        }
    }

    fn memory(&self) -> Result<u64> {
        let pid = self.victor.pid().context("Victor's node runs")?;
        Ok(machine::memory(pid)?.proportional_bytes)
    }
}

/// What attackers keep open until it is dropped.
#[derive(Default)]
struct Held {
    _mallory: Option<Mallory>,
    _sockets: Vec<tokio::net::TcpStream>,
    _raws: Vec<(Raw, Vec<libp2p::Stream>)>,
}

async fn strike(attack: Attack, mut mallory: Mallory) -> Held {
    match attack {
        Attack::Questions => {
            let frame = mallory.flood("digests");
            mallory.is_cut_off_for(&frame, 1).await;
        }
        Attack::EntriesAgain => {
            let frame = mallory.flood("entries that are held already");
            mallory.is_cut_off_for(&frame, 1).await;
        }
        Attack::LargestFrames => says_the_largest(&mut mallory).await,
        Attack::TopicSpam => spams_topics(&mallory).await,
        Attack::ReadsNothing => {
            for name in ["frontiers", "entries that are held already"] {
                let frame = mallory.flood(name);
                for _ in 0..1_800 {
                    mallory.says_bytes_on(Lane::Control, frame.clone()).await;
                }
            }
        }
        Attack::HalfOpen => {
            let port = tcp_port(&[mallory.tcp_address().to_string()]);
            return Held {
                _sockets: half_open(CROWD, port, HALF_OPEN).await,
                _mallory: Some(mallory),
                ..Held::default()
            };
        }
        Attack::ManyNames => {
            let port = tcp_port(&[mallory.tcp_address().to_string()]);
            return Held {
                _raws: many_names(&mallory, detour(ONE_MACHINE, port).await).await,
                _mallory: Some(mallory),
                ..Held::default()
            };
        }
    }
    Held {
        _mallory: Some(mallory),
        ..Held::default()
    }
}

async fn says_the_largest(mallory: &mut Mallory) {
    for number in 0..LARGEST_FRAMES {
        let lane = if number % 2 == 0 {
            Lane::Control
        } else {
            Lane::Sync
        };
        mallory.says_bytes_on(lane, vec![100; MAX_FRAME_BYTES]).await;
        // Our own queue holds no more than 16 MiB. A node may well end such a link: then there is no more to say.
        let batch = u32::try_from(number).unwrap_or_default();
        if number % 8 == 7 && !mallory.still_stands(batch).await {
            return;
        }
    }
}

async fn spams_topics(mallory: &Mallory) {
    let address = mallory.tcp_address();
    let Some(mut raw) = Raw::connects(&mallory.device, mallory.victim, &address).await else {
        return;
    };
    let Ok(mut stream) = raw.opens(GOSSIP).await else {
        return;
    };
    let data = vec![7; GOSSIP_BYTES];
    for number in 0..LARGEST_GOSSIP {
        if !raw
            .writes(&mut stream, &published(&format!("topic{number}"), &data))
            .await
        {
            return;
        }
    }
}

/// Connects under many names; gives those that were let in, with all the streams that they have begun.
async fn many_names(mallory: &Mallory, address: Multiaddr) -> Vec<(Raw, Vec<libp2p::Stream>)> {
    let mut inside = Vec::new();
    let mut rng = randomness();
    for _ in 0..NAMES {
        let key = DeviceKey::generate(&mut rng);
        let Some(mut raw) = Raw::connects(&key, mallory.victim, &address).await else {
            continue;
        };
        let mut streams = Vec::new();
        for (protocol, said) in [
            (protocols::LINK, vec![0, 0, 4]),
            (protocols::SYNC, vec![0; 100]),
            (protocols::MAIL, vec![0, 0, 0x40, 0, 1, 2, 3]),
            (protocols::MAIL, vec![0xff; 64]),
        ] {
            let Ok(mut stream) = raw.opens(protocol).await else {
                break;
            };
            let writing = async {
                // Whether it is taken or cut is what the victim decides.
                let _ = stream.write_all(&said).await;
                let _ = stream.flush().await;
            };
            raw.meanwhile(writing).await;
            streams.push(stream);
        }
        inside.push((raw, streams));
    }
    inside
}
