//! A shop whose pipeline reaches its database by way of a proxy, and the orders that were placed in it.

use super::{
    buyers::{Buyer, DEAREST, GIFT, KINDS, NEVER_BEGUN},
    statements::Statement,
    support::{Shop, wait_until},
};
use adapters::{
    postgres::catalogue::{Delivery, PgCatalogue},
    system::SystemClock,
};
use local_postgres::EphemeralPostgres;
use pg_proxy::{Loss, Proxy};
use runtime::pipeline::Pipeline;
use schemas::api::order::Reason;
use sqlx::AssertSqlSafe;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::task::JoinHandle;
use uuid::Uuid;
use workflows::billing::TaxTerms;

/// The longest until a statement runs that was provoked.
const SOON: Duration = Duration::from_secs(60);
/// The longest until every order is at its end after the last loss: a lease, and the provider's time-outs.
const WITHIN: Duration = Duration::from_secs(60);

/// Whether payments in doubt depend on a statement: with it those are placed too.
fn is_of_payments(statement: &str) -> bool {
    statement.starts_with("sandbox.") || ["orders.write_payments", "orders.write_orders"].contains(&statement)
}

/// An order on its way: what was to be lost when it was placed, of what kind it is, and its id, once it has one.
type Placed = (String, &'static str, JoinHandle<Uuid>);

/// How each kind of order ends.
pub(crate) type Ends = BTreeMap<&'static str, String>;

pub(crate) struct Stage {
    pub(crate) shop: Arc<Shop>,
    pub(crate) proxy: Proxy,
    pub(crate) pipeline: Pipeline,
    placed: Mutex<Vec<Placed>>,
}

impl Stage {
    /// Nothing of the hot SKU is left in it.
    pub(crate) async fn open(server: &EphemeralPostgres) -> Self {
        let shop = Arc::new(Shop::open_on(server, 0).await);
        let delivery = |sku: &str, price| Delivery {
            sku: sku.to_owned(),
            name: "Something for tests".to_owned(),
            price,
            currency: "EUR".parse().unwrap(),
            tax_rate_bp: 1_900,
            tax_terms: TaxTerms::default(),
            units: 1_000,
        };
        let catalogue = PgCatalogue::new(shop.database.clone(), Arc::new(SystemClock));
        catalogue.import(&[delivery(GIFT, 0), delivery(DEAREST, i64::MAX)], "tests", |_| {}).await.unwrap();
        begin_no_workflow_of_some(&shop).await;
        let proxy = Proxy::start(&shop.url).await.unwrap();
        let pipeline = shop.pipeline_on(&proxy.url(), super::short_lease()).await;
        Self { shop, proxy, pipeline, placed: Mutex::default() }
    }

    pub(crate) fn buyer(&self) -> Buyer {
        Buyer { shop: Arc::clone(&self.shop), url: format!("http://{}", self.pipeline.address) }
    }

    /// How orders end while nothing is lost.
    pub(crate) async fn usual_ends(self) -> Ends {
        self.place("nothing", true);
        let ends = self.ends().await;
        assert_eq!(ends.len(), KINDS.len());
        self.pipeline.stop().await;
        let ends: Ends = ends.into_iter().map(|(_, kind, end)| (kind, end)).collect();
        let is_an_end = |reason: &Reason| ends.values().any(|end| end.split(", ").any(|word| word == reason.as_str()));
        let missing: Vec<Reason> = Reason::ALL.iter().copied().filter(|reason| !is_an_end(reason)).collect();
        assert_eq!(missing, [], "no kind of buyer is refused for these reasons; have buyers.rs name one");
        ends
    }

    /// Loses all that can be lost of a statement, one after the other. For one that only reads it is all one.
    pub(crate) async fn lose_each(&self, Statement { name: statement, writes }: &Statement, slow_ones_too: bool) {
        let slow_ones_too = slow_ones_too || is_of_payments(statement);
        self.lose(statement, Loss::Reply, slow_ones_too).await;
        if !writes {
            return;
        }
        self.lose(statement, Loss::Request, slow_ones_too).await;
        if self.proxy.seen().get(statement).is_some_and(|seen| seen.in_transaction) {
            self.lose(statement, Loss::Commit, slow_ones_too).await;
        }
    }

    /// Has somebody place an order of each kind, and goes on.
    pub(crate) fn place(&self, losing: &str, slow_ones_too: bool) {
        for kind in KINDS.iter().filter(|kind| slow_ones_too || !kind.is_slow) {
            let order = tokio::spawn(self.buyer().buys(kind));
            self.placed.lock().unwrap().push((losing.to_owned(), kind.name, order));
        }
    }

    /// Adds an order that somebody places now.
    pub(crate) fn placed(&self, losing: &str, kind: &'static str, order: JoinHandle<Uuid>) {
        self.placed.lock().unwrap().push((losing.to_owned(), kind, order));
    }

    /// Loses that once, while orders of every kind go through.
    async fn lose(&self, statement: &str, loss: Loss, slow_ones_too: bool) {
        let armed = self.proxy.arm(statement, loss);
        let losing = format!("the {loss:?} of {statement}");
        self.place(&losing, slow_ones_too);
        let provoked = async {
            self.provoke(statement, &losing).await;
            armed.struck().await;
        };
        if tokio::time::timeout(SOON, provoked).await.is_err() {
            panic!("{statement} did not run, so {losing} was not tried; have provoke.rs make it run");
        }
    }

    /// Waits until every order is at its end, which is the usual one; and nothing is left, and no promise broken.
    pub(crate) async fn ends_as(self, usual: &Ends) {
        let other: Vec<_> =
            self.ends().await.into_iter().filter(|(_, kind, end)| usual.get(kind) != Some(end)).collect();
        assert!(other.is_empty(), "the usual ends are {usual:#?}\nand these are others: {other:#?}");
        self.shop.quiet(WITHIN).await;
        let orders = "select count(*) - count(distinct id) from submissions";
        assert_eq!(self.shop.count(orders).await, 0);
        self.shop.audit().await;
        self.pipeline.stop().await;
    }

    /// The end of each order that was placed since the last time, by what was lost and the kind.
    async fn ends(&self) -> Vec<(String, &'static str, String)> {
        let placed = std::mem::take(&mut *self.placed.lock().unwrap());
        let mut orders = Vec::with_capacity(placed.len());
        for (losing, kind, order) in placed {
            let answered = tokio::time::timeout(WITHIN, order).await;
            let id = answered.unwrap_or_else(|_| panic!("losing {losing}, the buyer of one {kind} was never answered"));
            orders.push((losing, kind, id.unwrap()));
        }
        let ids: Vec<Uuid> = orders.iter().map(|(_, _, id)| *id).collect();
        wait_until("every order to be at its end", WITHIN, async || {
            let open: Vec<_> = self.unfinished(&ids).await;
            let late: Vec<_> = orders.iter().filter(|(_, _, id)| open.contains(id)).take(20).collect();
            if open.is_empty() { Ok(()) } else { Err(format!("{} are not, among them {late:#?}", open.len())) }
        })
        .await;
        let mut ends = Vec::with_capacity(orders.len());
        for (losing, kind, id) in orders {
            let end = sqlx::query_scalar(
                "select concat_ws(', ', o.status, o.reason,
                                  case p.state when 'authorized' then 'money held' when 'pending' then 'in doubt' end,
                                  case when o.status = 'confirmed' and o.invoiced then 'invoiced' end)
                 from orders o left join payments p on p.order_id = o.id where o.id = $1",
            );
            ends.push((losing, kind, end.bind(id).fetch_one(self.shop.pool()).await.unwrap()));
        }
        ends
    }

    /// Which of the orders are not at their end, or still have something on its way.
    async fn unfinished(&self, ids: &[Uuid]) -> Vec<Uuid> {
        let open = sqlx::query_scalar(
            "select a.id from unnest($1::uuid[]) as a (id)
             left join orders o on o.id = a.id left join executions e on e.id = a.id
             left join payments p on p.order_id = a.id
             where o.id is null or o.status = 'reserved' or e.status = 'running'
                or (o.status = 'confirmed' and not o.invoiced)
                or (o.status <> 'confirmed' and p.state in ('pending', 'authorized'))
                or exists (select from messages m where m.subject = a.id)",
        );
        open.bind(ids).fetch_all(self.shop.pool()).await.unwrap()
    }
}

/// As if whoever reserved those orders had died before their workflows began, each time.
async fn begin_no_workflow_of_some(shop: &Shop) {
    let trigger = format!(
        "create function never_begin() returns trigger language plpgsql as $$
         begin
             if exists (select from orders where id = new.id and payment_method = '{NEVER_BEGUN}') then return null; end if;
             return new;
         end $$;
         create trigger never_begin before insert on executions for each row execute function never_begin()"
    );
    sqlx::raw_sql(AssertSqlSafe(trigger)).execute(shop.pool()).await.unwrap();
}
