//! From a story that failed to a short one that fails: scenes are left out as long as a rule is still broken.

use std::collections::BTreeSet;

use super::{Violation, scenes, tell};

/// The scenes that can be left out of a seed's story so that a rule is still broken, and the rule that is: first
/// halves, then quarters, at last one by one (delta debugging, Zeller 1999). `None` if the whole story ends well.
pub fn shrink(seed: u64) -> Option<(BTreeSet<usize>, Violation)> {
    let mut left_out = BTreeSet::new();
    let mut violation = tell(seed, &left_out, false).violation?;
    let mut kept: Vec<usize> = (0..scenes(seed)).collect();
    let mut size = kept.len().div_ceil(2);
    while size > 0 {
        let mut at = 0;
        while at < kept.len() {
            let end = kept.len().min(at + size);
            let fewer: BTreeSet<usize> = left_out
                .iter()
                .chain(kept.get(at..end).unwrap_or_default())
                .copied()
                .collect();
            match tell(seed, &fewer, false).violation {
                Some(found) => {
                    violation = found;
                    left_out = fewer;
                    kept.drain(at..end);
                }
                None => at = end,
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    Some((left_out, violation))
}

/// The command that tells one story again, line by line, without some of its scenes.
pub fn replay(seed: u64, left_out: &BTreeSet<usize>) -> String {
    let mut command = format!("cargo run -p kith-tests --bin sim -- --seeds 1 --first {seed} --lines 100000");
    if !left_out.is_empty() {
        command.push_str(" --without ");
        command.push_str(&ranges(left_out));
    }
    command
}

/// Numbers as `0-4,7`.
fn ranges(numbers: &BTreeSet<usize>) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let words = ranges.iter().map(|(first, last)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        }
    });
    words.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replay_names_what_is_left_out_as_ranges() {
        let left_out = BTreeSet::from([0, 1, 2, 5, 7, 8]);
        assert!(replay(3, &left_out).ends_with("--first 3 --lines 100000 --without 0-2,5,7-8"));
        assert!(replay(3, &BTreeSet::new()).ends_with("--first 3 --lines 100000"));
    }

    #[test]
    fn a_story_that_ends_well_has_nothing_to_shrink() {
        assert_eq!(shrink(0), None);
    }
}
