//! The pipeline's statements reach their rows by indexes: whatever the tables were like when their plans were made, and however
//! long the shop has been open.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::Arc,
    time::Duration,
};
use support::{Shop, load::Load, wait_until};

const HISTORY: &str = include_str!("../../load-tests/sql/history.sql");
/// Orders of the last four weeks, a backlog on every queue, and what came in for them.
const LARGE: &str = "
    update stock set received = received + 1000000;
    select pg_temp.make_history(0, 20000, 20000, true, '%PDF-%%EOF');
    insert into messages (queue, subject, body, visible_at)
    select (array['intake', 'intake-bulk', 'invoice', 'index', 'dispatch', 'void', 'cancel', 'index-dlq'])[1 + place % 8],
           id, '{}', created_at
    from (select id, created_at, row_number() over (order by id) as place from orders) as o;
    insert into stock_receipts (id, sku, warehouse, quantity, source, received_at)
    select gen_random_uuid(), sku, 'main', 1, 'history', now() from products, generate_series(1, 4000)";
/// Tables that stay small, each with the reason; all others grow with what is ordered.
const SMALL: &[(&str, &str)] = &[
    ("audited_numbers", "has a row a year"),
    ("audited_slices", "has a row for ten thousand orders, and is the audit's"),
    ("audited_stock", "has a row for each SKU in each warehouse"),
    ("catalogue_imports", "has a row for each file that a person imports"),
    ("closings", "has the orders that are not settled"),
    ("documents_checked", "has one row"),
    ("forgotten", "has a row for each thing that is forgotten"),
    ("installation", "has one row"),
    ("instances", "has the processes that run"),
    ("invoice_series", "has a row a year"),
    ("order_search_slices", "has a row for 16,384 orders, and is walked from its end"),
    ("products", "is the catalogue, which grows with what is sold and not with how often"),
    ("reopened_orders", "has what changed since the last audit, which empties it"),
    ("stock", "has a row for each SKU in each warehouse"),
    ("sweeps", "has what was stuck within a day"),
];
/// Statements that may go through a whole table, each with the reason.
const WHOLE: &[(&str, &str)] = &[
    ("audit.stock_receipts", "adds up all that ever came in, once an audit, in the order of an index"),
    ("audit.waiting_messages", "looks at all that waits now, once an audit"),
    ("audit.waits", "looks at all that waits now, once an audit"),
    ("catalogue.has_other_goods", "is of a demo or a replay, and ends with the first receipt that is not theirs"),
    ("queue.dead_letters", "is of a command of a person, and ends with the page that is shown"),
    ("queue.redrive", "is of a command of a person, and once for all that was set aside"),
    ("search.count_orders", "is of the rebuild, which goes through all orders"),
    ("search.drop_orphans", "is of the rebuild, which goes through all orders"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_table_is_read_whole_because_it_was_empty_when_the_plan_was_made() {
    let shop = Arc::new(Shop::open(1_000_000).await);
    // The planner knows for sure that there is nothing in them.
    shop.run("vacuum analyze messages, executions, orders, payments, submissions, order_events, invoices").await;
    let pipeline = shop.pipeline().await;
    let url = format!("http://{}", pipeline.address);
    let load = Load::start(&shop, std::slice::from_ref(&url), 16, 5);
    wait_until("some hundred orders to be promised", Duration::from_secs(60), async || {
        if load.promised() >= 400 { Ok(()) } else { Err(format!("{} are", load.promised())) }
    })
    .await;
    let promised = load.stop().await;
    shop.settled(&promised, Duration::from_secs(60)).await;
    pipeline.stop().await;
    // The sessions that did the work have ended, so what they counted is there.
    let counted = "select coalesce(sum(n_tup_ins), 0)::bigint from pg_stat_user_tables where relname = 'orders'";
    wait_until("the counts", Duration::from_secs(20), async || {
        let stored = shop.count("select count(*) from orders").await;
        let seen = shop.count(counted).await;
        if seen >= stored { Ok(()) } else { Err(format!("{seen} of {stored} orders")) }
    })
    .await;
    let read_whole: Vec<(String, i64)> = sqlx::query_as(
        "select relname::text, seq_tup_read from pg_stat_user_tables
         where relname in ('messages', 'executions', 'orders', 'payments', 'submissions', 'order_events', 'invoices')
           and seq_tup_read > 3 * (n_tup_ins + 100)",
    )
    .fetch_all(shop.pool())
    .await
    .unwrap();
    assert!(read_whole.is_empty(), "read whole, again and again: {read_whole:?}");
}

#[tokio::test]
async fn no_statement_goes_through_a_whole_table_of_a_large_shop() {
    let shop = Shop::open(1_000_000).await;
    let mut past = shop.pool().acquire().await.unwrap();
    for statements in [HISTORY, LARGE, "vacuum analyze"] {
        sqlx::raw_sql(statements).execute(&mut *past).await.unwrap();
    }
    drop(past);
    let indexes = Indexes::of(shop.pool()).await;
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    // As steps plan, and as those who are waited for do.
    for pool in [shop.pool(), &shop.database.reading] {
        let mut session = pool.acquire().await.unwrap();
        for statement in statements() {
            let plan = statement.plan(&mut session).await;
            let whole = indexes.read_whole(&plan[0]["Plan"], false);
            if !whole.is_empty() {
                found.entry(statement.name).or_default().extend(whole);
            }
        }
    }
    let excused: BTreeSet<&str> = WHOLE.iter().map(|(name, _)| *name).collect();
    let unexcused: Vec<_> = found.iter().filter(|(name, _)| !excused.contains(name.as_str())).collect();
    assert!(unexcused.is_empty(), "these read more the longer the shop is open: {unexcused:#?}");
    let idle: Vec<_> = excused.into_iter().filter(|name| !found.contains_key(*name)).collect();
    assert!(idle.is_empty(), "these need no excuse any more: {idle:?}");
}

/// A statement that `sqlx` checked when this was built.
struct Statement {
    name: String,
    sql: String,
    parameters: usize,
}

/// All that have a plan.
fn statements() -> Vec<Statement> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.sqlx");
    let checked = fs::read_dir(folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let all = checked.map(|text| {
        let checked: Value = serde_json::from_str(&text).unwrap();
        let sql = checked["query"].as_str().unwrap().to_owned();
        let name = sql.strip_prefix("-- ").and_then(|rest| rest.split([' ', ':', '\n']).next()).unwrap().to_owned();
        let parameters = checked["describe"]["parameters"]["Left"].as_array().unwrap().len();
        Statement { name, sql, parameters }
    });
    let all: Vec<_> = all.filter(Statement::has_a_plan).collect();
    assert!(all.len() > 100, "hardly a statement was found: {}", all.len());
    all
}

impl Statement {
    fn has_a_plan(&self) -> bool {
        let first = self.sql.lines().find(|line| !line.trim_start().starts_with("--")).unwrap_or_default();
        !first.trim_start().starts_with("lock ")
    }

    /// The one that is made for all values, which is the one that the product asks for.
    async fn plan(&self, session: &mut PgConnection) -> Value {
        let prepare = format!("prepare probe as {}", self.sql);
        let prepared = sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *session).await;
        prepared.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let values = match vec!["null"; self.parameters].join(", ") {
            none if none.is_empty() => none,
            some => format!("({some})"),
        };
        let explain = format!("explain (format json) execute probe{values}");
        let plan = sqlx::query_scalar(AssertSqlSafe(explain)).persistent(false).fetch_one(&mut *session).await;
        sqlx::raw_sql("deallocate probe").execute(&mut *session).await.unwrap();
        plan.unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}

/// The table of each index, of those on tables that grow; and those of a part of their table, which is of what is open.
struct Indexes {
    tables: BTreeMap<String, String>,
    partial: BTreeSet<String>,
}

impl Indexes {
    async fn of(pool: &PgPool) -> Self {
        let all: Vec<(String, String, bool)> = sqlx::query_as(
            "select i.relname::text, t.relname::text, x.indpred is not null
             from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
             where t.relnamespace in ('public'::regnamespace, 'sandbox'::regnamespace)",
        )
        .fetch_all(pool)
        .await
        .unwrap();
        for (small, _) in SMALL {
            assert!(all.iter().any(|(_, table, _)| table == small), "there is no table {small}");
        }
        let growing = all.iter().filter(|(_, table, _)| grows(table));
        Self {
            tables: growing.map(|(index, table, _)| (index.clone(), table.clone())).collect(),
            partial: all.iter().filter(|(_, _, partial)| *partial).map(|(index, _, _)| index.clone()).collect(),
        }
    }

    /// What a plan goes through from end to end. `limited` is a part of a plan that ends as soon as some rows were found.
    fn read_whole(&self, plan: &Value, limited: bool) -> Vec<String> {
        let kind = plan["Node Type"].as_str().unwrap();
        let condition = plan.get("Index Cond").is_some();
        let ends = limited && plan.get("Filter").is_none();
        let mut whole = Vec::new();
        if kind == "Seq Scan" && grows(plan["Relation Name"].as_str().unwrap()) {
            whole.push(format!("all of {}", plan["Relation Name"]));
        }
        if let Some(index) = plan["Index Name"].as_str()
            && let Some(table) = self.tables.get(index)
            && !condition
            && !ends
            && !self.partial.contains(index)
        {
            whole.push(format!("all of {table} by {index}"));
        }
        let passes_on = ["LockRows", "Subquery Scan", "Result", "ProjectSet", "Append", "Incremental Sort"];
        for (place, part) in plan["Plans"].as_array().into_iter().flatten().enumerate() {
            // The outer side of a loop ends with it; the inner side is gone through for each of its rows.
            let part_is_limited =
                kind == "Limit" || limited && (passes_on.contains(&kind) || kind == "Nested Loop" && place == 0);
            whole.extend(self.read_whole(part, part_is_limited));
        }
        whole
    }
}

fn grows(table: &str) -> bool {
    table != "_sqlx_migrations" && !SMALL.iter().any(|(small, _)| *small == table)
}
