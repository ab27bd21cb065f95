//! A process whose line to the database falls silent, with every connection standing, while it has work in hand.

use super::{
    short_lease,
    support::{Shop, new_id, order, wait_until},
};
use pg_proxy::Proxy;
use std::{collections::BTreeSet, time::Duration};
use uuid::Uuid;

/// What it has in hand when the line falls silent.
const IN_HAND: i64 = 30;
/// More than a lease and the provider's own time-outs take.
const WITHIN: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_silent_process_has_in_hand_is_ended_by_another_and_the_woken_one_changes_nothing() {
    let shop = Shop::open(0).await;
    let proxy = Proxy::start(&shop.url).await.unwrap();
    let silent = shop.pipeline_on(&proxy.url(), short_lease()).await;
    let url = format!("http://{}", silent.address);
    let mut ids = Vec::new();
    wait_until("it to have enough in hand", WITHIN, async || {
        ids.extend(shop.accepted_all(&url, &["pm_sandbox_slow", "pm_sandbox_timeout_charged"].repeat(5)).await);
        let in_hand = "select count(*) from executions where status = 'running' and instance is not null";
        let in_hand = shop.count(in_hand).await;
        if in_hand >= IN_HAND { Ok(()) } else { Err(format!("{in_hand} in hand")) }
    })
    .await;
    proxy.freeze();
    let other = shop.pipeline().await;
    shop.settled(&ids, WITHIN).await;
    let ended = rows_of(&shop, &ids).await;

    proxy.thaw();
    let key = new_id().to_string();
    let mut later = None;
    wait_until("the woken process to take orders again", WITHIN, async || {
        let asked = shop.submit(&url, "zoe", &key, &order(&[("CUP", 1)], "pm_card_visa")).await;
        let answer = asked.map_err(|error| error.to_string())?;
        let (status, text) = (answer.status(), answer.text().await.map_err(|error| error.to_string())?);
        later = status.is_success().then(|| super::support::id_in(&text));
        if later.is_some() { Ok(()) } else { Err(format!("{status}: {text}")) }
    })
    .await;
    other.stop().await;
    // It alone is left to carry this one.
    shop.settled(&[later.unwrap()], WITHIN).await;
    shop.quiet(WITHIN).await;
    let after = rows_of(&shop, &ids).await;
    assert!(ended == after, "{:#?}", ended.symmetric_difference(&after).collect::<Vec<_>>());
    shop.audit().await;
    silent.stop().await;
}

/// Everything that is stored about those orders. Of the provider's books what it decided: it also counts how often it was
/// asked under a key.
async fn rows_of(shop: &Shop, ids: &[Uuid]) -> BTreeSet<String> {
    let rows = sqlx::query_scalar::<_, String>(
        "select 'order ' || r::text from orders r where id = any($1)
         union all select 'event ' || r::text from order_events r where order_id = any($1)
         union all select 'payment ' || r::text from payments r where order_id = any($1)
         union all select 'execution ' || r::text from executions r where id = any($1)
         union all select 'visit ' || r::text from execution_history r where execution_id = any($1)
         union all select 'invoice ' || r::text from invoices r where order_id = any($1)
         union all select 'notice ' || r::text from warehouse_feed r where order_id = any($1)
         union all select 'intent ' || concat_ws(' ', r.key, r.id, r.amount, r.currency, r.state, r.code)
                   from sandbox.payment_intents r where reference::uuid = any($1)",
    );
    rows.bind(ids).fetch_all(shop.pool()).await.unwrap().into_iter().collect()
}
