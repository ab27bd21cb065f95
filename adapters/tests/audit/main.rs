//! The audit against a real PostgreSQL: a healthy shop passes, every promise that is broken by hand is named by the
//! line that keeps it, and what is on its way is no violation.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod broken;
mod growing;
mod hostile;
mod live;
mod numbers;
mod shop;
mod waiting;

use shop::Shop;

const LATER_RELEASE: &str = include_str!("../../../schemas/golden/later_release.sql");

#[tokio::test]
async fn a_healthy_shop_passes_every_line() {
    let report = Shop::open().await.audit().await;
    assert!(report.is_clean(), "{report}");
    for line in &report.lines {
        // A shop at rest has no messages.
        assert!(line.checked > 0 || line.name == "waiting_messages", "{} looked at nothing", line.name);
        // An order that waits for its payment, and one that waits for its invoice.
        let on_its_way = u64::from(["unfinished_orders", "invoices_issued"].contains(&line.name.as_str()));
        assert_eq!(line.waiting.unwrap_or_default(), on_its_way, "{}", line.name);
    }
}

#[tokio::test]
async fn what_a_later_release_has_added_is_no_violation() {
    let shop = Shop::open().await;
    shop.run(&format!("{LATER_RELEASE}; select pg_temp.add_members()")).await;
    assert!(
        shop.value::<i64>("select count(*) from warehouse_feed where event @? '$.data.lines[*].added_later'").await > 0
    );
    let report = shop.audit().await;
    assert!(report.is_clean(), "{report}");
}

#[tokio::test]
async fn an_empty_database_passes() {
    let report = Shop::empty().await.audit().await;
    assert!(report.is_clean(), "{report}");
}
