//! Wishes about profiles, carried out on threads that may wait.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kith_node::profile::{self, CryptoError, NewProfile, ProfileError, RecoveryWords, Unlocked, VaultParams};
use kith_node::{Command, Event, Node, NodeConfig, NodeError, Reply};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use tokio::runtime::Handle;
use zeroize::Zeroizing;

use super::socket::Serving;
use super::{Open, Shared, now_ms};
use crate::backend::Incoming;
use crate::contained::contained;
use crate::instance::{Door, knock};
use crate::profiles::{ProfileCard, ProfileFailure, ProfileId, ProfileReply, ProfileRequest, Secret};

/// Most tries for a folder name that is free.
const MAX_NAMES: u32 = 1_000;

/// Does what was wished for; waits for Argon2id and the disk.
pub(super) fn carry_out(
    shared: &Arc<Shared>,
    runtime: &Handle,
    request: ProfileRequest,
) -> Result<ProfileReply, ProfileFailure> {
    match request {
        ProfileRequest::List => list(&shared.config.profiles),
        ProfileRequest::CheckWords { words } => parse(&words).map(|_| ProfileReply::Done),
        ProfileRequest::Create {
            name,
            passphrase,
            words,
        } => create(shared, runtime, name, &passphrase, words),
        ProfileRequest::Unlock { id, passphrase } => unlock(shared, runtime, id, &passphrase),
        ProfileRequest::ChangePassphrase { old, new } => {
            let dir = folder(shared, &open_id(shared)?);
            profile::change_passphrase(&dir, old.expose(), new.expose(), &mut rng()?).map_err(failure)?;
            Ok(ProfileReply::Done)
        }
        ProfileRequest::ShowWords { passphrase } => {
            let dir = folder(shared, &open_id(shared)?);
            let words = profile::recovery_words(&dir, passphrase.expose()).map_err(failure)?;
            words
                .map(|words| ProfileReply::Words(spelled(&words)))
                .ok_or(ProfileFailure::NoWords)
        }
        ProfileRequest::DeleteLocked { id } => {
            profile::delete(&folder(shared, &id)).map_err(failure)?;
            Ok(ProfileReply::Deleted)
        }
        ProfileRequest::Delete { passphrase } => delete(shared, runtime, &passphrase),
    }
}

fn list(root: &Path) -> Result<ProfileReply, ProfileFailure> {
    let found = profile::list(root).map_err(failure)?;
    let card = |found: profile::ProfileSummary| ProfileCard {
        id: ProfileId(
            found
                .dir
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
        ),
        name: found.name,
    };
    Ok(ProfileReply::Listed(found.into_iter().map(card).collect()))
}

fn parse(words: &Secret) -> Result<RecoveryWords, ProfileFailure> {
    RecoveryWords::parse(words.expose()).map_err(|error| match error {
        CryptoError::WordCount { found } => ProfileFailure::WordCount { found },
        CryptoError::UnknownWord { position } => ProfileFailure::UnknownWord { position },
        CryptoError::WordChecksum => ProfileFailure::WordChecksum,
        error => ProfileFailure::System {
            reason: error.to_string(),
        },
    })
}

fn spelled(words: &RecoveryWords) -> Secret {
    Secret::new(words.words().collect::<Vec<_>>().join(" "))
}

fn create(
    shared: &Arc<Shared>,
    runtime: &Handle,
    name: String,
    passphrase: &Secret,
    words: Option<Secret>,
) -> Result<ProfileReply, ProfileFailure> {
    let id = free_name(&shared.config.profiles, &name)?;
    let dir = folder(shared, &id);
    let words = words.as_ref().map(parse).transpose()?;
    let passphrase = Zeroizing::new(passphrase.expose().to_owned());
    let new = NewProfile {
        name,
        passphrase,
        words,
    };
    let made = profile::create(&dir, &new, VaultParams::default(), now_ms(), &mut rng()?);
    let (unlocked, words) = made.map_err(failure)?;
    let words = spelled(&words);
    if let Err(why) = run(shared, runtime, id.clone(), unlocked) {
        // Nobody has seen its words, and whoever tries again makes another: nothing is lost with it.
        if let Err(error) = profile::delete(&dir) {
            tracing::warn!(%error, "a profile that could not be started stays on the disk");
        }
        return Err(why);
    }
    Ok(ProfileReply::Created { id, words })
}

