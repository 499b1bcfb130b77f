//! The life of a profile, and everything that can be wrong with one.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::store::{Batch, Keep, Key, Read, Scope, Store, Suffix, Table, files};

fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

fn alice() -> NewProfile {
    NewProfile {
        name: "Alice".into(),
        passphrase: Zeroizing::new("correct horse".into()),
        words: None,
    }
}

fn make(dir: &Path, new: &NewProfile) -> (Unlocked, RecoveryWords) {
    create(dir, new, VaultParams::for_tests(), 1_700_000_000_000, &mut rng(1)).unwrap()
}

fn note() -> Key {
    Key::new(Scope::new(Table::Settings), Suffix::hashed(b"note"))
}

fn write_note(unlocked: &Unlocked, text: &str) {
    let mut batch = Batch::new();
    batch.put(note(), text.as_bytes().to_vec(), Keep::Always);
    unlocked.store.commit(&batch).unwrap();
    unlocked.store.flush().unwrap();
}

/// Alice's profile with a note in it, closed.
fn closed_profile() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("alice");
    let (unlocked, _) = make(&dir, &alice());
    let mut batch = Batch::new();
    batch.put(
        Key::single(Scope::new(Table::Settings)),
        b"erasable".to_vec(),
        Keep::UntilDay(20_000),
    );
    unlocked.store.commit(&batch).unwrap();
    write_note(&unlocked, "remember the milk");
    (root, dir)
}

#[test]
fn a_profile_is_made_locked_and_unlocked_again() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("alice");
    let (unlocked, words) = make(&dir, &alice());
    let (account, device) = (unlocked.identity.account, unlocked.identity.device.id());
    assert_eq!(words.account_key().unwrap().id(), account);
    assert!(!unlocked.restored);
    write_note(&unlocked, "remember the milk");
    drop(unlocked);

    let again = unlock(&dir, "correct horse", &mut rng(2)).unwrap();
    assert_eq!(
        (again.identity.account, again.identity.device.id()),
        (account, device)
    );
    assert_eq!(again.name, "Alice");
    assert_eq!(again.damage, None);
    assert_eq!(again.store.get(&note()).unwrap().unwrap(), b"remember the milk");
}

#[test]
fn words_bring_the_account_back_on_a_new_device() {
    let root = tempfile::tempdir().unwrap();
    let (first, words) = make(&root.path().join("first"), &alice());
    let restored = NewProfile {
        words: Some(words),
        ..alice()
    };
    let second = create(
        &root.path().join("second"),
        &restored,
        VaultParams::for_tests(),
        5,
        &mut rng(9),
    )
    .unwrap()
    .0;
    assert_eq!(first.identity.account, second.identity.account);
    assert_ne!(first.identity.device.id(), second.identity.device.id());
    assert!(second.restored);
    drop(second);
    assert!(
        unlock(&root.path().join("second"), "correct horse", &mut rng(3))
            .unwrap()
            .restored
    );
}

#[test]
fn the_list_shows_names_without_a_passphrase() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(list(&root.path().join("nowhere")).unwrap(), []);
    let bob = NewProfile {
        name: "Bob".into(),
        ..alice()
    };
    create(
        &root.path().join("b"),
        &bob,
        VaultParams::for_tests(),
        2,
        &mut rng(1),
    )
    .unwrap();
    create(
        &root.path().join("z"),
        &alice(),
        VaultParams::for_tests(),
        1,
        &mut rng(2),
    )
    .unwrap();
    std::fs::create_dir(root.path().join("something else")).unwrap();
    let names: Vec<_> = list(root.path())
        .unwrap()
        .into_iter()
        .map(|profile| profile.name)
        .collect();
    assert_eq!(names, ["Alice", "Bob"]);
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_changes_nothing() {
    let (_root, dir) = closed_profile();
    let refused = unlock(&dir, "wrong", &mut rng(2)).unwrap_err();
    assert!(matches!(refused, ProfileError::WrongPassphrase));
    assert!(matches!(
        change_passphrase(&dir, "wrong", "new", &mut rng(2)),
        Err(ProfileError::WrongPassphrase)
    ));
    unlock(&dir, "correct horse", &mut rng(2)).unwrap();
}

