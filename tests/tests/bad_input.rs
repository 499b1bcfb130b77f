//! What goes wrong around a node: each gets a message that says what is safe and what to do, and nothing stored is lost.
//!
//! The story of a read-only folder needs a mount of its own. Full disks are in `full_disk.rs`; damage inside single files
//! is told of in the tests of `profile` and `store`.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests: a story that cannot go on has failed, and says where"
)]

use std::{
    path::{Path, PathBuf},
    process::Command as Process,
};

use kith_crypto::{DataKey, VaultFile};
use kith_node::{
    Anchor, Command, CommandError, Reply,
    net::NetConfig,
    profile::{self, ProfileError},
    store::{Batch, Keep, Key, Scope, SledStore, Store, Suffix, Table},
    view::{DeliveryState, DialProblem, NetworkProblem, ProfileView},
};
use kith_tests::{
    mounted::{child_folder, run_mounted},
    proc::{NodeProgram, Profile, Programs},
    world::{PASSPHRASE, World},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

/// How long two who know of each other may take to meet.
const MEETS_WITHIN: std::time::Duration = std::time::Duration::from_secs(15);
const YEAR_MS: i64 = 365 * 86_400_000;

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([3; 32])
}

fn flip(path: &Path, places: impl IntoIterator<Item = usize>) {
    let mut bytes = std::fs::read(path).unwrap();
    for place in places {
        bytes[place] ^= 0x55;
    }
    std::fs::write(path, bytes).unwrap();
}