fn unlock(
    shared: &Arc<Shared>,
    runtime: &Handle,
    id: ProfileId,
    passphrase: &Secret,
) -> Result<ProfileReply, ProfileFailure> {
    let dir = folder(shared, &id);
    let unlocked = profile::unlock(&dir, passphrase.expose(), &mut rng()?).map_err(|error| match error {
        ProfileError::InUse { .. } if knock(&dir, "") => ProfileFailure::OpenElsewhere,
        error => failure(error),
    })?;
    run(shared, runtime, id.clone(), unlocked)?;
    Ok(ProfileReply::Opened { id })
}

/// Starts the node of an unlocked profile, and listens for further launches.
fn run(
    shared: &Arc<Shared>,
    runtime: &Handle,
    id: ProfileId,
    unlocked: Unlocked,
) -> Result<(), ProfileFailure> {
    let dir = unlocked.dir.clone();
    let config = NodeConfig {
        net: shared.config.net.clone(),
    };
    let node = runtime
        .block_on(Node::start(unlocked, config))
        .map_err(not_started)?;
    let mut events = node.subscribe();
    let listener = Arc::clone(shared);
    let (named, own_dir) = (node.clone(), dir.clone());
    // A thread of its own: it waits for the node, and for the window when that lags.
    let events_runtime = runtime.clone();
    runtime.spawn_blocking(move || {
        let listening = contained(|| {
            if let Ok(Reply::Profile(profile)) = events_runtime.block_on(named.call(Command::GetProfile {})) {
                show_as(&own_dir, &profile.name);
            }
            drop(named);
            while let Some(event) = events_runtime.block_on(events.next()) {
                if let Event::Profile(profile) = &event {
                    show_as(&own_dir, &profile.name);
                }
                listener.tell(Incoming::Event(event));
            }
        });
        if listening.is_none() {
            listener.tell(super::fault());
        }
    });
    let knocked = Arc::clone(shared);
    let door = Door::open(&dir, move |link| knocked.tell(Incoming::Raise(link)));
    let door = door
        .inspect_err(|error| tracing::warn!(%error, "a second launch will not find this window"))
        .ok();
    shared.replace_door(None);
    *shared.open.blocking_lock() = Some(Open {
        id,
        socket: socket(shared, runtime, &node),
        node,
        _door: door,
    });
    Ok(())
}

/// The unlock screen shows the name that the person has now.
fn show_as(dir: &Path, name: &str) {
    if let Err(error) = profile::rename(dir, name) {
        tracing::warn!(%error, "the unlock screen shows an old name");
    }
}

/// The socket for other programs, if one was asked for. The window works without it, so a failure only goes to the
/// log, where whoever gave the flag looks.
fn socket(shared: &Shared, runtime: &Handle, node: &Node) -> Option<Serving> {
    let path = shared.config.socket.as_deref()?;
    Serving::start(runtime, path, node.clone())
        .inspect_err(|error| tracing::error!("No JSON-RPC socket is served. {error}"))
        .ok()
}

fn delete(
    shared: &Arc<Shared>,
    runtime: &Handle,
    passphrase: &Secret,
) -> Result<ProfileReply, ProfileFailure> {
    let dir = folder(shared, &open_id(shared)?);
    // Changing a passphrase into itself is the check that works while the profile is open.
    profile::change_passphrase(&dir, passphrase.expose(), passphrase.expose(), &mut rng()?)
        .map_err(failure)?;
    if let Some(open) = shared.open.blocking_lock().take() {
        runtime.block_on(open.close());
    }
    profile::delete(&dir).map_err(failure)?;
    shared.wait_at_the_door();
    Ok(ProfileReply::Deleted)
}

