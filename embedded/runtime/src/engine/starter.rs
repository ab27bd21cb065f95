//! Starting executions: one for each order, however often it is told.

use super::{CHECKOUT, store};
use adapters::postgres::{Database, runtime::executions};
use asl::Definition;
use async_trait::async_trait;
use schemas::{
    ids::OrderId,
    kept::{CheckoutInput, Identity},
};
use serde_json::json;
use std::sync::Arc;
use workflows::ports::{Chance, Clock, Unavailable, Workflows};

/// Starts workflow `checkout`.
pub struct Starter {
    database: Database,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    definition: Arc<Definition>,
}

impl Starter {
    /// Executions go into that database; a runner takes them up from there.
    pub fn new(
        database: Database,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
        definition: Arc<Definition>,
    ) -> Self {
        Self { database, clock, chance, definition }
    }
}

#[async_trait]
impl Workflows for Starter {
    async fn start_checkout(&self, orders: &[OrderId]) -> Result<(), Unavailable> {
        let now = self.clock.now();
        let starts = orders.iter().map(|order| {
            let identity = Identity {
                execution_id: format!("{CHECKOUT}:{order}"),
                execution_name: order.to_string(),
                state_machine_name: CHECKOUT.to_owned(),
            };
            let input = json!(CheckoutInput { order_id: *order });
            store::start(*order, self.definition.start(identity, input, now, self.chance.draw()))
        });
        executions::insert(&self.database, CHECKOUT, starts.collect::<Result<_, _>>()?).await
    }
}
