//! Who ran a command that looks at what is somebody else's or changes it. The API's log says the same of its callers.

use handlers::api::TRAIL;
use std::env;

/// Says in the log that the command was run, whatever the log leaves out otherwise, and on what.
pub(super) fn note(command: &str, on: &str) {
    tracing::info!(target: TRAIL, actor = operator(), command, on, "ran");
}

/// The account that runs it, as the machine names it; behind `sudo` that of the person.
fn operator() -> String {
    let mut named = ["SUDO_USER", "USER", "LOGNAME"].into_iter().filter_map(|name| env::var(name).ok());
    let name = named.find(|name| !name.is_empty());
    format!("operator:{}", name.as_deref().unwrap_or("unknown"))
}
