//! What makes a statement run that does not run with every order.

use super::{
    buyers::KINDS,
    stage::Stage,
    support::{new_id, order, wait_until},
};
use adapters::postgres::queue::PgQueue;
use handlers::{schedule, token::Role};
use pg_proxy::Loss;
use schemas::ids::OrderId;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use workflows::{lifecycle::Command, wiring::Job};

/// Statements that run only after another was lost.
const AFTER_ANOTHER: &[(&str, &str, Loss)] = &[
    ("sandbox.find", "sandbox.decide", Loss::Reply),
    ("orders.sellers", "orders.insert_invoices", Loss::Commit),
    ("executions.recognise", "executions.checkpoint", Loss::Reply),
    ("orders.events", "orders.update", Loss::Commit),
    ("queue.give_back", "orders.mark_told", Loss::Request),
];
/// What is read, and by whom.
const READ: &[(&str, Role)] = &[
    ("/v1/orders", Role::Customer),
    ("/v1/products", Role::Customer),
    ("/v1/products/TEA", Role::Customer),
    ("/v1/search?q=tea", Role::Customer),
    ("/v1/support/orders?q=zoe", Role::Support),
];
const WITHIN: Duration = Duration::from_secs(20);
/// How often somebody tries again what failed.
const TRIES: usize = 5;

impl Stage {
    /// Makes a statement run, if placing orders may not.
    pub(crate) async fn provoke(&self, statement: &str, losing: &str) {
        let other = AFTER_ANOTHER.iter().find(|(name, _, _)| *name == statement);
        if let Some((_, first, loss)) = other {
            let first = self.proxy.arm(first, *loss);
            self.place(losing, false);
            return first.struck().await;
        }
        match statement {
            "executions.give_up" => self.give_up(losing).await,
            "orders.stuck" | "orders.mark_swept" | "orders.forget_sweeps" => self.sweep().await,
            "orders.expired" => self.run(Job::Expire).await,
            "orders.time" => self.expire().await,
            name if name.starts_with("retention.") => self.run(Job::Forget).await,
            name if name.starts_with("issued") => self.run(Job::KeepDocuments).await,
            "queue.dead_letters" | "queue.dead_letter_body" | "queue.redrive" => self.look_after_dead_letters().await,
            name if name.starts_with("search.") && !["search.products", "search.orders"].contains(&name) => {
                self.rebuild().await;
            }
            "orders.list" | "catalogue.product" | "catalogue.products" | "search.products" | "search.orders" => {
                for (path, role) in READ {
                    self.buyer().reads(path, *role).await;
                }
            }
            _ => {}
        }
    }

    /// Again, if it fails, as its clock would have it.
    async fn run(&self, job: Job) {
        for _ in 0..TRIES {
            if schedule::run(job, &self.pipeline.parts.ports).await.is_ok() {
                return;
            }
        }
        panic!("{job:?} failed {TRIES} times");
    }

    async fn rebuild(&self) {
        for _ in 0..TRIES {
            if self.pipeline.parts.ports.search.rebuild(&|_, _| {}).await.is_ok() {
                return;
            }
        }
        panic!("the index could not be rebuilt in {TRIES} times");
    }

    async fn look_after_dead_letters(&self) {
        let queue = PgQueue::new(self.pipeline.parts.database.clone());
        for _ in 0..TRIES {
            let looked = async {
                queue.dead_letters(None, 10).await?;
                queue.dead_letter_body(0).await?;
                queue.redrive(None, None).await
            };
            if looked.await.is_ok() {
                return;
            }
        }
        panic!("the dead letters could not be looked after in {TRIES} times");
    }

    /// Asks whether the time of an order is up that nobody has ever placed.
    async fn expire(&self) {
        for _ in 0..TRIES {
            let said = vec![(OrderId(new_id()), Command::Expire)];
            if self.pipeline.parts.ports.orders.apply(said).await.is_ok() {
                return;
            }
        }
        panic!("nothing could be said to an order in {TRIES} times");
    }

    /// Sweeps something: search has lost a refused order.
    async fn sweep(&self) {
        wait_until("search to lose a refused order", WITHIN, async || {
            let lost = self.shop.run(
                "with lost as (
                     select o.id from orders o join order_search s on s.order_id = o.id and s.status = o.status
                     where o.status = 'rejected' and not exists (select from sweeps w where w.order_id = o.id)
                       and not exists (select from messages m where m.subject = o.id)
                     limit 1
                 ),
                 aged as (
                     update orders o set updated_at = o.updated_at - interval '10 minutes'
                     from lost where o.id = lost.id
                 )
                 delete from order_search s using lost where s.order_id = lost.id",
            );
            if lost.await == 1 { Ok(()) } else { Err("there is none".to_owned()) }
        })
        .await;
        self.run(Job::Sweep).await;
    }

    /// An execution cannot be read, so it is given up, and its order set going again by the sweep.
    async fn give_up(&self, losing: &str) {
        let outage = Arc::clone(&self.pipeline.parts.outage);
        outage.store(true, Ordering::SeqCst);
        let url = format!("http://{}", self.pipeline.address);
        let id = self.shop.accepted(&url, "zoe", &new_id().to_string(), &order(&[("TEA", 1)], "pm_card_visa")).await;
        wait_until("the execution to wait", WITHIN, async || {
            let spoilt = sqlx::query(
                "update executions set state = '{}'
                 where id = $1 and status = 'running' and instance is null and wake_at is not null",
            );
            let done = spoilt.bind(id).execute(self.shop.pool()).await.unwrap();
            if done.rows_affected() == 1 { Ok(()) } else { Err("it does not".to_owned()) }
        })
        .await;
        outage.store(false, Ordering::SeqCst);
        wait_until("the execution to be given up", WITHIN, async || {
            let status = sqlx::query_scalar::<_, String>("select status from executions where id = $1");
            let status = status.bind(id).fetch_one(self.shop.pool()).await.unwrap();
            if status == "failed" { Ok(()) } else { Err(status) }
        })
        .await;
        let aged = sqlx::query("update orders set updated_at = updated_at - interval '10 minutes' where id = $1");
        aged.bind(id).execute(self.shop.pool()).await.unwrap();
        self.run(Job::Sweep).await;
        self.placed(losing, KINDS[0].name, tokio::spawn(async move { id }));
    }
}
