//! The test app of the fault tests: a database and a data folder of their own, server processes that a test may kill, and
//! words for what a test waits for. All parts are real, because what is tested is what happens between them.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::as_conversions,
    clippy::print_stderr,
    clippy::let_underscore_must_use,
    reason = "each test uses a part of this, and fails by panicking"
)]

pub(crate) mod load;
pub(crate) mod partition;
pub(crate) mod pooler;
pub(crate) mod run;
pub(crate) mod server;

use adapters::{
    audit::audit,
    postgres::{
        Database,
        catalogue::{Delivery, PgCatalogue},
        orders::OrderSettings,
        runtime::lease::Lease,
    },
    sandbox::Sandbox,
    system::{SystemChance, SystemClock, SystemIds},
};
use handlers::token::{Identity, Role};
use local_postgres::{EphemeralPostgres, ephemeral};
use reqwest::{Response, StatusCode};
use runtime::{
    config::{Config, TokenSettings},
    http::Limits,
    pipeline::Pipeline,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use uuid::Uuid;
use workflows::ports::{Chance, Clock, Ids, RetentionPeriods};

/// The hot SKU: as many units as the test says. All others are never short.
pub(crate) const HOT: &str = "HOT";
/// Four SKUs that are never short.
pub(crate) const SKUS: [&str; 4] = ["TEA", "CUP", "POT", "TIN"];

/// Everything that an effect could show in. The version that search shows is none: not all events are told to it; nor is
/// how often the provider was asked, which its keys are there for.
const EFFECTS: &str = "select string_agg(digest, ' ') from (
        select md5(string_agg(t::text, ' ' order by id)) as digest from orders t
        union all select md5(string_agg(t::text, ' ' order by order_id, sequence)) from order_events t
        union all select md5(string_agg(t::text, ' ' order by order_id)) from payments t
        union all select md5(string_agg(t::text, ' ' order by order_id)) from invoices t
        union all select md5(string_agg(t::text, ' ' order by series, year)) from invoice_series t
        union all select md5(string_agg(t::text, ' ' order by sku)) from stock t
        union all select md5(string_agg(concat_ws(' ', key, id, reference, amount, currency, state, code), ' ' order by key))
                  from sandbox.payment_intents
        union all select md5(string_agg(t::text, ' ' order by id)) from executions t
        union all select md5(string_agg(t::text, ' ' order by position)) from warehouse_feed t
        union all select md5(string_agg(t::text, ' ' order by order_id)) from dispatches t
        union all select md5(string_agg(concat(order_id, status, document), ' ' order by order_id)) from order_search
    ) as digests";

/// A database with a catalogue, and a data folder.
pub(crate) struct Shop {
    pub(crate) dir: TempDir,
    /// The address of the database.
    pub(crate) url: String,
    pub(crate) database: Database,
    pub(crate) http: reqwest::Client,
}

impl Shop {
    /// A fresh database on the server that the tests of a file share.
    pub(crate) async fn open(hot_units: i64) -> Self {
        Self::open_on(ephemeral().await.unwrap(), hot_units).await
    }

    /// A fresh database on that server.
    pub(crate) async fn open_on(server: &EphemeralPostgres, hot_units: i64) -> Self {
        let url = server
            .fresh_database(async |url| {
                let database = Database::connect(&url, 1).unwrap();
                database.migrate().await?;
                database.close().await;
                Ok::<_, sqlx::migrate::MigrateError>(())
            })
            .await
            .unwrap();
        let shop = Self::at(url);
        shop.stock(hot_units).await;
        shop
    }

    /// On a database that is there, or will be.
    pub(crate) fn at(url: String) -> Self {
        let database = Database::connect(&url, 8).unwrap();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
        Self { dir: folder(), url, database, http }
    }

    /// Fills the catalogue.
    pub(crate) async fn stock(&self, hot_units: i64) {
        let delivery = |sku: &str, units| Delivery {
            sku: sku.to_owned(),
            name: format!("A {sku} for tests"),
            price: 1_250,
            currency: "EUR".parse().unwrap(),
            tax_rate_bp: 1_900,
            tax_terms: workflows::billing::TaxTerms::default(),
            units,
        };
        let mut deliveries: Vec<_> = SKUS.iter().map(|sku| delivery(sku, 1_000_000)).collect();
        deliveries.push(delivery(HOT, hot_units));
        let catalogue = PgCatalogue::new(self.database.clone(), Arc::new(SystemClock));
        catalogue.import(&deliveries, "tests", |_| {}).await.unwrap();
    }

