//! The limit of open files: a connection is one, and the limit that a process starts with is often 1,024.

/// How many connections may wait for a place.
pub(super) const WAITING: usize = 1_024;
/// Files that are open beside connections: those that wait, and those of the database, documents, the log.
const OTHERS: u64 = 1_024 + 512;

/// Raises the limit so far that so many connections may be open, or as far as the system lets; says how many may.
pub(crate) fn raise_limit(connections: usize) -> usize {
    let wanted = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OTHERS);
    let files = match rlimit::increase_nofile_limit(wanted) {
        Ok(files) => files,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files cannot be raised");
            return connections;
        }
    };
    // However low it is, most of it is for connections.
    let left = files.saturating_sub(OTHERS).max(files / 2);
    let possible = usize::try_from(left).unwrap_or(usize::MAX).min(connections);
    if possible < connections {
        tracing::warn!(files, connections, possible, "fewer connections than set: raise the hard limit of open files");
    }
    possible
}
