//! What every decoder has to bear: any bytes at all. Each target takes some and must come back, neither with a panic nor with a
//! claim that it makes more of them than is there.
//!
//! `scripts/fuzz` drives the targets with libFuzzer (`tests/fuzz/`); what it found worth keeping lies in
//! `tests/fuzz/corpus/`, and `tests/tests/corpora.rs` gives all of it to the same targets in each test run.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a target that meets the unexpected has found something, and says where"
)]

mod documents;
mod engine;
mod seeds;
mod sessions;

pub use seeds::seeds;

/// A decoder, or several of one kind, behind one door.
pub struct Target {
    /// As the folder of its corpus is called.
    pub name: &'static str,
    /// What is driven.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target {
        name: "documents",
        run: documents::documents,
    },
    Target {
        name: "entries",
        run: documents::entries,
    },
    Target {
        name: "files",
        run: documents::files,
    },
    Target {
        name: "links",
        run: documents::links,
    },
    Target {
        name: "records",
        run: documents::records,
    },
    Target {
        name: "rpc",
        run: documents::rpc,
    },
    Target {
        name: "envelopes",
        run: sessions::envelopes,
    },
    Target {
        name: "handshake",
        run: sessions::handshake,
    },
    Target {
        name: "mail",
        run: sessions::mail,
    },
    Target {
        name: "engine",
        run: engine::engine,
    },
];

/// Gives `data` to the target of this name.
///
/// # Panics
/// If there is none, or if the target found something.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.expect("a target of this name").run)(data);
}
