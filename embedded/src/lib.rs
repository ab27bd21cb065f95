//! The command line of the pipeline in one process: a file for each command.

mod audit;
pub mod aws_local;
mod catalog;
pub mod cli;
mod database_url;
mod dlq;
mod index;
mod postgres;
mod serve;
mod token;
mod trail;
