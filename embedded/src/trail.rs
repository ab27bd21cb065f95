//! Who ran a command that looks at what is somebody else's or changes it. The API's log says the same of its callers.

use handlers::api::TRAIL;
use local_postgres::own_uid;
use std::env;

/// Says in the log that the command was run, whatever the log leaves out otherwise, and on what.
pub(super) fn note(command: &str, on: &str) {
    tracing::info!(target: TRAIL, actor = operator(|name| env::var(name).ok(), || own_uid().ok()), command, on, "ran");
}

/// The account that runs it, as the machine names it; behind `sudo` that of the person. A container or a timer names none: then
/// its number.
fn operator(variable: impl Fn(&str) -> Option<String>, uid: impl FnOnce() -> Option<u32>) -> String {
    let mut named = ["SUDO_USER", "USER", "LOGNAME"].into_iter().filter_map(variable);
    match named.find(|name| !name.trim().is_empty()) {
        Some(name) => format!("operator:{name}"),
        None => uid().map_or_else(|| "operator:unknown".to_owned(), |uid| format!("operator:uid={uid}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_runs_a_command_has_a_name_or_a_number() {
        for (variables, uid, told) in [
            (&[("USER", "root"), ("SUDO_USER", "zoe")][..], Some(0), "operator:zoe"),
            (&[("SUDO_USER", ""), ("USER", "root")], Some(0), "operator:root"),
            (&[("LOGNAME", "ops")], Some(1000), "operator:ops"),
            (&[("USER", " ")], Some(0), "operator:uid=0"),
            (&[], Some(1000), "operator:uid=1000"),
            (&[], None, "operator:unknown"),
        ] {
            let variable = |name: &str| {
                let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
                Some((*value).to_owned())
            };
            assert_eq!(operator(variable, || uid), told);
        }
        assert!(own_uid().is_ok());
    }
}
