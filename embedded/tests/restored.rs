//! A database that was restored to an earlier state while documents had gone on: what README.md says to do then has
//! everybody invoiced, loses no document, and leaves the audit clean, whether more orders came since than were lost or fewer.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use adapters::{
    audit,
    documents::StoredDocuments,
    postgres::{orders::PgOrders, runtime::queue::PgQueue},
    system::SystemClock,
};
use local_postgres::ephemeral;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::{collections::BTreeMap, fs, path::Path, process::Command, sync::Arc, time::Duration};
use support::{Shop, folder, new_id, wait_until};
use tempfile::TempDir;
use uuid::Uuid;

const WITHIN: Duration = Duration::from_secs(60);
const README: &str = include_str!("../../README.md");
/// Orders that are in the backup, and that came after it and are lost.
const KEPT: usize = 3;
const LOST: usize = 3;

/// The statements that README.md gives to `psql`, for the year that has numbers, and the last number in its folder.
fn advice(year: i32, last: usize) -> String {
    let block =
        README.lines().skip_while(|line| *line != r"    \set Y 2026").take_while(|line| line.starts_with("    "));
    let statements: Vec<&str> = block.map(str::trim_start).filter(|line| !line.starts_with(r"\set")).collect();
    assert_eq!((statements.first(), statements.last()), (Some(&"begin;"), Some(&"commit;")));
    statements.join("\n").replace(":Y", &year.to_string()).replace(":F", &last.to_string())
}

async fn place(shop: &Shop, count: usize) -> Vec<Uuid> {
    let pipeline = shop.pipeline().await;
    let url = format!("http://{}", pipeline.address);
    let ids = shop.accepted_all(&url, &vec!["pm_card_visa"; count]).await;
    shop.settled(&ids, WITHIN).await;
    shop.quiet(WITHIN).await;
    pipeline.stop().await;
    ids
}

/// The addresses of copies of a shop's database, which is closed for that: only one without sessions can be copied.
async fn back_up(shop: &Shop, copies: usize) -> Vec<String> {
    let name: String = sqlx::query_scalar("select current_database()::text").fetch_one(shop.pool()).await.unwrap();
    shop.database.close().await;
    let server = ephemeral().await.unwrap().server();
    let mut connection = PgConnection::connect(&server.url_of("postgres")).await.unwrap();
    let ends = "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = $1";
    sqlx::query(ends).bind(&name).execute(&mut connection).await.unwrap();
    let mut urls = Vec::with_capacity(copies);
    for _ in 0..copies {
        let copy = format!("backup_{}", new_id().simple());
        let make = AssertSqlSafe(format!("create database {copy} template {name}"));
        sqlx::raw_sql(make).execute(&mut connection).await.unwrap();
        urls.push(server.url_of(&copy));
    }
    urls
}

fn copy_of(data: &Path) -> TempDir {
    let copy = folder();
    let done = Command::new("cp").arg("-a").arg(data.join(".")).arg(copy.path()).status().unwrap();
    assert!(done.success());
    copy
}

