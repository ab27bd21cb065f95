//! What warehouses are told.

pub mod dispatch_orders;
