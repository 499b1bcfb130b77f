//! Why `kith-node` ended, with the exit code that scripts go by. The codes are listed in `--help` and docs/rpc.md.

use std::{io, process::ExitCode};

use kith_node::{node::NodeError, profile::ProfileError};

use crate::secrets::SecretError;

/// Why the program ended without success.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Something nobody planned for.
    #[error("{doing} failed: {source}. What is stored is safe.")]
    Unexpected {
        /// What was being done.
        doing: &'static str,
        /// What came of it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The flags do not fit together.
    #[error("{0}")]
    Usage(&'static str),
    /// The profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// A passphrase or the words cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The socket.
    #[cfg(unix)]
    #[error(transparent)]
    Socket(#[from] kith_node::rpc::socket::SocketError),
    /// The node does not start.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The disk took nothing any more when the node closed.
    #[error(
        "The last changes could not be saved: the disk took nothing any more. Nothing that was shown as saved is lost. Free some \
         space before you start Kith again."
    )]
    Unsaved,
    /// The recovery words are not right.
    #[error("{0} Nothing was made.")]
    Words(kith_crypto::CryptoError),
}

impl Failure {
    /// For what should not happen.
    pub fn unexpected(
        doing: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Unexpected {
            doing,
            source: source.into(),
        }
    }

    /// For what cannot be printed.
    pub fn printing(source: io::Error) -> Self {
        Self::unexpected("Printing", source)
    }

    /// The program's exit code.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Unexpected { .. } => 1,
            Self::Usage(_) => 2,
            Self::Profile(error) => profile_code(error),
            Self::Unsaved => 7,
            Self::Secret(_) | Self::Words(_) => 6,
            #[cfg(unix)]
            Self::Socket(_) => 8,
            Self::Node(_) => 9,
        })
    }
}

fn profile_code(error: &ProfileError) -> u8 {
    match error {
        ProfileError::WrongPassphrase => 3,
        ProfileError::InUse { .. } => 4,
        ProfileError::NotAProfile { .. }
        | ProfileError::AlreadyThere { .. }
        | ProfileError::MissingFile { .. }
        | ProfileError::DamagedFile { .. }
        | ProfileError::FutureVersion { .. } => 5,
        ProfileError::EmptyPassphrase | ProfileError::LongPassphrase | ProfileError::Name(_) => 6,
        ProfileError::ReadOnly | ProfileError::DiskFull => 7,
        _ => 1,
    }
}
