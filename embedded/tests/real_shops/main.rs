//! What real shops, their buyers and their tools send, over HTTP to a real server and in files to the real program: each
//! input stands for a kind that other systems of this trade were reported to get wrong.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it fetches"
)]

mod files;
mod hard_json;
mod hard_texts;
mod invoiced;
mod orders;
#[path = "../e_invoices/rules.rs"]
mod rules;
mod searching;
mod sending;
#[path = "../support/mod.rs"]
mod support;
mod tokens;
