//! The function that a deployment invokes: brings the schema of the database up to date, and makes the users by which the
//! other functions connect, with the passwords that their secrets hold now. Safe to invoke again.

use super::{deadline, wired::Reach};
use crate::functions::Trigger;
use adapters::postgres::Database;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};
use std::{process::ExitCode, time::Duration};
use tokio::time::{Instant, sleep};
use workflows::ports::Readiness;

/// Between two looks at a database that does not answer yet.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves deployments.
pub async fn serve() -> ExitCode {
    super::run(Trigger::Deployment, async |reach| {
        let wired = reach.wire().await?;
        let answer = async |event: LambdaEvent<Value>| {
            reach.renew_if_due().await;
            let until = deadline::of(&event.context, wired.ports.clock.as_ref());
            let migrated = migrate(&reach, &wired.database, until).await;
            if migrated.is_err() {
                reach.renewal.doubt();
            }
            migrated.map(|()| json!({ "migrated": true }))
        };
        lambda_runtime::run(service_fn(answer)).await.map_err(anyhow::Error::from_boxed)
    })
    .await
}

async fn migrate(reach: &Reach, database: &Database, until: Instant) -> Result<(), Diagnostic> {
    // One that sleeps while nobody uses it takes a while to wake.
    while let Err(error) = database.check().await {
        if Instant::now() + PAUSE > until {
            return Err(failed("Sluice.DatabaseAway", error.chain()));
        }
        sleep(PAUSE).await;
    }
    database.require_unicode().await.map_err(|error| failed("Sluice.NotMigrated", chain(error)))?;
    // A change that is cut short is rolled back by the database.
    database.migrate().await.map_err(|error| failed("Sluice.NotMigrated", chain(error)))?;
    let users = reach.database_users().await.map_err(|error| failed("Sluice.UsersUnknown", error.chain()))?;
    for (role, name, password) in users {
        let made = database.make_user(role, &name, &password).await;
        made.map_err(|error| failed("Sluice.UserNotMade", format!("{name}: {}", chain(error))))?;
    }
    Ok(())
}

fn chain(error: impl Into<anyhow::Error>) -> String {
    format!("{:#}", error.into())
}

fn failed(error: &str, cause: String) -> Diagnostic {
    Diagnostic { error_type: error.to_owned(), error_message: cause }
}
