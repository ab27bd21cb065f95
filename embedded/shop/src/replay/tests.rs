//! Whole files in, plans out: one crafted file with every oddity, and the real month where it is at hand.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::{
    plan::{Customer, DateOrder, InvoiceCounts, Plan},
    read::{ReplayFileError, read_plan, read_twice},
    schedule::{Action, due},
    unusable::Reason,
};
use flate2::{Compression, write::GzEncoder};
use std::{io::Write, path::Path, time::Duration};
use time::macros::datetime;

const HEADER: &str = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

fn plan_of(bytes: &[u8], stock_days: u32) -> Plan {
    let plan = read_twice(|| Ok(bytes), stock_days).unwrap();
    assert_nothing_is_lost(&plan);
    plan
}

/// The plan of rows below the usual header.
fn plan_of_rows(rows: &str) -> Plan {
    plan_of(format!("{HEADER}{rows}").as_bytes(), 10)
}

/// Every row and every invoice went to exactly one place.
fn assert_nothing_is_lost(plan: &Plan) {
    let rows = &plan.rows;
    assert_eq!(rows.total, rows.in_orders + rows.in_cancels + rows.in_returns + rows.unusable.total());
    let InvoiceCounts { total, orders, unusable_orders, cancels, returns, unusable_cancellations, adjustments } =
        plan.invoices;
    assert_eq!(total, orders + unusable_orders + cancels + returns + unusable_cancellations + adjustments);
    assert_eq!(orders, u64::try_from(plan.orders.len()).unwrap());
    assert_eq!(cancels, u64::try_from(plan.cancels.len()).unwrap());
}

fn unusable(plan: &Plan) -> Vec<(Reason, u64, Vec<u64>)> {
    plan.rows.unusable.by_reason().map(|(reason, tally)| (reason, tally.rows, tally.example_lines.clone())).collect()
}

fn lines(plan: &Plan, order: usize) -> Vec<(&str, i64)> {
    plan.orders[order].lines.iter().map(|line| (&*line.sku, line.units)).collect()
}

#[test]
fn an_invoice_becomes_an_order_with_its_rows_of_one_sku_added_up() {
    let plan = plan_of_rows(
        "536365,84510c, MUG ,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n\
         536365,22423,\"CAKESTAND, \"\"REGENCY\"\"\",1,2010-12-01 08:26:00,12.75,17850.0,United Kingdom\n\
         536365,84510C,MUG,6,2010-12-01 08:27:00,2.1,17850.0,United Kingdom\n\
         536365,84510C,MUG,6,2010-12-01 08:27:00,2.1,17850.0,United Kingdom\n\
         536366,22423,,2,2010-12-01 08:28:00,12.75,,EIRE\n",
    );
    assert_eq!(plan.orders.len(), 2);
    assert_eq!(lines(&plan, 0), [("84510C", 18), ("22423", 1)]);
    let (first, second) = (&plan.orders[0], &plan.orders[1]);
    assert_eq!((first.invoice.as_str(), first.line, first.at), ("536365", 2, datetime!(2010-12-01 08:26)));
    assert_eq!((&first.customer, first.country), (&Customer::Number(17850), "GB"));
    assert_eq!((second.customer.to_string().as_str(), second.country), ("guest-536366", "IE"));
    assert_eq!(unusable(&plan), []);
}

