//! What is called from outside: the HTTP API. The same code runs in one process and on AWS Lambda.

pub mod api;
pub mod token;
