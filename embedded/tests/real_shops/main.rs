//! What real shops, their buyers and their tools send, over HTTP to a real server and in files to the real program: each
//! input stands for a kind that other systems of this trade were reported to get wrong.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod found;
mod hard_json;
mod hard_texts;
mod orders;
mod sending;
#[path = "../support/mod.rs"]
mod support;
