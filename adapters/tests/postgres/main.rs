//! The adapters against a real PostgreSQL: what the ports promise, proved with rows, racers and stale receipts. One
//! binary, one server, a fresh database for each test.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod batching;
mod catalogue;
mod catalogue_file;
mod connections;
mod credentials;
mod documents;
mod event_bus;
mod failing_reads;
mod fair;
mod filing_conflicts;
mod growth;
mod hostile_messages;
mod installation;
mod instances;
mod intake;
mod invoice_numbers;
mod issuing;
mod keeping;
mod ledger;
mod order_lists;
mod orders;
mod pooler;
mod power_cut;
mod queue;
mod queue_names;
mod races;
mod reach;
mod reading;
mod retention;
#[cfg(feature = "aws")]
mod roles;
mod sandbox;
mod schema;
mod search;
mod search_bounds;
mod search_folding;
mod shop;
mod stuck_orders;
mod swapped_folder;
mod time;
mod warehouses;
