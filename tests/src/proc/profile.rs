//! A profile for a node to open, made by the real program.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use tokio::time::timeout;

use super::{PROGRAM_LIMIT, Programs};

/// A profile in a folder of its own, and the file that holds its passphrase.
#[derive(Clone, Debug)]
pub struct Profile {
    name: String,
    data: PathBuf,
    pub(super) passphrase_file: PathBuf,
}

impl Profile {
    /// Makes a profile with `kith-node create`, below `folder`. Returns the recovery words that it printed, too.
    ///
    /// # Errors
    /// When the program fails; with what it said.
    pub async fn create(programs: &Programs, folder: &Path, name: &str) -> Result<(Self, Vec<String>)> {
        let profile = Self {
            name: name.to_owned(),
            data: folder.join(name),
            passphrase_file: folder.join(format!("{name}.passphrase")),
        };
        // Long and not in any dictionary, since a weak one would be refused. It protects nothing.
        fs::write(&profile.passphrase_file, format!("{name} vormt glazen torens 47"))?;
        let mut command = programs.command("kith-node");
        command
            .arg("--data")
            .arg(&profile.data)
            .args(["create", "--name", name]);
        command.arg("--passphrase-file").arg(&profile.passphrase_file);
        let output = timeout(PROGRAM_LIMIT, command.output()).await;
        let output = output.with_context(|| format!("kith-node create took over {PROGRAM_LIMIT:?}."))??;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "kith-node create failed ({}): {said}",
            output.status
        );
        let words = String::from_utf8(output.stdout).context("The recovery words are no UTF-8.")?;
        let words = words
            .split_whitespace()
            .filter(|word| word.chars().all(char::is_alphabetic));
        Ok((profile, words.map(str::to_owned).collect()))
    }

    /// A profile that is there already in the folder `data`; the file with its passphrase is put into `folder`.
    ///
    /// # Errors
    /// When that file cannot be written.
    pub fn existing(folder: &Path, name: &str, data: &Path, passphrase: &str) -> Result<Self> {
        let passphrase_file = folder.join(format!("{name}.passphrase"));
        fs::write(&passphrase_file, passphrase)?;
        Ok(Self {
            name: name.to_owned(),
            data: data.to_owned(),
            passphrase_file,
        })
    }

    /// The name others see.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder that holds it.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// What opens it.
    ///
    /// # Errors
    /// When the file that holds it is gone.
    pub fn passphrase(&self) -> Result<String> {
        let passphrase = fs::read_to_string(&self.passphrase_file);
        passphrase.with_context(|| format!("{} cannot be read.", self.passphrase_file.display()))
    }
}