#[test]
fn a_product_takes_its_most_frequent_name_and_price_and_its_average_sales() {
    let plan = plan_of_rows(
        "1,A, Red  mug,10,2010-12-01 08:26,2.50,1,France\n\
         2,A,Red mug,10,2010-12-01 08:26,2.5,1,France\n\
         3,A,MUG,10,2010-12-02 08:26,2.10,1,France\n\
         3,K,,1,2010-12-02 08:26,9.99,1,France\n\
         4,K,,1,2010-12-02 08:26,8.99,1,France\n\
         4,K,damaged,-1,2010-12-02 08:26,0,,France\n\
         C5,A,Wrong name,-1,2010-12-04 08:26,1.00,1,France\n\
         C5,A,Wrong name,-1,2010-12-04 08:26,1.00,1,France\n\
         C5,A,Wrong name,-1,2010-12-04 08:26,1.00,1,France\n\
         C5,Z,Only returned,-1,2010-12-04 08:26,1.00,1,France\n",
    );
    let products: Vec<_> =
        plan.products.iter().map(|p| (&*p.sku, p.name.as_str(), p.price_pence, p.sold, p.stock)).collect();
    // Four days, so ten days of 30 units are 75, and of 2 units 5.
    assert_eq!(products, [("A", "Red mug", 250, 30, 75), ("K", "K", 899, 2, 5)]);
    let bytes = format!("{HEADER}1,A,a,1,2010-12-01 08:26,1,1,France\n2,K,k,3,2010-12-30 08:26,1,1,France\n");
    for (stock_days, expected) in [(0, [1, 1]), (1, [1, 1]), (10, [1, 1]), (11, [1, 2]), (60, [2, 6])] {
        let plan = plan_of(bytes.as_bytes(), stock_days);
        assert_eq!(plan.products.iter().map(|p| p.stock).collect::<Vec<_>>(), expected, "{stock_days}");
    }
}

#[test]
fn a_row_that_cannot_be_used_is_counted_with_its_reason_and_line() {
    for (row, reason) in [
        ("1,POST,POSTAGE,1,2010-12-01 08:26,18,1,France", Reason::NoGoods),
        ("1,m,Manual,1,nonsense,8286.22,1,France", Reason::NoGoods),
        ("A563185,B,Adjust bad debt,1,2011-08-12 14:50,11062.06,,United Kingdom", Reason::Adjustment),
        ("1,A,???missing,-3,2010-12-01 08:26,0,,France", Reason::NegativeQuantity),
        ("C1,A,a,3,2010-12-01 08:26,1,1,France", Reason::PositiveQuantityInCancellation),
        ("1,A,a,0,2010-12-01 08:26,1,1,France", Reason::ZeroQuantity),
        ("1,A,a,1,2010-12-01 08:26,0.0,1,France", Reason::ZeroPrice),
        ("1,A,a,1,2010-12-01 08:26,-11062.06,1,France", Reason::NegativePrice),
        ("1,PADS,a,1,2010-12-01 08:26,0.001,1,France", Reason::PriceFinerThanAPenny),
        ("1,A,a,1000001,2010-12-01 08:26,1,1,France", Reason::QuantityTooLarge),
        ("1,A,a,1,2010-12-01 08:26,1,1", Reason::WrongColumnCount),
        ("1,A,a,b,1,2010-12-01 08:26,1,1,France", Reason::WrongColumnCount),
        (" ,A,a,1,2010-12-01 08:26,1,1,France", Reason::UnreadableInvoice),
        ("1,,a,1,2010-12-01 08:26,1,1,France", Reason::UnreadableStockCode),
        ("1,A,a,six,2010-12-01 08:26,1,1,France", Reason::UnreadableQuantity),
        ("1,A,a,1.5,2010-12-01 08:26,1,1,France", Reason::UnreadableQuantity),
        ("1,A,a,1,2010-13-01 08:26,1,1,France", Reason::UnreadableDate),
        ("1,A,a,1,,1,1,France", Reason::UnreadableDate),
        ("1,A,a,1,2010-12-01 08:26,£1,1,France", Reason::UnreadablePrice),
        ("1,A,a,1,2010-12-01 08:26,99999999999999999999,1,France", Reason::UnreadablePrice),
        ("1,A,a,1,2010-12-01 08:26,1,x,France", Reason::UnreadableCustomer),
        ("1,A,a,1,2010-12-01 08:26,1,17850.5,France", Reason::UnreadableCustomer),
        ("1,A,a,1,2010-12-01 08:26,1,0,France", Reason::UnreadableCustomer),
        ("1,A,a,1,2010-12-01 08:26,1,1,Atlantis", Reason::UnknownCountry),
    ] {
        let plan = plan_of_rows(&format!("9,OK,ok,1,2010-12-01 08:25,1,1,France\n\n{row}\n"));
        assert_eq!(unusable(&plan), [(reason, 1, vec![4])], "{row}");
        assert_eq!((plan.orders.len(), plan.rows.total), (1, 2), "{row}");
    }
}

