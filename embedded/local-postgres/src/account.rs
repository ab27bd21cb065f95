//! Who runs the server. PostgreSQL refuses root, so a root process hands it to an ordinary account; the standard
//! library's `uid` and `gid` do that (and drop the extra groups) without any program or unsafe code.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::{StartError, unwritable};

/// The user that the server's processes run as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    /// The user of this process.
    Own,
    /// Another user; this process is root.
    Other {
        /// Its user id.
        uid: u32,
        /// Its group id.
        gid: u32,
    },
}

impl Account {
    /// Chooses the account for the database in `cluster`: its owner if it exists, else `postgres` or `nobody` for a root process.
    pub(super) fn choose(cluster: &Path) -> Result<Self, StartError> {
        let own = own_uid()?;
        let owner = fs::metadata(cluster).map(|found| (found.uid(), found.gid()));
        match (own, owner) {
            (0, Ok((uid, gid))) if uid != 0 => Ok(Self::Other { uid, gid }),
            (0, _) => Self::unprivileged(),
            (own, Ok((uid, _))) if uid != own => {
                Err(StartError::OwnedByAnother { path: cluster.to_path_buf(), owner: uid })
            }
            (_, _) => Ok(Self::Own),
        }
    }

    fn unprivileged() -> Result<Self, StartError> {
        for name in ["postgres", "nobody"] {
            if let (Some(uid), Some(gid)) = (id(&["-u", name])?, id(&["-g", name])?)
                && uid != 0
            {
                if name == "nobody" {
                    // Whatever else runs as that user owns the database's files too: no password would keep it out.
                    tracing::warn!(
                        "PostgreSQL runs as nobody, and what else runs as nobody can read it: make a user postgres, or \
                         start sluice as an ordinary user"
                    );
                }
                return Ok(Self::Other { uid, gid });
            }
        }
        Err(StartError::NoServerUser)
    }

    /// A command that will run as this account, away from folders it may not be able to enter.
    pub(super) fn command(self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        // Settings of somebody else's database must not leak in: PGDATA, PGPORT, PGHOST and so on.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command.env("LC_ALL", "C").current_dir("/").stdin(Stdio::null());
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Gives a file or folder to this account.
    pub(super) fn own(self, path: &Path) -> Result<(), StartError> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid } => chown(path, Some(uid), Some(gid)).map_err(|source| unwritable(path, source)),
        }
    }

    /// Whether this account can enter a folder: its permissions and those of all its parents decide.
    pub(super) fn can_enter(self, folder: &Path) -> bool {
        let mut command = self.command("/bin/sh");
        command.args(["-c", "cd \"$1\"", "sh"]).arg(folder).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    /// The user id that the server's files must have.
    pub(super) fn uid(self) -> Result<u32, StartError> {
        match self {
            Self::Own => own_uid(),
            Self::Other { uid, .. } => Ok(uid),
        }
    }
}

/// The user id of this process. The standard library does not tell it, `id` does everywhere.
///
/// # Errors
/// If `id` cannot be run, or tells no number.
pub fn own_uid() -> Result<u32, StartError> {
    id(&["-u"])?.ok_or_else(|| StartError::NotRun {
        program: "id -u".to_owned(),
        source: std::io::Error::from(std::io::ErrorKind::InvalidData),
    })
}

fn id(arguments: &[&str]) -> Result<Option<u32>, StartError> {
    let output = Command::new("id")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| StartError::NotRun { program: "id".to_owned(), source })?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse().ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_closed_folder_cannot_be_entered_and_an_open_one_can() {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let account = Account::choose(Path::new("/nowhere")).unwrap();
        account.own(folder.path()).unwrap();
        assert!(account.can_enter(folder.path()));
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o000)).unwrap();
        assert!(!account.can_enter(folder.path()));
    }

    #[test]
    fn the_account_is_never_root() {
        assert_ne!(Account::choose(Path::new("/nowhere")).unwrap().uid().unwrap(), 0);
    }

    #[test]
    fn an_existing_database_keeps_its_owner() {
        if own_uid().unwrap() != 0 {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        chown(folder.path(), Some(12_345), Some(12_345)).unwrap();
        assert_eq!(Account::choose(folder.path()).unwrap(), Account::Other { uid: 12_345, gid: 12_345 });
    }
}
