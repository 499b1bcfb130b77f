//! Entries: a signed header that stays, and a body that can be erased on its own.
//!
//! A header says where an entry stands (conversation, author, log, sequence number, what came before) and commits to
//! its body by a salted hash, so that erasing a body leaves the log verifiable and the salt keeps short texts from
//! being guessed back. On the wire a header is `signature (64 bytes) ‖ version (1) ‖ postcard`, kept as it travelled;
//! its id is a hash of what follows the signature, so that nobody can give one entry two ids. Meaning is not known
//! here: what a body says is [`body`](crate::body)'s, and whether an author may write in a conversation is the node's.

use core::fmt;

use rand_core::CryptoRng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    codec::{
        VERSION, check_size, check_version, decode_beginning, decode_document, decode_exact, encode_bare,
        encode_document, random_bytes,
    },
    error::{CryptoError, Result},
    id::{ConversationId, DeviceId, EntryId},
    keys::{DeviceKey, Signature64, verify},
};

/// Domain of a header's signature.
pub const HEADER_LABEL: &str = "kith entry header v1";
/// Domain of an entry's id.
pub const ENTRY_ID_LABEL: &str = "kith entry id v1";
/// Domain of a body's commitment.
pub const BODY_LABEL: &str = "kith entry body v1";
/// Largest header, signature included, in bytes.
pub const MAX_HEADER_BYTES: usize = 8 * 1024;
/// Largest encoded body in bytes.
pub const MAX_BODY_BYTES: usize = 256 * 1024;
/// Most control heads that one header may name.
pub const MAX_DEPS: usize = 64;

const HEADER: &str = "entry header";
/// Where a signed header's bytes name its conversation and its author: behind signature and version, each an id's bytes.
const NAMES_AT: usize = Signature64::LEN + 1;
const BODY: &str = "entry body";

/// Which of a device's two logs in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogKind {
    /// Membership, epochs, settings: complete for every member.
    Control,
    /// Messages: may be erased, pruned, or withheld from newcomers.
    Content,
}

/// One log of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct LogId {
    /// The device that writes it.
    pub author: DeviceId,
    /// Which of its two logs.
    pub kind: LogKind,
}

/// A hybrid logical clock's reading: unix milliseconds in the upper 48 bits, a counter in the lower 16. It orders what
/// one device has seen before what it then writes, even where clocks disagree (Kulkarni et al., 2014).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub struct Stamp(u64);

impl Stamp {
    /// The stamp of `millis` (unix milliseconds, at most 48 bits: up to the year 10889) and `counter`.
    pub const fn new(millis: u64, counter: u16) -> Self {
        let most = u64::MAX >> 16;
        let millis = if millis > most { most } else { millis };
        Self(millis << 16 | counter as u64)
    }

    /// The stamp whose wire form is `raw`.
    pub const fn from_raw(raw: u64) -> Self {
        Self(raw)
    }

    /// The wire form; it sorts as the stamp does.
    pub const fn raw(self) -> u64 {
        self.0
    }

    /// Unix milliseconds.
    pub const fn millis(self) -> u64 {
        self.0 >> 16
    }

    /// The counter within its millisecond.
    pub const fn counter(self) -> u16 {
        (self.0 & 0xffff) as u16
    }

    /// The stamp of the next event on a device whose latest stamp, its own or merged, is `self`: the clock's if that
    /// is later, otherwise one step on.
    pub fn tick(self, now_ms: u64) -> Self {
        Self(self.0.saturating_add(1)).max(Self::new(now_ms, 0))
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stamp({}ms+{})", self.millis(), self.counter())
    }
}

/// The salted hash of a body, as its header holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BodyCommitment(pub [u8; 32]);

