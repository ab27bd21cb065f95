//! The tests of the AWS adapters (`adapters/tests/aws`), which want a local AWS that is there.

use super::{
    built::adapter_tests,
    site::{deployed, run},
};
use serde_json::json;
use sluice::cli::aws_local::checkout;
use std::process::Command;

#[test]
fn every_adapter_speaks_as_aws_does() {
    run(async {
        let (_turn, deployed) = deployed().await;
        let site = deployed.site();
        let machine = json!({ "stateMachineArn": deployed.id("Checkout") });
        let role = deployed.look.call("stepfunctions", "describe_state_machine", machine)["roleArn"].clone();
        let mut tests = Command::new(adapter_tests(&checkout().unwrap()));
        // A profile or an endpoint of the user's own would come before ours.
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")).for_each(|(name, _)| {
            tests.env_remove(name);
        });
        tests.env("SLUICE_TEST_AWS_ENDPOINT", &site.endpoint).env("AWS_ENDPOINT_URL", &site.endpoint);
        tests.env("AWS_REGION", &site.region).env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        tests.env("SLUICE_TEST_ROLE_ARN", role.as_str().unwrap());
        let output = tests.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains("test result: ok. ") && !said.contains("test result: ok. 0 passed"), "{said}");
    });
}
