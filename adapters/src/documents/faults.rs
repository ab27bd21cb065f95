//! What a failed look at a document says of it. Only of what is certainly no document may another one take the place: what
//! a disk, a share or a permission hides is perhaps a whole invoice, and can be read later.

use std::io;
use workflows::ports::Unavailable;

/// What the operating system says when files are open up to a limit (`ENFILE`, `EMFILE`): nothing is wrong with the one.
const TOO_MANY_OPEN: [i32; 2] = [23, 24];
/// What it says of a link that leads to itself (`ELOOP`), which no stable kind of error stands for.
const LEADS_TO_ITSELF: i32 = if cfg!(target_os = "linux") { 40 } else { 62 };

/// Whether the moment is to blame, and not the file that was to be read.
pub(super) fn is_of_the_moment(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::Interrupted
            | io::ErrorKind::OutOfMemory
            | io::ErrorKind::WouldBlock
            | io::ErrorKind::TimedOut
            | io::ErrorKind::ResourceBusy
            | io::ErrorKind::StaleNetworkFileHandle
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::NotConnected
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
    ) || error.raw_os_error().is_some_and(|code| TOO_MANY_OPEN.contains(&code))
}

/// Whether what was to be read is certainly no document, whoever reads it and whenever: a pipe or a device, a link in a
/// circle, something below a plain file.
pub(super) fn is_no_document(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::NotADirectory)
        || error.raw_os_error() == Some(LEADS_TO_ITSELF)
}

/// Says of what could not be read that it may be a document, and what to do.
pub(super) fn untold(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::IsADirectory || is_of_the_moment(&error) {
        return error;
    }
    let why = format!(
        "what stands there cannot be read and may be a whole document, so it stays: {error}. Let it be read, or move it away if \
         it never can be, and the document can be made"
    );
    io::Error::new(error.kind(), why)
}

/// What is wrong with one document, and what to do.
pub(super) fn explained(path: &str, error: &io::Error) -> io::Error {
    let why = if error.kind() == io::ErrorKind::IsADirectory {
        format!("a folder is in place of {path}; move it away, and the document can be made again")
    } else {
        format!("{path}: {error}")
    };
    io::Error::new(error.kind(), why)
}

/// Whether to wait, or a person has to see to it.
pub(super) fn failed(what: &'static str, error: io::Error) -> Unavailable {
    if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::IsADirectory) {
        Unavailable::at_fault(what, error)
    } else {
        Unavailable::because(what, error)
    }
}
