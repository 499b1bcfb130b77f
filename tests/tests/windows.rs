//! Two people at two real windows, operated by their keyboards: the whole path from one screen to the other.
//!
//! The windows are those that `kith` opens on the display of the test run (scripts/test starts one); without a display
//! the test says so and ends. What was said is asked of the very nodes that run in the windows, over the socket that
//! each serves, and a message counts as read only once its window has painted it while it had the keyboard.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

use kith_node::Command;
use kith_node::view::{ContactView, DeliveryState, InviteView};
use kith_tests::proc::{
    BootstrapProgram, NodeProgram, Profile, Programs, Screen, Wanted, WindowFlags, WindowProgram,
};
use kith_tests::shown::not_shown;

/// A person with a folder of their own and a place on the screen.
struct Person {
    profile: Profile,
    data: PathBuf,
    left: u32,
}

impl Person {
    async fn new(programs: &Programs, folder: &Path, name: &str, left: u32) -> Self {
        let data = folder.join(format!("{name}-data"));
        std::fs::create_dir_all(data.join("profiles")).unwrap();
        let (profile, _words) = Profile::create(programs, &data.join("profiles"), name)
            .await
            .unwrap();
        Self { profile, data, left }
    }

    /// Opens their window and types their passphrase.
    async fn comes(
        &self,
        programs: &Programs,
        screen: &Screen,
        bootstrap: &str,
    ) -> (WindowProgram, NodeProgram) {
        let flags = WindowFlags {
            data: &self.data,
            bootstrap,
            at: (self.left, 0),
            size: (800, 900),
        };
        let mut window = WindowProgram::start(programs, screen, self.profile.name(), &flags)
            .await
            .unwrap();
        let node = window.unlocks(&self.profile.passphrase().unwrap()).await.unwrap();
        (window, node)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_windows_meet_talk_and_one_comes_back() {
    let screen = match Screen::find().await {
        Ok(screen) => screen,
        Err(why) => {
            not_shown("two_windows_meet_talk_and_one_comes_back", why);
            return;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let programs = Programs::beside_this().unwrap();
    let bootstrap = BootstrapProgram::start(&programs, &folder.path().join("bootstrap"))
        .await
        .unwrap();
    let ada = Person::new(&programs, folder.path(), "Ada", 0).await;
    let grace = Person::new(&programs, folder.path(), "Grace", 800).await;
    let (ada_window, mut ada_node) = ada.comes(&programs, &screen, bootstrap.address()).await;
    let (grace_window, mut grace_node) = grace.comes(&programs, &screen, bootstrap.address()).await;

    // Grace opens Ada's link as a click in a browser does, and presses Enter in the dialog that comes up.
    ada_node.reaches_bootstrap().await.unwrap();
    let invite: InviteView = ada_node
        .call(&Command::CreateInvite { valid_for_s: None })
        .await
        .unwrap();
    grace_window
        .opens_link(&programs, &grace.data, &invite.link)
        .await
        .unwrap();
    grace_window.press_and_see(&["Return"]).await.unwrap();
    ada_node.sees("Grace", Wanted::Online).await.unwrap();
    grace_node.sees("Ada", Wanted::Online).await.unwrap();

    // The link has led Grace's window to the chat; Ada opens it and writes, Grace's window shows it, Grace answers.
    ada_window.press_and_see(&["alt+Down"]).await.unwrap();
    ada_window
        .writes(&mut ada_node, "Is the moth still there?")
        .await
        .unwrap();
    let asked = newest(&mut ada_node, "Is the moth still there?").await;
    grace_node.receives(&asked).await.unwrap();
    grace_window.focus().await.unwrap();
    ada_node.reaches(&asked, DeliveryState::Read).await.unwrap();
    grace_window
        .writes(&mut grace_node, "Taped into the logbook.")
        .await
        .unwrap();
    let answered = newest(&mut grace_node, "Taped into the logbook.").await;
    ada_node.receives(&answered).await.unwrap();
    ada_window.focus().await.unwrap();
    grace_node.reaches(&answered, DeliveryState::Read).await.unwrap();
    ada_window.painted().await.unwrap();
    grace_window.painted().await.unwrap();
    keep_picture(&screen).await;

    // Grace's window dies; what Ada writes meanwhile is there when it is back.
    drop(grace_node);
    grace_window.kill().await.unwrap();
    ada_window.writes(&mut ada_node, "Are you gone?").await.unwrap();
    let missed = newest(&mut ada_node, "Are you gone?").await;
    let (grace_window, mut grace_node) = grace.comes(&programs, &screen, bootstrap.address()).await;
    grace_node.receives(&missed).await.unwrap();
    assert_eq!(grace_node.conversation().await.unwrap().unread, 1);
    grace_window.press_and_see(&["alt+Down"]).await.unwrap();
    ada_node.reaches(&missed, DeliveryState::Read).await.unwrap();
    let contacts: Vec<ContactView> = grace_node.call(&Command::ListContacts {}).await.unwrap();
    assert_eq!(contacts.len(), 1);
}

/// The message that was just written, as its own node has it.
async fn newest(node: &mut NodeProgram, text: &str) -> kith_node::view::MessageView {
    node.has_written(text).await.unwrap()
}

/// Leaves what stood on the screen where a person finds it.
async fn keep_picture(screen: &Screen) {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("two-windows.png");
    screen.picture(&file).await.unwrap();
    println!("What the two windows showed: {}", file.display());
}
