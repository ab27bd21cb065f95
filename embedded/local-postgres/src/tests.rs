//! The whole life of a local server: started, killed, taken over, refused. A child process is this test binary again, told
//! by an environment variable to run the one test that plays the owner.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod owners;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

use crate::*;

const DEADLINE: Duration = Duration::from_secs(60);
/// A server that hangs is waited for no longer than this: well below the minute that patience would be.
const WITHOUT_ITS_HELP: Duration = Duration::from_secs(20);
/// What the child process is to own: `ephemeral`, or a data folder.
const ROLE: &str = "SLUICE_TEST_OWNER_OF";
/// Where it writes down that it is ready: the server's data directory.
const TELL: &str = "SLUICE_TEST_TELL";

/// A data folder that the server's user can enter, removed at the end.
fn data_folder() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("sluice-of-test-").tempdir_in("/tmp").unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// The whole machine, or the folder of programs that the tests are to be run with.
fn search() -> Search {
    std::env::var_os("SLUICE_TEST_POSTGRES").map_or(Search::Machine, |bin| Search::Only(vec![PathBuf::from(bin)]))
}

async fn try_start(data_dir: &Path) -> Result<LocalPostgres, StartError> {
    LocalPostgres::open(Paths::of(data_dir)?, search(), |_| {}).await
}

async fn start(data_dir: &Path) -> LocalPostgres {
    try_start(data_dir).await.unwrap()
}

async fn temporary() -> EphemeralPostgres {
    EphemeralPostgres::start_from(search()).await.unwrap()
}

async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(DEADLINE, wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// Whether a process lives that mentions the text in its command line: the watchdog and the postmaster both name their folder.
fn mentioned(text: &str) -> bool {
    let output = Command::new("ps").args(["-A", "-ww", "-o", "pid=,command="]).output().unwrap();
    let own = format!("{} ", std::process::id());
    let processes = String::from_utf8_lossy(&output.stdout).into_owned();
    processes
        .lines()
        .any(|line| line.contains(text) && !line.trim_start().starts_with(&own) && !line.contains("defunct"))
}

async fn says(url: &str, statement: &'static str) -> Result<i32, sqlx::Error> {
    let mut connection = connect(url).await?;
    sqlx::query_scalar(statement).fetch_one(&mut connection).await
}

async fn does(url: &str, statement: &'static str) {
    let mut connection = connect(url).await.unwrap();
    sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
}

fn pg_ctl(server: &LocalPostgres, mode: &str) {
    let mut command = server.command("pg_ctl").unwrap();
    command.arg("stop").arg("-D").arg(server.data_directory()).args(["-m", mode]);
    assert!(command.stdout(Stdio::null()).status().unwrap().success());
}

/// Kills what would stop the server when its owner is gone.
fn kill_watchdog_of(cluster: &str) {
    let output = Command::new("ps").args(["-A", "-ww", "-o", "pid=,command="]).output().unwrap();
    for line in String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| line.contains("watchdog") && line.contains(cluster))
    {
        let pid = line.split_whitespace().next().unwrap();
        assert!(Command::new("kill").args(["-9", pid]).status().unwrap().success());
    }
}

/// Starts the child and waits until its server is ready; gives the server's data directory too.
async fn owner_of(what: &str) -> (Child, String) {
    let told = data_folder();
    let file = told.path().join("told");
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::an_owner_tells_where_its_server_is"])
        .env(ROLE, what)
        .env(TELL, &file)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the child's server is ready", async || file.exists()).await;
    (child, fs::read_to_string(&file).unwrap())
}

/// By itself it owns a server for a moment; told by its environment, it is the owner that other tests kill.
#[tokio::test]
async fn an_owner_tells_where_its_server_is() {
    let folder = data_folder();
    let (role, tell) = match (std::env::var(ROLE), std::env::var(TELL)) {
        (Ok(role), Ok(tell)) => (role, tell),
        _ => ("ephemeral".to_owned(), folder.path().join("told").to_str().unwrap().to_owned()),
    };
    let (temporary, own);
    let server = if role == "ephemeral" {
        temporary = self::temporary().await;
        temporary.server()
    } else {
        own = start(Path::new(&role)).await;
        &own
    };
    let partial = format!("{tell}.partial");
    fs::write(&partial, server.data_directory().to_str().unwrap()).unwrap();
    fs::rename(&partial, &tell).unwrap();
    if std::env::var(ROLE).is_ok() {
        std::future::pending::<()>().await;
    }
    assert!(Path::new(&fs::read_to_string(&tell).unwrap()).join("PG_VERSION").exists());
}

