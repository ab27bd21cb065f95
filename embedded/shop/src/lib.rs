//! What acts as a shop: it reads a shop's files, and sends orders by the HTTP API as a checkout does, so that what it shows is
//! what a checkout would see.

pub mod catalog_csv;
pub mod client;
pub mod csv_records;
pub mod decimal;
pub mod demo;
pub mod replay;
