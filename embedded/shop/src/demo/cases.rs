//! The orders of the demo: one kind for each thing that happens to a shop's orders, each with the end it must come to.

use super::ends::End;
use schemas::{
    address::Address,
    api::{
        order::Reason,
        order_request::{LineRequest, MAX_QUANTITY, OrderRequest, PaymentRequest},
        product::Product,
    },
    money::Amount,
};
use workflows::billing::{LinePrice, totals};

/// SKUs of the shipped catalogue that the demo counts on.
pub(super) const SOLD_OUT: &str = "KETTLE-GOOSENECK";
/// Its SKU gets a suffix for each run, so that each run sells its own five.
pub(super) const HOT: &str = "DROP-POSTER";
const NEVER_LISTED: &str = "TEA-THAT-NEVER-WAS";
const PLAIN: [&str; 10] = [
    "TEA-EARL-GREY",
    "TEA-GENMAICHA",
    "COFFEE-CREMA",
    "CHOCOLATE-70",
    "HONEY-HEATHER",
    "CUP-SMOR",
    "POT-CAST-IRON",
    "TOWEL-LINEN",
    "BOOK-TEA",
    "GIFT-CARD-25",
];
const BUYERS_OF_HOT: usize = 9;

/// One order to send.
pub(super) struct Case {
    /// Its kind, in a few words.
    pub(super) what: &'static str,
    /// Who orders.
    pub(super) customer: &'static str,
    /// The order.
    pub(super) order: OrderRequest,
    /// What it should come to.
    pub(super) expected: End,
    /// What happens after it was accepted.
    pub(super) then: Then,
    /// A word on how long it takes, for those that take long.
    pub(super) patience: Option<&'static str>,
}

