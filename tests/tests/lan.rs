//! Two people on one local network, with no bootstrap node: they find each other by multicast DNS.
//!
//! The network is real to the programs: two network namespaces joined by a cable. It needs root; where a namespace may not
//! be made, the test says so and checks nothing.

use anyhow::Result;
use kith_node::view::DeliveryState;
use kith_tests::{
    netns::Namespaces,
    proc::{NodeProgram, Profile, Programs, Wanted},
    shown::not_shown,
};

/// Two namespaces and the cable between them.
fn lan() -> Result<Option<Namespaces>> {
    let Some(lan) = Namespaces::new(2)? else {
        return Ok(None);
    };
    lan.cable("lan0", (0, "10.77.0.1/24"), (1, "10.77.0.2/24"))?;
    for namespace in [0, 1] {
        lan.ip(namespace, "route add default dev lan0")?;
    }
    Ok(Some(lan))
}

#[tokio::test]
async fn on_one_local_network_no_bootstrap_node_is_needed() -> Result<()> {
    let Some(lan) = lan()? else {
        not_shown(
            "on_one_local_network_no_bootstrap_node_is_needed",
            "no network namespace may be made (root is needed)",
        );
        return Ok(());
    };
    let programs = Programs::beside_this()?;
    let folder = tempfile::tempdir()?;
    let (ann, _) = Profile::create(&programs, folder.path(), "Ann").await?;
    let (ben, _) = Profile::create(&programs, folder.path(), "Ben").await?;
    let (here, there) = (lan.name(0)?, lan.name(1)?);
    let mut ann_node = NodeProgram::start_in_namespace(&programs, &ann, here, &[])?;
    let mut ben_node = NodeProgram::start_in_namespace(&programs, &ben, there, &[])?;
    ann_node.meets(&mut ben_node).await?;

    // Both move to another port while the other is away, so that no remembered address helps: only the search does.
    ann_node.kill().await?;
    ben_node.kill().await?;
    for profile in [&ann, &ben] {
        std::fs::remove_file(profile.data().join("port"))?;
    }
    let mut ann_node = NodeProgram::start_in_namespace(&programs, &ann, here, &[])?;
    let mut ben_node = NodeProgram::start_in_namespace(&programs, &ben, there, &[])?;
    ann_node.sees("Ben", Wanted::Online).await?;
    let sent = ann_node.writes("found you").await?;
    ben_node.receives(&sent).await?;
    ann_node.reaches(&sent, DeliveryState::Delivered).await
}
