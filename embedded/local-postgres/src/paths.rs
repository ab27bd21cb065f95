//! Where one local server keeps what it has: its files, socket, log and lock. All of it follows from the data folder's path
//! alone, so that a second process finds the server of the first without asking.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::{
    account::{Account, own_uid},
    error::{StartError, unwritable},
};

/// Longest path of a unix socket in bytes, without the closing zero; macOS has the lower limit.
const LONGEST_SOCKET: usize = 103;
const SOCKET: &str = "/.s.PGSQL.5432";
/// Where a root process keeps the files of a server whose user cannot enter the data folder.
const STATE: &str = "/var/lib/sluice";
/// The system's own folder rather than the one TMPDIR names: two processes must find the same one.
const SHORT: &str = "/tmp";

/// The paths of one server.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    /// PostgreSQL's data directory; not there until it was made.
    pub(super) cluster: PathBuf,
    /// The folder of the unix socket.
    pub(super) sockets: PathBuf,
    /// The server's log.
    pub(super) log: PathBuf,
    /// Who runs the server.
    pub(super) account: Account,
    /// For a temporary server: the folder to remove after it.
    pub(super) temporary: Option<PathBuf>,
    lock: PathBuf,
    users: PathBuf,
}

/// Held by the process that runs the server; the system frees it however that process ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Held by each process that uses the server and would be cut short if it were stopped.
#[derive(Debug)]
pub(super) struct SharedLock {
    _file: File,
}

/// Held by the process that stops the server: nobody uses it.
#[derive(Debug)]
pub(super) struct ExclusiveLock {
    _file: File,
}

impl Paths {
    /// Those that belong to the data folder, which is made if it is missing.
    pub(super) fn of(data_dir: &Path) -> Result<Self, StartError> {
        if data_dir.exists() && !data_dir.is_dir() {
            return Err(StartError::NotAFolder { path: data_dir.to_path_buf() });
        }
        fs::create_dir_all(data_dir).map_err(|source| unwritable(data_dir, source))?;
        let data_dir = fs::canonicalize(data_dir).map_err(|source| unwritable(data_dir, source))?;
        let beside = data_dir.join("postgres");
        let cluster = fs::read_link(&beside).unwrap_or_else(|_| beside.clone());
        let account = Account::choose(&cluster)?;
        let parent = cluster.parent().unwrap_or(&data_dir);
        if account == Account::Own || account.can_enter(parent) {
            return Self::at(cluster, account);
        }
        match account {
            Account::Other { uid, .. } if cluster.exists() => Err(StartError::Unreachable { path: cluster, uid }),
            Account::Own | Account::Other { .. } => Self::at(elsewhere(&beside)?, account),
        }
    }

    /// Those in a new temporary folder, which the server's watchdog removes.
    pub(super) fn temporary() -> Result<Self, StartError> {
        let account = Account::choose(Path::new(STATE).join("none").as_path())?;
        // As the system names it: a running server tells its folder without links.
        let usual = fs::canonicalize(std::env::temp_dir()).unwrap_or_else(|_| PathBuf::from(SHORT));
        let fits = socket_fits(&usual.join("sluice-test-0123456789/postgres")) && account.can_enter(&usual);
        let parent = if fits { usual } else { PathBuf::from(SHORT) };
        let folder = tempfile::Builder::new()
            .prefix("sluice-test-")
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(&parent)
            .map_err(|source| unwritable(&parent, source))?;
        account.own(folder.path())?;
        let paths = Self::at(folder.path().join("postgres"), account)?;
        Ok(Self { temporary: Some(folder.keep()), ..paths })
    }

    fn at(cluster: PathBuf, account: Account) -> Result<Self, StartError> {
        let sockets = if socket_fits(&cluster) {
            cluster.clone()
        } else {
            Path::new(SHORT).join(format!("sluice-{}", fingerprint(&cluster)))
        };
        let paths = Self {
            sockets,
            log: cluster.with_extension("log"),
            lock: cluster.with_extension("lock"),
            users: cluster.with_extension("users"),
            cluster,
            account,
            temporary: None,
        };
        unlocked(&paths.lock)?;
        Ok(paths)
    }

    /// Takes the lock, unless another process has it.
    pub(super) fn try_lock(&self) -> Result<Option<Lock>, StartError> {
        let mut file = unlocked(&self.lock)?;
        if !is_got(&self.lock, file.try_lock())? {
            return Ok(None);
        }
        let told = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
        told.map_err(|source| unwritable(&self.lock, source))?;
        Ok(Some(Lock { _file: file }))
    }

