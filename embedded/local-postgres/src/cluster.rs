//! Makes the database files and starts the server on them. The settings are those of a small machine that must lose nothing:
//! fsync on, and a log that cannot hold personal data.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{
    error::{StartError, says_disk_full, telling_line, unwritable},
    installation::Installation,
    paths::Paths,
    watchdog::{self, Ending, Guarded, Output},
};

/// Read at each start, before `ALTER SYSTEM` settings, which therefore win.
const SETTINGS: &str = "\
# Written by sluice at each start: change a setting with ALTER SYSTEM, it wins over this file.
max_connections = 200
shared_buffers = 256MB
fsync = on
synchronous_commit = on
wal_compression = on
max_wal_size = 2GB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9
random_page_cost = 1.1
jit = off
# Two cores: a query that takes both starves the orders.
max_parallel_workers_per_gather = 0
# Rows of a queue die young: vacuum early, often, and without long naps.
autovacuum_naptime = 20s
autovacuum_vacuum_cost_delay = 2ms
autovacuum_vacuum_scale_factor = 0.1
timezone = 'UTC'
# As initdb puts it down, no parallel worker can read it: none could help to build an index or to vacuum.
default_text_search_config = 'pg_catalog.english'
# The log must not hold personal data: no statement, no parameter, no detail with the values of a row.
logging_collector = off
log_destination = 'stderr'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
log_min_messages = warning
log_error_verbosity = terse
log_statement = none
log_min_error_statement = panic
log_min_duration_statement = -1
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_checkpoints = off
";
const SETTINGS_FILE: &str = "sluice.conf";
/// The log is set aside at a start when it has grown past 10 MB.
const LONG_LOG: u64 = 10 << 20;

/// Makes the database files. They get their name only when they are complete: what a killed process left is made anew. Blocks.
pub(super) fn create(paths: &Paths, installation: &Installation) -> Result<(), StartError> {
    let unfinished = paths.cluster.with_extension("new");
    let mut failure = String::new();
    // Lower-casing of accents needs a UTF-8 character type, whose name differs between systems; comparing needs none.
    for character_type in ["C.UTF-8", "en_US.UTF-8", "C"] {
        empty_folder(paths, &unfinished)?;
        failure = match initdb(paths, installation, &unfinished, character_type)? {
            None => return finish(paths, &unfinished),
            Some(words) => words,
        };
        if !failure.contains("invalid locale") {
            break;
        }
    }
    remove(&unfinished)?;
    if says_disk_full(&failure) {
        return Err(StartError::DiskFull { path: paths.cluster.clone() });
    }
    Err(StartError::NotCreated { path: paths.cluster.clone(), reason: telling_line(&failure) })
}

fn empty_folder(paths: &Paths, folder: &Path) -> Result<(), StartError> {
    remove(folder)?;
    fs::DirBuilder::new().mode(0o700).create(folder).map_err(|source| unwritable(folder, source))?;
    paths.account.own(folder)
}

