//! Passphrases and recovery words: from a file, an open descriptor or a question on the terminal. Never from an
//! argument, which other users of the machine can see.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use kith_node::profile::MAX_PASSPHRASE_BYTES;
use zeroize::Zeroizing;

use crate::flags::Passphrase;

/// As long as the longest passphrase with the end of its line, and longer than any list of words.
const MAX_BYTES: usize = MAX_PASSPHRASE_BYTES + "\r\n".len();

/// Why a secret could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file or descriptor cannot be read.
    #[error("Cannot read {}: {source}.", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is no text.
    #[error("What {} holds is not UTF-8 text.", path.display())]
    NotText {
        /// Which.
        path: PathBuf,
    },
    /// It is far too long to be what was asked for.
    #[error("What {} holds is longer than {MAX_BYTES} bytes: is it the right one?", path.display())]
    TooLong {
        /// Which.
        path: PathBuf,
    },
    /// There is nobody to ask.
    #[error("Nobody can be asked for the {what}: there is no terminal ({source}). Give it with {flag}.")]
    NoTerminal {
        /// What was to be asked for.
        what: &'static str,
        /// What does it instead.
        flag: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The two entries differ.
    #[error("The two entries are not the same. Nothing was changed; try again.")]
    NotRepeated,
}

/// Where a secret comes from.
#[derive(Debug)]
pub enum Source {
    /// A file, or a descriptor under its path.
    Path(PathBuf),
    /// The person at the terminal.
    Terminal,
}

impl Source {
    /// From the flags that name a file or a descriptor.
    pub fn new(file: Option<PathBuf>, descriptor: Option<u32>) -> Self {
        match (file, descriptor) {
            (Some(file), _) => Self::Path(file),
            (None, Some(descriptor)) => Self::Path(PathBuf::from(format!("/dev/fd/{descriptor}"))),
            (None, None) => Self::Terminal,
        }
    }
}

impl From<Passphrase> for Source {
    fn from(flags: Passphrase) -> Self {
        Self::new(flags.passphrase_file, flags.passphrase_fd)
    }
}

/// A passphrase that exists already.
pub fn passphrase(source: &Source) -> Result<Zeroizing<String>, SecretError> {
    match source {
        Source::Path(path) => first_line(path),
        Source::Terminal => ask(
            "Passphrase: ",
            "passphrase",
            "--passphrase-file or --passphrase-fd",
        ),
    }
}

/// A passphrase that is being chosen: asked for twice.
pub fn new_passphrase(source: &Source, flag: &'static str) -> Result<Zeroizing<String>, SecretError> {
    if let Source::Path(path) = source {
        return first_line(path);
    }
    let first = ask("New passphrase: ", "new passphrase", flag)?;
    let second = ask("The same again: ", "new passphrase", flag)?;
    if first == second {
        Ok(first)
    } else {
        Err(SecretError::NotRepeated)
    }
}

/// Recovery words, on one line or several.
pub fn words(source: &Source) -> Result<Zeroizing<String>, SecretError> {
    match source {
        Source::Path(path) => read(path, |_| false),
        Source::Terminal => ask(
            "The 24 recovery words: ",
            "recovery words",
            "--words-file or --words-fd",
        ),
    }
}

fn ask(prompt: &str, what: &'static str, flag: &'static str) -> Result<Zeroizing<String>, SecretError> {
    rpassword::prompt_password(prompt)
        .map(Zeroizing::new)
        .map_err(|source| SecretError::NoTerminal { what, flag, source })
}

/// The first line, without its end. What follows it is left unread: with descriptor 0, the calls may follow it.
fn first_line(path: &Path) -> Result<Zeroizing<String>, SecretError> {
    let mut line = read(path, |byte| byte == b'\n')?;
    let ended = line.trim_end_matches(['\n', '\r']).len();
    line.truncate(ended);
    Ok(line)
}

/// Reads byte by byte, so that nothing after the last wanted byte is taken out of a pipe.
fn read(path: &Path, is_last: impl Fn(u8) -> bool) -> Result<Zeroizing<String>, SecretError> {
    let unreadable = |source| SecretError::Unreadable {
        path: path.to_path_buf(),
        source,
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES));
    let mut byte = Zeroizing::new([0_u8; 1]);
    while file.read(&mut *byte).map_err(unreadable)? > 0 {
        if bytes.len() == MAX_BYTES {
            return Err(SecretError::TooLong {
                path: path.to_path_buf(),
            });
        }
        bytes.extend_from_slice(&*byte);
        if byte.iter().any(|byte| is_last(*byte)) {
            break;
        }
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(SecretError::NotText {
            path: path.to_path_buf(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> (tempfile::TempDir, Source) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, bytes).unwrap();
        (folder, Source::Path(path))
    }

    #[test]
    fn a_passphrase_is_the_first_line_with_all_its_spaces() {
        for bytes in [
            &b" a phrase "[..],
            b" a phrase \n",
            b" a phrase \r\n",
            b" a phrase \nnot this",
        ] {
            let (_folder, source) = file(bytes);
            assert_eq!(*passphrase(&source).unwrap(), " a phrase ");
        }
    }

    #[test]
    fn words_may_stand_on_several_lines() {
        let (_folder, source) = file(b"one two\nthree\n");
        assert_eq!(*words(&source).unwrap(), "one two\nthree\n");
    }

    #[test]
    fn what_cannot_be_a_secret_is_said_so_without_showing_it() {
        let (_folder, source) = file(&[0xff, 0xfe]);
        assert!(matches!(passphrase(&source), Err(SecretError::NotText { .. })));
        let (_folder, source) = file(&[b'a'; MAX_BYTES + 1]);
        let error = passphrase(&source).unwrap_err();
        assert!(matches!(error, SecretError::TooLong { .. }), "{error}");
        assert!(!error.to_string().contains("aaaa"));
        let missing = Source::Path(PathBuf::from("/nowhere/at/all"));
        assert!(
            passphrase(&missing)
                .unwrap_err()
                .to_string()
                .contains("/nowhere/at/all")
        );
    }

    #[test]
    fn a_descriptor_is_read_like_a_file() {
        let source = Source::new(None, Some(7));
        assert!(matches!(&source, Source::Path(path) if path.ends_with("fd/7")));
        assert!(matches!(Source::new(None, None), Source::Terminal));
    }
}
