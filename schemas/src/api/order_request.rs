//! The order as a checkout submits it, and the checks that need nothing but the body.
//!
//! Members that it does not know are passed over here, because what is kept may have been written by a later release. It
//! is the API that refuses them.

use crate::{
    address::{Address, unless_blank, unless_blank_schema},
    fields::{Checker, FieldError, null_is_empty, text_field},
    money::{Amount, Currency},
    text::is_seen,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most lines an order may have.
pub const MAX_LINES: usize = 1000;
/// The most bytes that the SKUs of an order may have together, as JSON writes them: what is told of an order names them all,
/// and has to fit into the 256 KB that an event or a notice may have.
pub const MAX_SKU_BYTES: usize = 200_000;
/// The most units a line may order.
pub const MAX_QUANTITY: i64 = 1_000_000;

/// An order to be placed. Prices come from the catalogue, never from here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderRequest {
    /// The currency of the whole order.
    #[serde(deserialize_with = "crate::money::null_is_no_currency")]
    pub currency: Currency,
    /// 1 to 1000 lines; the same SKU may come twice.
    #[schema(min_items = 1, max_items = 1000)]
    pub lines: Vec<LineRequest>,
    /// What the buyer was shown, tax included. A different total refuses the order with `price_changed`. Tax is reckoned once
    /// for each rate and category, on the sum of its lines (quantity times price) without tax, rounded half up to a minor unit;
    /// lines whose price includes the tax add just their price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_total: Option<Amount>,
    /// The buyer's e-mail address.
    #[serde(deserialize_with = "null_is_empty")]
    #[schema(
        max_length = 254,
        example = "zoe@example.com",
        pattern = r#"^[^\s\u0000-\u001f\u007f-\u009f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u2800\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff@,;:<>()\[\]\\"]+@[^\s\u0000-\u001f\u007f-\u009f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u2800\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff@,;:<>()\[\]\\"]+$"#
    )]
    pub email: String,
    /// Where the goods go.
    pub shipping_address: Address,
    /// Who is billed, if somebody else or somewhere else. With nothing in any of its fields it is absent.
    #[serde(default, deserialize_with = "unless_blank", skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = unless_blank_schema)]
    pub billing_address: Option<Address>,
    /// How it is paid.
    pub payment: PaymentRequest,
}

/// One line of a submitted order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineRequest {
    /// The stock-keeping unit: 1 to 64 characters.
    #[serde(deserialize_with = "null_is_empty")]
    #[schema(
        min_length = 1,
        max_length = 64,
        example = "TEA-EARL-GREY",
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u2800\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub sku: String,
    /// Units: 1 to 1,000,000.
    #[serde(deserialize_with = "crate::whole_number::quantity")]
    #[schema(minimum = 1, maximum = 1_000_000, example = 2)]
    pub quantity: i64,
}

/// How an order is paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentRequest {
    /// A token of the payment provider, such as `pm_card_visa`; never a card number.
    #[serde(deserialize_with = "null_is_empty")]
    #[schema(min_length = 1, max_length = 255, example = "pm_card_visa", pattern = "^[A-Za-z0-9_-]+$")]
    pub method: String,
}

impl OrderRequest {
    /// The same order without fields that were sent empty: empty, null and absent mean the same.
    #[must_use]
    pub fn without_empty(mut self) -> Self {
        self.shipping_address = self.shipping_address.without_empty();
        self.billing_address = self.billing_address.map(Address::without_empty);
        self
    }

    /// Everything wrong with it, each with its place in the body; empty if it can be accepted.
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = Checker::default();
        self.check_lines(&mut errors);
        if let Some(expected) = self.expected_total {
            if expected.amount < 0 {
                errors.add("/expected_total/amount".into(), "must not be negative");
            }
            if expected.currency != self.currency {
                errors.add("/expected_total/currency".into(), "must be the order's currency");
            }
        }
        check_email(&self.email, &mut errors);
        self.shipping_address.check("/shipping_address", &mut errors);
        if let Some(billing) = &self.billing_address {
            billing.check("/billing_address", &mut errors);
        }
        check_method(&self.payment.method, &mut errors);
        errors.into_errors()
    }

    fn check_lines(&self, errors: &mut Checker) {
        if self.lines.is_empty() || self.lines.len() > MAX_LINES {
            errors.add("/lines".into(), "must have 1 to 1000 lines");
            return;
        }
        if self.lines.iter().map(|line| written(&line.sku)).sum::<usize>() > MAX_SKU_BYTES {
            errors.add("/lines".into(), "must have SKUs of at most 200000 bytes together");
        }
        for (index, line) in self.lines.iter().enumerate() {
            text_field(&line.sku, 64, &format!("/lines/{index}/sku"), errors);
            if !(1..=MAX_QUANTITY).contains(&line.quantity) {
                errors.add(format!("/lines/{index}/quantity"), "must be 1 to 1000000");
            }
        }
    }
}

