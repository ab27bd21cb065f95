//! The envelope of events: past facts about an order, as CloudEvents 1.0 JSON. It carries no personal data and no payment
//! token. Who consumes events dedupes them by source and id, so the rule for the id stands here, once.

use super::EventName;
use crate::ids::OrderId;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

/// A CloudEvent of the pipeline. Consumers dedupe by `source` and `id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Always `1.0`.
    pub specversion: String,
    /// Unique within the source.
    pub id: Uuid,
    /// `sluice/<stage>`: which installation says it.
    #[schema(example = "sluice/local")]
    pub source: String,
    /// `sluice.<EventName>.v1`.
    #[serde(rename = "type")]
    #[schema(example = "sluice.OrderConfirmed.v1")]
    pub kind: String,
    /// The order.
    pub subject: OrderId,
    /// When it happened.
    #[serde(with = "time::serde::rfc3339")]
    pub time: OffsetDateTime,
    /// 1 for the order's first event, then one more each, without a gap.
    pub sequence: i32,
    /// W3C trace context of the request that the order came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// Always `application/json`.
    pub datacontenttype: String,
    /// The facts.
    pub data: serde_json::Value,
}

impl Event {
    /// What the pipeline of a stage tells of an order. Its id follows from order and sequence, so telling it again is telling
    /// the same.
    pub fn new(
        stage: &str,
        order: OrderId,
        sequence: i32,
        name: EventName,
        time: OffsetDateTime,
        data: serde_json::Value,
    ) -> Self {
        Self {
            specversion: "1.0".to_owned(),
            id: Uuid::new_v5(&order.0, &sequence.to_be_bytes()),
            source: format!("sluice/{stage}"),
            kind: Self::kind_of(name),
            subject: order,
            time,
            sequence,
            traceparent: None,
            datacontenttype: "application/json".to_owned(),
            data,
        }
    }

    /// The bare name, if the type is one of ours.
    pub fn name(&self) -> Option<EventName> {
        let name = self.kind.strip_prefix("sluice.")?.strip_suffix(".v1")?;
        name.parse().ok()
    }

    /// The `type` of an event of that name.
    fn kind_of(name: EventName) -> String {
        format!("sluice.{name}.v1")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    /// Releases run side by side, and consumers dedupe by the id: what 0.1.0 told once is the same when this one tells it.
    #[test]
    fn an_event_has_the_id_that_the_first_release_gave_it() {
        let order = "01a2207b-6dc0-753f-8c66-e0ba8c31c107".parse().unwrap();
        let told = |sequence| {
            let data = serde_json::Value::Null;
            Event::new("local", order, sequence, EventName::OrderConfirmed, OffsetDateTime::UNIX_EPOCH, data)
        };
        assert_eq!(told(4).id.to_string(), "27231857-08ae-5527-adf3-565e3740f0fe");
        assert_ne!(told(5).id, told(4).id);
        assert_eq!((told(4).source.as_str(), told(4).name()), ("sluice/local", Some(EventName::OrderConfirmed)));
    }
}
