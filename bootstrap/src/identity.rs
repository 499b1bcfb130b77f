//! The key that a bootstrap node keeps: its peer id is part of the address people were given, so a new key would
//! make every copy of that address useless.
//!
//! The file holds the 32 secret bytes in hexadecimal and is readable by its owner only. A damaged file is never
//! replaced: the person decides whether to restore it from a backup or to begin anew.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use libp2p::identity::{Keypair, ed25519};

use crate::error::FileError;

/// The name of the file in the data folder.
pub const FILE_NAME: &str = "identity.key";

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The file or its folder cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is not what was written.
    #[error(
        "{} is damaged: it does not hold a key of 64 hexadecimal digits. Restore it from a backup, or move it away to begin under \
         a new address. Nothing was changed.",
        path.display()
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
    },
}

/// The identity kept in `data`; made and kept there if there is none.
pub fn load_or_create(data: &Path) -> Result<Keypair, IdentityError> {
    let path = data.join(FILE_NAME);
    match fs::read_to_string(&path) {
        Ok(text) => decode(text.trim()).ok_or(IdentityError::Damaged { path }),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(create(data, &path)?),
        Err(source) if source.kind() == io::ErrorKind::InvalidData => Err(IdentityError::Damaged { path }),
        Err(source) => Err(FileError {
            action: "read",
            path,
            source,
        }
        .into()),
    }
}

fn create(data: &Path, path: &Path) -> Result<Keypair, FileError> {
    let key = ed25519::Keypair::generate();
    let text = encode(key.secret().as_ref());
    write_new(data, path, text.as_bytes()).map_err(|source| FileError {
        action: "write",
        path: path.to_path_buf(),
        source,
    })?;
    Ok(key.into())
}

/// Writes beside the place and renames, so that a crash leaves either no file or a whole one.
fn write_new(data: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(data)?;
    let temporary = path.with_extension("tmp");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    fs::File::open(data)?.sync_all()
}

fn encode(secret: &[u8]) -> String {
    let mut text: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    text.push('\n');
    text
}

fn decode(text: &str) -> Option<Keypair> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut secret = [0_u8; 32];
    for (index, byte) in secret.iter_mut().enumerate() {
        let digits = text.get(index * 2..index * 2 + 2)?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Keypair::ed25519_from_bytes(&mut secret).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identity_is_the_same_after_a_restart_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("made").join("on demand");
        let first = load_or_create(&data).unwrap().public().to_peer_id();
        let second = load_or_create(&data).unwrap().public().to_peer_id();
        assert_eq!(first, second);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(data.join(FILE_NAME)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_identity_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        for damage in [
            &b""[..],
            b"abc",
            &[b'z'; 64],
            &[0xff; 64],
            "ü".repeat(32).as_bytes(),
        ] {
            fs::write(&path, damage).unwrap();
            let error = load_or_create(folder.path()).unwrap_err();
            assert!(matches!(error, IdentityError::Damaged { .. }), "{error}");
            assert_eq!(fs::read(&path).unwrap(), damage);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named_in_the_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = load_or_create(&file.join("data")).unwrap_err();
        assert!(error.to_string().contains(FILE_NAME), "{error}");
    }
}