#[test]
fn only_the_first_lines_of_a_reason_are_kept_but_all_are_counted() {
    let plan = plan_of_rows(&"1,POST,,1,2010-12-01 08:26,1,1,France\n".repeat(7));
    assert_eq!(unusable(&plan), [(Reason::NoGoods, 7, vec![2, 3, 4, 5, 6])]);
    assert_eq!((plan.invoices.unusable_orders, plan.orders.len()), (1, 0));
}

#[test]
fn a_cancellation_of_a_whole_order_is_sent_and_any_other_is_a_return() {
    // Each case: the rows of C9 behind two orders of customer 1 and one of nobody, and which order it cancels.
    let orders = "1,A,a,2,2010-12-01 08:00,1,1,France\n1,a,a,3,2010-12-01 08:00,2,1,France\n\
                  1,K,k,1,2010-12-01 08:00,1,1,France\n1,POST,,1,2010-12-01 08:00,9,1,France\n\
                  2,A,a,5,2010-12-01 09:00,1,1,France\n3,A,a,7,2010-12-01 09:00,1,,France\n";
    for (what, rows, cancelled) in [
        (
            "the whole first order in other rows",
            "C9,K,k,-1,2010-12-01 09:00,1,1,France\nC9,A,,-5,2010-12-01 09:00,9,1,France\n",
            Some("1"),
        ),
        (
            "the goods without or with the postage",
            "C9,A,a,-5,2010-12-01 09:00,1,1,France\nC9,POST,,-1,2010-12-01 09:00,9,1,France\n",
            Some("2"),
        ),
        ("in the same minute", "C9,A,a,-5,2010-12-01 09:00,1,1,France\n", Some("2")),
        ("before the order", "C9,A,a,-5,2010-12-01 08:59,1,1,France\n", None),
        ("a part", "C9,A,a,-4,2010-12-01 10:00,1,1,France\n", None),
        ("one SKU of two", "C9,K,k,-1,2010-12-01 10:00,1,1,France\n", None),
        ("another customer", "C9,A,a,-5,2010-12-01 10:00,1,2,France\n", None),
        ("nobody's", "C9,A,a,-7,2010-12-01 10:00,1,,France\n", None),
    ] {
        let plan = plan_of_rows(&format!("{orders}{rows}"));
        let found: Vec<_> = plan.cancels.iter().map(|cancel| plan.orders[cancel.of].invoice.as_str()).collect();
        assert_eq!(found, cancelled.into_iter().collect::<Vec<_>>(), "{what}");
        assert_eq!(plan.invoices.returns, u64::from(cancelled.is_none()), "{what}");
        assert_eq!(plan.invoices.cancellations(), 1, "{what}");
    }
}

#[test]
fn an_order_is_cancelled_once_and_the_latest_of_equals_first() {
    let plan = plan_of_rows(
        "1,A,a,5,2010-12-01 08:00,1,1,France\n2,A,a,5,2010-12-01 09:00,1,1,France\n\
         C3,A,a,-5,2010-12-01 10:00,1,1,France\nC4,A,a,-5,2010-12-01 11:00,1,1,France\n\
         C5,A,a,-5,2010-12-01 12:00,1,1,France\nC6,D,Discount,-1,2010-12-01 12:00,5,1,France\n",
    );
    let found: Vec<_> = plan.cancels.iter().map(|cancel| (cancel.invoice.as_str(), cancel.of)).collect();
    assert_eq!(found, [("C3", 1), ("C4", 0)]);
    assert_eq!((plan.invoices.returns, plan.invoices.unusable_cancellations), (1, 1));
    assert_eq!((plan.rows.in_cancels, plan.rows.in_returns), (2, 1));
}

