//! What the app asks for about profiles themselves, before and beside the node: find them, make one, open one,
//! change its passphrase, delete it. `bridge` carries it out; the texts of failures come from `kith_node::profile`.

use std::fmt;
use std::path::PathBuf;

use kith_node::view::ProfileView;

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
    /// Where it is kept.
    pub folder: PathBuf,
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
    /// Makes the 24 words of an account to come. Answers [`ProfileReply::Words`].
    MakeWords,
    /// Makes a profile and opens it. Answers [`ProfileReply::Opened`].
    Create {
        /// The name others see.
        name: String,
        /// Seals the profile on this disk.
        passphrase: Secret,
        /// The account's 24 words, parted by spaces.
        words: Secret,
        /// Whether the account existed before: then contacts are met again.
        restored: bool,
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
    /// Deletes the open profile from this disk, for good. Answers [`ProfileReply::Deleted`].
    Delete {
        /// Shown once more, so that nobody deletes what they could not open.
        passphrase: Secret,
    },
}

/// What became of a wish about profiles.
#[derive(Clone, Debug, PartialEq)]
pub enum ProfileReply {
    /// The profiles on this machine, and what went wrong with those that cannot be listed.
    Listed(Vec<ProfileCard>),
    /// 24 words, parted by spaces.
    Words(Secret),
    /// The profile is open and its node runs.
    Opened {
        /// Which.
        id: ProfileId,
        /// Whose it is.
        profile: Box<ProfileView>,
    },
    /// It is done.
    Done,
    /// The profile is gone from this disk.
    Deleted,
}

/// Why a wish about profiles could not be fulfilled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileFailure {
    /// What the screen can do about it.
    pub kind: ProfileFailureKind,
    /// Whole sentences: what happened, what is safe, what to do.
    pub text: String,
}

/// What the screen can do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileFailureKind {
    /// The passphrase was wrong, or the vault is damaged: type it again.
    WrongPassphrase,
    /// Another window has it open; it was asked to come to the front.
    OpenElsewhere,
    /// The words are not those of an account: correct them.
    BadWords,
    /// Something about the disk, or a newer version: read the text.
    Other,
}
