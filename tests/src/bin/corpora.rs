//! Writes the honest examples of each fuzz target into its corpus: `cargo run -p kith-tests --bin corpora -- tests/fuzz/corpus`.
//!
//! A file is named by the BLAKE3 of what it holds, so that nothing is kept twice.

use std::path::PathBuf;

use clap::Parser;
use kith_tests::fuzz;

/// Writes corpora.
#[derive(Debug, Parser)]
struct Flags {
    /// The folder with one folder a target.
    folder: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    for (target, bytes) in fuzz::seeds() {
        let folder = flags.folder.join(target);
        std::fs::create_dir_all(&folder)?;
        let name = blake3::hash(&bytes).to_hex();
        std::fs::write(folder.join(&name.as_str()[..16]), bytes)?;
    }
    Ok(())
}
