//! An audit whose line to the database loses the reply to each of its statements in turn: it says that it could not end, or it
//! ends right. So nothing whole is called broken, and nothing is called clean, or left out next time, that was not read.

use super::{
    statements,
    support::{Shop, server::prepared},
};
use adapters::{
    audit::{Report, Scope, audit_within},
    postgres::Database,
    sandbox::Sandbox,
};
use pg_proxy::{Loss, Proxy, Seen};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    num::NonZeroU32,
    process::{Output, Stdio},
    time::Duration,
};
use tokio::process::Command;
use workflows::ports::Unavailable;

const WITHIN: Duration = Duration::from_secs(60);
const METHODS: [&str; 6] =
    ["pm_card_visa", "pm_card_chargeDeclined", "pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_visa"];
/// Of six orders these are one slice, which can be remembered, and a last one, which never is.
const SLICE: NonZeroU32 = NonZeroU32::new(4).unwrap();
/// What is read when nearly everything else was.
const LAST_LINE: &str = "audit.stock_reservations";
/// The exit code of a command that could not run, or not to its end. A broken promise has another.
const COULD_NOT_RUN: i32 = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audit_whose_reply_is_lost_says_that_it_could_not_end_or_ends_right() {
    let shop = rested_shop().await;
    let mut lost = lose_each(&shop, &BTreeSet::new()).await;
    assert!(audited(&shop.url, true).await.unwrap().is_clean());
    assert_eq!(audited(&shop.url, false).await.unwrap().audited_before, u64::from(SLICE.get()));
    lost.extend(lose_each_of_the_command(&shop, &lost).await);
    // Of the slice that would be remembered.
    let first_confirmed = "select id from orders where status = 'confirmed' order by id limit 1";
    change(&shop, &format!("update orders set net = net + 1 where id = ({first_confirmed})")).await;
    lost.extend(lose_each(&shop, &BTreeSet::new()).await);
    change(&shop, &format!("update orders set net = net - 1 where id = ({first_confirmed})")).await;
    // So many numbers that nobody has are not counted up to.
    change(&shop, "update invoice_series set last = last + 100000").await;
    lost.extend(lose_each(&shop, &lost).await);
    change(&shop, "update invoice_series set last = last - 100000").await;
    shop.audit().await;
    let missed: Vec<_> = statements::of_an_audit().into_iter().filter(|one| !lost.contains(&one.name)).collect();
    assert!(missed.is_empty(), "these did not run, so nothing of them was lost; have an audit run them: {missed:#?}");
}

/// All its orders have ended, and rested for longer than an audit waits before it remembers them.
async fn rested_shop() -> Shop {
    let shop = Shop::open(0).await;
    let pipeline = shop.pipeline().await;
    let ids = shop.accepted_all(&format!("http://{}", pipeline.address), &METHODS).await;
    shop.settled(&ids, WITHIN).await;
    shop.quiet(WITHIN).await;
    pipeline.stop().await;
    shop.run(
        "create or replace function sluice_now() returns timestamptz language sql stable parallel safe as
         $$ select pg_catalog.now() + interval '3 days' $$",
    )
    .await;
    shop
}

async fn change(shop: &Shop, sql: &str) {
    let changed = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(shop.pool()).await.unwrap();
    assert_eq!(changed.rows_affected(), 1, "{sql}");
}

/// An audit of everything, or of what no earlier one speaks for, as a process of its own would make it.
async fn audited(url: &str, all: bool) -> Result<Report, Unavailable> {
    let database = Database::connect(url, 4).unwrap();
    let scope = Scope { all, slice: SLICE, ..Scope::default() };
    let report = audit_within(&database, &Sandbox::new(database.clone()), scope).await;
    database.close().await;
    report
}

