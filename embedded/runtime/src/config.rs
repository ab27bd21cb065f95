//! What an installation decides, read from its environment once and before anything is begun: a variable that cannot be
//! understood, or that nobody knows, ends the start with a word that names it.

use crate::{http::Limits, issuer::IssuerSettings};
use adapters::postgres::{orders::OrderSettings, runtime::lease::Lease};
use anyhow::{Context, bail};
use handlers::{settings::seller::seller, settings::values};
use std::{env, net::SocketAddr, path::PathBuf};
use workflows::ports::{EXECUTIONS_LIVE, KEYS_LIVE, RetentionPeriods};

/// Every variable of ours that is understood: one that begins like these and is none of them is a mistake.
pub const KNOWN: &[&str] = &[
    "SLUICE_DATA_DIR",
    "SLUICE_LISTEN",
    "SLUICE_CONNECTIONS",
    "SLUICE_CONNECTIONS_PER_ADDRESS",
    "SLUICE_STAGE",
    "SLUICE_HOLD_MINUTES",
    "SLUICE_LEASE_SECONDS",
    "SLUICE_SELLER",
    "SLUICE_TIME_ZONE",
    "SLUICE_TEST_TOKENS",
    "SLUICE_KEEP_KEYS_DAYS",
    "SLUICE_KEEP_EXECUTIONS_DAYS",
    "SLUICE_ISSUER",
    "SLUICE_AUDIENCE",
    "SLUICE_DEVELOPMENT_KEY",
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
    /// How many connections to the API may be open.
    pub connections: Limits,
    /// A PostgreSQL to use instead of an own one.
    pub database_url: Option<String>,
    /// What it decides about orders.
    pub orders: OrderSettings,
    /// Whether somebody said by which time zone invoices are dated.
    pub has_time_zone: bool,
    /// Whether goods are really shipped, so that the sandbox holds money for none of its test tokens.
    pub money_is_real: bool,
    /// How long what a process has in hand stays there when the process falls silent.
    pub lease: Lease,
    /// How long it keeps what is kept for a while only.
    pub retention: RetentionPeriods,
    /// Whose tokens are taken.
    pub tokens: TokenSettings,
}

/// Whose bearer tokens an installation takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenSettings {
    /// Those of an OpenID provider.
    Issuer(IssuerSettings),
    /// Those of the development key, which is every role's; unless told otherwise on this machine only.
    DevelopmentKey {
        /// Whether the API may then be reached from other machines.
        anywhere: bool,
    },
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
        let connections =
            connections(read("SLUICE_CONNECTIONS")?.as_deref(), read("SLUICE_CONNECTIONS_PER_ADDRESS")?.as_deref())?;
        let days =
            |name: &str, default| values::days(name, read(name)?.as_deref(), default).map_err(anyhow::Error::msg);
        let retention = RetentionPeriods {
            keys: days("SLUICE_KEEP_KEYS_DAYS", KEYS_LIVE)?,
            executions: days("SLUICE_KEEP_EXECUTIONS_DAYS", EXECUTIONS_LIVE)?,
        };
        let tokens =
            tokens(read("SLUICE_ISSUER")?, read("SLUICE_AUDIENCE")?, read("SLUICE_DEVELOPMENT_KEY")?.as_deref())?;
        let test_tokens = read("SLUICE_TEST_TOKENS")?.unwrap_or_else(|| "taken".to_owned());
        let time_zone = read("SLUICE_TIME_ZONE")?;
        let stage = read("SLUICE_STAGE")?.unwrap_or_else(|| "local".to_owned());
        Ok(Self {
            data_dir: read("SLUICE_DATA_DIR")?
                .filter(|path| !path.is_empty())
                .map_or_else(|| PathBuf::from(".sluice"), PathBuf::from),
            listen,
            connections,
            retention,
            database_url: read("DATABASE_URL")?.filter(|url| !url.is_empty()),
            lease: lease(read("SLUICE_LEASE_SECONDS")?.as_deref())?,
            orders: OrderSettings {
                stage,
                hold: values::hold(read("SLUICE_HOLD_MINUTES")?.as_deref()).map_err(anyhow::Error::msg)?,
                seller: seller(read("SLUICE_SELLER")?.as_deref(), time_zone.as_deref()).map_err(anyhow::Error::msg)?,
            },
            has_time_zone: time_zone.is_some(),
            money_is_real: values::money_is_real("SLUICE_TEST_TOKENS", &test_tokens).map_err(anyhow::Error::msg)?,
            tokens,
        })
    }

    /// Makes sure that the API may listen where it is to.
    ///
    /// # Errors
    /// If anybody could come by who makes tokens of the development key out of the data folder, unless that was wanted.
    pub fn guarded(&self) -> anyhow::Result<()> {
        match self.tokens {
            TokenSettings::DevelopmentKey { anywhere: false } if !self.listen.ip().is_loopback() => bail!(
                "SLUICE_LISTEN is {}, which other machines reach, and tokens are those of the development key, by which \
                 one secret stands for every role; set SLUICE_ISSUER and SLUICE_AUDIENCE to an OpenID provider, or \
                 SLUICE_DEVELOPMENT_KEY=anywhere if that is meant",
                self.listen
            ),
            TokenSettings::DevelopmentKey { .. } | TokenSettings::Issuer(_) => Ok(()),
        }
    }
}

