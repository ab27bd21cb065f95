//! A shop in a fresh database: a small catalogue, orders made in a line, a clock that is set, and a look at the rows.

use adapters::{
    invoice_printer::BlockingPrinter,
    postgres::{
        Database,
        catalogue::{Delivery, PgCatalogue},
        orders::{OrderSettings, PgOrders},
        runtime::{intake::PgIntake, queue::PgQueue},
        search::PgSearch,
    },
    system::{SystemClock, SystemIds},
};
use local_postgres::ephemeral;
use printing::{PdfReader, RenderError};
use schemas::{
    ids::OrderId,
    kept::{AcceptedOrder, Party},
};
use serde_json::{Value, json};
use sqlx::{
    AssertSqlSafe, Decode, Postgres, Type,
    postgres::{PgListener, PgRow},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration as Wait,
};
use testing::SetClock;
use time::Duration;
use workflows::{
    billing::{Seller, TaxTerms},
    lifecycle::{Command, Verdict},
    order::StoredOrder,
    ports::{Applied, Clock, Ids, Ledger, Reservations, Submission},
};

/// Prints invoices as they are printed for buyers.
pub(crate) const PRINTER: BlockingPrinter<RenderError, PdfReader> =
    BlockingPrinter { print: printing::print, reader: PdfReader };
/// How long anything may take that is waited for.
const PATIENCE: Wait = Wait::from_secs(20);

pub(crate) struct Shop {
    pub(crate) database: Database,
    /// Where it is.
    pub(crate) url: String,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) orders: Arc<PgOrders>,
    pub(crate) intake: Arc<PgIntake>,
    pub(crate) catalogue: PgCatalogue,
    pub(crate) queue: PgQueue,
    pub(crate) search: PgSearch,
    /// How far the database's clock was put forward.
    ahead: Mutex<Wait>,
    pub(crate) settings: OrderSettings,
}

impl Shop {
    /// A shop without products or orders. Its stock is held for half an hour.
    pub(crate) async fn empty() -> Self {
        Self::at(&fresh_database().await)
    }

    /// A shop in that database, which is migrated.
    pub(crate) fn at(url: &str) -> Self {
        let database = Database::connect(url, 10).unwrap();
        let clock = Arc::new(SetClock::default());
        clock.set(SystemClock.now());
        let seller = Party {
            name: "Shop".into(),
            line1: "1 Street".into(),
            line2: None,
            postal_code: "1".into(),
            city: "Town".into(),
            country: "DE".into(),
            vat_id: Some("DE123456789".into()),
            tax_number: None,
            legal_id: None,
            email: None,
        };
        let settings = OrderSettings { stage: "test".into(), hold: Duration::minutes(30), seller: seller.into() };
        Self {
            orders: Arc::new(PgOrders::new(database.clone(), clock.clone(), settings.clone())),
            intake: Arc::new(PgIntake::new(database.clone())),
            catalogue: PgCatalogue::new(database.clone(), clock.clone()),
            queue: PgQueue::new(database.clone()),
            search: PgSearch::new(database.clone()),
            ahead: Mutex::default(),
            clock,
            database,
            settings,
            url: url.to_owned(),
        }
    }

    /// The same orders, sold by somebody else.
    pub(crate) fn sold_by(&self, change: impl FnOnce(&mut Seller)) -> PgOrders {
        let mut settings = self.settings.clone();
        change(&mut settings.seller);
        PgOrders::new(self.database.clone(), self.clock.clone(), settings)
    }

    /// A shop with 1,000 TEA at 19.99 EUR and 20 %, 1,000 CUP at 3.33 EUR and 7 %, and 5 RARE at 1.00 USD untaxed.
    pub(crate) async fn open() -> Self {
        let shop = Self::empty().await;
        let goods = [
            delivery("TEA", "Earl Grey Tea", 1_999, 2_000, 1_000),
            delivery("CUP", "Porcelain Cup", 333, 700, 1_000),
            Delivery { currency: "USD".parse().unwrap(), ..delivery("RARE", "Rare Find", 100, 0, 5) },
        ];
        shop.catalogue.import(&goods, "opening", |_| ()).await.unwrap();
        shop
    }

    /// Runs statements as a hand in the tables would.
    pub(crate) async fn run(&self, statements: &str) {
        let statements = AssertSqlSafe(statements.to_owned());
        sqlx::raw_sql(statements).execute(&self.database.durable).await.unwrap();
    }

    /// Puts the database's clock back to the right time.
    pub(crate) async fn clock_is_put_right(&self) {
        *self.ahead.lock().unwrap() = Wait::ZERO;
        self.time_passes(Wait::ZERO).await;
    }

    /// Puts the database's clock forward, and no other.
    pub(crate) async fn time_passes(&self, time: Wait) {
        let ahead = {
            let mut ahead = self.ahead.lock().unwrap();
            *ahead += time;
            ahead.as_millis()
        };
        self.run(&format!(
            "create or replace function sluice_now() returns timestamptz language sql stable parallel safe as
             $$ select pg_catalog.now() + {ahead} * interval '1 millisecond' $$"
        ))
        .await;
    }

    /// The one value that a query gives.
    pub(crate) async fn value<T>(&self, query: &str) -> T
    where
        T: for<'r> Decode<'r, Postgres> + Type<Postgres> + Send + Unpin,
        (T,): for<'r> sqlx::FromRow<'r, PgRow>,
    {
        sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_one(&self.database.durable).await.unwrap()
    }

