//! The audit against a real PostgreSQL: a healthy shop passes, every promise that is broken by hand is named by the
//! line that keeps it, and what is on its way is no violation.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod broken;
mod growing;
mod hostile;
mod live;
mod shop;
mod waiting;

use shop::Shop;

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
async fn an_empty_database_passes() {
    let report = Shop::empty().await.audit().await;
    assert!(report.is_clean(), "{report}");
}