fn refusal(dir: &Path, passphrase: &str) -> ProfileError {
    match profile::unlock(dir, passphrase, &mut rng()) {
        Ok(_) => panic!("{} opened", dir.display()),
        Err(error) => error,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_passphrase_and_a_damaged_vault_are_one_error_and_change_nothing() {
    let world = World::new();
    let mut alice = world.person("alice").await;
    let bob = world.person("bob").await;
    bob.befriends(&alice).await;
    bob.sends(&alice, "keep this").await;
    alice.sees("keep this").await;
    alice.sleeps().await;

    let wrong = refusal(alice.folder(), "wrong horse battery staple").to_string();
    let vault = alice.folder().join("vault");
    let last = std::fs::read(&vault).unwrap().len() - 1;
    flip(&vault, [last]);
    let damaged = refusal(alice.folder(), PASSPHRASE).to_string();
    assert_eq!(wrong, damaged);
    assert!(
        wrong.contains("Nothing was changed") && wrong.contains("24 words"),
        "{wrong}"
    );

    flip(&vault, [last]);
    alice.wakes().await;
    alice.sees("keep this").await;
}

/// Runs `kith-node … rpc` to its end, which must come by itself.
fn refused(program: &Path, data: &Path, passphrase_file: &Path) -> (i32, String) {
    let output = Process::new(program)
        .arg("--data")
        .arg(data)
        .args(["--loopback", "rpc", "--passphrase-file"])
        .arg(passphrase_file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap(), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_says_why_it_does_not_open_a_profile() {
    let programs = Programs::beside_this().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (alice, _) = Profile::create(&programs, folder.path(), "Alice").await.unwrap();
    let right = folder.path().join("Alice.passphrase");
    let wrong = folder.path().join("wrong");
    std::fs::write(&wrong, "not this one at all").unwrap();

    let (code, said) = refused(&programs.kith_node(), alice.data(), &wrong);
    assert_eq!(code, 3, "{said}");
    assert!(
        said.contains("The passphrase is wrong, or the vault is damaged."),
        "{said}"
    );

    let mut node = NodeProgram::start(&programs, &alice, &[]).unwrap();
    let _: ProfileView = node.call(&Command::GetProfile {}).await.unwrap();
    let (code, said) = refused(&programs.kith_node(), alice.data(), &right);
    assert_eq!(code, 4, "{said}");
    let holder = format!("in process {}", node.pid().unwrap());
    assert!(said.contains("already open") && said.contains(&holder), "{said}");
    let still: ProfileView = node.call(&Command::GetProfile {}).await.unwrap();
    assert_eq!(still.name, "Alice", "who has it open is not disturbed");
    node.close().await.unwrap();

    let (code, said) = refused(&programs.kith_node(), folder.path(), &right);
    assert_eq!(code, 5, "{said}");
    assert!(said.contains("There is no Kith profile in"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_is_kept_rescued_and_filled_up_by_the_contact() {
    for _ in 0..6 {
        if fills_up_a_damaged_store().await {
            return;
        }
    }
    panic!("the damage met the record of the only contact each time");
}

/// False if what was damaged was the record of the contact or of its addresses, which nothing else here tells: then there is
/// nobody to ask.
async fn fills_up_a_damaged_store() -> bool {
    let world = World::new();
    let mut alice = world.person("alice").await;
    let bob = world.person("bob").await;
    bob.befriends(&alice).await;
    for number in 0..150 {
        bob.sends(&alice, &format!("b{number}")).await;
        alice.sends(&bob, &format!("a{number}")).await;
    }
    alice.sees_state("a149", DeliveryState::Delivered).await;
    alice.sees("b149").await;
    let before = alice.texts().await;
    alice.sleeps().await;

    let log = alice.folder().join("db").join("db");
    let length = std::fs::metadata(&log).unwrap().len() as usize;
    flip(&log, (length / 20..length).step_by(length / 40));

    alice.wakes().await;
    let told = alice.node().call(Command::GetProfile {}).await;
    if !matches!(told, Ok(Reply::Profile(profile)) if profile.damage.is_some()) {
        // Damage that is met only while reading, were it the profile itself, is set right at the next start.
        let _ = alice.node().call(Command::ListConversations {}).await;
        let conversation = alice.chat_with(&bob);
        let _ = alice
            .node()
            .call(Command::GetMessages {
                conversation,
                anchor: Anchor::Newest,
                before: 500,
                after: 0,
            })
            .await;
        alice.sleeps().await;
        alice.wakes().await;
    }
    let damage = alice.profile().await.damage.expect("the damage is noticed");
    let kept = PathBuf::from(damage.kept_at.expect("the folder is kept"));
    assert!(kept.is_dir(), "{}", kept.display());
    assert!(damage.records_recovered > 0, "what is readable is recovered");
    let meets = alice.wait("her contact", async || {
        (alice.network().await.contacts_online > 0).then_some(())
    });
    if tokio::time::timeout(MEETS_WITHIN, meets).await.is_err() {
        return false;
    }
    alice
        .wait("all that was there", async || {
            (alice.texts().await == before).then_some(())
        })
        .await;
    assert!(alice.profile().await.damage.is_some(), "named until it was read");
    alice.does(Command::DismissDamage {}).await;
    assert_eq!(alice.profile().await.damage, None);
    // Nobody knows how far her device had written, so she goes on as a new one.
    alice.sends(&bob, "still me").await;
    bob.sees("still me").await;
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_wrong_by_years_is_told_and_the_order_stays_sane() {
    for years in [3, -3] {
        let world = World::new();
        let mut alice = world.person("alice").await;
        let bob = world.person("bob").await;
        let carol = world.person("carol").await;
        bob.befriends(&alice).await;
        carol.befriends(&alice).await;
        carol.befriends(&bob).await;
        bob.sends(&alice, "before").await;
        alice.sees("before").await;

        alice.sleeps().await;
        alice.sets_clock(years * YEAR_MS);
        alice.wakes().await;
        let off = alice
            .wait("the word about the clock", async || {
                alice.network().await.clock_off_by_ms
            })
            .await;
        assert!((off - years * YEAR_MS).abs() < 60_000, "off by {off} ms");
        let problems = alice.network().await.problems;
        let told = |problem: &NetworkProblem| matches!(problem, NetworkProblem::ClockOff { .. });
        assert!(problems.iter().any(told), "{problems:?}");
        assert_eq!(bob.network().await.clock_off_by_ms, None, "Bob's clock is right");

        for number in 0..3 {
            bob.sends(&alice, &format!("question {number}")).await;
            alice.sees(&format!("question {number}")).await;
            alice.sends(&bob, &format!("answer {number}")).await;
            bob.sees(&format!("answer {number}")).await;
        }
        let expected: Vec<String> = std::iter::once("before".to_owned())
            .chain((0..3).flat_map(|n| [format!("question {n}"), format!("answer {n}")]))
            .collect();
        assert_eq!(alice.texts().await, expected);
        assert_eq!(bob.texts().await, expected);
        let label = bob.sees("answer 2").await.at_ms as i64 - bob.sees("question 2").await.at_ms as i64;
        assert!((0..600_000).contains(&label), "stamped by the contacts' median");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_clocks_both_sides_believe_the_same_one() {
    let world = World::new();
    let mut alice = world.person("alice").await;
    let bob = world.person("bob").await;
    bob.befriends(&alice).await;
    alice.sleeps().await;
    alice.sets_clock(2 * YEAR_MS);
    alice.wakes().await;
    alice
        .wait("the word about the clock", async || {
            alice.network().await.clock_off_by_ms
        })
        .await;
    assert_eq!(bob.network().await.clock_off_by_ms, None);
    for number in 0..3 {
        alice.sends(&bob, &format!("a{number}")).await;
        bob.sees(&format!("a{number}")).await;
        bob.sends(&alice, &format!("b{number}")).await;
        alice.sees(&format!("b{number}")).await;
    }
    let expected = ["a0", "b0", "a1", "b1", "a2", "b2"];
    assert_eq!(alice.texts().await, expected);
    assert_eq!(bob.texts().await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_told_and_another_one_taken() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let world = World::new();
    let config = NetConfig {
        listen: vec![format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap()],
        ..NetConfig::loopback()
    };
    let alice = world.person_with("alice", config).await;
    let bob = world.person("bob").await;
    alice
        .wait("the word about the port", async || {
            let network = alice.network().await;
            let told = NetworkProblem::PortInUse { wished: port };
            (network.problems.contains(&told) && !network.listening.is_empty()).then_some(())
        })
        .await;
    bob.befriends(&alice).await;
    bob.sends(&alice, "by another door").await;
    alice.sees("by another door").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bootstrap_node_that_cannot_be_reached_is_told_in_a_plain_sentence() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let world = World::new();
    let config = NetConfig {
        bootstraps: vec![format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap()],
        ..NetConfig::loopback()
    };
    let alice = world.person_with("alice", config).await;
    let bob = world.person("bob").await;
    let problem = alice
        .wait("the word about the bootstrap node", async || {
            let network = alice.network().await;
            let told = network.problems.contains(&NetworkProblem::NoBootstrap);
            let view = network.bootstraps.into_iter().next()?;
            view.problem.filter(|_| told && !view.connected)
        })
        .await;
    assert_eq!(problem, DialProblem::Refused);
    bob.befriends(&alice).await;
    bob.sends(&alice, "without it").await;
    alice.sees("without it").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_from_the_future_are_refused_untouched() {
    let world = World::new();
    let mut alice = world.person("alice").await;
    let bob = world.person("bob").await;
    bob.befriends(&alice).await;
    bob.sends(&alice, "from today").await;
    alice.sees("from today").await;
    assert_eq!(
        alice.cannot(Command::AddContact { link: future_link() }).await,
        CommandError::FutureInvite
    );
    alice.sleeps().await;

    let vault = alice.folder().join("vault");
    let bytes = std::fs::read(&vault).unwrap();
    let key = VaultFile::open(&bytes, PASSPHRASE).unwrap();
    let mut future = bytes.clone();
    future[0] = 9;
    std::fs::write(&vault, future).unwrap();
    let said = refusal(alice.folder(), PASSPHRASE);
    assert!(matches!(said, ProfileError::FutureVersion { .. }), "{said}");
    assert!(said.to_string().contains("Install the newer version"), "{said}");
    std::fs::write(&vault, &bytes).unwrap();

    set_schema(alice.folder(), &key, 99);
    let said = refusal(alice.folder(), PASSPHRASE);
    assert!(
        matches!(said, ProfileError::FutureVersion { found: 99 }),
        "{said}"
    );
}

/// A sound link of a version that does not exist yet.
fn future_link() -> String {
    let mut document = vec![9, 1, 2, 3];
    let checksum = blake3::derive_key("kith invite checksum v1", &document);
    document.extend_from_slice(&checksum[..4]);
    format!("kith:{}", data_encoding::BASE64URL_NOPAD.encode(&document))
}

fn set_schema(folder: &Path, key: &DataKey, schema: u32) {
    let store = SledStore::open(folder, key, &mut rng()).unwrap().store;
    let mut batch = Batch::new();
    let place = Key::new(Scope::new(Table::Store), Suffix::hashed(b"schema"));
    batch.put(place, schema.to_be_bytes().to_vec(), Keep::Always);
    store.commit(&batch).unwrap();
    store.flush().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_folder_is_told_by_the_program_and_left_as_it_is() {
    if let Some(folder) = child_folder("read-only") {
        let programs = Programs::beside_this().unwrap();
        let (code, said) = refused(
            &programs.kith_node(),
            &folder,
            &folder.with_extension("passphrase"),
        );
        assert_eq!(code, 7, "{said}");
        assert!(said.contains("may not write to the profile's folder"), "{said}");
        println!("\ndone");
        return;
    }
    let programs = Programs::beside_this().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (alice, _) = Profile::create(&programs, folder.path(), "Alice").await.unwrap();
    let path = alice.data().to_owned();
    tokio::task::spawn_blocking(move || {
        run_mounted(
            "a_read_only_folder_is_told_by_the_program_and_left_as_it_is",
            "read-only",
            "mount --bind \"$KITH_TEST_FOLDER\" \"$KITH_TEST_FOLDER\" && mount -o remount,bind,ro \"$KITH_TEST_FOLDER\"",
            &path,
        );
    })
    .await
    .unwrap();
    let mut node = NodeProgram::start(&programs, &alice, &[]).unwrap();
    let profile: ProfileView = node.call(&Command::GetProfile {}).await.unwrap();
    assert_eq!(profile.name, "Alice");
    node.close().await.unwrap();
}
