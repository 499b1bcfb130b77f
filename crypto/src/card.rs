//! Cards: how a person describes themselves to their contacts.
//!
//! A card is signed by one of the account's devices and numbered like a device list; the highest number counts.
//! What it says is shown next to what other people say, so its texts are one line each, bounded, and free of control
//! characters and of the direction overrides with which a name could rewrite the line it stands in. Handles are a
//! stricter alphabet still, because they are typed and compared. A card proves no more than that its device said so:
//! whether that device speaks for the account is for [`DeviceList::lists`](crate::DeviceList::lists).

use serde::{Deserialize, Serialize};

use crate::{
    error::{CryptoError, Result},
    id::{AccountId, DeviceId},
    signed::Document,
};

/// Shortest handle in characters.
pub const MIN_HANDLE_CHARS: usize = 3;
/// Longest handle in characters.
pub const MAX_HANDLE_CHARS: usize = 32;
/// Longest display name in characters.
pub const MAX_NAME_CHARS: usize = 64;
/// Longest status text in characters.
pub const MAX_STATUS_CHARS: usize = 140;

const CARD: &str = "card";

/// An account's self-description, signed by one of its devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Who describes themselves.
    pub account: AccountId,
    /// The device that signs, which has to be listed by the account.
    pub device: DeviceId,
    /// Grows with each card; at least unix milliseconds, as with device lists.
    pub number: u64,
    /// A name to be found under: see [`check_handle`].
    pub handle: Option<String>,
    /// The display name: see [`check_name`].
    pub name: String,
    /// BLAKE3 of the picture's bytes.
    pub picture: Option<[u8; 32]>,
    /// A line about how things are; may be empty. See [`check_status`].
    pub status: String,
}

impl Card {
    /// Whether this card takes the place of `other`, of the same account. Two devices may pick one number at one
    /// moment: then the device decides, so that everybody shows the same card.
    pub fn outranks(&self, other: &Self) -> bool {
        (self.number, self.device) > (other.number, other.device)
    }
}

impl Document for Card {
    const NAME: &'static str = CARD;
    const LABEL: &'static str = "kith card v1";
    const MAX_BYTES: usize = 2 * 1024;

    fn signer(&self) -> [u8; 32] {
        *self.device.as_bytes()
    }

    fn check(&self) -> Result<()> {
        if let Some(handle) = &self.handle {
            check_handle(handle)?;
        }
        check_name(&self.name)?;
        check_status(&self.status)
    }
}

/// A handle has 3 to 32 characters out of a-z, 0-9, `_` and `.`, begins with a letter, and does not end with a dot.
pub fn check_handle(handle: &str) -> Result<()> {
    let rule = |rule| Err(CryptoError::NotAllowed { what: "handle", rule });
    if !(MIN_HANDLE_CHARS..=MAX_HANDLE_CHARS).contains(&handle.len()) {
        return rule("it needs 3 to 32 characters");
    }
    if !handle
        .bytes()
        .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.'))
    {
        return rule("only a to z, 0 to 9, the underscore and the dot may stand in it");
    }
    if !handle.starts_with(|first: char| first.is_ascii_lowercase()) || handle.ends_with('.') {
        return rule("it begins with a letter and does not end with a dot");
    }
    Ok(())
}

/// A display name is one visible line of at most [`MAX_NAME_CHARS`] characters with no space at either end.
pub fn check_name(name: &str) -> Result<()> {
    check_line("name", name, MAX_NAME_CHARS)?;
    if name.trim().is_empty() || name.trim().len() != name.len() {
        return Err(CryptoError::NotAllowed {
            what: "name",
            rule: "it is empty or has spaces around it",
        });
    }
    Ok(())
}

/// A status is one line of at most [`MAX_STATUS_CHARS`] characters, or nothing.
pub fn check_status(status: &str) -> Result<()> {
    check_line("status", status, MAX_STATUS_CHARS)
}

fn check_line(what: &'static str, text: &str, max_chars: usize) -> Result<()> {
    if text.chars().count() > max_chars {
        return Err(CryptoError::NotAllowed {
            what,
            rule: "it is too long",
        });
    }
    if text.chars().any(is_unruly) {
        return Err(CryptoError::NotAllowed {
            what,
            rule: "it holds invisible control characters",
        });
    }
    Ok(())
}

/// Characters that break a line, hide, or turn the direction of what stands around them (Unicode TR36, TR9). The
/// joiners U+200C and U+200D stay: Indic scripts and emoji need them.
const fn is_unruly(character: char) -> bool {
    matches!(character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0001}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{keys::DeviceKey, signed::Signed};

    fn phone() -> DeviceKey {
        DeviceKey::from_bytes([2; 32])
    }

    fn card() -> Card {
        Card {
            account: AccountId::from_bytes([1; 32]),
            device: phone().id(),
            number: 7,
            handle: Some("ana.b_1".into()),
            name: "अना 👩‍👩‍👧".into(),
            picture: Some([4; 32]),
            status: String::new(),
        }
    }

    #[test]
    fn a_card_travels() {
        let signed = Signed::seal(card(), &phone()).unwrap();
        assert_eq!(Signed::open(&signed.encode()), Ok(signed));
    }

    #[test]
    fn the_largest_card_fits_its_cap() {
        let card = Card {
            number: u64::MAX,
            handle: Some("a".repeat(MAX_HANDLE_CHARS)),
            name: "🦀".repeat(MAX_NAME_CHARS),
            status: "🦀".repeat(MAX_STATUS_CHARS),
            ..card()
        };
        assert!(Signed::seal(card, &phone()).is_ok());
    }

    #[test]
    fn names_cannot_rewrite_the_line_they_stand_in() {
        for bad in [
            "",
            "   ",
            " ana",
            "ana ",
            "a\nb",
            "a\0b",
            "\u{202e}nimda",
            "a\u{2066}b",
            "a\u{200b}b",
            "a\u{2028}b",
        ] {
            assert!(check_name(bad).is_err(), "{bad:?}");
            let signed = Signed::seal(
                Card {
                    name: bad.into(),
                    ..card()
                },
                &phone(),
            );
            assert!(matches!(
                signed,
                Err(CryptoError::NotAllowed { what: "name", .. })
            ));
        }
        assert!(check_name(&"x".repeat(MAX_NAME_CHARS)).is_ok());
        assert!(check_name(&"x".repeat(MAX_NAME_CHARS + 1)).is_err());
        assert!(check_status("").is_ok());
        assert!(check_status("busy\tnow").is_err());
        assert!(check_status(&"é".repeat(MAX_STATUS_CHARS + 1)).is_err());
    }

    #[test]
    fn handles_are_plain() {
        for good in ["ana", "a_1", "ana.b", &"a".repeat(32)] {
            assert_eq!(check_handle(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "an",
            "Ana",
            "1na",
            "_na",
            "an a",
            "аna",
            "ana.",
            &"a".repeat(33),
        ] {
            assert!(check_handle(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn everybody_agrees_which_card_counts() {
        let other = Card {
            device: DeviceId::from_bytes([0xff; 32]),
            ..card()
        };
        assert!(other.outranks(&card()) && !card().outranks(&other));
        assert!(Card { number: 8, ..card() }.outranks(&other));
        assert!(!card().outranks(&card()));
    }
}
