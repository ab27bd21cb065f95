//! The steps that run by the clock: each does all it can in a run, and one bad order is in nobody's way.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod expire;
mod forget;
mod sweep;
