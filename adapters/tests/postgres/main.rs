//! The adapters against a real PostgreSQL: what the ports promise, proved with rows, racers and stale receipts. One
//! binary, one server, a fresh database for each test.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod apply;
mod catalogue;
mod coalesced;
mod connections;
mod documents;
mod event_bus;
mod fair;
mod intake;
mod invoices;
mod issuing;
mod lists;
mod orders;
mod pooler;
mod queue;
mod races;
mod sandbox;
mod search;
mod shop;
mod stuck;
mod time;
mod warehouses;
