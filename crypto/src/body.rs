//! What entries say: messages in the content log, membership and epochs in the control log.
//!
//! Both enums are numbered on the wire by the order of their variants, and a variant is never moved or removed; new
//! ones go to the end. A number that this build does not know becomes [`CryptoError::UnknownContent`], so that the
//! app can show "this needs a newer Kith" in the message's place, and the log goes on.

use core::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    card::check_name,
    codec::{check_size, check_version, decode_exact, encode_document},
    entry::MAX_BODY_BYTES,
    error::{CryptoError, Result},
    id::{AccountId, DeviceId, EntryId, EpochId},
};

/// Longest text of one message, in bytes of UTF-8.
pub const MAX_TEXT_BYTES: usize = 64 * 1024;
/// Most accounts, devices or entries that one control entry may name.
pub const MAX_CONTROL_ITEMS: usize = 2048;
/// Largest encoded content in bytes: what a body holds beside its salt, version and length.
pub const MAX_CONTENT_BYTES: usize = MAX_BODY_BYTES - 64;

const MESSAGE: &str = "message";
const CONTROL: &str = "control entry";

/// Most entries that one [`Content::Delete`] may name.
pub const MAX_DELETE_TARGETS: usize = 100;
/// The shortest time after which messages may disappear, seconds.
pub const MIN_TIMER_S: u32 = 5;
/// The longest time after which messages may disappear, seconds: a year.
pub const MAX_TIMER_S: u32 = 365 * 86_400;

/// How many variants of [`Content`] this build knows.
const CONTENT_KINDS: u32 = 2;
/// How many variants of [`Control`] this build knows.
const CONTROL_KINDS: u32 = 6;

/// What an entry of the content log says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// 0: words.
    Text {
        /// Not empty, at most [`MAX_TEXT_BYTES`].
        text: String,
    },
    /// 1: these messages are to be erased by whoever holds them. It counts only for entries that devices of its own
    /// author's account wrote in the same conversation.
    Delete {
        /// Which: at least one, at most [`MAX_DELETE_TARGETS`].
        targets: Vec<Target>,
    },
}

/// An entry of a content log, named so that it can be recognised before it has come and mistaken for no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Target {
    /// The device that wrote it.
    pub author: DeviceId,
    /// Its place in that device's content log.
    pub seq: u64,
    /// Its id.
    pub id: EntryId,
}

/// What an entry of the control log says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Control {
    /// 0: the conversation begins, between these accounts.
    Open {
        /// Random, so that the same people may begin several: the conversation's id commits to it.
        nonce: [u8; 32],
        /// Its members.
        accounts: Vec<AccountId>,
    },
    /// 1: a new epoch begins.
    Rekey {
        /// The commitment to its secret.
        epoch: EpochId,
        /// The devices that its secret is sealed to.
        devices: Vec<DeviceId>,
        /// The control heads that it takes into account.
        covers: Vec<EntryId>,
    },
    /// 2: a member speaks from one more device.
    DeviceAdded {
        /// The member.
        account: AccountId,
        /// The device, listed by that account.
        device: DeviceId,
    },
    /// 3: what is written from now on disappears after a time. Of several the newest counts, by stamp, then author.
    SetTimer {
        /// [`MIN_TIMER_S`] to [`MAX_TIMER_S`] seconds; 0 switches it off.
        seconds: u32,
    },
    /// 4: what the conversation is called, said right after its `Open`.
    Name {
        /// As [`check_name`] wants a person's.
        name: String,
    },
    /// 5: its author's account takes part in a group no longer.
    Leave,
}

impl Content {
    /// The bytes that a body holds.
    pub fn encode(&self) -> Result<Vec<u8>> {
        self.check()?;
        encode_document(MESSAGE, self, MAX_CONTENT_BYTES)
    }

    /// Reads what [`Content::encode`] gave.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let content: Self = decode_kind(MESSAGE, bytes, CONTENT_KINDS)?;
        content.check()?;
        Ok(content)
    }

    fn check(&self) -> Result<()> {
        match self {
            Self::Text { text } if text.is_empty() => Err(CryptoError::NotAllowed {
                what: MESSAGE,
                rule: "it is empty",
            }),
            Self::Text { text } => check_size(MESSAGE, text.len(), MAX_TEXT_BYTES),
            Self::Delete { targets }
                if targets.is_empty() || targets.iter().any(|target| target.seq == 0) =>
            {
                Err(CryptoError::NotAllowed {
                    what: MESSAGE,
                    rule: "it deletes nothing that can be",
                })
            }
            Self::Delete { targets } if targets.len() > MAX_DELETE_TARGETS => Err(CryptoError::NotAllowed {
                what: MESSAGE,
                rule: "it deletes too many",
            }),
            Self::Delete { .. } => Ok(()),
        }
    }
}

