//! Everything that fuzzing found worth keeping, given to its target once more.

use std::path::Path;

use kith_tests::fuzz::{self, TARGETS};

#[test]
fn what_fuzzing_found_harms_nothing() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for target in TARGETS {
        let folder = corpora.join(target.name);
        let files = std::fs::read_dir(&folder).expect("each target has a corpus");
        let mut count = 0;
        for file in files {
            let path = file.expect("a folder can be read").path();
            let bytes = std::fs::read(&path).expect("a file can be read");
            println!("{} {}", target.name, path.display());
            (target.run)(&bytes);
            count += 1;
        }
        assert!(count > 0, "the corpus of {} is empty", target.name);
    }
}

#[test]
fn honest_examples_and_their_mutilations_harm_nothing() {
    for (target, bytes) in fuzz::seeds() {
        fuzz::run(target, &bytes);
        for cut in [0, 1, bytes.len() / 2, bytes.len().saturating_sub(1)] {
            fuzz::run(target, &bytes[..cut]);
        }
        for at in (0..bytes.len()).step_by(1 + bytes.len() / 24) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            fuzz::run(target, &flipped);
        }
    }
}
