//! What a frame seals: a value, wrapped once more if it is to be erasable, or where its parts are.

use zeroize::Zeroizing;

/// Under which key besides the values key a value is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapping {
    /// None.
    Plain,
    /// That of a day.
    Day(u32),
    /// The one with this number. It takes the nonce of the frame itself: the keys differ, and so no second one need be kept.
    Numbered(u64),
    /// Those with these two numbers together, under the nonce of the frame.
    Twice(u64, u64),
}

/// The plaintext of a physical value.
pub(super) struct Payload {
    /// How `body` is wrapped.
    pub(super) wrapping: Wrapping,
    /// The value, wrapped or not, or where its parts are.
    pub(super) body: PayloadBody,
}

/// Where a value is.
pub(super) enum PayloadBody {
    /// Here.
    Whole(Zeroizing<Vec<u8>>),
    /// In `parts` records of their own, which together hash to `hash`.
    Split { parts: u32, hash: [u8; 32] },
}

const WRAPPED: u8 = 1;
const SPLIT: u8 = 2;
const NUMBERED: u8 = 4;
const TWICE: u8 = 8;

impl Payload {
    /// Layout: flags (1), the day (4) or the numbers (1 to 10 each, varints) under which it is wrapped, then the body or the number
    /// of parts (4) and their hash (32).
    pub(super) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(vec![0]);
        let mut flags = 0;
        match self.wrapping {
            Wrapping::Plain => {}
            Wrapping::Day(day) => {
                flags |= WRAPPED;
                bytes.extend_from_slice(&day.to_be_bytes());
            }
            Wrapping::Numbered(number) => {
                flags |= NUMBERED;
                write_varint(number, &mut bytes);
            }
            Wrapping::Twice(one, other) => {
                flags |= TWICE;
                write_varint(one, &mut bytes);
                write_varint(other, &mut bytes);
            }
        }
        match &self.body {
            PayloadBody::Whole(body) => bytes.extend_from_slice(body),
            PayloadBody::Split { parts, hash } => {
                flags |= SPLIT;
                bytes.extend_from_slice(&parts.to_be_bytes());
                bytes.extend_from_slice(hash);
            }
        }
        if let Some(first) = bytes.first_mut() {
            *first = flags;
        }
        bytes
    }

    /// The inverse of [`Payload::encode`]; `None` for anything it never wrote.
    pub(super) fn decode(bytes: &[u8]) -> Option<Payload> {
        let (flags, mut rest) = bytes.split_first()?;
        let wrapping = match flags & !SPLIT {
            0 => Wrapping::Plain,
            WRAPPED => {
                let (day, after) = rest.split_first_chunk()?;
                rest = after;
                Wrapping::Day(u32::from_be_bytes(*day))
            }
            NUMBERED => {
                let (number, after) = postcard::take_from_bytes(rest).ok()?;
                rest = after;
                Wrapping::Numbered(number)
            }
            TWICE => {
                let ((one, other), after) = postcard::take_from_bytes(rest).ok()?;
                rest = after;
                Wrapping::Twice(one, other)
            }
            _ => return None,
        };
        let body = if flags & SPLIT != 0 {
            let (parts, hash) = rest.split_first_chunk()?;
            PayloadBody::Split {
                parts: u32::from_be_bytes(*parts),
                hash: hash.try_into().ok()?,
            }
        } else {
            PayloadBody::Whole(Zeroizing::new(rest.to_vec()))
        };
        Some(Payload { wrapping, body })
    }
}

/// Appends `number` as postcard writes it.
fn write_varint(number: u64, bytes: &mut Vec<u8>) {
    let mut room = [0; 10];
    // Ten bytes hold every number: there is no other error.
    if let Ok(used) = postcard::to_slice(&number, &mut room) {
        bytes.extend_from_slice(used);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_survive_encoding_and_nonsense_is_refused() {
        let numbers = [0, 127, 128, u64::MAX].map(Wrapping::Numbered);
        let other = [Wrapping::Plain, Wrapping::Day(7), Wrapping::Twice(300, 7)];
        for wrapping in other.into_iter().chain(numbers) {
            let whole = Payload {
                wrapping,
                body: PayloadBody::Whole(Zeroizing::new(b"x".to_vec())),
            };
            let decoded = Payload::decode(&whole.encode()).unwrap();
            assert_eq!(decoded.wrapping, wrapping);
            assert!(matches!(decoded.body, PayloadBody::Whole(body) if body.as_slice() == b"x"));
        }
        let split = Payload {
            wrapping: Wrapping::Plain,
            body: PayloadBody::Split {
                parts: 9,
                hash: [4; 32],
            },
        };
        let bytes = split.encode();
        assert!(matches!(
            Payload::decode(&bytes).unwrap().body,
            PayloadBody::Split { parts: 9, hash } if hash == [4; 32]
        ));
        assert!(Payload::decode(&bytes[..30]).is_none());
        assert!(Payload::decode(&[]).is_none());
        assert!(Payload::decode(&[16, 1, 2]).is_none());
        assert!(Payload::decode(&[5, 1, 2, 3, 4, 5]).is_none());
    }
}
