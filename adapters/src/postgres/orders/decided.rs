//! Whether orders are decided, for those who wait for it.

use crate::postgres::{Asked, Database};
use schemas::api::order::Status;
use uuid::Uuid;
use workflows::ports::Unavailable;

/// Which of the orders are decided: for whoever waits, in case nobody told.
///
/// # Errors
/// If the database does not answer.
pub async fn decided(database: &Database, ids: &[Uuid]) -> Result<Vec<Uuid>, Unavailable> {
    let statuses: Vec<String> =
        Status::ALL.iter().filter(|status| status.is_decided()).map(|status| status.as_str().to_owned()).collect();
    sqlx::query_scalar!(
        "-- orders.decided
         select id from orders where id = any($1) and status = any($2)",
        ids,
        &statuses
    )
    .fetch_all(&database.relaxed)
    .await
    .asked("orders.decided")
}
