//! The event bus of the embedded runtime: an event is put on every queue whose rule matches it, in one statement.

use crate::postgres::{Asked, Database};
use async_trait::async_trait;
use schemas::event::Event;
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;
use workflows::{
    pattern::{Pattern, PatternError},
    ports::{EventBus, Unavailable},
    wiring::Rule,
};

/// An event bus in PostgreSQL.
pub struct PgEventBus {
    database: Database,
    rules: Vec<(&'static str, Pattern)>,
}

impl PgEventBus {
    /// A bus with those rules.
    ///
    /// # Errors
    /// If a rule's pattern cannot be run.
    pub fn new(database: Database, rules: &[Rule]) -> Result<Self, PatternError> {
        let rules = rules
            .iter()
            .map(|rule| Ok((rule.queue.as_str(), Pattern::parse(&rule.pattern)?)))
            .collect::<Result<_, _>>()?;
        Ok(Self { database, rules })
    }
}

#[async_trait]
impl EventBus for PgEventBus {
    async fn publish(&self, events: &[Event]) -> Result<(), Unavailable> {
        let (mut queues, mut subjects, mut bodies) = (Vec::new(), Vec::<Uuid>::new(), Vec::<Value>::new());
        for event in events {
            for (queue, _) in self.rules.iter().filter(|(_, pattern)| pattern.matches(event)) {
                queues.push((*queue).to_owned());
                subjects.push(event.subject.0);
                bodies.push(serde_json::to_value(event).map_err(|e| Unavailable::at_fault("event_bus.publish", e))?);
            }
        }
        if queues.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "-- event_bus.publish
             insert into messages (queue, subject, body)
             select * from unnest($1::text[], $2::uuid[], $3::jsonb[])",
            &queues,
            &subjects,
            &bodies
        )
        .execute(&self.database.relaxed)
        .await
        .asked("event_bus.publish")?;
        for queue in queues.into_iter().collect::<BTreeSet<_>>() {
            self.database.bell.ring(queue);
        }
        Ok(())
    }
}
