//! The audit's line about what only the code can tell: whether every order can be read. One that cannot is left out of lists,
//! and nothing carries it on.

use super::{
    report::{EXAMPLES, Line},
    slice_ids::after,
};
use crate::postgres::{Asked, orders::rows::unreadable_among};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;
use workflows::ports::Unavailable;

/// Orders that are read at once: large ones have some hundred kilobytes.
const PAGE: i64 = 100;

/// Reads the orders from `first` to `last`.
pub(super) async fn orders(snapshot: &mut PgConnection, first: Uuid, last: Uuid) -> Result<Line, Unavailable> {
    let mut line = Line {
        name: "readable_orders".into(),
        what: "Every order can be read.".into(),
        checked: 0,
        violations: 0,
        waiting: None,
        examples: Vec::new(),
    };
    let mut next = Some(first);
    while let Some(from) = next {
        let ids = sqlx::query_scalar!(
            "-- audit.readable_orders
             select id from orders where id between $1 and $2 order by id limit $3",
            from,
            last,
            PAGE
        )
        .fetch_all(&mut *snapshot)
        .await
        .asked("audit.readable_orders")?;
        for (id, problem) in unreadable_among(&mut *snapshot, &ids).await? {
            line.violations += 1;
            if line.examples.len() < EXAMPLES {
                line.examples.push(json!({ "order_id": id, "problem": problem }));
            }
        }
        line.checked += u64::try_from(ids.len()).unwrap_or_default();
        next = ids.last().copied().and_then(after);
    }
    Ok(line)
}
