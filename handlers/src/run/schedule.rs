//! The jobs that the clock runs, for both runtimes. Several processes may run the same one at once: each is safe
//! to repeat.

use crate::ports::{NotWired, Ports};
use std::sync::Arc;
use workflows::{
    ports::{
        Catalogue, CatalogueCopy, Clock, Documents, EventBus, InvoiceReader, IssuedInvoices, Ledger, OrderLists, Queue,
        Reservations, Retention, Search, StuckOrders, Unavailable, Workflows,
    },
    steps::{
        billing::keep_documents::keep_documents,
        checkout::expire_reservations::expire_reservations,
        upkeep::{
            forget::forget,
            publish_catalogue::publish_catalogue,
            sweep::{SweepPorts, sweep},
        },
    },
    wiring::Job,
};

/// A job, with the ports that it needs.
#[derive(Clone)]
pub struct Handler(Needs);

#[derive(Clone)]
enum Needs {
    Expire {
        reservations: Arc<dyn Reservations>,
        ledger: Arc<dyn Ledger>,
        bus: Arc<dyn EventBus>,
        clock: Arc<dyn Clock>,
    },
    Forget {
        retention: Arc<dyn Retention>,
        clock: Arc<dyn Clock>,
    },
    KeepDocuments(Keeping),
    PublishCatalogue {
        catalogue: Arc<dyn Catalogue>,
        copy: Arc<dyn CatalogueCopy>,
    },
    Sweep(Sweeping),
}

#[derive(Clone)]
struct Keeping {
    issued: Arc<dyn IssuedInvoices>,
    documents: Arc<dyn Documents>,
    reader: Arc<dyn InvoiceReader>,
    queue: Arc<dyn Queue>,
}

#[derive(Clone)]
struct Sweeping {
    stuck: Arc<dyn StuckOrders>,
    lists: Arc<dyn OrderLists>,
    ledger: Arc<dyn Ledger>,
    workflows: Arc<dyn Workflows>,
    queue: Arc<dyn Queue>,
    bus: Arc<dyn EventBus>,
    search: Arc<dyn Search>,
}

impl Handler {
    /// That job.
    ///
    /// # Errors
    /// If it needs what is not reached here.
    pub fn of(job: Job, ports: &Ports) -> Result<Self, NotWired> {
        Ok(Self(match job {
            Job::Expire => Needs::Expire {
                reservations: ports.reservations.clone(),
                ledger: ports.ledger.clone(),
                bus: ports.bus()?,
                clock: ports.clock.clone(),
            },
            Job::Forget => Needs::Forget { retention: ports.retention()?, clock: ports.clock.clone() },
            Job::KeepDocuments => Needs::KeepDocuments(Keeping {
                issued: ports.issued_invoices.clone(),
                documents: ports.documents()?,
                reader: ports.printer()?,
                queue: ports.queue()?,
            }),
            Job::PublishCatalogue => {
                Needs::PublishCatalogue { catalogue: ports.catalogue.clone(), copy: ports.catalogue_copy()? }
            }
            Job::Sweep => Needs::Sweep(Sweeping {
                stuck: ports.stuck_orders.clone(),
                lists: ports.order_lists.clone(),
                ledger: ports.ledger.clone(),
                workflows: ports.workflows()?,
                queue: ports.queue()?,
                bus: ports.bus()?,
                search: ports.search.clone(),
            }),
        }))
    }

    /// Runs it once.
    ///
    /// # Errors
    /// If something it needs is away; it is safe to run it again, and it runs again in its turn anyway.
    pub async fn run(&self) -> Result<(), Unavailable> {
        match &self.0 {
            Needs::Expire { reservations, ledger, bus, clock } => {
                let expired =
                    expire_reservations(reservations.as_ref(), ledger.as_ref(), bus.as_ref(), clock.as_ref()).await?;
                if expired > 0 {
                    tracing::info!(expired, "reservations expired");
                }
                Ok(())
            }
            Needs::Forget { retention, clock } => {
                let forgotten = forget(retention.as_ref(), clock.as_ref()).await?;
                tracing::debug!(forgotten, "what was kept for a while");
                Ok(())
            }
            Needs::KeepDocuments(keeping) => keeping.run().await,
            Needs::PublishCatalogue { catalogue, copy } => publish(catalogue.as_ref(), copy.as_ref()).await,
            Needs::Sweep(sweeping) => sweeping.run().await,
        }
    }
}