/// What an author signs about an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The format: [`Header::VERSION`] in a header that this build makes, and in one that it reads whole.
    pub version: u8,
    /// The conversation it belongs to.
    pub conversation: ConversationId,
    /// The device that wrote and signed it.
    pub author: DeviceId,
    /// Which of the author's two logs there.
    pub log: LogKind,
    /// Its place in that log: 1, 2, 3 …
    pub seq: u64,
    /// The header before it in that log; none for the first.
    pub prev: Option<EntryId>,
    /// The control heads that its author had seen.
    pub deps: Vec<EntryId>,
    /// When, by its author's hybrid clock.
    pub at: Stamp,
    /// When its body is to be erased, in unix milliseconds.
    pub expires_at_ms: Option<u64>,
    /// What its body hashes to.
    pub body: BodyCommitment,
}

impl Header {
    /// The format that this build writes.
    pub const VERSION: u8 = VERSION;

    /// The log it stands in.
    pub const fn log_id(&self) -> LogId {
        LogId {
            author: self.author,
            kind: self.log,
        }
    }

    fn check(&self) -> Result<()> {
        let rule = |rule| Err(CryptoError::NotAllowed { what: HEADER, rule });
        if self.version < Self::VERSION {
            return rule("its version was never in use");
        }
        if self.seq == 0 {
            return rule("logs begin at 1");
        }
        if self.prev.is_some() != (self.seq > 1) {
            return rule("each entry but the first names the one before it");
        }
        if self.deps.len() > MAX_DEPS {
            return rule("it names too many control heads");
        }
        Ok(())
    }
}

/// A header with its author's signature, as it travelled.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedHeader {
    header: Header,
    id: EntryId,
    bytes: Vec<u8>,
}

impl SignedHeader {
    /// Signs `header` with its author's key.
    pub fn sign(header: Header, key: &DeviceKey) -> Result<Self> {
        header.check()?;
        if header.version != Header::VERSION {
            return Err(CryptoError::NotAllowed {
                what: HEADER,
                rule: "its version is not the one in use",
            });
        }
        if header.author != key.id() {
            return Err(CryptoError::WrongSigner);
        }
        // The version is the first field and one raw byte in postcard, so it stands where every document has it.
        let payload = encode_bare(HEADER, &header)?;
        check_size(HEADER, Signature64::LEN + payload.len(), MAX_HEADER_BYTES)?;
        let signature = key.sign(HEADER_LABEL, &payload);
        let bytes = [signature.as_bytes().as_slice(), &payload].concat();
        Ok(Self {
            header,
            id: entry_id(&payload),
            bytes,
        })
    }

    /// Reads a header from anywhere, and verifies its author's signature and its own rules.
    pub fn open(bytes: &[u8]) -> Result<Self> {
        check_version(HEADER, split(bytes)?.1)?;
        Self::open_any(bytes)
    }

    /// As [`SignedHeader::open`], and of a header of a later version as much as this build knows of: it begins with the
    /// fields of this version, under the same signature, and says more behind them. [`SignedHeader::is_later`] tells.
    pub fn open_any(bytes: &[u8]) -> Result<Self> {
        let (signature, payload) = split(bytes)?;
        let opened = Self::parse(bytes, payload)?;
        verify(
            opened.header.author.as_bytes(),
            HEADER_LABEL,
            payload,
            &Signature64::from_bytes(*signature),
        )?;
        Ok(opened)
    }

    /// Reads a header back from this device's own authenticated store, where it was put after [`SignedHeader::open_any`]:
    /// everything is checked but the signature.
    pub fn open_trusted(bytes: &[u8]) -> Result<Self> {
        let (_, payload) = split(bytes)?;
        Self::parse(bytes, payload)
    }

    fn parse(bytes: &[u8], payload: &[u8]) -> Result<Self> {
        let header: Header = match check_version(HEADER, payload) {
            Err(CryptoError::FutureVersion { .. }) => decode_beginning(HEADER, payload)?,
            Err(error) => return Err(error),
            Ok(_) => decode_exact(HEADER, payload)?,
        };
        header.check()?;
        Ok(Self {
            header,
            id: entry_id(payload),
            bytes: bytes.to_vec(),
        })
    }

