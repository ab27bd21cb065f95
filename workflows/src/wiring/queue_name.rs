//! The names of queues, in one place: a message that is put on a queue that nobody reads waits for ever.

use schemas::every;
use std::fmt::{self, Display};

/// What one customer has waiting on a queue beyond a share waits in its second lane, the queue's name with this behind.
const SECOND_LANE: &str = "-bulk";
/// What failed too often waits in the dead-letter queue, which both lanes share.
const DEAD_LETTERS: &str = "-dlq";

/// A queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QueueName {
    /// Accepted orders.
    Intake,
    /// Orders to be invoiced.
    Invoice,
    /// Orders to be shown by search as they are.
    Index,
    /// Orders to be cancelled.
    Cancel,
    /// Orders whose money is to be let go.
    Void,
    /// Orders of which warehouses are to hear.
    Dispatch,
}

impl QueueName {
    /// All of them.
    pub const ALL: [Self; 6] = every!(Self: Intake, Invoice, Index, Cancel, Void, Dispatch);

    /// The name, as the database and SQS have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Invoice => "invoice",
            Self::Index => "index",
            Self::Cancel => "cancel",
            Self::Void => "void",
            Self::Dispatch => "dispatch",
        }
    }

    /// The queue of that name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|queue| queue.as_str() == name)
    }

    /// The queue whose name, second lane or dead-letter queue that is.
    pub fn behind(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|queue| queue.names().iter().any(|known| known == name))
    }

    /// The name of its second lane.
    pub fn second_lane(self) -> String {
        format!("{self}{SECOND_LANE}")
    }

    /// The name of its dead-letter queue.
    pub fn dead_letters(self) -> String {
        format!("{self}{DEAD_LETTERS}")
    }

    /// Every name under which a message of this queue may wait.
    pub fn names(self) -> Vec<String> {
        vec![self.as_str().to_owned(), self.second_lane(), self.dead_letters()]
    }
}

impl Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_found_by_each_of_its_names_and_by_no_other() {
        for queue in QueueName::ALL {
            assert_eq!(QueueName::of(queue.as_str()), Some(queue));
            for name in queue.names() {
                assert_eq!(QueueName::behind(&name), Some(queue), "{name}");
            }
        }
        for wrong in ["", "intake-dlq-dlq", "-dlq", "INTAKE", "nope"] {
            assert_eq!((QueueName::of(wrong), QueueName::behind(wrong)), (None, None), "{wrong}");
        }
        assert_eq!(QueueName::of("intake-bulk"), None);
    }
}