#[test]
fn a_new_passphrase_replaces_the_old_one() {
    let (_root, dir) = closed_profile();
    change_passphrase(&dir, "correct horse", "battery staple", &mut rng(2)).unwrap();
    assert!(matches!(
        unlock(&dir, "correct horse", &mut rng(2)),
        Err(ProfileError::WrongPassphrase)
    ));
    let unlocked = unlock(&dir, "battery staple", &mut rng(2)).unwrap();
    assert_eq!(
        unlocked.store.get(&note()).unwrap().unwrap(),
        b"remember the milk"
    );
    assert!(matches!(
        change_passphrase(&dir, "battery staple", "", &mut rng(2)),
        Err(ProfileError::EmptyPassphrase)
    ));
    let (longest, longer) = (
        "ж".repeat(MAX_PASSPHRASE_BYTES / 2),
        "a".repeat(MAX_PASSPHRASE_BYTES + 1),
    );
    assert!(matches!(
        change_passphrase(&dir, "battery staple", &longer, &mut rng(2)),
        Err(ProfileError::LongPassphrase)
    ));
    drop(unlocked);
    change_passphrase(&dir, "battery staple", &longest, &mut rng(2)).unwrap();
    unlock(&dir, &longest, &mut rng(2)).unwrap();
}

#[test]
fn an_open_profile_cannot_be_opened_or_deleted_again() {
    let (_root, dir) = closed_profile();
    let _open = unlock(&dir, "correct horse", &mut rng(2)).unwrap();
    assert!(matches!(
        unlock(&dir, "correct horse", &mut rng(2)),
        Err(ProfileError::InUse { .. })
    ));
    assert!(matches!(delete(&dir), Err(ProfileError::InUse { .. })));
}

#[test]
fn bad_names_passphrases_and_places_are_refused_before_anything_is_made() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("new");
    let attempt = |dir: &Path, new: &NewProfile| {
        create(dir, new, VaultParams::for_tests(), 1, &mut rng(1)).unwrap_err()
    };
    let nameless = NewProfile {
        name: "  ".into(),
        ..alice()
    };
    assert!(matches!(attempt(&dir, &nameless), ProfileError::Name(_)));
    let open = NewProfile {
        passphrase: Zeroizing::new(String::new()),
        ..alice()
    };
    assert!(matches!(attempt(&dir, &open), ProfileError::EmptyPassphrase));
    assert!(!dir.exists());
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join("diary.txt"), "mine").unwrap();
    assert!(matches!(
        attempt(&dir, &alice()),
        ProfileError::AlreadyThere { .. }
    ));
    assert!(matches!(
        attempt(&dir.join("diary.txt"), &alice()),
        ProfileError::AlreadyThere { .. }
    ));
    assert!(matches!(
        unlock(&dir, "x", &mut rng(1)),
        Err(ProfileError::NotAProfile { .. })
    ));
    assert!(matches!(delete(&dir), Err(ProfileError::NotAProfile { .. })));
    assert_eq!(std::fs::read(dir.join("diary.txt")).unwrap(), b"mine");
}

#[test]
fn deleting_removes_the_profile_and_nothing_else() {
    let (root, dir) = closed_profile();
    std::fs::write(dir.join("diary.txt"), "mine").unwrap();
    // The node keeps its port there.
    std::fs::write(dir.join("port"), "20000").unwrap();
    delete(&dir).unwrap();
    let left: Vec<_> = std::fs::read_dir(&dir)
        .unwrap()
        .map(|item| item.unwrap().file_name())
        .collect();
    assert_eq!(left, ["diary.txt"]);
    assert_eq!(list(root.path()).unwrap(), []);
    let (_root, dir) = closed_profile();
    delete(&dir).unwrap();
    assert!(!dir.exists());
}

