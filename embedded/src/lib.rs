//! The command line of the pipeline in one process: a file for each command, and the local AWS, which a command shows and the
//! tests deploy on.

mod audit;
mod aws_local;
mod catalog;
pub mod cli;
mod database_url;
mod dlq;
mod index;
pub mod local_aws;
mod postgres;
mod serve;
mod token;
mod trail;
