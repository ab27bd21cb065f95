//! The pipeline in one process: consumers of the queues, the workflow engine, schedules and the API's server on one database,
//! with their configuration, and what a command needs to have one run: a database of its own, a session, the terminal.

pub mod config;
mod consumers;
pub mod development_key;
pub mod engine;
#[cfg(test)]
mod fresh_database;
pub mod http;
pub mod instance;
pub mod issuer;
mod metrics;
pub mod pipeline;
mod readiness;
mod schedules;
pub mod session;
pub mod shutdown;
pub mod store;
pub mod terminal;
mod waiters;
pub mod wake;
pub mod wired;
