//! Invite links: everything that it takes to find and greet somebody, in one string.
//!
//! A link is `kith:` and base64url of `version (1) ‖ postcard ‖ checksum (4)`, the checksum being the first bytes of
//! BLAKE3 over what stands before it: it tells a link that lost characters on its way from one that never was one, and
//! proves nothing. A link carries the account's key, so that whoever got it from the right person talks to the right
//! person, and a one-time token that skips the contact request. It is not signed: the handshake proves who answers.

use core::fmt;

use data_encoding::BASE64URL_NOPAD;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::{
    card::check_name,
    codec::{check_size, check_version, decode_exact, encode_document, random_bytes},
    error::{CryptoError, Result},
    id::{AccountId, DeviceId},
};

/// Longest link in characters: what a QR code and a chat message can carry comfortably.
pub const MAX_LINK_CHARS: usize = 2048;
/// Most addresses in one invite.
pub const MAX_INVITE_ADDRESSES: usize = 16;
/// Domain of the checksum.
pub const INVITE_CHECKSUM_LABEL: &str = "kith invite checksum v1";

const INVITE: &str = "invite link";
const SCHEME: &str = "kith:";
const CHECKSUM_LEN: usize = 4;

/// The one-time secret of an invite. Compares in constant time and prints nothing.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct InviteToken([u8; 16]);

impl InviteToken {
    /// A fresh token.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self(random_bytes(rng))
    }

    /// Wraps 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl PartialEq for InviteToken {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for InviteToken {}

impl fmt::Debug for InviteToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InviteToken(secret)")
    }
}

/// What an invite link says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// Who invites.
    pub account: AccountId,
    /// The device that made the link and knows its token.
    pub device: DeviceId,
    /// Proves that the link was held.
    pub token: InviteToken,
    /// Multiaddresses at which the device was last reachable.
    pub addresses: Vec<String>,
    /// When the token ends, in unix milliseconds.
    pub expires_at_ms: u64,
    /// The inviter's display name, until their card arrives.
    pub name: String,
}

impl Invite {
    /// The link. Fails when the name or the addresses break their bounds, or the link would pass
    /// [`MAX_LINK_CHARS`]: then leave addresses out.
    pub fn to_link(&self) -> Result<String> {
        self.check()?;
        let mut bytes = encode_document(INVITE, self, MAX_LINK_CHARS)?;
        bytes.extend_from_slice(&checksum(&bytes));
        let link = format!("{SCHEME}{}", BASE64URL_NOPAD.encode(&bytes));
        check_size(INVITE, link.len(), MAX_LINK_CHARS)?;
        Ok(link)
    }

    /// Reads a link as it was pasted: spaces around it, `kith://` and an upper-case scheme are forgiven.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let scheme = text.get(..SCHEME.len()).ok_or(CryptoError::NotAnInvite)?;
        if !scheme.eq_ignore_ascii_case(SCHEME) {
            return Err(CryptoError::NotAnInvite);
        }
        check_size(INVITE, text.len(), MAX_LINK_CHARS)?;
        // Browsers and desktops like to turn `kith:x` into `kith://x/`.
        let encoded = text.get(SCHEME.len()..).unwrap_or_default().trim_matches('/');
        let bytes = BASE64URL_NOPAD
            .decode(encoded.as_bytes())
            .map_err(|_| CryptoError::InviteDamaged)?;
        let (document, found) = bytes
            .split_last_chunk::<CHECKSUM_LEN>()
            .ok_or(CryptoError::InviteDamaged)?;
        // The checksum stands in every version, so damage is never taken for the future.
        if *found != checksum(document) {
            return Err(CryptoError::InviteDamaged);
        }
        let invite: Self = decode_exact(INVITE, check_version(INVITE, document)?)?;
        invite.check()?;
        Ok(invite)
    }

    fn check(&self) -> Result<()> {
        check_name(&self.name)?;
        let rule = |rule| Err(CryptoError::NotAllowed { what: INVITE, rule });
        if self.addresses.len() > MAX_INVITE_ADDRESSES {
            return rule("it has too many addresses");
        }
        if !self
            .addresses
            .iter()
            .all(|address| address.starts_with('/') && address.is_ascii())
        {
            return rule("one of its addresses is not a multiaddress");
        }
        Ok(())
    }
}

fn checksum(document: &[u8]) -> [u8; CHECKSUM_LEN] {
    let [a, b, c, d, ..] = blake3::derive_key(INVITE_CHECKSUM_LABEL, document);
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::VERSION;

    fn invite() -> Invite {
        Invite {
            account: AccountId::from_bytes([1; 32]),
            device: DeviceId::from_bytes([2; 32]),
            token: InviteToken::from_bytes([3; 16]),
            addresses: vec![
                "/ip4/192.168.1.7/udp/4001/quic-v1".into(),
                "/dns4/x.org/tcp/4001".into(),
            ],
            expires_at_ms: 1_800_000_000_000,
            name: "अना".into(),
        }
    }

    #[test]
    fn a_link_survives_how_people_paste_it() {
        let link = invite().to_link().unwrap();
        let bare = link.strip_prefix(SCHEME).unwrap();
        for pasted in [
            link.clone(),
            format!("  {link}\n"),
            format!("kith://{bare}/"),
            format!("KITH:{bare}"),
        ] {
            assert_eq!(Invite::parse(&pasted), Ok(invite()), "{pasted}");
        }
    }

    #[test]
    fn what_was_never_a_link_and_what_is_damaged_get_different_words() {
        let link = invite().to_link().unwrap();
        for other in [
            "",
            "kit",
            "hello",
            "https://example.org",
            "mailto:ana@example.org",
            "ключ: да",
        ] {
            assert_eq!(Invite::parse(other), Err(CryptoError::NotAnInvite), "{other}");
        }
        for cut in SCHEME.len()..link.len() {
            assert_eq!(
                Invite::parse(&link[..cut]),
                Err(CryptoError::InviteDamaged),
                "cut at {cut}"
            );
        }
        for place in SCHEME.len()..link.len() {
            let mut changed = link.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(
                Invite::parse(&changed),
                Err(CryptoError::InviteDamaged),
                "changed at {place}"
            );
        }
    }

    #[test]
    fn a_link_of_a_newer_kith_says_so() {
        let mut bytes = vec![VERSION + 1, 1, 2, 3];
        bytes.extend_from_slice(&checksum(&bytes));
        let link = format!("{SCHEME}{}", BASE64URL_NOPAD.encode(&bytes));
        assert_eq!(
            Invite::parse(&link),
            Err(CryptoError::FutureVersion {
                what: INVITE,
                found: 2
            })
        );
    }

    #[test]
    fn bounds_hold_on_both_sides() {
        let crowded = Invite {
            addresses: vec!["/a".into(); MAX_INVITE_ADDRESSES + 1],
            ..invite()
        };
        let strange = Invite {
            addresses: vec!["http://x".into()],
            ..invite()
        };
        let nameless = Invite {
            name: "\u{202e}x".into(),
            ..invite()
        };
        for bad in [crowded, strange, nameless] {
            assert!(matches!(bad.to_link(), Err(CryptoError::NotAllowed { .. })));
        }
        let long = Invite {
            addresses: vec![format!("/dns4/{}", "x".repeat(MAX_LINK_CHARS))],
            ..invite()
        };
        assert!(matches!(long.to_link(), Err(CryptoError::TooLarge { .. })));
        let pasted = format!("{SCHEME}{}", "A".repeat(MAX_LINK_CHARS));
        assert!(matches!(
            Invite::parse(&pasted),
            Err(CryptoError::TooLarge { .. })
        ));
    }
}
