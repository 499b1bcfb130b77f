//! What the app asks for about profiles themselves, before and beside the node: find them, make one, open one,
//! change its passphrase, delete it. `bridge` carries it out.

use std::fmt;

use crate::i18n::errors;
use crate::t;

/// A profile on this machine: the name of its folder below the profiles' root.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProfileId(pub String);

impl fmt::Display for ProfileId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A profile as the unlock screen lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileCard {
    /// Which.
    pub id: ProfileId,
    /// The name it shows before it is unlocked.
    pub name: String,
}

/// A text that is wiped when it goes and that Debug does not print.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(zeroize::Zeroizing<String>);

impl Secret {
    /// Takes a text over.
    pub fn new(text: String) -> Self {
        Self(zeroize::Zeroizing::new(text))
    }

    /// What it is. Do not copy it about.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// For a text field.
    pub fn edit(&mut self) -> &mut String {
        &mut self.0
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Wipes it.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

/// A wish about profiles.
#[derive(Clone, Debug, PartialEq)]
pub enum ProfileRequest {
    /// Which ones are there? Answers [`ProfileReply::Listed`].
    List,
    /// Makes a profile and opens it. Answers [`ProfileReply::Created`].
    Create {
        /// The name others see.
        name: String,
        /// Seals the profile on this disk.
        passphrase: Secret,
        /// The 24 words of an account that exists, parted by white space; `None` makes a new account.
        words: Option<Secret>,
    },
    /// Opens a profile. Answers [`ProfileReply::Opened`].
    Unlock {
        /// Which.
        id: ProfileId,
        /// Its passphrase.
        passphrase: Secret,
    },
    /// Are these the words of an account? Answers [`ProfileReply::Done`] or says which word is wrong.
    CheckWords {
        /// Up to 24 words, parted by white space.
        words: Secret,
    },
    /// Seals the open profile with another passphrase. Answers [`ProfileReply::Done`].
    ChangePassphrase {
        /// The present one.
        old: Secret,
        /// The one to come.
        new: Secret,
    },
    /// Shows the 24 words of the open profile's account again. Answers [`ProfileReply::Words`].
    ShowWords {
        /// Asked for once more: whoever has the words is the account.
        passphrase: Secret,
    },
    /// Deletes a profile that is not open from this disk, for good: one that nobody can unlock any more. Answers
    /// [`ProfileReply::Deleted`].
    DeleteLocked {
        /// Which.
        id: ProfileId,
    },
    /// Deletes the open profile from this disk, for good. Answers [`ProfileReply::Deleted`].
    Delete {
        /// Asked for once more, so that nobody deletes what they could not open.
        passphrase: Secret,
    },
}

/// What became of a wish about profiles.
#[derive(Clone, Debug, PartialEq)]
pub enum ProfileReply {
    /// The profiles on this machine, oldest first.
    Listed(Vec<ProfileCard>),
    /// The profile was made, is open, and its node runs.
    Created {
        /// Which.
        id: ProfileId,
        /// The account's 24 words, parted by spaces.
        words: Secret,
    },
    /// The profile is open and its node runs.
    Opened {
        /// Which.
        id: ProfileId,
    },
    /// The account's 24 words, parted by spaces.
    Words(Secret),
    /// It is done.
    Done,
    /// The profile is gone from this disk.
    Deleted,
}

/// Why a wish about profiles could not be fulfilled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileFailure {
    /// The passphrase was wrong, or the vault is damaged.
    WrongPassphrase,
    /// Another window has it open; it was asked to come to the front.
    OpenElsewhere,
    /// Not 24 words.
    WordCount {
        /// How many there are.
        found: usize,
    },
    /// A word that no account has.
    UnknownWord {
        /// Which, counted from 1.
        position: usize,
    },
    /// The words do not belong together.
    WordChecksum,
    /// The disk has no room.
    DiskFull,
    /// The folder cannot be written.
    ReadOnly,
    /// A later Kith wrote the profile.
    FutureVersion,
    /// This device does not hold the account's key, so it cannot spell its words.
    NoWords,
    /// Something inside failed and was contained.
    Fault,
    /// Another program has it open, one that has no window to come to the front.
    InUse {
        /// Its process, when that can be told.
        pid: Option<u32>,
    },
    /// The passphrase is empty.
    EmptyPassphrase,
    /// The passphrase is longer than a profile takes.
    LongPassphrase,
    /// The name cannot be used.
    BadName,
    /// Every folder that could be named so is taken.
    NameTaken,
    /// There is no profile in the folder, or none is open.
    NoProfile,
    /// A file without which the profile cannot be opened is gone.
    MissingFile {
        /// Its name.
        file: String,
    },
    /// A file without which the profile cannot be opened is damaged.
    DamagedFile {
        /// Its name.
        file: String,
    },
    /// There is not enough memory for the vault.
    OutOfMemory,
    /// The network could not be set up.
    Network {
        /// For a bug report.
        reason: String,
    },
    /// The store could not be opened.
    Store {
        /// For a bug report.
        reason: String,
    },
    /// The system refused something, or what is kept does not fit together.
    System {
        /// For a bug report.
        reason: String,
    },
}

impl ProfileFailure {
    /// What to tell the person, in their language.
    pub fn sentence(&self) -> String {
        match self {
            Self::WrongPassphrase => t!("error-wrong-passphrase"),
            Self::OpenElsewhere => t!("error-open-elsewhere"),
            Self::WordCount { found } => t!("error-words-count", count = *found),
            Self::UnknownWord { position } => t!("error-words-unknown", position = *position),
            Self::WordChecksum => t!("error-words-checksum"),
            Self::DiskFull => t!("error-profile-disk-full"),
            Self::ReadOnly => t!("error-profile-read-only"),
            Self::FutureVersion => t!("error-profile-future"),
            Self::NoWords => t!("error-no-words"),
            Self::Fault => t!("error-profile-fault"),
            Self::InUse { pid: Some(pid) } => t!("error-profile-in-use-by", process = pid.to_string()),
            Self::InUse { pid: None } => t!("error-profile-in-use"),
            Self::EmptyPassphrase => t!("error-passphrase-empty"),
            Self::LongPassphrase => t!("error-passphrase-long"),
            Self::BadName => t!("error-profile-name"),
            Self::NameTaken => t!("error-profile-name-taken"),
            Self::NoProfile => t!("error-no-profile"),
            Self::MissingFile { file } => t!("error-profile-file-missing", file = file.as_str()),
            Self::DamagedFile { file } => t!("error-profile-file-damaged", file = file.as_str()),
            Self::OutOfMemory => t!("error-profile-memory"),
            Self::Network { reason } => t!("error-profile-network", reason = errors::cause(reason)),
            Self::Store { reason } => t!("error-profile-store", reason = errors::cause(reason)),
            Self::System { reason } => t!("error-profile-system", reason = errors::cause(reason)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::{self, Language};

    #[test]
    fn every_failure_is_told_in_the_persons_language() {
        let text = || "x".to_owned();
        let all = [
            ProfileFailure::WrongPassphrase,
            ProfileFailure::OpenElsewhere,
            ProfileFailure::WordCount { found: 2 },
            ProfileFailure::UnknownWord { position: 3 },
            ProfileFailure::WordChecksum,
            ProfileFailure::DiskFull,
            ProfileFailure::ReadOnly,
            ProfileFailure::FutureVersion,
            ProfileFailure::NoWords,
            ProfileFailure::InUse { pid: Some(7) },
            ProfileFailure::InUse { pid: None },
            ProfileFailure::EmptyPassphrase,
            ProfileFailure::LongPassphrase,
            ProfileFailure::BadName,
            ProfileFailure::NameTaken,
            ProfileFailure::NoProfile,
            ProfileFailure::MissingFile { file: text() },
            ProfileFailure::DamagedFile { file: text() },
            ProfileFailure::OutOfMemory,
            ProfileFailure::Network { reason: text() },
            ProfileFailure::Store { reason: text() },
            ProfileFailure::System { reason: text() },
        ];
        let said = |language| {
            i18n::set_language(language);
            all.iter().map(ProfileFailure::sentence).collect::<Vec<_>>()
        };
        let (hindi, english) = (said(Language::Hindi), said(Language::English));
        let different: std::collections::HashSet<_> = hindi.iter().chain(&english).collect();
        assert_eq!(different.len(), 2 * all.len(), "each has words of its own");
        for sentence in hindi {
            let native = sentence
                .chars()
                .filter(|letter| ('\u{900}'..='\u{97f}').contains(letter));
            let latin = sentence.chars().filter(char::is_ascii_alphabetic);
            assert!(native.count() > 2 * latin.count(), "{sentence}");
        }
    }

    #[test]
    fn a_secret_prints_nothing() {
        let request = ProfileRequest::Unlock {
            id: ProfileId("a".to_owned()),
            passphrase: Secret::new("violet harbour".to_owned()),
        };
        assert!(!format!("{request:?}").contains("violet"));
    }
}