    /// What an installation decides about its orders.
    pub(crate) fn settings() -> OrderSettings {
        let seller = json!({
            "name": "Tests Ltd", "line1": "1 High Street", "postal_code": "N1 1AA", "city": "London", "country": "GB",
            "vat_id": "GB123456789"
        });
        OrderSettings {
            stage: "test".to_owned(),
            hold: time::Duration::minutes(30),
            seller: serde_json::from_value::<schemas::kept::Party>(seller).unwrap().into(),
        }
    }

    /// The pipeline in this process, where a test can reach its parts.
    pub(crate) async fn pipeline(&self) -> Pipeline {
        self.pipeline_on(&self.url, Lease::default()).await
    }

    /// The same, which reaches the database by another way.
    pub(crate) async fn pipeline_on(&self, url: &str, lease: Lease) -> Pipeline {
        self.try_pipeline_on(url, lease).await.unwrap()
    }

    /// The same, where the way may fail.
    pub(crate) async fn try_pipeline_on(&self, url: &str, lease: Lease) -> anyhow::Result<Pipeline> {
        let config = Config {
            has_time_zone: false,
            data_dir: self.dir.path().to_path_buf(),
            listen: ([127, 0, 0, 1], 0).into(),
            connections: Limits::default(),
            database_url: None,
            lease,
            orders: Self::settings(),
            money_is_real: false,
            retention: RetentionPeriods::default(),
            tokens: TokenSettings::DevelopmentKey { anywhere: false },
        };
        let key = runtime::development_key::development_key(self.dir.path()).unwrap();
        Pipeline::start(&config, url, Arc::new(key)).await
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.database.durable
    }

    /// A token for a customer, of the key that the servers of this data folder have.
    pub(crate) fn token(&self, customer: &str) -> String {
        self.token_of(Role::Customer, customer)
    }

    /// A token for somebody of that role.
    pub(crate) fn token_of(&self, role: Role, sub: &str) -> String {
        let key = runtime::development_key::development_key(self.dir.path()).unwrap();
        let identity = Identity { sub: sub.to_owned(), role, warehouse: None };
        key.sign(&identity, SystemClock.now(), time::Duration::hours(2)).unwrap()
    }

    /// Submits an order once.
    pub(crate) async fn submit(
        &self,
        url: &str,
        customer: &str,
        key: &str,
        order: &Value,
    ) -> Result<Response, reqwest::Error> {
        let request = self.http.post(format!("{url}/v1/orders")).bearer_auth(self.token(customer));
        request.header("Idempotency-Key", key).json(order).send().await
    }