fn tokens(issuer: Option<String>, audience: Option<String>, key: Option<&str>) -> anyhow::Result<TokenSettings> {
    let given = |value: Option<String>| value.filter(|text| !text.is_empty());
    let anywhere = match key {
        None | Some("" | "loopback") => false,
        Some("anywhere") => true,
        Some(other) => bail!("SLUICE_DEVELOPMENT_KEY is {other:?}; it must be loopback or anywhere"),
    };
    match (given(issuer), given(audience)) {
        (None, None) => Ok(TokenSettings::DevelopmentKey { anywhere }),
        (Some(url), Some(audience)) if url.starts_with("https://") || is_local(&url) => {
            Ok(TokenSettings::Issuer(IssuerSettings { url, audience }))
        }
        (Some(url), Some(_)) => bail!("SLUICE_ISSUER is {url:?}; it must be the https URL of an OpenID provider"),
        (Some(_), None) => bail!("SLUICE_ISSUER is set; set SLUICE_AUDIENCE too, to what its tokens are meant for"),
        (None, Some(_)) => bail!("SLUICE_AUDIENCE is set; set SLUICE_ISSUER too, to whose tokens are taken"),
    }
}

/// Nobody else hears what is said on this machine, so a provider here may do without TLS.
fn is_local(url: &str) -> bool {
    ["http://127.0.0.1", "http://[::1]", "http://localhost"]
        .iter()
        .filter_map(|host| url.strip_prefix(host))
        .any(|rest| rest.is_empty() || rest.starts_with([':', '/']))
}

fn lease(seconds: Option<&str>) -> anyhow::Result<Lease> {
    let Some(text) = seconds else { return Ok(Lease::default()) };
    let lease = text.parse().ok().and_then(Lease::of_seconds);
    lease.with_context(|| format!("SLUICE_LEASE_SECONDS is {text:?}; it must be a whole number from 5 to 30"))
}

/// The limits that are set, and the usual ones where none is.
fn connections(in_all: Option<&str>, of_address: Option<&str>) -> anyhow::Result<Limits> {
    const FEWEST: usize = 16;
    let usual = Limits::default();
    let in_all = in_all.map_or(Ok(usual.in_all), |text| {
        text.parse().ok().filter(|count| *count >= FEWEST).with_context(|| {
            format!("SLUICE_CONNECTIONS is {text:?}; it must be how many connections may be open, {FEWEST} or more")
        })
    })?;
    let of_address = match of_address.map(str::parse::<usize>) {
        None => usual.of_address.map(|most| most.min(in_all)),
        Some(Ok(0)) => None,
        Some(Ok(most)) => Some(most),
        Some(Err(_)) => bail!(
            "SLUICE_CONNECTIONS_PER_ADDRESS is {:?}; it must be a number of connections, or 0 for no limit of that kind",
            of_address.unwrap_or_default()
        ),
    };
    Ok(Limits { in_all, of_address })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_limit_of_an_address_can_be_lifted() {
        assert_eq!(connections(None, None).unwrap(), Limits { in_all: 8_192, of_address: Some(4_096) });
        assert_eq!(connections(Some("100"), Some("0")).unwrap(), Limits { in_all: 100, of_address: None });
        assert_eq!(connections(Some("100"), None).unwrap(), Limits { in_all: 100, of_address: Some(100) });
        for (in_all, of_address, named) in
            [("15", "0", "SLUICE_CONNECTIONS is"), ("", "0", "SLUICE_CONNECTIONS is"), ("16", "-1", "PER_ADDRESS")]
        {
            let error = connections(Some(in_all), Some(of_address)).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn a_lease_is_five_to_thirty_seconds_and_anything_else_is_refused_by_name() {
        assert_eq!(lease(None).ok(), Some(Lease::default()));
        assert_eq!(lease(Some("5")).ok(), Lease::of_seconds(5));
        for wrong in ["", "4", "31", "300", "-20", "20s", "7.5"] {
            let refusal = lease(Some(wrong)).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(refusal.contains("SLUICE_LEASE_SECONDS") && refusal.contains("5 to 30"), "{wrong}: {refusal}");
        }
    }

    fn read(issuer: &str, audience: &str, key: &str) -> Result<TokenSettings, String> {
        tokens(Some(issuer.to_owned()), Some(audience.to_owned()), Some(key)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_provider_is_named_whole_and_safely() {
        let issuer = |url: &str| TokenSettings::Issuer(IssuerSettings { url: url.into(), audience: "shop".into() });
        for url in ["https://id.example.com", "http://127.0.0.1:9000", "http://localhost/realm", "http://[::1]:80"] {
            assert_eq!(read(url, "shop", ""), Ok(issuer(url)), "{url}");
        }
        for url in
            ["http://id.example.com", "id.example.com", "http://localhost.example.com", "http://127.0.0.1.nip.io"]
        {
            assert!(read(url, "shop", "").unwrap_err().contains("https"), "{url}");
        }
        assert!(read("https://id.example.com", "", "").unwrap_err().contains("SLUICE_AUDIENCE"));
        assert!(read("", "shop", "").unwrap_err().contains("SLUICE_ISSUER"));
    }

    #[test]
    fn the_development_key_is_for_this_machine_unless_told() {
        assert_eq!(read("", "", ""), Ok(TokenSettings::DevelopmentKey { anywhere: false }));
        assert_eq!(read("", "", "loopback"), Ok(TokenSettings::DevelopmentKey { anywhere: false }));
        assert_eq!(read("", "", "anywhere"), Ok(TokenSettings::DevelopmentKey { anywhere: true }));
        assert!(read("", "", "yes").unwrap_err().contains("loopback or anywhere"));
    }
}
