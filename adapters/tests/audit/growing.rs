//! An audit leaves out what earlier ones found to be as promised, until it changes. What a hand plants there unnoticed is
//! found when everything is audited anew; what changes, at the next audit.

use super::shop::Shop;
use adapters::{
    audit::{Report, Scope, audit_within},
    postgres::Database,
};
use schemas::kept::HeldUnits;
use std::num::NonZeroU32;
use uuid::Uuid;

fn failed(report: &Report) -> Vec<&str> {
    report.lines.iter().filter(|line| line.violations > 0).map(|line| line.name.as_str()).collect()
}

/// A shop whose orders rest, audited once in slices of two.
async fn audited() -> Shop {
    let shop = Shop::open().await;
    shop.settle().await;
    shop.rest(3).await;
    let report = shop.audit_in_slices(2, false).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.audited_before, 0);
    shop
}

#[tokio::test]
async fn what_rests_is_audited_once() {
    let shop = audited().await;
    let remembered = shop.remembered().await;
    assert!(remembered >= 6, "{remembered} orders rest in slices of their own");
    let report = shop.audit_in_slices(2, false).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(i64::try_from(report.audited_before).unwrap(), remembered);
    assert!(report.to_string().contains("orders were audited before"));
    let totals = |report: &Report| report.lines.iter().find(|line| line.name == "order_totals").unwrap().checked;
    let everything = shop.audit_in_slices(2, true).await;
    assert_eq!((everything.audited_before, totals(&everything)), (0, totals(&report) + report.audited_before));
    assert_eq!(shop.remembered().await, remembered, "and is remembered again");
}

/// Statements alone write and read it, so nothing else would say that what is kept is another shape.
#[tokio::test]
async fn what_a_slice_holds_is_kept_in_its_shape() {
    let shop = audited().await;
    let held = "select jsonb_agg(unit) from audited_slices, jsonb_array_elements(held) as unit";
    let held: Vec<HeldUnits> = serde_json::from_value(shop.value(held).await).unwrap();
    let units: i64 = held.iter().filter(|HeldUnits(sku, _, _)| sku == "TEA").map(|HeldUnits(_, _, units)| units).sum();
    assert!(units > 0, "{held:?}");
    let added = "select sum(units)::bigint from audited_stock where sku = 'TEA'";
    assert_eq!(units, shop.value::<i64>(added).await);
}

#[tokio::test]
async fn what_changed_lately_is_audited_again() {
    let shop = Shop::open().await;
    shop.settle().await;
    shop.rest(1).await;
    shop.audit_in_slices(2, false).await;
    assert_eq!(shop.remembered().await, 0, "too fresh");
    shop.rest(3).await;
    shop.audit_in_slices(100, false).await;
    assert_eq!(shop.remembered().await, 0, "more orders are still to come in the last slice");
    shop.run("update stock set reserved = reserved - 1 where sku = 'CUP'").await;
    assert_eq!(failed(&shop.audit_in_slices(2, false).await), ["stock_reservations"]);
}

#[tokio::test]
async fn what_is_planted_where_all_rests_is_found_when_everything_is_audited() {
    let shop = audited().await;
    shop.run("update payments set amount = amount - 1 where order_id = '{paid}'").await;
    let report = shop.audit_in_slices(2, false).await;
    assert!(report.is_clean(), "{report}");
    let found = ["paid_orders", "book_entries", "held_authorizations"];
    assert_eq!(failed(&shop.audit_in_slices(2, true).await), found);
    assert_eq!(failed(&shop.audit_in_slices(2, false).await), found, "and from then on");
}

#[tokio::test]
async fn what_changes_after_it_was_audited_is_audited_again() {
    let shop = audited().await;
    shop.run("update orders set total = total + 1, updated_at = now() where id = '{paid}'").await;
    let found = failed(&shop.audit_in_slices(2, false).await).join(" ");
    assert_eq!(found, "order_totals paid_orders");
    shop.run("update orders set total = total - 1, updated_at = now() where id = '{paid}'").await;
    let remembered = shop.remembered().await;
    assert!(shop.audit_in_slices(2, false).await.is_clean());
    assert_eq!(shop.remembered().await, remembered, "not before it rests");
    shop.rest(3).await;
    assert!(shop.audit_in_slices(2, false).await.is_clean());
    assert!(shop.remembered().await > remembered);
}

