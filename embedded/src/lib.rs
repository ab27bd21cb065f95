//! The pipeline in one process on PostgreSQL, and its command line.

pub mod asl;
pub mod catalog_csv;
pub mod cli;
pub mod client;
pub mod config;
pub mod csv_records;
pub mod decimal;
pub mod demo;
pub mod development_key;
pub mod engine;
#[cfg(test)]
mod fresh_database;
pub mod http;
pub mod issuer;
pub mod pipeline;
pub mod replay;
pub mod session;
pub mod shutdown;
mod terminal;
