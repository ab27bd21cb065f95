//! Builds the functions' programs for this machine: the same code as for AWS, in the profile that shares most with what
//! has been built already.

use anyhow::{Context, bail};
use serde::Deserialize;
use std::{
    env, fs,
    io::{BufRead, BufReader},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// A line of what cargo tells in JSON.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
}

/// Builds all functions, and what these further arguments of cargo name; the folder has each program under its name. Cargo
/// tells of its progress on standard error.
///
/// # Errors
/// One sentence, after cargo has said more.
pub fn build_functions(root: &Path, and: &[&str]) -> anyhow::Result<TempDir> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.current_dir(root).args(["build", "-p", "handlers", "--features", "handlers/lambda", "--bins"]).args(and);
    build.arg("--message-format=json-render-diagnostics");
    // The statements are checked against what is checked in, not against whatever database this runs on.
    build.env_remove("DATABASE_URL").env("SQLX_OFFLINE", "true");
    // Under cargo we have variables that tell of our package; what looks at them would be built anew.
    for (name, _) in env::vars_os() {
        let of_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "OUT_DIR"];
        if of_package.iter().any(|start| name.to_string_lossy().starts_with(start)) {
            build.env_remove(name);
        }
    }
    build.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = build.spawn().context("aws-local builds the functions, and cargo cannot be run")?;
    let folder = tempfile::Builder::new().prefix("sluice-functions-").tempdir()?;
    for line in child.stdout.take().into_iter().flat_map(|output| BufReader::new(output).lines()) {
        if let Ok(Message { executable: Some(program) }) = serde_json::from_str(&line?) {
            let name = program.file_name().context("cargo built a program without a name")?;
            symlink(&program, folder.path().join(name))?;
        }
    }
    if !child.wait()?.success() {
        bail!("the functions could not be built; cargo says why above");
    }
    if fs::read_dir(folder.path())?.next().is_none() {
        bail!("cargo built no function");
    }
    Ok(folder)
}
