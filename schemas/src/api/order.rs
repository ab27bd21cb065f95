//! An order as the API shows it.

use crate::{
    ids::OrderId,
    money::{Amount, Currency},
    words::{UnknownWord, words},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{fmt, str::FromStr};
use time::OffsetDateTime;
use utoipa::ToSchema;

words! {
    /// Where an order stands.
    Status {
        /// Accepted and waiting for its turn.
        Submitted = "submitted",
        /// Its stock is held; payment is under way.
        Reserved = "reserved",
        /// Paid for: it will be shipped.
        Confirmed = "confirmed",
        /// Refused; see the reason.
        Rejected = "rejected",
        /// Cancelled by its buyer or by support.
        Cancelled = "cancelled",
    }
}

impl Status {
    /// Whether an answer to the buyer's question "did it work" is known.
    pub fn is_decided(&self) -> bool {
        match self {
            Self::Submitted | Self::Reserved => false,
            Self::Confirmed | Self::Rejected | Self::Cancelled => true,
        }
    }
}

words! {
    /// Why an order was refused.
    Reason {
        /// A SKU is not in the catalogue, or only for export, which the delivery is none of.
        UnknownSku = "unknown_sku",
        /// The catalogue sells it in another currency.
        CurrencyMismatch = "currency_mismatch",
        /// Not enough units are free.
        OutOfStock = "out_of_stock",
        /// The total is not the one the buyer was shown.
        PriceChanged = "price_changed",
        /// The total is more than can be charged.
        TotalTooLarge = "total_too_large",
        /// The provider refused the payment method.
        PaymentDeclined = "payment_declined",
        /// The provider gave no answer for too long; what it may have held is let go.
        PaymentUnavailable = "payment_unavailable",
        /// It was not paid within the time its stock was held.
        ReservationExpired = "reservation_expired",
    }
}

words! {
    /// How the payment of an order stands.
    PaymentStatus {
        /// Not asked for yet, or the provider has not answered.
        Pending = "pending",
        /// The money is held for us.
        Authorized = "authorized",
        /// The provider refused.
        Declined = "declined",
        /// The money was let go, or never can be taken.
        Voided = "voided",
    }
}

/// A line of an order; what the catalogue adds is absent while the order is `submitted`, or its SKU unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Line {
    /// The stock-keeping unit.
    pub sku: String,
    /// What it was called when the order was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Units ordered.
    pub quantity: i64,
    /// Price of one unit when the order was taken, as the catalogue had it: with the tax where that price included it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Amount>,
    /// Tax rate in basis points: 2000 is 20 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_rate_bp: Option<u32>,
}

/// The payment of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Payment {
    /// How it stands.
    pub status: PaymentStatus,
    /// The provider's code for a refusal, such as `insufficient_funds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// The invoice of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvoiceLink {
    /// Its number, without gaps in its series and year.
    #[schema(example = "2026-000042")]
    pub number: String,
    /// Where the PDF is.
    #[schema(example = "/v1/orders/0192f0c1-2222-7333-8444-555566667777/invoice")]
    pub href: String,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Where it stands.
    pub status: Status,
    /// Why, if it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What exactly, in words: which SKUs (the first ten), how many were wanted and how many are free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The currency of every amount in it.
    pub currency: Currency,
    /// Tax included; null until it is priced.
    pub total: Option<Amount>,
    /// What was ordered.
    pub lines: Vec<Line>,
    /// The payment; null until it is asked for.
    pub payment: Option<Payment>,
    /// The invoice, once issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<InvoiceLink>,
    /// What has left the warehouses. No release tells of shipments yet, so it is empty.
    #[schema(value_type = Vec<Object>)]
    pub shipments: Vec<Value>,
    /// When it was accepted.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it last changed.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// A page of orders, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderPage {
    /// The orders.
    pub items: Vec<Order>,
    /// Give it as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