#[test]
fn missing_files_are_named() {
    for file in ["vault", "identity"] {
        let (_root, dir) = closed_profile();
        std::fs::remove_file(dir.join(file)).unwrap();
        let refused = unlock(&dir, "correct horse", &mut rng(2)).unwrap_err();
        assert!(
            matches!(&refused, ProfileError::MissingFile { file: missing } if *missing == file),
            "{refused}"
        );
    }
    let (_root, dir) = closed_profile();
    std::fs::remove_file(dir.join("profile.json")).unwrap();
    assert_eq!(
        unlock(&dir, "correct horse", &mut rng(2)).unwrap().name,
        "alice",
        "the folder's name has to do"
    );
}

#[test]
fn a_newer_profile_is_left_alone() {
    let (_root, dir) = closed_profile();
    let text = std::fs::read_to_string(dir.join("profile.json")).unwrap();
    std::fs::write(
        dir.join("profile.json"),
        text.replace("\"format\": 1", "\"format\": 7"),
    )
    .unwrap();
    let refused = unlock(&dir, "correct horse", &mut rng(2)).unwrap_err();
    assert!(matches!(refused, ProfileError::FutureVersion { found: 7 }));
}

/// One flipped bit or a cut in any small file: an error of its own or no loss, never a panic, never a wrong profile.
#[test]
fn damage_to_any_small_file_is_met_with_words() {
    let (_root, whole) = closed_profile();
    let root = tempfile::tempdir().unwrap();
    for file in [
        "vault",
        "identity",
        "ring",
        "keys.1",
        "keys.2",
        "profile.json",
        "lock",
        "db.mark",
        "reserve",
    ] {
        let bytes = std::fs::read(whole.join(file)).unwrap();
        for round in 0..24 {
            let mut changed = bytes.clone();
            let at = round * bytes.len() / 24;
            if round % 3 == 0 {
                changed.truncate(at);
            } else {
                changed[at] ^= 1 << (round % 8);
            }
            let dir = root.path().join(format!("{file}-{round}"));
            files::copy_folder(&whole, &dir).unwrap();
            std::fs::write(dir.join(file), &changed).unwrap();
            match unlock(&dir, "correct horse", &mut rng(2)) {
                Ok(unlocked) => {
                    assert!(file != "vault" && file != "identity" || changed == bytes);
                    assert_eq!(
                        unlocked.store.get(&note()).unwrap().unwrap(),
                        b"remember the milk"
                    );
                }
                Err(
                    ProfileError::WrongPassphrase
                    | ProfileError::DamagedFile { .. }
                    | ProfileError::FutureVersion { .. },
                ) => assert!(["vault", "identity", "profile.json"].contains(&file)),
                Err(other) => panic!("{file}, round {round}: {other}"),
            }
            std::fs::remove_dir_all(dir).unwrap();
        }
    }
}

#[test]
fn nothing_secret_is_printed() {
    let root = tempfile::tempdir().unwrap();
    let (unlocked, _) = make(&root.path().join("alice"), &alice());
    let printed = format!("{:?} {unlocked:?}", alice());
    for secret in ["correct horse", "Alice"] {
        assert!(!printed.contains(secret));
    }
}

#[test]
fn the_words_are_shown_again_to_whoever_gives_the_passphrase() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("alice");
    let (unlocked, words) = make(&dir, &alice());
    let spelled = |words: &RecoveryWords| words.words().collect::<Vec<_>>();
    let again = recovery_words(&dir, "correct horse").unwrap().unwrap();
    assert_eq!(spelled(&again), spelled(&words), "while the profile is open");
    drop(unlocked);
    assert!(matches!(
        recovery_words(&dir, "wrong horse"),
        Err(ProfileError::WrongPassphrase)
    ));
}

#[test]
fn a_profile_shows_its_new_name_before_it_is_unlocked() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("alice");
    let (unlocked, _) = make(&dir, &alice());
    rename(&dir, "Alice Okafor").unwrap();
    drop(unlocked);
    let found = list(root.path()).unwrap();
    assert_eq!(found[0].name, "Alice Okafor");
    assert_eq!(found[0].created_at_ms, 1_700_000_000_000);
    assert!(matches!(
        rename(root.path(), "Nobody"),
        Err(ProfileError::NotAProfile { .. })
    ));
}
