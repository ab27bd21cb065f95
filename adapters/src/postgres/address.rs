//! Where the database is, and that nobody on the way there reads along. The library's own default, `prefer`, speaks in the
//! clear to whoever says that there is no TLS, passwords and addresses of buyers included.

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::{net::IpAddr, str::FromStr};

/// The options of a URL. Whoever says nothing of TLS gets it, but for a server on this machine.
pub(super) fn options(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?;
    let said = ["sslmode=", "ssl-mode="].iter().any(|setting| url.contains(setting));
    let unsaid = !said && matches!(options.get_ssl_mode(), PgSslMode::Prefer);
    let is_here = options.get_socket().is_some() || is_loopback(options.get_host());
    Ok(if unsaid && !is_here { options.ssl_mode(PgSslMode::Require) } else { options })
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host.is_empty()
        || host == "localhost"
        || host.starts_with('/')
        || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn another_machine_is_spoken_to_over_tls_unless_the_url_says_otherwise() {
        for (url, mode) in [
            ("postgres://u@db.example.com/sluice", "Require"),
            ("postgres://u@10.0.0.7:6432/sluice", "Require"),
            ("postgres://u@[2001:db8::7]/sluice", "Require"),
            ("postgres://u@db.example.com/sluice?sslmode=disable", "Disable"),
            ("postgres://u@db.example.com/sluice?sslmode=prefer", "Prefer"),
            ("postgres://u@db.example.com/sluice?sslmode=verify-full", "VerifyFull"),
            ("postgres://u@localhost/sluice", "Prefer"),
            ("postgres://u@127.0.0.1:5433/sluice", "Prefer"),
            ("postgres://u@[::1]/sluice", "Prefer"),
            ("postgres://u@localhost/sluice?host=/run/postgresql", "Prefer"),
        ] {
            assert_eq!(format!("{:?}", options(url).unwrap().get_ssl_mode()), mode, "{url}");
        }
    }
}