    /// Says that this process uses the server, unless another one is about to stop it.
    pub(super) fn try_share(&self) -> Result<Option<SharedLock>, StartError> {
        let file = unlocked(&self.users)?;
        Ok(is_got(&self.users, file.try_lock_shared())?.then_some(SharedLock { _file: file }))
    }

    /// Keeps everybody from beginning to use the server, unless somebody uses it.
    pub(super) fn try_be_alone(&self) -> Result<Option<ExclusiveLock>, StartError> {
        let file = unlocked(&self.users)?;
        Ok(is_got(&self.users, file.try_lock())?.then_some(ExclusiveLock { _file: file }))
    }

    /// The process that has the lock, as it wrote itself down.
    pub(super) fn owner(&self) -> String {
        let mut owner = String::new();
        match unlocked(&self.lock).map(|mut file| file.read_to_string(&mut owner)) {
            Ok(Ok(length)) if length > 0 => owner,
            Ok(_) | Err(_) => "unknown".to_owned(),
        }
    }

    /// Makes sure that the socket's folder is there and nobody else's.
    pub(super) fn prepare_sockets(&self) -> Result<(), StartError> {
        if self.sockets == self.cluster {
            return Ok(());
        }
        let failed = |source| unwritable(&self.sockets, source);
        match fs::DirBuilder::new().mode(0o700).create(&self.sockets) {
            Ok(()) => self.account.own(&self.sockets),
            Err(source) if source.kind() == std::io::ErrorKind::AlreadyExists => {
                // Anybody may write to the parent: what stands there must be a real folder of the server's user.
                let found = fs::symlink_metadata(&self.sockets).map_err(failed)?;
                if !found.is_dir() || found.mode() & 0o077 != 0 {
                    return Err(failed(source));
                }
                match self.account.uid()? {
                    uid if uid == found.uid() => Ok(()),
                    _ => Err(StartError::OwnedByAnother { path: self.sockets.clone(), owner: found.uid() }),
                }
            }
            Err(source) => Err(failed(source)),
        }
    }

    /// The address of a database of this server, for sqlx and for psql alike.
    pub(super) fn url(&self, database: &str) -> String {
        address(&self.sockets, "5432", database)
    }

    /// The major version that made the database files, if they are there.
    pub(super) fn made_by(&self) -> Result<Option<u32>, StartError> {
        match fs::read_to_string(self.cluster.join("PG_VERSION")) {
            Ok(version) => match version.trim().parse() {
                Ok(major) => Ok(Some(major)),
                Err(_) => Err(StartError::NotADatabase { path: self.cluster.clone() }),
            },
            Err(_) if fs::read_dir(&self.cluster).is_ok_and(|mut entries| entries.next().is_some()) => {
                Err(StartError::NotADatabase { path: self.cluster.clone() })
            }
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(unwritable(&self.cluster, source)),
        }
    }
}

/// The address of a database of the server that has its socket in that folder.
pub(super) fn address(sockets: &Path, port: &str, database: &str) -> String {
    let host = percent_encoded(sockets);
    format!("postgres://sluice@localhost:{port}/{database}?host={host}&sslmode=disable")
}

/// Whether the data folder has database files, or a process that holds its lock and will make them. What cannot be looked at
/// counts as there: opening it says what is wrong.
pub(super) fn is_taken(data_dir: &Path) -> bool {
    let beside = data_dir.join("postgres");
    let cluster = fs::read_link(&beside).unwrap_or(beside);
    if cluster.join("PG_VERSION").try_exists().unwrap_or(true) {
        return true;
    }
    let lock = File::open(cluster.with_extension("lock"));
    lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
}

fn unlocked(path: &Path) -> Result<File, StartError> {
    fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|source| unwritable(path, source))
}

/// Whether a lock was got, and not another process' to keep.
fn is_got(path: &Path, tried: Result<(), TryLockError>) -> Result<bool, StartError> {
    match tried {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(source)) => Err(unwritable(path, source)),
    }
}

/// A folder that any account can reach, with a link to it from where the files would have been.
fn elsewhere(beside: &Path) -> Result<PathBuf, StartError> {
    let state = Path::new(STATE);
    fs::create_dir_all(state).map_err(|source| unwritable(state, source))?;
    if own_uid()? == 0 {
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(state, open).map_err(|source| unwritable(state, source))?;
    }
    let cluster = state.join(fingerprint(beside));
    match symlink(&cluster, beside) {
        Ok(()) => Ok(cluster),
        Err(_) if fs::read_link(beside).is_ok_and(|target| target == cluster) => Ok(cluster),
        Err(source) => Err(unwritable(beside, source)),
    }
}

