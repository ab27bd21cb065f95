//! How far an order of a replay came, and what that is called in the report.

use schemas::api::order::{Order, Reason, Status};
use std::{collections::BTreeMap, fmt, time::Duration};

/// One order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Record {
    /// How far it came.
    pub(super) stage: Stage,
    /// How long the API took to answer, from the moment that the order was due.
    pub(super) answered: Option<Duration>,
    /// How long it took until it was decided, from the moment that the order was due.
    pub(super) decided: Option<Duration>,
    /// The same until it had its invoice.
    pub(super) invoiced: Option<Duration>,
    /// Its cancellation.
    pub(super) cancel: Cancel,
}

/// How the cancellation of an order stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Cancel {
    /// There is none.
    #[default]
    None,
    /// It is still to be sent.
    Planned,
    /// 202: the order will be cancelled.
    Promised,
    /// It will not; the kind of problem.
    Refused(String),
}

/// How far an order came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its time has not come.
    #[default]
    Unsent,
    /// It is being sent.
    Sent,
    /// The API refused it, with this kind of problem.
    NotAccepted(String),
    /// It was accepted and stands there; something is still to happen.
    UnderWay(Status),
    /// Nothing more will happen.
    Ended(Status, Option<Reason>),
    /// It was accepted, and now nobody knows it, or it cannot be understood.
    Lost(String),
}

/// What the report counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// Paid for, with its invoice.
    Invoiced,
    /// Refused.
    Rejected(Option<Reason>),
    /// Cancelled.
    Cancelled,
    /// Another end.
    Other(Status),
    /// Refused by the API.
    NotAccepted(String),
    /// Accepted, and it has come to no end.
    NoEnd(Status),
    /// Sent, and never answered.
    NoAnswer,
    /// Accepted and gone.
    Lost(String),
    /// Not sent.
    Unsent,
}

impl Outcome {
    /// Whether somebody's order was not cared for.
    pub(super) fn is_failure(&self) -> bool {
        match self {
            Self::Invoiced | Self::Rejected(_) | Self::Cancelled | Self::Other(_) => false,
            // The API's own fault is no answer to an order.
            Self::NotAccepted(kind) => kind == "internal-error",
            Self::NoEnd(_) | Self::NoAnswer | Self::Lost(_) | Self::Unsent => true,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invoiced => f.write_str("confirmed, with an invoice"),
            Self::Rejected(Some(reason)) => write!(f, "rejected: {reason}"),
            Self::Rejected(None) => f.write_str("rejected without a reason"),
            Self::Cancelled => f.write_str("cancelled"),
            Self::Other(status) => write!(f, "{status}"),
            Self::NotAccepted(kind) => write!(f, "not accepted: {kind}"),
            Self::NoEnd(Status::Confirmed) => f.write_str("NO END YET: confirmed, its invoice is missing"),
            Self::NoEnd(status) => write!(f, "NO END YET: still {status}"),
            Self::NoAnswer => f.write_str("NO ANSWER to the order"),
            Self::Lost(why) => write!(f, "LOST: {why}"),
            Self::Unsent => f.write_str("NOT SENT"),
        }
    }
}

impl Record {
    pub(super) fn outcome(&self) -> Outcome {
        match &self.stage {
            Stage::Unsent => Outcome::Unsent,
            Stage::Sent => Outcome::NoAnswer,
            Stage::NotAccepted(kind) => Outcome::NotAccepted(kind.clone()),
            Stage::UnderWay(status) => Outcome::NoEnd(*status),
            Stage::Lost(why) => Outcome::Lost(why.clone()),
            Stage::Ended(Status::Confirmed, _) => Outcome::Invoiced,
            Stage::Ended(Status::Rejected, reason) => Outcome::Rejected(*reason),
            Stage::Ended(Status::Cancelled, _) => Outcome::Cancelled,
            Stage::Ended(status, _) => Outcome::Other(*status),
        }
    }

    /// Whether the order that was read has come to its end, given what its buyer wished.
    pub(super) fn is_end(&self, order: &Order) -> bool {
        match order.status {
            Status::Submitted | Status::Reserved => false,
            Status::Confirmed => match self.cancel {
                Cancel::None | Cancel::Refused(_) => order.invoice.is_some(),
                Cancel::Planned | Cancel::Promised => false,
            },
            Status::Rejected | Status::Cancelled => true,
        }
    }
}

/// What the report is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    /// One for each order of the plan.
    pub(super) records: Vec<Record>,
    /// Calls that were made again because nobody answered.
    pub(super) repeated: u64,
    /// From the start to the last answer of the API to an order.
    pub(super) sending: Duration,
    /// From the start to the last end of an order.
    pub(super) working: Duration,
}

impl Summary {
    /// How many orders had each outcome.
    pub(super) fn outcomes(&self) -> BTreeMap<Outcome, u64> {
        let mut outcomes = BTreeMap::new();
        for record in &self.records {
            *outcomes.entry(record.outcome()).or_default() += 1;
        }
        outcomes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_end_is_a_failure() {
        let failure = |stage: Stage| Record { stage, ..Record::default() }.outcome().is_failure();
        assert!(failure(Stage::Unsent) && failure(Stage::Sent) && failure(Stage::Lost("gone".into())));
        assert!(failure(Stage::UnderWay(Status::Confirmed)) && failure(Stage::NotAccepted("internal-error".into())));
        assert!(!failure(Stage::Ended(Status::Rejected, Some(Reason::OutOfStock))));
        assert!(!failure(Stage::NotAccepted("invalid-body".into())));
    }
}
