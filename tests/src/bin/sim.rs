//! Tells the stories of many seeds and says what happened in them.
//!
//! `cargo run -p kith-tests --bin sim -- --seeds 1000 --first 0`. Ends with 1 if a rule did not hold in any of them, and
//! shrinks the first such story and prints the command that tells what is left of it again, line by line.

use std::{collections::BTreeSet, process::ExitCode, time::Instant};

use clap::Parser;
use kith_tests::sim::{self, Batch, Happening, SCENARIO};

/// Tells stories of nodes under a hostile network.
#[derive(Debug, Parser)]
#[command(name = "sim")]
struct Flags {
    /// How many stories.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The seed of the first one; the others follow it.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// How many threads tell them.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Prints the last so many lines of a story that failed; with one seed, of that one.
    #[arg(long, default_value_t = 120)]
    lines: usize,
    /// With one seed: scenes of its story to leave out, by their numbers, e.g. `0-4,7`.
    #[arg(long, value_delimiter = ',', value_parser = range)]
    without: Vec<(usize, usize)>,
}

/// Reads `4` or `0-4`.
fn range(text: &str) -> Result<(usize, usize), std::num::ParseIntError> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Ok((first.parse()?, last.parse()?))
}

fn main() -> ExitCode {
    let flags = Flags::parse();
    let began = Instant::now();
    if flags.seeds == 1 {
        return one(&flags);
    }
    let batch = sim::tell_many(flags.first, flags.seeds, flags.threads);
    let seconds = began.elapsed().as_secs_f64();
    println!("{} stories of scenario {SCENARIO} in {seconds:.1} s", flags.seeds);
    for happening in Happening::ALL {
        println!("{:>9}  {}", batch.tally.of(*happening), happening.name());
    }
    end(&flags, &batch)
}

fn one(flags: &Flags) -> ExitCode {
    let left_out: BTreeSet<usize> = flags
        .without
        .iter()
        .flat_map(|(first, last)| *first..=*last)
        .collect();
    let outcome = sim::tell(flags.first, &left_out, true);
    show(&outcome.trace, flags.lines);
    match outcome.violation {
        Some(violation) => failed(flags.first, &left_out, &violation.0),
        None => ExitCode::SUCCESS,
    }
}

fn end(flags: &Flags, batch: &Batch) -> ExitCode {
    for (seed, violation) in batch.violations.iter().skip(1).take(20) {
        println!("seed {seed}: {}", violation.0);
    }
    if let Some((seed, violation)) = batch.violations.first() {
        println!("{} of {} stories failed.", batch.violations.len(), flags.seeds);
        println!("seed {seed}: {}", violation.0);
        let (left_out, violation) = sim::shrink(*seed).unwrap_or((BTreeSet::new(), violation.clone()));
        show(&sim::tell(*seed, &left_out, true).trace, flags.lines);
        println!(
            "{} of its {} scenes are enough.",
            sim::scenes(*seed) - left_out.len(),
            sim::scenes(*seed)
        );
        return failed(*seed, &left_out, &violation.0);
    }
    let missing = batch.tally.missing();
    if flags.seeds >= sim::ENOUGH_SEEDS && !missing.is_empty() {
        for happening in missing {
            println!("NEVER HAPPENED: {}", happening.name());
        }
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn show(trace: &[String], lines: usize) {
    for line in trace.iter().skip(trace.len().saturating_sub(lines)) {
        println!("{line}");
    }
}

fn failed(seed: u64, left_out: &BTreeSet<usize>, violation: &str) -> ExitCode {
    println!("FAILED: seed {seed} of scenario {SCENARIO}: {violation}");
    println!("Tell it again: {}", sim::replay(seed, left_out));
    ExitCode::FAILURE
}
