//! Whether the database can be reached, and why not, in words for whoever has to mend it. A pool tries again for as long as
//! somebody waits, and then knows only that nothing came; and a database that falls silent with its connections standing
//! answers neither yes nor no, for ever.

use super::Database;
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use std::{io::ErrorKind, time::Duration};

/// How long a database may take to let somebody in.
const ENTRY: Duration = Duration::from_secs(5);
/// How often one that is worked with is asked whether it is there, and how long it may then be silent.
const ROUND: Duration = Duration::from_secs(2);
const SILENCE: Duration = Duration::from_secs(10);

/// Why a database cannot be reached. Nothing secret stands in it.
#[derive(Debug, thiserror::Error)]
#[error("the database at {address} cannot be reached: {cause}")]
pub struct Unreachable {
    address: String,
    cause: String,
}

impl Database {
    /// Makes a connection of its own, and gives it up.
    ///
    /// # Errors
    /// Why that does not work, once it is known, and after five seconds at the latest.
    pub async fn reach(&self) -> Result<(), Unreachable> {
        let options = self.durable.connect_options();
        let entered = async { enter(&options).await?.close().await };
        let cause = match tokio::time::timeout(ENTRY, entered).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => why(&error, &options),
            Err(_) => format!("no answer within {} s; see whether it, or what is before it, hangs", ENTRY.as_secs()),
        };
        Err(Unreachable { address: address(&options), cause })
    }

    /// Resolves when the database was asked whether it is there and has said nothing for ten seconds.
    pub async fn falls_silent(&self) {
        let mut connection: Option<PgConnection> = None;
        loop {
            tokio::time::sleep(ROUND).await;
            let (options, kept) = (self.durable.connect_options(), connection.take());
            let asked = async {
                let mut connection = match kept {
                    Some(connection) => connection,
                    None => enter(&options).await?,
                };
                connection.ping().await.map(|()| connection)
            };
            match tokio::time::timeout(SILENCE, asked).await {
                Ok(Ok(answering)) => connection = Some(answering),
                // That is an answer too: whoever works with it gets the same.
                Ok(Err(error)) => tracing::debug!(%error, "the database refuses to be asked"),
                Err(_) => return,
            }
        }
    }
}

async fn enter(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    PgConnection::connect_with(options).await
}

/// Where it was looked for.
fn address(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(socket) => format!("the socket in {}", socket.display()),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}

/// The cause of a failed connection, in words that say what to do.
pub fn why(error: &sqlx::Error, options: &PgConnectOptions) -> String {
    if let sqlx::Error::Io(error) = error {
        let is = |kind: ErrorKind| error.kind() == kind;
        return if error.to_string().contains("lookup address") {
            "the name of its host is not known; see whether it is spelt right".to_owned()
        } else if is(ErrorKind::ConnectionRefused) || is(ErrorKind::NotFound) {
            "nobody listens there; see whether it runs, and on which port".to_owned()
        } else {
            format!("the connection broke ({error})")
        };
    }
    if let sqlx::Error::Tls(error) = error {
        return format!("it does not speak TLS as it should ({error}); sslmode in the URL says what is wanted");
    }
    let said = error.as_database_error();
    let code = said.and_then(|said| said.code()).unwrap_or_default();
    let Some(said) = said else { return error.to_string() };
    match &*code {
        "28P01" | "28000" => {
            format!("it does not let user {} in ({}); see user and password", options.get_username(), said.message())
        }
        "3D000" => format!("there is no such database ({})", said.message()),
        "53300" => format!("it has no connection left ({}); end some, or raise max_connections", said.message()),
        "57P03" => format!("it starts or stops at this moment ({})", said.message()),
        code => format!("it says {} ({code})", said.message()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_known_is_told_from_a_port_that_nobody_listens_on() {
        let io = |kind, text: &str| sqlx::Error::Io(std::io::Error::new(kind, text.to_owned()));
        let unknown = io(ErrorKind::Other, "failed to lookup address information: Name or service not known");
        assert!(why(&unknown, &PgConnectOptions::default()).contains("name of its host"));
        let refused = io(ErrorKind::ConnectionRefused, "Connection refused (os error 111)");
        assert!(why(&refused, &PgConnectOptions::default()).contains("nobody listens"));
    }
}
