//! `database-url`: where the shop's database is, for `psql` and the like. The socket of an own PostgreSQL is not always in the
//! data folder: a path that is too long for one, or closed to the server's user, has it elsewhere.

use anyhow::bail;
use local_postgres::LocalPostgres;
use runtime::{config::Config, say, store::Store};
use std::process::ExitCode;

pub(super) async fn database_url(config: &Config) -> anyhow::Result<ExitCode> {
    if let Some(url) = &config.database_url {
        say!("{url}");
        return Ok(ExitCode::SUCCESS);
    }
    Store::require(config).await?;
    match LocalPostgres::running_at(&config.data_dir).await? {
        Some(url) => say!("{url}"),
        // An address at which nobody answers would be no help.
        None => {
            bail!("the database does not run; it does while `sluice serve` does, and `sluice postgres` runs it alone")
        }
    }
    Ok(ExitCode::SUCCESS)
}
