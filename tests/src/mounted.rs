//! Stories that need a mount of their own: they run in a second process, in which nobody else sees it. Where the user may
//! not mount, they say so and prove nothing.

// Test code: a story that cannot go on has failed, and says where.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::{
    path::{Path, PathBuf},
    process::{Command as Process, Output},
};

const ROLE: &str = "KITH_TEST_ROLE";
const FOLDER: &str = "KITH_TEST_FOLDER";

/// The folder under the mount, in the second process of the story `role`.
///
/// # Panics
/// If that process was started by something else than [`run_mounted`].
#[must_use]
pub fn child_folder(role: &str) -> Option<PathBuf> {
    (std::env::var(ROLE).ok()? == role).then(|| PathBuf::from(std::env::var(FOLDER).unwrap()))
}

/// Runs this program again in `role` after `mount`, where the mount is seen by nobody else. The second process says `done`
/// on a line of its own when its story has ended well.
///
/// # Panics
/// If the story fails.
pub fn run_mounted(test: &str, role: &str, mount: &str, folder: &Path) {
    let script = format!("{mount} || exit 77; exec \"$0\" {test} --exact --nocapture");
    let ran = Process::new("unshare")
        .args(["--mount", "sh", "-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env(ROLE, role)
        .env(FOLDER, folder)
        .output();
    let said = |output: &Output| {
        let (out, err) = (&output.stdout, &output.stderr);
        format!(
            "{}\n{}",
            String::from_utf8_lossy(out),
            String::from_utf8_lossy(err)
        )
    };
    match ran {
        Ok(output) if output.status.success() => {
            assert!(said(&output).contains("\ndone"), "{}", said(&output));
        }
        Ok(output) if output.status.code() == Some(77) || said(&output).contains("unshare failed") => {
            println!("SKIPPED: this user may not mount");
        }
        Ok(output) => panic!("{}", said(&output)),
        Err(error) => println!("SKIPPED: there is no unshare here ({error})"),
    }
}
