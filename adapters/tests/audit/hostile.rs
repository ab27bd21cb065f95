//! What no release writes, but a hand in the tables can: where the audit reads into a column, whatever stands there is named,
//! and keeps it from nothing else.

use super::shop::Shop;
use adapters::audit::Report;

/// The id of that copy of the order `paid`.
fn copy(number: usize) -> String {
    format!("00000000-0000-7000-8000-0000000000{number:02}")
}

fn names(report: &Report, line: &str, word: &str) -> bool {
    let line = report.lines.iter().find(|found| found.name == line).unwrap();
    line.violations > 0 && line.examples.iter().any(|example| example.to_string().contains(word))
}

/// Makes a copy of the order `paid` for each change, all in one shop: each of these lines must name each of them.
async fn each_is_named(changes: &[&str], lines: &[&str]) {
    assert!(changes.len() < 20, "a line gives no more examples");
    let shop = Shop::open().await;
    for (number, change) in changes.iter().enumerate() {
        let id = copy(number);
        shop.run(&format!(
            "insert into orders
             select (jsonb_populate_record(o, jsonb_build_object('id', '{id}'))).* from orders o where id = '{{paid}}';
             update orders set {change} where id = '{id}'"
        ))
        .await;
    }
    for report in [shop.audit().await, shop.audit_in_slices(3, false).await] {
        for (number, change) in changes.iter().enumerate() {
            for line in lines {
                assert!(names(&report, line, &copy(number)), "{line} does not name what has {change}: {report}");
            }
        }
        if lines.contains(&"order_totals") {
            assert!(names(&report, "stock_reservations", &copy(0)), "{report}");
        }
    }
}

#[tokio::test]
async fn lines_of_another_shape_are_named() {
    let changes = [
        "lines = 'null'",
        "lines = '7'",
        "lines = '\"x\"'",
        "lines = '{}'",
        "lines = '{\"0\": {\"sku\": \"TEA\", \"quantity\": 1}}'",
        "lines = '[null]'",
        "lines = '[7]'",
        "lines = '[\"x\"]'",
        "lines = '[[]]'",
        "lines = '[{}]'",
        "lines = '[[{\"sku\": \"TEA\", \"quantity\": 1}]]'",
        "lines = lines || '7'",
    ];
    each_is_named(&changes, &["order_totals", "readable_orders"]).await;
}

#[tokio::test]
async fn quantities_and_prices_that_are_none_are_named() {
    let changes = [
        "lines = jsonb_set(lines, '{0,quantity}', '\"two\"')",
        "lines = jsonb_set(lines, '{0,quantity}', '1.5')",
        "lines = jsonb_set(lines, '{0,quantity}', '1e400')",
        "lines = jsonb_set(lines, '{0,quantity}', '99999999999999999999')",
        "lines = jsonb_set(lines, '{0,quantity}', '{}')",
        "lines = jsonb_set(lines, '{0,quantity}', 'null')",
        "lines = lines #- '{0,quantity}'",
        "lines = jsonb_set(lines, '{0,unit_price}', '\"dear\"')",
        "lines = jsonb_set(lines, '{0,unit_price}', '1e400')",
        "lines = jsonb_set(lines, '{0,unit_price}', '0.5')",
        "lines = jsonb_set(lines, '{0,tax_rate_bp}', '-10000')",
        "lines = jsonb_set(lines, '{0,tax_rate_bp}', '\"x\"')",
        "lines = jsonb_set(lines, '{0,tax_rate_bp}', '99999999999')",
        "lines = jsonb_set(lines, '{0,price_includes_tax}', '\"perhaps\"')",
        "lines = jsonb_set(lines, '{0,price_includes_tax}', '7')",
    ];
    each_is_named(&changes, &["order_totals", "readable_orders"]).await;
}

#[tokio::test]
async fn what_can_be_read_and_may_not_be_is_named() {
    let changes = [
        "lines = jsonb_set(lines, '{0,quantity}', '-3')",
        "lines = jsonb_set(lines, '{0,unit_price}', '-9223372036854775808')",
        "lines = '[]'",
    ];
    each_is_named(&changes, &["order_totals"]).await;
}

