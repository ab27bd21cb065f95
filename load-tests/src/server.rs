//! The pipeline under test: its own program, started in a folder of its own, and asked through its command line and its
//! API like anybody would.

use crate::{orders::customer_name, process::field};
use anyhow::{Context, bail, ensure};
use clap::Args;
use serde_json::Value;
use std::{
    env,
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    pin::pin,
    process::{Output, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// The first start makes a database, and may have to fetch PostgreSQL first.
const START: Duration = Duration::from_secs(300);
const STOP: Duration = Duration::from_secs(60);
const LOG: &str = "sluice.log";
/// How many lines of the log are shown when something went wrong.
const TELLING: usize = 20;
/// How much of each: a line may hold a whole statement.
const TELLING_CHARS: usize = 240;

/// Finds the program; started through cargo, it is built first.
///
/// # Errors
/// Says the command that builds it, if it is not there.
pub(crate) fn locate(given: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    if let Some(path) = given {
        ensure!(path.is_file(), "there is no program {}", path.display());
        return Ok(path);
    }
    let here = env::current_exe().context("cannot tell where this program is")?;
    let folder = here.parent().context("this program is in no folder")?;
    let release = folder.file_name().is_some_and(|name| name == "release");
    let profile: &[&str] = if release { &["--release"] } else { &[] };
    let command = [&["build"], profile, &["-p", "sluice"]].concat();
    if let Some(cargo) = env::var_os("CARGO") {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
        let mut build = std::process::Command::new(cargo);
        build.args(&command).arg("--manifest-path").arg(manifest);
        // Under cargo we have variables that tell of our package; what looks at them would be built anew.
        for (name, _) in env::vars_os() {
            let of_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "OUT_DIR"];
            if of_package.iter().any(|start| name.to_string_lossy().starts_with(start)) {
                build.env_remove(name);
            }
        }
        let built = build.status().context("cannot run cargo")?;
        ensure!(built.success(), "the pipeline does not build");
    }
    let program = folder.join("sluice");
    ensure!(
        program.is_file(),
        "there is no {}; build it with: cargo {}   or name another with --sluice",
        program.display(),
        command.join(" ")
    );
    Ok(program)
}

/// Which pipeline is run, and on what.
#[derive(Debug, Args)]
pub(crate) struct UnderTest {
    /// The pipeline's program [default: the one beside this; through cargo it is built first]
    #[arg(long, value_name = "PATH")]
    pub(crate) sluice: Option<PathBuf>,
    /// A fresh PostgreSQL to use instead of the pipeline's own; its cost is then not measured
    #[arg(long, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// Where to make the folder of the run, on the disk to measure [default: the system's temporary folder]
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

impl UnderTest {
    /// Finds the program, or builds it.
    ///
    /// # Errors
    /// As [`locate`].
    pub(crate) fn locate(&self) -> anyhow::Result<PathBuf> {
        locate(self.sluice.clone())
    }

    /// Starts the program that was found.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub(crate) async fn start(&self, program: PathBuf) -> anyhow::Result<Server> {
        let parent = self.folder.clone().unwrap_or_else(env::temp_dir);
        Server::start(program, &parent, self.database_url.as_deref()).await
    }
}

/// How often a running audit's memory is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// An audit that was watched.
#[derive(Debug)]
pub(crate) struct WatchedAudit {
    pub(crate) took: Duration,
    /// Bytes.
    pub(crate) peak_rss: u64,
    pub(crate) clean: bool,
    pub(crate) report: Value,
}

/// A pipeline that does not run, and can be started again as it was.
pub(crate) struct Stopped {
    program: PathBuf,
    environment: Vec<(&'static str, OsString)>,
    folder: TempDir,
}

impl Stopped {
    /// Where its documents are.
    pub(crate) fn documents(&self) -> PathBuf {
        self.folder.path().join("data/documents")
    }

    /// # Errors
    /// If it does not come up; with the end of its log.
    pub(crate) async fn start(self) -> anyhow::Result<Server> {
        Server::serve(self.program, self.environment, self.folder).await
    }
}

/// A running pipeline.
pub(crate) struct Server {
    /// Where its API is, without a slash at the end.
    pub(crate) url: String,
    /// Its process.
    pub(crate) pid: u32,
    program: PathBuf,
    environment: Vec<(&'static str, OsString)>,
    folder: TempDir,
    child: Child,
}

impl Server {
    /// Starts it on a fresh folder, and on a PostgreSQL of its own unless a database is named.
    ///
    /// # Errors
    /// If it does not come up; with the end of its log.
    pub(crate) async fn start(program: PathBuf, parent: &Path, database_url: Option<&str>) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("sluice-load-")
            // Run by root, PostgreSQL runs as another user, who must be able to enter.
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir_in(parent)
            .with_context(|| format!("cannot make a folder in {}", parent.display()))?;
        let mut environment: Vec<(&'static str, OsString)> = vec![
            ("SLUICE_DATA_DIR", folder.path().join("data").into()),
            ("SLUICE_LISTEN", "127.0.0.1:0".into()),
            ("SLUICE_LOG", "warn".into()),
            ("SLUICE_LOG_FORMAT", "text".into()),
        ];
        if let Some(url) = database_url {
            environment.push(("DATABASE_URL", url.into()));
        }
        Self::serve(program, environment, folder).await
    }

    /// Starts another program on the same folder and database, with a log of its own.
    ///
    /// # Errors
    /// If it does not come up; with the end of its log.
    pub(crate) async fn beside(&self, program: PathBuf) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("beside-").tempdir_in(self.folder.path())?;
        Self::serve(program, self.environment.clone(), folder).await
    }

    async fn serve(
        program: PathBuf,
        environment: Vec<(&'static str, OsString)>,
        folder: TempDir,
    ) -> anyhow::Result<Self> {
        let log = fs::File::create(folder.path().join(LOG)).context("cannot write a log")?;
        let mut child = command(&program, &environment, &["serve"])
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let pid = child.id().context("the pipeline ended at once")?;
        let stdout = child.stdout.take().context("the pipeline has no output")?;
        let said = timeout(START, address(stdout)).await.ok().flatten();
        let Some(url) = said else {
            let log = tail(folder.path());
            drop(child);
            bail!("the pipeline did not come up; its log ends with:\n{log}");
        };
        Ok(Self { url, pid, program, environment, folder, child })
    }

    /// Imports a catalogue.
    pub(crate) async fn import(&self, csv: &str) -> anyhow::Result<()> {
        let file = self.folder.path().join("catalogue.csv");
        fs::write(&file, csv).context("cannot write the catalogue")?;
        let output = self.run(&["catalog", "import", &file.to_string_lossy()]).await?;
        ensure!(output.status.success(), "the import failed: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    /// A token for each of so many customers.
    pub(crate) async fn tokens(&self, customers: usize) -> anyhow::Result<Vec<String>> {
        let mut tokens = Vec::with_capacity(customers);
        for customer in 0..customers {
            tokens.push(self.token("customer", &customer_name(customer)).await?);
        }
        Ok(tokens)
    }

    /// A token of that role and name.
    pub(crate) async fn token(&self, role: &str, name: &str) -> anyhow::Result<String> {
        let output = self.run(&["token", "--role", role, "--sub", name, "--hours", "24"]).await?;
        ensure!(output.status.success(), "no token: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout).context("a token is no text")?.trim().to_owned())
    }

    /// Audits, and says how long that took and how much memory at most.
    pub(crate) async fn audit_watched(&self) -> anyhow::Result<WatchedAudit> {
        let start = Instant::now();
        let mut audit = command(&self.program, &self.environment, &["audit", "--json"]);
        let child = audit.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
        let pid = child.id().context("the audit ended at once")?;
        let mut peak_rss = 0;
        let mut output = pin!(child.wait_with_output());
        let output = loop {
            match timeout(LOOK, &mut output).await {
                Ok(output) => break output?,
                Err(_) => peak_rss = peak_rss.max(field(pid, "status", "VmHWM:").unwrap_or_default()),
            }
        };
        let report: Value = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("the audit did not run: {}", String::from_utf8_lossy(&output.stderr).trim()))?;
        Ok(WatchedAudit { took: start.elapsed(), peak_rss, clean: output.status.success(), report })
    }

    /// Whether every promise is kept, and the report.
    pub(crate) async fn audit(&self) -> anyhow::Result<(bool, Value)> {
        self.audited(&["audit", "--json"]).await
    }

    /// The same of what was audited before, too, and of every document.
    pub(crate) async fn audit_everything(&self) -> anyhow::Result<(bool, Value)> {
        self.audited(&["audit", "--json", "--all", "--documents", "all"]).await
    }

    async fn audited(&self, arguments: &[&str]) -> anyhow::Result<(bool, Value)> {
        let output = self.run(arguments).await?;
        let report = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("the audit did not run: {}", String::from_utf8_lossy(&output.stderr).trim()))?;
        Ok((output.status.success(), report))
    }

    /// The messages that were set aside, a line each.
    pub(crate) async fn dead_letters(&self) -> anyhow::Result<String> {
        let output = self.run(&["dlq", "list", "--json"]).await?;
        ensure!(output.status.success(), "no list: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// What the log said, if anything: its number of lines and the last of them.
    pub(crate) fn log(&self) -> (usize, String) {
        let lines = fs::read_to_string(self.folder.path().join(LOG)).unwrap_or_default().lines().count();
        (lines, tail(self.folder.path()))
    }

    /// The folder of the run.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Leaves the folder where it is.
    pub(crate) fn keep_folder(&mut self) {
        self.folder.disable_cleanup(true);
    }

    /// Makes anew what search shows.
    pub(crate) async fn rebuild_index(&self) -> anyhow::Result<()> {
        let output = self.run(&["index", "rebuild"]).await?;
        ensure!(output.status.success(), "no index: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    /// Stops it in order, and by force if it does not.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.pause().await.map(drop)
    }

    /// The same, so that it can be started again.
    pub(crate) async fn pause(mut self) -> anyhow::Result<Stopped> {
        // SIGTERM has no other name in safe Rust.
        let told = Command::new("kill").args(["-TERM", &self.pid.to_string()]).status().await;
        let ended = timeout(STOP, self.child.wait()).await;
        if told.is_err() || ended.is_err() {
            self.child.kill().await.context("the pipeline cannot be stopped")?;
        }
        Ok(Stopped { program: self.program, environment: self.environment, folder: self.folder })
    }

    async fn run(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        let mut command = command(&self.program, &self.environment, arguments);
        command.output().await.with_context(|| format!("cannot run sluice {}", arguments.join(" ")))
    }
}

/// Settings of the shell must not reach a run, or two runs would not be alike.
fn command(program: &Path, environment: &[(&'static str, OsString)], arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if name == "DATABASE_URL" || name.to_string_lossy().starts_with("SLUICE_") {
            command.env_remove(name);
        }
    }
    command.args(arguments).envs(environment.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
    command
}

/// The address that `serve` prints; its output is read on to the end, so that it never has to wait for a reader.
async fn address(stdout: tokio::process::ChildStdout) -> Option<String> {
    let mut lines = BufReader::new(stdout).lines();
    let mut found = None;
    while found.is_none() {
        found = lines.next_line().await.ok()??.split_whitespace().find_map(|word| {
            let url = word.trim_end_matches([',', '.', '/']);
            url.starts_with("http://").then(|| url.to_owned())
        });
    }
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    found
}

fn tail(folder: &Path) -> String {
    let text = fs::read_to_string(folder.join(LOG)).unwrap_or_default();
    let lines: Vec<String> = text.lines().map(|line| line.chars().take(TELLING_CHARS).collect()).collect();
    lines.get(lines.len().saturating_sub(TELLING)..).unwrap_or_default().join("\n")
}
