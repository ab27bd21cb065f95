//! Invoice numbers: one for each confirmed order, none left out, whoever asks and whatever fails.

use super::shop::{Shop, delivery};
use adapters::postgres::catalogue::Delivery;
use futures_util::future::join_all;
use schemas::{ids::OrderId, kept::TaxCategory};
use std::collections::HashSet;
use time::macros::datetime;
use workflows::{
    billing::{InvoiceDocument, Payment, TaxTerms},
    lifecycle::Command,
    ports::{Clock, InvoiceNumbers, Numbered, Reservations},
};

impl Shop {
    /// Confirmed orders of one TEA and two CUP each. The year is 2026.
    async fn with_confirmed(count: usize) -> (Self, Vec<OrderId>) {
        let shop = Self::open().await;
        shop.clock.set(datetime!(2026-12-31 23:59:00 UTC));
        let ids = shop.reserve(&vec![&[("TEA", 1), ("CUP", 2)][..]; count]).await;
        for id in &ids {
            shop.confirm(*id).await;
        }
        (shop, ids)
    }

    /// Numbers the orders; what is to be printed of each.
    async fn due(&self, ids: &[OrderId]) -> Vec<(OrderId, InvoiceDocument)> {
        let numbered = self.orders.number_invoices(ids).await.unwrap().into_iter();
        let due = numbered.map(|(id, numbered)| match numbered {
            Numbered::Due(bill) => (id, bill.document().unwrap()),
            Numbered::Stored => panic!("{id} is stored"),
            Numbered::Unpriced(error) => panic!("{error}"),
        });
        due.collect()
    }

    /// Numbers the orders; what each got, by order.
    async fn number(&self, ids: &[OrderId]) -> Vec<(OrderId, String)> {
        let mut numbered: Vec<_> =
            self.due(ids).await.into_iter().map(|(id, document)| (id, document.number)).collect();
        numbered.sort();
        numbered
    }

    /// All numbers given, in their order.
    async fn numbers(&self) -> Vec<i32> {
        self.value("select coalesce(array_agg(number order by year, number), '{}') from invoices").await
    }
}

