//! What the routes need, together.

use super::{
    acceptances::Acceptances, decision_notifier::DecisionNotifier, edge::EdgeKey, metrics::Metrics, reads::Reads,
};
use crate::{
    ports::{NotWired, Ports},
    token::Tokens,
};
use axum::extract::FromRef;
use std::sync::Arc;
use workflows::ports::{Documents, Ids, Intake, InvoiceReader, Queue, Readiness};

/// What the API needs.
#[derive(Clone)]
pub struct App {
    /// What the order database stands behind, and the rest.
    pub ports: Arc<Ports>,
    /// Takes orders in, and has those that are not stored yet: out of the ports, as every route needs it.
    pub intake: Arc<dyn Intake>,
    /// Reads which invoice a document is.
    pub reader: Arc<dyn InvoiceReader>,
    /// Gives ids to orders and requests.
    pub ids: Arc<dyn Ids>,
    /// Tells when to look at an order again.
    pub decision_notifier: Arc<dyn DecisionNotifier>,
    /// The places for orders on their way in.
    pub acceptances: Acceptances,
    /// The places for those who read.
    pub reads: Reads,
    /// Tells whether requests can be served.
    pub readiness: Arc<dyn Readiness>,
    /// Verifies bearer tokens, unless the runtime alone says who calls.
    pub tokens: Option<Arc<dyn Tokens>>,
    /// What every request must show, if nobody may come but through what stands in front.
    pub edge_key: Option<EdgeKey>,
    /// Counts.
    pub metrics: Arc<Metrics>,
}

/// What the routes besides the acceptance of orders need on top: a function that only accepts reaches none of it.
#[derive(Clone)]
pub(in crate::api) struct Answering {
    pub(in crate::api) app: App,
    /// Takes the messages that cancel, and those that have an invoice printed again.
    pub(in crate::api) queue: Arc<dyn Queue>,
    /// Keeps the invoices.
    pub(in crate::api) documents: Arc<dyn Documents>,
}

impl Answering {
    pub(in crate::api) fn of(app: App) -> Result<Self, NotWired> {
        Ok(Self { queue: app.ports.queue()?, documents: app.ports.documents()?, app })
    }
}

impl FromRef<Answering> for App {
    fn from_ref(answering: &Answering) -> Self {
        answering.app.clone()
    }
}