    /// Submits an order that must be accepted.
    pub(crate) async fn accepted(&self, url: &str, customer: &str, key: &str, order: &Value) -> Uuid {
        let answer = self.submit(url, customer, key, order).await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, StatusCode::ACCEPTED, "{text}");
        id_in(&text)
    }

    /// Submits one order for each method, all under keys of their own.
    pub(crate) async fn accepted_all(&self, url: &str, methods: &[&str]) -> Vec<Uuid> {
        let mut ids = Vec::with_capacity(methods.len());
        for method in methods {
            ids.push(self.accepted(url, "zoe", &new_id().to_string(), &order(&[("TEA", 1)], method)).await);
        }
        ids
    }

    /// Asks for an order to be cancelled.
    pub(crate) async fn cancel(&self, url: &str, customer: &str, id: Uuid) -> Result<Response, reqwest::Error> {
        self.http.post(format!("{url}/v1/orders/{id}/cancel")).bearer_auth(self.token(customer)).send().await
    }

    /// The order as the database has it: `submitted` while it has none.
    pub(crate) async fn status(&self, id: Uuid) -> String {
        let found = sqlx::query_scalar::<_, String>("select status from orders where id = $1");
        found.bind(id).fetch_optional(self.pool()).await.unwrap().unwrap_or_else(|| "submitted".to_owned())
    }

    /// One number from the database.
    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(self.pool()).await.unwrap()
    }

    /// A digest of all effects.
    pub(crate) async fn effects(&self) -> String {
        sqlx::query_scalar(EFFECTS).fetch_one(self.pool()).await.unwrap()
    }

    /// Changes something by hand; says how many rows.
    pub(crate) async fn run(&self, sql: &'static str) -> u64 {
        sqlx::query(sql).execute(self.pool()).await.unwrap().rows_affected()
    }

    /// Waits until each order has ended, the confirmed ones with an invoice, and nothing is on the way any more.
    pub(crate) async fn settled(&self, ids: &[Uuid], within: Duration) {
        wait_until("every accepted order to reach its end", within, async || {
            let unfinished = self.unfinished(ids).await.map_err(|error| error.to_string())?;
            if unfinished.is_empty() { Ok(()) } else { Err(unfinished) }
        })
        .await;
    }

    /// Waits until no message and no execution is left, of whatever order.
    pub(crate) async fn quiet(&self, within: Duration) {
        wait_until("all messages and executions to end", within, async || {
            let messages = self.count("select count(*) from messages").await;
            let executions = self.count("select count(*) from executions where status = 'running'").await;
            if messages + executions == 0 {
                Ok(())
            } else {
                Err(format!("{messages} messages, {executions} executions"))
            }
        })
        .await;
    }

    /// In words, what still has to happen.
    async fn unfinished(&self, ids: &[Uuid]) -> Result<String, sqlx::Error> {
        sqlx::query_scalar(
            "with missing as (
                 select coalesce(o.status, 'submitted') || case when i.order_id is null then '' else ' + number' end
                        || case when e.status is null then '' else ', execution ' || e.status
                            || case when e.instance is null then coalesce(' until ' || e.wake_at, '')
                               else ' in the hand of ' || e.instance || coalesce(' since ' || e.wake_at, '')
                                   || coalesce(', leased until ' || e.leased_until, '') end
                           end as what,
                        a.id
                 from unnest($1::uuid[]) as a (id)
                 left join orders o on o.id = a.id left join executions e on e.id = a.id
                 left join invoices i on i.order_id = a.id
                 where o.id is null or o.status = 'reserved' or (o.status = 'confirmed' and not o.invoiced)
                    or e.status = 'running'
                    or exists (select from messages m where m.subject = a.id and m.queue not like '%-dlq')
                    or (o.status in ('rejected', 'cancelled') and exists (
                        select from payments p where p.order_id = a.id and p.state in ('pending', 'authorized')))
             )
             select coalesce((select string_agg(what || ' (' || count || ', one is ' || id || ')', '; ')
                              from (select what, count(*), min(id::text) as id from missing group by what) as kinds)
                 || coalesce((select ' messages: ' || string_agg(queue || ' ' || count || coalesce(' ' || error, ''), ', ')
                              from (select queue, count(*), min(last_error) as error from messages group by queue)
                                  as queues), ''), '')",
        )
        .bind(ids)
        .fetch_one(self.pool())
        .await
    }

    /// Every promise holds, and the provider's books are what the ledger says.
    pub(crate) async fn audit(&self) {
        let report = audit(&self.database, &Sandbox::new(self.database.clone())).await.unwrap();
        assert!(report.is_clean(), "{report}");
        let disagreeing = self
            .count(
                "select count(*) from payments p
                 full join (select * from sandbox.payment_intents where reference <> '') b on b.key = p.key
                 where (coalesce(p.state, '') = 'authorized') <> (coalesce(b.state, '') = 'authorized')",
            )
            .await;
        assert_eq!(disagreeing, 0, "ledger and books disagree");
        let held = self.count("select count(*) from sandbox.payment_intents where state = 'authorized'").await;
        assert_eq!(held, self.count("select count(*) from orders where status = 'confirmed' and total > 0").await);
    }
}

/// Chance with a seed of its own, for what may differ from run to run.
pub(crate) fn by_chance() -> fastrand::Rng {
    fastrand::Rng::with_seed(SystemChance.draw().into())
}

/// A temporary data folder: short, because a socket's path has a limit, and open to the user that runs PostgreSQL.
pub(crate) fn folder() -> TempDir {
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    tempfile::Builder::new().prefix("sluice-faults-").permissions(open).tempdir_in("/tmp").unwrap()
}

/// An order of those lines, paid by that method.
pub(crate) fn order(lines: &[(&str, i64)], method: &str) -> Value {
    let lines: Vec<_> = lines.iter().map(|(sku, quantity)| json!({ "sku": sku, "quantity": quantity })).collect();
    json!({
        "currency": "EUR",
        "lines": lines,
        "email": "zoe@example.com",
        "shipping_address": {
            "name": "Zoë Müller", "line1": "Lange Straße 12", "city": "Hannover", "postal_code": "30159",
            "country": "DE"
        },
        "payment": { "method": method }
    })
}

/// An id that nothing else has.
pub(crate) fn new_id() -> Uuid {
    SystemIds.order_id().0
}

/// The `id` of a JSON body.
pub(crate) fn id_in(text: &str) -> Uuid {
    let body: Value = serde_json::from_str(text).unwrap();
    body["id"].as_str().unwrap().parse().unwrap()
}

/// Looks again and again until `condition` finds nothing missing; at the deadline the test fails with what still was.
pub(crate) async fn wait_until(what: &str, within: Duration, mut condition: impl AsyncFnMut() -> Result<(), String>) {
    let start = Instant::now();
    loop {
        let Err(missing) = condition().await else { return };
        assert!(start.elapsed() < within, "waited {} s for {what}; still: {missing}", within.as_secs());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