impl fmt::Debug for Content {
    /// Messages are people's words: they stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { text } => write!(f, "Text({} bytes)", text.len()),
            Self::Delete { targets } => write!(f, "Delete({} targets)", targets.len()),
        }
    }
}

impl Control {
    /// The bytes that a body holds.
    pub fn encode(&self) -> Result<Vec<u8>> {
        self.check()?;
        encode_document(CONTROL, self, MAX_CONTENT_BYTES)
    }

    /// Reads what [`Control::encode`] gave.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let control: Self = decode_kind(CONTROL, bytes, CONTROL_KINDS)?;
        control.check()?;
        Ok(control)
    }

    fn check(&self) -> Result<()> {
        let rule = |rule| Err(CryptoError::NotAllowed { what: CONTROL, rule });
        let (needed, others) = match self {
            Self::Open { accounts, .. } => (accounts.len(), 0),
            Self::Rekey { devices, covers, .. } => (devices.len(), covers.len()),
            Self::DeviceAdded { .. } => (1, 0),
            Self::Name { name } => return check_name(name),
            Self::Leave => return Ok(()),
            Self::SetTimer { seconds } => {
                let sound = *seconds == 0 || (MIN_TIMER_S..=MAX_TIMER_S).contains(seconds);
                return if sound {
                    Ok(())
                } else {
                    rule("its time is too short or too long")
                };
            }
        };
        if needed == 0 {
            return rule("it names nobody");
        }
        if needed.max(others) > MAX_CONTROL_ITEMS {
            return rule("it names too many");
        }
        Ok(())
    }
}