impl Keeping {
    async fn run(&self) -> Result<(), Unavailable> {
        let (issued, documents) = (self.issued.as_ref(), self.documents.as_ref());
        let kept = keep_documents(issued, documents, self.reader.as_ref(), self.queue.as_ref()).await?;
        for (number, why) in &kept.unreadable {
            tracing::error!(number, why, "the document of this invoice cannot be read");
        }
        if !kept.to_mend.is_empty() {
            let orders: Vec<String> = kept.to_mend.iter().map(ToString::to_string).collect();
            tracing::warn!(orders = orders.join(" "), "documents are not as they were issued and are printed again");
        }
        Ok(())
    }
}

async fn publish(catalogue: &dyn Catalogue, copy: &dyn CatalogueCopy) -> Result<(), Unavailable> {
    let published = publish_catalogue(catalogue, copy).await?;
    tracing::debug!(?published, "the catalogue that buyers read");
    for (sku, why) in &published.refused {
        tracing::error!(sku, why, "buyers are not shown this product as it is");
    }
    if published.refused.is_empty() {
        Ok(())
    } else {
        Err(Unavailable::at_fault("catalogue.put", "products were refused; the log names each"))
    }
}

impl Sweeping {
    async fn run(&self) -> Result<(), Unavailable> {
        let sweep_ports = SweepPorts {
            stuck: self.stuck.as_ref(),
            lists: self.lists.as_ref(),
            ledger: self.ledger.as_ref(),
            workflows: self.workflows.as_ref(),
            queue: self.queue.as_ref(),
            bus: self.bus.as_ref(),
            search: self.search.as_ref(),
        };
        let swept = sweep(sweep_ports).await?;
        if !swept.set_going.is_empty() {
            tracing::warn!(stuck = ?swept.set_going, "orders were stuck and are set going again");
        }
        if swept.folded > 0 {
            tracing::info!(swept.folded, "rows are found by folded words now");
        }
        swept.failed.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::in_memory::{ports, shop};
    use testing::{Fault, MemoryCatalogue, Shop, samples};
    use workflows::lifecycle::Command;
    use workflows::steps::upkeep::sweep::PATIENCE;
    use workflows::wiring::QueueName;

    async fn run(job: Job, shop: &Arc<Shop>) -> Result<(), Unavailable> {
        Handler::of(job, &ports(shop)).unwrap().run().await
    }

    /// With an order that nobody carries on, and one that is to be cancelled and is not.
    fn with_stuck_orders() -> Arc<Shop> {
        let shop = shop();
        shop.reserved(1);
        shop.happens(shop.reserved(2), Command::AskToCancel);
        shop.clock.pass(PATIENCE);
        shop
    }

    fn to_be_cancelled(shop: &Shop) -> Vec<uuid::Uuid> {
        shop.contents().on_queue(QueueName::Cancel).into_iter().map(|message| message.subject).collect()
    }

    #[tokio::test]
    async fn a_sweep_keeps_search_up_even_if_an_order_cannot_be_set_going() {
        let shop = with_stuck_orders();
        shop.faults.always("workflows.start_checkout", Fault::Refused);
        assert!(run(Job::Sweep, &shop).await.is_err());
        assert_eq!(shop.faults.calls_of("search.keep_up").len(), 1);
    }

    #[tokio::test]
    async fn what_got_stuck_is_set_going_again() {
        let shop = with_stuck_orders();
        run(Job::Sweep, &shop).await.unwrap();
        assert_eq!(shop.contents().started, [samples::order_id(1)]);
        assert_eq!(to_be_cancelled(&shop), [samples::order_id(2).0]);
    }

    #[tokio::test]
    async fn what_could_not_be_set_going_is_told_after_the_rest_was() {
        let shop = with_stuck_orders();
        shop.faults.always("workflows.start_checkout", Fault::Refused);
        assert_eq!(run(Job::Sweep, &shop).await.unwrap_err().what, "workflows.start_checkout");
        assert_eq!(to_be_cancelled(&shop).len(), 1);
    }

    #[tokio::test]
    async fn buyers_are_shown_what_the_database_has() {
        let shop = shop();
        let shown = Arc::new(MemoryCatalogue::with(&[samples::product("POT", 1)]));
        let ports = Ports { catalogue_copy: Some(shown.clone()), ..ports(&shop) };
        Handler::of(Job::PublishCatalogue, &ports).unwrap().run().await.unwrap();
        let sold = Catalogue::products(shop.as_ref(), None, 10).await.unwrap().items;
        assert_eq!((shown.products(), sold.len()), (sold.clone(), 2));
    }

    #[tokio::test]
    async fn a_job_whose_database_is_away_says_so() {
        let shop = shop();
        shop.faults.always("orders.", Fault::Away);
        assert!(run(Job::Sweep, &shop).await.unwrap_err().away);
    }
}
