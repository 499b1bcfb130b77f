//! Mail: entries sealed to one device of somebody who is away, and the slip under which a carrier takes them in.
//!
//! A carrier gives the owner of a mailbox a [`MailboxKey`]. From it the owner makes a [`DepositToken`] for each contact
//! and hands it out over the link. The carrier honours a token by its proof alone: the name in it is drawn from a secret
//! that only the owner has, so the carrier can count what one sender deposits and refuse it, and learns not who it is.
//! What is deposited is a seal ([`SealPurpose::Mail`]) whose size is padded to a bucket; the carrier learns when, how much
//! and for which device, and nothing else.

use std::fmt;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::codec::{check_size, decode_document, encode_document};
use crate::error::{CryptoError, Result};
use crate::id::{AccountId, ConversationId, DeviceId, EntryId};
use crate::keys::DeviceKey;
use crate::padding::{LENGTH_BYTES, bucket, pad_to, unpad};
use crate::prekey::{Prekey, PrekeySecret};
use crate::sealed::{MAX_SEALED_BYTES, SealPurpose, open_sealed, seal_to};
use crate::secret::{random_secret, secret_bytes};
use crate::signed::Signed;

const WHAT: &str = "mail";
const DEPOSIT: &str = "deposit";
const ANSWER: &str = "answer to a deposit";
const PROOF_LABEL: &str = "kith mailbox token v1";
const SENDER_LABEL: &str = "kith mailbox sender v1";

/// The most bytes that one mail may hold, before padding: the fullest seal has room for the bucket above it.
pub const MAX_MAIL_BYTES: usize = 256 * 1024;

/// The most bytes of a deposit: a full seal and its slip.
pub const MAX_DEPOSIT_BYTES: usize = MAX_SEALED_BYTES + 256;

const MAX_ANSWER_BYTES: usize = 64;

/// The name of a mailbox at its carrier; random, so that it tells nothing about whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MailboxId(pub [u8; 16]);

/// What a sender is called at one mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SenderName(pub [u8; 16]);

secret_bytes! {
    /// What the owner of a mailbox and its carrier share, so that the owner can let others deposit.
    MailboxKey
}
random_secret!(MailboxKey);

secret_bytes! {
    /// From which an owner draws the names of those who may deposit; never leaves the owner's devices.
    SenderSecret
}
random_secret!(SenderSecret);

impl SenderSecret {
    /// What `sender` is called at `mailbox`.
    pub fn name(&self, mailbox: MailboxId, sender: AccountId) -> SenderName {
        let mut hasher = blake3::Hasher::new_keyed(self.as_bytes());
        hasher
            .update(SENDER_LABEL.as_bytes())
            .update(&mailbox.0)
            .update(sender.as_bytes());
        let mut name = [0; 16];
        hasher.finalize_xof().fill(&mut name);
        SenderName(name)
    }
}

/// Lets whoever shows it deposit at a mailbox.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepositToken {
    /// At which mailbox.
    pub mailbox: MailboxId,
    /// In which name.
    pub sender: SenderName,
    /// Proves that the mailbox's owner gave it out.
    pub proof: [u8; 32],
}

impl fmt::Debug for DepositToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DepositToken(secret)")
    }
}

impl MailboxKey {
    /// A token for one sender.
    pub fn token(&self, mailbox: MailboxId, sender: SenderName) -> DepositToken {
        let proof = *self.proof(mailbox, sender).as_bytes();
        DepositToken {
            mailbox,
            sender,
            proof,
        }
    }

    /// Whether a token was made with this key; takes the same time whatever is wrong with it.
    pub fn honours(&self, token: &DepositToken) -> bool {
        self.proof(token.mailbox, token.sender) == blake3::Hash::from_bytes(token.proof)
    }

    fn proof(&self, mailbox: MailboxId, sender: SenderName) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(self.as_bytes());
        hasher
            .update(PROOF_LABEL.as_bytes())
            .update(&mailbox.0)
            .update(&sender.0);
        hasher.finalize()
    }
}

/// An entry inside mail: the bytes that were signed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailEntry {
    /// Signature and header.
    #[serde(with = "serde_bytes")]
    pub header: Vec<u8>,
    /// The encoded body, unless it was erased.
    #[serde(with = "serde_bytes")]
    pub body: Option<Vec<u8>>,
}

