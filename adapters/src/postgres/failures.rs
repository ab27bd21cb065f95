//! What it means when the database does not answer as it should: whether waiting helps, or the request is at fault.

use workflows::ports::Unavailable;

/// Names what was asked when the database does not answer as it should.
pub trait Asked<T> {
    /// Turns a database error into one that says what was asked.
    ///
    /// # Errors
    /// The same error, and whether the request or the server is at fault.
    fn asked(self, what: &'static str) -> Result<T, Unavailable>;
}

impl<T> Asked<T> for Result<T, sqlx::Error> {
    fn asked(self, what: &'static str) -> Result<T, Unavailable> {
        self.map_err(|error| {
            if is_request_at_fault(&error) {
                Unavailable::at_fault(what, said(error))
            } else {
                Unavailable::because(what, said(error))
            }
        })
    }
}

/// What the database said, with its SQLSTATE: an error's own text ends in the line of PostgreSQL's source that raised it,
/// which reads as if it were one of ours.
fn said(error: sqlx::Error) -> Box<dyn std::error::Error + Send + Sync> {
    let told = error.as_database_error().map(|told| match told.code() {
        Some(code) => format!("the database says: {} ({code})", told.message()),
        None => format!("the database says: {}", told.message()),
    });
    match told {
        Some(told) => told.into(),
        None => error.into(),
    }
}

/// Whether waiting cannot help: whatever the database says is the request's fault, but for what is named below. One that is
/// sent again for ever, unseen, is worse than one that is set aside.
fn is_request_at_fault(error: &sqlx::Error) -> bool {
    // An answer that came and cannot be read: it will not change.
    let is_unreadable = matches!(
        error,
        sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::TypeNotFound { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::Encode(_)
    );
    let code = error.as_database_error().and_then(|error| error.code());
    is_unreadable || code.is_some_and(|code| !AWAY.iter().any(|class| code.starts_with(class)))
}

/// What the server, the connection or the moment is at fault for, by SQLSTATE: the connection (08), a lost race (40), resources
/// (53), an object in another's use (55), an operator (57), the system (58). And what is said to whoever speaks to the wrong
/// server, before any request is looked at: who was the writer before a failover (25006), a password that was changed (28).
const AWAY: [&str; 8] = ["08", "25006", "28", "40", "53", "55", "57", "58"];

/// A stored value that the code cannot read: a bug, or a hand in the tables.
pub(crate) fn unreadable(what: &'static str, column: &str) -> Unavailable {
    Unavailable::at_fault(what, format!("column {column} holds something unknown"))
}
