//! The event bus on EventBridge: the CloudEvent is the detail, and its bare name the detail type that rules match.

use super::{
    batch_send::{Call, Failure, alone, send_all},
    chunks::Limits,
    failures::{Asked, is_passing},
};
use async_trait::async_trait;
use aws_sdk_eventbridge::{
    Client,
    primitives::DateTime,
    types::{PutEventsRequestEntry, PutEventsResultEntry},
};
use schemas::event::Event;
use std::sync::Arc;
use workflows::ports::{Chance, EventBus, Unavailable};

/// 256 KB is read as the smaller of what it may mean: all entries of a call together must have less.
const PUBLISH: Call = Call { what: "event_bus.publish", limits: Limits { entries: 10, bytes: 255_999 } };

/// An event bus on EventBridge.
#[derive(Clone)]
pub struct EventBridgeBus {
    client: Client,
    bus: String,
    chance: Arc<dyn Chance>,
}

impl EventBridgeBus {
    /// The bus of that name.
    pub fn new(client: Client, bus: impl Into<String>, chance: Arc<dyn Chance>) -> Self {
        Self { client, bus: bus.into(), chance }
    }

    fn entry(&self, event: &Event) -> Result<PutEventsRequestEntry, Unavailable> {
        let refused = |error: String| Unavailable::at_fault(PUBLISH.what, error);
        let time = DateTime::from_nanos(event.time.unix_timestamp_nanos()).map_err(|e| refused(e.to_string()))?;
        Ok(PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(&event.source)
            .detail_type(event.name().map_or(event.kind.as_str(), |name| name.as_str()))
            .detail(serde_json::to_string(event).map_err(|e| refused(e.to_string()))?)
            .time(time)
            .build())
    }

    async fn call(&self, entries: Vec<&PutEventsRequestEntry>) -> Result<Vec<Failure>, Unavailable> {
        let count = entries.len();
        let entries = entries.into_iter().cloned().collect();
        let answer = self.client.put_events().set_entries(Some(entries)).send().await.asked(PUBLISH.what)?;
        Ok(failures(count, answer.entries()))
    }
}

#[async_trait]
impl EventBus for EventBridgeBus {
    async fn publish(&self, events: &[Event]) -> Result<(), Unavailable> {
        let entries = events.iter().map(|event| self.entry(event)).collect::<Result<Vec<_>, _>>()?;
        send_all(PUBLISH, alone(&entries), size_of, self.chance.as_ref(), |entries| self.call(entries)).await
    }
}

/// The size of an entry as EventBridge counts it: 14 bytes for the time, and the texts in UTF-8.
fn size_of(entry: &PutEventsRequestEntry) -> usize {
    let time = entry.time().map_or(0, |_| 14);
    let texts = [entry.source(), entry.detail_type(), entry.detail()];
    let texts: usize = texts.into_iter().flatten().map(str::len).sum();
    time + texts + entry.resources().iter().map(String::len).sum::<usize>()
}

/// Which of `count` entries did not arrive. The answer names none: its entries stand in the order of the call.
fn failures(count: usize, answer: &[PutEventsResultEntry]) -> Vec<Failure> {
    (0..count)
        .filter_map(|at| {
            let Some(entry) = answer.get(at) else {
                return Some(Failure { at, away: true, why: "the service said nothing of it".to_owned() });
            };
            let code = entry.error_code()?;
            let why = format!("{code}: {}", entry.error_message().unwrap_or_default());
            Some(Failure { at, away: is_passing(code), why })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use schemas::{
        api::order_request::{MAX_LINES, MAX_QUANTITY, MAX_SKU_BYTES, OrderRequest},
        event::EventName,
        ids::OrderId,
    };
    use serde_json::json;
    use time::OffsetDateTime;
    use uuid::Uuid;

    #[test]
    fn the_size_of_an_entry_is_its_time_and_its_texts_in_utf_8() {
        let bare = PutEventsRequestEntry::builder().source("sluice/é").detail_type("Öl").detail("{}");
        assert_eq!(size_of(&bare.clone().build()), 9 + 3 + 2);
        assert_eq!(size_of(&bare.clone().event_bus_name("bus").time(DateTime::from_secs(0)).build()), 14 + 14);
        assert_eq!(size_of(&bare.resources("ab").resources("c").build()), 14 + 3);
    }

    #[test]
    fn entries_are_judged_by_their_place_in_the_answer() {
        let taken = PutEventsResultEntry::builder().event_id("1").build();
        let failed = |code: &str| PutEventsResultEntry::builder().error_code(code).error_message("why").build();
        let answer = [taken, failed("ThrottlingException"), failed("InternalFailure"), failed("MalformedDetail")];
        let found: Vec<_> = failures(5, &answer).into_iter().map(|failure| (failure.at, failure.away)).collect();
        assert_eq!(found, [(1, true), (2, true), (3, false), (4, true)]);
    }

    /// The order with the longest SKUs that is accepted, in a name of a stage as long as it may be.
    #[test]
    fn what_is_told_of_the_largest_order_fits_into_a_call() {
        let sku = |number: usize| format!("{}{number:04}", "\u{1f375}".repeat(49));
        let lines: Vec<_> = (0..MAX_LINES).map(|n| json!({ "sku": sku(n), "quantity": MAX_QUANTITY })).collect();
        let request: OrderRequest = serde_json::from_value(json!({
            "currency": "EUR", "lines": lines, "email": "zoe@example.com", "payment": { "method": "pm_card_visa" },
            "shipping_address": {
                "name": "Zoe", "line1": "1", "city": "London", "postal_code": "N1 1AA", "country": "GB",
            },
        }))
        .unwrap();
        assert_eq!(request.errors(), []);
        let sent: usize = request.lines.iter().map(|line| line.sku.len()).sum();
        assert!(MAX_SKU_BYTES - sent < MAX_LINES, "it could be larger");
        let data = json!({ "currency": "EUR", "total": { "amount": i64::MAX, "currency": "EUR" }, "lines": lines });
        let (order, time) = (OrderId(Uuid::from_u128(2)), OffsetDateTime::UNIX_EPOCH);
        let event = Event {
            traceparent: Some("0".repeat(55)),
            ..Event::new(&"s".repeat(20), order, i32::MAX, EventName::OrderConfirmed, time, data)
        };
        let detail = serde_json::to_string(&event).unwrap();
        let entry = PutEventsRequestEntry::builder().source(&event.source).detail_type("OrderConfirmed").detail(detail);
        let size = size_of(&entry.time(DateTime::from_secs(0)).build());
        assert!(size < PUBLISH.limits.bytes, "{size}");
        // A warehouse's notice has an address of the longest besides: four bytes a character, two hundred a field.
        assert!(size + 6 * 4 * 200 < 256 * 1024, "{size}");
    }
}