/// Sixteen hexadecimal digits that stand for a path (FNV-1a): it must come out the same in every build for ever.
fn fingerprint(path: &Path) -> String {
    let hash = path
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

fn socket_fits(folder: &Path) -> bool {
    folder.to_str().is_some_and(|path| path.len() + SOCKET.len() <= LONGEST_SOCKET)
}

fn percent_encoded(path: &Path) -> String {
    let mut encoded = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        match char::from(*byte) {
            plain @ ('a'..='z' | 'A'..='Z' | '0'..='9' | '/' | '-' | '_' | '.' | '~') => encoded.push(plain),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

    use std::str::FromStr;

    use sqlx::postgres::PgConnectOptions;

    use super::*;

    #[test]
    fn sqlx_reads_the_address_of_any_path() {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let data_dir = folder.path().join("a b+c%41&d=é#?");
        let paths = Paths::of(&data_dir).unwrap();
        let options = PgConnectOptions::from_str(&paths.url("sluice")).unwrap();
        assert_eq!(options.get_socket(), Some(&paths.sockets));
        assert_eq!((options.get_username(), options.get_database()), ("sluice", Some("sluice")));
        assert_eq!(options.get_port(), 5432);
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for path in [file.path().to_path_buf(), file.path().join("below")] {
            let error = Paths::of(&path).unwrap_err();
            assert!(matches!(error, StartError::NotAFolder { .. }), "{error}");
        }
    }

    #[test]
    fn an_unwritable_folder_is_named() {
        // Root may write anywhere but here.
        let error = Paths::of(Path::new("/proc/sluice")).unwrap_err();
        assert!(error.to_string().starts_with("cannot write /proc/sluice: make it writable"), "{error}");
    }

    #[test]
    fn the_lock_is_for_one_and_names_its_holder() {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let paths = Paths::of(folder.path()).unwrap();
        let lock = paths.try_lock().unwrap();
        assert!(lock.is_some());
        assert!(paths.try_lock().unwrap().is_none());
        assert_eq!(paths.owner(), std::process::id().to_string());
        drop(lock);
        // A process that another test starts at this moment holds copies of our files until it runs its program.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while paths.try_lock().unwrap().is_none() {
            assert!(std::time::Instant::now() < deadline, "the lock was never freed");
            std::thread::yield_now();
        }
    }

    #[test]
    fn looking_whether_there_is_a_database_makes_nothing() {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let data_dir = folder.path().join("data");
        assert!(!is_taken(&data_dir) && !data_dir.exists());
        let paths = Paths::of(&data_dir).unwrap();
        assert!(!is_taken(&data_dir));
        let lock = paths.try_lock().unwrap().unwrap();
        assert!(is_taken(&data_dir), "a process is making it");
        drop(lock);
        fs::create_dir_all(&paths.cluster).unwrap();
        fs::write(paths.cluster.join("PG_VERSION"), "15").unwrap();
        assert!(is_taken(&data_dir));
        fs::remove_dir_all(&paths.cluster).unwrap();
    }

    #[test]
    fn a_folder_with_other_files_is_not_taken_for_a_database() {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let paths = Paths::of(folder.path()).unwrap();
        assert_eq!(paths.made_by().unwrap(), None);
        fs::create_dir(&paths.cluster).unwrap();
        assert_eq!(paths.made_by().unwrap(), None);
        fs::write(paths.cluster.join("holiday.jpg"), "").unwrap();
        assert!(matches!(paths.made_by(), Err(StartError::NotADatabase { .. })));
    }

    #[test]
    fn a_long_path_gets_a_short_socket_that_others_cannot_occupy() {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let paths = Paths::of(&folder.path().join("long".repeat(25))).unwrap();
        assert!(paths.sockets.as_os_str().len() + SOCKET.len() <= LONGEST_SOCKET);
        paths.prepare_sockets().unwrap();
        paths.prepare_sockets().unwrap();
        fs::set_permissions(&paths.sockets, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(paths.prepare_sockets().is_err());
        fs::remove_dir(&paths.sockets).unwrap();
    }

    #[test]
    fn below_a_closed_folder_the_files_go_where_their_user_can_reach_them() {
        if own_uid().unwrap() != 0 {
            return;
        }
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let paths = Paths::of(folder.path()).unwrap();
        assert!(paths.cluster.starts_with(STATE));
        assert_eq!(fs::read_link(folder.path().join("postgres")).unwrap(), paths.cluster);
        assert_eq!(Paths::of(folder.path()).unwrap().cluster, paths.cluster);
        fs::remove_file(paths.lock).unwrap();
    }
}