fn remove(folder: &Path) -> Result<(), StartError> {
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(unwritable(folder, source)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Runs initdb; what it said, if it failed.
fn initdb(
    paths: &Paths,
    installation: &Installation,
    folder: &Path,
    character_type: &str,
) -> Result<Option<String>, StartError> {
    let mut program = Command::new(installation.program("initdb"));
    program.arg("-D").arg(folder).args(["-U", "sluice", "-E", "UTF8", "--locale=C"]);
    program.arg(format!("--lc-ctype={character_type}"));
    program.args(["--text-search-config=english", "--data-checksums", "--no-instructions"]);
    // Until the first of them come around again, each piece of the log is filled with zeros first, and every commit waits
    // for that: at the usual 16 MB it is felt as one slow answer in a hundred.
    program.arg("--wal-segsize=4");
    program.args(["--auth-local=trust", "--auth-host=reject"]);
    if paths.temporary.is_some() {
        program.arg("--no-sync");
    }
    let Guarded { child, pipe } =
        watchdog::spawn(paths.account, &program, Ending::Terminate, paths.temporary.as_deref(), Output::Piped)?;
    let output =
        child.wait_with_output().map_err(|source| StartError::NotRun { program: "initdb".to_owned(), source })?;
    drop(pipe);
    if output.status.success() {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()))
}

fn finish(paths: &Paths, unfinished: &Path) -> Result<(), StartError> {
    let main = unfinished.join("postgresql.conf");
    let mut file = OpenOptions::new().append(true).open(&main).map_err(|source| unwritable(&main, source))?;
    writeln!(file, "\ninclude_if_exists = '{SETTINGS_FILE}'").map_err(|source| unwritable(&main, source))?;
    file.sync_all().map_err(|source| unwritable(&main, source))?;
    fs::rename(unfinished, &paths.cluster).map_err(|source| unwritable(&paths.cluster, source))?;
    let parent = paths.cluster.parent().unwrap_or(&paths.cluster);
    File::open(parent).and_then(|parent| parent.sync_all()).map_err(|source| unwritable(parent, source))
}

/// A server that was started, and where its words of this run begin in the log.
#[derive(Debug)]
pub(super) struct Started {
    /// The watchdog and its pipe.
    pub(super) guarded: Guarded,
    log: PathBuf,
    log_from: u64,
}

impl Started {
    /// The line of this run's log that tells most.
    pub(super) fn last_words(&self) -> String {
        let mut words = Vec::new();
        let read = File::open(&self.log).and_then(|mut file| {
            file.seek(SeekFrom::Start(self.log_from))?;
            file.read_to_end(&mut words)
        });
        match read {
            Ok(_) => telling_line(&String::from_utf8_lossy(&words)),
            Err(error) => error.to_string(),
        }
    }
}

/// Starts the server under its watchdog; it is not ready yet. Blocks for a moment.
pub(super) fn start(paths: &Paths, installation: &Installation) -> Result<Started, StartError> {
    write_settings(paths)?;
    paths.prepare_sockets()?;
    let (log, log_from) = open_log(&paths.log)?;
    let mut program = Command::new(installation.program("postgres"));
    program.args(arguments(paths));
    let ending = if paths.temporary.is_some() { Ending::Immediate } else { Ending::Fast };
    let guarded = watchdog::spawn(paths.account, &program, ending, paths.temporary.as_deref(), Output::File(log))?;
    Ok(Started { guarded, log: paths.log.clone(), log_from })
}

/// What the server is started with; one that runs with anything else was started by somebody else.
pub(super) fn arguments(paths: &Paths) -> Vec<OsString> {
    let mut arguments = vec![OsString::from("-D"), paths.cluster.clone().into_os_string()];
    // No TCP port: one that is taken cannot stop the start, and nobody else can come in.
    for (name, value) in [
        ("listen_addresses", String::new()),
        ("port", "5432".to_owned()),
        ("unix_socket_permissions", "0700".to_owned()),
        ("unix_socket_directories", format!("\"{}\"", paths.sockets.to_string_lossy().replace('"', "\"\""))),
    ] {
        arguments.extend([OsString::from("-c"), OsString::from(format!("{name}={value}"))]);
    }
    arguments
}

/// Written as a new file each time: the folder belongs to another account, whose links a root process must not follow.
fn write_settings(paths: &Paths) -> Result<(), StartError> {
    let path = paths.cluster.join(SETTINGS_FILE);
    match fs::remove_file(&path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => return Err(unwritable(&path, source)),
        Ok(()) | Err(_) => {}
    }
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| file.write_all(SETTINGS.as_bytes()));
    written.map_err(|source| unwritable(&path, source))?;
    paths.account.own(&path)
}

fn open_log(path: &Path) -> Result<(File, u64), StartError> {
    let failed = |source| unwritable(path, source);
    if fs::metadata(path).is_ok_and(|found| found.len() > LONG_LOG) {
        fs::rename(path, path.with_extension("log.1")).map_err(failed)?;
    }
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    Ok((file, length))
}