impl fmt::Debug for MailEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.body.as_ref().map_or(0, Vec::len);
        write!(f, "MailEntry({} bytes, a body of {body})", self.header.len())
    }
}

/// What a device holds of one content log without a gap, and which entry stands at its end: whoever wrote that log can
/// tell whether it is theirs as they have it, or one that went on elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// Whose log.
    pub author: DeviceId,
    /// Everything up to here is held.
    pub seq: u64,
    /// The entry under that number.
    pub head: EntryId,
}

/// What a device writes to a device that is away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Which conversation it is about.
    pub conversation: ConversationId,
    /// Entries that the recipient lacks as far as the sender knows, in the order of their logs.
    pub entries: Vec<MailEntry>,
    /// What is durable at the sender.
    pub held: Vec<Holding>,
    /// What was shown to the sender's person.
    pub shown: Vec<(DeviceId, u64)>,
}

impl Mail {
    /// Seals the mail to the device of `prekey`; `sender` signs inside.
    ///
    /// # Errors
    /// `TooLarge` above [`MAX_MAIL_BYTES`].
    pub fn seal(
        &self,
        prekey: &Signed<Prekey>,
        sender: &DeviceKey,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>> {
        let plain = Zeroizing::new(encode_document(WHAT, self, MAX_MAIL_BYTES)?);
        let padded = pad_to(WHAT, &plain, bucket(plain.len().saturating_add(LENGTH_BYTES)))?;
        seal_to(prekey, sender, SealPurpose::Mail, &[], &padded, rng)
    }

    /// Opens mail to our device `own`, and gives who signed it. `find` gives the secret of the prekey with a number.
    ///
    /// # Errors
    /// As [`open_sealed`]; `Malformed` if what was sealed is no mail.
    pub fn open(
        sealed: &[u8],
        find: &dyn Fn(u64) -> Option<PrekeySecret>,
        own: DeviceId,
    ) -> Result<(DeviceId, Self)> {
        let opened = open_sealed(sealed, find, own, SealPurpose::Mail, &[])?;
        let plain = unpad(WHAT, &opened.plaintext)?;
        Ok((opened.sender, decode_document(WHAT, plain, MAX_MAIL_BYTES)?))
    }
}

/// What a sender hands to a carrier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deposit {
    /// Why the carrier should take it.
    pub token: DepositToken,
    /// Whose it is to collect.
    pub recipient: DeviceId,
    /// The sealed mail.
    #[serde(with = "serde_bytes")]
    pub sealed: Vec<u8>,
}

impl Deposit {
    /// Encodes the deposit, version first.
    ///
    /// # Errors
    /// `TooLarge` above [`MAX_DEPOSIT_BYTES`].
    pub fn encode(&self) -> Result<Vec<u8>> {
        encode_document(DEPOSIT, self, MAX_DEPOSIT_BYTES)
    }

    /// Decodes what [`encode`](Self::encode) made.
    ///
    /// # Errors
    /// `TooLarge`, `FutureVersion` or `Malformed`.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let deposit: Self = decode_document(DEPOSIT, bytes, MAX_DEPOSIT_BYTES)?;
        check_size(DEPOSIT, deposit.sealed.len(), MAX_SEALED_BYTES)?;
        Ok(deposit)
    }
}

/// What a carrier says to a deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DepositAnswer {
    /// It is durable here, and is kept until then unless it is collected first.
    Held {
        /// Unix milliseconds by the carrier's clock.
        until_ms: u64,
    },
    /// The mailbox, this sender's part of it, or the carrier's disk is full.
    Full,
    /// The token is not honoured here: made up, taken back, or of a mailbox that is no more.
    NotHonoured,
}

impl DepositAnswer {
    /// Encodes the answer, version first.
    ///
    /// # Errors
    /// None that a value of this type causes.
    pub fn encode(self) -> Result<Vec<u8>> {
        encode_document(ANSWER, &self, MAX_ANSWER_BYTES)
    }

    /// Decodes what [`encode`](Self::encode) made.
    ///
    /// # Errors
    /// `TooLarge`, `FutureVersion` or `Malformed`.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        decode_document(ANSWER, bytes, MAX_ANSWER_BYTES)
    }
}

/// The most bytes that an encoded [`DepositAnswer`] may have.
pub const MAX_DEPOSIT_ANSWER_BYTES: usize = MAX_ANSWER_BYTES;

