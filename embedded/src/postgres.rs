//! `postgres`: the own PostgreSQL alone, for `psql`, `pg_dump` and `pg_restore` while nothing serves. What it prints on
//! standard output is the address and nothing else, so that a script can read it.

use anyhow::bail;
use runtime::{config::Config, remark, say, shutdown, store::Store, terminal::COULD_NOT_RUN};
use std::{pin::pin, process::ExitCode};

pub(super) async fn postgres(config: &Config) -> anyhow::Result<ExitCode> {
    if config.database_url.is_some() {
        bail!("DATABASE_URL names the database, so no own PostgreSQL is run: use psql \"$DATABASE_URL\", or unset it");
    }
    Store::require(config).await?;
    let mut stop = pin!(shutdown::requested()?);
    let Some(store) = Store::open(config, &mut stop).await? else { return Ok(ExitCode::from(COULD_NOT_RUN)) };
    say!("{}", store.url());
    remark!("\n  psql '{}'\n", store.url());
    if store.is_joined() {
        remark!("It runs elsewhere already, and ends with whoever started it.     Leave: Ctrl-C");
    } else {
        remark!("It runs until Ctrl-C, which ends the sessions of psql too.");
    }
    stop.await;
    // Commands that joined meanwhile are waited for, unless it is asked again.
    let again = shutdown::requested()?;
    tokio::select! {
        () = store.close_after_others() => {}
        () = again => {}
    }
    Ok(ExitCode::SUCCESS)
}
