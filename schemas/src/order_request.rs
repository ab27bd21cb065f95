//! The order as a checkout submits it, and the checks that need nothing but the body.
//!
//! Members that it does not know are passed over here, because what is kept may have been written by a later release. It
//! is the API that refuses them.

use crate::{
    address::Address,
    money::{Amount, Currency},
    problem::FieldError,
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
    pub currency: Currency,
    /// 1 to 1000 lines; the same SKU may come twice.
    #[schema(min_items = 1, max_items = 1000)]
    pub lines: Vec<LineRequest>,
    /// What the buyer was shown, tax included. A different total refuses the order with `price_changed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_total: Option<Amount>,
    /// The buyer's e-mail address.
    #[schema(
        max_length = 254,
        example = "zoe@example.com",
        pattern = r"^[^\s\u0000-\u001f\u007f-\u009f]+@[^\s\u0000-\u001f\u007f-\u009f@]+$"
    )]
    pub email: String,
    /// Where the goods go.
    pub shipping_address: Address,
    /// Who is billed, if somebody else or somewhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<Address>,
    /// How it is paid.
    pub payment: PaymentRequest,
}

/// One line of a submitted order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineRequest {
    /// The stock-keeping unit: 1 to 64 characters.
    #[schema(
        min_length = 1,
        max_length = 64,
        example = "TEA-EARL-GREY",
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub sku: String,
    /// Units: 1 to 1,000,000.
    #[serde(deserialize_with = "crate::whole_number::deserialize")]
    #[schema(minimum = 1, maximum = 1_000_000, example = 2)]
    pub quantity: i64,
}

/// How an order is paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentRequest {
    /// A token of the payment provider, such as `pm_card_visa`; never a card number.
    #[schema(min_length = 1, max_length = 255, example = "pm_card_visa", pattern = "^[A-Za-z0-9_-]+$")]
    pub method: String,
}

/// Collects what is wrong with a body, each with its place.
#[derive(Debug, Default)]
pub(crate) struct Checker(Vec<FieldError>);

impl Checker {
    pub(crate) fn add(&mut self, pointer: String, detail: &str) {
        self.0.push(FieldError { pointer, detail: detail.to_owned() });
    }
}

/// Free text of 1 to `max` characters without control characters.
pub(crate) fn text_field(text: &str, max: usize, at: &str, errors: &mut Checker) {
    let length = text.chars().count();
    if text.trim().is_empty() || length > max {
        errors.add(at.to_owned(), &format!("must be 1 to {max} characters and not blank"));
    } else if text.chars().any(char::is_control) {
        errors.add(at.to_owned(), "must not contain control characters");
    }
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
        errors.0
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

/// Only what every address has (RFC 5321: at most 254 characters); whether mail arrives is for mail to find out.
fn check_email(email: &str, errors: &mut Checker) {
    let at = || "/email".to_owned();
    let plain = !email.chars().any(|c| c.is_control() || c.is_whitespace());
    let parts = email.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if !plain || !parts || email.chars().count() > 254 {
        errors.add(at(), "must be an e-mail address of at most 254 characters");
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

    fn places_of_errors(skus: Vec<String>) -> Vec<String> {
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

    #[test]
    fn the_skus_of_an_order_have_so_many_bytes_together_and_no_more() {
        let of = |bytes: usize| (0..MAX_LINES).map(|_| "s".repeat(bytes)).collect::<Vec<_>>();
        let wide = |characters: usize| (0..MAX_LINES).map(|_| "\u{1f375}".repeat(characters)).collect::<Vec<_>>();
        assert!(places_of_errors(of(64)).is_empty());
        assert!(places_of_errors(wide(50)).is_empty());
        assert_eq!(places_of_errors(wide(51)), ["/lines"]);
        assert_eq!(written("a\"b\\c\u{1f375}"), 3 + 4 + 4);
    }
}
