//! Replays a real shop: reads an export in the columns of the UCI "Online Retail" data set, and derives from it a
//! catalogue, a stock and the orders with their times, and sends them. Reading, scheduling and reporting are pure.

mod args;
mod build;
mod carry;
mod countries;
mod dates;
mod figures;
mod goods;
mod outcome;
pub mod plan;
pub mod read;
mod records;
mod report;
mod rows;
pub mod schedule;
pub mod send;
pub mod unusable;

#[cfg(test)]
mod tests;

pub use args::ReplayArgs;
