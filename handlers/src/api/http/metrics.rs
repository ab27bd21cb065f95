//! What is counted about the API, in OpenMetrics text. Labels are routes and words of ours, so that their number is
//! bounded: never an order's id, never anything a caller made up.

use axum::{extract::FromRequestParts, http::request::Parts};
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{
        counter::Counter,
        family::{Family, MetricConstructor},
        histogram::Histogram,
    },
    registry::{Registry, Unit},
};
use std::{
    convert::Infallible,
    fmt,
    sync::{PoisonError, RwLock},
    time::Duration,
};

/// Seconds; finest where the promise is.
const BUCKETS: [f64; 14] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 5.0, 25.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    route: &'static str,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OnRoute {
    route: &'static str,
}

#[derive(Clone, Copy, Debug)]
struct Latency;

impl MetricConstructor<Histogram> for Latency {
    fn new_metric(&self) -> Histogram {
        Histogram::new(BUCKETS)
    }
}

/// The metrics of a process: the API's own, and whatever else its runtime registers.
pub struct Metrics {
    registry: RwLock<Registry>,
    requests: Family<Asked, Counter>,
    seconds: Family<OnRoute, Histogram, Latency>,
    /// Orders that were accepted under a new key.
    pub(in crate::api) accepted: Counter,
    /// Orders that were answered again under a key known before.
    pub(in crate::api) replayed: Counter,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("sluice");
        let requests = Family::default();
        let seconds = Family::new_with_constructor(Latency);
        let (accepted, replayed) = (Counter::default(), Counter::default());
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register_with_unit("http_request_duration", "Time to answer", Unit::Seconds, seconds.clone());
        registry.register("orders_accepted", "Orders accepted under a new key", accepted.clone());
        registry.register("orders_replayed", "Orders answered again under a known key", replayed.clone());
        Self { registry: RwLock::new(registry), requests, seconds, accepted, replayed }
    }
}

impl Metrics {
    /// Adds metrics of the runtime, such as the depth of its queues; names get the prefix `sluice_`.
    pub fn register(&self, add: impl FnOnce(&mut Registry)) {
        add(&mut self.registry.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Everything, in OpenMetrics text.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut out = String::new();
        text::encode(&mut out, &self.registry.read().unwrap_or_else(PoisonError::into_inner))?;
        Ok(out)
    }

    pub(in crate::api) fn answered(&self, route: &'static str, method: &'static str, status: u16, took: Duration) {
        self.requests.get_or_create(&Asked { route, method, status }).inc();
        self.seconds.get_or_create(&OnRoute { route }).observe(took.as_secs_f64());
    }
}

/// An extension that the runtime puts on requests whose connection comes from a loopback address.
#[derive(Clone, Copy, Debug)]
pub struct FromThisMachine;

/// Whether the request comes from this machine. What a proxy passes on comes from elsewhere, wherever the proxy stands.
pub(in crate::api) struct Whence(pub(in crate::api) bool);

impl<S: Sync> FromRequestParts<S> for Whence {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        const PASSED_ON: [&str; 3] = ["forwarded", "x-forwarded-for", "via"];
        let passed_on = PASSED_ON.iter().any(|name| parts.headers.contains_key(*name));
        Ok(Self(!passed_on && parts.extensions.get::<FromThisMachine>().is_some()))
    }
}
