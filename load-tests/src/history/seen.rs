//! What is looked at on a database with a past, and on one without: the same, so that the two stand side by side.

use super::statements::Statements;
use crate::{percentile::Summary, report::Report, server::WatchedAudit};

/// What was seen on one database.
pub(super) struct Seen {
    /// Old orders, and the bytes that each takes.
    pub(super) orders: i64,
    pub(super) bytes_an_order: Option<f64>,
    pub(super) statements: Statements,
    pub(super) lists: Vec<(&'static str, Summary)>,
    pub(super) first_audit: WatchedAudit,
    pub(super) next_audit: WatchedAudit,
    /// What the statements of the next audit cost.
    pub(super) audit_statements: Statements,
    pub(super) load: Report,
}
