//! Replays a real shop: reads an export in the columns of the UCI "Online Retail" data set, and derives from it a
//! catalogue, a stock and the orders with their times. Reading and scheduling are pure; nothing here sends.

mod build;
mod countries;
mod dates;
mod goods;
pub mod plan;
pub mod read;
mod rows;
pub mod schedule;
pub mod send;
pub mod unusable;

#[cfg(test)]
mod tests;
