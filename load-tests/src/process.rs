//! What processes cost, from /proc: processor time, and memory. PostgreSQL is many processes, some of which end
//! during a run; what they used is then found with their parent.

use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// Linux tells times in hundredths of a second on every platform that Rust runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// What one line of `/proc/PID/stat` says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stat {
    name: String,
    parent: u32,
    /// Used by the process itself, in ticks.
    own: u64,
    /// Used by its children that have ended, in ticks.
    children: u64,
}

/// Processor seconds, by whose they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct CpuSeconds {
    pub(crate) sluice: f64,
    /// 0 where PostgreSQL is not started by sluice.
    pub(crate) postgres: f64,
    pub(crate) generator: f64,
}

impl CpuSeconds {
    /// So many times as much.
    pub(crate) fn scaled(self, factor: f64) -> Self {
        Self { sluice: self.sluice * factor, postgres: self.postgres * factor, generator: self.generator * factor }
    }

    /// What was used since.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            sluice: self.sluice - earlier.sluice,
            postgres: self.postgres - earlier.postgres,
            generator: self.generator - earlier.generator,
        }
    }
}

/// The processes of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Processes {
    /// The server's process; PostgreSQL is looked for below it.
    pub(crate) sluice: u32,
}

impl Processes {
    /// Used so far.
    pub(crate) fn cpu(self) -> CpuSeconds {
        let table = table();
        let postgres = postgres_below(&table, self.sluice);
        let seconds = |ticks: u64| ticks as f64 / TICKS_PER_SECOND;
        let own = |pid: u32| table.get(&pid).map_or(0, |stat| stat.own);
        CpuSeconds {
            sluice: seconds(own(self.sluice)),
            postgres: seconds(postgres.iter().map(|pid| used_by_postgres(&table, *pid)).sum()),
            generator: seconds(own(std::process::id())),
        }
    }

    /// Memory now, and at its highest so far, in bytes.
    pub(crate) fn memory(self) -> Memory {
        let table = table();
        let postgres = postgres_below(&table, self.sluice);
        // A process may end between being listed and being read.
        let shares: Vec<u64> = postgres.iter().filter_map(|pid| field(*pid, "smaps_rollup", "Pss:")).collect();
        Memory {
            sluice_peak_rss: field(self.sluice, "status", "VmHWM:").unwrap_or(0),
            generator_peak_rss: field(std::process::id(), "status", "VmHWM:").unwrap_or(0),
            postgres_pss: (!shares.is_empty()).then(|| shares.iter().sum()),
            postgres_largest_rss: postgres.iter().filter_map(|pid| field(*pid, "status", "VmHWM:")).max(),
        }
    }
}

/// Memory in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Memory {
    pub(crate) sluice_peak_rss: u64,
    pub(crate) generator_peak_rss: u64,
    /// All of PostgreSQL, shared pages counted once; the highest of what was sampled. Absent if it may not be read.
    pub(crate) postgres_pss: Option<u64>,
    /// PostgreSQL's largest process, shared pages included.
    pub(crate) postgres_largest_rss: Option<u64>,
}

impl Memory {
    /// The higher of both, figure by figure.
    pub(crate) fn max(self, other: Self) -> Self {
        Self {
            sluice_peak_rss: self.sluice_peak_rss.max(other.sluice_peak_rss),
            generator_peak_rss: self.generator_peak_rss.max(other.generator_peak_rss),
            postgres_pss: self.postgres_pss.max(other.postgres_pss),
            postgres_largest_rss: self.postgres_largest_rss.max(other.postgres_largest_rss),
        }
    }
}

fn table() -> BTreeMap<u32, Stat> {
    let Ok(folder) = fs::read_dir("/proc") else { return BTreeMap::new() };
    let pids = folder.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| Some((pid, stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?))).collect()
}

/// The name stands in brackets and may hold any character, brackets too.
fn stat(line: &str) -> Option<Stat> {
    let (head, tail) = line.rsplit_once(')')?;
    let (_, name) = head.split_once('(')?;
    let fields: Vec<&str> = tail.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<u64>().ok();
    // proc_pid_stat(5) counts from 1 and the state is its third.
    Some(Stat {
        name: name.to_owned(),
        parent: fields.get(1)?.parse().ok()?,
        own: ticks(11)? + ticks(12)?,
        children: ticks(13)? + ticks(14)?,
    })
}

fn postgres_below(table: &BTreeMap<u32, Stat>, root: u32) -> BTreeSet<u32> {
    let mut below = BTreeSet::from([root]);
    loop {
        let more: Vec<u32> = table
            .iter()
            .filter(|(pid, stat)| below.contains(&stat.parent) && !below.contains(pid))
            .map(|(pid, _)| *pid)
            .collect();
        if more.is_empty() {
            break;
        }
        below.extend(more);
    }
    below.retain(|pid| *pid != root && table.get(pid).is_some_and(|stat| stat.name == "postgres"));
    below
}

/// Its own time; for the first of PostgreSQL's processes also that of those it has outlived.
fn used_by_postgres(table: &BTreeMap<u32, Stat>, pid: u32) -> u64 {
    let Some(stat) = table.get(&pid) else { return 0 };
    let is_first = table.get(&stat.parent).is_none_or(|parent| parent.name != "postgres");
    stat.own + if is_first { stat.children } else { 0 }
}

/// A line such as `VmHWM:    1234 kB`, in bytes.
pub(crate) fn field(pid: u32, file: &str, name: &str) -> Option<u64> {
    kilobytes(&fs::read_to_string(format!("/proc/{pid}/{file}")).ok()?, name).map(|size| size * 1024)
}

fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn line(name: &str, parent: u32, own: u64, children: u64) -> Stat {
        let text = format!("7 ({name}) S {parent} 7 7 0 -1 4194304 1 2 3 4 {own} 0 {children} 0 20 0 1 0 99 1 2");
        stat(&text).unwrap()
    }

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let found = stat("42 (a) b (c)) S 3 42 42 0 -1 4194304 1 2 3 4 100 20 7 5 20 0 1 0 99 1 2").unwrap();
        assert_eq!(found, Stat { name: "a) b (c)".to_owned(), parent: 3, own: 120, children: 12 });
        assert_eq!(stat("42 (short) S 3"), None);
    }

    #[test]
    fn postgres_counts_its_dead_once_and_nobody_elses() {
        let table = BTreeMap::from([
            (10, line("sluice", 1, 500, 50)),
            (11, line("sh", 10, 1, 1000)),
            (12, line("postgres", 11, 10, 3)),
            (13, line("postgres", 12, 20, 900)),
            (90, line("postgres", 1, 7000, 0)),
        ]);
        let found = postgres_below(&table, 10);
        assert_eq!(found, BTreeSet::from([12, 13]));
        assert_eq!(found.iter().map(|pid| used_by_postgres(&table, *pid)).sum::<u64>(), 33);
    }

    #[test]
    fn sizes_are_read_in_kilobytes() {
        let text = "Name:\tx\nVmHWM:\t   2048 kB\nPss_Anon:  5 kB\nPss:   12 kB\n";
        assert_eq!(kilobytes(text, "VmHWM:"), Some(2048));
        assert_eq!(kilobytes(text, "Pss:"), Some(12));
        assert_eq!(kilobytes(text, "VmRSS:"), None);
    }

    #[test]
    fn this_very_process_is_seen() {
        let used = Processes { sluice: std::process::id() };
        assert!(used.memory().sluice_peak_rss > 100_000);
        assert!(table().contains_key(&std::process::id()));
    }
}
