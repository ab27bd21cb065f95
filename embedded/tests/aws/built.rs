//! What every deployment here is made of: the Python and the functions, each made once for all tests.

use super::support::Shop;
use local_postgres::ephemeral;
use sluice::local_aws::{Deployment, LocalAws, Purpose, Python, build_functions, checkout, publish_catalogue};
use std::{
    convert::Infallible,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::OnceLock,
};
use tempfile::TempDir;

static PYTHON: OnceLock<Python> = OnceLock::new();
static PROGRAMS: OnceLock<Vec<PathBuf>> = OnceLock::new();

/// The Python of the local AWS.
pub(crate) fn python(root: &Path) -> &'static Python {
    PYTHON.get_or_init(|| {
        let found = Python::find(Purpose::LOCAL_AWS);
        let python = found.and_then(|python| python.with_packages(root, |what| eprintln!("{what}")));
        python.unwrap_or_else(|missing| panic!("{missing}"))
    })
}

/// The functions, and the tests of whatever only AWS has: one build for both, so that nothing is compiled in two ways.
fn programs(root: &Path) -> &'static [PathBuf] {
    PROGRAMS.get_or_init(|| {
        let built = build_functions(root, &["-p", "adapters", "--features", "adapters/aws", "--tests"]).unwrap();
        fs::read_dir(built.path()).unwrap().map(|link| fs::read_link(link.unwrap().path()).unwrap()).collect()
    })
}

/// The tests that cargo built under that name: of a library, those that stand beside its code.
pub(crate) fn tests_of(root: &Path, name: &str) -> &'static Path {
    let is_it = |program: &&PathBuf| {
        let file = program.file_name().unwrap().to_string_lossy().into_owned();
        file.rsplit_once('-').is_some_and(|(start, hash)| start == name && hash.len() == 16)
    };
    programs(root).iter().find(is_it).unwrap_or_else(|| panic!("cargo built no tests {name}"))
}

/// The functions' programs under their names, in a folder that goes when the deployment is made.
fn functions(root: &Path) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for program in programs(root) {
        symlink(program, folder.path().join(program.file_name().unwrap())).unwrap();
    }
    folder
}

/// The pipeline on a local AWS and a database of its own, with the tests' catalogue; with these parameters besides the
/// usual ones.
pub(crate) async fn pipeline(parameters: &[(&str, &str)]) -> (LocalAws, Shop) {
    let root = checkout().unwrap();
    let python = python(&root);
    let functions = functions(&root);
    let url = ephemeral().await.unwrap().fresh_database(async |_| Ok::<_, Infallible>(())).await.unwrap();
    let anywhere = ([127, 0, 0, 1], 0).into();
    let mut deployment = Deployment::of_the_pipeline(&root, functions.path(), url.clone(), anywhere);
    deployment.parameters.extend(parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let aws = LocalAws::start(&root, python, &deployment, |what| eprintln!("{what}")).await.unwrap();
    let shop = Shop::at(url);
    shop.stock(0).await;
    publish_catalogue(&root, python, aws.site()).await.unwrap();
    (aws, shop)
}