fn open_id(shared: &Shared) -> Result<ProfileId, ProfileFailure> {
    let open = shared.open.blocking_lock();
    let id = open.as_ref().map(|open| open.id.clone());
    id.ok_or(ProfileFailure::NoProfile)
}

fn folder(shared: &Shared, id: &ProfileId) -> PathBuf {
    shared.config.profiles.join(&id.0)
}

/// A folder name made of the letters of `name` that every file system takes, with a number if it is taken.
fn free_name(root: &Path, name: &str) -> Result<ProfileId, ProfileFailure> {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(24)
        .collect();
    let plain = if plain.is_empty() {
        "profile".to_owned()
    } else {
        plain.to_ascii_lowercase()
    };
    let names =
        std::iter::once(plain.clone()).chain((2..MAX_NAMES).map(|number| format!("{plain}-{number}")));
    let free = names.into_iter().find(|name| !root.join(name).exists());
    free.map(ProfileId).ok_or(ProfileFailure::NameTaken)
}

fn rng() -> Result<ChaCha20Rng, ProfileFailure> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut()).map_err(|error| ProfileFailure::System {
        reason: error.to_string(),
    })?;
    Ok(ChaCha20Rng::from_seed(*seed))
}

fn failure(error: ProfileError) -> ProfileFailure {
    match error {
        ProfileError::WrongPassphrase => ProfileFailure::WrongPassphrase,
        ProfileError::DiskFull => ProfileFailure::DiskFull,
        ProfileError::ReadOnly => ProfileFailure::ReadOnly,
        ProfileError::FutureVersion { .. } => ProfileFailure::FutureVersion,
        ProfileError::InUse { pid } => ProfileFailure::InUse { pid },
        ProfileError::EmptyPassphrase => ProfileFailure::EmptyPassphrase,
        ProfileError::LongPassphrase => ProfileFailure::LongPassphrase,
        ProfileError::Name(_) => ProfileFailure::BadName,
        ProfileError::NotAProfile { .. } => ProfileFailure::NoProfile,
        ProfileError::AlreadyThere { .. } => ProfileFailure::NameTaken,
        ProfileError::MissingFile { file } => ProfileFailure::MissingFile {
            file: file.to_owned(),
        },
        ProfileError::DamagedFile { file } => ProfileFailure::DamagedFile {
            file: file.to_owned(),
        },
        ProfileError::OutOfMemory => ProfileFailure::OutOfMemory,
        ProfileError::Store(error) => ProfileFailure::Store {
            reason: error.to_string(),
        },
        error => ProfileFailure::System {
            reason: error.to_string(),
        },
    }
}

/// Why the node of a profile did not start.
fn not_started(error: NodeError) -> ProfileFailure {
    match error {
        NodeError::Net(error) => ProfileFailure::Network {
            reason: error.to_string(),
        },
        NodeError::Profile(error) => failure(error),
        NodeError::System(error) => ProfileFailure::System {
            reason: error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_names_are_plain_and_free() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(free_name(root.path(), "Ada Lovelace").unwrap().0, "adalovelace");
        std::fs::create_dir(root.path().join("adalovelace")).unwrap();
        assert_eq!(free_name(root.path(), "Ada Lovelace").unwrap().0, "adalovelace-2");
        assert_eq!(free_name(root.path(), "मीरा").unwrap().0, "profile");
        assert_eq!(free_name(root.path(), "../../etc").unwrap().0, "etc");
    }

    #[test]
    fn words_are_refused_for_what_is_wrong_with_them() {
        let refused = |text: &str| parse(&Secret::new(text.to_owned())).unwrap_err();
        assert_eq!(refused("abandon ability"), ProfileFailure::WordCount { found: 2 });
        let mut words = vec!["abandon"; 24];
        assert_eq!(refused(&words.join(" ")), ProfileFailure::WordChecksum);
        words[4] = "kith";
        assert_eq!(
            refused(&words.join(" ")),
            ProfileFailure::UnknownWord { position: 5 }
        );
    }
}