#[tokio::test]
async fn an_order_that_is_cancelled_after_it_was_audited_gives_its_stock_back() {
    let shop = audited().await;
    shop.cancel("paid").await;
    shop.index().await;
    shop.dispatch().await;
    for all in [false, true] {
        let report = shop.audit_in_slices(2, all).await;
        assert!(report.is_clean(), "{report}");
    }
    shop.run("update stock set reserved = reserved + 1 where sku = 'CUP'").await;
    assert_eq!(failed(&shop.audit_in_slices(2, false).await), ["stock_reservations"]);
}

#[tokio::test]
async fn an_order_that_comes_late_opens_the_time_that_it_is_from() {
    let shop = audited().await;
    let noted = async || shop.value::<i64>("select count(*) from reopened_orders").await;
    assert_eq!(noted().await, 0);
    shop.run(
        r#"insert into orders select (jsonb_populate_record(o, jsonb_build_object('id', gen_random_uuid(),
           'created_at', o.updated_at - interval '25 hours'))).* from orders o where id = '{unknown}'"#,
    )
    .await;
    assert_eq!(noted().await, 1);
}

#[tokio::test]
async fn numbers_that_were_found_once_are_not_counted_again() {
    let shop = audited().await;
    let numbers = |report: &Report| report.lines.iter().find(|line| line.name == "invoice_numbers").unwrap().checked;
    assert_eq!(numbers(&shop.audit_in_slices(2, true).await), 3);
    assert_eq!(numbers(&shop.audit_in_slices(2, false).await), 0);
    shop.run("update invoice_series set last = last + 1").await;
    assert_eq!(failed(&shop.audit_in_slices(2, false).await), ["invoice_numbers"]);
    shop.run("insert into lost_invoices select series, year, last from invoice_series").await;
    let report = shop.audit_in_slices(2, false).await;
    assert!(report.is_clean(), "a number whose order was lost is no gap once it is noted: {report}");
}

/// What else the audit says of such a line keeps the slice open, too; this is for the day on which that says nothing.
#[tokio::test]
async fn a_slice_with_a_line_that_cannot_be_read_is_never_closed() {
    let shop = Shop::open().await;
    shop.settle().await;
    let later: time::OffsetDateTime = shop.value("select now() + interval '1 day'").await;
    let closed = async || -> bool {
        sqlx::query_scalar(include_str!("../../sql/audit/close_slice.sql"))
            .bind(Uuid::nil())
            .bind(Uuid::max())
            .bind(later)
            .fetch_one(&shop.database.durable)
            .await
            .unwrap()
    };
    // Beside a readable one of the same SKU and warehouse.
    for line in ["lines -> 0 #- '{quantity}'", "jsonb_set(lines -> 0, '{quantity}', '1.5')"] {
        shop.run(&format!("update orders set lines = lines || jsonb_build_array({line}) where id = '{{paid}}'")).await;
        assert!(!closed().await, "{line}");
        shop.run("update orders set lines = lines - -1 where id = '{paid}'").await;
    }
    assert!(closed().await);
}

#[tokio::test]
async fn an_execution_that_was_forgotten_when_its_time_was_over_is_not_missed() {
    let shop = Shop::open().await;
    shop.run("delete from executions where id = '{paid}'").await;
    assert_eq!(failed(&shop.audit().await), ["executions"]);
    shop.run("insert into forgotten (what, before) values ('executions', now() + interval '1 second')").await;
    let report = shop.audit().await;
    assert!(report.is_clean(), "{report}");
}

#[tokio::test]
async fn who_may_only_read_audits_too_and_remembers_nothing() {
    let shop = Shop::open().await;
    shop.settle().await;
    shop.rest(3).await;
    shop.run(
        "do $$ begin create role looks_only; exception when duplicate_object then null; end $$;
         grant usage on schema public, sandbox to looks_only;
         grant select on all tables in schema public, sandbox to looks_only",
    )
    .await;
    let provider = &shop.sandbox;
    let database = Database::connect(&format!("{}&options=-crole%3Dlooks_only", shop.url), 2).unwrap();
    for all in [false, true] {
        let scope = Scope { all, slice: NonZeroU32::new(2).unwrap(), ..Scope::default() };
        let report = audit_within(&database, provider, scope).await.unwrap();
        assert!(report.is_clean(), "{report}");
    }
    assert_eq!(shop.remembered().await, 0);
}