/// Whether a seal has a size that padding gives: a carrier takes nothing that would tell more.
///
/// # Errors
/// `Malformed` if not.
pub fn check_padded(sealed: &[u8]) -> Result<()> {
    let padded = sealed.len().checked_sub(crate::sealed::SEAL_OVERHEAD_BYTES);
    match padded {
        Some(padded) if padded == bucket(padded) => Ok(()),
        _ => Err(CryptoError::malformed(DEPOSIT)),
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::from_seed([7; 32])
    }

    fn mail(text_bytes: usize) -> Mail {
        Mail {
            conversation: ConversationId::from_bytes([1; 32]),
            entries: vec![MailEntry {
                header: vec![2; 200],
                body: Some(vec![3; text_bytes]),
            }],
            held: vec![Holding {
                author: DeviceId::from_bytes([4; 32]),
                seq: 9,
                head: EntryId::from_bytes([5; 32]),
            }],
            shown: Vec::new(),
        }
    }

    fn bob() -> (DeviceKey, PrekeySecret, Signed<Prekey>) {
        let device = DeviceKey::from_bytes([2; 32]);
        let secret = PrekeySecret::from_bytes([3; 32]);
        let prekey = secret.publish(&device, 5, 1_790_000_000_000).unwrap();
        (device, secret, prekey)
    }

    #[test]
    fn mail_comes_out_as_it_went_in_and_names_its_sender() {
        let alice = DeviceKey::from_bytes([1; 32]);
        let (device, secret, prekey) = bob();
        let sealed = mail(300).seal(&prekey, &alice, &mut rng()).unwrap();
        let find = |id| (id == 5).then(|| secret.clone());
        assert_eq!(
            Mail::open(&sealed, &find, device.id()).unwrap(),
            (alice.id(), mail(300))
        );
        assert!(Mail::open(&sealed, &find, alice.id()).is_err());
        assert!(Mail::open(&sealed, &|_| None, device.id()).is_err());
    }

    #[test]
    fn its_size_tells_a_bucket_only() {
        let alice = DeviceKey::from_bytes([1; 32]);
        let (_, _, prekey) = bob();
        let seal = |bytes| mail(bytes).seal(&prekey, &alice, &mut rng()).unwrap();
        assert_eq!(seal(20).len(), seal(100).len());
        assert!(check_padded(&seal(20)).is_ok());
        let mut odd = seal(20);
        odd.push(0);
        assert!(check_padded(&odd).is_err());
        assert!(mail(MAX_MAIL_BYTES).seal(&prekey, &alice, &mut rng()).is_err());
        assert!(check_padded(&seal(MAX_MAIL_BYTES - 400)).is_ok());
    }

    #[test]
    fn a_token_is_good_for_one_mailbox_and_one_name() {
        let key = MailboxKey::generate(&mut rng());
        let secret = SenderSecret::from_bytes([9; 32]);
        let mailbox = MailboxId([1; 16]);
        let accounts = [[1; 32], [2; 32]].map(AccountId::from_bytes);
        let names = accounts.map(|account| secret.name(mailbox, account));
        assert_ne!(names[0], names[1]);
        assert_ne!(names[0], secret.name(MailboxId([2; 16]), accounts[0]));
        let token = key.token(mailbox, names[0]);
        assert!(key.honours(&token));
        for forged in [
            DepositToken {
                sender: names[1],
                ..token.clone()
            },
            DepositToken {
                mailbox: MailboxId([2; 16]),
                ..token.clone()
            },
        ] {
            assert!(!key.honours(&forged));
        }
        assert!(!MailboxKey::from_bytes([8; 32]).honours(&token));
    }

    #[test]
    fn slips_travel_and_nothing_may_follow_them() {
        let key = MailboxKey::from_bytes([8; 32]);
        let deposit = Deposit {
            token: key.token(MailboxId([1; 16]), SenderName([2; 16])),
            recipient: DeviceId::from_bytes([3; 32]),
            sealed: vec![4; 100],
        };
        let mut bytes = deposit.encode().unwrap();
        assert_eq!(Deposit::decode(&bytes), Ok(deposit));
        bytes.push(0);
        assert!(Deposit::decode(&bytes).is_err());
        for answer in [
            DepositAnswer::Held { until_ms: u64::MAX },
            DepositAnswer::Full,
            DepositAnswer::NotHonoured,
        ] {
            assert_eq!(DepositAnswer::decode(&answer.encode().unwrap()), Ok(answer));
        }
    }
}
