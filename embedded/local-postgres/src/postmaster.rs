//! What an earlier process may have left in the data folder: a server that still shuts down, one that nobody stops, or only
//! the pid file of one that is gone, whose number may by now belong to any other program.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::{
    error::{StartError, unwritable},
    installation::Installation,
    owner,
    paths::Paths,
};

const POLL: Duration = Duration::from_millis(50);
/// How long a server that is shutting down by itself is left alone: 20 s.
const POLLS_SHUTTING_DOWN: u32 = 400;
/// How long a server may take to begin its shutdown before it is told to: 2 s.
const POLLS_UNTIL_TOLD: u32 = 40;
/// How long `pg_ctl stop` waits in each mode, in seconds.
const PG_CTL_SECONDS: &str = "20";

/// What `postmaster.pid` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Postmaster {
    /// The server's first process.
    pub(super) pid: u32,
    /// Whether it has begun to shut down.
    pub(super) stopping: bool,
}

impl Postmaster {
    /// Reads the pid file, if there is one that makes sense.
    pub(super) fn of(cluster: &Path) -> Option<Self> {
        let text = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok()?;
        // The eighth line is the state.
        let stopping = lines.nth(6).is_some_and(|state| state.trim() == "stopping");
        Some(Self { pid, stopping })
    }

    /// Whether the process is alive and is the server of this data folder.
    pub(super) fn lives(self, cluster: &Path) -> bool {
        let process = Path::new("/proc").join(self.pid.to_string());
        if Path::new("/proc/self/comm").exists() {
            let named = fs::read_to_string(process.join("comm")).is_ok_and(|name| name.trim() == "postgres");
            // A server works in its data folder; a dead one that nobody has reaped works nowhere.
            return named && fs::read_link(process.join("cwd")).is_ok_and(|folder| folder == cluster);
        }
        let pid = self.pid.to_string();
        let told = Command::new("ps").args(["-ww", "-o", "command=", "-p", &pid]).stdin(Stdio::null()).output();
        told.is_ok_and(|output| {
            let line = String::from_utf8_lossy(&output.stdout).into_owned();
            line.contains("postgres") && line.contains(&*cluster.to_string_lossy())
        })
    }
}

/// Waits until no server runs on the data folder any more, stops one that a killed process left behind, and removes a stale
/// pid file. To be called by the holder of the lock only. Blocks.
///
/// A server that somebody else started or uses is refused and left alone.
pub(super) fn clear_the_way(paths: &Paths, installation: &Installation) -> Result<(), StartError> {
    for poll in 0..POLLS_SHUTTING_DOWN {
        match Postmaster::of(&paths.cluster) {
            Some(server) if server.lives(&paths.cluster) => {
                if !server.stopping && (poll >= POLLS_UNTIL_TOLD || owner::started_otherwise(paths)) {
                    break;
                }
            }
            Some(_) | None => return remove_stale(&paths.cluster),
        }
        sleep(POLL);
    }
    if let Some(server) = owner::owned_server(paths) {
        return Err(owner::refusal(paths, server));
    }
    for mode in ["fast", "immediate"] {
        pg_ctl_stop(paths, installation, mode);
        match Postmaster::of(&paths.cluster) {
            Some(server) if server.lives(&paths.cluster) => {}
            Some(_) | None => return remove_stale(&paths.cluster),
        }
    }
    match Postmaster::of(&paths.cluster) {
        Some(server) => Err(StartError::StillRunning { pid: server.pid, path: paths.cluster.clone() }),
        None => Ok(()),
    }
}

/// What pg_ctl answers does not matter: whether the server is gone is looked at afterwards.
fn pg_ctl_stop(paths: &Paths, installation: &Installation, mode: &str) {
    let mut command = paths.account.command(installation.program("pg_ctl"));
    command.arg("stop").arg("-D").arg(&paths.cluster).args(["-m", mode, "-t", PG_CTL_SECONDS]);
    if let Err(error) = command.stdout(Stdio::null()).stderr(Stdio::null()).status() {
        tracing::warn!(%error, "pg_ctl could not be run");
    }
}

fn remove_stale(cluster: &Path) -> Result<(), StartError> {
    let file = cluster.join("postmaster.pid");
    match fs::remove_file(&file) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(unwritable(&file, source)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::path::PathBuf;

    use super::*;

    fn paths() -> (tempfile::TempDir, Paths) {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(folder.path(), open).unwrap();
        let paths = Paths::of(folder.path()).unwrap();
        fs::create_dir(&paths.cluster).unwrap();
        (folder, paths)
    }

    fn nothing() -> Installation {
        Installation { bin: PathBuf::from("/nowhere"), major: 15, on_path: false }
    }

    #[test]
    fn a_stale_pid_file_is_removed_whoever_has_the_number_now() {
        let (_folder, paths) = paths();
        let file = paths.cluster.join("postmaster.pid");
        // Ourselves: alive, but no server. Then a number that no process can have. Then no number.
        for content in [format!("{}\n/data\n", std::process::id()), "4294967295\n".to_owned(), String::new()] {
            fs::write(&file, content).unwrap();
            clear_the_way(&paths, &nothing()).unwrap();
            assert!(!file.exists());
        }
    }

    #[test]
    fn the_state_stands_on_the_eighth_line() {
        let (_folder, paths) = paths();
        let file = paths.cluster.join("postmaster.pid");
        fs::write(&file, "77\n/data\n1\n5432\n/run\n\n9 9\nstopping\n").unwrap();
        assert_eq!(Postmaster::of(&paths.cluster), Some(Postmaster { pid: 77, stopping: true }));
        fs::write(&file, "77\n/data\n1\n5432\n/run\n\n9 9\nready   \n").unwrap();
        assert_eq!(Postmaster::of(&paths.cluster), Some(Postmaster { pid: 77, stopping: false }));
    }
}