/// The documents of all years, by number.
fn documents(data: &Path) -> BTreeMap<String, Vec<u8>> {
    let years = fs::read_dir(data.join("documents/invoices")).unwrap();
    let files = years.flat_map(|year| fs::read_dir(year.unwrap().path()).unwrap()).map(|file| file.unwrap().path());
    files.map(|file| (file.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read(&file).unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_readme_says_after_a_restore_has_everybody_invoiced_and_the_audit_clean() {
    let shop = Shop::open(0).await;
    place(&shop, KEPT).await;
    let backups = back_up(&shop, 3).await;
    let Shop { dir, url, .. } = shop;
    let shop = Shop { dir, ..Shop::at(url) };
    place(&shop, LOST).await;
    let issued = documents(shop.dir.path());
    assert_eq!(issued.len(), KEPT + LOST);

    for (url, come_since) in backups.into_iter().zip([0, LOST - 1, LOST + 2]) {
        let restored = Shop { dir: copy_of(shop.dir.path()), ..Shop::at(url) };
        let set_aside = come_since.min(LOST);
        let pipeline = restored.pipeline().await;
        let address = format!("http://{}", pipeline.address);
        let ids = restored.accepted_all(&address, &vec!["pm_card_visa"; come_since]).await;
        wait_until("what can be invoiced to be", WITHIN, async || {
            let stored = restored.count("select count(*) from invoices where stored_at is not null").await;
            let refused = restored
                .count(
                    "select count(*) from messages where queue like 'invoice%' and last_error like '%another invoice%'",
                )
                .await;
            let wanted = (KEPT + come_since - set_aside, set_aside);
            if (usize::try_from(stored), usize::try_from(refused)) == (Ok(wanted.0), Ok(wanted.1)) {
                Ok(())
            } else {
                Err(format!("{stored} are, and {refused} refused"))
            }
        })
        .await;
        pipeline.stop().await;

        let year: i32 =
            sqlx::query_scalar("select max(year) from invoice_series").fetch_one(restored.pool()).await.unwrap();
        let last = documents(restored.dir.path()).len();
        for _ in 0..2 {
            let statements = AssertSqlSafe(advice(year, last));
            sqlx::raw_sql(statements).execute(restored.pool()).await.unwrap();
        }
        PgQueue::new(restored.database.clone()).redrive(None, Some("invoice-dlq")).await.unwrap();
        restored.run("update messages set visible_at = sluice_now()").await;
        let more = place(&restored, 1).await;
        restored.settled(&[ids, more].concat(), WITHIN).await;

        restored.audit().await;
        let orders = PgOrders::new(restored.database.clone(), Arc::new(SystemClock), Shop::settings());
        let store = StoredDocuments::read_from_folder(&restored.dir.path().join("documents"));
        let line = audit::documents(&orders, &store, &printing::PdfReader, true).await.unwrap();
        assert_eq!((usize::try_from(line.checked), line.violations), (Ok(KEPT + come_since + 1), 0), "{line}");
        let now = documents(restored.dir.path());
        assert_eq!(now.len(), KEPT + LOST + come_since + 1, "{:?}", now.keys());
        assert!(issued.iter().all(|(number, document)| now.get(number) == Some(document)), "a document was lost");
        let lost = restored.count("select count(*) from lost_invoices").await;
        assert_eq!(usize::try_from(lost), Ok(LOST));
        assert!(!restored.dir.path().join("documents/set-aside").exists());
    }
}

#[tokio::test]
async fn an_order_that_was_not_refused_keeps_its_number_for_its_own_document_may_stand_under_it() {
    let shop = Shop::open(0).await;
    shop.run("insert into invoice_series values ('main', 2026, 2)").await;
    for number in 1..=2 {
        let numbered = format!(
            "insert into orders (id, customer, status, version, currency, lines, email, shipping_address, payment_method,
                                 created_at, updated_at)
             values ('00000000-0000-7000-8000-00000000000{number}', 'zoe', 'confirmed', 3, 'EUR', '[]', 'zoe@example.com',
                     '{{}}', 'pm', now(), now());
             insert into invoices (order_id, series, year, number, issued_on)
             values ('00000000-0000-7000-8000-00000000000{number}', 'main', 2026, {number}, '2026-11-22');
             insert into messages (queue, subject, body)
             values ('invoice', '00000000-0000-7000-8000-00000000000{number}', '{{}}')"
        );
        sqlx::raw_sql(AssertSqlSafe(numbered)).execute(shop.pool()).await.unwrap();
    }
    let refused =
        "update messages set last_error = 'invoices/2026/2026-000002.pdf is another invoice already and stays'
                   where subject = '00000000-0000-7000-8000-000000000002'";
    shop.run(refused).await;
    sqlx::raw_sql(AssertSqlSafe(advice(2026, 2))).execute(shop.pool()).await.unwrap();
    let numbers: Vec<i32> =
        sqlx::query_scalar("select number from invoices order by order_id").fetch_all(shop.pool()).await.unwrap();
    assert_eq!(numbers, [1, 3]);
    assert_eq!(shop.count("select count(*) from lost_invoices where number = 2").await, 1);
    assert_eq!(shop.count("select count(*) from lost_invoices").await, 1);
}
