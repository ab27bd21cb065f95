//! Finds PostgreSQL's programs on this machine. Distributions keep them off the PATH, and several major versions can stand
//! side by side, of which only one can read a given data folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{
    account::Account,
    error::StartError,
    fetch,
    programs::{MINIMUM_MAJOR, bin_folders},
};

/// One installed PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Installation {
    /// The folder with `initdb`, `postgres` and `pg_ctl`.
    pub(super) bin: PathBuf,
    /// Its major version.
    pub(super) major: u32,
    /// Whether it is the one that the user's PATH names.
    pub(super) on_path: bool,
}

impl Installation {
    /// The path of one of its programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    /// Looks into a folder, as the account that will run what is there.
    fn at(bin: &Path, on_path: bool, account: Account) -> Option<Self> {
        // A link on the PATH leads to one program; the others stand beside the real one.
        let bin = fs::canonicalize(bin.join("initdb")).ok()?.parent()?.to_path_buf();
        if !bin.join("postgres").exists() || !bin.join("pg_ctl").exists() {
            return None;
        }
        let output = account.command(bin.join("postgres")).arg("--version").output().ok()?;
        let major = major_version(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self { bin, major, on_path })
    }
}

/// Where to look for installations.
#[derive(Debug, Clone)]
pub(super) enum Search {
    /// Everywhere that they usually are, and in the cache of fetched ones.
    Machine,
    /// In these folders only; for tests.
    #[cfg(test)]
    Only(Vec<PathBuf>),
}

impl Search {
    /// All installations that the account can run, the one on the PATH first.
    pub(super) fn installed(&self, account: Account) -> Vec<Installation> {
        let (on_path, elsewhere) = match self {
            Self::Machine => {
                (path_folders(), usual_folders().into_iter().chain(fetch::fetched(account)).collect::<Vec<_>>())
            }
            #[cfg(test)]
            Self::Only(folders) => (Vec::new(), folders.clone()),
        };
        let mut found: Vec<Installation> = Vec::new();
        let folders = on_path.iter().map(|bin| (bin, true)).chain(elsewhere.iter().map(|bin| (bin, false)));
        for (bin, on_path) in folders {
            if let Some(installation) = Installation::at(bin, on_path, account)
                && found.iter().all(|other| other.bin != installation.bin)
            {
                found.push(installation);
            }
        }
        found
    }
}

/// Which installation to use.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// This one.
    Use(Installation),
    /// None here will do, but the one that can be fetched will.
    Fetch,
}

/// Chooses for the data folder `cluster`, made by the major version `made_by` if it exists yet.
pub(super) fn choose(installed: &[Installation], made_by: Option<u32>, cluster: &Path) -> Result<Choice, StartError> {
    match made_by {
        Some(found) if found < MINIMUM_MAJOR => {
            Err(StartError::TooOld { path: cluster.to_path_buf(), found, minimum: MINIMUM_MAJOR })
        }
        Some(found) => match installed.iter().find(|one| one.major == found) {
            Some(one) => Ok(Choice::Use(one.clone())),
            None if fetch::MAJORS.contains(&found) => Ok(Choice::Fetch),
            None => {
                let mut majors: Vec<u32> = installed.iter().map(|one| one.major).collect();
                majors.sort_unstable();
                majors.dedup();
                Err(StartError::OtherMajor { path: cluster.to_path_buf(), found, installed: majors })
            }
        },
        None => {
            let usable = || installed.iter().filter(|one| one.major >= MINIMUM_MAJOR);
            let best = usable().find(|one| one.on_path).or_else(|| usable().max_by_key(|one| one.major));
            Ok(best.map_or(Choice::Fetch, |one| Choice::Use(one.clone())))
        }
    }
}

/// The major version in the answer to `postgres --version`, `postgres (PostgreSQL) 15.18 (...)`.
fn major_version(answer: &str) -> Option<u32> {
    let version = answer.strip_prefix("postgres (PostgreSQL) ")?;
    version.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

fn path_folders() -> Vec<PathBuf> {
    std::env::var_os("PATH").map_or_else(Vec::new, |path| {
        std::env::split_paths(&path).filter(|folder| folder.is_absolute() && folder.join("postgres").exists()).collect()
    })
}

/// Where Debian, Red Hat, Homebrew and Postgres.app keep their programs: a folder, the start of a name in it, and what follows.
const USUAL: [(&str, &str); 5] = [
    ("/usr/lib/postgresql", ""),
    ("/usr", "pgsql-"),
    ("/opt/homebrew/opt", "postgresql"),
    ("/usr/local/opt", "postgresql"),
    ("/Applications/Postgres.app/Contents/Versions", ""),
];

fn usual_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        USUAL.iter().flat_map(|(folder, start)| bin_folders(Path::new(folder), start)).collect();
    folders.push(PathBuf::from("/opt/homebrew/bin"));
    folders
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

    use super::*;

    fn one(major: u32, on_path: bool) -> Installation {
        Installation { bin: PathBuf::from(format!("/pg/{major}")), major, on_path }
    }

    fn chosen(installed: &[Installation], made_by: Option<u32>) -> Option<u32> {
        match choose(installed, made_by, Path::new("/data")).unwrap() {
            Choice::Use(installation) => Some(installation.major),
            Choice::Fetch => None,
        }
    }

    #[test]
    fn a_new_database_takes_the_path_then_the_highest_version() {
        assert_eq!(chosen(&[one(17, false), one(16, true), one(18, false)], None), Some(16));
        assert_eq!(chosen(&[one(15, false), one(17, false), one(16, false)], None), Some(17));
        assert_eq!(chosen(&[one(17, false), one(12, true)], None), Some(17));
    }

    #[test]
    fn an_existing_database_takes_its_own_version_though_a_higher_one_is_there() {
        assert_eq!(chosen(&[one(18, true), one(15, false)], Some(15)), Some(15));
    }

    #[test]
    fn what_is_not_here_is_fetched_if_it_can_be() {
        assert_eq!(chosen(&[], None), None);
        assert_eq!(chosen(&[one(14, true)], None), None);
        assert_eq!(chosen(&[one(15, true)], Some(18)), None);
    }

    #[test]
    fn a_version_that_cannot_be_had_is_named_with_what_is_here() {
        let error = choose(&[one(15, true), one(16, false)], Some(17), Path::new("/data")).unwrap_err().to_string();
        assert!(error.contains("made by PostgreSQL 17 but this machine has 15 and 16"), "{error}");
        let error = choose(&[one(15, true)], Some(12), Path::new("/data")).unwrap_err().to_string();
        assert!(error.contains("made by PostgreSQL 12 but sluice needs 15 or newer"), "{error}");
    }

    #[test]
    fn only_postgres_itself_answers_with_a_version() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(major_version("a wrapper 3.1\n"), None);
    }
}
