//! The steps, tasks and jobs that carry an order through. A step takes a batch and says what became of every item; each may be
//! told the same thing twice, and then tells again what followed from the first time.

pub mod billing;
pub mod checkout;
pub mod fulfilment;
pub mod task;
pub mod upkeep;

use crate::ports::Unavailable;

/// What the queue is to do with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// It did its work: forget it.
    Done,
    /// Its time has not come, or what it needs is away: deliver it again, without counting this time.
    Busy(String),
    /// It failed: deliver it again, and set it aside if that happens too often.
    Retry(String),
    /// It cannot be done, and that is settled: forget it, and log why.
    Refused(String),
}

impl From<Unavailable> for Outcome {
    fn from(error: Unavailable) -> Self {
        if error.away { Self::Busy(error.chain()) } else { Self::Retry(error.chain()) }
    }
}

/// One outcome for each of `count` messages of a batch that stands or falls together.
fn all(count: usize, result: Result<(), Unavailable>) -> Vec<Outcome> {
    vec![result.map_or_else(Outcome::from, |()| Outcome::Done); count]
}
