//! One window per profile: whoever opens a profile listens on a Unix socket in its folder; a second launch finds it
//! there, hands over what it was started with (a `kith:` link, perhaps) and ends.
//!
//! The profile's lock decides who has it; the socket only carries the knock. A socket left behind by a crash answers
//! nobody and is replaced by the next holder of the lock.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest link that is handed over, in bytes.
const MAX_KNOCK_BYTES: u64 = 8 * 1024;
/// How long a knock waits for the other side.
const PATIENCE: Duration = crate::theme::motion::KNOCK;
const SOCKET: &str = "window.sock";
const ANSWER: &[u8] = b"here\n";

/// Listens for further launches; stops, and takes its socket away, when dropped.
#[derive(Debug)]
pub struct Door {
    path: PathBuf,
}

impl Door {
    /// Listens in `folder`, which the caller holds the lock of. `knocked` is called on a thread of its own with what
    /// the other launch was started with, which may be empty.
    pub fn open(folder: &Path, knocked: impl Fn(String) + Send + 'static) -> io::Result<Self> {
        let path = folder.join(SOCKET);
        match std::fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let listener = UnixListener::bind(&path)?;
        std::thread::Builder::new()
            .name("door".to_owned())
            .spawn(move || {
                for stream in listener.incoming() {
                    match stream.and_then(answer) {
                        Ok(Some(text)) => knocked(text),
                        Ok(None) => return,
                        Err(error) => tracing::debug!(%error, "a knock could not be read"),
                    }
                }
            })?;
        Ok(Self { path })
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // The thread waits in accept: a last knock lets it go.
        if let Ok(mut stream) = UnixStream::connect(&self.path) {
            let farewell = stream.write_all(b"\0\n");
            tracing::trace!(?farewell, "the door closes");
        }
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, "the socket could not be removed");
        }
    }
}

/// One knock: its text, `None` if it is the door's own farewell.
fn answer(mut stream: UnixStream) -> io::Result<Option<String>> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new(Read::by_ref(&mut stream).take(MAX_KNOCK_BYTES)).read_line(&mut line)?;
    let text = line.trim_end_matches('\n');
    if text == "\0" {
        return Ok(None);
    }
    stream.write_all(ANSWER)?;
    Ok(Some(text.to_owned()))
}

/// Knocks at the window that has the profile in `folder` open and hands `text` over. True if it answered: then this
/// launch has nothing left to do.
pub fn knock(folder: &Path, text: &str) -> bool {
    let attempt = || -> io::Result<bool> {
        let mut stream = UnixStream::connect(folder.join(SOCKET))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(text.replace(['\n', '\0'], " ").as_bytes())?;
        stream.write_all(b"\n")?;
        let mut answer = Vec::new();
        stream.take(ANSWER.len() as u64).read_to_end(&mut answer)?;
        Ok(answer == ANSWER)
    };
    attempt().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_second_launch_is_answered_and_hands_its_link_over() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!knock(folder.path(), ""));
        let (heard, hears) = mpsc::sync_channel(4);
        let door = Door::open(folder.path(), move |text| heard.send(text).unwrap()).unwrap();
        assert!(knock(folder.path(), "kith:abc"));
        assert_eq!(hears.recv().unwrap(), "kith:abc");
        assert!(knock(folder.path(), ""));
        assert_eq!(hears.recv().unwrap(), "");
        drop(door);
        assert!(!knock(folder.path(), ""));
        assert!(hears.recv().is_err(), "the thread has ended");
    }

    #[test]
    fn a_socket_left_behind_by_a_crash_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        drop(UnixListener::bind(folder.path().join(SOCKET)).unwrap());
        assert!(!knock(folder.path(), ""));
        let _door = Door::open(folder.path(), |_| {}).unwrap();
        assert!(knock(folder.path(), ""));
    }
}
