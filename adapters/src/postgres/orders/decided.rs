//! Which orders to look at again, for those who wait for it.

use crate::postgres::{Asked, Database};
use uuid::Uuid;
use workflows::{lifecycle::decided_statuses, ports::Unavailable};

/// Which of the orders may be decided: for whoever waits, in case nobody told, and looks at the order itself then.
///
/// # Errors
/// If the database does not answer.
pub async fn decided(database: &Database, ids: &[Uuid]) -> Result<Vec<Uuid>, Unavailable> {
    sqlx::query_scalar!(
        "-- orders.decided
         select id from orders where id = any($1) and status = any($2)",
        ids,
        &decided_statuses()
    )
    .fetch_all(&database.relaxed)
    .await
    .asked("orders.decided")
}
