//! A shop with an order of every kind, built through the real adapters. Only executions are plain rows, because the
//! engine lives above.

use adapters::{
    audit::{Report, Scope, audit, audit_within},
    postgres::{
        Database,
        catalogue::{Delivery, PgCatalogue},
        orders::{OrderSettings, PgOrders},
        runtime::intake::PgIntake,
        search::PgSearch,
        warehouses::PgWarehouses,
    },
    sandbox::Sandbox,
    system::{SystemClock, SystemIds},
};
use local_postgres::ephemeral;
use schemas::{
    api::order::Reason,
    ids::OrderId,
    kept::{AcceptedOrder, Party},
    money::Amount,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, num::NonZeroU32, sync::Arc};
use time::Duration;
use workflows::{
    lifecycle::Command,
    ports::{
        Acceptance, Applied, Authorization, AuthorizationRequest, Clock, Ids, Intake, InvoiceNumbers, Ledger,
        PaymentProvider, Reservations, Search, Submission,
    },
    steps::{Outcome, fulfilment::dispatch_orders::dispatch_orders},
};

/// The shop, and its orders by name.
pub(crate) struct Shop {
    pub(crate) database: Database,
    pub(crate) url: String,
    pub(crate) sandbox: Sandbox,
    orders: PgOrders,
    ids: BTreeMap<&'static str, OrderId>,
}

fn orders_held_for(hold: Duration, database: &Database) -> PgOrders {
    let seller = Party {
        name: "Shop".into(),
        line1: "1 Street".into(),
        line2: None,
        postal_code: "1".into(),
        city: "Town".into(),
        country: "DE".into(),
        vat_id: None,
        tax_number: None,
        legal_id: None,
        email: None,
    };
    let settings = OrderSettings { stage: "test".into(), hold, seller: seller.into() };
    PgOrders::new(database.clone(), Arc::new(SystemClock), settings)
}

fn request(lines: Value, method: &str, more: Value) -> Value {
    let address = json!({ "name": "Zoë Müller", "line1": "Lange Straße 12", "city": "Hannover", "postal_code": "30159",
        "country": "DE" });
    let mut request = json!({ "currency": "EUR", "lines": lines, "email": "zoe@example.com",
        "shipping_address": address, "payment": { "method": method } });
    request.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    request
}

impl Shop {
    /// A shop in a fresh database, without products or orders.
    pub(crate) async fn empty() -> Self {
        let server = ephemeral().await.unwrap();
        let migrated = async |url: String| {
            let database = Database::connect(&url, 2).unwrap();
            let result = database.migrate().await;
            database.close().await;
            result
        };
        let url = server.fresh_database(migrated).await.unwrap();
        let database = Database::connect(&url, 3).unwrap();
        Self {
            sandbox: Sandbox::new(database.clone()),
            orders: orders_held_for(Duration::minutes(30), &database),
            ids: BTreeMap::new(),
            url,
            database,
        }
    }

    /// A shop with an order of every kind, all older than the audit's grace but `open` and `fresh`.
    pub(crate) async fn open() -> Self {
        let mut shop = Self::empty().await;
        shop.import().await;
        shop.reserve(&[
            ("paid", request(json!([tea(2), cup(3), tea(1)]), "pm_card_visa", json!({}))),
            (
                "second",
                request(
                    json!([cup(1)]),
                    "pm_card_visa",
                    json!({ "billing_address": { "name": "Ann", "line1": "x",
                "city": "y", "postal_code": "z", "country": "FR" } }),
                ),
            ),
            ("fresh", request(json!([tea(1)]), "pm_card_visa", json!({}))),
            ("cancelled", request(json!([tea(4)]), "pm_card_visa", json!({}))),
            ("declined", request(json!([cup(7)]), "pm_card_chargeDeclined", json!({}))),
            ("open", request(json!([cup(5)]), "pm_card_visa", json!({}))),
            ("unknown", request(json!([{ "sku": "NONE", "quantity": 1 }]), "pm_card_visa", json!({}))),
            ("scarce", request(json!([cup(1), { "sku": "RARE", "quantity": 9 }]), "pm_card_visa", json!({}))),
            (
                "dearer",
                request(
                    json!([tea(1)]),
                    "pm_card_visa",
                    json!({ "expected_total": { "amount": 1, "currency": "EUR" } }),
                ),
            ),
        ])
        .await;
        shop.reserve_for(Duration::seconds(-1), &[("expired", request(json!([tea(1)]), "pm_card_visa", json!({})))])
            .await;
        shop.start_executions().await;
        for name in ["paid", "second", "fresh", "cancelled", "declined"] {
            shop.pay(name).await;
        }
        shop.apply(&["open", "expired"], || Command::AskForPayment).await;
        shop.apply(&["paid", "second", "fresh", "cancelled"], || Command::Confirm).await;
        shop.apply(&["declined"], || Command::Reject { reason: Reason::PaymentDeclined, detail: None }).await;
        shop.void("expired").await;
        shop.apply(&["expired"], || Command::Expire).await;
        shop.cancel("cancelled").await;
        shop.invoice(&["paid", "second"]).await;
        shop.index().await;
        shop.dispatch().await;
        shop.run(
            "update orders set updated_at = now() - interval '1 hour' where id not in ('{open}', '{fresh}');
             update executions set status = 'succeeded', stopped_at = now() where id <> '{open}'",
        )
        .await;
        shop
    }

