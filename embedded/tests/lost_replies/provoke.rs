//! What makes a statement run that does not run with every order.

use super::{
    buyers::KINDS,
    stage::Stage,
    support::{new_id, order, wait_until},
};
use adapters::postgres::runtime::queue::{FairShare, PgQueue};
use handlers::{run::schedule, token::Role};
use pg_proxy::Loss;
use schemas::ids::OrderId;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use uuid::Uuid;
use workflows::{issued_invoice::document_path, lifecycle::Command, wiring::Job, wiring::QueueName};

/// Statements that run only after another was lost.
const AFTER_ANOTHER: &[(&str, &str, Loss)] = &[
    ("orders.kept_sellers", "orders.insert_invoices", Loss::Commit),
    ("executions.recognise", "executions.checkpoint", Loss::Reply),
    ("orders.events", "orders.write_orders", Loss::Commit),
    ("queue.give_back", "orders.mark_told", Loss::Request),
];
/// What is read, and by whom.
const READ: &[(&str, Role)] = &[
    ("/v1/orders", Role::Customer),
    ("/v1/orders?status=submitted", Role::Customer),
    ("/v1/orders?status=confirmed", Role::Customer),
    ("/v1/products", Role::Customer),
    ("/v1/products/TEA", Role::Customer),
    ("/v1/search?q=tea", Role::Customer),
    ("/v1/support/orders?q=zoe", Role::Support),
    ("/v1/support/orders?q=01234567", Role::Support),
    ("/v1/support/orders?q=2026-000001", Role::Support),
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
            "orders.stuck"
            | "orders.mark_swept"
            | "orders.forget_sweeps"
            | "orders.look_at_closings"
            | "orders.put_off_closings" => {
                self.sweep().await;
            }
            "orders.forget_closings" => self.settle().await,
            "orders.decided" => self.wait_for_a_slow_decision().await,
            "queue.sift" => self.sift().await,
            "invoices.of" => self.read_an_invoice().await,
            "invoices.adopt" => self.adopt_a_document().await,
            "invoices.bill" | "invoices.unasked" | "invoices.mark_mended" => self.damage_an_invoice().await,
            "invoices.mark_unmended" => self.fail_to_mend_an_invoice().await,
            "orders.list_accepted" => self.list_before_it_is_stored(losing).await,
            "orders.expired" => self.run(Job::Expire).await,
            "orders.deciding_time" => self.expire().await,
            name if name.starts_with("retention.") => self.run(Job::Forget).await,
            "invoices.checked" | "invoices.behind" | "invoices.mark_checked" => self.run(Job::KeepDocuments).await,
            "search.begin_slice" | "search.orders_to_fold" | "search.products_to_fold" => self.run(Job::Sweep).await,
            "search.fold_products" | "search.give_up_folding" => self.unfold().await,
            "queue.dead_letters" | "queue.dead_letter_body" | "queue.redrive" => self.look_after_dead_letters().await,
            "orders.list"
            | "orders.list_stored"
            | "orders.list_submitted"
            | "catalogue.product"
            | "catalogue.products"
            | "search.find_products"
            | "search.product_candidates"
            | "search.gram_frequencies"
            | "search.find_orders"
            | "search.find_orders_by_id"
            | "search.find_order_by_invoice" => {
                for (path, role) in READ {
                    self.buyer().reads(path, *role).await;
                }
            }
            name if name.starts_with("search.") => self.rebuild().await,
            _ => {}
        }
    }

    /// Again, if it fails, as its clock would have it.
    async fn run(&self, job: Job) {
        let handler = schedule::Handler::of(job, &self.pipeline.wired.ports).unwrap();
        for _ in 0..TRIES {
            if handler.run().await.is_ok() {
                return;
            }
        }
        panic!("{job:?} failed {TRIES} times");
    }

    /// Somebody waits for an order whose payment takes longer than the pause between two looks for all who wait.
    async fn wait_for_a_slow_decision(&self) {
        let request = self.shop.http.post(format!("{}/v1/orders", self.buyer().url));
        let request = request.bearer_auth(self.shop.token("zoe")).header("Prefer", "wait=5");
        let order = order(&[("TEA", 1)], "pm_sandbox_slow");
        let sent = request.header("Idempotency-Key", new_id().to_string()).json(&order).send().await;
        assert!(sent.unwrap().status().is_success());
    }

    /// Nobody has so much waiting that any of it is moved.
    async fn sift(&self) {
        let queue = PgQueue::new(self.pipeline.wired.database.clone());
        for _ in 0..TRIES {
            if queue
                .sift(QueueName::Intake, FairShare { among: 1_000, bytes: i64::MAX, messages: i64::MAX })
                .await
                .is_ok()
            {
                return;
            }
        }
        panic!("a queue could not be sifted in {TRIES} times");
    }

    async fn an_invoiced_order(&self) -> Uuid {
        let mut found = None;
        wait_until("an order to have an invoice", WITHIN, async || {
            let invoiced = "select i.order_id from invoices i join orders o on o.id = i.order_id
                            where i.stored_at is not null and o.customer = 'zoe' and o.status = 'confirmed' limit 1";
            found = sqlx::query_scalar(invoiced).fetch_optional(self.shop.pool()).await.unwrap();
            found.map(|_: Uuid| ()).ok_or_else(|| "none has".to_owned())
        })
        .await;
        found.unwrap()
    }

    async fn read_an_invoice(&self) {
        let order = self.an_invoiced_order().await;
        self.buyer().reads(&format!("/v1/orders/{order}/invoice"), Role::Customer).await;
    }

    /// Asks for a document that is damaged, until it was printed again.
    async fn damage_an_invoice(&self) {
        let order = self.an_invoiced_order().await;
        self.damage_the_invoice_of(order).await;
        self.buyer().reads(&format!("/v1/orders/{order}/invoice"), Role::Customer).await;
    }

    /// As if a later release had issued it, which alone can print it again. When that was noted, it is as it was.
    async fn fail_to_mend_an_invoice(&self) {
        let order = self.an_invoiced_order().await;
        self.damage_the_invoice_of(order).await;
        let reword = async |by: i32| {
            let reworded = sqlx::query("update invoices set edition = edition + $2 where order_id = $1");
            reworded.bind(order).bind(by).execute(self.shop.pool()).await.unwrap();
        };
        reword(1_000).await;
        let message = "insert into messages (queue, subject, body)
                       values ('invoice', $1, jsonb_build_object('order_id', $1))";
        sqlx::query(message).bind(order).execute(self.shop.pool()).await.unwrap();
        wait_until("the failure to be noted", WITHIN, async || {
            let noted =
                sqlx::query_scalar::<_, i64>("select count(*) from sweeps where order_id = $1 and what = 'unmended'");
            let noted = noted.bind(order).fetch_one(self.shop.pool()).await.unwrap();
            if noted == 1 { Ok(()) } else { Err("it is not".to_owned()) }
        })
        .await;
        reword(-1_000).await;
        self.buyer().reads(&format!("/v1/orders/{order}/invoice"), Role::Customer).await;
    }

    async fn damage_the_invoice_of(&self, order: Uuid) {
        let number = sqlx::query_scalar::<_, String>(
            "select year || '-' || lpad(number::text, 6, '0') from invoices where order_id = $1",
        );
        let number = number.bind(order).fetch_one(self.shop.pool()).await.unwrap();
        let file = self.shop.dir.path().join("documents").join(document_path(&number));
        std::fs::write(file, "damaged").unwrap();
    }

    /// Somebody asks for a list while an order of it is accepted, and no order can be stored for the moment.
    async fn list_before_it_is_stored(&self, losing: &str) {
        let mut hold = self.shop.pool().begin().await.unwrap();
        sqlx::query("lock table orders in share row exclusive mode").execute(&mut *hold).await.unwrap();
        let url = format!("http://{}", self.pipeline.address);
        let id = self.shop.accepted(&url, "zoe", &new_id().to_string(), &order(&[("TEA", 1)], "pm_card_visa")).await;
        self.buyer().reads("/v1/orders", Role::Customer).await;
        hold.rollback().await.unwrap();
        self.placed(losing, KINDS[0].name, tokio::spawn(async move { id }));
    }

    /// As if release 0.1.0 had issued it, which kept no hashes.
    async fn adopt_a_document(&self) {
        let order = self.an_invoiced_order().await;
        let forget = sqlx::query("update invoices set sha256 = null, size = null where order_id = $1");
        forget.bind(order).execute(self.shop.pool()).await.unwrap();
        self.shop.run("delete from documents_checked").await;
        self.run(Job::KeepDocuments).await;
    }

    /// As if release 0.1.0 had written them, which folds nothing.
    async fn unfold(&self) {
        self.shop.run("update products set folded_for = null where sku = 'TEA'").await;
        self.shop
            .run("update order_search set words = null where order_id = (select order_id from order_search limit 1)")
            .await;
        self.run(Job::Sweep).await;
    }

    async fn rebuild(&self) {
        for _ in 0..TRIES {
            if self.pipeline.wired.ports.search.rebuild(&|_, _| {}).await.is_ok() {
                return;
            }
        }
        panic!("the index could not be rebuilt in {TRIES} times");
    }

    async fn look_after_dead_letters(&self) {
        let queue = PgQueue::new(self.pipeline.wired.database.clone());
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
            if self.pipeline.wired.ports.ledger.apply(said).await.is_ok() {
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
                 ),
                 noted as (
                     insert into closings (order_id, look_at)
                     select id, sluice_now() - interval '10 minutes' from lost
                     on conflict (order_id) do update set look_at = excluded.look_at
                 )
                 delete from order_search s using lost where s.order_id = lost.id",
            );
            if lost.await == 1 { Ok(()) } else { Err("there is none".to_owned()) }
        })
        .await;
        self.run(Job::Sweep).await;
    }

    /// Sweeps when the time has come to look at a closed order for which nothing is left to do.
    async fn settle(&self) {
        wait_until("a refused order to be shown as that", WITHIN, async || {
            let due = self.shop.run(
                "update closings c set look_at = sluice_now() - interval '10 minutes'
                 from orders o join order_search s on s.order_id = o.id and s.status = o.status
                 where c.order_id = o.id and not exists (select from payments p where p.order_id = o.id)",
            );
            if due.await > 0 { Ok(()) } else { Err("there is none".to_owned()) }
        })
        .await;
        self.run(Job::Sweep).await;
    }

    /// An execution cannot be read, so it is given up, and its order set going again by the sweep.
    async fn give_up(&self, losing: &str) {
        let outage = Arc::clone(&self.pipeline.wired.outage);
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