    /// What the author signed.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Whether a later version wrote it: what it is for, only an update can tell.
    pub fn is_later(&self) -> bool {
        self.header.version > Header::VERSION
    }

    /// The entry's id.
    pub fn id(&self) -> EntryId {
        self.id
    }

    /// Signature and header as they travelled; pass these on, never a second encoding.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// [`SignedHeader::bytes`] without the conversation and the author, for where both are known: an envelope's tags say
    /// them. [`SignedHeader::lengthen`] puts them back.
    pub fn shortened(&self) -> Vec<u8> {
        let names_end =
            NAMES_AT + self.header.conversation.as_bytes().len() + self.header.author.as_bytes().len();
        let (before, behind) = (self.bytes.get(..NAMES_AT), self.bytes.get(names_end..));
        [before.unwrap_or_default(), behind.unwrap_or_default()].concat()
    }

    /// The bytes of a header that [`SignedHeader::shortened`] made short, in the conversation and by the author that are
    /// named. Any other names give a header whose signature does not hold.
    ///
    /// # Errors
    /// `Malformed` when it is too short to have been a header.
    pub fn lengthen(shortened: &[u8], conversation: &ConversationId, author: &DeviceId) -> Result<Vec<u8>> {
        let (before, behind) = shortened
            .split_at_checked(NAMES_AT)
            .ok_or(CryptoError::malformed(HEADER))?;
        Ok([before, conversation.as_bytes(), author.as_bytes(), behind].concat())
    }
}

impl fmt::Debug for SignedHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedHeader")
            .field("id", &self.id)
            .field("header", &self.header)
            .finish()
    }
}

fn split(bytes: &[u8]) -> Result<(&[u8; Signature64::LEN], &[u8])> {
    check_size(HEADER, bytes.len(), MAX_HEADER_BYTES)?;
    bytes.split_first_chunk().ok_or(CryptoError::malformed(HEADER))
}

fn entry_id(payload: &[u8]) -> EntryId {
    EntryId::from_bytes(blake3::derive_key(ENTRY_ID_LABEL, payload))
}

/// What an entry says, and the salt that hides it behind its commitment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Random, so that the commitment tells nothing once the body is erased.
    pub salt: [u8; 32],
    /// An encoded [`Content`](crate::Content) or [`Control`](crate::Control), by the log it stands in.
    #[serde(with = "serde_bytes")]
    pub content: Vec<u8>,
}

impl Body {
    /// `content` under a fresh salt.
    pub fn new(content: Vec<u8>, rng: &mut dyn CryptoRng) -> Self {
        Self {
            salt: random_bytes(rng),
            content,
        }
    }

    /// What a header holds of it.
    pub fn commit(&self) -> BodyCommitment {
        // The salt has a fixed length, so salt and content cannot trade bytes.
        let mut hasher = blake3::Hasher::new_derive_key(BODY_LABEL);
        hasher.update(&self.salt).update(&self.content);
        BodyCommitment(*hasher.finalize().as_bytes())
    }

    /// The bytes that travel and rest.
    pub fn encode(&self) -> Result<Vec<u8>> {
        encode_document(BODY, self, MAX_BODY_BYTES)
    }

    /// Reads what [`Body::encode`] gave.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        decode_document(BODY, bytes, MAX_BODY_BYTES)
    }
}

impl fmt::Debug for Body {
    /// Bodies are people's words: they stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.content.len())
    }
}

/// An entry as one device hands it to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The verified header.
    pub header: SignedHeader,
    /// The body, unless it was erased or withheld.
    pub body: Option<Body>,
}

impl Entry {
    /// Checks that the body, if there is one, is the one that the header committed to.
    pub fn check(&self) -> Result<()> {
        match &self.body {
            Some(body) if body.commit() != self.header.header().body => Err(CryptoError::BodyMismatch),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "entry_tests.rs"]
mod tests;