#[tokio::test]
async fn an_order_with_a_total_and_no_line_is_called_that() {
    let shop = Shop::open().await;
    shop.run("update orders set lines = '[]' where id = '{fresh}'").await;
    let report = shop.audit().await;
    assert!(names(&report, "order_totals", "it has a total and no line"), "{report}");
}

#[tokio::test]
async fn addresses_of_another_shape_and_times_without_an_end_are_named() {
    let changes = [
        "shipping_address = '7'",
        "shipping_address = '[]'",
        "billing_address = '\"x\"'",
        "created_at = 'infinity'",
        "created_at = '-infinity'",
        "created_at = '200000-01-01'",
        "updated_at = 'infinity'",
        "status = 'reserved', reserved_until = 'infinity'",
    ];
    each_is_named(&changes, &["readable_orders"]).await;
}

/// All at once: each is found beside the others.
#[tokio::test]
async fn whatever_stands_in_other_tables_is_named() {
    let shop = Shop::open().await;
    shop.run(
        "alter table order_events drop constraint order_events_sequence_check;
         update order_events set data = '{\"reserved\": \"perhaps\"}'
         where order_id = '{declined}' and name = 'OrderRejected';
         update order_events set data = '7' where order_id = '{scarce}' and name = 'OrderRejected';
         insert into order_events values
             ('{second}', -2147483648, 'StockChanged', 'infinity', '[]'), ('{second}', 2147483647, 'StockChanged', now(), '7');
         update orders set lines = '{}' where id = '{fresh}';
         update warehouse_feed set event = '7' where order_id = '{cancelled}';
         update invoices set issued_on = 'infinity', stored_at = '-infinity' where order_id = '{paid}';
         update invoice_series set last = 2147483647;
         update executions set wake_at = 'infinity' where id = '{open}';
         insert into messages (queue, subject, body, visible_at, sent_at)
         values ('index', '{open}', '7', 'infinity', '-infinity');
         insert into submissions values ('00000000-0000-7000-8000-000000000099', 'zoe', 'lost', '', '7', 'infinity');
         insert into sandbox.payment_intents
         values ('other', 'pi_other', 'no id', 9223372036854775807, 'none', 'authorized')",
    )
    .await;
    let report = shop.audit().await;
    for (line, word) in [
        ("closed_stock", "{declined}"),
        ("closed_stock", "{scarce}"),
        ("event_sequences", "{second}"),
        ("order_totals", "{fresh}"),
        ("readable_orders", "{fresh}"),
        ("readable_orders", "{paid}"),
        ("stock_reservations", "{fresh}"),
        ("warehouse_notices", "{fresh}"),
        ("warehouse_notices", "{cancelled}"),
        ("invoice_numbers", "nobody has this number"),
        ("waits", "{open}"),
        ("waits", "index"),
        ("accepted_orders", "00000000-0000-7000-8000-000000000099"),
        ("book_entries", "pi_other"),
    ] {
        assert!(names(&report, line, &shop.with_ids(word)), "{line} does not name {word}: {report}");
    }
    let missing = report.lines.iter().find(|line| line.name == "invoice_numbers").unwrap();
    assert_eq!((missing.checked, missing.violations), (2, 2_147_483_645), "all but two of them");
}

/// What the audit noted itself: it adds everything up again, rather than to take off what it cannot read.
#[tokio::test]
async fn notes_of_the_audit_that_cannot_be_read_are_made_anew() {
    for held in ["'7'", "'{}'", "'[7]'", "'[[\"TEA\", \"main\", \"many\"]]'", "'[[\"TEA\", \"main\"]]'"] {
        let shop = Shop::open().await;
        shop.settle().await;
        shop.rest(3).await;
        assert!(shop.audit_in_slices(2, false).await.is_clean());
        let remembered = shop.remembered().await;
        shop.run(&format!(
            "update audited_slices set held = {held};
             update orders set updated_at = updated_at + interval '2 days' where id = '{{paid}}'"
        ))
        .await;
        let report = shop.audit_in_slices(2, false).await;
        assert!(report.is_clean(), "{held}: {report}");
        assert_eq!(report.audited_before, 0, "{held}: all of it was audited again");
        shop.rest(3).await;
        shop.audit_in_slices(2, false).await;
        assert_eq!(shop.remembered().await, remembered, "{held}: and is remembered again");
    }
}
