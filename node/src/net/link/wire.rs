//! Messages on a stream: four bytes of length (big endian), then the message.
//!
//! A claimed length is never trusted with memory: a message is read as it comes and refused above its cap before the
//! first byte of it.

use std::io;

use libp2p::futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use thiserror::Error;

/// How much is set aside before a message has shown that it is really longer.
const FIRST_ALLOCATION_BYTES: usize = 64 * 1024;

/// Why no message came.
#[derive(Debug, Error)]
pub enum WireError {
    /// The stream ended or broke.
    #[error("the stream ended: {0}")]
    Broken(#[from] io::Error),
    /// The message is longer than allowed.
    #[error("a message of {claimed_bytes} bytes was announced, {cap_bytes} are allowed")]
    TooLong {
        /// What its length says.
        claimed_bytes: usize,
        /// What is allowed.
        cap_bytes: usize,
    },
}

/// Writes a message. It is on its way only after a flush.
///
/// # Errors
/// [`WireError::TooLong`] if its length does not fit four bytes, [`WireError::Broken`] if the stream is.
pub async fn write<S: AsyncWrite + Unpin>(stream: &mut S, message: &[u8]) -> Result<(), WireError> {
    let length = u32::try_from(message.len()).map_err(|_| WireError::TooLong {
        claimed_bytes: message.len(),
        cap_bytes: u32::MAX as usize,
    })?;
    // One write: a packet of four bytes before each message would cost more than this copy.
    let mut bytes = Vec::with_capacity(message.len().saturating_add(4));
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(message);
    stream.write_all(&bytes).await?;
    Ok(())
}

/// Reads the next message of at most `cap_bytes`.
///
/// # Errors
/// [`WireError::TooLong`] for a longer one, [`WireError::Broken`] if the stream ends or breaks.
pub async fn read<S: AsyncRead + Unpin>(stream: &mut S, cap_bytes: usize) -> Result<Vec<u8>, WireError> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).await?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > cap_bytes {
        return Err(WireError::TooLong {
            claimed_bytes: length,
            cap_bytes,
        });
    }
    let mut message = Vec::with_capacity(length.min(FIRST_ALLOCATION_BYTES));
    let limit = u64::try_from(length).unwrap_or(u64::MAX);
    let read = stream.take(limit).read_to_end(&mut message).await?;
    if read < length {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    use libp2p::futures::io::Cursor;

    use super::*;

    #[tokio::test]
    async fn messages_come_out_as_they_went_in() {
        let mut wire = Cursor::new(Vec::new());
        for message in [&b"first"[..], b"", &[7; 100_000]] {
            write(&mut wire, message).await.unwrap();
        }
        wire.set_position(0);
        assert_eq!(read(&mut wire, 100).await.unwrap(), b"first");
        assert_eq!(read(&mut wire, 0).await.unwrap(), b"");
        assert_eq!(read(&mut wire, 100_000).await.unwrap(), [7; 100_000]);
        assert!(matches!(read(&mut wire, 100).await, Err(WireError::Broken(_))));
    }

    #[tokio::test]
    async fn a_long_or_cut_message_is_refused() {
        let mut long = Cursor::new(u32::MAX.to_be_bytes().to_vec());
        assert!(matches!(
            read(&mut long, 1_000).await,
            Err(WireError::TooLong { cap_bytes: 1_000, .. })
        ));
        let mut cut = Cursor::new(vec![0, 0, 0, 9, 1, 2]);
        assert!(matches!(read(&mut cut, 1_000).await, Err(WireError::Broken(_))));
    }
}
