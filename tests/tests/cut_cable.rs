//! A cable between two people is cut, one writes meanwhile, and the cable is joined again; and what kind of way leads to
//! somebody is told by the networks that both are in.
//!
//! The networks are real to the programs: network namespaces. It needs root; where a namespace may not be made, the tests say
//! so and check nothing.

use std::time::Instant;

use anyhow::{Result, ensure};
use kith_node::{
    Command,
    view::{ContactView, DeliveryState, PathView, PresenceView},
};
use kith_tests::{
    netns::Namespaces,
    proc::{NodeProgram, Profile, Programs, Wanted},
    shown::not_shown,
};
use tempfile::TempDir;

const NO_NAMESPACE: &str = "no network namespace may be made (root is needed)";

/// So many networks of their own; none where `test` cannot be shown.
fn networks_for(test: &str, count: usize) -> Result<Option<Namespaces>> {
    let networks = Namespaces::new(count)?;
    if networks.is_none() {
        not_shown(test, NO_NAMESPACE);
    }
    Ok(networks)
}

/// Ann in the first network and Ben in the second, who have met.
async fn two_who_met(networks: &Namespaces, folder: &TempDir) -> Result<(NodeProgram, NodeProgram)> {
    let programs = Programs::beside_this()?;
    let (ann, _) = Profile::create(&programs, folder.path(), "Ann").await?;
    let (ben, _) = Profile::create(&programs, folder.path(), "Ben").await?;
    let mut ann = NodeProgram::start_in_namespace(&programs, &ann, networks.name(0)?, &[])?;
    let mut ben = NodeProgram::start_in_namespace(&programs, &ben, networks.name(1)?, &[])?;
    ann.meets(&mut ben).await?;
    Ok((ann, ben))
}

/// How its one contact is reached.
async fn way(node: &mut NodeProgram) -> Result<Option<PathView>> {
    let contacts: Vec<ContactView> = node.call(&Command::ListContacts {}).await?;
    Ok(contacts.first().and_then(|contact| match contact.presence {
        PresenceView::Online { path } => Some(path),
        PresenceView::Offline { .. } => None,
    }))
}

#[tokio::test]
async fn what_is_written_while_the_cable_is_cut_arrives_when_it_is_joined() -> Result<()> {
    let test = "what_is_written_while_the_cable_is_cut_arrives_when_it_is_joined";
    let Some(networks) = networks_for(test, 2)? else {
        return Ok(());
    };
    networks.cable("cable", (0, "10.81.0.1/24"), (1, "10.81.0.2/24"))?;
    let folder = tempfile::tempdir()?;
    let (mut ann, mut ben) = two_who_met(&networks, &folder).await?;
    for node in [&mut ann, &mut ben] {
        let way = way(node).await?;
        ensure!(way == Some(PathView::Lan), "{} says {way:?}", node.name());
    }
    networks.ip(0, "link set cable down")?;
    ann.sees("Ben", Wanted::Offline).await?;
    ben.sees("Ann", Wanted::Offline).await?;
    let sent = ann.writes("while the cable was cut").await?;
    ann.reaches(&sent, DeliveryState::Saved).await?;
    networks.ip(0, "link set cable up")?;
    let joined = Instant::now();
    ben.receives(&sent).await?;
    ann.reaches(&sent, DeliveryState::Delivered).await?;
    println!(
        "delivered {:.1} s after the cable was joined",
        joined.elapsed().as_secs_f64()
    );
    Ok(())
}

#[tokio::test]
async fn behind_a_router_nobody_is_on_the_same_network_whatever_their_address() -> Result<()> {
    let test = "behind_a_router_nobody_is_on_the_same_network_whatever_their_address";
    let Some(networks) = networks_for(test, 3)? else {
        return Ok(());
    };
    networks.cable("ann0", (0, "10.82.0.2/24"), (2, "10.82.0.1/24"))?;
    networks.cable("ben0", (1, "10.83.0.2/24"), (2, "10.83.0.1/24"))?;
    networks.ip(0, "route add default via 10.82.0.1")?;
    networks.ip(1, "route add default via 10.83.0.1")?;
    networks.forwards(2)?;
    let folder = tempfile::tempdir()?;
    let (mut ann, mut ben) = two_who_met(&networks, &folder).await?;
    for node in [&mut ann, &mut ben] {
        let way = way(node).await?;
        ensure!(way == Some(PathView::Direct), "{} says {way:?}", node.name());
    }
    Ok(())
}
