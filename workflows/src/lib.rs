//! The order's lifecycle, the steps that carry it through, and the ports they need. This crate does no IO: whatever can
//! fail for a reason outside is behind a port.

pub mod allocate;
pub mod backoff;
pub mod billing;
pub mod issued_invoice;
pub mod lifecycle;
pub mod order;
pub mod pattern;
pub mod ports;
pub mod steps;
pub mod wiring;

/// The checkout workflow, the same file on both runtimes.
pub const CHECKOUT: &str = include_str!("../asl/checkout.asl.json");
