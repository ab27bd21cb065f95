//! Ctrl-C and SIGTERM, as one wish to stop.

use tokio::signal::unix::{SignalKind, signal};

/// Resolves when the process is asked to stop. From this call on neither signal ends it by itself.
///
/// # Errors
/// If the signals cannot be caught.
pub fn requested() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
