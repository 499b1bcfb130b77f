//! Many stories, on a few threads that share nothing but the next seed.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use super::{Tally, Violation, tell};

/// In a batch of at least this many stories everything that can go wrong does.
pub const ENOUGH_SEEDS: u64 = 500;

/// What came of many stories.
#[derive(Debug, Default)]
pub struct Batch {
    /// What happened in all of them.
    pub tally: Tally,
    /// The stories in which a rule did not hold, by seed.
    pub violations: Vec<(u64, Violation)>,
}

/// Tells the stories of `count` seeds from `first` on.
pub fn tell_many(first: u64, count: u64, threads: usize) -> Batch {
    let next = AtomicU64::new(0);
    let all = Mutex::new(Batch::default());
    thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| work(first, count, &next, &all));
        }
    });
    let mut batch = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    batch.violations.sort_by_key(|(seed, _)| *seed);
    batch
}

fn work(first: u64, count: u64, next: &AtomicU64, all: &Mutex<Batch>) {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= count {
            return;
        }
        let seed = first.wrapping_add(number);
        let outcome = tell(seed, &BTreeSet::new(), false);
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        all.tally.add(&outcome.tally);
        all.violations
            .extend(outcome.violation.map(|violation| (seed, violation)));
    }
}
