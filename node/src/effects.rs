//! Everything an engine can want of the world.
//!
//! The shell performs effects in one order: the batch is committed, the replies and events go to the listeners, the
//! batch is flushed, and only then is anything transmitted. So nothing leaves this machine that it could forget.

use kith_crypto::{AccountId, DeviceId, LinkRefusal};

use crate::{
    command::Reply,
    error::CommandError,
    event::Event,
    input::{BatchId, CommandId, DepositId, ErrandId, GossipId, Lane, LinkRequestId},
    redacted::shows_variant,
    store::Batch,
    tasks::Task,
};

/// What an input leads to.
#[derive(Debug, Default)]
pub struct Effects {
    /// One atomic batch; may be empty.
    pub batch: Batch,
    /// Answers to callers.
    pub replies: Vec<(CommandId, Result<Reply, CommandError>)>,
    /// News for listeners.
    pub events: Vec<Event>,
    /// What goes to the network once the batch is durable.
    pub transmits: Vec<Transmit>,
    /// What is to be done beside the engine; each ends in [`crate::input::Input::TaskDone`], if it ends.
    pub tasks: Vec<Task>,
    /// Once the batch is durable, make unreadable for good what was kept until a day before this one.
    pub forget_before: Option<u32>,
    /// Once the batch is durable, make unreadable for good what is kept under these numbers.
    pub forget_keys: Vec<u64>,
    /// The number of this batch; every input has one, also when it writes nothing.
    pub number: BatchId,
    /// When the engine next wants [`crate::input::Input::Timer`], unix milliseconds; the newest wish replaces older ones.
    pub wake_at_ms: Option<u64>,
}

/// One thing for the network to do.
#[derive(Clone, PartialEq, Eq)]
pub enum Transmit {
    /// From now on links are made in this name. Comes first, and again when the device list changes.
    Identify {
        /// Our account.
        account: AccountId,
        /// Its signed device list.
        device_list: Vec<u8>,
    },
    /// A device of a contact or of ours: gossip and links are allowed with it, its connection is kept.
    Know {
        /// Who.
        device: DeviceId,
    },
    /// No longer one: its link is closed, gossip ends.
    Forget {
        /// Who.
        device: DeviceId,
    },
    /// Make a link to a device, at these addresses and any the network knows. Ends in `LinkUp`, `LinkRefused` or
    /// `DialFailed`; does nothing while a link stands or is being made.
    Dial {
        /// Who.
        device: DeviceId,
        /// Multiaddrs with or without `/p2p/…`.
        addresses: Vec<String>,
        /// Sent with our reveal in the handshake, e.g. an invite token.
        payload: Vec<u8>,
    },
    /// Answers a stranger's wish for a link.
    AnswerLink {
        /// Which wish.
        request: LinkRequestId,
        /// `None` accepts; a reason refuses (see [`crate::frame::Refusal`]).
        refusal: Option<LinkRefusal>,
    },
    /// A frame over a standing link; dropped without a word if there is none.
    Send {
        /// To whom.
        device: DeviceId,
        /// On which lane.
        lane: Lane,
        /// At most [`crate::frame::MAX_FRAME_BYTES`].
        frame: Vec<u8>,
    },
    /// Take part in a topic.
    Subscribe {
        /// Its name.
        topic: String,
    },
    /// Leave a topic.
    Unsubscribe {
        /// Its name.
        topic: String,
    },
    /// Gossip an envelope. Best effort: sync is what makes sure.
    Publish {
        /// On which topic.
        topic: String,
        /// The envelope.
        data: Vec<u8>,
    },
    /// Judge a gossiped message.
    Judge {
        /// Which.
        id: GossipId,
        /// True forwards it to the mesh; false drops it without blaming anybody.
        forward: bool,
    },
    /// Hand a deposit to a carrier over a connection that does not show who we are. Ends in `DepositAnswered`.
    Deposit {
        /// Under which name to report.
        errand: ErrandId,
        /// The carrier's device.
        device: DeviceId,
        /// Where it can be dialled.
        addresses: Vec<String>,
        /// A [`kith_crypto::Deposit`].
        data: Vec<u8>,
    },
    /// Answers somebody's deposit.
    AnswerDeposit {
        /// Which.
        deposit: DepositId,
        /// A [`kith_crypto::DepositAnswer`].
        answer: Vec<u8>,
    },
    /// Put a record into the DHT.
    PublishRecord {
        /// Its key.
        key: [u8; 32],
        /// Signed and sealed.
        value: Vec<u8>,
        /// The time that is gone by, unix milliseconds: records are judged by it.
        now_ms: u64,
    },
    /// Look a record up; ends in `RecordFound` or silence.
    LookUpRecord {
        /// Its key.
        key: [u8; 32],
        /// The time that is gone by, unix milliseconds: what is found is judged by it.
        now_ms: u64,
    },
    /// Dial the bootstrap nodes again now.
    RetryBootstraps,
    /// Use these bootstrap nodes besides those of the start, and let go of those that were named so before.
    SetBootstraps {
        /// Multiaddrs.
        addresses: Vec<String>,
    },
}

shows_variant!(Transmit {
    Identify { account },
    Know { device },
    Forget { device },
    Dial { device, addresses },
    AnswerLink { request },
    Send { device, lane },
    Judge { id, forward },
    Deposit { errand, device },
    AnswerDeposit { deposit },
} else Subscribe, Unsubscribe, Publish, PublishRecord, LookUpRecord, SetBootstraps, RetryBootstraps);
