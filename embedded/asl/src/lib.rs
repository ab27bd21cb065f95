//! Amazon States Language with JSONata: reads a workflow file and says, step by step, what has to be done next, so that
//! the embedded runtime takes an order through the very file that Step Functions runs.
//!
//! Architecture invariant: nothing here does IO, reads a clock or draws a random number. What a transition needs of the
//! world comes in as an argument, and what it wants of the world goes out as an [`Action`]; the runtime around it makes
//! both durable. So a transition made twice from the same [`schemas::kept::Execution`] is the same transition.
//!
//! A [`Definition`] holds only what we run exactly as Step Functions does; all else is refused when the file is read.
//! Where its documents contradict each other (`Output` and `Assign` of a whole Choice state) the field is refused too.

mod check;
mod definition;
mod error;
mod execution;
pub mod jsonata;
mod limits;
mod read;
mod read_task;
mod retry;
mod scope;
mod substitute;
mod template;
mod transition;

#[cfg(test)]
mod tests;

pub use definition::{Definition, Surroundings};
pub use error::{DefinitionError, Problem, ResumeError};
pub use execution::{Action, Resumption, TaskOutcome, Transition, Visit};
