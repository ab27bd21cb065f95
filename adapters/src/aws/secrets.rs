//! Secrets from Secrets Manager. What is in them is in no error and no log: errors name the secret and what it lacks.

use super::failures::{Asked, unavailable};
use aws_sdk_secretsmanager::{Client, operation::get_secret_value::GetSecretValueError};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;
use workflows::ports::Unavailable;

const NOT_A_DATABASES: &str = "is no JSON with a username and a password";

/// A database secret in the form of RDS. One that RDS manages by itself holds the name and the password only.
#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: String,
    host: Option<String>,
    port: Option<Value>,
    dbname: Option<String>,
}

/// What is known of the database besides its secret.
#[derive(Clone, Copy, Debug)]
pub struct DatabaseEndpoint<'a> {
    /// Used instead of the secret's host, such as a proxy's endpoint.
    pub host: Option<&'a str>,
    /// The database, if the secret names none.
    pub dbname: &'a str,
    /// How the connection is secured: a value of `sslmode`, such as `verify-full`.
    pub sslmode: &'a str,
}

/// The URL of the database whose credentials are in that secret. It holds the password: it is for connecting, and for
/// nothing that prints.
///
/// # Errors
/// If the secret cannot be read, or is no database's.
pub async fn database_url(
    client: &Client,
    secret: &str,
    endpoint: DatabaseEndpoint<'_>,
) -> Result<String, Unavailable> {
    url_of(&value_of(client, secret, "secrets.database_url").await?, endpoint)
        .map_err(|problem| Unavailable::at_fault("secrets.database_url", format!("secret {secret} {problem}")))
}

/// The name and the password that a database's secret holds.
///
/// # Errors
/// If the secret cannot be read, or holds none.
pub async fn credentials(client: &Client, secret: &str) -> Result<(String, String), Unavailable> {
    let what = "secrets.database_url";
    let Credentials { username, password, .. } = serde_json::from_str(&value_of(client, secret, what).await?)
        .map_err(|_| Unavailable::at_fault(what, format!("secret {secret} {NOT_A_DATABASES}")))?;
    Ok((username, password))
}

/// The key that tokens are signed with, and behind it the one that it came after, if that is kept.
///
/// # Errors
/// If the secret cannot be read, or has less than `shortest` bytes.
pub async fn token_keys(client: &Client, secret: &str, shortest: usize) -> Result<Vec<Vec<u8>>, Unavailable> {
    keys(client, secret, shortest, "secrets.token_keys").await
}

/// What is shown by whoever stands in front of the API, and behind it what was shown before, if that is kept.
///
/// # Errors
/// If the secret cannot be read, or has less than `shortest` bytes.
pub async fn edge_keys(client: &Client, secret: &str, shortest: usize) -> Result<Vec<Vec<u8>>, Unavailable> {
    keys(client, secret, shortest, "secrets.edge_keys").await
}

async fn keys(client: &Client, secret: &str, shortest: usize, what: &'static str) -> Result<Vec<Vec<u8>>, Unavailable> {
    let key = value_of(client, secret, what).await?;
    if key.len() < shortest {
        return Err(Unavailable::at_fault(what, format!("secret {secret} has less than {shortest} bytes")));
    }
    let previous = previous_of(client, secret, what).await?.filter(|key| key.len() >= shortest);
    Ok([key].into_iter().chain(previous).map(String::into_bytes).collect())
}

async fn value_of(client: &Client, secret: &str, what: &'static str) -> Result<String, Unavailable> {
    let answer = client.get_secret_value().secret_id(secret).send().await.asked(what)?;
    answer.secret_string.ok_or_else(|| Unavailable::at_fault(what, format!("secret {secret} holds no text")))
}

/// What the secret held before it was last changed, until somebody takes the label off.
async fn previous_of(client: &Client, secret: &str, what: &'static str) -> Result<Option<String>, Unavailable> {
    let asked = client.get_secret_value().secret_id(secret).version_stage("AWSPREVIOUS").send().await;
    match asked {
        Ok(answer) => Ok(answer.secret_string),
        Err(error) if error.as_service_error().is_some_and(GetSecretValueError::is_resource_not_found_exception) => {
            Ok(None)
        }
        Err(error) => Err(unavailable(what, error)),
    }
}

