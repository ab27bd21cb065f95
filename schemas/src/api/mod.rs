//! The bodies that callers send and get. OpenAPI documents them, and a caller's program is written against them.

pub mod order;
pub mod order_request;
pub mod problem;
pub mod product;
pub mod support;
