//! Running a step for what triggers it: a message of a queue, a task of a workflow, a tick of the clock. The same on both
//! runtimes.

pub mod queue;
pub mod schedule;
pub mod task;
