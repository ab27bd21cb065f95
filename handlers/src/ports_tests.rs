//! Every function is put together from what it is said to need, and from nothing else. Apart from `ports`, because it puts
//! together what stands above them: the API, the steps, the jobs.

use crate::{
    api::{self, Acceptances, App, PollingNotifier, Reads},
    functions::{Need, Trigger},
    in_memory::{on_database, shop},
    ports::{NotWired, Ports},
    run::{queue, schedule, task},
};
use std::{collections::BTreeSet, sync::Arc};
use testing::{MemoryCatalogue, Shop};
use workflows::{
    ports::{
        CatalogueCopy, Documents, EventBus, Intake, InvoicePrinter, PaymentProvider, Queue, Warehouses, Workflows,
    },
    wiring::Step,
};

/// The port that something outside stands behind. A function fed by a queue puts back there what has to wait, and not by
/// a port.
fn port_of(trigger: Trigger, need: Need) -> Option<&'static str> {
    match need {
        Need::Intake | Need::Accepted => Some("intake"),
        Need::CatalogueCopy => Some("catalogue_copy"),
        Need::Queue(_) => (!matches!(trigger, Trigger::Queue(_))).then_some("queue"),
        Need::EventBus => Some("bus"),
        Need::Workflows => Some("workflows"),
        Need::Documents => Some("documents"),
        Need::Warehouses => Some("warehouses"),
        Need::Payments => Some("provider"),
        Need::Hold
        | Need::Seller
        | Need::TokenKey
        | Need::EdgeKey
        | Need::WaitingRoom
        | Need::Catalogue
        | Need::Payloads
        | Need::DatabaseUsers => None,
    }
}

/// Something behind those ports, and nothing behind the others but the printer that its program brings.
fn behind(shop: &Arc<Shop>, ports: &BTreeSet<&str>, trigger: Trigger) -> Ports {
    let has = |port| ports.contains(port);
    Ports {
        catalogue_copy: has("catalogue_copy")
            .then(|| -> Arc<dyn CatalogueCopy> { Arc::new(MemoryCatalogue::with(&[])) }),
        intake: has("intake").then(|| -> Arc<dyn Intake> { shop.clone() }),
        bus: has("bus").then(|| -> Arc<dyn EventBus> { shop.clone() }),
        queue: has("queue").then(|| -> Arc<dyn Queue> { shop.clone() }),
        documents: has("documents").then(|| -> Arc<dyn Documents> { shop.clone() }),
        printer: (trigger == Trigger::Queue(Step::Invoice)).then(|| -> Arc<dyn InvoicePrinter> { shop.clone() }),
        provider: has("provider").then(|| -> Arc<dyn PaymentProvider> { shop.clone() }),
        workflows: has("workflows").then(|| -> Arc<dyn Workflows> { shop.clone() }),
        warehouses: has("warehouses").then(|| -> Arc<dyn Warehouses> { shop.clone() }),
        ..on_database(shop)
    }
}

/// Puts a function together.
fn begin(shop: &Arc<Shop>, trigger: Trigger, ports: &Ports) -> Result<(), NotWired> {
    let app = || {
        Ok(App {
            intake: ports.intake()?,
            ports: Arc::new(ports.clone()),
            reader: shop.clone(),
            ids: shop.clone(),
            decision_notifier: Arc::new(PollingNotifier),
            acceptances: Acceptances::default(),
            reads: Reads::new(1, 1),
            readiness: shop.clone(),
            tokens: None,
            edge_key: None,
            metrics: Arc::default(),
        })
    };
    match trigger {
        Trigger::Submit => app().map(|app| drop(api::submissions(app))),
        Trigger::Http => api::besides_submissions(app()?).map(drop),
        Trigger::Queue(step) => queue::Handler::of(step, ports).map(drop),
        Trigger::Workflow(function) => task::Handler::of(function, ports).map(drop),
        Trigger::Schedule(job) => schedule::Handler::of(job, ports).map(drop),
        Trigger::Deployment => Ok(()),
    }
}

#[test]
fn what_a_function_reaches_is_what_it_needs_and_no_more() {
    let shop = shop();
    for trigger in Trigger::all() {
        let reached: BTreeSet<&str> = trigger.needs().iter().filter_map(|need| port_of(trigger, *need)).collect();
        assert_eq!(begin(&shop, trigger, &behind(&shop, &reached, trigger)), Ok(()), "{trigger:?}");
        for missing in &reached {
            let mut others = reached.clone();
            others.remove(missing);
            let begun = begin(&shop, trigger, &behind(&shop, &others, trigger));
            assert_eq!(begun, Err(NotWired { port: missing }), "{trigger:?}");
        }
    }
}