    /// The most rows that any step of a statement's plan gave or threw away, as the sessions for reading run it.
    pub(crate) async fn most_rows_of_a_step(&self, statement: &str, arguments: &str) -> u64 {
        let mut connection = self.database.reading.acquire().await.unwrap();
        // The names that sqlx gives to columns mean nothing here.
        let prepare = format!("prepare explained as {statement}");
        sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *connection).await.unwrap();
        let explain = format!("explain (analyze, format json) execute explained ({arguments})");
        let plan: Value = sqlx::query_scalar(AssertSqlSafe(explain)).fetch_one(&mut *connection).await.unwrap();
        sqlx::raw_sql("deallocate explained").execute(&mut *connection).await.unwrap();
        most_rows(&plan[0]["Plan"])
    }

    pub(crate) async fn reserved_units(&self, sku: &str) -> i64 {
        self.value(&format!("select coalesce(sum(reserved), 0)::bigint from stock where sku = '{sku}'")).await
    }

    /// Reserves orders of these lines, and says which.
    pub(crate) async fn reserve(&self, orders: &[&[(&str, i64)]]) -> Vec<OrderId> {
        let batch: Vec<AcceptedOrder> = orders.iter().map(|lines| self.order(lines)).collect();
        let ids = batch.iter().map(|order| order.id).collect();
        self.orders.reserve(batch).await.unwrap();
        ids
    }

    /// An order as it was accepted, not stored yet.
    pub(crate) fn order(&self, lines: &[(&str, i64)]) -> AcceptedOrder {
        AcceptedOrder {
            id: SystemIds.order_id(),
            customer: "zoe".into(),
            accepted_at: self.clock.now(),
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
            request: serde_json::from_value(request(lines)).unwrap(),
        }
    }

    /// Carries one command out.
    pub(crate) async fn apply(&self, id: OrderId, command: Command) -> Applied {
        self.orders.apply(vec![(id, command)]).await.unwrap().remove(0)
    }

    /// Carries commands out, each of which must change the order.
    pub(crate) async fn change(&self, id: OrderId, commands: impl IntoIterator<Item = Command>) {
        for command in commands {
            let applied = self.apply(id, command).await;
            assert!(matches!(verdict(&applied), Some(Verdict::Changed(_))), "{applied:?}");
        }
    }

    pub(crate) async fn confirm(&self, id: OrderId) {
        self.change(id, [Command::AskForPayment, authorization(&format!("pi_{id}")), Command::Confirm]).await;
    }

    pub(crate) async fn load(&self, id: OrderId) -> StoredOrder {
        self.orders.load(&[id]).await.unwrap().remove(0)
    }

    /// Somebody who waits to be woken.
    pub(crate) async fn listener(&self) -> PgListener {
        let mut listener = PgListener::connect_with(&self.database.durable).await.unwrap();
        listener.listen("sluice").await.unwrap();
        listener
    }

    /// Waits until a session of this database waits for a lock.
    pub(crate) async fn somebody_waits_for_a_lock(&self) {
        eventually("a session that waits for a lock", async || {
            let query = "select count(*) from pg_stat_activity
                         where datname = current_database() and wait_event_type = 'Lock'";
            (self.value::<i64>(query).await > 0).then_some(())
        })
        .await;
    }
}

/// The address of a fresh database. All are copies of the one that the first test of a run had made, so all tests ask here.
pub(crate) async fn fresh_database() -> String {
    let migrated = async |url: String| {
        let database = Database::connect(&url, 2).unwrap();
        let result = database.migrate().await;
        database.close().await;
        result
    };
    ephemeral().await.unwrap().fresh_database(migrated).await.unwrap()
}

/// Waits for a condition, with a deadline.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let look_again = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Wait::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, look_again).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// What a listener is told next.
pub(crate) async fn heard(listener: &mut PgListener) -> String {
    tokio::time::timeout(PATIENCE, listener.recv()).await.unwrap().unwrap().payload().to_owned()
}

fn most_rows(step: &Value) -> u64 {
    let number = |name: &str| step[name].as_u64().unwrap_or_default();
    let own = number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Join Filter");
    let below = step["Plans"].as_array().into_iter().flatten().map(most_rows);
    below.fold(own, u64::max)
}

pub(crate) fn delivery(sku: &str, name: &str, price: i64, tax_rate_bp: u32, units: i64) -> Delivery {
    Delivery {
        sku: sku.into(),
        name: name.into(),
        price,
        currency: "EUR".parse().unwrap(),
        tax_rate_bp,
        tax_terms: TaxTerms::default(),
        units,
    }
}

pub(crate) fn request(lines: &[(&str, i64)]) -> Value {
    let lines: Vec<Value> = lines.iter().map(|(sku, quantity)| json!({ "sku": sku, "quantity": quantity })).collect();
    json!({
        "currency": "EUR", "lines": lines, "email": "zoe@example.com", "payment": { "method": "pm_card_visa" },
        "shipping_address": { "name": "Zoë Müller", "line1": "Lange Straße 12", "city": "Hannover",
            "postal_code": "30159", "country": "DE" },
    })
}

pub(crate) fn submission(order: AcceptedOrder, key: &str, fingerprint: u8) -> Submission {
    Submission { order, key: key.into(), fingerprint: [fingerprint; 32] }
}

pub(crate) fn authorization(id: &str) -> Command {
    Command::RecordAuthorization { authorization_id: id.into() }
}

pub(crate) fn verdict(applied: &Applied) -> Option<&Verdict> {
    match applied {
        Applied::Missing => None,
        Applied::Order { verdict, .. } => Some(verdict),
    }
}

pub(crate) fn is_changed(applied: &Applied) -> bool {
    matches!(verdict(applied), Some(Verdict::Changed(_)))
}