/// The bytes of a text in JSON, in which quotes and backslashes are written as two.
fn written(text: &str) -> usize {
    text.bytes().map(|byte| if matches!(byte, b'"' | b'\\') { 2 } else { 1 }).sum()
}

/// Only what every address has (RFC 5321: at most 254 characters); whether mail arrives is for mail to find out. What stands
/// around an address or between two (RFC 5322's specials) may not stand in one, so that it is nobody else's too.
fn check_email(email: &str, errors: &mut Checker) {
    let at = || "/email".to_owned();
    let plain = email.chars().all(|c| is_seen(c) && !c.is_control());
    let special = email.contains([',', ';', ':', '<', '>', '(', ')', '[', ']', '\\', '"']);
    let parts = email
        .split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
    if !plain || special || !parts || email.chars().count() > 254 {
        errors.add(at(), "must be one e-mail address, such as zoe@example.com, of at most 254 characters");
    }
}

fn check_method(method: &str, errors: &mut Checker) {
    let token = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if method.is_empty() || method.len() > 255 || !method.chars().all(token) {
        errors.add(
            "/payment/method".into(),
            "must be a token of the payment provider (letters, digits, _ and -), such as pm_card_visa",
        );
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use serde_json::json;

    fn pointers_of_errors(skus: Vec<String>) -> Vec<String> {
        let lines: Vec<_> = skus.into_iter().map(|sku| json!({ "sku": sku, "quantity": 1 })).collect();
        let order: OrderRequest = serde_json::from_value(json!({
            "currency": "EUR", "lines": lines, "email": "zoe@example.com", "payment": { "method": "pm_card_visa" },
            "shipping_address": {
                "name": "Zoe", "line1": "1", "city": "London", "postal_code": "N1 1AA", "country": "GB",
            },
        }))
        .unwrap();
        order.errors().into_iter().map(|error| error.pointer).collect()
    }

    fn wrong(change: impl FnOnce(&mut serde_json::Value)) -> Vec<String> {
        let address = json!({
            "name": "Zoe", "line1": "1", "city": "London", "postal_code": "N1 1AA", "country": "GB",
        });
        let mut order = json!({
            "currency": "EUR", "lines": [{ "sku": "TEA", "quantity": 1 }], "email": "zoe@example.com",
            "payment": { "method": "pm_card_visa" }, "shipping_address": address, "billing_address": address,
        });
        change(&mut order);
        let order: OrderRequest = serde_json::from_value(order).unwrap();
        order.without_empty().errors().into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn a_text_that_says_nothing_is_blank_whatever_it_is_made_of() {
        for blank in ["\u{200b}", "\u{3164}", "\u{2800}", "\u{ffff}", " \u{feff}\u{a0}", "\u{ad}\u{e0041}"] {
            for place in ["/lines/0/sku", "/shipping_address/name", "/shipping_address/line1", "/billing_address/city"]
            {
                assert_eq!(wrong(|order| order.pointer_mut(place).map(|text| *text = json!(blank)).unwrap()), [place]);
            }
            let empty = wrong(|order| order["shipping_address"]["line2"] = json!(blank));
            assert!(empty.is_empty(), "an empty second line is none: {empty:?}");
            let control = wrong(|order| order["shipping_address"]["line2"] = json!(format!("\0{blank}")));
            assert_eq!(control, ["/shipping_address/line2"]);
            let needed = wrong(|order| order["shipping_address"]["postal_code"] = json!(blank));
            assert_eq!(needed, ["/shipping_address/postal_code"]);
        }
        let joined = wrong(|order| order["shipping_address"]["name"] = json!("علی\u{200c}رضا"));
        assert!(joined.is_empty(), "what joins letters may stand among them");
    }

    #[test]
    fn a_billing_address_that_nobody_filled_in_is_absent() {
        for empty in ["", " ", "\u{200b}"] {
            let blank = json!({ "name": empty, "line1": empty, "city": empty, "postal_code": empty, "country": empty });
            assert!(wrong(|order| order["billing_address"] = blank.clone()).is_empty());
            let mut second = blank.clone();
            second["line2"] = json!(empty);
            assert!(wrong(|order| order["billing_address"] = second).is_empty());
            let begun = wrong(|order| {
                order["billing_address"] = blank.clone();
                order["billing_address"]["name"] = json!("Zoe");
            });
            assert!(begun.iter().all(|place| place.starts_with("/billing_address/")) && begun.len() > 1, "{begun:?}");
            assert!(!wrong(|order| order["shipping_address"] = blank).is_empty(), "goods have to go somewhere");
        }
    }

    #[test]
    fn whichever_fields_of_a_billing_address_were_sent_with_nothing_in_them_it_is_absent() {
        let fields = ["name", "line1", "line2", "city", "postal_code", "country"];
        for sent in 0..1_u32 << fields.len() {
            for nothing in [json!(null), json!(""), json!(" \u{200b}")] {
                let some = fields.iter().zip(0_u32..).filter(|(_, bit)| sent & (1_u32 << *bit) != 0);
                let blank = some.map(|(field, _)| ((*field).to_owned(), nothing.clone()));
                let blank = serde_json::Value::Object(blank.collect());
                assert!(wrong(|order| order["billing_address"] = blank.clone()).is_empty(), "{blank}");
            }
        }
    }

    #[test]
    fn a_required_text_that_is_null_is_told_as_an_empty_one() {
        let said = |place: &str, value: serde_json::Value| -> Vec<(String, String)> {
            let address = json!({
                "name": "Zoe", "line1": "1", "city": "London", "postal_code": "N1 1AA", "country": "GB",
            });
            let mut order = json!({
                "currency": "EUR", "lines": [{ "sku": "TEA", "quantity": 1 }], "email": "zoe@example.com",
                "payment": { "method": "pm_card_visa" }, "shipping_address": address, "billing_address": address,
            });
            *order.pointer_mut(place).unwrap() = value;
            match serde_json::from_value::<OrderRequest>(order) {
                Ok(order) => order.errors().into_iter().map(|error| (error.pointer, error.detail)).collect(),
                Err(error) => vec![(String::new(), error.to_string())],
            }
        };
        for place in [
            "/currency",
            "/lines/0/sku",
            "/email",
            "/payment/method",
            "/shipping_address/name",
            "/shipping_address/line1",
            "/shipping_address/city",
            "/shipping_address/country",
            "/billing_address/name",
            "/billing_address/country",
        ] {
            let empty = said(place, json!(""));
            assert_eq!(empty.len(), 1, "{place}: {empty:?}");
            assert_eq!(said(place, json!(null)), empty, "{place}");
        }
    }

    #[test]
    fn an_e_mail_address_is_one_and_all_of_it_is_seen() {
        for good in ["zoe@example.com", "zoë.o'hara+tea@münchen.example", "a@b", "!#$%&*/=?^_`{|}~-@example.com"] {
            assert!(wrong(|order| order["email"] = json!(good)).is_empty(), "{good}");
        }
        for bad in [
            "",
            "zoe",
            "@example.com",
            "zoe@",
            "zoe@a@b",
            "zoe@example.com,eve@example.com",
            "zoe@example.com;eve",
            "Zoe <zoe@example.com>",
            "zoe,@example.com",
            "zoe@exam\u{200b}ple.com",
            "zoe\u{feff}@example.com",
            "\u{3164}@example.com",
            "zoe@\u{2800}",
            "zoe\u{202e}@example.com",
            "zoe\u{ffff}@example.com",
            "z e@example.com",
        ] {
            assert_eq!(wrong(|order| order["email"] = json!(bad)), ["/email"], "{bad:?}");
        }
    }

    #[test]
    fn the_skus_of_an_order_have_so_many_bytes_together_and_no_more() {
        let of = |bytes: usize| (0..MAX_LINES).map(|_| "s".repeat(bytes)).collect::<Vec<_>>();
        let wide = |characters: usize| (0..MAX_LINES).map(|_| "\u{1f375}".repeat(characters)).collect::<Vec<_>>();
        assert!(pointers_of_errors(of(64)).is_empty());
        assert!(pointers_of_errors(wide(50)).is_empty());
        assert_eq!(pointers_of_errors(wide(51)), ["/lines"]);
        assert_eq!(written("a\"b\\c\u{1f375}"), 3 + 4 + 4);
    }
}
