//! Stories that need a mount of their own: they run in a second process, in which nobody else sees it. Where the user may
//! not mount, they say so and prove nothing (see [`crate::shown`]).

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "test code: a story that cannot go on has failed, and says where"
)]

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command as Process,
};

use crate::shown::not_shown;

const ROLE: &str = "KITH_TEST_ROLE";
const FOLDER: &str = "KITH_TEST_FOLDER";
/// How the second process ends where nothing may be mounted.
const MAY_NOT: i32 = 77;

/// The folder under the mount, in the second process of the story `role`.
///
/// # Panics
/// If that process was started by something else than [`run_mounted`].
#[must_use]
pub fn child_folder(role: &str) -> Option<PathBuf> {
    (std::env::var(ROLE).ok()? == role).then(|| PathBuf::from(std::env::var(FOLDER).unwrap()))
}

/// This program again, in `role` and over this folder, with the one test that knows what to do then.
///
/// # Panics
/// If this program cannot be found again.
#[must_use]
pub fn child_in_role(test: &str, role: &str, folder: &Path) -> Process {
    let mut child = Process::new(std::env::current_exe().unwrap());
    child
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(FOLDER, folder);
    child
}

/// Runs this program again in `role` after `mount`, where the mount is seen by nobody else. The second process says `done`
/// on a line of its own when its story has ended well.
///
/// # Panics
/// If the story fails.
pub fn run_mounted(test: &str, role: &str, mount: &str, folder: &Path) {
    // Who is not root may be so in a namespace of users.
    let am_root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let namespaces: &[&str] = if am_root {
        &["--mount"]
    } else {
        &["--mount", "--map-root-user"]
    };
    let script = format!("{mount} || exit {MAY_NOT}; exec \"$0\" \"$@\"");
    let story = child_in_role(test, role, folder);
    let ran = Process::new("unshare")
        .args(namespaces)
        .args(["sh", "-c", &script])
        .arg(story.get_program())
        .args(story.get_args())
        .envs(story.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    if ran.status.success() {
        assert!(out.contains("\ndone"), "{out}\n{err}");
    } else if ran.status.code() == Some(MAY_NOT) || err.contains("unshare") {
        not_shown(test, "this user may not mount");
    } else {
        panic!("{out}\n{err}");
    }
}
