//! Writing small files so that a crash leaves either the old or the new content, never half of one.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Replaces the content of `path` by `bytes`, durably: writes a neighbour, fsyncs it, renames it over `path` and
/// fsyncs the folder. On failure `path` still holds what it held before. Only its owner may read the file.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut neighbour = path.as_os_str().to_owned();
    neighbour.push(".new");
    let neighbour = Path::new(&neighbour);
    let written = write_synced(neighbour, bytes).and_then(|()| std::fs::rename(neighbour, path));
    if let Err(error) = written {
        // The neighbour is worthless now; if even removing it fails, the next write replaces it.
        let _ = std::fs::remove_file(neighbour);
        return Err(error);
    }
    sync_parent(path)
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private_file()
        .create(true)
        .truncate(true)
        .write(true)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Options for a file that nobody but its owner may read.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Creates a folder that nobody but its owner may look into, with its parents.
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes the creation, renaming or removal of `path` itself durable.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    // Windows cannot open a folder to sync it; there the file system orders renames by itself.
    #[cfg(unix)]
    if let Some(parent) = path.parent() {
        // The parent of a bare name is where the program stands.
        let here = parent.as_os_str().is_empty();
        File::open(if here { Path::new(".") } else { parent })?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Removes a file or a whole folder; fine when there is none.
pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() {
        std::fs::remove_dir_all(path)
    } else {
        std::fs::remove_file(path)
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Copies a folder with everything in it, for tests that damage the copy.
#[cfg(test)]
pub(crate) fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    create_private_folder(to)?;
    for item in std::fs::read_dir(from)? {
        let item = item?;
        let target = to.join(item.file_name());
        if item.file_type()?.is_dir() {
            copy_folder(&item.path(), &target)?;
        } else {
            std::fs::copy(item.path(), target)?;
        }
    }
    Ok(())
}

/// The bytes that all files under `folder` take together.
pub(crate) fn folder_bytes(folder: &Path) -> io::Result<u64> {
    let mut total = 0;
    for item in std::fs::read_dir(folder)? {
        let item = item?;
        let metadata = item.metadata()?;
        total += if metadata.is_dir() {
            folder_bytes(&item.path())?
        } else {
            metadata.len()
        };
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rewritten_file_holds_the_new_content_and_leaves_no_neighbour() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ring");
        write_atomically(&path, b"old").unwrap();
        write_atomically(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_refused_write_keeps_the_old_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ring");
        write_atomically(&path, b"old").unwrap();
        // A folder where the neighbour would go makes the write fail for everybody, even for root.
        std::fs::create_dir(folder.path().join("ring.new")).unwrap();
        assert!(write_atomically(&path, b"new").is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_what_is_written() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault");
        write_atomically(&path, b"secret").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0);
    }
}
