//! A command that runs beside the test, until it ends by itself or is told to.

use super::server::prepared;
use std::{
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};
use tokio::process::{Child, Command};

/// Far more than any command of a test takes.
pub(crate) const WITHIN: Duration = Duration::from_secs(60);

/// A command that has begun. One that serves does so wherever there is room.
pub(crate) fn begun(data_dir: &Path, database_url: Option<&str>, arguments: &[&str]) -> Child {
    begun_with(data_dir, database_url, arguments, &[("SLUICE_LISTEN", "127.0.0.1:0")])
}

/// The same with these settings.
pub(crate) fn begun_with(data_dir: &Path, url: Option<&str>, arguments: &[&str], settings: &[(&str, &str)]) -> Child {
    let mut command = Command::from(prepared(data_dir, url));
    command.args(arguments).envs(settings.iter().copied()).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Its exit status and what it said, once it has ended.
pub(crate) async fn ended(child: Child) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } =
        tokio::time::timeout(WITHIN, child.wait_with_output()).await.expect("it still runs").unwrap();
    (status.code(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

/// Asks it to end, as an operator does.
pub(crate) fn terminate(child: &Child) {
    let pid = child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
}
