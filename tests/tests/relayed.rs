//! Two people whose networks know nothing of each other: all that both can reach is a bootstrap node, which relays.
//!
//! The networks are real to the programs: three network namespaces, of which the one in the middle forwards nothing. It
//! needs root; where a namespace may not be made, the test says so and checks nothing.

use std::time::Duration;

use anyhow::{Result, ensure};
use kith_crypto::Invite;
use kith_node::{
    Command,
    view::{ContactView, DeliveryState, InviteView, PathView, PresenceView},
};
use kith_tests::{
    netns::Namespaces,
    proc::{BootstrapProgram, NodeProgram, Profile, Programs, Wanted},
    shown::not_shown,
};

/// Where both find the bootstrap node.
const MIDDLE: &str = "10.80.0.1";

/// Ann's network, Ben's, and the one between them.
fn networks() -> Result<Option<Namespaces>> {
    let Some(networks) = Namespaces::new(3)? else {
        return Ok(None);
    };
    networks.cable("ann0", (0, "10.78.0.2/24"), (2, "10.78.0.1/24"))?;
    networks.cable("ben0", (1, "10.79.0.2/24"), (2, "10.79.0.1/24"))?;
    networks.ip(0, "route add default via 10.78.0.1")?;
    networks.ip(1, "route add default via 10.79.0.1")?;
    networks.ip(2, &format!("address add {MIDDLE}/32 dev lo"))?;
    networks.forwards_nothing(2)?;
    Ok(Some(networks))
}

/// An invite that says where the bootstrap node relays to this node, once it does.
async fn invite(node: &mut NodeProgram) -> Result<String> {
    let what = format!("{} has a place at the relay", node.name());
    node.until(&what, Duration::from_secs(30), async |node| {
        let invite: InviteView = node.call(&Command::CreateInvite { valid_for_s: None }).await?;
        let said = Invite::parse(&invite.link)?;
        let relayed = said
            .addresses
            .iter()
            .any(|address| address.contains("p2p-circuit"));
        Ok(relayed.then_some(invite.link))
    })
    .await
}

/// How its one contact is reached.
async fn path(node: &mut NodeProgram) -> Result<PresenceView> {
    let contacts: Vec<ContactView> = node.call(&Command::ListContacts {}).await?;
    let [contact] = contacts.as_slice() else {
        anyhow::bail!("one contact, not {}", contacts.len());
    };
    Ok(contact.presence)
}

#[tokio::test]
async fn two_who_can_reach_only_a_bootstrap_node_talk_through_it() -> Result<()> {
    let Some(networks) = networks()? else {
        not_shown(
            "two_who_can_reach_only_a_bootstrap_node_talk_through_it",
            "no network namespace may be made (root is needed)",
        );
        return Ok(());
    };
    let programs = Programs::beside_this()?;
    let folder = tempfile::tempdir()?;
    let listen = format!("/ip4/{MIDDLE}/tcp/0");
    let (data, middle) = (folder.path().join("bootstrap"), networks.name(2)?);
    let bootstrap = BootstrapProgram::start_in_namespace(&programs, &data, middle, &listen).await?;
    let bootstraps = [bootstrap.address()];
    let (ann, _) = Profile::create(&programs, folder.path(), "Ann").await?;
    let (ben, _) = Profile::create(&programs, folder.path(), "Ben").await?;
    let mut ann_node = NodeProgram::start_in_namespace(&programs, &ann, networks.name(0)?, &bootstraps)?;
    let mut ben_node = NodeProgram::start_in_namespace(&programs, &ben, networks.name(1)?, &bootstraps)?;

    let link = invite(&mut ann_node).await?;
    let _: ContactView = ben_node.call(&Command::AddContact { link }).await?;
    ann_node.sees("Ben", Wanted::Online).await?;
    ben_node.sees("Ann", Wanted::Online).await?;
    for node in [&mut ann_node, &mut ben_node] {
        let presence = path(node).await?;
        let relayed = matches!(
            presence,
            PresenceView::Online {
                path: PathView::Relayed,
                ..
            }
        );
        ensure!(relayed, "{} says {presence:?}", node.name());
    }
    let (there, back) = (
        ann_node.writes("through the middle").await?,
        ben_node.writes("and back").await?,
    );
    ben_node.receives(&there).await?;
    ann_node.receives(&back).await?;
    ann_node.reaches(&there, DeliveryState::Delivered).await?;
    ben_node.reaches(&back, DeliveryState::Delivered).await?;

    // The one who was away hears what was said meanwhile, and the bootstrap node kept none of it.
    ben_node.kill().await?;
    let waiting = ann_node.writes("while you were away").await?;
    let mut ben_node = NodeProgram::start_in_namespace(&programs, &ben, networks.name(1)?, &bootstraps)?;
    ben_node.receives(&waiting).await?;
    ann_node.reaches(&waiting, DeliveryState::Delivered).await
}
