//! The tests of what only AWS has, which a build without AWS's clients leaves out: those beside the code of the functions
//! and of the adapters, and those of the adapters over a wire (`adapters/tests/aws`), which want a local AWS.

use super::{
    built::tests_of,
    site::{deployed, run},
};
use serde_json::json;
use sluice::local_aws::checkout;
use std::process::Command;

/// The tests that cargo built under that name. A profile or an endpoint of the user's own would come before ours.
fn tests(name: &str) -> Command {
    let mut tests = Command::new(tests_of(&checkout().unwrap(), name));
    std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")).for_each(|(name, _)| {
        tests.env_remove(name);
    });
    tests
}

/// There are such tests, and all pass.
fn pass(mut tests: Command) {
    let output = tests.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("test result: ok. ") && !said.contains("test result: ok. 0 passed"), "{said}");
}

#[test]
fn every_adapter_speaks_as_aws_does() {
    run(async {
        let (_turn, deployed) = deployed().await;
        let site = deployed.site();
        let machine = json!({ "stateMachineArn": deployed.id("Checkout") });
        let role = deployed.look.call("stepfunctions", "describe_state_machine", machine)["roleArn"].clone();
        let mut tests = tests("aws");
        tests.env("SLUICE_TEST_AWS_ENDPOINT", &site.endpoint).env("AWS_ENDPOINT_URL", &site.endpoint);
        tests.env("AWS_REGION", &site.region).env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        tests.env("SLUICE_TEST_ROLE_ARN", role.as_str().unwrap());
        pass(tests);
    });
}

/// The rest of both libraries is tested without AWS too.
#[test]
fn functions_and_adapters_pass_the_tests_beside_their_code() {
    for (library, module) in [("handlers", "lambda::"), ("adapters", "aws::")] {
        let mut tests = tests(library);
        tests.arg(module);
        pass(tests);
    }
}
