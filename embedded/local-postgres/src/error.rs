//! Why a local server cannot start. People read these sentences as they stand, so each says what to do next.

use std::io;
use std::path::PathBuf;

/// Why the local PostgreSQL did not start. The text is one sentence meant for the person at the terminal.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder's path, or one of its parents, is something other than a folder.
    #[error("{} is not a folder: remove it, or choose another data folder with SLUICE_DATA_DIR", .path.display())]
    NotAFolder {
        /// What was meant to be a folder.
        path: PathBuf,
    },
    /// A folder or file that the server needs cannot be made or written.
    #[error("cannot write {}: make it writable for this user, or choose another data folder with SLUICE_DATA_DIR ({source})", .path.display())]
    Unwritable {
        /// What could not be made or written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database files belong to another user of the machine.
    #[error("the database in {} belongs to another user (uid {owner}): run sluice as that user, or choose another data folder with SLUICE_DATA_DIR", .path.display())]
    OwnedByAnother {
        /// The folder of the database files.
        path: PathBuf,
        /// Who owns it.
        owner: u32,
    },
    /// The folder meant for the database files holds something else.
    #[error("{} holds files that are no PostgreSQL database: move them away, or choose another data folder with SLUICE_DATA_DIR", .path.display())]
    NotADatabase {
        /// The folder of the database files.
        path: PathBuf,
    },
    /// Started as root, and no other user can run the server.
    #[error(
        "PostgreSQL refuses to run as root, and neither a user postgres nor nobody exists to run it: run sluice as an ordinary user, or set DATABASE_URL"
    )]
    NoServerUser,
    /// The user that is to run the server cannot reach its files.
    #[error("the user that runs PostgreSQL (uid {uid}) cannot enter {}: allow it with chmod o+x on the folder and its parents, or choose another data folder with SLUICE_DATA_DIR", .path.display())]
    Unreachable {
        /// The folder that cannot be entered.
        path: PathBuf,
        /// The user that runs the server.
        uid: u32,
    },
    /// Neither PostgreSQL nor what could fetch it is here.
    #[error(
        "PostgreSQL {minimum} or newer was not found, nor python3 with pip to fetch it: install PostgreSQL (apt install postgresql, brew install postgresql), or set DATABASE_URL"
    )]
    NothingInstalled {
        /// The oldest major version that will do.
        minimum: u32,
    },
    /// pip did not deliver PostgreSQL.
    #[error(
        "PostgreSQL was not found and could not be fetched with pip: install PostgreSQL (apt install postgresql, brew install postgresql), or set DATABASE_URL (pip said: {reason})"
    )]
    NotFetched {
        /// The last words of pip.
        reason: String,
    },
    /// The data folder was made by a major version that is not here.
    #[error("the database in {} was made by PostgreSQL {found} but this machine has {}: install PostgreSQL {found}, or move that folder away to start with an empty database", .path.display(), majors(.installed))]
    OtherMajor {
        /// The folder of the database files.
        path: PathBuf,
        /// The major version that made it.
        found: u32,
        /// The major versions installed here.
        installed: Vec<u32>,
    },
    /// The data folder was made by a major version too old for this pipeline.
    #[error("the database in {} was made by PostgreSQL {found} but sluice needs {minimum} or newer: upgrade it with pg_upgrade, or move that folder away to start with an empty database", .path.display())]
    TooOld {
        /// The folder of the database files.
        path: PathBuf,
        /// The major version that made it.
        found: u32,
        /// The oldest major version that will do.
        minimum: u32,
    },
    /// The disk has no room left.
    #[error("the disk that holds {} is full: free some space, or choose another data folder with SLUICE_DATA_DIR", .path.display())]
    DiskFull {
        /// What could not be written.
        path: PathBuf,
    },
    /// initdb failed.
    #[error("PostgreSQL could not create its database in {}: mend what it said and start again (initdb said: {reason})", .path.display())]
    NotCreated {
        /// The folder of the database files.
        path: PathBuf,
        /// The last line of initdb's output.
        reason: String,
    },
    /// The server ended before it was ready.
    #[error("PostgreSQL ended while it started: its log is {} (last line: {reason})", .log.display())]
    Ended {
        /// The server's log.
        log: PathBuf,
        /// Its last line.
        reason: String,
    },
    /// The server did not accept connections in time.
    #[error("PostgreSQL was not ready after {seconds} s: its log is {} (last line: {reason})", .log.display())]
    NotReady {
        /// How long it was waited for.
        seconds: u64,
        /// The server's log.
        log: PathBuf,
        /// Its last line.
        reason: String,
    },
    /// The process that owns the data folder has no server that answers.
    #[error("another sluice (process {owner}) uses {} but its PostgreSQL did not answer within {seconds} s: stop that process, or choose another data folder with SLUICE_DATA_DIR", .path.display())]
    OwnerSilent {
        /// The process that holds the lock.
        owner: String,
        /// The folder of the database files.
        path: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },
    /// A server of an earlier process cannot be stopped.
    #[error("an earlier PostgreSQL (process {pid}) still runs on {} and does not stop: end that process and start again", .path.display())]
    StillRunning {
        /// The earlier postmaster.
        pid: u32,
        /// The folder of the database files.
        path: PathBuf,
    },
    /// A server runs that somebody else started or uses, and it cannot be used as ours would be.
    #[error("a PostgreSQL that somebody else started or uses (process {pid}) runs on {folder} and is left alone: end the work on it and stop it (pg_ctl stop -D {folder}), or use it as it is with DATABASE_URL='{address}'", folder = .path.display())]
    ServerOfAnother {
        /// Its first process.
        pid: u32,
        /// The folder of the database files.
        path: PathBuf,
        /// Where it listens.
        address: String,
    },
    /// A program could not be run at all.
    #[error("cannot run {program}: install it or mend its permissions ({source})")]
    NotRun {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// The server runs, but refused to make the database.
    #[error("PostgreSQL runs but refused to make the database: its log is {} ({source})", .log.display())]
    Refused {
        /// The server's log.
        log: PathBuf,
        /// What it said.
        source: sqlx::Error,
    },
    /// The runtime was shut down during the start.
    #[error("the start of PostgreSQL was interrupted: start again")]
    Interrupted,
}

