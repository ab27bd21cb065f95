//! `token`: a bearer token of the development key.
#![expect(clippy::print_stdout, reason = "a command prints its answer")]

use super::{RoleArg, TokenArgs};
use crate::{config::Config, development_key::development_key};
use adapters::system::SystemClock;
use handlers::token::{Identity, Role};
use std::process::ExitCode;
use time::Duration;
use workflows::ports::Clock;

pub(super) fn token(config: &Config, args: TokenArgs) -> anyhow::Result<ExitCode> {
    let role = match args.role {
        RoleArg::Customer => Role::Customer,
        RoleArg::Warehouse => Role::Warehouse,
        RoleArg::Support => Role::Support,
    };
    let identity = Identity { sub: args.sub, role, warehouse: args.warehouse };
    let key = development_key(&config.data_dir)?;
    println!("{}", key.sign(&identity, SystemClock.now(), Duration::hours(i64::from(args.hours)))?);
    Ok(ExitCode::SUCCESS)
}
