//! The same protocol on a Unix socket, for as many clients as come. Only the user who started the node may connect.

use std::{
    fs, io,
    os::unix::fs::{FileTypeExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::{
    io::BufReader,
    net::{UnixListener, UnixStream},
    task::JoinSet,
};

use crate::rpc::{Backend, Gate, serve};

/// Clients at a time. One more is closed at once.
const MAX_CONNECTIONS: usize = 64;

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Somebody answers there.
    #[error("Another program answers at {}. Stop it, or choose another path.", path.display())]
    InUse {
        /// The path.
        path: PathBuf,
    },
    /// There is something else.
    #[error("{} exists and is no socket. It was left as it is; choose another path.", path.display())]
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// It cannot be made.
    #[error("Cannot make a socket at {}: {source}.", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A socket that listens; its file goes when it is dropped.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Opens a socket. One that a dead process left behind is replaced.
    pub fn bind(path: &Path) -> Result<Self, SocketError> {
        let failed = |source| SocketError::Io {
            path: path.to_path_buf(),
            source,
        };
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
            Ok(found) if !found.file_type().is_socket() => {
                return Err(SocketError::NotASocket {
                    path: path.to_path_buf(),
                });
            }
            // A connection is refused exactly when nobody listens any more.
            Ok(_) => match std::os::unix::net::UnixStream::connect(path) {
                Ok(_) => {
                    return Err(SocketError::InUse {
                        path: path.to_path_buf(),
                    });
                }
                Err(_) => fs::remove_file(path).map_err(failed)?,
            },
        }
        let listener = bind_private(path).map_err(failed)?;
        Ok(Self {
            listener,
            path: path.to_path_buf(),
        })
    }

    /// Serves every client until the returned future is dropped.
    ///
    /// # Errors
    /// What accepting failed with.
    pub async fn serve<B: Backend>(&self, gate: Arc<Gate<B>>) -> io::Result<()> {
        let mut clients = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => {
                    let (stream, _) = accepted?;
                    if clients.len() < MAX_CONNECTIONS {
                        clients.spawn(serve_client(Arc::clone(&gate), stream));
                    } else {
                        tracing::warn!("more than {MAX_CONNECTIONS} JSON-RPC clients: one was turned away");
                    }
                }
                Some(ended) = clients.join_next() => if let Err(error) = ended {
                    tracing::error!(panicked = error.is_panic(), "a JSON-RPC connection failed and was contained");
                }
            }
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, "the socket's file was gone already");
        }
    }
}

/// Makes the socket in a private folder and moves it into place, so that at no moment anybody else may connect.
fn bind_private(path: &Path) -> io::Result<UnixListener> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}", std::process::id()));
    let folder = path.with_file_name(hidden);
    fs::create_dir(&folder)?;
    let made = fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).and_then(|()| {
        let inside = folder.join("s");
        let listener = UnixListener::bind(&inside)?;
        fs::set_permissions(&inside, fs::Permissions::from_mode(0o600))?;
        fs::rename(&inside, path)?;
        Ok(listener)
    });
    fs::remove_dir_all(&folder)?;
    made
}

async fn serve_client<B: Backend>(gate: Arc<Gate<B>>, stream: UnixStream) {
    let (input, output) = stream.into_split();
    if let Err(error) = serve(gate, BufReader::new(input), output).await {
        tracing::debug!(%error, "a JSON-RPC connection ended");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_its_owner_may_connect_and_a_dead_one_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kith.sock");
        let socket = Socket::bind(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let error = Socket::bind(&path).unwrap_err();
        assert!(matches!(error, SocketError::InUse { .. }), "{error}");
        drop(socket);
        assert!(!path.exists());
        // A process that was killed leaves its file behind.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        Socket::bind(&path).unwrap();
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            0,
            "nothing else is left"
        );
    }

    #[tokio::test]
    async fn a_file_that_is_no_socket_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        fs::write(&path, "mine").unwrap();
        let error = Socket::bind(&path).unwrap_err();
        assert!(matches!(error, SocketError::NotASocket { .. }), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }
}
