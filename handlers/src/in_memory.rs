//! The shop in memory behind the ports, for the tests of this crate.

use crate::ports::Ports;
use serde_json::{Value, json};
use std::sync::{Arc, Once};
use testing::{Shop, samples};
use tracing_subscriber::util::SubscriberInitExt;

/// Gives every thread somebody who listens to its log. Where there was but one listener in the process, a line that first
/// passes in another thread is turned off for all, and a test that reads the log would miss it.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::registry().init());
}

pub(crate) fn shop() -> Arc<Shop> {
    listen();
    Shop::new()
}

/// Only what the order database stands behind.
pub(crate) fn on_database(shop: &Arc<Shop>) -> Ports {
    Ports::on_database(shop.clock.clone(), shop.clone(), shop.clone(), shop.clone())
}

/// All of them; what buyers are shown stands apart on AWS only.
pub(crate) fn ports(shop: &Arc<Shop>) -> Ports {
    Ports {
        intake: Some(shop.clone()),
        bus: Some(shop.clone()),
        queue: Some(shop.clone()),
        documents: Some(shop.clone()),
        printer: Some(shop.clone()),
        provider: Some(shop.clone()),
        workflows: Some(shop.clone()),
        warehouses: Some(shop.clone()),
        retention: Some(shop.clone()),
        ..on_database(shop)
    }
}

/// The message on queue `intake`.
pub(crate) fn accepted(number: u128) -> Value {
    json!(samples::accepted(samples::order_id(number)))
}
