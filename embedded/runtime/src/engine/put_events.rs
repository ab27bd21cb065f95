//! The task that publishes events: entries as EventBridge takes them, whose detail is one of our events.

use asl::TaskOutcome;
use schemas::event::Event;
use serde_json::{Value, json};
use std::time::Duration;
use workflows::ports::EventBus;

/// Publishes the entries and gives their ids back. An entry that is no event of ours fails the task, as an entry that
/// EventBridge refuses does.
pub(super) async fn put(bus: &dyn EventBus, entries: Vec<Value>, timeout: Duration) -> TaskOutcome {
    let events: Result<Vec<Event>, _> =
        entries.into_iter().map(|mut entry| serde_json::from_value(entry["Detail"].take())).collect();
    let events = match events {
        Ok(events) => events,
        Err(error) => return failed(format!("an entry's Detail is no event: {error}")),
    };
    match tokio::time::timeout(timeout, bus.publish(&events)).await {
        Ok(Ok(())) => TaskOutcome::Returned(events.iter().map(|event| json!(event.id)).collect()),
        Ok(Err(error)) => failed(error.chain()),
        Err(_) => TaskOutcome::TimedOut,
    }
}

fn failed(cause: String) -> TaskOutcome {
    TaskOutcome::Failed { error: "EventBridge.FailedEntry".to_owned(), cause }
}
