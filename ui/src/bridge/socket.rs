//! JSON-RPC for other programs of this user while a profile is open: the protocol of `kith-node rpc --socket`, served
//! by the app's own node.
//!
//! It is there only when `--socket PATH` was given. The socket comes when a profile opens and goes when it closes: a
//! locked window answers nobody, because its passphrase is typed into the window and nowhere else.

use std::io::{self, Write};
use std::path::Path;

use kith_node::Node;
use kith_node::rpc::Gate;
use kith_node::rpc::socket::{Socket, SocketError};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// A socket that is being served.
#[derive(Debug)]
pub(super) struct Serving(JoinHandle<()>);

impl Serving {
    /// Serves `node` at `path`, and prints `socket PATH` on standard output once programs can connect.
    ///
    /// # Errors
    /// When there can be no socket there; the sentence says why.
    pub(super) fn start(runtime: &Handle, path: &Path, node: Node) -> Result<Self, SocketError> {
        // Listening registers with the runtime's reactor.
        let socket = {
            let _inside = runtime.enter();
            Socket::bind(path)?
        };
        let mut out = io::stdout();
        if let Err(error) = writeln!(out, "socket {}", path.display()).and_then(|()| out.flush()) {
            tracing::debug!(%error, "nobody reads where the socket is");
        }
        let serving = runtime.spawn(async move {
            if let Err(error) = socket.serve(Gate::open(node)).await {
                tracing::warn!(%error, "the JSON-RPC socket takes no more connections");
            }
        });
        Ok(Self(serving))
    }

    /// Ends every connection and takes the socket's file away.
    pub(super) async fn stop(self) {
        self.0.abort();
        if let Err(error) = self.0.await
            && error.is_panic()
        {
            tracing::error!("the JSON-RPC socket failed and was contained");
        }
    }
}
