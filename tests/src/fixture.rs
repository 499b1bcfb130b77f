//! Profile folders as the Kith of their time left them, each in one small file below `fixtures/`.
//!
//! `bin/fixture.rs` writes them, with the programs of any version; `tests/old_folders.rs` opens them with this one. A file is
//! the zlib stream of the postcard of (path below the folder, content) pairs.

use std::{
    fs,
    io::{Read as _, Write as _},
    path::{Component, Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};

/// What opens the profile in every fixture.
pub const PASSPHRASE: &str = "violet harbour tambourine eleven glacier";

/// What a folder need not have, and is only there while a program runs, or made by it anew: a lock, room for a full disk,
/// the port of last time.
const LEFT_OUT: [&str; 3] = ["lock", "reserve", "port"];

/// Where the fixture of a schema lies.
#[must_use]
pub fn of_schema(schema: u32) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    folder.join(format!("schema-{schema}.profile"))
}

/// A folder in one file.
///
/// # Errors
/// If it cannot be read.
pub fn pack(folder: &Path) -> Result<Vec<u8>> {
    let mut files = Vec::new();
    collect(folder, Path::new(""), &mut files)?;
    files.sort_unstable();
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&postcard::to_allocvec(&files)?)?;
    Ok(packed.finish()?)
}

fn collect(root: &Path, below: &Path, files: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    for item in fs::read_dir(root.join(below))? {
        let item = item?;
        let path = below.join(item.file_name());
        let name = path.to_str().context("A name in the folder is no UTF-8.")?;
        if item.file_type()?.is_dir() {
            collect(root, &path, files)?;
        } else if !LEFT_OUT.contains(&name) {
            files.push((name.to_owned(), fs::read(root.join(&path))?));
        }
    }
    Ok(())
}

/// Makes of such a file the folder that it was.
///
/// # Errors
/// If it is none, or cannot be written.
pub fn unpack(packed: &[u8], folder: &Path) -> Result<()> {
    let mut files = Vec::new();
    ZlibDecoder::new(packed).read_to_end(&mut files)?;
    let files: Vec<(String, Vec<u8>)> = postcard::from_bytes(&files)?;
    for (name, content) in files {
        let name = Path::new(&name);
        let stays = name.components().all(|part| matches!(part, Component::Normal(_)));
        ensure!(stays, "{} leads out of the folder.", name.display());
        let path = folder.join(name);
        fs::create_dir_all(path.parent().context("A file is in no folder.")?)?;
        fs::write(path, content)?;
    }
    Ok(())
}
