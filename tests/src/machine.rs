//! What the machine says about itself: how busy it is, what a process costs, how much a folder holds. Linux only, since
//! all of it is read from `/proc`.

use std::{fs, path::Path, thread, time::Duration};

use anyhow::{Context, Result};

/// Above this load, measured before a bench begins, its figures are those of a busy machine.
const QUIET_LOAD: f64 = 0.5;

/// Prints what the figures below it were measured on: cores, load, and whether that is quiet.
pub fn tell() {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let one_minute = load
        .split(' ')
        .next()
        .and_then(|first| first.parse::<f64>().ok())
        .unwrap_or(f64::NAN);
    let cores = thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let state = if one_minute <= QUIET_LOAD { "quiet" } else { "busy" };
    println!("# {cores} cores, load {one_minute:.2} before the bench: {state}");
}

/// The memory of a process, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Resident, shared pages included.
    pub resident_bytes: u64,
    /// Resident, shared pages counted by share.
    pub proportional_bytes: u64,
}

/// The memory of a process now.
///
/// # Errors
/// When there is no such process, or no Linux.
pub fn memory(pid: u32) -> Result<Memory> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).context("no memory figures")?;
    let kilobytes = |name: &str| -> Result<u64> {
        let line = rollup.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|rest| rest.split_whitespace().next());
        Ok(number
            .with_context(|| format!("no {name} figure"))?
            .parse::<u64>()?
            * 1_024)
    };
    Ok(Memory {
        resident_bytes: kilobytes("Rss:")?,
        proportional_bytes: kilobytes("Pss:")?,
    })
}

/// The time that all living threads of a process have run on a core, to the nanosecond.
///
/// # Errors
/// When there is no such process, or no Linux.
pub fn cpu_time(pid: u32) -> Result<Duration> {
    let mut nanoseconds = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task")).context("no such process")? {
        // A thread that has ended meanwhile is left out.
        let Ok(stat) = fs::read_to_string(task?.path().join("schedstat")) else {
            continue;
        };
        nanoseconds += stat
            .split(' ')
            .next()
            .unwrap_or_default()
            .parse::<u64>()
            .context("no schedstat")?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// How often all living threads of a process have gone to sleep by themselves, and so been woken.
///
/// # Errors
/// When there is no such process, or no Linux.
pub fn wakes(pid: u32) -> Result<u64> {
    let mut sum = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task")).context("no such process")? {
        // A thread that has ended meanwhile is left out.
        let Ok(status) = fs::read_to_string(task?.path().join("status")) else {
            continue;
        };
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        sum += line
            .unwrap_or_default()
            .trim()
            .parse::<u64>()
            .context("no switches")?;
    }
    Ok(sum)
}

/// What a process did in a while.
#[derive(Clone, Copy, Debug)]
pub struct Activity {
    /// The share of one core that it took, percent.
    pub cpu_percent: f64,
    /// How often its threads were woken, each second.
    pub wakes_per_second: f64,
}

/// Looks at a process for a while.
///
/// # Errors
/// As [`cpu_time`].
pub async fn activity(pid: u32, look: Duration) -> Result<Activity> {
    let (cpu, woken) = (cpu_time(pid)?, wakes(pid)?);
    tokio::time::sleep(look).await;
    let took = cpu_time(pid)?.saturating_sub(cpu);
    Ok(Activity {
        cpu_percent: took.as_secs_f64() / look.as_secs_f64() * 100.0,
        wakes_per_second: wakes(pid)?.saturating_sub(woken) as f64 / look.as_secs_f64(),
    })
}

/// How much of the disk the files below a folder take: whole blocks, not lengths.
///
/// # Errors
/// When it cannot be read.
pub fn disk_bytes(folder: &Path) -> Result<u64> {
    use std::os::unix::fs::MetadataExt;
    const BLOCK_BYTES: u64 = 512;
    let mut sum = 0;
    for item in fs::read_dir(folder)? {
        let path = item?.path();
        let about = fs::symlink_metadata(&path)?;
        sum += if about.is_dir() {
            disk_bytes(&path)?
        } else {
            about.blocks() * BLOCK_BYTES
        };
    }
    Ok(sum)
}