#[tokio::test]
async fn a_stopped_server_is_gone_and_its_data_are_there_at_the_next_start() {
    let folder = data_folder();
    let server = start(folder.path()).await;
    does(server.url(), "create table kept as select 7 as n").await;
    assert_eq!(says(server.url(), "select count(*)::int from pg_settings where (name, setting) in (('fsync', 'on'), ('synchronous_commit', 'on'), ('data_checksums', 'on'), ('listen_addresses', ''), ('wal_compression', 'pglz'), ('autovacuum_naptime', '20'))").await.unwrap(), 6);
    assert_eq!(says(server.url(), "select (lower('ÀÉ') = 'àé')::int").await.unwrap(), 1);
    server.stop().await;
    assert!(!mentioned(folder.path().to_str().unwrap()));
    let server = start(folder.path()).await;
    assert_eq!(says(server.url(), "select n from kept").await.unwrap(), 7);
    server.stop().await;
}

/// A stopped process hears nothing, as one does that hangs in a disk: of the sessions' one, and the first one of all.
#[tokio::test]
async fn a_server_of_which_a_process_hangs_is_stopped_and_keeps_what_was_committed() {
    for is_first in [false, true] {
        let folder = data_folder();
        let server = start(folder.path()).await;
        does(server.url(), "create table kept as select 7 as n").await;
        let mut session = connect(server.url()).await.unwrap();
        let backend: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut session).await.unwrap();
        let pid = if is_first { server.postmaster_pid().unwrap().to_string() } else { backend.to_string() };
        assert!(Command::new("kill").args(["-s", "STOP", &pid]).status().unwrap().success());
        tokio::time::timeout(WITHOUT_ITS_HELP, server.stop()).await.unwrap();
        eventually("the server is gone", async || !mentioned(folder.path().to_str().unwrap())).await;
        let server = start(folder.path()).await;
        assert_eq!(says(server.url(), "select n from kept").await.unwrap(), 7);
        server.stop().await;
    }
}

#[tokio::test]
async fn a_killed_owner_leaves_no_process_and_no_temporary_folder() {
    let (mut child, cluster) = owner_of("ephemeral").await;
    let folder = Path::new(&cluster).parent().unwrap().to_path_buf();
    assert!(mentioned(folder.to_str().unwrap()));
    child.kill().unwrap();
    child.wait().unwrap();
    eventually("the server is gone", async || !mentioned(folder.to_str().unwrap())).await;
    eventually("the folder is gone", async || !folder.exists()).await;
}

#[tokio::test]
async fn a_start_right_after_a_kill_keeps_what_was_committed() {
    let folder = data_folder();
    let (mut child, _) = owner_of(folder.path().to_str().unwrap()).await;
    let url = Paths::of(folder.path()).unwrap().url("sluice");
    does(&url, "create table kept as select 7 as n").await;
    child.kill().unwrap();
    child.wait().unwrap();
    let server = start(folder.path()).await;
    assert!(server.programs().is_some());
    assert_eq!(says(server.url(), "select n from kept").await.unwrap(), 7);
    server.stop().await;
}

#[tokio::test]
async fn a_second_process_joins_and_takes_over_when_the_first_is_killed() {
    let folder = data_folder();
    let (mut child, _) = owner_of(folder.path().to_str().unwrap()).await;
    let guest = start(folder.path()).await;
    assert_eq!(guest.programs(), None);
    does(guest.url(), "create table kept as select 7 as n").await;
    let first = guest.postmaster_pid();
    child.kill().unwrap();
    child.wait().unwrap();
    let taken_over = async || guest.postmaster_pid() != first && says(guest.url(), "select n from kept").await.is_ok();
    eventually("the guest runs the server", taken_over).await;
    guest.stop().await;
    assert!(!mentioned(folder.path().to_str().unwrap()));
}

