//! What the failures of AWS mean to whoever called: away, so that waiting helps, or a request that is at fault.

use super::batch_send::Failure;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::{collections::BTreeMap, error::Error};
use workflows::ports::Unavailable;

/// Names what was asked when a service does not answer as it should.
pub(super) trait Asked<T> {
    /// Turns the client's error into one that says what was asked.
    fn asked(self, what: &'static str) -> Result<T, Unavailable>;
}

impl<T, E> Asked<T> for Result<T, SdkError<E, HttpResponse>>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    fn asked(self, what: &'static str) -> Result<T, Unavailable> {
        self.map_err(|error| unavailable(what, error))
    }
}

/// The error in the words of the ports.
pub(super) fn unavailable<E>(what: &'static str, error: SdkError<E, HttpResponse>) -> Unavailable
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    // Without an answer of the service (no connection, none in time, one cut short) there is nothing to blame.
    let at_fault = if let SdkError::ServiceError(answer) = &error {
        let status = answer.raw().status().as_u16();
        status < 500 && status != 429 && !is_passing(answer.err().code().unwrap_or_default())
    } else {
        matches!(error, SdkError::ConstructionFailure(_))
    };
    if at_fault { Unavailable::at_fault(what, error) } else { Unavailable::because(what, error) }
}

/// Whether an error's code says that the request would pass later. Many services answer with status 400 or 403 when
/// they are asked too often.
pub(super) fn is_passing(code: &str) -> bool {
    const SIGNS: [&str; 8] = [
        "Throttl",
        "TooManyRequests",
        "ThroughputExceeded",
        "RequestLimitExceeded",
        "ExecutionLimitExceeded",
        "InternalFailure",
        "InternalError",
        "ServiceUnavailable",
    ];
    SIGNS.iter().any(|sign| code.contains(sign))
}

/// What a service said of an entry it did not take.
#[derive(Clone, Debug)]
pub(super) struct NotTaken {
    /// The entry's id in the call.
    pub(super) id: String,
    /// The error's code.
    pub(super) code: String,
    /// Whether the service blames the entry.
    pub(super) at_fault: bool,
    /// The error in words.
    pub(super) message: Option<String>,
}

/// Which of `count` entries did not arrive, their ids being their indexes. What the service says nothing of counts as
/// not arrived: twice is mended by whoever receives, never is not.
pub(super) fn failures<'a>(
    count: usize,
    taken: impl IntoIterator<Item = &'a str>,
    not_taken: impl IntoIterator<Item = NotTaken>,
) -> Vec<Failure> {
    let taken: Vec<usize> = taken.into_iter().filter_map(|id| id.parse().ok()).collect();
    let mut said: BTreeMap<usize, NotTaken> =
        not_taken.into_iter().filter_map(|entry| Some((entry.id.parse().ok()?, entry))).collect();
    (0..count)
        .filter(|at| !taken.contains(at))
        .map(|at| match said.remove(&at) {
            Some(entry) => Failure {
                at,
                away: !entry.at_fault || is_passing(&entry.code),
                why: match entry.message {
                    Some(message) => format!("{}: {message}", entry.code),
                    None => entry.code,
                },
            },
            None => Failure { at, away: true, why: "the service said nothing of it".to_owned() },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_taken(id: &str, code: &str, at_fault: bool) -> NotTaken {
        NotTaken { id: id.to_owned(), code: code.to_owned(), at_fault, message: None }
    }

    #[test]
    fn entries_are_found_by_their_ids_whatever_the_order_of_the_answer() {
        let found = failures(4, ["3", "0"], [not_taken("2", "InternalError", false), not_taken("1", "Bad", true)]);
        let found: Vec<_> = found.into_iter().map(|failure| (failure.at, failure.away, failure.why)).collect();
        assert_eq!(found, [(1, false, "Bad".to_owned()), (2, true, "InternalError".to_owned())]);
    }

    #[test]
    fn an_entry_that_the_answer_leaves_out_has_not_arrived() {
        let found = failures(2, ["1"], []);
        assert_eq!((found.len(), found[0].at, found[0].away), (1, 0, true));
    }

    #[test]
    fn being_asked_too_often_is_no_fault_of_the_entry() {
        for code in
            ["RequestThrottled", "KmsThrottled", "ThrottlingException", "ProvisionedThroughputExceededException"]
        {
            assert!(failures(1, [], [not_taken("0", code, true)])[0].away, "{code}");
        }
        assert!(!failures(1, [], [not_taken("0", "InvalidMessageContents", true)])[0].away);
    }
}
