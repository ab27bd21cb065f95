//! The limit of open files: a connection is one, and the limit that a process starts with is often 1,024.

/// For so many connections that are open one more may linger.
const TO_ONE_THAT_LINGERS: usize = 8;
/// Files that are open beside connections: those of the database, documents, the log.
const OTHERS: u64 = 512;

/// How many connections may linger, beside so many that are open.
pub(super) fn lingering(connections: usize) -> usize {
    connections / TO_ONE_THAT_LINGERS
}

/// Raises the limit so far that so many connections may be open, or as far as the system lets; says how many may.
pub(crate) fn raise_limit(connections: usize) -> usize {
    let wanted = connections.saturating_add(lingering(connections));
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX).saturating_add(OTHERS);
    let files = match rlimit::increase_nofile_limit(wanted) {
        Ok(files) => files,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files cannot be raised");
            return connections;
        }
    };
    let possible = possible(files, connections);
    if possible < connections {
        tracing::warn!(files, connections, possible, "fewer connections than set: raise the hard limit of open files");
    }
    possible
}

/// How many connections may be open among so many files. However few these are, most are for connections.
fn possible(files: u64, connections: usize) -> usize {
    let left = files.saturating_sub(OTHERS).max(files / 2);
    let left = usize::try_from(left).unwrap_or(usize::MAX);
    (left - left / (TO_ONE_THAT_LINGERS + 1)).min(connections)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use rlimit::Resource;

    #[test]
    fn most_of_few_files_are_for_connections() {
        for (files, possibly) in [
            (u64::MAX, 8_192),
            (8_192 + 1_024 + OTHERS, 8_192),
            (8_192 + 1_022 + OTHERS, 8_191),
            (4_096, 3_186),
            (1_024, 456),
            (256, 114),
            (0, 0),
        ] {
            assert_eq!(possible(files, 8_192), possibly, "{files}");
        }
    }

    #[test]
    fn the_limit_is_raised_as_far_as_connections_need_or_the_system_lets() {
        let (_, hard) = Resource::NOFILE.get().unwrap();
        let connections = possible(hard.min(10_000), usize::MAX);
        assert_eq!(raise_limit(connections), possible(hard, connections));
        let (soft, _) = Resource::NOFILE.get().unwrap();
        assert!(soft >= hard.min(u64::try_from(connections).unwrap() + OTHERS), "{soft} of {hard}");
        // More than any system has: what is left of what there is.
        let most = raise_limit(usize::MAX);
        assert!(most >= connections && most < usize::MAX, "{most}");
    }
}
