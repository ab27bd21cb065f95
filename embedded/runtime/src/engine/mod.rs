//! The durable runtime around the workflow interpreter: executions and their history are kept in the database, so that
//! they survive any crash and any process can go on with them. On AWS, Step Functions is this.

mod put_events;
mod runner;
mod starter;
mod store;
mod tasks;
#[cfg(test)]
mod tests;

pub use runner::Runner;
pub use starter::Starter;

use asl::{Definition, DefinitionError, Surroundings};
use workflows::wiring::TASKS;

/// The name of the one workflow.
const CHECKOUT: &str = "checkout";

/// Reads the checkout workflow, which refers to functions by the names of the wiring.
///
/// # Errors
/// Everything in it that is not understood, with its place.
pub fn checkout() -> Result<Definition, DefinitionError> {
    let names = || TASKS.iter().map(|(name, _)| (*name).to_owned());
    let surroundings = Surroundings { substitutions: names().zip(names()).collect(), functions: names().collect() };
    Definition::parse(workflows::CHECKOUT, &surroundings)
}
