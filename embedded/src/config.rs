//! Configuration: read once, at start, from the environment into one struct.

use adapters::postgres::{lease::Lease, orders::OrderSettings};
use anyhow::{Context, bail};
use handlers::house_rules;
use std::{env, net::SocketAddr, path::PathBuf};
use workflows::steps::forget::{EXECUTIONS_LIVE, KEYS_LIVE, Terms};

/// Every variable that is understood: one that begins like ours and is none of these is a mistake.
const KNOWN: &[&str] = &[
    "SLUICE_DATA_DIR",
    "SLUICE_LISTEN",
    "SLUICE_STAGE",
    "SLUICE_HOLD_MINUTES",
    "SLUICE_LEASE_SECONDS",
    "SLUICE_SELLER",
    "SLUICE_KEEP_KEYS_DAYS",
    "SLUICE_KEEP_EXECUTIONS_DAYS",
    "SLUICE_LOG",
    "SLUICE_LOG_FORMAT",
];

/// What an installation decides.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where documents, the development key and the own PostgreSQL are kept.
    pub data_dir: PathBuf,
    /// Where the API listens.
    pub listen: SocketAddr,
    /// A PostgreSQL to use instead of an own one.
    pub database_url: Option<String>,
    /// What it decides about orders.
    pub orders: OrderSettings,
    /// How long what a process has in hand stays there when the process falls silent.
    pub lease: Lease,
    /// How long it keeps what is kept for a while only.
    pub terms: Terms,
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// For a variable that cannot be understood, naming it and saying what it may be.
    pub fn from_environment() -> anyhow::Result<Self> {
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("SLUICE_") && !KNOWN.contains(&name.as_ref()) {
                bail!("{name} is set but not known; known are {}", KNOWN.join(", "));
            }
        }
        let read = |name: &str| match env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(env::VarError::NotPresent) => Ok(None),
            Err(env::VarError::NotUnicode(_)) => bail!("{name} is not valid UTF-8"),
        };
        let listen = read("SLUICE_LISTEN")?.unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        let listen = listen.parse().with_context(|| {
            format!("SLUICE_LISTEN is {listen:?}; it must be an address and a port, such as 127.0.0.1:8080")
        })?;
        let days =
            |name: &str, default| house_rules::days(name, read(name)?.as_deref(), default).map_err(anyhow::Error::msg);
        let terms = Terms {
            keys: days("SLUICE_KEEP_KEYS_DAYS", KEYS_LIVE)?,
            executions: days("SLUICE_KEEP_EXECUTIONS_DAYS", EXECUTIONS_LIVE)?,
        };
        let stage = read("SLUICE_STAGE")?.unwrap_or_else(|| "local".to_owned());
        Ok(Self {
            data_dir: read("SLUICE_DATA_DIR")?.map_or_else(|| PathBuf::from(".sluice"), PathBuf::from),
            listen,
            terms,
            database_url: read("DATABASE_URL")?.filter(|url| !url.is_empty()),
            lease: lease(read("SLUICE_LEASE_SECONDS")?.as_deref())?,
            orders: OrderSettings {
                stage,
                hold: house_rules::hold(read("SLUICE_HOLD_MINUTES")?.as_deref()).map_err(anyhow::Error::msg)?,
                seller: house_rules::seller(read("SLUICE_SELLER")?.as_deref()).map_err(anyhow::Error::msg)?,
            },
        })
    }
}

fn lease(seconds: Option<&str>) -> anyhow::Result<Lease> {
    let Some(text) = seconds else { return Ok(Lease::default()) };
    let lease = text.parse().ok().and_then(Lease::of_seconds);
    lease.with_context(|| format!("SLUICE_LEASE_SECONDS is {text:?}; it must be a whole number from 5 to 30"))
}
