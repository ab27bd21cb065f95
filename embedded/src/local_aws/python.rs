//! A Python with the packages that something needs, in a folder of the user's cache, made once for each list of them.

use anyhow::{Context, bail};
use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// The oldest that all the packages are there for.
const OLDEST: (u32, u32) = (3, 10);

/// What needs a Python.
#[derive(Clone, Copy, Debug)]
pub struct Purpose {
    /// It, as a sentence begins.
    pub what: &'static str,
    /// Its list of packages, from the root of the source.
    pub requirements: &'static str,
    /// What they are, in a few words.
    pub packages: &'static str,
}

impl Purpose {
    /// The local AWS itself.
    pub const LOCAL_AWS: Self = Self {
        what: "the local AWS",
        requirements: "infra/local/requirements.txt",
        packages: "MiniStack, a local AWS (45 MB)",
    };
}

/// A Python that can be run.
#[derive(Clone, Debug)]
pub struct Python {
    purpose: Purpose,
    program: PathBuf,
    version: String,
}

impl Python {
    /// Looks for one on the PATH.
    ///
    /// # Errors
    /// One sentence that says what is missing.
    pub fn find(purpose: Purpose) -> anyhow::Result<Self> {
        let what = purpose.what;
        let script = "import sys; print('%d.%d' % sys.version_info[:2])";
        let asked = Command::new("python3").args(["-c", script]).stdin(Stdio::null()).output();
        let output = match asked {
            Ok(output) if output.status.success() => output,
            Ok(output) => bail!("{what} needs Python 3.10 or later, and python3 says: {}", last_line(&output)),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                bail!("{what} needs Python 3.10 or later, and there is no python3 on the PATH")
            }
            Err(error) => return Err(error).context("python3 cannot be run"),
        };
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let parsed =
            version.split_once('.').and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        if parsed.is_none_or(|parsed: (u32, u32)| parsed < OLDEST) {
            bail!("{what} needs Python 3.10 or later, and python3 is Python {version}");
        }
        Ok(Self { purpose, program: PathBuf::from("python3"), version })
    }

    /// The same with its packages, which are fetched the first time.
    ///
    /// # Errors
    /// One sentence that says what is missing.
    pub fn with_packages(&self, root: &Path, progress: impl Fn(&str)) -> anyhow::Result<Self> {
        let Purpose { requirements, packages, .. } = self.purpose;
        let requirements = root.join(requirements);
        let wanted = fs::read_to_string(&requirements).with_context(|| requirements.display().to_string())?;
        let mut hasher = DefaultHasher::new();
        (&wanted, &self.version).hash(&mut hasher);
        let folder = cache()?.join(format!("python-{:016x}", hasher.finish()));
        let ready = Self { program: folder.join("bin/python"), ..self.clone() };
        if ready.program.exists() {
            return Ok(ready);
        }
        fs::create_dir_all(cache()?).with_context(|| format!("cannot write {}", folder.display()))?;
        // Under its name only when it is complete: another process may be making it too.
        let draft = tempfile::Builder::new().prefix("making-").tempdir_in(cache()?)?;
        progress("making a Python environment");
        let made = self.command().args(["-m", "venv"]).arg(draft.path()).output()?;
        if !made.status.success() {
            bail!("python3 cannot make environments: install its venv module (Debian: apt install python3-venv)");
        }
        progress(&format!("fetching {packages}, once"));
        let mut pip = Command::new(draft.path().join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]);
        // What the registry serves is what was looked at when the list was made, or nothing.
        pip.args(["--require-hashes", "--requirement"]);
        let fetched = pip.arg(&requirements).stdin(Stdio::null()).output()?;
        if !fetched.status.success() {
            bail!("pip could not fetch {packages} (is there a network?): {}", last_line(&fetched));
        }
        match fs::rename(draft.path(), &folder) {
            Ok(()) => {}
            Err(_) if ready.program.exists() => {}
            Err(error) => return Err(error).with_context(|| format!("cannot make {}", folder.display())),
        }
        Ok(ready)
    }

    /// A command that runs it.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        // Nothing is left in the source's folders.
        command.stdin(Stdio::null()).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }
}

/// Where a user's programs keep what can be fetched again.
fn cache() -> anyhow::Result<PathBuf> {
    let named = env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let base = named.or_else(home).context("neither XDG_CACHE_HOME nor HOME says where a cache may be kept")?;
    Ok(base.join("sluice"))
}

fn last_line(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing").trim().to_owned()
}
