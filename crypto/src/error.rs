//! Every way in which this crate can refuse.
//!
//! One enum serves all documents, entries and files, because callers treat their failures alike: a damaged file is
//! shown to its owner, a damaged frame is dropped and counted. Each text is a whole sentence that may be shown as it
//! stands. Future versions are told apart from damage, so that the app can say "this needs a newer Kith" rather than
//! "this is broken". No variant carries bytes of the input: errors end up in logs.

use thiserror::Error;

/// What this crate gives back.
pub type Result<T, E = CryptoError> = core::result::Result<T, E>;

/// One variant for each way to fail.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CryptoError {
    /// The bytes do not have the shape of `what`, or something follows them.
    #[error("The {what} is damaged or was never one.")]
    Malformed {
        /// What was being read, in a person's words.
        what: &'static str,
    },
    /// The bytes say a version that this build does not know yet.
    #[error("The {what} was made by a newer version of Kith (format {found}); update Kith to read it.")]
    FutureVersion {
        /// What was being read.
        what: &'static str,
        /// The version that it names.
        found: u8,
    },
    /// Larger than its kind may ever be; nothing of it was read.
    #[error("The {what} has {found} bytes, and only {limit} are allowed.")]
    TooLarge {
        /// What was being read or made.
        what: &'static str,
        /// Its size in bytes.
        found: usize,
        /// The largest size allowed in bytes.
        limit: usize,
    },
    /// A value could not be encoded.
    #[error("The {what} could not be encoded.")]
    Encoding {
        /// What was being made.
        what: &'static str,
    },
    /// A well-formed value breaks a rule of its kind.
    #[error("The {what} is not allowed: {rule}.")]
    NotAllowed {
        /// What was being read or made.
        what: &'static str,
        /// The rule that it breaks, as the end of a sentence.
        rule: &'static str,
    },
    /// The signature does not belong to these bytes and this signer.
    #[error("The signature does not match what was signed.")]
    BadSignature,
    /// The key at hand is not the one that the document names as its signer.
    #[error("This key may not sign this document.")]
    WrongSigner,
    /// The body is not the one that the header committed to.
    #[error("The body does not match its header.")]
    BodyMismatch,
    /// A kind of content that this build does not know.
    #[error("This kind of content ({kind}) needs a newer version of Kith.")]
    UnknownContent {
        /// Its number on the wire.
        kind: u32,
    },
    /// An identifier that is not 52 characters of base32.
    #[error("This is not a valid identifier.")]
    NotAnId,
    /// The text is not an invite link at all.
    #[error("This is not a Kith invite link.")]
    NotAnInvite,
    /// The text began as an invite link, but characters are missing or changed.
    #[error("This invite link is damaged: some of it is missing or changed. Ask for it again.")]
    InviteDamaged,
    /// The wrong number of recovery words.
    #[error("There are {found} words, and 24 are needed.")]
    WordCount {
        /// How many there were.
        found: usize,
    },
    /// A recovery word that is not in the list. The word itself is kept out: it may be one letter from a real one.
    #[error("Word {position} is not a recovery word.")]
    UnknownWord {
        /// Its place, counted from 1.
        position: usize,
    },
    /// All words exist, but together they do not add up.
    #[error("The words do not fit together: one is wrong, or two changed places.")]
    WordChecksum,
    /// The passphrase does not open the vault, or the wrapped key is damaged: nobody can tell which.
    #[error("The passphrase is wrong, or the vault's key is damaged.")]
    WrongPassphraseOrDamaged,
    /// Something encrypted does not open under its key: changed, cut, moved, or under another key.
    #[error("The {what} does not open: it was changed or belongs to another key.")]
    DoesNotOpen {
        /// What was being opened.
        what: &'static str,
    },
    /// The day's key has been dropped: what it protected is erased.
    #[error("This was erased: the key of day {day} is gone.")]
    Erased {
        /// The day, counted from 1970-01-01 UTC.
        day: u32,
    },
    /// The numbered key has been dropped: what it protected is erased.
    #[error("This was erased: key number {number} is gone.")]
    Forgotten {
        /// The key's number.
        number: u64,
    },
    /// A message is so far ahead of the last one known that the keys in between are not derived: time to sync.
    #[error("Message {index} is too far ahead of the next one expected ({next}).")]
    ChainTooFarAhead {
        /// The message's place in its chain.
        index: u32,
        /// The next place that was expected.
        next: u32,
    },
    /// The key of a message was used before, or was erased after its time.
    #[error("The key of message {index} was used or erased.")]
    ChainKeyUsed {
        /// The message's place in its chain.
        index: u32,
    },
    /// A chain has no more keys.
    #[error("This chain has given all its keys; a new epoch is needed.")]
    ChainExhausted,
    /// Sealed to a prekey whose secret this device does not hold, or no longer.
    #[error("This was sealed to a key (number {id}) that this device no longer holds.")]
    NoSuchPrekey {
        /// The prekey's number.
        id: u64,
    },
    /// Its time is over.
    #[error("The {what} has expired.")]
    Expired {
        /// What was being read.
        what: &'static str,
    },
    /// Argon2id could not run, for want of memory.
    #[error("The key could not be stretched: there is not enough memory.")]
    OutOfMemory,
}

impl CryptoError {
    /// Shorthand for [`CryptoError::Malformed`].
    pub(crate) const fn malformed(what: &'static str) -> Self {
        Self::Malformed { what }
    }
}
