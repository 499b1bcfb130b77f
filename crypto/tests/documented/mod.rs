//! The vectors that documents name, and what both files of vectors write them with.

use std::{collections::BTreeMap, fmt::Write};

use data_encoding::HEXLOWER;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use serde::de::DeserializeOwned;

/// Values by name.
pub type Vectors = BTreeMap<String, String>;

/// What the fenced `vectors` blocks of some pages say, a `name = value` a line.
pub fn written(pages: &[&str]) -> Vectors {
    let mut inside = false;
    let mut vectors = Vectors::new();
    for line in pages.iter().flat_map(|page| page.lines()) {
        if line.starts_with("```") {
            inside = line == "```vectors";
        } else if inside {
            let (name, value) = line.split_once(" = ").expect("a vector is `name = value`");
            let before = vectors.insert(name.to_owned(), value.to_owned());
            assert_eq!(before, None, "{name} stands twice");
        }
    }
    vectors
}

/// Fails unless the pages say what was computed, all of it, and nothing else.
pub fn compare(pages: &[&str], computed: Vec<(&'static str, String)>) {
    let computed: Vectors = computed
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let written = written(pages);
    let mut report = String::new();
    for (name, value) in &computed {
        if written.get(name) != Some(value) {
            writeln!(report, "{name} = {value}").unwrap();
        }
    }
    assert!(
        report.is_empty(),
        "the documents lack or contradict what this build computes:\n{report}"
    );
    let unknown: Vec<_> = written
        .keys()
        .filter(|name| !computed.contains_key(*name))
        .collect();
    assert!(
        unknown.is_empty(),
        "the documents name vectors that nothing computes: {unknown:?}"
    );
}

/// Bytes in hex.
pub fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// The stream of randomness with this number.
pub fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

/// Fails unless `examples`, each the postcard of a `T` with no version in front, hold one of each variant that `T` has,
/// in their order: whoever adds a variant is asked for its vector here.
pub fn assert_one_of_each_kind<T: DeserializeOwned>(examples: &[&[u8]]) {
    // A variant that is known and lacks its fields ends too early; only an unknown one is an error of serde's.
    let unknown = |kind: u8| postcard::from_bytes::<T>(&[kind]).err() == Some(postcard::Error::SerdeDeCustom);
    let kinds: Vec<u8> = (0..0x80).take_while(|kind| !unknown(*kind)).collect();
    let shown: Vec<u8> = examples.iter().map(|example| example[0]).collect();
    assert_eq!(shown, kinds, "each variant has a vector");
}
