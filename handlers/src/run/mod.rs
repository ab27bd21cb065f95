//! Running what is triggered: a step by a message, a task by a workflow, a job by a tick of the clock. The same on both
//! runtimes.

pub mod queue;
pub mod schedule;
pub mod task;
