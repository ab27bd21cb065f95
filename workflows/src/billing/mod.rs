//! What an invoice says. The rules are those of EN 16931.

mod bill;
mod edition;
mod export;
mod seller;
mod tax;
mod totals;

pub use bill::{Bill, KeptSeller, Unpriced, ensure_priced};
pub use edition::Edition;
pub use export::{Location, is_export, sold_by};
pub use seller::{Seller, TimeZone, UnknownTimeZone};
pub use tax::{TaxTerms, TaxTermsSaid, default_reason, reason_code};
pub use totals::{LinePrice, TaxSubtotal, Totals, TotalsError, totals};

use schemas::kept::Party;
use serde::{Deserialize, Serialize};
use time::Date;
use uuid::Uuid;

/// An invoice as issued: all that is printed and all that goes into its XML. Amounts are integer minor units of
/// `currency`; `minor_digits` tells how many of their digits are decimals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceDocument {
    /// By which rules it is worded.
    pub edition: Edition,
    /// The number in its series, such as `2026-000123`.
    pub number: String,
    /// The date of issue.
    pub issued: Date,
    /// The order that is invoiced.
    pub order: Uuid,
    /// ISO 4217 code.
    pub currency: String,
    /// Decimals of the currency: 0 (JPY), 2 (EUR) or 3 (KWD). EN 16931 allows two in its XML, so an invoice with three is
    /// exact but breaks its rules BR-DEC-*: the catalogue takes no such currency.
    pub minor_digits: u8,
    /// Who sells.
    pub seller: Party,
    /// It is one for trying things out, and says so: nobody owes anything by it.
    pub specimen: bool,
    /// Who pays.
    pub buyer: Party,
    /// Where the goods go, if not to the buyer's address.
    pub ship_to: Option<Party>,
    /// What is sold, in the order of printing.
    pub lines: Vec<InvoiceLine>,
    /// How the total is, or was, paid.
    pub payment: Payment,
}

/// How an invoice is settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Payment {
    /// Held on the card or wallet given with the order, and not taken yet: all of it is due, and nothing is to be
    /// transferred.
    Authorized {
        /// The payment provider's reference; empty where there is nothing to pay.
        reference: String,
    },
    /// Charged to the card or wallet given with the order: nothing is due. Release 0.1.0 said so of every order.
    Prepaid {
        /// The payment provider's reference.
        reference: String,
    },
    /// To be transferred.
    Transfer {
        /// The account to pay to.
        iban: String,
        /// The last day to pay without default.
        due: Date,
    },
}

/// One line: a quantity of one product at one price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceLine {
    /// The seller's article number.
    pub sku: String,
    /// What it is called on the invoice.
    pub name: String,
    /// Quantity, unit price and tax.
    #[serde(flatten)]
    pub price: LinePrice,
    /// Why it is not taxed, in the seller's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exemption_reason: Option<String>,
}

impl InvoiceDocument {
    /// The amounts of this invoice.
    ///
    /// # Errors
    /// As [`totals`].
    pub fn totals(&self) -> Result<Totals, TotalsError> {
        totals(self.lines.iter().map(|line| line.price))
    }
}
