//! What stands behind the ports: PostgreSQL, the document store and the payment provider; with feature `aws` the services of AWS.

pub mod audit;
#[cfg(feature = "aws")]
pub mod aws;
pub mod batching;
pub mod documents;
pub mod invoice_printer;
pub mod postgres;
pub mod sandbox;
#[cfg(test)]
mod statements;
pub mod system;
