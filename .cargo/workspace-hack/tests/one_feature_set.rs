//! What one command has compiled no other compiles anew: in all of them a package has the same features, where the programs use
//! it and where what builds them does. `cargo tree` is asked, which compiles nothing and answers within some two seconds in all.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    env,
    process::{Command, Stdio},
};

/// AWS is spoken to in HTTP/2, which nothing else needs: what is built for the functions has these a second time.
const OF_AWS: [&str; 4] = ["hyper", "hyper-rustls", "hyper-util", "reqwest"];

const PROGRAMS: &[&str] = &["--edges", "normal,build"];
/// Cargo adds the features that dev-dependencies ask for where it builds tests, and there only.
const AND_TESTS: &[&str] = &["--edges", "normal,build,dev"];

/// The packages, each with the sets of features it is asked for, and the first command that asks for each set.
#[derive(Default)]
struct Family(BTreeMap<String, BTreeMap<String, String>>);

impl Family {
    fn add(&mut self, arguments: &[&[&str]]) {
        let arguments = arguments.concat().join(" ");
        // Between the packages that are named stands an empty line.
        let tree = tree(&format!("{arguments} --format {{p}}|{{f}}"));
        for (package, features) in tree.lines().filter_map(|line| line.trim_end_matches(" (*)").split_once('|')) {
            let sets = self.0.entry(package.trim_end_matches(" (proc-macro)").to_owned()).or_default();
            sets.entry(features.to_owned()).or_insert_with(|| arguments.clone());
        }
    }

    /// One line for each package that is compiled more than once.
    fn compiled_twice(&self) -> Vec<String> {
        let twice = self.0.iter().filter(|(_, sets)| sets.len() > 1);
        twice.map(|(package, sets)| format!("{package}{}", listed(sets))).collect()
    }
}

fn listed(sets: &BTreeMap<String, String>) -> String {
    sets.iter().map(|(features, arguments)| format!("\n    with [{features}] for {arguments}")).collect()
}

/// What `cargo tree` answers, without its drawing.
fn tree(arguments: &str) -> String {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).args(["tree", "--locked", "--prefix", "none"]);
    command.args(arguments.split(' ')).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().unwrap();
    assert!(output.status.success(), "cargo tree {arguments} failed");
    String::from_utf8(output.stdout).unwrap()
}

/// The programs that are run, and the tests of each package alone and of all together.
fn embedded() -> Family {
    let mut family = Family::default();
    for program in ["sluice", "load-tests"] {
        family.add(&[&["-p", program], PROGRAMS]);
    }
    let members = tree("--workspace --depth 0 --format {p}");
    for (member, _) in members.lines().filter_map(|line| line.split_once(' ')) {
        family.add(&[&["-p", member], AND_TESTS]);
    }
    family.add(&[&["--workspace"], AND_TESTS]);
    family
}

/// What `aws-local` builds, and what the tests build beside it.
fn functions() -> Family {
    let mut family = Family::default();
    family.add(&[&["-p", "handlers", "--features", "handlers/lambda"], PROGRAMS]);
    family.add(&[&["-p", "handlers", "-p", "adapters", "--features", "handlers/lambda,adapters/aws"], AND_TESTS]);
    family
}

#[test]
fn what_one_command_has_compiled_no_other_compiles_anew() {
    let (embedded, functions) = (embedded(), functions());
    assert!(embedded.0.len() > 200 && functions.0.len() > 200, "cargo tree named hardly a package");
    let mut twice = embedded.compiled_twice();
    twice.extend(functions.compiled_twice());
    for (package, sets) in &functions.0 {
        // What is ours, as its folder behind its version shows, has parts that only AWS needs.
        let ours = package.contains(" (/");
        let of_aws = OF_AWS.iter().any(|name| package.starts_with(&format!("{name} v")));
        let beside = embedded.0.get(package).filter(|_| !ours && !of_aws);
        if let Some(beside) = beside.filter(|beside| !beside.keys().eq(sets.keys())) {
            twice.push(format!("{package}{}{}", listed(beside), listed(sets)));
        }
    }
    assert!(
        twice.is_empty(),
        "cargo compiles these more than once, as it is asked for different features of them; put the union into both lists of \
         .cargo/workspace-hack/Cargo.toml (or, of what is compiled for build scripts and macros only, into the lower):\n{}",
        twice.join("\n")
    );
}
