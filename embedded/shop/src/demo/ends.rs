//! How an order of the demo ends, and whether that is what was to be expected. Pure, since this is what the demo's exit
//! code says.

use schemas::api::order::{Order, Reason, Status};
use std::{collections::BTreeMap, fmt};

/// The end of one request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    /// Paid for, and its invoice is there.
    Invoiced,
    /// Refused, with the provider's code if it was its doing.
    Rejected(Reason, Option<String>),
    /// Cancelled.
    Cancelled,
    /// Never became an order: the kind of problem.
    NotAccepted(String),
    /// The answer of an earlier request with the same key.
    SameAnswer,
    /// Something that no order of the demo should come to.
    Other(String),
}

impl End {
    /// The end that the order has come to; nothing while something is still to happen.
    pub(super) fn of(order: &Order) -> Option<Self> {
        match order.status {
            Status::Submitted | Status::Reserved => None,
            Status::Confirmed => order.invoice.as_ref().map(|_| Self::Invoiced),
            Status::Rejected => Some(match order.reason {
                Some(reason) => Self::Rejected(reason, order.payment.as_ref().and_then(|payment| payment.code.clone())),
                None => Self::Other("rejected without a reason".to_owned()),
            }),
            Status::Cancelled => Some(Self::Cancelled),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invoiced => f.write_str("invoiced"),
            Self::Rejected(reason, None) => write!(f, "rejected: {reason}"),
            Self::Rejected(reason, Some(code)) => write!(f, "rejected: {reason} ({code})"),
            Self::Cancelled => f.write_str("cancelled"),
            Self::NotAccepted(kind) => write!(f, "not accepted: {kind}"),
            Self::SameAnswer => f.write_str("the same answer again"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

/// One request: of what kind it is, what it should come to, and what it came to by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The kind, in words.
    pub(super) what: &'static str,
    /// Of a kind, so many should end so: which of them does not matter.
    pub(super) expected: End,
    /// Nothing while it is under way.
    pub(super) came: Option<End>,
}

/// All requests of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) what: &'static str,
    /// What came, such as `5 invoiced, 4 rejected: out_of_stock`.
    pub(super) came: String,
    /// What should have come, if that is something else.
    pub(super) instead_of: Option<String>,
}

/// Judges each kind, in the order of their first requests.
pub(super) fn judge(outcomes: &[Outcome]) -> Vec<Judgement> {
    let mut kinds: Vec<&'static str> = Vec::new();
    for outcome in outcomes {
        if !kinds.contains(&outcome.what) {
            kinds.push(outcome.what);
        }
    }
    kinds
        .into_iter()
        .map(|what| {
            let of_kind = || outcomes.iter().filter(|outcome| outcome.what == what);
            let expected = counted(of_kind().map(|outcome| Some(&outcome.expected)));
            let came = counted(of_kind().map(|outcome| outcome.came.as_ref()));
            let instead_of = (came != expected).then_some(expected);
            Judgement { what, came, instead_of }
        })
        .collect()
}

fn counted<'a>(ends: impl Iterator<Item = Option<&'a End>>) -> String {
    let mut counts: BTreeMap<Option<&End>, usize> = BTreeMap::new();
    for end in ends {
        *counts.entry(end).or_default() += 1;
    }
    let parts: Vec<String> = counts
        .into_iter()
        .map(|(end, count)| format!("{count} {}", end.map_or_else(|| "without an end".to_owned(), End::to_string)))
        .collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(what: &'static str, expected: End, came: Option<End>) -> Outcome {
        Outcome { what, expected, came }
    }

    fn sold_out() -> End {
        End::Rejected(Reason::OutOfStock, None)
    }

    #[test]
    fn it_does_not_matter_which_buyer_gets_the_last_unit() {
        let outcomes = [
            outcome("hot", End::Invoiced, Some(sold_out())),
            outcome("paid", End::Invoiced, Some(End::Invoiced)),
            outcome("hot", sold_out(), Some(End::Invoiced)),
        ];
        let judged = judge(&outcomes);
        assert_eq!(judged.iter().map(|j| j.what).collect::<Vec<_>>(), ["hot", "paid"]);
        assert!(judged.iter().all(|j| j.instead_of.is_none()), "{judged:?}");
        assert_eq!(judged[0].came, "1 invoiced, 1 rejected: out_of_stock");
    }

    #[test]
    fn one_unit_too_many_sold_is_told() {
        let outcomes =
            [outcome("hot", End::Invoiced, Some(End::Invoiced)), outcome("hot", sold_out(), Some(End::Invoiced))];
        let judged = judge(&outcomes);
        assert_eq!(judged[0].came, "2 invoiced");
        assert_eq!(judged[0].instead_of.as_deref(), Some("1 invoiced, 1 rejected: out_of_stock"));
    }

    #[test]
    fn another_code_or_no_end_is_not_as_expected() {
        let declined = |code: &str| End::Rejected(Reason::PaymentDeclined, Some(code.to_owned()));
        let other = judge(&[outcome("declined", declined("card_declined"), Some(declined("expired_card")))]);
        assert!(other[0].instead_of.is_some());
        let none = judge(&[outcome("paid", End::Invoiced, None)]);
        assert_eq!(none[0].came, "1 without an end");
        assert!(none[0].instead_of.is_some());
    }
}
