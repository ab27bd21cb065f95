//! What a command says: its answer on standard output, what is beside it on standard error. Whoever reads may go away at any
//! time (`sluice audit | head -1`); then the rest is left unsaid, and the command ends as quietly as other tools do. The
//! macros of the standard library panic there, in the middle of work.

use std::{
    fmt,
    io::{self, Write},
    sync::OnceLock,
};
use tokio::sync::Notify;

/// Why the answer cannot be given any more.
static LOST: OnceLock<io::ErrorKind> = OnceLock::new();
static NOBODY_READS: Notify = Notify::const_new();

/// What a command ends with that could not be run, or not to its end; as wrong arguments do. 1 is for what it found to be
/// otherwise than it should.
pub const COULD_NOT_RUN: u8 = 2;

/// Prints a line of the answer.
#[macro_export]
macro_rules! say {
    ($($what:tt)*) => { $crate::terminal::answer(format_args!($($what)*)) };
}

/// Prints a line beside the answer.
#[macro_export]
macro_rules! remark {
    ($($what:tt)*) => { $crate::terminal::beside(format_args!($($what)*)) };
}

/// A line of the answer; `say!` is how it is given.
pub fn answer(line: fmt::Arguments<'_>) {
    if LOST.get().is_some() {
        return;
    }
    if let Err(error) = writeln!(io::stdout().lock(), "{line}") {
        // Of several that fail at once the first counts.
        if LOST.set(error.kind()).is_ok() {
            NOBODY_READS.notify_one();
        }
    }
}

/// A line beside the answer; `remark!` is how it is given.
pub fn beside(line: fmt::Arguments<'_>) {
    // There is nobody left to tell that it cannot be told.
    drop(writeln!(io::stderr().lock(), "{line}"));
}

/// Resolves once nobody reads the answer any more, for commands that do nothing else than show something for a while.
pub async fn nobody_reads() {
    NOBODY_READS.notified().await;
}

/// Whether all that was said could be said, or was not wanted.
///
/// # Errors
/// If it could not be written, to a disk that is full for example.
/// A line of the answer; `say!` is how it is given.
pub fn answered() -> anyhow::Result<()> {
    match LOST.get().copied().or_else(|| io::stdout().flush().err().map(|error| error.kind())) {
        None | Some(io::ErrorKind::BrokenPipe) => Ok(()),
        Some(kind) => anyhow::bail!("the answer could not be written: {kind}"),
    }
}
