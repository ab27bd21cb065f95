//! Orders that cost nothing: nobody is asked for money, whatever the method of payment, and all else goes its way.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use adapters::{
    postgres::catalogue::{Delivery, PgCatalogue},
    system::SystemClock,
};
use std::{sync::Arc, time::Duration};
use support::{Shop, order, server::Server, wait_until};
use workflows::billing::TaxTerms;

#[tokio::test]
async fn a_free_order_is_confirmed_without_money_invoiced_and_can_be_cancelled() {
    let shop = Shop::open(0).await;
    let free = Delivery {
        sku: "SAMPLE".to_owned(),
        name: "A sample".to_owned(),
        price: 0,
        currency: "EUR".parse().unwrap(),
        tax_rate_bp: 1_900,
        tax_terms: TaxTerms::default(),
        units: 1_000,
    };
    let catalogue = PgCatalogue::new(shop.database.clone(), Arc::new(SystemClock));
    catalogue.import(&[free], "samples", |_| {}).await.unwrap();
    let server = Server::start(&shop).await;
    let url = &server.url;
    let methods =
        ["pm_card_visa", "pm_card_chargeDeclined", "pm_sandbox_timeout_lost", "pm_sandbox_timeout_charged", "unknown"];
    let mut ids = Vec::new();
    for method in methods {
        let sample = order(&[("SAMPLE", 2)], method);
        let id = shop.accepted(url, "zoe", method, &sample).await;
        assert_eq!(shop.accepted(url, "zoe", method, &sample).await, id, "a replay");
        ids.push(id);
    }
    shop.settled(&ids, Duration::from_secs(30)).await;
    for id in &ids {
        assert_eq!(shop.status(*id).await, "confirmed");
    }
    assert_eq!(shop.count("select count(*) from payments").await, 0);
    assert_eq!(shop.count("select count(*) from sandbox.payment_intents").await, 0);
    assert_eq!(shop.count("select count(*) from invoices where stored_at is not null").await, 5);
    shop.audit().await;
    // A free line beside one that costs is paid for with it.
    let mixed =
        shop.accepted(url, "zoe", "mixed", &order(&[("SAMPLE", 1), ("TEA", 1)], "pm_card_chargeDeclined")).await;
    let cancelled = ids[0];
    assert!(shop.cancel(url, "zoe", cancelled).await.unwrap().status().is_success());
    wait_until("the order to be cancelled", Duration::from_secs(30), async || match shop.status(cancelled).await {
        status if status == "cancelled" => Ok(()),
        status => Err(status),
    })
    .await;
    shop.settled(&[mixed], Duration::from_secs(30)).await;
    assert_eq!(shop.status(mixed).await, "rejected");
    shop.quiet(Duration::from_secs(30)).await;
    assert_eq!(shop.count("select reserved from stock where sku = 'SAMPLE'").await, 8);
    shop.audit().await;
}