#[test]
fn an_invoice_that_fits_no_order_is_unusable_as_a_whole() {
    let rows =
        |skus: u32| -> String { (0..skus).map(|sku| format!("7,S{sku},s,1,2010-12-01 08:00,1,1,France\n")).collect() };
    assert_eq!(plan_of_rows(&rows(1000)).orders.len(), 1);
    let plan = plan_of_rows(&rows(1001));
    assert_eq!(unusable(&plan), [(Reason::TooManyLines, 1001, vec![2])]);
    assert_eq!((plan.products.len(), plan.orders.len(), plan.invoices.unusable_orders), (0, 0, 1));
    let plan = plan_of_rows(&"7,A,a,600000,2010-12-01 08:00,1,1,France\n".repeat(2));
    assert_eq!(unusable(&plan), [(Reason::QuantityTooLarge, 2, vec![2])]);
}

#[test]
fn text_is_read_in_whichever_encoding_it_came() {
    let file = |name: &[u8]| [HEADER.as_bytes(), b"1,A,", name, b",1,2010-12-01 08:00,1,1,France\r\n"].concat();
    for (what, bytes, expected) in [
        ("UTF-8", file("BOX £5 – é".as_bytes()), "BOX £5 – é"),
        ("Windows-1252", file(b"BOX \xa35 \x96 \xe9"), "BOX £5 – é"),
        ("a byte order mark", [b"\xef\xbb\xbf", file(b"BOX").as_slice()].concat(), "BOX"),
        ("control characters", file(b"A\0B\x07C"), "A B C"),
        ("600 characters", file("é".repeat(600).as_bytes()), &"é".repeat(500)),
        ("a quoted line break", file(b"\"BOX\r\nRED\""), "BOX RED"),
    ] {
        assert_eq!(plan_of(&bytes, 1).products[0].name, expected, "{what}");
    }
}

#[test]
fn columns_are_found_under_the_names_of_both_editions_in_any_order() {
    let text = "Country,Customer ID,Price,InvoiceDate,Quantity,Description,StockCode,Invoice,index\r\n\
                RSA,12446.0,2.10,12/1/2009 7:45,12,MUG,85048,489434,0\r\n";
    let plan = plan_of(text.as_bytes(), 1);
    assert_eq!(lines(&plan, 0), [("85048", 12)]);
    assert_eq!((plan.orders[0].country, plan.orders[0].at), ("ZA", datetime!(2009-12-01 07:45)));
}

#[test]
fn day_and_month_are_told_apart_by_the_file_as_a_whole() {
    for (last, order, first) in [
        ("13/12/2010 08:26", DateOrder::DayFirst, datetime!(2010-12-01 08:26)),
        ("1/13/2010 8:26", DateOrder::MonthFirst, datetime!(2010-01-12 08:26)),
    ] {
        let plan = plan_of_rows(&format!("1,A,a,1,01/12/2010 08:26,1,1,France\n2,A,a,1,{last},1,1,France\n"));
        assert_eq!((plan.date_order, plan.orders[0].at), (order, first));
        assert_eq!(plan.orders.len(), 2);
    }
}

#[test]
fn a_name_that_is_no_country_is_counted_where_another_stands_in() {
    let plan = plan_of_rows(
        "1,A,a,1,2010-12-01 08:26,1,1,Unspecified\n1,K,a,1,2010-12-01 08:26,1,1,Unspecified\n\
         2,A,a,1,2010-12-01 08:26,1,1,European Community\n",
    );
    assert_eq!(plan.assumed_countries.into_iter().collect::<Vec<_>>(), [("European Community", 1), ("Unspecified", 1)]);
    assert_eq!(plan.orders[1].country, "BE");
}

