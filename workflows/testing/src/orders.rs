//! Orders on their way in, changing, and in lists.

use super::{Contents, Shop};
use async_trait::async_trait;
use schemas::{api::order as api, event::Event, ids::OrderId, kept::AcceptedOrder};
use std::collections::{BTreeMap, BTreeSet};
use workflows::{
    lifecycle::{Command, Verdict, decide},
    order::{StoredOrder, submitted},
    ports::{Applied, Ledger, OrderList, OrderLists, Reservation, Reservations, Unavailable},
};

#[async_trait]
impl Reservations for Shop {
    async fn reserve(&self, batch: Vec<AcceptedOrder>) -> Result<Vec<Reservation>, Unavailable> {
        let ids: Vec<OrderId> = batch.iter().map(|order| order.id).collect();
        let now = self.clock.at();
        self.call("orders.reserve", &ids, |shop| shop.reserve(batch, self.location(), now)).await
    }

    async fn expired(&self, limit: i64) -> Result<Vec<OrderId>, Unavailable> {
        let now = self.clock.at();
        self.call("orders.expired", &[], |shop| {
            let expires = |order: &&StoredOrder| {
                let mut tried = (*order).clone();
                matches!(decide(&mut tried, &Command::Expire, now), Verdict::Changed(_))
            };
            shop.orders.values().filter(expires).take(up_to(limit)).map(|order| order.id).collect()
        })
        .await
    }
}

#[async_trait]
impl Ledger for Shop {
    async fn apply(&self, batch: Vec<(OrderId, Command)>) -> Result<Vec<Applied>, Unavailable> {
        let ids: Vec<OrderId> = batch.iter().map(|(id, _)| *id).collect();
        let answered = self.faults.begin("orders.apply", &ids).await?;
        // A call that took its time is decided by the time that it is then.
        let now = self.clock.at();
        let applied = {
            let mut shop = self.contents();
            batch.iter().map(|(id, command)| shop.apply(*id, command, now)).collect()
        };
        self.faults.end("orders.apply", answered).await?;
        Ok(applied)
    }

    async fn load(&self, ids: &[OrderId]) -> Result<Vec<StoredOrder>, Unavailable> {
        self.call("orders.load", ids, |shop| shop.found(ids)).await
    }

    async fn events(&self, id: OrderId) -> Result<Vec<Event>, Unavailable> {
        self.call("orders.events", &[id], |shop| shop.events.get(&id).cloned().unwrap_or_default()).await
    }
}

#[async_trait]
impl OrderLists for Shop {
    async fn list(
        &self,
        customer: &str,
        status: Option<api::Status>,
        before: Option<OrderId>,
        limit: i64,
    ) -> Result<OrderList, Unavailable> {
        self.call("orders.list", &[], |shop| {
            let accepted = shop.submissions.values().map(|submission| &submission.order);
            let mut all: BTreeMap<OrderId, api::Order> = accepted
                .filter(|order| order.customer == customer)
                .map(|order| (order.id, submitted(order.id, &order.request, order.accepted_at)))
                .collect();
            let stored = shop.orders.values().filter(|order| order.customer == customer);
            all.extend(stored.map(|order| (order.id, order.view())));
            let is_wanted = |order: &api::Order| {
                status.is_none_or(|status| order.status == status) && before.is_none_or(|before| order.id < before)
            };
            let limit = up_to(limit);
            let mut orders: Vec<_> = all.into_values().rev().filter(is_wanted).take(limit + 1).collect();
            let more = orders.len() > limit;
            orders.truncate(limit);
            let next = orders.last().filter(|_| more).map(|order| order.id);
            OrderList { orders, next }
        })
        .await
    }

    async fn load_readable(&self, ids: &[OrderId]) -> Result<Vec<StoredOrder>, Unavailable> {
        self.call("orders.load_readable", ids, |shop| shop.found(ids)).await
    }
}

impl Contents {
    fn found(&self, ids: &[OrderId]) -> Vec<StoredOrder> {
        each(ids).iter().filter_map(|id| self.orders.get(id).cloned()).collect()
    }
}

/// Each of them once, as rows are found, however often it is asked for.
pub(super) fn each(ids: &[OrderId]) -> BTreeSet<OrderId> {
    ids.iter().copied().collect()
}

/// A limit, as collections count.
pub(super) fn up_to(limit: i64) -> usize {
    usize::try_from(limit).unwrap_or_default()
}
