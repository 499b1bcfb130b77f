//! Two people on one local network, with no bootstrap node: they find each other by multicast DNS.
//!
//! The network is real to the programs: two network namespaces joined by a cable (a veth pair), each with its own
//! addresses. It needs root; where a namespace may not be made, the test says so and checks nothing.

#![allow(clippy::indexing_slicing)] // Helpers of tests.

use std::process::Command as Shell;

use anyhow::{Result, ensure};
use kith_node::view::DeliveryState;
use kith_tests::proc::{NodeProgram, Profile, Programs, Wanted};

/// Two namespaces and the cable between them; gone with it.
struct Lan {
    names: [String; 2],
}

impl Lan {
    /// `None` where this machine does not let us.
    fn new() -> Result<Option<Self>> {
        let id = std::process::id();
        let names = [format!("kith-a-{id}"), format!("kith-b-{id}")];
        if !ip(&["netns", "add", &names[0]]) {
            return Ok(None);
        }
        let lan = Self { names };
        let [a, b] = &lan.names;
        ensure!(ip(&["netns", "add", b]), "a second namespace");
        let cable = [
            "link", "add", "lan0", "netns", a, "type", "veth", "peer", "name", "lan0", "netns", b,
        ];
        ensure!(ip(&cable), "a cable");
        for (name, address) in [(a, "10.77.0.1/24"), (b, "10.77.0.2/24")] {
            for up in [
                &["-n", name, "address", "add", address, "dev", "lan0"][..],
                &["-n", name, "link", "set", "lo", "up"],
                &["-n", name, "link", "set", "lan0", "up"],
                &["-n", name, "route", "add", "default", "dev", "lan0"],
            ] {
                ensure!(ip(up), "ip {}", up.join(" "));
            }
        }
        Ok(Some(lan))
    }
}

impl Drop for Lan {
    fn drop(&mut self) {
        for name in &self.names {
            ip(&["netns", "delete", name]);
        }
    }
}

fn ip(arguments: &[&str]) -> bool {
    Shell::new("ip")
        .args(arguments)
        .output()
        .is_ok_and(|done| done.status.success())
}

#[tokio::test]
async fn on_one_local_network_no_bootstrap_node_is_needed() -> Result<()> {
    let Some(lan) = Lan::new()? else {
        println!("skipped: this machine lets us make no network namespaces (root is needed)");
        return Ok(());
    };
    let programs = Programs::beside_this()?;
    let folder = tempfile::tempdir()?;
    let (ann, _) = Profile::create(&programs, folder.path(), "Ann").await?;
    let (ben, _) = Profile::create(&programs, folder.path(), "Ben").await?;
    let [here, there] = &lan.names;
    let mut ann_node = NodeProgram::start_in_namespace(&programs, &ann, here)?;
    let mut ben_node = NodeProgram::start_in_namespace(&programs, &ben, there)?;
    ann_node.meets(&mut ben_node).await?;

    // Both move to another port while the other is away, so that no remembered address helps: only the search does.
    ann_node.kill().await?;
    ben_node.kill().await?;
    for profile in [&ann, &ben] {
        std::fs::remove_file(profile.data().join("port"))?;
    }
    let mut ann_node = NodeProgram::start_in_namespace(&programs, &ann, here)?;
    let mut ben_node = NodeProgram::start_in_namespace(&programs, &ben, there)?;
    ann_node.sees("Ben", Wanted::Online).await?;
    let sent = ann_node.writes("found you").await?;
    ben_node.receives(&sent).await?;
    ann_node.reaches(&sent, DeliveryState::Delivered).await
}
