//! Kith's identities, documents, entries, sealed sessions and vault.
//!
//! This crate is pure: no input or output, no clock, no threads. Randomness is passed in as
//! `&mut dyn rand_core::CryptoRng` and time as unix milliseconds. Keys are types of their own, wipe themselves when
//! dropped and print nothing. Every binary format has a version, a size cap and its test vectors; docs/protocol.md
//! describes them all. Whoever looks for networking, storage or policy (who may write where, what is shown) is in the
//! wrong crate: that is the node's.

#![deny(missing_docs)]

pub mod account;
pub mod body;
pub mod card;
pub mod chain;
pub mod codec;
pub mod entry;
pub mod envelope;
pub mod epoch;
pub mod error;
pub mod id;
pub mod identity;
pub mod invite;
mod kdf;
pub mod keys;
pub mod link;
pub mod mail;
pub mod numbered;
mod padding;
pub mod prekey;
pub mod record;
pub mod ring;
pub mod safety_number;
pub mod sealed;
mod secret;
pub mod signed;
mod symmetric;
pub mod vault;
pub mod words;

pub use account::{DeviceList, ListOrder, ListedDevice, LogEnd, Revoked, compare_lists};
pub use body::{Content, Control, MAX_DELETE_TARGETS, MAX_TEXT_BYTES, MAX_TIMER_S, MIN_TIMER_S, Target};
pub use card::{Card, check_handle, check_name, check_status};
pub use chain::{ChainKey, MAX_SKIPPED_KEYS, MessageKey, ReceiveChain, SKIPPED_KEY_LIFETIME_MS, SendChain};
pub use entry::{
    Body, BodyCommitment, Entry, Header, LogId, LogKind, MAX_BODY_BYTES, MAX_DEPS, MAX_HEADER_BYTES,
};
pub use entry::{SignedHeader, Stamp};
pub use envelope::{
    Envelope, EnvelopeAddress, EnvelopePayload, EnvelopeView, EphemeralEnvelope, EphemeralView,
    MAX_ENVELOPE_BYTES, MAX_EPHEMERAL_BYTES,
};
pub use epoch::{
    EphemeralKey, EpochKeys, EpochSecret, EpochTag, MemberKeys, SealedEpoch, SenderTag, TOPIC_WEEK_MS,
    TopicSecret, topic_week,
};
pub use error::{CryptoError, Result};
pub use id::{AccountId, ConversationId, DeviceId, EntryId, EpochId};
pub use identity::{Identity, IdentityFile};
pub use invite::{Invite, InviteToken, MAX_LINK_CHARS};
pub use keys::{AccountKey, DeviceKey, Signature64, Signer, verify};
pub use link::{
    Established, Initiator, InitiatorWaiting, LANE_OVERHEAD_BYTES, LaneOpener, LaneSealer, LinkContext,
    LinkError, LinkIdentity, LinkKeys, LinkRefusal, MAX_LINK_MESSAGE_BYTES, MAX_LINK_PAYLOAD_BYTES,
    PeerIdentity, Responder, ResponderDeciding,
};
pub use mail::{
    Deposit, DepositAnswer, DepositToken, Holding, MAX_DEPOSIT_ANSWER_BYTES, MAX_DEPOSIT_BYTES,
    MAX_MAIL_BYTES, Mail, MailEntry, MailboxId, MailboxKey, SenderName, SenderSecret,
};
pub use numbered::{NUMBERED_OVERHEAD_BYTES, NumberedKeys};
pub use prekey::{KEM_PUBLIC_KEY_BYTES, Prekey, PrekeySecret};
pub use record::{
    AddressRecord, DeviceAddresses, MAX_RECORD_BYTES, ReachSecret, RecordInfo, RecordKey, lookup_key,
    open_record, seal_record, verify_record,
};
pub use ring::{DAY_MS, DayRing};
pub use safety_number::SafetyNumber;
pub use sealed::{MAX_SEALED_BYTES, Opened, SEAL_OVERHEAD_BYTES, SealPurpose, open_sealed, seal_to};
pub use signed::{Document, Signed};
pub use vault::{DataKey, StoreKeys, VaultFile, VaultParams};
pub use words::RecoveryWords;
