//! An older release's program, built from its commit.

use anyhow::{Context, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const LIST: &str = include_str!("../../../schemas/golden/releases.txt");

/// Builds an older release from its commit, in a work tree and a target folder of its own under this one's.
pub(super) fn build(version: Option<&str>) -> anyhow::Result<PathBuf> {
    let mut known = LIST.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
    let (version, commit) = match version {
        Some(version) => {
            known.find(|(known, _)| *known == version).with_context(|| format!("there is no release {version}"))?
        }
        None => known.next().context("no release is listed")?,
    };
    let here = std::env::current_exe().context("cannot tell where this program is")?;
    let target = here.parent().and_then(Path::parent).context("this program is in no target folder")?;
    let (source, built) = (target.join(format!("release-{version}")), target.join(format!("release-{version}-target")));
    let program = built.join("debug/sluice");
    if program.is_file() {
        return Ok(program);
    }
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    if !source.is_dir() {
        fs::create_dir_all(target)?;
        succeeds(
            Command::new("git")
                .arg("-C")
                .arg(repository)
                .args(["worktree", "add", "--detach"])
                .arg(&source)
                .arg(commit),
        )?;
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--package", "sluice"]).current_dir(&source).env("CARGO_TARGET_DIR", &built);
    // What this program was started with by cargo is of this release.
    build.env_remove("CARGO_MANIFEST_DIR").env_remove("RUSTFLAGS");
    succeeds(&mut build)?;
    ensure!(program.is_file(), "the build of release {version} made no {}", program.display());
    Ok(program)
}

fn succeeds(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    ensure!(status.success(), "{} failed", command.get_program().display());
    Ok(())
}
