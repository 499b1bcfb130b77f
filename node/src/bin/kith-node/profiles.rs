//! Making profiles and changing their passphrases.

use std::{
    io::Write,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use kith_crypto::{RecoveryWords, VaultParams};
use kith_node::profile::{self, passphrase_estimate};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use zeroize::Zeroizing;

use crate::{
    failure::Failure,
    flags::NewProfile,
    secrets::{self, Source},
};

/// Below this, zxcvbn expects that somebody who has the folder guesses the passphrase.
const WEAK_BELOW: u8 = 3;

const PASSPHRASE_FLAGS: &str = "--passphrase-file or --passphrase-fd";
const NEW_PASSPHRASE_FLAGS: &str = "--new-passphrase-file or --new-passphrase-fd";

/// Makes a profile with a new account, and prints its words on standard output.
pub fn create(data: &Path, flags: NewProfile) -> Result<(), Failure> {
    let words = make(data, flags, None)?;
    let line = Zeroizing::new(words.words().collect::<Vec<_>>().join(" "));
    eprintln!(
        "These 24 words bring the account back. They are shown this once: write them down and keep them safe."
    );
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", *line)
        .and_then(|()| out.flush())
        .map_err(Failure::printing)
}

/// Makes a profile of an account that exists.
pub fn restore(data: &Path, flags: NewProfile, words: &Source) -> Result<(), Failure> {
    let text = secrets::words(words)?;
    let words = RecoveryWords::parse(&text).map_err(Failure::Words)?;
    make(data, flags, Some(words))?;
    eprintln!(
        "The account is restored on this device. Contacts see the device as new and give back their cards and the direct \
         conversations when they are online; what nobody else holds does not come back."
    );
    Ok(())
}

fn make(data: &Path, flags: NewProfile, words: Option<RecoveryWords>) -> Result<RecoveryWords, Failure> {
    let passphrase = secrets::new_passphrase(&flags.passphrase.into(), PASSPHRASE_FLAGS)?;
    warn_if_weak(&passphrase);
    let new = profile::NewProfile {
        name: flags.name,
        passphrase,
        words,
    };
    let (unlocked, words) = profile::create(data, &new, VaultParams::default(), now_ms(), &mut rng()?)?;
    eprintln!(
        "The profile is in {}. Its account is {}.",
        data.display(),
        unlocked.identity.account
    );
    Ok(words)
}

/// Gives the profile another passphrase.
pub fn change_passphrase(data: &Path, old: &Source, new: &Source) -> Result<(), Failure> {
    let old = secrets::passphrase(old)?;
    let new = secrets::new_passphrase(new, NEW_PASSPHRASE_FLAGS)?;
    warn_if_weak(&new);
    profile::change_passphrase(data, &old, &new, &mut rng()?)?;
    eprintln!("The passphrase is changed.");
    Ok(())
}

fn warn_if_weak(passphrase: &str) {
    let estimate = passphrase_estimate(passphrase);
    if estimate.score < WEAK_BELOW {
        let hint = estimate
            .hint
            .unwrap_or_else(|| "Several unrelated words are better.".into());
        eprintln!("Warning: somebody who takes this folder may guess this passphrase. {hint}");
    }
}

/// Randomness of the system, by way of a generator that cannot fail half way.
pub fn rng() -> Result<ChaCha20Rng, Failure> {
    let mut seed = Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *seed)
        .map_err(|error| Failure::unexpected("Asking the system for randomness", error))?;
    Ok(ChaCha20Rng::from_seed(*seed))
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
