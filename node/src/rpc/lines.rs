//! Lines of bounded length. An overlong line costs its sender an error and nobody any memory.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};
use zeroize::Zeroizing;

/// The longest line that is read: a picture of 8 MiB in base64, and room around it.
pub const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;

/// One line of input.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// Without its end. Wiped when dropped, since a line may carry a passphrase.
    Whole(Zeroizing<Vec<u8>>),
    /// It was longer than allowed; all of it was skipped.
    TooLong,
}

/// Reads lines.
#[derive(Debug)]
pub struct LineReader<R> {
    input: R,
    max_bytes: usize,
}

impl<R: AsyncBufRead + Unpin> LineReader<R> {
    /// A reader of lines of at most `max_bytes`, their ends not counted.
    pub fn new(input: R, max_bytes: usize) -> Self {
        Self { input, max_bytes }
    }

    /// The next line; `None` at the end of the input. A last line without an end counts.
    pub async fn next(&mut self) -> io::Result<Option<Line>> {
        let mut line = Zeroizing::new(Vec::new());
        let mut too_long = false;
        loop {
            let chunk = self.input.fill_buf().await?;
            if chunk.is_empty() {
                let nothing = line.is_empty() && !too_long;
                return Ok((!nothing).then(|| finish(line, too_long)));
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let (part, consumed) = match end {
                Some(end) => (chunk.get(..end).unwrap_or_default(), end + 1),
                None => (chunk, chunk.len()),
            };
            if line.len() + part.len() > self.max_bytes {
                too_long = true;
                line.clear();
            }
            if !too_long {
                line.extend_from_slice(part);
            }
            self.input.consume(consumed);
            if end.is_some() {
                return Ok(Some(finish(line, too_long)));
            }
        }
    }
}

fn finish(mut line: Zeroizing<Vec<u8>>, too_long: bool) -> Line {
    if too_long {
        return Line::TooLong;
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Line::Whole(line)
}

#[cfg(test)]
mod tests {
    use tokio::io::BufReader;

    use super::*;

    async fn lines(input: &[u8], buffer_bytes: usize) -> Vec<Line> {
        let mut reader = LineReader::new(BufReader::with_capacity(buffer_bytes, input), 5);
        let mut lines = Vec::new();
        while let Some(line) = reader.next().await.unwrap() {
            lines.push(line);
        }
        lines
    }

    fn whole(text: &str) -> Line {
        Line::Whole(Zeroizing::new(text.as_bytes().to_vec()))
    }

    #[tokio::test]
    async fn lines_come_whole_however_the_bytes_arrive() {
        for buffer_bytes in 1..8 {
            let found = lines(b"one\ntwo\r\n\nfives\nrest", buffer_bytes).await;
            assert_eq!(
                found,
                [
                    whole("one"),
                    whole("two"),
                    whole(""),
                    whole("fives"),
                    whole("rest")
                ]
            );
        }
    }

    #[tokio::test]
    async fn an_overlong_line_is_skipped_and_the_next_one_is_read() {
        for buffer_bytes in 1..8 {
            let found = lines(b"sixsix and far more\nnext\nalso too long", buffer_bytes).await;
            assert_eq!(found, [Line::TooLong, whole("next"), Line::TooLong]);
        }
        assert_eq!(lines(b"", 4).await, []);
    }
}
