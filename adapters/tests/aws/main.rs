//! The adapters of AWS over a real wire. `embedded/tests/aws/wire.rs` builds these tests and runs them against the local
//! AWS that it has there; by hand, with one that was started before:
//!
//!     SLUICE_TEST_AWS_ENDPOINT=http://127.0.0.1:4566 AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_REGION=us-east-1 \
//!     AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test SLUICE_TEST_ROLE_ARN=arn:aws:iam::000000000000:role/any \
//!     cargo test -p adapters --features aws --test aws
//!
//! The endpoint is asked for twice so that a forgotten variable does not make them run in somebody's account. The role is
//! one that state machines may take on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod account;
mod catalogue;
mod documents;
mod event_bus;
mod filing_conflicts;
mod intake;
mod places;
mod queue;
mod secrets;
mod warehouses;
mod workflows;