/// What the buyer does next.
pub(super) enum Then {
    /// Nothing.
    Wait,
    /// Sends the same again under the same key: nothing new may come of it.
    Repeat(&'static str),
    /// Sends another order under the same key: it must be refused.
    SendOther(&'static str, Box<OrderRequest>),
    /// Calls it off once it is confirmed.
    Cancel,
}

impl Case {
    fn new(what: &'static str, customer: &'static str, order: OrderRequest, expected: End) -> Self {
        Self { what, customer, order, expected, then: Then::Wait, patience: None }
    }

    fn then(self, then: Then) -> Self {
        Self { then, ..self }
    }

    fn taking(self, patience: &'static str) -> Self {
        Self { patience: Some(patience), ..self }
    }
}

struct Buyer(&'static str, &'static str, &'static str, &'static str, &'static str);

impl Buyer {
    /// Orders these units, all in euro.
    fn orders(&self, lines: &[(&str, i64)], method: &str) -> anyhow::Result<OrderRequest> {
        let Self(name, line1, postal_code, city, country) = *self;
        let address = Address {
            name: name.to_owned(),
            line1: line1.to_owned(),
            line2: None,
            city: city.to_owned(),
            postal_code: postal_code.to_owned(),
            country: country.to_owned(),
        };
        Ok(OrderRequest {
            currency: "EUR".parse()?,
            lines: lines
                .iter()
                .map(|(sku, quantity)| LineRequest { sku: (*sku).to_owned(), quantity: *quantity })
                .collect(),
            expected_total: None,
            email: "buyer@example.com".to_owned(),
            shipping_address: address,
            billing_address: None,
            payment: PaymentRequest { method: method.to_owned() },
        })
    }
}

const ZOE: Buyer = Buyer("Zoë Müller-Lüdenscheidt", "Lange Straße 12", "30159", "Hannover", "DE");
const JOSE: Buyer = Buyer("José Ñíguez Peña", "Calle de la Cruz 7", "28012", "Madrid", "ES");
const SOREN: Buyer = Buyer("Søren Ågård", "Åboulevarden 3", "8000", "Aarhus C", "DK");
const ELENI: Buyer = Buyer("Ελένη Παπαδοπούλου", "Οδός Ερμού 15", "105 63", "Αθήνα", "GR");
const OLENA: Buyer = Buyer("Олена Шевченко", "вулиця Хрещатик 22", "01001", "Київ", "UA");
const HARUKI: Buyer = Buyer("佐藤 春樹", "神宮前1丁目2番3号", "150-0001", "東京都渋谷区", "JP");
const LAYLA: Buyer = Buyer("ليلى الهاشمي", "شارع الملك حسين 8", "11118", "عمّان", "JO");

const VISA: &str = "pm_card_visa";

/// All orders of a run, in the order in which they are sent. `hot` is the SKU of which there are `hot_units`; `shown` is
/// a product with the price that a buyer was shown.
pub(super) fn cases(hot: &str, hot_units: usize, shown: &Product) -> anyhow::Result<Vec<Case>> {
    let mut cases = paid(shown)?;
    cases.extend(refused(shown)?);
    for buyer in 0..BUYERS_OF_HOT {
        let end = if buyer < hot_units { End::Invoiced } else { rejected(Reason::OutOfStock) };
        cases.push(Case::new("hot: 9 want 1 of 5 units", "collector", SOREN.orders(&[(hot, 1)], VISA)?, end));
    }
    cases.extend(changed_minds()?);
    cases.extend(provider_troubles()?);
    cases.extend(unusual()?);
    Ok(cases)
}

fn rejected(reason: Reason) -> End {
    End::Rejected(reason, None)
}

fn declined(code: &str) -> End {
    End::Rejected(Reason::PaymentDeclined, Some(code.to_owned()))
}

fn paid(shown: &Product) -> anyhow::Result<Vec<Case>> {
    let orders = [
        ZOE.orders(&[("TEA-EARL-GREY", 2), ("CUP-SMOR", 1)], VISA)?,
        JOSE.orders(&[("COFFEE-CREMA", 1)], "pm_card_mastercard")?,
        SOREN.orders(&[("POT-CAST-IRON", 1), ("TEA-GENMAICHA", 3)], "pm_card_amex")?,
        ZOE.orders(&[("CHOCOLATE-70", 12)], VISA)?,
        JOSE.orders(&[("GIFT-CARD-25", 2)], VISA)?,
        SOREN.orders(&[("BOOK-TEA", 1), ("HONEY-HEATHER", 2), ("GIFT-CARD-25", 1)], VISA)?,
    ];
    let mut cases: Vec<Case> =
        orders.into_iter().map(|order| Case::new("paid", "regular", order, End::Invoiced)).collect();
    let order = OrderRequest { expected_total: Some(total(shown, 3)?), ..ZOE.orders(&[(&shown.sku, 3)], VISA)? };
    cases.push(Case::new("paid, price as shown", "regular", order, End::Invoiced));
    Ok(cases)
}

/// What a buyer of so many units is shown, tax included.
fn total(product: &Product, quantity: i64) -> anyhow::Result<Amount> {
    let line = LinePrice {
        includes_tax: product.price_includes_tax,
        ..LinePrice::net(quantity, product.price.amount, product.tax_rate_bp)
    };
    Ok(Amount { amount: totals([line])?.gross, currency: product.price.currency })
}

fn refused(shown: &Product) -> anyhow::Result<Vec<Case>> {
    let tea = |method| ZOE.orders(&[("TEA-EARL-GREY", 1)], method);
    let right = total(shown, 1)?;
    let stale = Amount { amount: right.amount - 1, ..right };
    let priced = |expected| {
        Ok::<_, anyhow::Error>(OrderRequest {
            expected_total: Some(expected),
            ..JOSE.orders(&[(&shown.sku, 1)], VISA)?
        })
    };
    let old = Amount { amount: right.amount / 2, ..right };
    // Also more than there can be if orders of an earlier run give theirs back meanwhile.
    let more = shown.available.saturating_add(500).min(MAX_QUANTITY);
    let mut with_number = tea(VISA)?;
    // A well-known test number that no bank issues.
    with_number.shipping_address.line2 = Some("card 4242 4242 4242 4242".to_owned());
    let both = ZOE.orders(&[("TEA-EARL-GREY", 1), (SOLD_OUT, 1)], VISA)?;
    Ok(vec![
        Case::new("card declined", "regular", tea("pm_card_chargeDeclined")?, declined("card_declined")),
        Case::new("card declined", "regular", tea("pm_card_chargeDeclined")?, declined("card_declined")),
        Case::new(
            "not enough money",
            "regular",
            tea("pm_card_chargeDeclinedInsufficientFunds")?,
            declined("insufficient_funds"),
        ),
        Case::new("sold out", "regular", JOSE.orders(&[(SOLD_OUT, 1)], VISA)?, rejected(Reason::OutOfStock)),
        Case::new("one of two sold out", "regular", both, rejected(Reason::OutOfStock)),
        Case::new(
            "more than there is",
            "regular",
            SOREN.orders(&[(&shown.sku, more)], VISA)?,
            rejected(Reason::OutOfStock),
        ),
        Case::new("price changed by a cent", "regular", priced(stale)?, rejected(Reason::PriceChanged)),
        Case::new("price doubled", "regular", priced(old)?, rejected(Reason::PriceChanged)),
        Case::new("unknown SKU", "regular", ZOE.orders(&[(NEVER_LISTED, 1)], VISA)?, rejected(Reason::UnknownSku)),
        Case::new("a card number in it", "careless", with_number, End::NotAccepted("invalid-body".to_owned())),
        Case::new(
            "a quantity of 0",
            "careless",
            ZOE.orders(&[("TEA-EARL-GREY", 0)], VISA)?,
            End::NotAccepted("invalid-body".to_owned()),
        ),
    ])
}

fn changed_minds() -> anyhow::Result<Vec<Case>> {
    let honey = |units| SOREN.orders(&[("HONEY-HEATHER", units)], VISA);
    Ok(vec![
        Case::new("one key, sent twice", "impatient", honey(1)?, End::Invoiced).then(Then::Repeat("  the second time")),
        Case::new("one key, two orders", "impatient", honey(1)?, End::Invoiced)
            .then(Then::SendOther("  the other order", Box::new(honey(2)?))),
        Case::new("cancelled after payment", "regular", honey(3)?, End::Cancelled).then(Then::Cancel),
    ])
}

fn provider_troubles() -> anyhow::Result<Vec<Case>> {
    let towel = |method| JOSE.orders(&[("TOWEL-LINEN", 2)], method);
    Ok(vec![
        Case::new("provider: slow", "regular", towel("pm_sandbox_slow")?, End::Invoiced).taking("takes about 3 s"),
        Case::new("provider: fails twice", "regular", towel("pm_sandbox_flaky")?, End::Invoiced)
            .taking("takes up to 4 s"),
        Case::new("provider: paid, no word", "regular", towel("pm_sandbox_timeout_charged")?, End::Invoiced)
            .taking("takes about 6 s"),
        Case::new(
            "provider: request lost",
            "regular",
            towel("pm_sandbox_timeout_lost")?,
            rejected(Reason::PaymentUnavailable),
        )
        .taking("takes about 12 s"),
    ])
}

fn unusual() -> anyhow::Result<Vec<Case>> {
    let many: Vec<(&str, i64)> = PLAIN.iter().cycle().zip(1..=60).map(|(sku, line)| (*sku, line % 3 + 1)).collect();
    let gift = |buyer: &Buyer| buyer.orders(&[("TEA-GENMAICHA", 1), ("CUP-SMOR", 2)], VISA);
    Ok(vec![
        Case::new("60 lines", "office", JOSE.orders(&many, VISA)?, End::Invoiced),
        Case::new("a name in Greek", "eleni", gift(&ELENI)?, End::Invoiced),
        Case::new("a name in Cyrillic", "olena", gift(&OLENA)?, End::Invoiced),
        Case::new("a name in Japanese", "haruki", gift(&HARUKI)?, End::Invoiced),
        Case::new("a name in Arabic", "layla", gift(&LAYLA)?, End::Invoiced),
    ])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::demo::catalogue;
    use std::collections::HashMap;

    fn shown() -> Product {
        let currency = "EUR".parse().unwrap();
        Product {
            sku: "TEA-EARL-GREY".into(),
            name: "Tea".into(),
            price: Amount { amount: 790, currency },
            tax_rate_bp: 700,
            price_includes_tax: false,
            available: 400,
        }
    }

    #[test]
    fn only_the_careless_send_what_the_api_refuses() {
        for case in cases("HOT", 5, &shown()).unwrap() {
            let bad_body = !case.order.errors().is_empty() || case.customer == "careless";
            assert_eq!(bad_body, matches!(case.expected, End::NotAccepted(_)), "{}", case.what);
        }
    }

    #[test]
    fn one_delivery_of_the_catalogue_is_enough_for_a_run() {
        let delivered: HashMap<String, i64> = catalogue("X").unwrap().into_iter().map(|d| (d.sku, d.units)).collect();
        let mut wanted: HashMap<&str, i64> = HashMap::new();
        let cases = cases("DROP-POSTER-X", 5, &shown()).unwrap();
        for case in cases.iter().filter(|case| !matches!(case.expected, End::Rejected(Reason::OutOfStock, _))) {
            for line in &case.order.lines {
                *wanted.entry(&line.sku).or_default() += line.quantity;
            }
        }
        wanted.remove(NEVER_LISTED);
        for (sku, units) in wanted {
            assert!(units <= delivered[sku], "{sku}: {units} of {}", delivered[sku]);
        }
        assert_eq!(delivered[SOLD_OUT], 0);
    }

    #[test]
    fn the_price_shown_holds_the_tax() {
        assert_eq!(total(&shown(), 3).unwrap().amount, 2_370 + 166);
    }
}
