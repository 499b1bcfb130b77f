//! A disk that another program has filled: nothing that was shown as saved is lost, whoever asks is told, whoever closes is
//! let go, and once there is room everything goes on by itself.
//!
//! Each story has a small disk of its own (see `kith_tests::mounted`).

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use kith_crypto::DataKey;
use kith_node::{
    Command, CommandError,
    store::{Batch, Bounds, DiskTrouble, Keep, Key, Order, Read, Scope, SledStore, Store, Suffix, Table},
    view::{DeliveryState, NetworkProblem},
};
use kith_tests::{
    mounted::{child_folder, run_mounted},
    world::{Person, World},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// So small that there is no room for the reserve file, and none for a second look: what another program takes, sled lacks.
const TINY: &str = "mount -t tmpfs -o size=20m tmpfs \"$KITH_TEST_FOLDER\"";
/// Closing may take no longer, whatever the disk does.
const CLOSED_WITHIN: Duration = Duration::from_secs(15);

/// Another program takes the rest of the disk, to its last byte.
fn fill(folder: &Path) -> PathBuf {
    let ballast = folder.join("ballast");
    let mut file = std::fs::OpenOptions::new();
    let mut file = file.create(true).append(true).open(&ballast).unwrap();
    for piece in [65_536, 4_096, 1] {
        while file.write_all(&vec![0; piece]).is_ok() {}
    }
    ballast
}

/// Tells a story in a second process, on a disk of its own.
async fn on_a_disk(mount: &'static str, test: &'static str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let told = tokio::task::spawn_blocking(move || run_mounted(test, test, mount, &path));
    told.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_works_again_once_there_is_room() {
    let test = "a_full_disk_is_told_and_works_again_once_there_is_room";
    match child_folder(test) {
        Some(folder) => fills_the_disk(&folder).await,
        None => on_a_disk("mount -t tmpfs -o size=64m tmpfs \"$KITH_TEST_FOLDER\"", test).await,
    }
}

async fn fills_the_disk(folder: &Path) {
    let small = World::within(folder);
    let elsewhere = World::new();
    let mut alice = small.person("alice").await;
    let bob = elsewhere.person("bob").await;
    bob.befriends(&alice).await;
    alice.sends(&bob, "there is room").await;
    alice.sees_state("there is room", DeliveryState::Delivered).await;

    // Another program takes the rest.
    let ballast = fill(folder);
    let refused = eventually(async || {
        let conversation = alice.chat_with(&bob);
        let text = "x".repeat(60_000);
        alice
            .node()
            .call(Command::SendMessage { conversation, text })
            .await
            .err()
    })
    .await;
    assert_eq!(refused, CommandError::DiskFull);
    assert!(
        refused.to_string().contains("Everything kept so far is safe"),
        "{refused}"
    );
    assert!(alice.network().await.problems.contains(&NetworkProblem::DiskFull));
    alice.sees("there is room").await;
    // Bob writes on; Alice cannot keep it yet and acknowledges nothing.
    bob.sends(&alice, "while it was full").await;
    bob.sees_state("while it was full", DeliveryState::Saved).await;

    std::fs::remove_file(&ballast).unwrap();
    eventually(async || {
        let conversation = alice.chat_with(&bob);
        let text = "room again".to_owned();
        alice
            .node()
            .call(Command::SendMessage { conversation, text })
            .await
            .ok()
    })
    .await;
    bob.sees("room again").await;
    alice.sees("while it was full").await;
    alice.sees_state("room again", DeliveryState::Delivered).await;
    assert!(!alice.network().await.problems.contains(&NetworkProblem::DiskFull));

    let before = alice.texts().await;
    alice.sleeps().await;
    alice.wakes().await;
    assert_eq!(alice.texts().await, before, "all of it is still there");
    assert_eq!(alice.profile().await.damage, None, "a full disk is no damage");
    println!("\ndone");
}

/// Tries again until something is so: room on a disk is told by no event, the store looks once a second.
async fn eventually<T>(attempt: impl AsyncFn() -> Option<T>) -> T {
    let mut again = tokio::time::interval(Duration::from_millis(100));
    for _ in 0..300 {
        again.tick().await;
        if let Some(found) = attempt().await {
            return found;
        }
    }
    panic!("it did not become so")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_whose_write_the_disk_refused_goes_on_once_there_is_room() {
    let test = "a_store_whose_write_the_disk_refused_goes_on_once_there_is_room";
    match child_folder(test) {
        Some(folder) => the_store_goes_on(&folder),
        None => on_a_disk(TINY, test).await,
    }
}

fn place(number: u64) -> Key {
    Key::new(Scope::new(Table::Settings).with(b"log"), Suffix::number(number))
}

fn write(store: &SledStore, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let mut batch = Batch::new();
        batch.put(
            place(number),
            vec![u8::try_from(number % 251).unwrap(); 3_000],
            Keep::Always,
        );
        store.commit(&batch).unwrap();
    }
}

fn count(store: &SledStore) -> usize {
    let all = Bounds::all();
    let found = store
        .scan(&place(0).scope, &all, Order::Ascending, usize::MAX)
        .unwrap();
    found.len()
}

fn the_store_goes_on(folder: &Path) {
    let profile = folder.join("profile");
    std::fs::create_dir(&profile).unwrap();
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let key = DataKey::generate(&mut rng);
    let store = SledStore::open(&profile, &key, &mut rng).unwrap().store;
    write(&store, 0..50);
    store.flush().unwrap();
    // Accepted while there was room, and not on the disk when it is full; unless sled has just brought it there by itself.
    let mut written = 50;
    let (ballast, refused) = loop {
        write(&store, written..written + 50);
        written += 50;
        let ballast = fill(folder);
        match store.flush() {
            Err(refused) => break (ballast, refused),
            Ok(()) => std::fs::remove_file(ballast).unwrap(),
        }
        assert!(written < 600, "a full disk refuses nothing");
    };
    assert_eq!(refused.disk_trouble(), Some(DiskTrouble::Full), "{refused}");
    let mut batch = Batch::new();
    batch.put(place(999), vec![0; 100], Keep::Always);
    let refused = store.commit(&batch).expect_err("nothing new is accepted");
    assert_eq!(refused.disk_trouble(), Some(DiskTrouble::Full), "{refused}");
    let refused = store.flush().expect_err("there still is none");
    assert_eq!(refused.disk_trouble(), Some(DiskTrouble::Full), "{refused}");

    std::fs::remove_file(ballast).unwrap();
    store
        .flush()
        .expect("the store is opened anew, and what it had accepted is written");
    assert_eq!(count(&store) as u64, written);
    write(&store, written..written + 50);
    store.flush().unwrap();
    drop(store);
    let opened = SledStore::open(&profile, &key, &mut rng).unwrap();
    assert_eq!(opened.damage, None, "a full disk is no damage");
    assert_eq!(count(&opened.store) as u64, written + 50);
    println!("\ndone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_on_a_disk_filled_to_its_last_byte_says_so_closes_and_goes_on() {
    let test = "a_node_on_a_disk_filled_to_its_last_byte_says_so_closes_and_goes_on";
    match child_folder(test) {
        Some(folder) => the_node_goes_on(&folder).await,
        None => on_a_disk(TINY, test).await,
    }
}

/// Writes until it is refused, with the disk filled behind the store's back between two looks; gives what was accepted.
async fn writes_until_refused(person: &Person, other: &Person, folder: &Path) -> Vec<String> {
    let conversation = person.chat_with(other);
    let mut accepted = Vec::new();
    for number in 0.. {
        let text = format!("{number} {}", "x".repeat(2_000));
        let send = Command::SendMessage {
            conversation,
            text: text.clone(),
        };
        let answer = tokio::time::timeout(CLOSED_WITHIN, person.node().call(send)).await;
        match answer.expect("every command is answered") {
            Ok(_) => accepted.push(text),
            Err(error) => {
                assert_eq!(error, CommandError::DiskFull);
                return accepted;
            }
        }
        if number == 5 {
            fill(folder);
        }
    }
    accepted
}

async fn the_node_goes_on(folder: &Path) {
    let small = World::within(folder);
    let elsewhere = World::new();
    let mut alice = small.person("alice").await;
    let bob = elsewhere.person("bob").await;
    bob.befriends(&alice).await;
    alice.sends(&bob, "there is room").await;
    alice.sees_state("there is room", DeliveryState::Delivered).await;

    let accepted = writes_until_refused(&alice, &bob, folder).await;
    alice
        .wait("the word about the disk", async || {
            let problems = alice.network().await.problems;
            problems.contains(&NetworkProblem::DiskFull).then_some(())
        })
        .await;
    std::fs::remove_file(folder.join("ballast")).unwrap();
    // No restart, and nothing that was accepted is lost.
    for text in &accepted {
        alice.sees_state(text, DeliveryState::Delivered).await;
    }
    // What is written next proves that there is room.
    alice
        .wait("no more word about the disk", async || {
            let problems = alice.network().await.problems;
            (!problems.contains(&NetworkProblem::DiskFull)).then_some(())
        })
        .await;

    // Full again, and now she closes.
    let _ = writes_until_refused(&alice, &bob, folder).await;
    let saved: Vec<String> = {
        let rows = alice.messages().await.into_iter();
        let saved = rows.filter(|row| row.state >= Some(DeliveryState::Saved));
        saved.map(|row| row.id.to_string()).collect()
    };
    tokio::time::timeout(CLOSED_WITHIN, alice.closes())
        .await
        .expect("she is let go");
    std::fs::remove_file(folder.join("ballast")).unwrap();
    alice.wakes().await;
    assert_eq!(alice.profile().await.damage, None, "a full disk is no damage");
    let rows = alice.messages().await;
    let lost = saved
        .iter()
        .filter(|id| !rows.iter().any(|row| row.id.to_string() == **id));
    assert_eq!(lost.count(), 0, "what was shown as saved is there");
    alice.sends(&bob, "on we go").await;
    bob.sees("on we go").await;
    println!("\ndone");
}