#[tokio::test]
async fn numbers_follow_each_other_over_batches() {
    let (shop, ids) = Shop::with_confirmed(5).await;
    let mut printed: Vec<String> = shop.number(&ids[..3]).await.into_iter().map(|(_, number)| number).collect();
    printed.sort();
    assert_eq!(printed, ["2026-000001", "2026-000002", "2026-000003"]);
    shop.number(&ids[3..]).await;
    assert_eq!(shop.numbers().await, [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn those_that_have_a_number_keep_it_with_its_date() {
    let (shop, ids) = Shop::with_confirmed(4).await;
    let first = shop.number(&ids[..2]).await;
    shop.clock.set(datetime!(2027-01-05 00:00:00 UTC));
    let again = shop.due(&ids).await;
    for (id, number) in first {
        let (_, document) = again.iter().find(|(of, _)| *of == id).unwrap();
        assert_eq!((&document.number, document.issued), (&number, time::macros::date!(2026 - 12 - 31)));
    }
    assert_eq!(again.len(), 4);
    assert_eq!(shop.numbers().await, [1, 2, 1, 2], "two in each year");
}

#[tokio::test]
async fn what_is_being_called_off_gets_no_number_but_keeps_the_one_that_it_has() {
    let (shop, ids) = Shop::with_confirmed(3).await;
    let first = shop.number(&ids[..1]).await;
    for id in &ids[..2] {
        shop.change(*id, [Command::AskToCancel]).await;
    }
    let numbered = shop.number(&ids).await;
    assert_eq!(numbered.iter().map(|(id, _)| *id).collect::<HashSet<_>>(), HashSet::from([ids[0], ids[2]]));
    assert!(numbered.contains(&first[0]));
    assert_eq!(shop.numbers().await, [1, 2]);
}

#[tokio::test]
async fn an_order_twice_in_a_batch_gets_one_number() {
    let (shop, ids) = Shop::with_confirmed(2).await;
    assert_eq!(shop.number(&[ids[0], ids[0], ids[1]]).await.len(), 2);
    assert_eq!(shop.numbers().await, [1, 2]);
}

#[tokio::test]
async fn racers_leave_no_gap_and_no_double() {
    let (shop, ids) = Shop::with_confirmed(40).await;
    let racers = (0..8).map(async |racer: usize| {
        // Each takes half of the orders, so that every order is wanted by four.
        let mine: Vec<OrderId> = ids.iter().copied().cycle().skip(racer * 5).take(20).collect();
        shop.number(&mine).await
    });
    let mut told = join_all(racers).await.concat();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 40, "every racer is told the same number for an order");
    assert_eq!(shop.numbers().await, (1..=40).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_batch_that_fails_leaves_no_gap() {
    let (shop, ids) = Shop::with_confirmed(4).await;
    shop.number(&ids[..1]).await;
    // The series is raised before the invoices are written, and writing them fails.
    shop.run("alter table invoices add constraint broken check (number < 2)").await;
    shop.orders.number_invoices(&ids[1..]).await.unwrap_err();
    assert_eq!(shop.numbers().await, [1]);
    shop.run("alter table invoices drop constraint broken").await;
    shop.number(&ids[1..]).await;
    assert_eq!(shop.numbers().await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn orders_that_are_not_confirmed_are_left_out_and_cost_no_number() {
    let (shop, ids) = Shop::with_confirmed(3).await;
    shop.change(ids[1], [Command::Cancel]).await;
    let reserved = shop.reserve(&[&[("TEA", 1)]]).await[0];
    let numbered = shop.number(&[ids[0], ids[1], reserved, shop.order(&[]).id, ids[2]]).await;
    assert_eq!(numbered.into_iter().map(|(id, _)| id).collect::<Vec<_>>(), [ids[0], ids[2]]);
    assert_eq!(shop.numbers().await, [1, 2]);
}

#[tokio::test]
async fn an_invoice_is_dated_and_numbered_by_the_day_that_it_is_where_the_seller_is() {
    let (shop, ids) = Shop::with_confirmed(2).await;
    shop.clock.set(datetime!(2026-12-31 23:30:00 UTC));
    let in_berlin = shop.sold_by(|seller| seller.time_zone = "Europe/Berlin".parse().unwrap());
    let numbered = in_berlin.number_invoices(&ids[..1]).await.unwrap();
    let [(_, Numbered::Due(bill))] = &numbered[..] else { panic!("{numbered:?}") };
    assert_eq!((bill.number.as_str(), bill.issued_on), ("2027-000001", time::macros::date!(2027 - 01 - 01)));
    let in_new_york = shop.sold_by(|seller| seller.time_zone = "America/New_York".parse().unwrap());
    shop.clock.set(datetime!(2027-01-01 04:00:00 UTC));
    let numbered = in_new_york.number_invoices(&ids[1..]).await.unwrap();
    let [(_, Numbered::Due(bill))] = &numbered[..] else { panic!("{numbered:?}") };
    assert_eq!((bill.number.as_str(), bill.issued_on), ("2026-000001", time::macros::date!(2026 - 12 - 31)));
}

#[tokio::test]
async fn an_invoice_of_nobody_is_a_specimen_for_good() {
    let (shop, ids) = Shop::with_confirmed(1).await;
    let unnamed = shop.sold_by(|seller| seller.specimen = true);
    unnamed.number_invoices(&ids).await.unwrap();
    let (_, document) = shop.due(&ids).await.remove(0);
    assert!(document.specimen, "somebody sells by now, and the number was given before");
}

#[tokio::test]
async fn what_a_seller_without_a_vat_number_sends_abroad_is_exempt_and_nothing_waits_for_it() {
    let shop = Shop::open().await;
    let export = |sku: &str, reason: Option<&str>| {
        let exemption_reason = reason.map(str::to_owned);
        let tax_terms = TaxTerms { category: Some(TaxCategory::Export), exemption_reason, price_includes_tax: false };
        Delivery { tax_terms, ..delivery(sku, sku, 100, 0, 10) }
    };
    shop.catalogue.import(&[export("POT", None), export("PAN", Some("Ausfuhr"))], "abroad", |_| ()).await.unwrap();
    let mut order = shop.order(&[("POT", 1), ("PAN", 1), ("TEA", 1)]);
    order.request.shipping_address.country = "US".into();
    shop.orders.reserve(vec![order.clone()]).await.unwrap();
    shop.confirm(order.id).await;
    let said = |document: &InvoiceDocument| {
        let lines = document.lines.iter();
        lines.map(|line| (line.price.category, line.exemption_reason.clone())).collect::<Vec<_>>()
    };
    let (_, document) = shop.due(&[order.id]).await.remove(0);
    let in_words = Some("Ausfuhr".to_owned());
    let (exports, taxed) = (TaxCategory::Export, (TaxCategory::Standard, None));
    assert_eq!(said(&document), [(exports, None), (exports, in_words.clone()), taxed.clone()]);

    // The seller is kept with the number, so another order shows it.
    let mut order = shop.order(&[("POT", 1), ("PAN", 1), ("TEA", 1)]);
    order.request.shipping_address.country = "US".into();
    shop.orders.reserve(vec![order.clone()]).await.unwrap();
    shop.confirm(order.id).await;
    let small = shop.sold_by(|seller| seller.party.vat_id = None);
    let numbered = small.number_invoices(&[order.id]).await.unwrap();
    let [(_, Numbered::Due(bill))] = &numbered[..] else { panic!("{numbered:?}") };
    let document = bill.clone().document().unwrap();
    let exempt = TaxCategory::Exempt;
    assert_eq!(said(&document), [(exempt, Some("Export outside the EU".to_owned())), (exempt, in_words), taxed]);
    assert_eq!(document.totals().unwrap().gross, shop.load(order.id).await.total.unwrap());
}

#[tokio::test]
async fn whoever_has_no_name_that_can_be_read_is_called_by_the_address() {
    let shop = Shop::open().await;
    for name in ["\u{ffff}", "\u{200b}\u{2060}", "\u{3164}", "\u{e000}"] {
        let mut order = shop.order(&[("TEA", 1)]);
        order.request.shipping_address.name = name.into();
        shop.orders.reserve(vec![order.clone()]).await.unwrap();
        shop.confirm(order.id).await;
        let (_, document) = shop.due(&[order.id]).await.remove(0);
        assert_eq!(document.buyer.name, order.request.email, "{name:?}");
    }
}

#[tokio::test]
async fn a_new_year_starts_at_one() {
    let (shop, ids) = Shop::with_confirmed(3).await;
    shop.number(&ids[..2]).await;
    shop.clock.set(datetime!(2027-01-01 00:00:00 UTC));
    assert_eq!(shop.number(&ids[2..]).await, [(ids[2], "2027-000001".to_owned())]);
    assert_eq!(shop.load(ids[2]).await.invoice.unwrap().number, "2027-000001");
}

#[tokio::test]
async fn an_invoice_adds_up_to_the_order_and_names_its_payment() {
    let (shop, ids) = Shop::with_confirmed(1).await;
    let order = shop.load(ids[0]).await;
    let (_, document) = shop.due(&ids).await.remove(0);
    assert_eq!(Some(document.totals().unwrap().gross), order.total);
    assert_eq!((document.order, document.currency.as_str(), document.minor_digits), (ids[0].0, "EUR", 2));
    let names: Vec<&str> = document.lines.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(names, ["Earl Grey Tea", "Porcelain Cup"]);
    assert_eq!(document.payment, Payment::Authorized { reference: format!("pi_{}", ids[0]) });
    assert_eq!(
        (document.buyer.name.as_str(), document.buyer.email.as_deref()),
        ("Zoë Müller", Some("zoe@example.com"))
    );
    assert_eq!(document.ship_to, None);
    assert_eq!(document.issued, shop.clock.now().date());
}

#[tokio::test]
async fn what_is_stored_is_not_to_be_printed_again() {
    let (shop, ids) = Shop::with_confirmed(3).await;
    shop.number(&ids[..2]).await;
    shop.change(ids[0], [Command::RecordInvoice]).await;
    let mut numbered = shop.orders.number_invoices(&ids).await.unwrap();
    numbered.sort_by_key(|(id, _)| *id);
    assert_eq!(numbered[0], (ids[0], Numbered::Stored));
    assert!(numbered[1..].iter().all(|(_, one)| matches!(one, Numbered::Due(_))), "{numbered:?}");
    assert_eq!(shop.numbers().await, [1, 2, 3]);
}

#[tokio::test]
async fn whoever_is_billed_elsewhere_is_the_buyer() {
    let shop = Shop::open().await;
    let mut order = shop.order(&[("TEA", 1)]);
    let mut billing = order.request.shipping_address.clone();
    billing.name = "Ann".into();
    order.request.billing_address = Some(billing);
    shop.orders.reserve(vec![order.clone()]).await.unwrap();
    shop.confirm(order.id).await;
    let (_, document) = shop.due(&[order.id]).await.remove(0);
    assert_eq!((document.buyer.name.as_str(), document.ship_to.unwrap().name.as_str()), ("Ann", "Zoë Müller"));
}