/// Loses what can be lost of each statement that audits run, but of these, one after the other; says of which.
async fn lose_each(shop: &Shop, but: &BTreeSet<String>) -> BTreeSet<String> {
    let proxy = Proxy::start(&shop.url).await.unwrap();
    let usual = audited(&proxy.url(), true).await.unwrap();
    let known = statements::all();
    let mut lost = BTreeSet::new();
    for (statement, seen) in ran(&proxy, |name| !but.contains(name)) {
        let writes = known.iter().any(|one| one.name == statement && one.writes);
        let losses = [(Loss::Reply, true), (Loss::Request, writes), (Loss::Commit, writes && seen.in_transaction)];
        for (loss, _) in losses.into_iter().filter(|(_, can_be)| *can_be) {
            let losing = format!("losing the {loss:?} of {statement}");
            let armed = proxy.arm(&statement, loss);
            let robbed = audited(&proxy.url(), true).await;
            assert!(armed.has_struck(), "{losing}: it did not run");
            match robbed {
                Ok(report) => assert_eq!(report, usual, "{losing}"),
                Err(error) => assert!(error.away, "{losing}: {}", error.chain()),
            }
            // What was noted before or in spite of the loss misleads no later audit.
            if writes || !usual.is_clean() {
                let next = audited(&shop.url, false).await.unwrap();
                assert_eq!(broken(&next), broken(&usual), "{losing}, and then auditing again");
                assert_eq!(orders(&next), orders(&usual), "{losing}, and then auditing again");
            }
        }
        lost.insert(statement);
    }
    lost
}

/// The same of what the command runs besides: it looks whether it can work with the tables, and at the documents.
async fn lose_each_of_the_command(shop: &Shop, but: &BTreeSet<String>) -> BTreeSet<String> {
    let proxy = Proxy::start(&shop.url).await.unwrap();
    let usual = ended(shop, &proxy).await;
    assert!(usual.status.success(), "{usual:?}");
    let mut lost = BTreeSet::new();
    for (statement, _) in ran(&proxy, |name| name == LAST_LINE || !but.contains(name)) {
        let armed = proxy.arm(&statement, Loss::Reply);
        let robbed = ended(shop, &proxy).await;
        assert!(armed.has_struck(), "{statement} did not run");
        if robbed.status.success() {
            assert_eq!(robbed.stdout, usual.stdout, "losing the reply of {statement}");
        } else {
            assert_eq!(robbed.status.code(), Some(COULD_NOT_RUN), "losing the reply of {statement}: {robbed:?}");
            // Nothing that could be taken for a report, and why there is none.
            assert!(
                robbed.stdout.is_empty() && !robbed.stderr.is_empty(),
                "losing the reply of {statement}: {robbed:?}"
            );
        }
        lost.insert(statement);
    }
    lost
}

/// `sluice audit`, by way of the proxy.
async fn ended(shop: &Shop, proxy: &Proxy) -> Output {
    let mut command = Command::from(prepared(shop.dir.path(), Some(&proxy.url())));
    command.args(["audit", "--json"]).stdin(Stdio::null()).kill_on_drop(true);
    tokio::time::timeout(WITHIN, command.output()).await.unwrap().unwrap()
}

/// The statements with a name that were carried out so far. What has none opens and ends transactions and sets up sessions;
/// it stands in capitals.
fn ran(proxy: &Proxy, is_wanted: impl Fn(&str) -> bool) -> Vec<(String, Seen)> {
    let is_named = |name: &str| name.contains('.') && !name.contains(char::is_uppercase);
    proxy.seen().into_iter().filter(|(name, _)| is_named(name) && is_wanted(name)).collect()
}

/// The promises that are not kept, how often, and the examples.
fn broken(report: &Report) -> Vec<(&str, u64, &[Value])> {
    let lines = report.lines.iter().filter(|line| line.violations > 0);
    lines.map(|line| (line.name.as_str(), line.violations, line.examples.as_slice())).collect()
}

/// How many orders it speaks for.
fn orders(report: &Report) -> u64 {
    let checked = report.lines.iter().find(|line| line.name == "order_totals").unwrap().checked;
    report.audited_before + checked
}
