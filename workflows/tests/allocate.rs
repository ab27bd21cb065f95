//! Allocation: never more than there is, whole orders only, and nothing taken for what was refused.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests say it in their names, and fail by panicking"
)]

use proptest::prelude::*;
use schemas::{
    address::Address,
    api::{
        order::Reason,
        order_request::{LineRequest, OrderRequest, PaymentRequest},
    },
    event::EventName,
    ids::OrderId,
    kept::{AcceptedOrder, TaxCategory},
    money::Amount,
};
use std::collections::HashMap;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use workflows::{
    allocate::{Goods, Listing, NewOrder, StockLevel, allocate},
    billing::{Location, TaxTerms},
    lifecycle::FIRST_EVENTS,
    order::State,
};

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn order(number: u128, lines: &[(&str, i64)]) -> AcceptedOrder {
    AcceptedOrder {
        id: OrderId(Uuid::from_u128(number)),
        customer: "zoe".into(),
        accepted_at: NOW,
        traceparent: None,
        request: OrderRequest {
            currency: "EUR".parse().unwrap(),
            lines: lines
                .iter()
                .map(|(sku, quantity)| LineRequest { sku: (*sku).into(), quantity: *quantity })
                .collect(),
            expected_total: None,
            email: "zoe@example.com".into(),
            shipping_address: Address {
                name: "Zoe".into(),
                line1: "1 High Street".into(),
                line2: None,
                city: "London".into(),
                postal_code: "N1".into(),
                country: "GB".into(),
            },
            billing_address: None,
            payment: PaymentRequest { method: "pm_card_visa".into() },
        },
    }
}

/// `price` net and 20 % tax for every SKU.
fn goods(stock: &[(&str, &[i64])], price: i64) -> Goods {
    let mut goods = Goods::default();
    for (sku, levels) in stock {
        let listing = Listing {
            name: (*sku).into(),
            currency: "EUR".into(),
            price,
            tax_rate_bp: 2_000,
            tax_terms: TaxTerms::default(),
        };
        goods.listings.insert((*sku).into(), listing);
        let levels = levels.iter().zip(["north", "south"]);
        let levels = levels.map(|(free, warehouse)| StockLevel { warehouse: warehouse.into(), free: *free }).collect();
        goods.stock.insert((*sku).into(), levels);
    }
    goods
}

fn place(batch: Vec<AcceptedOrder>, goods: &mut Goods) -> Vec<NewOrder> {
    let seller = Location { country: "DE", postal_code: "10115" };
    allocate(batch, goods, seller, NOW, NOW + Duration::minutes(30))
}

fn reason(new: &NewOrder) -> Option<Reason> {
    match &new.order.state {
        State::Rejected { reason, .. } => Some(*reason),
        State::Reserved { .. } | State::Confirmed | State::Cancelled => None,
    }
}

proptest! {
    #[test]
    fn no_warehouse_gives_more_than_it_has_and_what_is_left_adds_up(
        stock in prop::array::uniform3((0..30_i64, 0..30_i64)),
        wishes in prop::collection::vec(prop::collection::vec((0..3_usize, 1..12_i64), 1..5), 1..30),
    ) {
        let skus = ["a", "b", "c"];
        let levels: Vec<[i64; 2]> = stock.iter().map(|(north, south)| [*north, *south]).collect();
        let listed: Vec<(&str, &[i64])> = skus.iter().zip(&levels).map(|(sku, s)| (*sku, s.as_slice())).collect();
        let mut goods = goods(&listed, 100);
        let batch = wishes.iter().zip(1..).map(|(wish, number)| {
            let lines: Vec<(&str, i64)> = wish.iter().map(|(sku, quantity)| (skus[*sku], *quantity)).collect();
            order(number, &lines)
        });
        let placed = place(batch.collect(), &mut goods);
        let mut taken: HashMap<(String, String), i64> = HashMap::new();
        for new in &placed {
            let held = new.order.lines.iter().filter(|line| line.warehouse.is_some()).count();
            // All-or-nothing.
            prop_assert_eq!(held, if reason(new).is_none() { new.order.lines.len() } else { 0 });
            for line in &new.order.lines {
                if let Some(warehouse) = &line.warehouse {
                    *taken.entry((line.sku.clone(), warehouse.clone())).or_default() += line.quantity;
                }
            }
        }
        for (sku, had) in skus.iter().zip(&levels) {
            for (level, had) in goods.stock[*sku].iter().zip(had) {
                prop_assert!(level.free >= 0);
                let gone = taken.get(&((*sku).to_owned(), level.warehouse.clone())).copied().unwrap_or_default();
                prop_assert_eq!(level.free + gone, *had);
            }
        }
    }
}

