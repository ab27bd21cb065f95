//! The line between the pipeline and its database loses the reply to each statement in turn, or the request, or the reply
//! to the commit; then connections at random; then everything for a while. Every order ends as it would have, nobody who
//! paid is refused, and the audit finds nothing. An audit that loses a reply itself finds nothing that is not so.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says with what seed"
)]

mod audit;
mod buyers;
mod provoke;
mod silence;
mod stage;
mod starts;
mod statements;
#[path = "../support/mod.rs"]
mod support;

use adapters::postgres::runtime::lease::Lease;
use futures_util::future::join_all;
use local_postgres::EphemeralPostgres;
use pg_proxy::{Loss, Proxy};
use stage::Stage;
use std::{sync::Arc, time::Duration};
use support::{Shop, by_chance, load::Load, wait_until};

/// Shops that lose replies side by side, each its share: what takes time is waiting.
const SHOPS: usize = 5;
/// How many shares are begun with slow payments among the orders.
const SLOW: usize = 2;

/// The shortest: what is lost in hand comes again after it.
fn short_lease() -> Lease {
    Lease::of_seconds(5).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_reply_is_lost_every_order_ends_as_it_would_have() {
    let statements = statements::of_a_serving_pipeline();
    // So many pipelines are more than the server of the other tests has connections for.
    let server = EphemeralPostgres::start().await.unwrap();
    let (usual, stages) = tokio::join!(
        async { Stage::open(&server).await.usual_ends().await },
        join_all((0..SHOPS).map(async |shop| {
            let stage = Stage::open(&server).await;
            for (at, statement) in statements.iter().skip(shop).step_by(SHOPS).enumerate() {
                stage.lose_each(statement, at < SLOW).await;
            }
            stage
        }))
    );
    join_all(stages.into_iter().map(|stage| stage.ends_as(&usual))).await;
}

/// The provider is asked once more if it never heard of a payment, and then the order is given up: so only what it was asked
/// may be counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_was_noted_without_an_answer_was_not_asked_for() {
    let shop = Shop::open(0).await;
    let proxy = Proxy::start(&shop.url).await.unwrap();
    let pipeline = shop.pipeline_on(&proxy.url(), short_lease()).await;
    let noted = proxy.arm("orders.write_payments", Loss::Commit);
    let never_heard = proxy.arm("sandbox.decide", Loss::Request);
    let id = shop.accepted_all(&format!("http://{}", pipeline.address), &["pm_card_visa"]).await[0];
    shop.settled(&[id], Duration::from_secs(60)).await;
    assert!(noted.has_struck() && never_heard.has_struck());
    assert_eq!(shop.status(id).await, "confirmed");
    shop.audit().await;
    pipeline.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_refused_because_what_the_provider_was_asked_was_lost_again_and_again() {
    let shop = Shop::open(0).await;
    let proxy = Proxy::start(&shop.url).await.unwrap();
    let pipeline = shop.pipeline_on(&proxy.url(), short_lease()).await;
    let url = format!("http://{}", pipeline.address);
    let ordering = shop.accepted_all(&url, &["pm_card_visa"]);
    let losing = async {
        for _ in 0..4 {
            proxy.arm("sandbox.decide", Loss::Request).struck().await;
        }
    };
    let (ids, lost) = tokio::join!(ordering, tokio::time::timeout(Duration::from_secs(60), losing));
    lost.unwrap();
    shop.settled(&ids, Duration::from_secs(60)).await;
    assert_eq!(shop.status(ids[0]).await, "confirmed");
    shop.audit().await;
    pipeline.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_reset_at_random_under_load_cost_no_order() {
    let seed =
        std::env::var("CHAOS_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| by_chance().u64(..));
    eprintln!("CHAOS_SEED={seed}");
    let shop = Arc::new(Shop::open(200).await);
    let proxy = Proxy::start(&shop.url).await.unwrap();
    let pipeline = shop.pipeline_on(&proxy.url(), short_lease()).await;
    let load = Load::start(&shop, &[format!("http://{}", pipeline.address)], 12, seed);
    // Whoever loses the connection of its lock is found dead at once; what is tried here is to live on.
    let resets = proxy.reset_at_random(seed, Duration::from_millis(10)..Duration::from_millis(60), "instances.lock");
    wait_until("200 connections to be reset", Duration::from_secs(60), async || match resets.count() {
        200.. => Ok(()),
        count => Err(format!("{count} were")),
    })
    .await;
    drop(resets);
    let promised = load.stop().await;
    assert!(promised.len() > 100, "hardly any load: {} orders", promised.len());
    shop.settled(&promised, Duration::from_secs(90)).await;
    shop.quiet(Duration::from_secs(60)).await;
    assert_eq!(shop.count(PAID_AND_REFUSED).await, 0);
    shop.audit().await;
    pipeline.stop().await;
}

/// Orders whose buyer's money was held and that were refused all the same. The provider's own books say so also where
/// nobody here ever learnt of it: only what it decided names the order there.
const PAID_AND_REFUSED: &str = "select count(*) from orders o
    where o.status = 'rejected' and (
        exists (select from order_events e where e.order_id = o.id and e.name = 'PaymentAuthorized')
        or exists (select from sandbox.payment_intents p
                   where p.reference = o.id::text and p.state in ('authorized', 'canceled') and p.code is null))";
