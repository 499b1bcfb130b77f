//! What a test could not show on this machine: a mount, a namespace or a screen is missing.
//!
//! Such a test proves nothing there, and a run that counts it as passed would say too much. So each says so by name:
//! `scripts/test` lists them after the tests, and ends badly for them where everything has to be shown.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "test code: what cannot be told has failed"
)]

use std::{fmt::Display, fs::OpenOptions, io::Write};

/// The file in which these tests are listed, one a line.
const LIST: &str = "KITH_NOT_SHOWN";
/// Set where everything has to be shown.
const ALL: &str = "KITH_SHOW_ALL";

/// Says that `test` proves nothing here, and why.
///
/// # Panics
/// Where everything has to be shown (`KITH_SHOW_ALL` is set), or the list cannot be written.
pub fn not_shown(test: &str, why: impl Display) {
    assert!(std::env::var_os(ALL).is_none(), "{test} cannot be shown: {why}");
    println!("NOT SHOWN: {test}: {why}");
    if let Some(list) = std::env::var_os(LIST) {
        let mut list = OpenOptions::new()
            .create(true)
            .append(true)
            .open(list)
            .expect("the list of what was not shown opens");
        // One write, so that lines of several processes stay whole.
        list.write_all(format!("{test}: {why}\n").as_bytes())
            .expect("the list of what was not shown is written");
    }
}