#[test]
fn a_hot_sku_is_sold_to_the_last_unit_and_no_further() {
    let mut goods = goods(&[("hot", &[5])], 100);
    let placed = place((1..=9).map(|number| order(number, &[("hot", 1)])).collect(), &mut goods);
    assert_eq!(placed.iter().filter(|new| reason(new).is_none()).count(), 5);
    assert_eq!(placed.iter().filter(|new| reason(new) == Some(Reason::OutOfStock)).count(), 4);
}

#[test]
fn an_order_that_fails_on_its_last_line_leaves_the_others_to_the_next_buyer() {
    let mut goods = goods(&[("a", &[1]), ("b", &[0])], 100);
    let placed = place(vec![order(1, &[("a", 1), ("b", 1)]), order(2, &[("a", 1)])], &mut goods);
    assert_eq!(reason(&placed[0]), Some(Reason::OutOfStock));
    assert_eq!(reason(&placed[1]), None);
}

#[test]
fn the_total_is_the_invoices_tax_included() {
    let mut goods = goods(&[("a", &[10])], 333);
    let placed = place(vec![order(1, &[("a", 2), ("a", 1)])], &mut goods);
    // 999 net, 199.8 tax rounded half up once.
    assert_eq!(placed[0].order.total, Some(1_199));
    assert_eq!(placed[0].net_and_tax, Some((999, 200)));
}

#[test]
fn refusals_name_their_reason_and_take_nothing() {
    let mut wrong_price = order(1, &[("a", 1)]);
    wrong_price.request.expected_total = Some(Amount { amount: 1, currency: "EUR".parse().unwrap() });
    let mut other_currency = order(2, &[("a", 1)]);
    other_currency.request.currency = "USD".parse().unwrap();
    let huge = order(3, &[("dear", 1_000_000)]);
    let mut goods = goods(&[("a", &[10]), ("dear", &[1_000_000])], 100);
    goods.listings.get_mut("dear").unwrap().price = i64::MAX / 10;
    let batch = vec![wrong_price, other_currency, huge, order(4, &[("a", 1), ("nowhere", 1)])];
    let placed = place(batch, &mut goods);
    let reasons: Vec<_> = placed.iter().map(|new| reason(new).unwrap()).collect();
    assert_eq!(reasons, [Reason::PriceChanged, Reason::CurrencyMismatch, Reason::TotalTooLarge, Reason::UnknownSku]);
    assert_eq!(goods.stock["a"][0].free, 10);
    assert_eq!(placed[2].order.total, None);
}

#[test]
fn a_refusal_says_what_is_wanted_in_all_and_what_is_free_and_names_all_that_is_unknown() {
    let many: Vec<String> = (10..22).map(|number| format!("x{number}")).collect();
    let many: Vec<(&str, i64)> = many.iter().map(|sku| (sku.as_str(), 1)).collect();
    let cases: [(&[(&str, i64)], &str); 13] = [
        (&[("a", 3)], "a: 3 wanted, 2 free"),
        (&[("a", 2), ("c", 1), ("a", 1)], "a: 3 wanted, 2 free"),
        (&[("b", 1), ("b", 1), ("b", 9)], "b: 11 wanted, 0 free"),
        (&[("c", 4)], "c: 4 wanted, 5 free, but no warehouse has all of a line"),
        (&[("c", 2), ("c", 4)], "c: 6 wanted, 5 free"),
        (&[("b", 1), ("a", 1), ("c", 6)], "b: 1 wanted, 0 free; c: 6 wanted, 5 free"),
        (&[("d", 1), ("a", 1)], "d is sold in USD"),
        (&[("e", 1), ("a", 1), ("d", 1)], "d is sold in USD, e is sold in CHF"),
        (&[("d", 1), ("y", 1), ("b", 1)], "y is not in the catalogue"),
        (
            &[("f", 1), ("y", 1), ("d", 1)],
            "y is not in the catalogue; f is sold for export only, which a delivery to DE is not",
        ),
        (&[("a", 1), ("y", 1)], "y is not in the catalogue"),
        (&[("y", 1), ("a", 1), ("x", 1), ("y", 2)], "x, y are not in the catalogue"),
        (&many, "x10, x11, x12, x13, x14, x15, x16, x17, x18, x19 and 2 more are not in the catalogue"),
    ];
    for (lines, said) in cases {
        let stock: &[(&str, &[i64])] =
            &[("a", &[2]), ("b", &[0]), ("c", &[3, 2]), ("d", &[1]), ("e", &[1]), ("f", &[1])];
        let mut goods = goods(stock, 100);
        for (sku, currency) in [("d", "USD"), ("e", "CHF")] {
            goods.listings.get_mut(sku).unwrap().currency = currency.to_owned();
        }
        goods.listings.get_mut("f").unwrap().tax_terms.category = Some(TaxCategory::Export);
        let mut at_home = order(1, lines);
        at_home.request.shipping_address.country = "DE".into();
        let placed = place(vec![at_home], &mut goods);
        let State::Rejected { detail: Some(detail), .. } = &placed[0].order.state else { panic!("it is refused") };
        assert_eq!(detail, said);
        assert_eq!(goods.stock["c"].iter().map(|level| level.free).sum::<i64>(), 5, "all is given back");
    }
}