/// The URL, with every character that could mean something in it percent-encoded; or what the secret lacks, in words
/// that quote nothing of it.
fn url_of(secret: &str, endpoint: DatabaseEndpoint<'_>) -> Result<String, &'static str> {
    let Credentials { username, password, host, port, dbname } =
        serde_json::from_str(secret).map_err(|_| NOT_A_DATABASES)?;
    let host = endpoint.host.or(host.as_deref()).ok_or("names no host, and none is configured")?;
    let port = match &port {
        None => 5432,
        Some(Value::String(text)) => text.parse::<u16>().map_err(|_| "has a port that is none")?,
        Some(other) => other.as_u64().and_then(|n| u16::try_from(n).ok()).ok_or("has a port that is none")?,
    };
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let (user, password) = (encoded(&username), encoded(&password));
    let (dbname, sslmode) = (encoded(dbname.as_deref().unwrap_or(endpoint.dbname)), encoded(endpoint.sslmode));
    // An IPv6 address stands in brackets, and its colons as they are.
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    // The database is no part of the path, in which `.` and `..` would be taken away however they are written.
    Ok(format!("postgres://{user}:{password}@{host}:{port}/?dbname={dbname}&sslmode={sslmode}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use sqlx::postgres::{PgConnectOptions, PgSslMode};

    const ENDPOINT: DatabaseEndpoint<'static> =
        DatabaseEndpoint { host: None, dbname: "sluice", sslmode: "verify-full" };

    fn options(secret: &Value, endpoint: DatabaseEndpoint<'_>) -> PgConnectOptions {
        url_of(&secret.to_string(), endpoint).unwrap().parse().unwrap()
    }

    #[test]
    fn the_form_of_rds_is_read_whole() {
        let secret = json!({
            "engine": "postgres", "username": "app", "password": "p", "host": "db.example", "port": 5433, "dbname": "shop",
        });
        let found = options(&secret, ENDPOINT);
        assert_eq!((found.get_username(), found.get_host(), found.get_port()), ("app", "db.example", 5433));
        assert_eq!(found.get_database(), Some("shop"));
        assert!(matches!(found.get_ssl_mode(), PgSslMode::VerifyFull));
    }

    #[test]
    fn what_a_managed_secret_lacks_is_configured() {
        let endpoint = DatabaseEndpoint { host: Some("proxy.example"), sslmode: "disable", ..ENDPOINT };
        let found = options(&json!({ "username": "app", "password": "p" }), endpoint);
        assert_eq!((found.get_host(), found.get_port(), found.get_database()), ("proxy.example", 5432, Some("sluice")));
        assert!(matches!(found.get_ssl_mode(), PgSslMode::Disable));
        let overridden =
            options(&json!({ "username": "a", "password": "p", "host": "db.example", "port": "1" }), endpoint);
        assert_eq!((overridden.get_host(), overridden.get_port()), ("proxy.example", 1));
    }

    #[test]
    fn a_secret_that_is_no_databases_is_refused_without_being_quoted() {
        let cases = [
            (json!("hunter2"), "is no JSON with a username and a password"),
            (json!({ "username": "app" }), "is no JSON with a username and a password"),
            (json!({ "username": "app", "password": "p" }), "names no host, and none is configured"),
            (json!({ "username": "app", "password": "p", "host": "h", "port": 70_000 }), "has a port that is none"),
            (json!({ "username": "app", "password": "p", "host": "h", "port": "x" }), "has a port that is none"),
        ];
        for (secret, problem) in cases {
            assert_eq!(url_of(&secret.to_string(), ENDPOINT), Err(problem));
        }
    }

    proptest! {
        #[test]
        fn any_name_and_password_arrive_as_they_are(
            username in "[^\\x00]{1,20}", password in "[^\\x00]{1,40}", dbname in "[^\\x00]{1,20}",
        ) {
            let secret = json!({ "username": username, "password": password, "host": "db.example", "dbname": dbname });
            let found = options(&secret, ENDPOINT);
            prop_assert_eq!((found.get_username(), found.get_host()), (username.as_str(), "db.example"));
            prop_assert_eq!(found.get_database(), Some(dbname.as_str()));
            // There is no other way to look at the password than the one that shows everything.
            let (shown, wanted) = (format!("{found:?}"), format!("{:?}", Some(password)));
            prop_assert!(shown.contains(&wanted));
        }
    }
}
