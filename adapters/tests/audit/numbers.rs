//! The series of invoice numbers is looked at in chunks of fifty thousand: what is noted as lost may fill some of them, and
//! the last number that a column can hold ends the audit as any other does.

use super::shop::Shop;

/// How many numbers the audit found with an invoice, and how many it found wrong, counted anew.
async fn counted(shop: &Shop) -> (u64, u64) {
    let report = shop.audit_in_slices(100, true).await;
    let line = report.lines.iter().find(|line| line.name == "invoice_numbers").unwrap();
    (line.checked, line.violations)
}

#[tokio::test]
async fn a_stretch_of_lost_numbers_longer_than_a_bite_is_no_gap() {
    let shop = Shop::open().await;
    shop.run(
        "update invoices set number = 170001 where number = 2;
         update invoice_series set last = 170001;
         insert into lost_invoices (series, year, number)
         select series, year, n from invoice_series, generate_series(2, 170000) as n",
    )
    .await;
    let report = shop.audit_in_slices(100, true).await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(counted(&shop).await, (2, 0));
    // In the midst of a chunk, at its end and at its beginning.
    shop.run("delete from lost_invoices where number in (75000, 100000, 100001)").await;
    assert_eq!(counted(&shop).await, (2, 3));
    // Whole chunks of which nothing is known.
    shop.run("delete from lost_invoices where number between 50001 and 160000").await;
    assert_eq!(counted(&shop).await, (2, 110_000));
}

#[tokio::test]
async fn the_last_number_that_there_can_be_ends_the_audit() {
    let shop = Shop::open().await;
    shop.run(
        "update invoices set number = 2147483647 where number = 2;
         update invoice_series set last = 2147483647;
         insert into audited_numbers (series, year, until) select series, year, 2147483600 from invoice_series;
         insert into lost_invoices (series, year, number)
         select series, year, n from invoice_series, generate_series(2147483601, 2147483645) as n",
    )
    .await;
    let report = shop.audit().await;
    let line = report.lines.iter().find(|line| line.name == "invoice_numbers").unwrap();
    assert_eq!((line.checked, line.violations), (1, 1), "{line}");
    assert!(line.to_string().contains("number 2147483646"), "{line}");
    shop.run("insert into lost_invoices (series, year, number) select series, year, 2147483646 from invoice_series")
        .await;
    // Found once, and not counted again.
    for checked in [1, 0] {
        let report = shop.audit().await;
        assert!(report.is_clean(), "{report}");
        let line = report.lines.iter().find(|line| line.name == "invoice_numbers").unwrap();
        assert_eq!(line.checked, checked, "{line}");
    }
    let until: i32 = shop.value("select until from audited_numbers").await;
    assert_eq!(until, i32::MAX);
}
