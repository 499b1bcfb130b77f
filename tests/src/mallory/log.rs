//! Entries written by hand, and how they come to somebody.

use kith_crypto::{Body, DeviceKey, Header, LogKind, SignedHeader, Stamp};
use kith_node::{
    id::{ConversationId, DeviceId, EntryId},
    input::{Lane, NetEvent},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

use super::{Frame, WireEntry};

/// A log of a device, written entry after entry, each of which names the one before it.
#[derive(Clone, Copy, Debug)]
pub struct HandLog {
    /// Where.
    pub conversation: ConversationId,
    /// Which of the device's two logs there.
    pub kind: LogKind,
    /// The number of its last entry.
    pub seq: u64,
    /// Its last entry.
    pub head: Option<EntryId>,
}

impl HandLog {
    /// A log in which nothing stands yet.
    pub fn begins(conversation: ConversationId, kind: LogKind) -> Self {
        Self {
            conversation,
            kind,
            seq: 0,
            head: None,
        }
    }

    /// The next entry: `content` as its body says it, signed by the device whose log it is.
    ///
    /// # Panics
    /// If the header breaks its own rules.
    pub fn writes(&mut self, content: Vec<u8>, at: Stamp, device: &DeviceKey) -> (EntryId, WireEntry) {
        let body = Body::new(content, &mut ChaCha20Rng::seed_from_u64(self.seq));
        self.seq += 1;
        let header = Header {
            version: Header::VERSION,
            conversation: self.conversation,
            author: device.id(),
            log: self.kind,
            seq: self.seq,
            prev: self.head,
            deps: Vec::new(),
            at,
            expires_at_ms: None,
            body: body.commit(),
        };
        let (id, wire) = sign(header, &body, device);
        self.head = Some(id);
        (id, wire)
    }
}

/// An entry signed by a key.
///
/// # Panics
/// If the key is not its author's, or the header breaks its own rules.
pub fn sign(header: Header, body: &Body, key: &DeviceKey) -> (EntryId, WireEntry) {
    let signed = SignedHeader::sign(header, key).expect("a header");
    let wire = WireEntry {
        header: signed.bytes().to_vec(),
        body: Some(body.encode().expect("a body")),
    };
    (signed.id(), wire)
}

/// Entries as they come from a device that streams them.
///
/// # Panics
/// If there are more than a frame can say.
pub fn streamed(from: DeviceId, conversation: ConversationId, entries: Vec<WireEntry>) -> NetEvent {
    let frame = Frame::Entries {
        conversation,
        batch: 77,
        entries,
    };
    NetEvent::Frame {
        device: from,
        lane: Lane::Sync,
        frame: postcard::to_allocvec(&frame).expect("a frame"),
    }
}
