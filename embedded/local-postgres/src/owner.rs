//! Whose a server is that runs on the data folder, where no process of ours says that it runs it: left behind by one that was
//! killed, or an operator's, who started it by hand or is at work on it. Only the first may be stopped; to stop the second
//! would cut a restore, or somebody's transaction, in the middle.

use std::fs;
use std::path::PathBuf;

use sqlx::Connection;

use crate::{
    cluster,
    error::StartError,
    paths::{self, Paths},
    postmaster::Postmaster,
};

/// Sessions that no sluice has: whatever else connects gives itself another name, or none. A backup that is being taken, or a
/// replica, is one.
const OTHERS: &str = "-- local_postgres/others
    select exists (select from pg_stat_activity where backend_type in ('client backend', 'walsender')
      and pid <> pg_backend_pid() and application_name <> 'sluice')";

/// The server that somebody else started or uses, if one lives. Blocks.
pub(super) fn owned_server(paths: &Paths) -> Option<Postmaster> {
    let server = Postmaster::of(&paths.cluster).filter(|server| server.lives(&paths.cluster))?;
    (started_otherwise(paths) || has_sessions_of_others(paths)).then_some(server)
}

/// Whether the server that runs was started with other arguments than ours. What cannot be read is not ours.
pub(super) fn started_otherwise(paths: &Paths) -> bool {
    // The program, and then each argument in quotes, as it was given.
    let Ok(told) = fs::read(paths.cluster.join("postmaster.opts")) else { return true };
    let mut ours = Vec::new();
    for argument in cluster::arguments(paths) {
        ours.extend_from_slice(b" \"");
        ours.extend_from_slice(argument.as_encoded_bytes());
        ours.push(b'"');
    }
    !told.trim_ascii_end().ends_with(&ours)
}

/// Whether anybody but sluice is connected. A server of ours that does not answer has nobody.
fn has_sessions_of_others(paths: &Paths) -> bool {
    // Asked from threads that block, of which some outlive the runtime of whoever started them.
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return true };
    let asked = runtime.block_on(async {
        let mut connection = super::connect(&paths.url("postgres")).await?;
        let ask = sqlx::query_scalar::<_, bool>(OTHERS).fetch_one(&mut connection);
        let asked = tokio::time::timeout(super::CONNECT_WITHIN, ask).await;
        let others = asked.unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
        connection.close().await?;
        Ok::<bool, sqlx::Error>(others)
    });
    asked.unwrap_or(false)
}

/// Why nothing is started beside that server, with the address by which it can be used as it is.
pub(super) fn refusal(paths: &Paths, server: Postmaster) -> StartError {
    let told = fs::read_to_string(paths.cluster.join("postmaster.pid")).unwrap_or_default();
    // The fourth line is the port, the fifth the first folder with a socket.
    let mut lines = told.lines().skip(3).map(str::trim);
    let (port, sockets) = (lines.next().unwrap_or("5432"), lines.next().unwrap_or_default());
    let sockets = if sockets.is_empty() { paths.sockets.clone() } else { PathBuf::from(sockets) };
    StartError::ServerOfAnother {
        pid: server.pid,
        path: paths.cluster.clone(),
        address: paths::address(&sockets, port, "sluice"),
    }
}
