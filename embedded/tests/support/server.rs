//! Server processes: the real binary, started, killed and started again on one port, so that clients find it again.

use super::{Shop, wait_until};
use local_postgres::LocalPostgres;
use serde_json::Value;
use std::{
    fs::{self, File, OpenOptions},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::Duration,
};

/// A start includes the recovery of a killed database.
const START: Duration = Duration::from_secs(60);

/// A server process. Dropping it kills it.
pub(crate) struct Server {
    child: Child,
    data_dir: PathBuf,
    database_url: Option<String>,
    settings: Vec<(String, String)>,
    port: u16,
    pub(crate) url: String,
}

impl Server {
    /// Starts one on the shop's database.
    pub(crate) async fn start(shop: &Shop) -> Self {
        Self::start_in(shop.dir.path(), Some(&shop.url)).await
    }

    /// Starts one on the shop's database with these settings.
    pub(crate) async fn start_with(shop: &Shop, settings: &[(&str, &str)]) -> Self {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self::open(shop.dir.path(), Some(&shop.url), settings).await
    }

    /// Starts one in a data folder; without a database it runs its own.
    pub(crate) async fn start_in(data_dir: &Path, database_url: Option<&str>) -> Self {
        Self::open(data_dir, database_url, Vec::new()).await
    }

    async fn open(data_dir: &Path, database_url: Option<&str>, settings: Vec<(String, String)>) -> Self {
        let port = free_port();
        let database_url = database_url.map(str::to_owned);
        let child = spawn(data_dir, database_url.as_deref(), port, &settings);
        let url = format!("http://127.0.0.1:{port}");
        let mut server = Self { child, data_dir: data_dir.to_path_buf(), database_url, settings, port, url };
        server.healthy().await;
        server
    }

    /// SIGKILL: the process has no chance to do anything more.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again where it was, and waits until it answers.
    pub(crate) async fn restart(&mut self) {
        self.child = spawn(&self.data_dir, self.database_url.as_deref(), self.port, &self.settings);
        self.healthy().await;
    }

    /// Sends it a signal, such as `STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// SIGTERM; the exit that follows within the deadline.
    pub(crate) async fn terminate(&mut self, within: Duration) -> ExitStatus {
        self.signal("TERM");
        let mut exit = None;
        wait_until("the server to exit", within, async || {
            exit = self.child.try_wait().unwrap();
            exit.map(|_| ()).ok_or_else(|| "it runs".to_owned())
        })
        .await;
        exit.unwrap()
    }

    /// Whether it answers `/healthz` now.
    pub(crate) async fn is_healthy(&self) -> bool {
        let asked = reqwest::Client::new().get(format!("{}/healthz", self.url)).timeout(Duration::from_secs(5));
        asked.send().await.is_ok_and(|answer| answer.status().is_success())
    }

    /// The address of the database that a server without DATABASE_URL runs.
    pub(crate) async fn own_database_url(&self) -> String {
        // Joins the server that runs on the folder.
        LocalPostgres::start(&self.data_dir, |_| {}).await.unwrap().url().to_owned()
    }

    async fn healthy(&mut self) {
        wait_until("the server to answer", START, async || {
            if self.is_healthy().await {
                return Ok(());
            }
            match self.child.try_wait().unwrap() {
                None => Err("it does not".to_owned()),
                // A database that is just being killed refuses its start: an operator's supervisor would start it again.
                Some(_) => {
                    self.child = spawn(&self.data_dir, self.database_url.as_deref(), self.port, &self.settings);
                    Err(format!("it ended; its log says:\n{}", self.log()))
                }
            }
        })
        .await;
    }

    /// All that it said, once those words are in it: it answers a little before it says so.
    pub(crate) async fn said(&self, words: &str) -> String {
        let mut said = String::new();
        wait_until("the server to say it", START, async || {
            said = fs::read_to_string(self.data_dir.join("server.log")).unwrap();
            if said.contains(words) { Ok(()) } else { Err(format!("no {words:?} in its log:\n{said}")) }
        })
        .await;
        said
    }

    /// The end of what it said.
    pub(crate) fn log(&self) -> String {
        let text = fs::read_to_string(self.data_dir.join("server.log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// A counter of `/metrics` with those labels in its line; 0 if it was never counted.
    pub(crate) async fn metric(&self, name: &str, labels: &[&str]) -> f64 {
        let text = reqwest::get(format!("{}/metrics", self.url)).await.unwrap().text().await.unwrap();
        text.lines()
            .filter(|line| line.starts_with(name) && labels.iter().all(|label| line.contains(label)))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        drop(self.child.kill());
        drop(self.child.wait());
        if std::thread::panicking() {
            eprintln!("the log of {}:\n{}", self.url, self.log());
        }
    }
}

/// Runs one of the binary's commands to its end.
pub(crate) fn command(shop: &Shop, arguments: &[&str]) -> Output {
    prepared(shop.dir.path(), Some(&shop.url)).args(arguments).stdin(Stdio::null()).output().unwrap()
}

/// What a server says that refuses to start with these settings.
pub(crate) fn refused(shop: &Shop, settings: &[(&str, &str)]) -> String {
    let mut serve = prepared(shop.dir.path(), Some(&shop.url));
    let output = serve.arg("serve").envs(settings.iter().copied()).stdin(Stdio::null()).output().unwrap();
    assert!(!output.status.success(), "it started");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs a command that must succeed, and gives what it printed.
pub(crate) fn printed(shop: &Shop, arguments: &[&str]) -> String {
    let output = command(shop, arguments);
    let (text, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "sluice {}: {text}{complaint}", arguments.join(" "));
    text.into_owned()
}

/// `sluice audit --json` finds nothing wrong.
pub(crate) fn audit_command(data_dir: &Path, database_url: Option<&str>) {
    let output = prepared(data_dir, database_url).args(["audit", "--json"]).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_str(&text).unwrap();
    assert!(report["lines"].as_array().unwrap().iter().all(|line| line["violations"] == 0), "{text}");
}

/// One of the binary's commands, to be run on that folder and database.
pub(crate) fn prepared(data_dir: &Path, database_url: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SLUICE_") {
            command.env_remove(name);
        }
    }
    command.env("SLUICE_DATA_DIR", data_dir).env_remove("DATABASE_URL");
    if let Some(url) = database_url {
        command.env("DATABASE_URL", url);
    }
    command
}

fn spawn(data_dir: &Path, database_url: Option<&str>, port: u16, settings: &[(String, String)]) -> Child {
    let log: File = OpenOptions::new().create(true).append(true).open(data_dir.join("server.log")).unwrap();
    prepared(data_dir, database_url)
        .arg("serve")
        .env("SLUICE_LISTEN", format!("127.0.0.1:{port}"))
        .env("SLUICE_LOG", std::env::var("SLUICE_TEST_LOG").unwrap_or_else(|_| "warn,sluice=info".to_owned()))
        .env("SLUICE_LOG_FORMAT", "text")
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// Below the range that the system gives to outgoing connections, so that nobody takes it between two starts.
pub(crate) fn free_port() -> u16 {
    let mut rng = super::by_chance();
    loop {
        let port = rng.u16(15_000..30_000);
        if TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).is_ok() {
            return port;
        }
    }
}
