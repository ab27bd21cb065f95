//! Queue `dispatch`, fed by confirmed and cancelled orders: tells each warehouse that holds stock of an order what to do.
//!
//! A message only says that there may be something to tell. What there is follows from the order's own events and from
//! how far its warehouses were told, so messages may come twice, late and out of order: whichever comes first tells
//! everything up to now, in sequence.

use crate::{
    order::StoredOrder,
    ports::{Dispatch, Dispatches, Notice, Unavailable, Warehouses},
    steps::{Outcome, all},
    wiring::FOR_WAREHOUSES,
};
use schemas::{
    event::{Event, EventName},
    ids::OrderId,
    kept::{FulfilmentLine, FulfilmentOrder},
};
use serde_json::json;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What an order's warehouses are still to be told.
struct Due {
    order: OrderId,
    /// The sequence of the last event among it.
    last: i32,
    notices: Vec<Notice>,
}

/// One outcome for each order. How far warehouses were told is noted after they were, so they may hear of it twice.
pub async fn dispatch_orders(
    dispatches: &dyn Dispatches,
    warehouses: &dyn Warehouses,
    ids: &[OrderId],
) -> Vec<Outcome> {
    let mut unique = ids.to_vec();
    unique.sort_unstable();
    unique.dedup();
    let found = match dispatches.dispatches(&unique).await {
        Ok(found) => found,
        Err(error) => return all(ids.len(), Err(error)),
    };
    let stored: HashSet<OrderId> = found.iter().map(|dispatch| dispatch.order.id).collect();
    let due: Vec<Due> = found.iter().filter_map(still_to_tell).collect();
    let failed = tell(warehouses, &due).await;
    let told: Vec<(OrderId, i32)> =
        due.iter().filter(|due| !failed.contains_key(&due.order)).map(|due| (due.order, due.last)).collect();
    if let Err(error) = dispatches.mark_told(&told).await {
        return all(ids.len(), Err(error));
    }
    ids.iter()
        .map(|id| match failed.get(id) {
            Some(error) => Outcome::from(error.shared()),
            None if stored.contains(id) => Outcome::Done,
            // An event is told after its order was stored, so waiting would not help.
            None => Outcome::Retry("there is no such order".to_owned()),
        })
        .collect()
}

fn still_to_tell(dispatch: &Dispatch) -> Option<Due> {
    let Dispatch { order, events, told } = dispatch;
    let new: Vec<&Event> = for_warehouses(events).filter(|event| event.sequence > *told).collect();
    let last = new.last()?.sequence;
    let by_warehouse = by_warehouse(order);
    let notices =
        new.into_iter().flat_map(|event| by_warehouse.iter().map(move |part| notice(order, event, part))).collect();
    Some(Due { order: order.id, last, notices })
}

/// A warehouse hears of an order when it is confirmed; of one that was cancelled before that, never.
fn for_warehouses(events: &[Event]) -> impl Iterator<Item = &Event> {
    let is_confirmation = |event: &&Event| event.name() == Some(EventName::OrderConfirmed);
    events
        .iter()
        .skip_while(move |event| !is_confirmation(event))
        .filter(|event| event.name().is_some_and(|name| FOR_WAREHOUSES.contains(&name)))
}

/// The lines that each warehouse holds.
fn by_warehouse(order: &StoredOrder) -> BTreeMap<&str, Vec<FulfilmentLine>> {
    let mut by_warehouse: BTreeMap<&str, Vec<FulfilmentLine>> = BTreeMap::new();
    for line in &order.lines {
        if let Some(warehouse) = &line.warehouse {
            by_warehouse
                .entry(warehouse)
                .or_default()
                .push(FulfilmentLine { sku: line.sku.clone(), quantity: line.quantity });
        }
    }
    by_warehouse
}

/// The fact with another content: of the order only what this warehouse needs to carry it out.
fn notice(order: &StoredOrder, event: &Event, (warehouse, lines): (&&str, &Vec<FulfilmentLine>)) -> Notice {
    let ships = event.name() == Some(EventName::OrderConfirmed);
    let told = FulfilmentOrder {
        order_id: order.id,
        warehouse: (*warehouse).to_owned(),
        lines: lines.clone(),
        ship_to: ships.then(|| order.shipping_address.clone()),
    };
    Notice { warehouse: told.warehouse.clone(), event: Event { data: json!(told), ..event.clone() } }
}

/// Together; and if the request itself is at fault, order by order, so that a bad one fails alone. Gives what failed.
async fn tell(warehouses: &dyn Warehouses, due: &[Due]) -> HashMap<OrderId, Unavailable> {
    let notices: Vec<Notice> = due.iter().flat_map(|due| due.notices.iter().cloned()).collect();
    if notices.is_empty() {
        return HashMap::new();
    }
    let error = match warehouses.tell(&notices).await {
        Ok(()) => return HashMap::new(),
        Err(error) => error,
    };
    if error.away || due.len() == 1 {
        return due.iter().map(|due| (due.order, error.shared())).collect();
    }
    let mut failed = HashMap::new();
    let mut rest = due.iter();
    while let Some(one) = rest.next() {
        let Err(error) = warehouses.tell(&one.notices).await else { continue };
        if error.away {
            failed.extend(rest.by_ref().map(|due| (due.order, error.shared())));
        }
        failed.insert(one.order, error);
    }
    failed
}
