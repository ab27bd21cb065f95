//! `token`: a bearer token of the development key.

use super::{RoleArg, TokenArgs, trail};
use crate::{
    config::{Config, TokenSettings},
    development_key::{development_key, has_development_key},
    terminal::say,
};
use adapters::system::SystemClock;
use anyhow::bail;
use handlers::token::{Identity, Role};
use std::process::ExitCode;
use time::Duration;
use workflows::ports::Clock;

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
