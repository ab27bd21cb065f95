//! A stored order: an enum whose variants carry the facts known by then. What may happen to it is in `lifecycle`.

use schemas::{
    address::Address,
    api::{
        order::{self as api, PaymentStatus, Reason, Status},
        order_request::OrderRequest,
    },
    ids::OrderId,
    kept::StoredLine,
    money::{Amount, Currency},
};
use time::{Date, OffsetDateTime};

/// Where an order stands, with what is known only then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Its stock is held until then; payment is under way.
    Reserved {
        /// When the stock is given to others.
        until: OffsetDateTime,
    },
    /// Paid for.
    Confirmed,
    /// Refused.
    Rejected {
        /// Why.
        reason: Reason,
        /// What exactly, in words.
        detail: Option<String>,
    },
    /// Cancelled.
    Cancelled,
}

impl State {
    /// The word for it.
    pub fn status(&self) -> Status {
        match self {
            Self::Reserved { .. } => Status::Reserved,
            Self::Confirmed => Status::Confirmed,
            Self::Rejected { .. } => Status::Rejected,
            Self::Cancelled => Status::Cancelled,
        }
    }
}

/// What the ledger knows of an order's payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPayment {
    /// What every call to the provider for it carries.
    pub key: String,
    /// How it stands.
    pub state: PaymentStatus,
    /// What is asked for.
    pub amount: Amount,
    /// The provider's name for the money it holds.
    pub authorization_id: Option<String>,
    /// The provider's code for a refusal.
    pub code: Option<String>,
    /// How often the provider was asked for the money.
    pub calls: i32,
}

/// What is known of an order's invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredInvoice {
    /// As printed, such as `2026-000042`.
    pub number: String,
    /// Its date.
    pub issued_on: Date,
    /// Whether its PDF is known to be in the document store.
    pub stored: bool,
}

/// An order as the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredOrder {
    /// Its id.
    pub id: OrderId,
    /// Whose it is.
    pub customer: String,
    /// Where it stands.
    pub state: State,
    /// The sequence of its last event.
    pub version: i32,
    /// The currency of every amount in it.
    pub currency: Currency,
    /// Tax included, in minor units; absent if it could not be priced.
    pub total: Option<i64>,
    /// What was ordered.
    pub lines: Vec<StoredLine>,
    /// The buyer's e-mail address.
    pub email: String,
    /// Where the goods go.
    pub shipping_address: Address,
    /// Who is billed, if somebody else.
    pub billing_address: Option<Address>,
    /// The provider's token.
    pub payment_method: String,
    /// The payment, once it was asked for.
    pub payment: Option<StoredPayment>,
    /// The invoice, once it has a number.
    pub invoice: Option<StoredInvoice>,
    /// Whether its buyer asked to call it off.
    pub cancel_requested: bool,
    /// W3C trace context of the request it came with.
    pub traceparent: Option<String>,
    /// When it was accepted.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
}

impl StoredOrder {
    /// Whether there is nothing to pay: then the provider is not asked, and the order has no payment.
    pub fn is_free(&self) -> bool {
        self.total == Some(0)
    }

    /// The order as the API shows it.
    pub fn view(&self) -> api::Order {
        let (reason, detail) = match &self.state {
            State::Rejected { reason, detail } => (Some(*reason), detail.clone()),
            State::Reserved { .. } | State::Confirmed | State::Cancelled => (None, None),
        };
        let in_currency = |amount| Amount { amount, currency: self.currency };
        api::Order {
            id: self.id,
            status: self.state.status(),
            reason,
            detail,
            currency: self.currency,
            total: self.total.map(in_currency),
            lines: self
                .lines
                .iter()
                .map(|line| api::Line {
                    sku: line.sku.clone(),
                    name: line.name.clone(),
                    quantity: line.quantity,
                    unit_price: line.unit_price.map(in_currency),
                    tax_rate_bp: line.tax_rate_bp,
                })
                .collect(),
            payment: self.payment.as_ref().map(|p| api::Payment { status: p.state, code: p.code.clone() }),
            invoice: self.invoice.as_ref().filter(|i| i.stored).map(|i| api::InvoiceLink {
                number: i.number.clone(),
                href: format!("/v1/orders/{}/invoice", self.id),
            }),
            shipments: Vec::new(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

/// An accepted order that is not stored yet, as the API shows it.
pub fn submitted(id: OrderId, request: &OrderRequest, accepted_at: OffsetDateTime) -> api::Order {
    api::Order {
        id,
        status: Status::Submitted,
        reason: None,
        detail: None,
        currency: request.currency,
        total: None,
        lines: request
            .lines
            .iter()
            .map(|line| api::Line {
                sku: line.sku.clone(),
                name: None,
                quantity: line.quantity,
                unit_price: None,
                tax_rate_bp: None,
            })
            .collect(),
        payment: None,
        invoice: None,
        shipments: Vec::new(),
        created_at: accepted_at,
        updated_at: accepted_at,
    }
}
