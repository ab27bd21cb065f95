//! What stands behind the ports: PostgreSQL, the document store, the invoice printer and the payment provider.

pub mod audit;
#[cfg(feature = "aws")]
pub mod aws;
pub mod batcher;
pub mod coalesced;
pub mod documents;
pub mod folding;
pub mod invoice;
pub mod local_postgres;
pub mod postgres;
pub mod printer;
pub mod reader;
pub mod sandbox;
pub mod system;
