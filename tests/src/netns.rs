//! Network namespaces joined by cables: networks that are real to the programs, and touch none of this machine's.
//!
//! They need root; where a namespace may not be made, the test has to say so (see [`crate::shown`]).

use std::{
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result, ensure};

/// So that two tests of one process do not share a namespace.
static MADE: AtomicU32 = AtomicU32::new(0);

/// Namespaces of this test alone, gone with it (ip-netns(8)).
#[derive(Debug)]
pub struct Namespaces {
    names: Vec<String>,
}

impl Namespaces {
    /// This many, each with its loopback. `None` where this machine does not let us.
    ///
    /// # Errors
    /// When only some could be made.
    pub fn new(count: usize) -> Result<Option<Self>> {
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let mut namespaces = Self { names: Vec::new() };
        for number in 0..count {
            let name = format!("kith-{process}-{made}-{number}");
            let is_made = ip(&["netns", "add", &name]);
            if is_made {
                namespaces.names.push(name.clone());
            }
            // Below a changed root it can be made, and not be entered.
            if !is_made || !ip(&["-n", &name, "link", "set", "lo", "up"]) {
                ensure!(number == 0, "the namespace {name} cannot be made");
                return Ok(None);
            }
        }
        Ok(Some(namespaces))
    }

    /// The name of one of them, counted from 0.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn name(&self, number: usize) -> Result<&str> {
        let name = self.names.get(number);
        Ok(name.with_context(|| format!("there is no namespace {number}"))?)
    }

    /// Joins two of them by a cable (a veth pair) of this name at both ends; each end is given as its namespace and its
    /// address with the length of the network's part, as in `10.0.0.1/24`.
    ///
    /// # Errors
    /// When that cannot be done.
    pub fn cable(&self, name: &str, one: (usize, &str), other: (usize, &str)) -> Result<()> {
        let there = self.name(other.0)?;
        self.ip(
            one.0,
            &format!("link add {name} type veth peer name {name} netns {there}"),
        )?;
        for (namespace, address) in [one, other] {
            self.ip(namespace, &format!("address add {address} dev {name}"))?;
            self.ip(namespace, &format!("link set {name} up"))?;
        }
        Ok(())
    }

    /// Runs ip(8) with these words in one of them.
    ///
    /// # Errors
    /// When it ends badly.
    pub fn ip(&self, namespace: usize, words: &str) -> Result<()> {
        let name = self.name(namespace)?;
        let all: Vec<&str> = ["-n", name].into_iter().chain(words.split(' ')).collect();
        ensure!(ip(&all), "ip -n {name} {words}");
        Ok(())
    }

    /// Makes sure that what arrives for others in one of them goes no further, whatever this machine does by itself.
    ///
    /// # Errors
    /// When that cannot be done.
    pub fn forwards_nothing(&self, namespace: usize) -> Result<()> {
        self.set_forwarding(namespace, 0)
    }

    /// Makes one of them a router: what arrives for others there goes on.
    ///
    /// # Errors
    /// When that cannot be done.
    pub fn forwards(&self, namespace: usize) -> Result<()> {
        self.set_forwarding(namespace, 1)
    }

    fn set_forwarding(&self, namespace: usize, value: u8) -> Result<()> {
        let name = self.name(namespace)?;
        let set = format!("echo {value} > /proc/sys/net/ipv4/ip_forward");
        ensure!(ip(&["netns", "exec", name, "sh", "-c", &set]), "{set} in {name}");
        Ok(())
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        for name in &self.names {
            ip(&["netns", "delete", name]);
        }
    }
}

fn ip(words: &[&str]) -> bool {
    Command::new("ip")
        .args(words)
        .output()
        .is_ok_and(|done| done.status.success())
}
