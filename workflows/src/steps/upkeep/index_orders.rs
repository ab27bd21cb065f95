//! Queue `index`: keeps search equal to the database. It reads what is there now, so late or doubled news do no harm.

use crate::{
    ports::Search,
    steps::{Outcome, all},
};
use schemas::ids::OrderId;

/// One outcome for each order.
pub async fn index_orders(search: &dyn Search, ids: &[OrderId]) -> Vec<Outcome> {
    let mut unique = ids.to_vec();
    unique.sort_unstable();
    unique.dedup();
    all(ids.len(), search.index_orders(&unique).await)
}
