//! The pipeline on AWS, proven on a local one: the deployment template with the very functions, IAM enforced. The
//! scenarios are those of the embedded runtime; what AWS itself has to show is looked at with AWS's client for Python.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test fails by panicking")]

mod built;
mod crowds;
mod dead_letters;
mod express;
mod issuer;
mod kills;
mod look;
mod missing;
mod outages;
mod payloads;
mod permissions;
mod site;
#[path = "../scenarios/suite.rs"]
mod suite;
#[path = "../support/mod.rs"]
mod support;
mod warehouses;
mod wire;
mod workflow;
mod workflow_runs;

suite::each_scenario!(super::site::run, super::site::target());