#[tokio::test]
async fn a_server_has_an_address_as_long_as_somebody_runs_it() {
    let folder = data_folder();
    let data_dir =
        folder.path().join("a folder of so long a name that no socket fits into it, with spaces ".repeat(2).trim());
    assert_eq!(LocalPostgres::running_at(&data_dir).await.unwrap(), None);
    assert!(!data_dir.exists(), "looking makes nothing");
    let server = start(&data_dir).await;
    let url = LocalPostgres::running_at(&data_dir).await.unwrap().unwrap();
    assert_eq!(url, server.url());
    assert_eq!(says(&url, "select 1").await.unwrap(), 1);
    server.stop().await;
    // A process that another test starts at this moment holds copies of the lock until it runs its program.
    eventually("nobody runs it", async || LocalPostgres::running_at(&data_dir).await.unwrap().is_none()).await;
}

#[tokio::test]
async fn a_guest_that_stops_leaves_the_server_to_its_owner() {
    let folder = data_folder();
    let owner = start(folder.path()).await;
    let guest = start(folder.path()).await;
    guest.stop().await;
    assert_eq!(says(owner.url(), "select 1").await.unwrap(), 1);
    owner.stop().await;
}

#[tokio::test]
async fn a_server_that_dies_is_started_again_at_the_same_address() {
    let own = temporary().await;
    let server = own.server();
    does(server.url(), "create table kept as select 7 as n").await;
    for round in 0..3 {
        let before = server.postmaster_pid();
        match round {
            0 => pg_ctl(server, "immediate"),
            1 => pg_ctl(server, "fast"),
            // The postmaster alone: its children linger for a moment and hold the shared memory.
            _ => assert!(Command::new("kill").args(["-9", &before.unwrap().to_string()]).status().unwrap().success()),
        }
        let back = async || server.postmaster_pid() != before && says(server.url(), "select n from kept").await.is_ok();
        eventually("the server is back", back).await;
    }
    let folder = server.data_directory().parent().unwrap().to_path_buf();
    own.stop().await;
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_server_whose_watchdog_was_killed_too_is_stopped_and_replaced() {
    let folder = data_folder();
    let (mut child, cluster) = owner_of(folder.path().to_str().unwrap()).await;
    kill_watchdog_of(&cluster);
    child.kill().unwrap();
    child.wait().unwrap();
    let before = postmaster::Postmaster::of(Path::new(&cluster)).unwrap().pid;
    let server = start(folder.path()).await;
    assert_ne!(server.postmaster_pid(), Some(before));
    server.stop().await;
    assert!(!mentioned(folder.path().to_str().unwrap()));
}

#[tokio::test]
async fn a_stale_pid_file_does_not_stop_the_start() {
    let folder = data_folder();
    let server = start(folder.path()).await;
    let file = server.data_directory().join("postmaster.pid");
    server.stop().await;
    // This process lives and is no server: PostgreSQL by itself would refuse.
    fs::write(&file, format!("{}\n{}\n1\n5432\n/run\n\n9 9\nready   \n", std::process::id(), folder.path().display()))
        .unwrap();
    start(folder.path()).await.stop().await;
}

#[tokio::test]
async fn a_folder_of_another_major_version_is_left_alone_and_named() {
    let folder = data_folder();
    for version in ["12", "99"] {
        let cluster = folder.path().join("postgres");
        fs::create_dir_all(&cluster).unwrap();
        fs::write(cluster.join("PG_VERSION"), version).unwrap();
        Paths::of(folder.path()).unwrap().account.own(&cluster).unwrap();
        let error = try_start(folder.path()).await.unwrap_err().to_string();
        assert!(error.contains(&format!("was made by PostgreSQL {version}")), "{error}");
        assert_eq!(fs::read_to_string(cluster.join("PG_VERSION")).unwrap(), version);
    }
}

#[tokio::test]
async fn a_folder_with_a_long_and_odd_name_works() {
    let folder = data_folder();
    let data_dir = folder.path().join("it's \"odd\", é".repeat(6)).join("$HOME;&");
    let server = start(&data_dir).await;
    assert_eq!(says(server.url(), "select 1").await.unwrap(), 1);
    let sockets = server.paths.sockets.clone();
    assert!(sockets.exists() && sockets != server.data_directory());
    server.stop().await;
    assert!(!sockets.exists());
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why_in_its_own_words() {
    let folder = data_folder();
    let server = start(folder.path()).await;
    let settings = server.data_directory().join("postgresql.auto.conf");
    server.stop().await;
    fs::write(settings, "shared_buffers = 'a lot'\n").unwrap();
    let error = try_start(folder.path()).await.unwrap_err();
    assert!(matches!(&error, StartError::Ended { reason, .. } if reason.contains("FATAL")), "{error}");
    assert!(!mentioned(folder.path().to_str().unwrap()));
}

#[tokio::test]
async fn the_log_holds_no_statement_and_no_value() {
    let own = temporary().await;
    let url = own.server().url();
    does(url, "create table people (email text primary key)").await;
    does(url, "insert into people values ('ada@example.org')").await;
    let mut connection = connect(url).await.unwrap();
    let again = sqlx::query("insert into people values ($1)").bind("ada@example.org").execute(&mut connection).await;
    assert!(again.is_err());
    let log = fs::read_to_string(own.server().log()).unwrap();
    assert!(
        log.contains("duplicate key value") && !log.contains("ada@example.org") && !log.contains("insert"),
        "{log}"
    );
    drop(connection);
    own.stop().await;
}

#[tokio::test]
async fn each_test_gets_a_fresh_copy_of_what_was_migrated_once() {
    let server = ephemeral().await.unwrap();
    let migrate = async |url: String| -> Result<(), sqlx::Error> {
        let mut connection = connect(&url).await?;
        sqlx::raw_sql("create table migrated as select 7 as n").execute(&mut connection).await?;
        // The session is left open: it must not keep the database from being copied.
        std::mem::forget(connection);
        Ok(())
    };
    let fails = async |_: String| Err(sqlx::Error::PoolClosed);
    assert!(matches!(server.fresh_database(fails).await, Err(EphemeralError::Migration(_))));
    let one = server.fresh_database(migrate).await.unwrap();
    let two =
        server.fresh_database(async |_: String| -> Result<(), sqlx::Error> { panic!("migrated twice") }).await.unwrap();
    does(&one, "update migrated set n = 8").await;
    assert_eq!(says(&one, "select n from migrated").await.unwrap(), 8);
    assert_eq!(says(&two, "select n from migrated").await.unwrap(), 7);
}

#[tokio::test]
async fn every_installation_of_this_machine_works() {
    let account = account::Account::choose(Path::new("/nowhere")).unwrap();
    // What had to be fetched for the other tests is among them.
    ephemeral().await.unwrap();
    let mut installed = Search::Machine.installed(account);
    installed.retain(|one| one.major >= MINIMUM_MAJOR);
    assert!(!installed.is_empty(), "no installation was tried");
    for installation in installed {
        let own = EphemeralPostgres::start_from(Search::Only(vec![installation.bin.clone()])).await.unwrap();
        let version = says(own.server().url(), "select current_setting('server_version_num')::int / 10000").await;
        assert_eq!(version.unwrap().to_string(), installation.major.to_string());
        own.stop().await;
    }
}

#[tokio::test]
async fn below_a_closed_folder_a_root_process_finds_its_data_again() {
    if account::own_uid().unwrap() != 0 {
        return;
    }
    let folder = data_folder();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let data_dir = folder.path().join("data");
    let server = start(&data_dir).await;
    does(server.url(), "create table kept as select 7 as n").await;
    let (cluster, log) = (server.data_directory().to_path_buf(), server.log().to_path_buf());
    server.stop().await;
    assert_eq!(fs::canonicalize(data_dir.join("postgres")).unwrap(), cluster);
    let server = start(&data_dir).await;
    assert_eq!(says(server.url(), "select n from kept").await.unwrap(), 7);
    server.stop().await;
    fs::remove_dir_all(&cluster).unwrap();
    fs::remove_file(log).unwrap();
    for left in ["lock", "users"] {
        fs::remove_file(cluster.with_extension(left)).unwrap();
    }
}
