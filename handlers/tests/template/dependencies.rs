//! What comes from elsewhere and is linked in: both pipelines hold it against `deny.toml` by the same program, and nothing in
//! that file opens the door. The check itself needs the network, so the suite sees to it that it is run and that it bites.

use crate::template::{Template, path, several};
use serde_json::Value;
use std::{collections::BTreeSet, fs};

const PROGRAM: &str = "cargo-deny@";
const CHECK: &str = "cargo deny --locked check";
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";
/// Licences that ask something of whoever links a crate in, by what their SPDX names hold.
const COPYLEFT: [&str; 7] = ["GPL", "MPL", "EPL", "CDDL", "EUPL", "OSL", "SSPL"];

/// The commands of GitHub's scan.
fn on_github() -> Vec<String> {
    let workflow = Template::read(".github/workflows/deploy.yml");
    let steps = several(&workflow.0["jobs"]["scan"]["steps"]);
    steps.iter().filter_map(|step| step["run"].as_str()).map(str::to_owned).collect()
}

/// The commands of CodeBuild's scan.
fn on_aws() -> Vec<String> {
    let Value::Object(phases) = Template::read("infra/pipeline/scan.yml").0["phases"].take() else {
        panic!("scan.yml has no phases")
    };
    let commands = phases.values().flat_map(|phase| several(&phase["commands"]));
    commands.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Which versions of the program a scan installs; none if it checks nothing with it, or with what is not pinned.
fn versions(commands: &[String]) -> BTreeSet<&str> {
    if !commands.iter().any(|command| command.contains(CHECK)) {
        return BTreeSet::new();
    }
    let installed = commands.iter().filter_map(|command| command.split_once(PROGRAM));
    let version = installed.filter_map(|(before, after)| {
        before.contains("cargo install --locked ").then(|| after.split_whitespace().next()).flatten()
    });
    version.filter(|version| version.split('.').count() == 3).collect()
}

/// What `deny.toml` lets in that it should not.
fn let_in(rules: &str) -> Vec<String> {
    let plain: Vec<&str> = rules.lines().map(str::trim).filter(|line| !line.starts_with('#')).collect();
    let mut wrong = Vec::new();
    for rule in ["unknown-registry = \"deny\"", "unknown-git = \"deny\"", "yanked = \"deny\"", "all-features = true"] {
        if !plain.contains(&rule) {
            wrong.push(format!("{rule} is not said"));
        }
    }
    for line in &plain {
        if line.starts_with("allow = ") && COPYLEFT.iter().any(|kind| line.contains(kind)) {
            wrong.push(format!("copyleft is let in: {line}"));
        }
        if ["allow-git", "allow-registry", "allow-org"].iter().any(|key| line.starts_with(key)) {
            wrong.push(format!("another source is let in: {line}"));
        }
        if line.contains("\"RUSTSEC-") && !line.contains("reason = \"") {
            wrong.push(format!("an advisory is passed over without a reason: {line}"));
        }
    }
    wrong
}

#[test]
fn both_pipelines_hold_the_dependencies_against_the_rules() {
    let (github, aws) = (on_github(), on_aws());
    assert_eq!(versions(&github).len(), 1, "{github:?}");
    assert_eq!(versions(&github), versions(&aws));
    assert_eq!(let_in(&fs::read_to_string(path("deny.toml")).unwrap()), Vec::<String>::new());
}

#[test]
fn whatever_opens_the_rules_is_named() {
    let rules = fs::read_to_string(path("deny.toml")).unwrap();
    for (now, then, said) in [
        ("unknown-git = \"deny\"", "unknown-git = \"allow\"", "unknown-git = \"deny\" is not said"),
        ("all-features = true", "all-features = false", "all-features = true is not said"),
        ("\"ISC\"", "\"ISC\", \"LGPL-3.0\"", "copyleft is let in"),
        ("unknown-git =", "allow-git = [\"https://example.com/x\"]\nunknown-git =", "another source is let in"),
        ("reason = \"private keys", "why = \"private keys", "without a reason"),
    ] {
        assert!(rules.contains(now), "deny.toml says nothing of {now}");
        let found = let_in(&rules.replacen(now, then, 1));
        assert!(found.iter().any(|line| line.contains(said)), "{then}: {found:?}");
    }
    let unpinned = ["cargo install --locked cargo-deny".to_owned(), CHECK.to_owned()];
    assert_eq!(versions(&unpinned), BTreeSet::new());
    let idle = ["cargo install --locked cargo-deny@1.2.3".to_owned()];
    assert_eq!(versions(&idle), BTreeSet::new());
}

#[test]
fn every_dependency_comes_from_the_one_registry() {
    let lock = fs::read_to_string(path("Cargo.lock")).unwrap();
    let sources: Vec<&str> =
        lock.lines().filter_map(|line| line.strip_prefix("source = \"")?.strip_suffix('"')).collect();
    assert!(sources.len() > 100, "only {} sources are in Cargo.lock", sources.len());
    assert_eq!(sources.iter().find(|source| **source != REGISTRY), None);
}

/// Whoever looks at what the program is made of reads in each crate of ours what it is, and under which licence.
#[test]
fn every_crate_of_ours_says_what_it_is_and_its_licence() {
    let workspace = fs::read_to_string(path("Cargo.toml")).unwrap();
    let members = workspace.split_once("members = [").and_then(|(_, rest)| rest.split_once(']')).unwrap().0;
    let members: Vec<&str> = members.split('"').skip(1).step_by(2).collect();
    assert!(members.len() > 5, "{members:?}");
    for member in members {
        let manifest = fs::read_to_string(path(member).join("Cargo.toml")).unwrap();
        let package = manifest.split("\n\n").next().unwrap_or_default();
        for said in ["description = \"", "license.workspace = true", "publish.workspace = true"] {
            assert!(package.lines().any(|line| line.starts_with(said)), "{member}/Cargo.toml does not say {said}");
        }
    }
}
