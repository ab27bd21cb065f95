//! Those who come at once share a batch, and with it a transaction: the batcher, and what stands in front of ports with it.

mod batcher;
pub mod ports;

pub use batcher::{BatchTiming, Batcher, GivenUp};