    /// The order of that name.
    pub(crate) fn id(&self, name: &str) -> OrderId {
        self.ids[name]
    }

    pub(crate) async fn audit(&self) -> Report {
        audit(&self.database, &self.sandbox).await.unwrap()
    }

    /// In slices of so many orders, those that rest since an earlier audit too if asked for.
    pub(crate) async fn audit_in_slices(&self, orders: u32, all: bool) -> Report {
        let scope = Scope { all, slice: NonZeroU32::new(orders).unwrap(), ..Scope::default() };
        audit_within(&self.database, &self.sandbox, scope).await.unwrap()
    }

    /// How many orders are in slices that are remembered.
    pub(crate) async fn remembered(&self) -> i64 {
        self.value("select coalesce(sum(orders), 0)::bigint from audited_slices").await
    }

    /// The one value that a query gives.
    pub(crate) async fn value<T>(&self, query: &'static str) -> T
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
    {
        sqlx::query_scalar(query).fetch_one(&self.database.durable).await.unwrap()
    }

    /// Brings every order to an end.
    pub(crate) async fn settle(&self) {
        self.cancel("open").await;
        self.invoice(&["fresh"]).await;
        self.index().await;
        self.dispatch().await;
        self.run("update executions set status = 'succeeded', stopped_at = now()").await;
    }

    /// Has every order rest for so many days, but for those that still wait.
    pub(crate) async fn rest(&self, days: u32) {
        self.run(&format!(
            "alter table orders disable trigger user;
             update orders set updated_at = now() - interval '{days} days' where status <> 'reserved';
             alter table orders enable trigger user"
        ))
        .await;
    }

    /// Puts ids in the place of names: `{paid}` is the id of the order `paid`.
    pub(crate) fn with_ids(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), &id.to_string()))
    }

    /// Runs statements as a hand in the tables would.
    pub(crate) async fn run(&self, statements: &str) {
        let statements = sqlx::AssertSqlSafe(self.with_ids(statements));
        sqlx::raw_sql(statements).execute(&self.database.durable).await.unwrap();
    }

    async fn import(&self) {
        let product = |sku: &str, price, tax_rate_bp, units| Delivery {
            sku: sku.into(),
            name: format!("Fine {sku}"),
            price,
            currency: "EUR".parse().unwrap(),
            tax_rate_bp,
            tax_terms: workflows::billing::TaxTerms::default(),
            units,
        };
        let goods = [product("TEA", 1_999, 2_000, 100), product("CUP", 333, 700, 50), product("RARE", 5, 550, 2)];
        let catalogue = PgCatalogue::new(self.database.clone(), Arc::new(SystemClock));
        catalogue.import(&goods, "first", |_| ()).await.unwrap();
        catalogue.import(&goods, "second", |_| ()).await.unwrap();
        let moved =
            ["stock", "stock_receipts"].map(|t| format!("update {t} set warehouse = 'north' where sku = 'CUP';"));
        self.run(&moved.concat()).await;
    }

    pub(crate) async fn reserve(&mut self, requests: &[(&'static str, Value)]) {
        self.reserve_for(Duration::minutes(30), requests).await;
    }

    async fn reserve_for(&mut self, hold: Duration, requests: &[(&'static str, Value)]) {
        let mut batch = Vec::new();
        for (name, request) in requests {
            let order = AcceptedOrder {
                id: SystemIds.order_id(),
                customer: "zoe".into(),
                accepted_at: SystemClock.now(),
                traceparent: None,
                request: serde_json::from_value(request.clone()).unwrap(),
            };
            self.ids.insert(name, order.id);
            batch.push(Submission { order, key: (*name).into(), fingerprint: [0; 32] });
        }
        let accepted = PgIntake::new(self.database.clone()).accept(batch.clone()).await.unwrap();
        assert_eq!(accepted, vec![Acceptance::Accepted; batch.len()]);
        let orders = orders_held_for(hold, &self.database);
        orders.reserve(batch.into_iter().map(|submission| submission.order).collect()).await.unwrap();
        self.run("delete from messages").await;
    }

    pub(crate) async fn start_executions(&self) {
        self.run(
            "insert into executions (id, workflow, status, state, started_at)
             select id, 'checkout', 'running', '{}', now() from orders where status = 'reserved'
             on conflict do nothing",
        )
        .await;
    }

    /// Carries a command out for each of the orders; each must change.
    async fn apply(&self, names: &[&str], command: impl Fn() -> Command) -> Vec<Applied> {
        let batch = names.iter().map(|name| (self.id(name), command())).collect();
        let applied = self.orders.apply(batch).await.unwrap();
        for one in &applied {
            assert!(
                matches!(one, Applied::Order { verdict: workflows::lifecycle::Verdict::Changed(_), .. }),
                "{one:?}"
            );
        }
        applied
    }

    /// Asks the provider for the money of an order, as the step does.
    pub(crate) async fn pay(&self, name: &str) {
        let applied = self.apply(&[name], || Command::AskForPayment).await;
        let Some(Applied::Order { order, .. }) = applied.into_iter().next() else { panic!("{name} is not stored") };
        let payment = order.payment.unwrap();
        let amount = Amount { amount: order.total.unwrap(), currency: order.currency };
        let request = AuthorizationRequest { key: payment.key, order: order.id, amount, method: order.payment_method };
        let answer = self.sandbox.authorize(request).await.unwrap();
        self.apply(&[name], || match answer.clone() {
            Authorization::Authorized { id } => Command::RecordAuthorization { authorization_id: id },
            Authorization::Declined { code } => Command::RecordDecline { code },
            Authorization::Voided => Command::RecordVoid,
        })
        .await;
    }

    /// Cancels an order and lets its money go.
    pub(crate) async fn cancel(&self, name: &str) {
        self.apply(&[name], || Command::Cancel).await;
        self.void(name).await;
    }

    async fn void(&self, name: &str) {
        let order = self.orders.load(&[self.id(name)]).await.unwrap().remove(0);
        self.sandbox.void(&order.payment.unwrap().key).await.unwrap();
        self.apply(&[name], || Command::RecordVoid).await;
    }

    async fn invoice(&self, names: &[&str]) {
        let ids: Vec<OrderId> = names.iter().map(|name| self.id(name)).collect();
        assert_eq!(self.orders.number_invoices(&ids).await.unwrap().len(), ids.len());
        self.apply(names, || Command::RecordInvoice).await;
    }

    /// Shows every order as it is now.
    pub(crate) async fn index(&self) {
        let ids: Vec<OrderId> = self.ids.values().copied().collect();
        PgSearch::new(self.database.clone()).index_orders(&ids).await.unwrap();
    }

    /// Tells warehouses of every order as it is now.
    pub(crate) async fn dispatch(&self) {
        let ids: Vec<OrderId> = self.ids.values().copied().collect();
        let outcomes = dispatch_orders(&self.orders, &PgWarehouses::new(self.database.clone()), &ids).await;
        assert_eq!(outcomes, vec![Outcome::Done; ids.len()]);
    }
}

pub(crate) fn tea(quantity: i64) -> Value {
    json!({ "sku": "TEA", "quantity": quantity })
}

fn cup(quantity: i64) -> Value {
    json!({ "sku": "CUP", "quantity": quantity })
}

/// A paid order of one tea, as it is asked for.
pub(crate) fn another_order() -> Value {
    request(json!([tea(1)]), "pm_card_visa", json!({}))
}
