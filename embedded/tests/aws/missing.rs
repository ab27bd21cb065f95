//! What `aws-local` says at once on a machine that lacks something.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

/// What it says, run in that folder with only that folder's programs.
fn said(folder: &Path, programs: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    command.arg("aws-local").current_dir(folder).env_remove("CARGO_MANIFEST_DIR").env("PATH", programs);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn without_python_it_says_so_in_one_sentence() {
    let programs = tempfile::tempdir().unwrap();
    let root = sluice::local_aws::checkout().unwrap();
    let none = "sluice: the local AWS needs Python 3.10 or later, and there is no python3 on the PATH\n";
    assert_eq!(said(&root, programs.path()), none);
    let python = programs.path().join("python3");
    fs::write(&python, "#!/bin/sh\necho 3.8\n").unwrap();
    fs::set_permissions(&python, PermissionsExt::from_mode(0o755)).unwrap();
    let old = "sluice: the local AWS needs Python 3.10 or later, and python3 is Python 3.8\n";
    assert_eq!(said(&root, programs.path()), old);
}

#[test]
fn outside_a_checkout_it_says_where_to_run_it() {
    let elsewhere = tempfile::tempdir().unwrap();
    let sentence = "sluice: aws-local builds the functions from source: run it in a checkout of sluice\n";
    assert_eq!(said(elsewhere.path(), elsewhere.path()), sentence);
}
