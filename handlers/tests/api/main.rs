//! The API through its router, with the ports in memory: what a caller is told for every kind of request.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::as_conversions,
    reason = "a test fails by panicking"
)]

mod cancel;
mod catalogue;
mod every_answer;
mod openapi;
mod read;
mod reads;
mod refused_bodies;
mod shares;
mod submit;
mod tokens;
mod world;