/// Reads the variant's number before the variant, so that an unknown kind is not taken for damage.
fn decode_kind<T: Serialize + DeserializeOwned>(what: &'static str, bytes: &[u8], known: u32) -> Result<T> {
    check_size(what, bytes.len(), MAX_CONTENT_BYTES)?;
    let rest = check_version(what, bytes)?;
    let (kind, _) = postcard::take_from_bytes::<u32>(rest).map_err(|_| CryptoError::malformed(what))?;
    if kind >= known {
        return Err(CryptoError::UnknownContent { kind });
    }
    decode_exact(what, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::VERSION;

    fn text(text: &str) -> Content {
        Content::Text { text: text.into() }
    }

    fn controls() -> [Control; CONTROL_KINDS as usize] {
        let (account, device) = (AccountId::from_bytes([1; 32]), DeviceId::from_bytes([2; 32]));
        let covers = vec![EntryId::from_bytes([4; 32])];
        [
            Control::Open {
                nonce: [5; 32],
                accounts: vec![account],
            },
            Control::Rekey {
                epoch: EpochId::from_bytes([3; 32]),
                devices: vec![device],
                covers,
            },
            Control::DeviceAdded { account, device },
            Control::SetTimer { seconds: 86_400 },
            Control::Name {
                name: "Hiking".into(),
            },
            Control::Leave,
        ]
    }

    fn delete(seqs: impl IntoIterator<Item = u64>) -> Content {
        let target = |seq| Target {
            author: DeviceId::from_bytes([2; 32]),
            seq,
            id: EntryId::from_bytes([4; 32]),
        };
        Content::Delete {
            targets: seqs.into_iter().map(target).collect(),
        }
    }

    #[test]
    fn messages_and_controls_come_back() {
        let message = text("नमस्ते 👋");
        assert_eq!(Content::decode(&message.encode().unwrap()), Ok(message));
        let most = delete(1..=MAX_DELETE_TARGETS as u64);
        assert_eq!(Content::decode(&most.encode().unwrap()), Ok(most));
        for control in controls() {
            assert_eq!(Control::decode(&control.encode().unwrap()), Ok(control));
        }
    }

    #[test]
    fn the_numbers_on_the_wire_never_move() {
        assert_eq!(text("a").encode().unwrap(), [VERSION, 0, 1, b'a']);
        let deletion = [vec![VERSION, 1, 1], vec![2; 32], vec![7], vec![4; 32]].concat();
        assert_eq!(delete([7]).encode().unwrap(), deletion);
        let day = Control::SetTimer { seconds: 86_400 };
        assert_eq!(day.encode().unwrap(), [VERSION, 3, 0x80, 0xa3, 0x05]);
        assert_eq!(Control::Leave.encode().unwrap(), [VERSION, 5]);
        for (number, control) in controls().iter().enumerate() {
            assert_eq!(usize::from(control.encode().unwrap()[1]), number);
        }
    }

    #[test]
    fn a_kind_from_a_newer_kith_is_not_called_damage() {
        let unknown = CryptoError::UnknownContent { kind: CONTENT_KINDS };
        assert_eq!(
            Content::decode(&[VERSION, CONTENT_KINDS as u8, 1, 2]),
            Err(unknown)
        );
        let unknown = CryptoError::UnknownContent { kind: 300 };
        assert_eq!(Control::decode(&[VERSION, 0xac, 0x02]), Err(unknown));
        assert_eq!(
            Content::decode(&[VERSION, 0, 5, b'a']),
            Err(CryptoError::malformed(MESSAGE))
        );
        assert!(matches!(
            Content::decode(&[VERSION + 1, 0]),
            Err(CryptoError::FutureVersion { .. })
        ));
    }

    #[test]
    fn empty_and_oversized_are_refused_on_both_sides() {
        assert!(matches!(text("").encode(), Err(CryptoError::NotAllowed { .. })));
        assert!(matches!(
            Content::decode(&[VERSION, 0, 0]),
            Err(CryptoError::NotAllowed { .. })
        ));
        let full = text(&"x".repeat(MAX_TEXT_BYTES));
        assert_eq!(Content::decode(&full.encode().unwrap()), Ok(full));
        let over = text(&"x".repeat(MAX_TEXT_BYTES + 1));
        assert!(matches!(over.encode(), Err(CryptoError::TooLarge { .. })));
        let bytes = encode_document(MESSAGE, &over, MAX_CONTENT_BYTES).unwrap();
        assert!(matches!(
            Content::decode(&bytes),
            Err(CryptoError::TooLarge { .. })
        ));
        let nobody = Control::Open {
            nonce: [5; 32],
            accounts: vec![],
        };
        assert!(matches!(nobody.encode(), Err(CryptoError::NotAllowed { .. })));
        let crowd = Control::Open {
            nonce: [5; 32],
            accounts: vec![AccountId::from_bytes([1; 32]); MAX_CONTROL_ITEMS + 1],
        };
        assert!(matches!(crowd.encode(), Err(CryptoError::NotAllowed { .. })));
    }

    #[test]
    fn deletions_and_timers_beyond_their_limits_are_refused_on_both_sides() {
        for deletion in [delete([]), delete([0]), delete(1..=MAX_DELETE_TARGETS as u64 + 1)] {
            assert!(matches!(deletion.encode(), Err(CryptoError::NotAllowed { .. })));
            let bytes = encode_document(MESSAGE, &deletion, MAX_CONTENT_BYTES).unwrap();
            assert!(matches!(
                Content::decode(&bytes),
                Err(CryptoError::NotAllowed { .. })
            ));
        }
        for seconds in [1, MIN_TIMER_S - 1, MAX_TIMER_S + 1, u32::MAX] {
            let timer = Control::SetTimer { seconds };
            assert!(matches!(timer.encode(), Err(CryptoError::NotAllowed { .. })));
            let bytes = encode_document(CONTROL, &timer, MAX_CONTENT_BYTES).unwrap();
            assert!(matches!(
                Control::decode(&bytes),
                Err(CryptoError::NotAllowed { .. })
            ));
        }
        for name in ["", " Hiking", "Hi\u{202e}king"] {
            let control = Control::Name { name: name.into() };
            assert!(matches!(control.encode(), Err(CryptoError::NotAllowed { .. })));
            let bytes = encode_document(CONTROL, &control, MAX_CONTENT_BYTES).unwrap();
            assert!(matches!(
                Control::decode(&bytes),
                Err(CryptoError::NotAllowed { .. })
            ));
        }
        for seconds in [0, MIN_TIMER_S, MAX_TIMER_S] {
            let timer = Control::SetTimer { seconds };
            assert_eq!(Control::decode(&timer.encode().unwrap()), Ok(timer));
        }
    }

    #[test]
    fn words_stay_out_of_logs() {
        assert_eq!(format!("{:?}", text("secret")), "Text(6 bytes)");
    }
}
