//! A node in a process of its own, so that what it costs can be told from what the bench costs: the bench starts its own
//! program once more and asks it to be the node.

#![allow(clippy::expect_used, reason = "bench code: what cannot go on says where")]

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use kith_node::{Node, NodeConfig, net::NetConfig, profile};

use crate::world::{PASSPHRASE, randomness};

const FLAG: &str = "--as-node";
const READY: &str = "ready";

/// The profile to be the node of, if this process was started as one.
pub fn wanted() -> Option<PathBuf> {
    let mut arguments = std::env::args_os().skip_while(|argument| argument != FLAG);
    arguments.nth(1).map(PathBuf::from)
}

/// The node of a profile, on loopback.
///
/// # Panics
/// If it does not start.
pub async fn node(dir: &Path) -> Node {
    let unlocked = profile::unlock(dir, PASSPHRASE, &mut randomness()).expect("the profile opens");
    let net = NetConfig::loopback();
    Node::start(unlocked, NodeConfig { net })
        .await
        .expect("the node starts")
}

/// Says that this process is what it was asked to be, and waits until its parent has seen enough.
pub fn stay() {
    println!("{READY}");
    // Whatever the parent does, its end closes the pipe.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

/// The process; killed when dropped.
pub struct Child(std::process::Child);

impl Child {
    /// Starts this program again as the node of `dir`. `before` goes in front of it: a program that starts programs in
    /// some other way. Gives back when the node is ready; what it prints before is printed.
    ///
    /// # Errors
    /// When it ends instead.
    pub fn start(before: &[&str], dir: &Path) -> std::io::Result<Self> {
        let this = std::env::current_exe()?;
        let mut command = match before.split_first() {
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments).arg(this);
                command
            }
            None => Command::new(this),
        };
        let mut process = command
            .arg(FLAG)
            .arg(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().expect("its output is a pipe");
        let child = Self(process);
        for line in BufReader::new(output).lines() {
            let line = line?;
            if line == READY {
                return Ok(child);
            }
            println!("{line}");
        }
        Err(std::io::Error::other("the node's process ended"))
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
