//! Starting this program again: after it was locked, and for another window. An update may have replaced or removed its
//! file while it ran; then the new file is started, or else the one that runs, which lasts as long as this process.

use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What Linux writes behind the name of a running program whose file was removed or replaced (proc(5), `exe`).
const REMOVED: &[u8] = b" (deleted)";
/// The file that runs, whatever has become of its name.
const RUNNING: &str = "/proc/self/exe";

/// Hands `attempt` the program to start, and what can stand in for it until an attempt succeeds.
///
/// # Errors
/// Why the first attempt failed, or that there is no program left.
pub fn start<T>(mut attempt: impl FnMut(&Path) -> io::Result<T>) -> io::Result<T> {
    let named = std::env::current_exe()?;
    let mut failure = None;
    for program in programs(&named) {
        match attempt(&program) {
            Ok(started) => return Ok(started),
            Err(error) => {
                failure.get_or_insert_with(|| {
                    io::Error::new(error.kind(), format!("{}: {error}", program.display()))
                });
            }
        }
    }
    Err(failure.unwrap_or_else(|| io::Error::new(io::ErrorKind::NotFound, named.display().to_string())))
}

/// Whether there is a program to start: asked before the one that runs ends.
///
/// # Errors
/// What [`start`] would fail with.
pub fn can_start() -> io::Result<()> {
    start(|program| {
        let executable = program.metadata()?.permissions().mode() & 0o111 != 0;
        if executable {
            Ok(())
        } else {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    })
}

/// The files to try, the likeliest first; `named` is what the system calls the running one.
fn programs(named: &Path) -> Vec<PathBuf> {
    let replaced = named
        .as_os_str()
        .as_bytes()
        .strip_suffix(REMOVED)
        .map(|name| PathBuf::from(std::ffi::OsString::from_vec(name.to_vec())));
    [Some(named.to_owned()), replaced, Some(PathBuf::from(RUNNING))]
        .into_iter()
        .flatten()
        .filter(|program| program.is_file())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};

    use super::*;

    /// Set in the process that plays the program.
    const PLAYS: &str = "KITH_TEST_PLAYS_THE_PROGRAM";

    /// Plays the program, when [`replaced_by`] starts it: waits until its file was replaced, then says what it would start.
    #[test]
    fn plays_the_program() {
        if std::env::var_os(PLAYS).is_none() {
            return;
        }
        println!("\nready");
        std::io::stdin().read_line(&mut String::new()).unwrap();
        can_start().unwrap();
        let mut tried = Vec::new();
        let started = start(|program| {
            tried.push(program.display().to_string());
            Err::<(), _>(io::ErrorKind::InvalidData.into())
        });
        println!("tried {}", tried.join(" then "));
        println!("failed {}", started.unwrap_err());
    }

    /// Runs this test program under a name of its own, has `replace` do something to that name, and gives what it then
    /// tries to start, and the name.
    fn replaced_by(replace: impl FnOnce(&Path)) -> (String, String, PathBuf) {
        let own = std::env::current_exe().unwrap();
        let folder = tempfile::tempdir_in(own.parent().unwrap()).unwrap();
        let program = folder.path().join("kith");
        std::fs::hard_link(&own, &program).unwrap();
        let mut child = Command::new(&program)
            .args(["--exact", "relaunch::tests::plays_the_program", "--nocapture"])
            .env(PLAYS, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        lines.find(|line| line == "ready").unwrap();
        std::fs::remove_file(&program).unwrap();
        replace(&program);
        writeln!(child.stdin.take().unwrap()).unwrap();
        let mut said = |word: &str| {
            let mut found = lines
                .by_ref()
                .filter_map(|line| Some(line.strip_prefix(word)?.to_owned()));
            found.next().unwrap()
        };
        let (tried, failed) = (said("tried "), said("failed "));
        assert!(child.wait().unwrap().success());
        (tried, failed, program)
    }

    #[test]
    fn after_an_update_the_new_file_is_started() {
        let (tried, failed, program) = replaced_by(|program| std::fs::write(program, "new").unwrap());
        assert_eq!(tried, format!("{} then {RUNNING}", program.display()));
        assert!(
            failed.starts_with(&format!("{}: ", program.display())),
            "{failed}"
        );
    }

    #[test]
    fn a_file_that_is_gone_is_started_from_where_it_runs() {
        let (tried, _, _) = replaced_by(|_| {});
        assert_eq!(tried, RUNNING);
    }

    #[test]
    fn a_program_whose_name_ends_like_that_is_itself() {
        let folder = tempfile::tempdir().unwrap();
        let named = folder.path().join("kith (deleted)");
        std::fs::write(&named, "").unwrap();
        std::fs::write(folder.path().join("kith"), "").unwrap();
        assert_eq!(programs(&named).first(), Some(&named));
    }
}
