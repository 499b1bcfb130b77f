//! The 24 recovery words: BIP 39 in English, spelling an account's 32 bytes of entropy.
//!
//! Only the entropy and the checksum of BIP 39 are used, not its seed derivation: the account key comes from the
//! entropy by [`AccountKey::from_entropy`]. People write words on paper and type them back, so reading is forgiving
//! about case, spaces, line breaks, commas and numbers ("1. abandon"), and says which word is wrong.

use core::fmt;

use bip39::{Language, Mnemonic};
use zeroize::Zeroizing;

use crate::{
    error::{CryptoError, Result},
    keys::AccountKey,
};

/// How many words there are.
pub const WORD_COUNT: usize = 24;

/// The words that bring an account back. Wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryWords(Mnemonic);

impl RecoveryWords {
    /// The words of `account`.
    pub fn of(account: &AccountKey) -> Result<Self> {
        Mnemonic::from_entropy_in(Language::English, account.entropy().as_slice())
            .map(Self)
            .map_err(|_| CryptoError::Encoding {
                what: "recovery words",
            })
    }

    /// Reads what a person typed. Tells a wrong count, an unknown word (by its place) and a wrong checksum apart.
    pub fn parse(text: &str) -> Result<Self> {
        let lower = Zeroizing::new(text.to_lowercase());
        let typed = || {
            lower
                .split(|c: char| !c.is_alphabetic())
                .filter(|word| !word.is_empty())
        };
        let found = typed().count();
        if found != WORD_COUNT {
            return Err(CryptoError::WordCount { found });
        }
        // With room for all of it from the start, no half-grown copy is left behind in memory.
        let mut joined = Zeroizing::new(String::with_capacity(lower.len() + WORD_COUNT));
        for word in typed() {
            joined.push_str(word);
            joined.push(' ');
        }
        Mnemonic::parse_in_normalized(Language::English, &joined)
            .map(Self)
            .map_err(|error| match error {
                bip39::Error::UnknownWord(index) => CryptoError::UnknownWord { position: index + 1 },
                bip39::Error::InvalidChecksum => CryptoError::WordChecksum,
                _ => CryptoError::WordCount { found },
            })
    }

    /// The account that they bring back.
    pub fn account_key(&self) -> Result<AccountKey> {
        let entropy = Zeroizing::new(self.0.to_entropy());
        let entropy = <[u8; 32]>::try_from(entropy.as_slice())
            .map(Zeroizing::new)
            .map_err(|_| CryptoError::WordCount {
                found: self.0.word_count(),
            })?;
        Ok(AccountKey::from_entropy(*entropy))
    }

    /// The words in order, for the one screen that shows them.
    pub fn words(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.words()
    }
}

impl fmt::Debug for RecoveryWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryWords(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(words: &RecoveryWords) -> Vec<&'static str> {
        words.words().collect()
    }

    #[test]
    fn the_zero_entropy_vector_of_bip_39() {
        let words = RecoveryWords::of(&AccountKey::from_entropy([0; 32])).unwrap();
        assert_eq!(written(&words).join(" "), format!("{}art", "abandon ".repeat(23)));
        let words = RecoveryWords::of(&AccountKey::from_entropy([0x7f; 32])).unwrap();
        assert!(
            written(&words)
                .join(" ")
                .starts_with("legal winner thank year wave sausage")
        );
    }

    #[test]
    fn what_was_written_on_paper_brings_the_account_back() {
        let account = AccountKey::from_entropy([7; 32]);
        let words = RecoveryWords::of(&account).unwrap();
        let paper: Vec<_> = written(&words)
            .iter()
            .enumerate()
            .map(|(i, w)| format!(" {}. {},\n", i + 1, w.to_uppercase()))
            .collect();
        let typed = RecoveryWords::parse(&paper.concat()).unwrap();
        assert_eq!(typed, words);
        assert_eq!(typed.account_key().unwrap().id(), account.id());
    }

    #[test]
    fn mistakes_are_named() {
        let words = RecoveryWords::of(&AccountKey::from_entropy([7; 32])).unwrap();
        let mut typed = written(&words);
        assert_eq!(
            RecoveryWords::parse(&typed[1..].join(" ")),
            Err(CryptoError::WordCount { found: 23 })
        );
        assert_eq!(RecoveryWords::parse(""), Err(CryptoError::WordCount { found: 0 }));
        let right = typed[4];
        typed[4] = "messenger";
        assert_eq!(
            RecoveryWords::parse(&typed.join(" ")),
            Err(CryptoError::UnknownWord { position: 5 })
        );
        typed[4] = if right == "zoo" { "zone" } else { "zoo" };
        assert_eq!(
            RecoveryWords::parse(&typed.join(" ")),
            Err(CryptoError::WordChecksum)
        );
    }
}
