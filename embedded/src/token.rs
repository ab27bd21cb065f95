//! `token`: a bearer token of the development key.

use crate::trail;
use adapters::system::SystemClock;
use anyhow::bail;
use clap::{Args, ValueEnum};
use handlers::token::{Identity, Role};
use runtime::{
    config::{Config, TokenSettings},
    development_key::{development_key, has_development_key},
    say,
};
use std::process::ExitCode;
use time::Duration;
use workflows::ports::Clock;

/// Whose token it is.
#[derive(Debug, Args)]
pub(super) struct TokenArgs {
    /// What the bearer may do.
    #[arg(long)]
    role: RoleArg,
    /// Who the bearer is: customers see the orders of their own name.
    #[arg(long)]
    sub: String,
    /// The warehouse that the bearer speaks for; needed with role warehouse.
    #[arg(long, required_if_eq("role", "warehouse"))]
    warehouse: Option<String>,
    /// How long it is good for, in hours.
    #[arg(long, default_value_t = 24 * 30, value_parser = clap::value_parser!(u32).range(1..=24 * 366))]
    hours: u32,
}

/// What its bearer may do.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum RoleArg {
    /// Places orders and sees its own.
    Customer,
    /// Is meant to ship the orders of one warehouse; the API has nothing for it yet.
    Warehouse,
    /// Sees every order.
    Support,
}

pub(super) fn token(config: &Config, args: TokenArgs) -> anyhow::Result<ExitCode> {
    if let TokenSettings::Issuer(settings) = &config.tokens {
        bail!("tokens are those of SLUICE_ISSUER: ask {} for one, meant for {}", settings.url, settings.audience);
    }
    // A key that is made here would be no server's.
    if !has_development_key(&config.data_dir) {
        bail!(
            "there is no development key in {}: run this where `sluice serve` was started, or name its folder with \
             SLUICE_DATA_DIR; `sluice serve` makes the key",
            config.data_dir.display()
        );
    }
    let (role, named) = match args.role {
        RoleArg::Customer => (Role::Customer, "customer"),
        RoleArg::Warehouse => (Role::Warehouse, "warehouse"),
        RoleArg::Support => (Role::Support, "support"),
    };
    let warehouse = args.warehouse.as_deref().map(|name| format!(" of warehouse {name}")).unwrap_or_default();
    let whose = format!("role {named}{warehouse} for {}, {} hours", args.sub, args.hours);
    let identity = Identity { sub: args.sub, role, warehouse: args.warehouse };
    let key = development_key(&config.data_dir)?;
    let token = key.sign(&identity, SystemClock.now(), Duration::hours(i64::from(args.hours)))?;
    trail::note("token", &whose);
    say!("{token}");
    Ok(ExitCode::SUCCESS)
}
