//! Reads this crate's own source, for the tests that hold a rule over all of it.

use std::fs;
use std::path::Path;

/// Calls `look(path, source)` for every Rust file under `src/`, tests included.
pub fn each_source_file(mut look: impl FnMut(&str, &str)) {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                look(&path.to_string_lossy(), &fs::read_to_string(&path).unwrap());
            }
        }
    }
}