#[test]
fn a_file_out_of_order_is_scheduled_by_time_and_a_cancellation_behind_its_order() {
    let plan = plan_of_rows(
        "C3,A,a,-1,2010-12-01 10:00,1,1,France\n2,A,a,2,2010-12-01 10:30,1,1,France\n1,A,a,1,2010-12-01 09:00,1,1,France\n",
    );
    let schedule = |speed: &str| due(&plan, speed.parse().unwrap());
    let hours: Vec<_> = schedule("60").iter().map(|due| (due.offset.as_secs(), due.action)).collect();
    assert_eq!(hours, [(0, Action::Order(0)), (60, Action::Cancel(0)), (90, Action::Order(1))]);
    assert_eq!(plan.orders[0].invoice, "1");
    let at_once = schedule("max");
    assert!(at_once.iter().all(|due| due.offset == Duration::ZERO));
    assert_eq!(
        at_once.iter().map(|due| due.action).collect::<Vec<_>>(),
        hours.iter().map(|(_, a)| *a).collect::<Vec<_>>()
    );
    assert_eq!(due(&plan_of_rows(""), "1".parse().unwrap()), []);
}

#[test]
fn a_file_is_unpacked_by_its_content_and_a_damaged_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("month.csv");
    let text = format!("{HEADER}{}", "1,A,a,1,2010-12-01 08:26,1,1,France\n".repeat(1000));
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        read_plan(&path, 1)
    };
    assert_eq!(read(text.as_bytes()).unwrap(), read(&packed).unwrap());
    assert_eq!(read(&packed).unwrap().rows.total, 1000);
    // A file of two gzip members, as `cat` makes them.
    let twice = [packed.as_slice(), packed.as_slice()].concat();
    assert_eq!(read(&twice).unwrap().rows.total, 2001);
    assert!(matches!(read(&packed[..packed.len() - 9]), Err(ReplayFileError::Records(_))));
    assert!(matches!(read(b""), Err(ReplayFileError::Empty)));
    assert!(matches!(read_plan(folder.path(), 1), Err(ReplayFileError::NotAFile)));
    assert!(matches!(read_plan(&folder.path().join("none"), 1), Err(ReplayFileError::Open(_))));
    let missing = read(b"InvoiceNo,Quantity,Country\n").unwrap_err().to_string();
    assert_eq!(
        missing,
        "its header on line 1 has no column StockCode, Description, InvoiceDate, UnitPrice, CustomerID; \
         columns are separated by commas"
    );
}

/// The figures were counted from the file by another program.
#[test]
fn the_real_month_is_accounted_for_to_the_last_row() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/online-retail-2011-11.csv.gz");
    if !path.exists() {
        return;
    }
    let plan = read_plan(&path, 10).unwrap();
    assert_nothing_is_lost(&plan);
    let rows = &plan.rows;
    assert_eq!((rows.total, rows.in_orders, rows.in_cancels, rows.in_returns), (84_711, 83_092, 93, 923));
    let reasons: Vec<_> = unusable(&plan).into_iter().map(|(reason, rows, _)| (reason, rows)).collect();
    assert_eq!(reasons, [(Reason::NoGoods, 342), (Reason::NegativeQuantity, 137), (Reason::ZeroPrice, 124)]);
    assert_eq!((plan.invoices.total, plan.invoices.cancellations()), (3462, 441));
    assert_eq!((plan.invoices.orders, plan.invoices.cancels, plan.invoices.returns), (2751, 11, 385));
    assert_eq!((plan.invoices.unusable_orders, plan.invoices.unusable_cancellations), (270, 45));
    let guests = plan.orders.iter().filter(|order| matches!(order.customer, Customer::Guest { .. })).count();
    assert_eq!((guests, plan.assumed_countries.get("Unspecified")), (109, Some(&2)));
    assert_eq!(plan.products.len(), 2890);
    let sums = plan.products.iter().map(|p| [p.price_pence, p.sold, p.stock]);
    assert_eq!(sums.reduce(|a, b| [a[0] + b[0], a[1] + b[1], a[2] + b[2]]), Some([974_322, 750_082, 251_027]));
    let cakestand = plan.products.iter().find(|product| &*product.sku == "22423").unwrap();
    assert_eq!((cakestand.name.as_str(), cakestand.price_pence), ("REGENCY CAKESTAND 3 TIER", 1275));
    assert_eq!((cakestand.sold, cakestand.stock), (1054, 352));
    assert_eq!(plan.orders.iter().map(|order| order.lines.len()).sum::<usize>(), 80_379);
}
