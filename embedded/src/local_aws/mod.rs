//! An AWS on this machine, and the pipeline deployed on it from a checkout of the source: for the command that shows it, and
//! for the tests that hold the deployment to what it promises.

mod functions;
mod python;
mod site;

pub use functions::build_functions;
pub use python::{Purpose, Python};
pub use site::{Deployment, LocalAws, Resource, Site};

use anyhow::{Context, bail};
use std::{
    env,
    path::{Path, PathBuf},
};

/// The folder of the source: the functions are built from it.
///
/// # Errors
/// If there is none around.
pub fn checkout() -> anyhow::Result<PathBuf> {
    let here = env::current_dir().context("there is no current folder")?;
    let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let around = package.iter().flat_map(|path| path.ancestors()).chain(here.ancestors());
    let is_root = |path: &&Path| path.join("infra/local/local_aws.py").is_file();
    let found = around.map(Path::to_path_buf).find(|path| is_root(&path.as_path()));
    found.context("aws-local builds the functions from source: run it in a checkout of sluice")
}

/// Has the catalogue shown as it is in the database now; its schedule would within a minute.
///
/// # Errors
/// What the function failed with.
pub async fn publish_catalogue(root: &Path, python: &Python, site: &Site) -> anyhow::Result<()> {
    const FUNCTION: &str = "PublishCatalogueFunction";
    let function = site.resources.get(FUNCTION).with_context(|| format!("the template has no {FUNCTION}"))?;
    let mut invoke = tokio::process::Command::from(python.command());
    invoke.arg(root.join("infra/local/invoke.py")).arg(&site.endpoint).arg(&function.id);
    let invoked = invoke.output().await.context("the local AWS cannot be asked")?;
    if !invoked.status.success() {
        bail!("the catalogue could not be published: {}", String::from_utf8_lossy(&invoked.stderr).trim());
    }
    Ok(())
}
