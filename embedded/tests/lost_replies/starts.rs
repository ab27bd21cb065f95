//! A process that starts or stops while the replies to that are lost: it, or the next one, tries again, and nothing is left
//! behind.

use super::{
    statements,
    support::{Shop, new_id, order, wait_until},
};
use adapters::postgres::{Database, MIGRATIONS};
use local_postgres::ephemeral;
use pg_proxy::{Loss, Proxy};
use runtime::pipeline::Pipeline;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::time::Duration;

const WITHIN: Duration = Duration::from_secs(60);
/// How often something is started before it has to succeed: once more than it is disturbed.
const TRIES: usize = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_or_a_stop_whose_reply_is_lost_leaves_nothing_behind() {
    let shop = Shop::open(0).await;
    let proxy = Proxy::start(&shop.url).await.unwrap();
    let mut ids = Vec::new();
    for statement in statements::of_starting_and_stopping() {
        let of_the_folder = statement.starts_with("installation.");
        for loss in [Loss::Request, Loss::Reply, Loss::Commit] {
            if of_the_folder {
                if loss == Loss::Commit {
                    // None of these is part of a transaction.
                    continue;
                }
                forget_the_folder(&shop).await;
            }
            let armed = proxy.arm(statement, loss);
            let pipeline = start(&shop, &proxy).await;
            let url = format!("http://{}", pipeline.address);
            let body = order(&[("TEA", 1)], "pm_card_visa");
            let accepted = shop.submit(&url, "zoe", &new_id().to_string(), &body).await.unwrap();
            ids.push(super::support::id_in(&accepted.text().await.unwrap()));
            pipeline.stop().await;
            assert!(armed.has_struck(), "{statement} did not run, so its {loss:?} was not lost");
        }
    }
    let last = shop.pipeline().await;
    shop.settled(&ids, WITHIN).await;
    shop.quiet(WITHIN).await;
    wait_until("those that are gone to be forgotten", WITHIN, async || {
        let known = shop.count("select count(*) from instances").await;
        if known == 1 { Ok(()) } else { Err(format!("{known} are known")) }
    })
    .await;
    shop.audit().await;
    last.stop().await;
}

/// As release 0.1.0 leaves database and folder, which knew of no installations: the start finds out whether they belong together.
async fn forget_the_folder(shop: &Shop) {
    shop.run("update installation set has_folder = false").await;
    std::fs::remove_file(shop.dir.path().join("documents/installation")).unwrap();
}

async fn start(shop: &Shop, proxy: &Proxy) -> Pipeline {
    let mut why = String::new();
    for _ in 0..TRIES {
        match shop.try_pipeline_on(&proxy.url(), super::short_lease()).await {
            Ok(pipeline) => return pipeline,
            Err(error) => why = format!("{error:#}"),
        }
    }
    panic!("the pipeline did not start in {TRIES} times: {why}");
}

#[tokio::test]
async fn a_change_of_the_schema_whose_commit_was_never_answered_is_made_once() {
    let server = ephemeral().await.unwrap().server();
    let mut connection = PgConnection::connect(&server.url_of("postgres")).await.unwrap();
    let name = format!("unmigrated_{}", new_id().simple());
    sqlx::raw_sql(AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await.unwrap();
    let proxy = Proxy::start(&server.url_of(&name)).await.unwrap();
    let mut unanswered = 0;
    loop {
        let armed = proxy.arm("INSERT INTO _SQLX_MIGRATIONS", Loss::Commit);
        let database = Database::connect(&proxy.url(), 1).unwrap();
        let migrated = database.migrate().await;
        assert_eq!(migrated.is_err(), armed.has_struck(), "{migrated:?}");
        if migrated.is_ok() {
            break;
        }
        unanswered += 1;
    }
    assert_eq!(unanswered, MIGRATIONS.iter().count());
    let mut direct = PgConnection::connect(&server.url_of(&name)).await.unwrap();
    let made = "select count(*) from _sqlx_migrations where success";
    let made: i64 = sqlx::query_scalar(made).fetch_one(&mut direct).await.unwrap();
    assert_eq!(usize::try_from(made).unwrap(), unanswered);
}
