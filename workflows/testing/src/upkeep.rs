//! What is looked after: warehouses that hear of orders, and orders that nobody is at work on.

use super::{
    Contents, Mark, Shop,
    orders::{each, up_to},
};
use async_trait::async_trait;
use schemas::ids::OrderId;
use time::{Duration, OffsetDateTime};
use workflows::{
    lifecycle::{Stuck, is_stuck},
    order::StoredOrder,
    ports::{Dispatch, Dispatches, Notice, StuckOrders, Sweep, Unavailable, Warehouses},
    wiring::QueueName,
};

#[async_trait]
impl Dispatches for Shop {
    async fn dispatches(&self, ids: &[OrderId]) -> Result<Vec<Dispatch>, Unavailable> {
        self.call("orders.dispatches", ids, |shop| {
            let dispatch = |order: &StoredOrder| Dispatch {
                order: order.clone(),
                events: shop.events.get(&order.id).cloned().unwrap_or_default(),
                told: shop.dispatched.get(&order.id).copied().unwrap_or_default(),
            };
            each(ids).iter().filter_map(|id| shop.orders.get(id).map(dispatch)).collect()
        })
        .await
    }

    async fn mark_told(&self, told: &[(OrderId, i32)]) -> Result<(), Unavailable> {
        let ids: Vec<OrderId> = told.iter().map(|(id, _)| *id).collect();
        self.call("orders.mark_told", &ids, |shop| {
            for (id, sequence) in told {
                let known = shop.dispatched.entry(*id).or_default();
                *known = (*known).max(*sequence);
            }
        })
        .await
    }
}

#[async_trait]
impl Warehouses for Shop {
    async fn tell(&self, notices: &[Notice]) -> Result<(), Unavailable> {
        let orders: Vec<OrderId> = notices.iter().map(|notice| notice.event.subject).collect();
        self.call("warehouses.tell", &orders, |shop| shop.feed.extend_from_slice(notices)).await
    }
}

#[async_trait]
impl StuckOrders for Shop {
    async fn stuck(&self, patience: Duration, limit: i64) -> Result<Vec<(Stuck, i32)>, Unavailable> {
        let now = self.clock.at();
        self.call("orders.stuck", &[], |shop| {
            let of_kind = |kind: &fn(OrderId) -> Stuck| {
                let waiting = shop.orders.values().filter(|order| order.updated_at <= now - patience);
                let stuck =
                    waiting.map(|order| (order, kind(order.id))).filter(|(order, stuck)| is_stuck(order, *stuck));
                let found = stuck.filter(|(order, stuck)| !shop.is_cared_for(order, *stuck));
                let mut due: Vec<_> = found.filter_map(|(order, stuck)| shop.due(order, stuck, now)).collect();
                due.sort_by_key(|(since, _, _)| *since);
                let longest = due.into_iter().take(up_to(limit));
                longest.map(|(_, stuck, times)| (stuck, times)).collect::<Vec<_>>()
            };
            Stuck::KINDS.iter().flat_map(of_kind).collect()
        })
        .await
    }

    async fn mark_swept(&self, swept: &[Sweep]) -> Result<(), Unavailable> {
        let now = self.clock.at();
        self.call("orders.mark_swept", &[], |shop| {
            for Sweep { stuck, times, pause } in swept {
                shop.marks.retain(|mark| mark.stuck != *stuck);
                shop.marks.push(Mark { stuck: *stuck, times: *times, next_at: now + *pause });
            }
        })
        .await
    }
}

impl Contents {
    /// Whether somebody is at work on it, as far as the shop knows.
    fn is_cared_for(&self, order: &StoredOrder, stuck: Stuck) -> bool {
        match stuck {
            Stuck::Unattended(id) => self.running.contains(&id),
            Stuck::CancelForgotten(id) => self.waits(QueueName::Cancel, id),
            Stuck::Uninvoiced(id) => self.waits(QueueName::Invoice, id),
            Stuck::Unvoided(id) => self.waits(QueueName::Void, id),
            Stuck::Untold(id) => self.waits(QueueName::Index, id) || self.shown.get(&id) == Some(&order.state.status()),
        }
    }

    /// Since when it is due and how often it was swept, unless it is left alone.
    fn due(&self, order: &StoredOrder, stuck: Stuck, now: OffsetDateTime) -> Option<(OffsetDateTime, Stuck, i32)> {
        match self.mark(stuck) {
            Some(mark) => (mark.next_at <= now).then_some((mark.next_at, stuck, mark.times)),
            None => Some((order.updated_at, stuck, 0)),
        }
    }

    /// What is noted of it.
    pub fn mark(&self, stuck: Stuck) -> Option<Mark> {
        self.marks.iter().find(|mark| mark.stuck == stuck).copied()
    }
}
