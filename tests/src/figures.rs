//! How the benches print: one line a figure, `name value unit (budget …)`, so that runs can be compared by a script.
//!
//! A missed budget is printed as missed and does not end the run: on a busy machine it says more about the machine.

use std::{
    fmt,
    time::{Duration, Instant},
};

/// Where a figure should stay.
#[derive(Clone, Copy, Debug)]
enum Budget {
    None,
    AtMost(f64),
}

/// One measured figure.
#[derive(Clone, Debug)]
pub struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    budget: Budget,
}

impl Figure {
    /// A figure without a budget; `name` has its parts separated by dots.
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self {
            name: name.into(),
            value,
            unit,
            budget: Budget::None,
        }
    }

    /// A time in milliseconds.
    pub fn ms(name: impl Into<String>, time: Duration) -> Self {
        Self::new(name, time.as_secs_f64() * 1_000.0, "ms")
    }

    /// A time in seconds.
    pub fn seconds(name: impl Into<String>, time: Duration) -> Self {
        Self::new(name, time.as_secs_f64(), "s")
    }

    /// A size in MB (1,000,000 bytes).
    pub fn megabytes(name: impl Into<String>, bytes: u64) -> Self {
        // Exact up to 2^53 bytes.
        Self::new(name, bytes as f64 / 1e6, "MB")
    }

    /// With the most it may be, in its own unit.
    #[must_use]
    pub fn budget(mut self, at_most: f64) -> Self {
        self.budget = Budget::AtMost(at_most);
        self
    }

    /// Prints the line.
    pub fn print(self) {
        println!("{self}");
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name, value, unit, ..
        } = self;
        let digits = match value.abs() {
            size if size >= 100.0 => 0,
            size if size >= 10.0 => 1,
            size if size >= 0.1 => 2,
            _ => 3,
        };
        write!(formatter, "{name} {value:.digits$} {unit}")?;
        match self.budget {
            Budget::None => Ok(()),
            Budget::AtMost(most) if *value <= most => write!(formatter, " (budget {most} {unit})"),
            Budget::AtMost(most) => write!(formatter, " (budget {most} {unit}: MISSED)"),
        }
    }
}

/// Times of one thing measured again and again.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// Does something once and adds how long it took.
    pub fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        self.push(begun.elapsed());
        done
    }

    /// The time that this many percent of all did not exceed (nearest rank); zero when nothing was measured.
    pub fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied().unwrap_or_default()
    }

    /// The median.
    pub fn median(&self) -> Duration {
        self.percentile(50)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let mut times = Times::new();
        (1..=200)
            .rev()
            .for_each(|ms| times.push(Duration::from_millis(ms)));
        assert_eq!(times.median(), Duration::from_millis(100));
        assert_eq!(times.percentile(99), Duration::from_millis(198));
        assert_eq!(Times::new().median(), Duration::ZERO);
    }

    #[test]
    fn a_line_names_the_budget_and_whether_it_was_kept() {
        let line = |value| Figure::new("latency.p50", value, "ms").budget(2.0).to_string();
        assert_eq!(line(0.84), "latency.p50 0.84 ms (budget 2 ms)");
        assert_eq!(line(12.34), "latency.p50 12.3 ms (budget 2 ms: MISSED)");
        assert_eq!(Figure::new("disk", 430.2, "bytes").to_string(), "disk 430 bytes");
    }
}
