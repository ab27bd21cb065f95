//! What the figures were measured on: without it they mean nothing.

use serde::Serialize;
use std::{fs, path::Path};

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) cores: usize,
    pub(crate) processor: String,
    /// Of the last minute, before the run: what else was going on.
    pub(crate) load_average_before: Option<f64>,
    /// Of the last minute, after it.
    pub(crate) load_average_after: Option<f64>,
    /// What the data folder is on.
    pub(crate) file_system: Option<String>,
    pub(crate) database: &'static str,
    /// How the pipeline was built.
    pub(crate) build: &'static str,
}

impl Machine {
    pub(crate) fn before(folder: &Path, own_database: bool, own_program: bool) -> Self {
        let cpu_info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpu_info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            processor: model.map_or_else(|| "unknown".to_owned(), |(_, name)| name.trim().to_owned()),
            load_average_before: load_average(),
            load_average_after: None,
            file_system: fs::read_to_string("/proc/mounts").ok().and_then(|mounts| file_system(&mounts, folder)),
            database: if own_database { "sluice's own (fsync on)" } else { "as given" },
            build: match (own_program, cfg!(debug_assertions)) {
                (false, _) => "as given",
                (true, true) => "debug",
                (true, false) => "release",
            },
        }
    }

    pub(crate) fn after(self) -> Self {
        Self { load_average_after: load_average(), ..self }
    }

    /// Whether a promise that data is on disk costs nothing here because there is no disk.
    pub(crate) fn is_in_memory(&self) -> bool {
        self.file_system.as_deref() == Some("tmpfs")
    }
}

fn load_average() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

/// The type of the mount that holds the folder: of those above it, the nearest.
fn file_system(mounts: &str, folder: &Path) -> Option<String> {
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    let above = mounts.filter(|(at, _)| folder.starts_with(at));
    above.max_by_key(|(at, _)| at.len()).map(|(_, kind)| kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_mount_holds_the_folder() {
        let mounts = "/dev/a / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/b /tmp/deep xfs rw 0 0\n";
        let of = |folder: &str| file_system(mounts, Path::new(folder));
        assert_eq!(of("/home/x").as_deref(), Some("ext4"));
        assert_eq!(of("/tmp/x").as_deref(), Some("tmpfs"));
        assert_eq!(of("/tmp/deep/x").as_deref(), Some("xfs"));
        assert_eq!(of("/tmpx").as_deref(), Some("ext4"));
    }
}
