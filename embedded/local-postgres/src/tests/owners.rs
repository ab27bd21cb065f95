//! Whose a server is that runs already, and who stops it when several use it: nobody's work on it is cut by whoever comes
//! later, or leaves earlier.

use super::*;

/// A server that an operator started, with a socket in that folder.
struct ByHand {
    paths: Paths,
    bin: PathBuf,
}

impl ByHand {
    /// On a shop's data folder that was there before. `below` names the socket's folder in it; by no name it is where ours is.
    async fn start(data_dir: &Path, below: &str) -> Self {
        let own = start(data_dir).await;
        let by_hand = Self { paths: own.paths.clone(), bin: own.programs().unwrap().to_path_buf() };
        own.stop().await;
        let cluster = &by_hand.paths.cluster;
        let sockets = if below.is_empty() { cluster.clone() } else { cluster.join(below) };
        fs::create_dir_all(&sockets).unwrap();
        by_hand.paths.account.own(&sockets).unwrap();
        let log = cluster.join("by-hand.log");
        let options = format!("-c listen_addresses= -k {}", sockets.display());
        assert!(by_hand.pg_ctl(&["start", "-w", "-l", log.to_str().unwrap(), "-o", &options]));
        by_hand
    }

    fn pg_ctl(&self, arguments: &[&str]) -> bool {
        let mut command = self.paths.account.command(self.bin.join("pg_ctl"));
        command.arg("-D").arg(&self.paths.cluster).args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().unwrap().success()
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        // It may be gone already.
        self.pg_ctl(&["stop", "-m", "immediate"]);
    }
}

/// A session in the middle of a transaction.
async fn at_work(url: &str) -> PgConnection {
    let mut session = connect(url).await.unwrap();
    sqlx::raw_sql("begin; create table kept as select 7 as n").execute(&mut session).await.unwrap();
    session
}

async fn commits(mut session: PgConnection, url: &str) {
    sqlx::raw_sql("commit").execute(&mut session).await.unwrap();
    session.close().await.unwrap();
    assert_eq!(says(url, "select n from kept").await.unwrap(), 7);
}

#[tokio::test]
async fn a_server_that_was_started_by_hand_is_joined_and_never_stopped() {
    let folder = data_folder();
    let by_hand = ByHand::start(folder.path(), "").await;
    let url = by_hand.paths.url("sluice");
    let session = at_work(&url).await;
    for _ in 0..2 {
        let guest = start(folder.path()).await;
        assert_eq!(guest.programs(), None);
        assert_eq!(says(guest.url(), "select 1").await.unwrap(), 1);
        guest.stop_after_others(|| panic!("it waits for whom it does not stop")).await;
    }
    commits(session, &url).await;
    // Once whoever started it stops it, it is run from here.
    let guest = start(folder.path()).await;
    let theirs = guest.postmaster_pid();
    assert!(by_hand.pg_ctl(&["stop", "-m", "fast"]));
    let taken_over = async || guest.postmaster_pid() != theirs && says(guest.url(), "select n from kept").await.is_ok();
    eventually("the guest runs the server", taken_over).await;
    guest.stop().await;
}

#[tokio::test]
async fn a_server_that_was_started_by_hand_and_listens_elsewhere_is_named_and_left_alone() {
    let folder = data_folder();
    let by_hand = ByHand::start(folder.path(), "elsewhere").await;
    let theirs = paths::address(&by_hand.paths.cluster.join("elsewhere"), "5432", "sluice");
    let session = at_work(&theirs).await;
    let error = try_start(folder.path()).await.unwrap_err();
    assert!(error.to_string().contains("DATABASE_URL"), "{error}");
    let StartError::ServerOfAnother { pid, address, .. } = error else { panic!("another refusal") };
    assert_eq!(Some(pid), postmaster::Postmaster::of(&by_hand.paths.cluster).map(|server| server.pid));
    commits(session, &address).await;
}

#[tokio::test]
async fn a_server_that_was_left_behind_is_not_stopped_under_whoever_is_at_work_on_it() {
    let folder = data_folder();
    let (mut child, cluster) = owner_of(folder.path().to_str().unwrap()).await;
    kill_watchdog_of(&cluster);
    child.kill().unwrap();
    child.wait().unwrap();
    let left = postmaster::Postmaster::of(Path::new(&cluster)).unwrap().pid;
    let url = Paths::of(folder.path()).unwrap().url("sluice");
    let session = at_work(&url).await;
    let guest = start(folder.path()).await;
    assert_eq!((guest.programs(), guest.postmaster_pid()), (None, Some(left)));
    guest.stop().await;
    commits(session, &url).await;
    let own = start(folder.path()).await;
    assert!(own.programs().is_some() && own.postmaster_pid() != Some(left));
    own.stop().await;
    assert!(!mentioned(folder.path().to_str().unwrap()));
}

#[tokio::test]
async fn whoever_runs_the_server_stops_it_after_those_who_use_it_too() {
    let folder = data_folder();
    let owner = start(folder.path()).await;
    let guest = start(folder.path()).await;
    let (tell, waits) = tokio::sync::oneshot::channel();
    let used = async {
        waits.await.unwrap();
        assert_eq!(says(guest.url(), "select 1").await.unwrap(), 1);
        let late = start(folder.path()).await;
        assert_eq!(late.programs(), None);
        guest.stop_after_others(|| panic!("a guest waits for nobody")).await;
        assert_eq!(says(late.url(), "select 1").await.unwrap(), 1);
        late.stop().await;
    };
    tokio::join!(owner.stop_after_others(move || tell.send(()).unwrap()), used);
    assert!(!mentioned(folder.path().to_str().unwrap()));
}

#[tokio::test]
async fn whoever_bears_an_interruption_is_not_waited_for_and_takes_over() {
    let folder = data_folder();
    let owner = start(folder.path()).await;
    let mut guest = start(folder.path()).await;
    guest.bear_interruptions();
    let before = owner.postmaster_pid();
    tokio::time::timeout(DEADLINE, owner.stop_after_others(|| {})).await.unwrap();
    let taken_over = async || guest.postmaster_pid() != before && says(guest.url(), "select 1").await.is_ok();
    eventually("the guest runs the server", taken_over).await;
    guest.stop().await;
}
