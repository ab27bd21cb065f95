//! The steps that run by the clock, for both runtimes. Several processes may run the same one at once: each step is safe
//! to repeat.

use crate::ports::Ports;
use workflows::{
    ports::Unavailable,
    steps::{
        expire_reservations::expire_reservations, forget::forget, keep_documents::keep_documents,
        publish_catalogue::publish_catalogue, sweep::sweep,
    },
    wiring::Job,
};

/// Runs a job once.
///
/// # Errors
/// If something it needs is away; it is safe to run it again, and it runs again in its turn anyway.
pub async fn run(job: Job, ports: &Ports) -> Result<(), Unavailable> {
    let (orders, bus) = (ports.orders.as_ref(), ports.bus.as_ref());
    match job {
        Job::Expire => {
            let expired = expire_reservations(orders, bus, ports.clock.as_ref()).await?;
            if expired > 0 {
                tracing::info!(expired, "reservations expired");
            }
        }
        Job::Forget => {
            let forgotten = forget(ports.retention.as_ref(), ports.clock.as_ref()).await?;
            tracing::debug!(forgotten, "what was kept for a while");
        }
        Job::KeepDocuments => {
            let (issued, documents) = (ports.issued.as_ref(), ports.documents.as_ref());
            let kept = keep_documents(issued, documents, ports.printer.as_ref(), ports.queue.as_ref()).await?;
            for (number, why) in &kept.unreadable {
                tracing::error!(number, why, "the document of this invoice cannot be read");
            }
            if !kept.to_mend.is_empty() {
                let orders: Vec<String> = kept.to_mend.iter().map(ToString::to_string).collect();
                tracing::warn!(
                    orders = orders.join(" "),
                    "documents are not as they were issued and are printed again"
                );
            }
        }
        Job::PublishCatalogue => {
            let published = publish_catalogue(ports.catalogue.as_ref(), ports.catalogue_copy.as_ref()).await?;
            tracing::debug!(?published, "the catalogue that buyers read");
            for (sku, why) in &published.refused {
                tracing::error!(sku, why, "buyers are not shown this product as it is");
            }
            if !published.refused.is_empty() {
                return Err(Unavailable::refused("catalogue.put", "products were refused; the log names each"));
            }
        }
        Job::Sweep => {
            let (workflows, queue) = (ports.workflows.as_ref(), ports.queue.as_ref());
            let swept = sweep(orders, workflows, queue, bus).await?;
            if !swept.set_going.is_empty() {
                tracing::warn!(stuck = ?swept.set_going, "orders were stuck and are set going again");
            }
            // Whatever an older release left unfolded is left behind by whoever last had a hand in it, like what is stuck.
            let folded = ports.search.keep_up().await?;
            if folded > 0 {
                tracing::info!(folded, "rows are found by folded words now");
            }
            if let Some(error) = swept.failed {
                return Err(error);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::{
        fakes::{Fault, Shelf, Shop, id},
        unwired::Unwired,
    };
    use async_trait::async_trait;
    use schemas::{api::product::Product, ids::OrderId};
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };
    use workflows::{
        lifecycle::Stuck,
        ports::{Catalogue, Rebuilt, Search},
        wiring::QueueName,
    };

    /// A search that counts how often it was kept up.
    #[derive(Default)]
    struct Kept(AtomicU64);

    #[async_trait]
    impl Search for Kept {
        async fn index_orders(&self, _: &[OrderId]) -> Result<(), Unavailable> {
            unreachable!()
        }

        async fn rebuild(&self, _: &(dyn Fn(u64, u64) + Send + Sync)) -> Result<Rebuilt, Unavailable> {
            unreachable!()
        }

        async fn keep_up(&self) -> Result<u64, Unavailable> {
            Ok(self.0.fetch_add(1, Ordering::SeqCst))
        }

        async fn products(&self, _: &str, _: i64) -> Result<Vec<Product>, Unavailable> {
            unreachable!()
        }

        async fn orders(&self, _: &str, _: i64) -> Result<Vec<OrderId>, Unavailable> {
            unreachable!()
        }
    }

    #[tokio::test]
    async fn a_sweep_keeps_search_up_even_if_an_order_cannot_be_set_going() {
        let (shop, search) = (Shop::new(), Arc::new(Kept::default()));
        *shop.stuck.lock().unwrap() = vec![Stuck::Unattended(id(1))];
        let ports = Ports { workflows: Arc::new(Unwired), search: search.clone(), ..shop.ports() };
        assert!(run(Job::Sweep, &ports).await.is_err());
        assert_eq!(search.0.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn what_got_stuck_is_set_going_again() {
        let shop = Shop::new();
        *shop.stuck.lock().unwrap() = vec![Stuck::Unattended(id(1)), Stuck::CancelForgotten(id(2))];
        run(Job::Sweep, &shop.ports()).await.unwrap();
        assert_eq!(*shop.started.lock().unwrap(), [id(1)]);
        let sent: Vec<_> = shop.sent.lock().unwrap().iter().map(|(queue, m)| (*queue, m.subject)).collect();
        assert_eq!(sent, [(QueueName::Cancel, id(2).0)]);
    }

    #[tokio::test]
    async fn what_could_not_be_set_going_is_told_after_the_rest_was() {
        let shop = Shop::new();
        *shop.stuck.lock().unwrap() = vec![Stuck::Unattended(id(1)), Stuck::CancelForgotten(id(2))];
        let ports = Ports { workflows: Arc::new(Unwired), ..shop.ports() };
        assert_eq!(run(Job::Sweep, &ports).await.unwrap_err().what, "workflows.start_checkout");
        assert_eq!(shop.sent.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn buyers_are_shown_what_the_database_has() {
        let (sold, shown) = (Shelf::of(&["CUP", "TEA"]), Shelf::of(&["POT"]));
        let ports = Ports { catalogue: sold.clone(), catalogue_copy: shown.clone(), ..Shop::new().ports() };
        run(Job::PublishCatalogue, &ports).await.unwrap();
        let page = async |shelf: &Shelf| shelf.products(None, 10).await.unwrap();
        assert_eq!(page(&shown).await, page(&sold).await);
        assert_eq!(page(&sold).await.items.len(), 2);
    }

    #[tokio::test]
    async fn a_job_whose_database_is_away_says_so() {
        let shop = Shop::new();
        shop.fails(Fault::Away);
        assert!(run(Job::Sweep, &shop.ports()).await.unwrap_err().away);
    }
}
