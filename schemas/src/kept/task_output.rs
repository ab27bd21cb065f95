//! What the tasks of workflow `checkout` give: the workflow file chooses by it, and both runtimes keep it, as the input and
//! the output of states. An execution outlives the release that began it, so what one release gave, the file of another
//! reads. The embedded runtime keeps it in `executions.state`, `executions.output` and `execution_history`, where it is
//! free JSON, because the interpreter knows of no workflow what its states mean.

use crate::api::order::Status;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What became of the money of an order: the output of the tasks that ask for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum PaymentOutput<'o> {
    /// It is held, or none is asked for.
    Authorized,
    /// The provider refused.
    Declined {
        /// Why, in its word, if it gave one.
        code: Option<Cow<'o, str>>,
    },
    /// It was let go, while the order still waits for it.
    Voided,
    /// The provider never heard of the order.
    None {
        /// How often it was asked.
        calls: i32,
    },
    /// The order needs no money any more.
    Closed,
}

/// Where an order stands: the output of the tasks that move it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusOutput {
    /// Its status; none if there is no such order.
    pub status: Option<Status>,
}