/// Turns an error of the file system into the sentence that fits it.
pub(super) fn unwritable(path: &std::path::Path, source: io::Error) -> StartError {
    let path = path.to_path_buf();
    if source.kind() == io::ErrorKind::StorageFull {
        StartError::DiskFull { path }
    } else if source.kind() == io::ErrorKind::NotADirectory {
        StartError::NotAFolder { path }
    } else {
        StartError::Unwritable { path, source }
    }
}

fn majors(installed: &[u32]) -> String {
    if installed.is_empty() {
        return "none".to_owned();
    }
    let numbers: Vec<String> = installed.iter().map(u32::to_string).collect();
    numbers.join(" and ")
}

/// The line of a program's output that tells most: the last one that names an error, else the last one.
pub(super) fn telling_line(output: &str) -> String {
    let lines = || output.lines().map(str::trim).filter(|line| !line.is_empty());
    lines()
        .rfind(|line| {
            let line = line.to_ascii_lowercase();
            ["error", "fatal", "panic"].iter().any(|word| line.contains(word))
        })
        .or_else(|| lines().next_back())
        .unwrap_or("nothing")
        .to_owned()
}

/// Whether a program's output says that the disk is full; the second is PostgreSQL's hint after a short write.
pub(super) fn says_disk_full(output: &str) -> bool {
    ["No space left on device", "Check free disk space"].iter().any(|words| output.contains(words))
}

#[cfg(test)]
mod tests {
    use super::telling_line;

    #[test]
    fn the_line_with_the_error_is_told_rather_than_the_chatter_after_it() {
        assert_eq!(telling_line("start\nFATAL:  no room\nbye\n"), "FATAL:  no room");
        assert_eq!(telling_line("start\nlast words\n\n"), "last words");
        assert_eq!(telling_line(""), "nothing");
    }
}
