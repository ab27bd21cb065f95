//! What is called from outside: the HTTP API, the messages of queues, the tasks of workflows, the schedules. The same code
//! runs in one process and on AWS Lambda; with feature `lambda` come the functions that run it there.

pub mod api;
pub mod functions;
#[cfg(test)]
mod in_memory;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod ports;
#[cfg(test)]
mod ports_tests;
pub mod run;
pub mod settings;
pub mod token;