#[test]
fn an_order_in_a_currency_that_a_product_is_not_sold_in_shows_no_price_of_it() {
    let mut goods = goods(&[("a", &[10]), ("b", &[10])], 100);
    goods.listings.get_mut("b").unwrap().currency = "USD".to_owned();
    let placed = place(vec![order(1, &[("a", 1), ("b", 1)])], &mut goods);
    assert_eq!(reason(&placed[0]), Some(Reason::CurrencyMismatch));
    let prices: Vec<_> = placed[0].order.lines.iter().map(|line| line.unit_price).collect();
    assert_eq!(prices, [Some(100), None]);
    let told: Vec<_> = placed[0].events.iter().map(|(_, data)| data["lines"][1]["unit_price"].clone()).collect();
    assert!(told.iter().all(serde_json::Value::is_null), "{told:?}");
    assert_eq!(placed[0].order.lines[1].name.as_deref(), Some("b"));
}

#[test]
fn what_is_listed_for_export_is_sold_to_abroad_only() {
    let mut goods = goods(&[("a", &[10]), ("export", &[10])], 100);
    let listing = goods.listings.get_mut("export").unwrap();
    listing.tax_rate_bp = 0;
    listing.tax_terms.category = Some(TaxCategory::Export);
    let to = |number: u128, country: &str, postal_code: &str, lines: &[(&str, i64)]| {
        let mut order = order(number, lines);
        let home = order.request.shipping_address.clone();
        order.request.shipping_address.country = country.into();
        order.request.shipping_address.postal_code = postal_code.into();
        // Who pays changes nothing in where the goods go.
        order.request.billing_address = Some(home);
        order
    };
    let placed = place(
        vec![
            to(1, "US", "10001", &[("export", 1)]),
            to(2, "DE", "30159", &[("a", 1), ("export", 1)]),
            to(3, "FR", "75001", &[("export", 1)]),
            to(4, "ES", "35001", &[("export", 1)]),
            to(5, "FR", "75001", &[("a", 1)]),
        ],
        &mut goods,
    );
    let reasons: Vec<_> = placed.iter().map(reason).collect();
    assert_eq!(reasons, [None, Some(Reason::UnknownSku), Some(Reason::UnknownSku), None, None]);
    let State::Rejected { detail: Some(detail), .. } = &placed[1].order.state else { panic!("it is refused") };
    assert_eq!(detail, "export is sold for export only, which a delivery to DE is not");
    assert_eq!((goods.stock["a"][0].free, goods.stock["export"][0].free), (9, 8));
}

#[test]
fn the_first_events_are_submitted_and_the_outcome() {
    let mut goods = goods(&[("a", &[1])], 100);
    let placed = place(vec![order(1, &[("a", 1)]), order(2, &[("a", 1)])], &mut goods);
    let names = |new: &NewOrder| new.events.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    assert_eq!(names(&placed[0]), [EventName::OrderSubmitted, EventName::OrderReserved]);
    assert_eq!(names(&placed[1]), [EventName::OrderSubmitted, EventName::OrderRejected]);
    assert_eq!((placed[0].order.version, FIRST_EVENTS), (2, 2));
    let told = serde_json::to_string(&placed[0].events.iter().map(|(_, data)| data).collect::<Vec<_>>()).unwrap();
    assert!(!told.contains("example.com") && !told.contains("Zoe") && !told.contains("pm_card"), "{told}");
}
