//! Everything that can happen to an engine. Nothing else ever changes it.

use kith_crypto::{AccountId, DeviceId, LinkRefusal};

use crate::{
    command::Command,
    redacted::shows_variant,
    store::DiskTrouble,
    tasks::TaskDone,
    view::{BootstrapView, PathView},
};

/// Names a command while it is being done, so that its answer finds its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub u64);

/// Names a batch of writes. Batches are numbered 1, 2, 3 … in the order they were committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub u64);

/// Names a stranger's wish for a link while the engine decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkRequestId(pub u64);

/// Names a deposit of somebody unknown until it has been answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DepositId(pub u64);

/// Names a deposit of ours until the carrier has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrandId(pub u64);

/// Names a gossiped message until it has been judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GossipId(pub u64);

/// Which stream of a link a frame travels on. Bulk on one never delays a receipt on the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Small and urgent: receipts, digests, seals, cards.
    Control,
    /// Entries in bulk, with acknowledgements as backpressure.
    Sync,
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// The node has started, or the store was reloaded: look at what is there and begin.
    Started,
    /// Somebody asks for something.
    Command {
        /// Under which name to answer.
        id: CommandId,
        /// What.
        command: Command,
    },
    /// The network has news.
    Net(NetEvent),
    /// The moment asked for by [`crate::effects::Effects::wake_at_ms`] has come.
    Timer,
    /// A task has ended.
    TaskDone(TaskDone),
    /// All batches up to this one are durable.
    Flushed(BatchId),
    /// What was committed could not be made durable, for this reason; it is tried again, and nothing gets out until then.
    NotFlushed(DiskTrouble),
}

/// News from the network. Devices are authenticated by the transport; accounts by the link's handshake.
#[derive(Clone)]
pub enum NetEvent {
    /// A device has revealed its account in a link handshake and waits for our answer.
    LinkRequested {
        /// To answer it.
        request: LinkRequestId,
        /// Who dialled.
        device: DeviceId,
        /// Whose device it is, proven.
        account: AccountId,
        /// The account's signed device list, verified by the handshake, as it travelled.
        device_list: Vec<u8>,
        /// What the dialler sent along, e.g. an invite token.
        payload: Vec<u8>,
    },
    /// A link stands. Frames can be sent. Of two simultaneous links only the one that stays is reported.
    LinkUp {
        /// The other end.
        device: DeviceId,
        /// Whose device it is, proven.
        account: AccountId,
        /// The account's signed device list as it travelled.
        device_list: Vec<u8>,
        /// How it is reached.
        path: PathView,
        /// A secret only the two ends know, fresh for this link: keys digests.
        binding: [u8; 32],
    },
    /// The path of a standing link changed.
    PathChanged {
        /// The other end.
        device: DeviceId,
        /// How it is reached now.
        path: PathView,
    },
    /// A link is gone. What was handed to it and not acknowledged may or may not have arrived.
    LinkDown {
        /// The other end.
        device: DeviceId,
    },
    /// The other side of a link we wanted refused.
    LinkRefused {
        /// Who.
        device: DeviceId,
        /// Its reason (see [`crate::frame::Refusal`]), and perhaps a device list that nobody has verified.
        refusal: LinkRefusal,
    },
    /// A device could not be reached at any of its addresses.
    DialFailed {
        /// Who.
        device: DeviceId,
        /// For the log and the doctor.
        reason: String,
    },
    /// In the handshake of a link a device said something that only a newer Kith can read.
    Newer {
        /// Who.
        device: DeviceId,
    },
    /// A frame came over a link.
    Frame {
        /// From whom.
        device: DeviceId,
        /// On which lane.
        lane: Lane,
        /// Decrypted bytes, at most [`crate::frame::MAX_FRAME_BYTES`].
        frame: Vec<u8>,
    },
    /// A gossiped message came on a topic we subscribe. It is forwarded only after a verdict.
    Gossip {
        /// Which device handed it to us.
        device: DeviceId,
        /// To judge it.
        id: GossipId,
        /// The topic's name.
        topic: String,
        /// An envelope's bytes.
        data: Vec<u8>,
    },
    /// A device sent gossip on topics that we take no part in; it was let go unread.
    Strayed {
        /// Which.
        device: DeviceId,
        /// How many messages, since this was last told.
        messages: u32,
    },
    /// Somebody unknown wants to leave something in a mailbox of ours.
    Deposit {
        /// To answer it.
        deposit: DepositId,
        /// A [`kith_crypto::Deposit`], not looked at yet.
        data: Vec<u8>,
    },
    /// A deposit of ours has ended.
    DepositAnswered {
        /// Which.
        errand: ErrandId,
        /// What the carrier said, a [`kith_crypto::DepositAnswer`]; `None` if it could not be reached or said nothing.
        answer: Option<Vec<u8>>,
    },
    /// A device was found on the local network, or named its addresses itself (identify).
    Discovered {
        /// Who.
        device: DeviceId,
        /// Its multiaddrs, without `/p2p/…`.
        addresses: Vec<String>,
        /// True when multicast DNS found it.
        lan: bool,
    },
    /// Where we can be reached: listening, observed and relayed multiaddrs.
    OwnAddresses {
        /// Best first.
        addresses: Vec<String>,
        /// Which of them are sockets of this machine.
        listening: Vec<String>,
    },
    /// What the DHT holds under a key we looked up; every value has been verified as `record::verify_record` does.
    RecordFound {
        /// The key.
        key: [u8; 32],
        /// The newest value.
        value: Vec<u8>,
    },
    /// How the bootstrap nodes are.
    Bootstraps(Vec<BootstrapView>),
    /// Whether multicast DNS runs.
    LanDiscovery(bool),
    /// The wished port was taken and another was used.
    PortInUse {
        /// What was wished.
        wished: u16,
    },
    /// The network failed and was contained: no link stands any more, and what was wished of it is let go.
    Down,
    /// It begins anew, and waits for [`crate::effects::Transmit::Identify`] and all else that it has to know.
    Up,
}

shows_variant!(NetEvent {
    LinkRequested { device, account },
    LinkUp { device, account, path },
    PathChanged { device, path },
    LinkDown { device },
    LinkRefused { device },
    DialFailed { device, reason },
    Newer { device },
    Frame { device, lane },
    Gossip { device, id },
    Strayed { device, messages },
    Deposit { deposit },
    DepositAnswered { errand },
    Discovered { device, addresses, lan },
    OwnAddresses { addresses },
    PortInUse { wished },
} else RecordFound, Bootstraps, LanDiscovery, Down, Up);
