//! Runs the real binary in a folder of its own, with a deadline: for tests of whole commands.

use std::{
    fmt,
    fs::{self, File, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Far more than any of the commands takes, also on a busy machine.
const DEADLINE: Duration = Duration::from_secs(300);

/// A data folder that nobody else uses.
pub(crate) struct Folder(TempDir);

/// A command that has ended.
pub(crate) struct Done {
    /// Its exit code; nothing if a signal ended it.
    pub(crate) code: Option<i32>,
    out: String,
    err: String,
}

impl Folder {
    /// A new one.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Run by root, PostgreSQL is another user, and has to pass through.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        Self(folder)
    }

    /// A file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs `sluice` with these arguments to its end, the API on a port that is free.
    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        let (out, err) = (self.file("out"), self.file("err"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SLUICE_") {
                command.env_remove(name);
            }
        }
        let mut child = command
            .args(arguments)
            .env_remove("DATABASE_URL")
            .env("SLUICE_DATA_DIR", self.file("data"))
            .env("SLUICE_LISTEN", "127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&err).unwrap())
            .spawn()
            .unwrap();
        let end = Instant::now() + DEADLINE;
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > end {
                child.kill().unwrap();
                break child.wait().unwrap();
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        let text = |path: &Path| fs::read_to_string(path).unwrap();
        Done { code: status.code(), out: text(&out), err: text(&err) }
    }
}

impl Done {
    /// Whether its answer holds that text.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.out.contains(text)
    }

    /// The rest of the line after a text.
    #[allow(dead_code, reason = "not every test looks for a line")]
    pub(crate) fn after(&self, text: &str) -> &str {
        let line = self.out.lines().find_map(|line| line.split_once(text));
        line.unwrap_or_else(|| panic!("{text:?} is missing: {self}")).1
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit {:?}\n--- out\n{}\n--- err\n{}", self.code, self.out, self.err)
    }
}
