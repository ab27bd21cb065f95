//! What is kept of an invoice, and what the invoice therefore says. A document may have to be printed again after a crash, so
//! it follows from what is stored; what an order becomes later changes nothing in it.

use super::{Edition, InvoiceDocument, InvoiceLine, LinePrice, Location, Payment, Seller, default_reason, sold_by};
use crate::order::{StoredInvoice, StoredOrder};
use schemas::{
    address::Address,
    ids::OrderId,
    kept::{Party, StoredLine},
    text::is_legible,
};
use time::Date;

/// An order that has its number, with all that its invoice follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// The order.
    pub order: StoredOrder,
    /// As printed, such as `2026-000042`.
    pub number: String,
    /// The invoice's date.
    pub issued_on: Date,
    /// Who sold, as was kept with the number.
    pub seller: KeptSeller,
    /// By which rules it is worded.
    pub edition: Edition,
}

/// What is kept with a number of who sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptSeller {
    /// Who that was.
    pub party: Party,
    /// Whether it tried things out only.
    pub specimen: bool,
}

impl From<&Seller> for KeptSeller {
    fn from(seller: &Seller) -> Self {
        Self { party: seller.party.clone(), specimen: seller.specimen }
    }
}

/// A line of an order that is to be invoiced has no price, or no rate of tax: a hand in the tables, or a fault of ours. What it
/// cost is nobody's to guess.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "order {order} cannot be invoiced: its line {sku:?} has no price, or no rate of tax; put what was sold into the order, then \
     redrive"
)]
pub struct Unpriced {
    /// The order.
    pub order: OrderId,
    /// The line's SKU.
    pub sku: String,
}

/// Whether an invoice of the order can say what each of its lines cost. One that was refused has lines that cannot, and is
/// never billed.
///
/// # Errors
/// [`Unpriced`], with the first line that cannot.
pub fn ensure_priced(order: &StoredOrder) -> Result<(), Unpriced> {
    match order.lines.iter().find(|line| LinePrice::of(line).is_none()) {
        Some(line) => Err(Unpriced { order: order.id, sku: line.sku.clone() }),
        None => Ok(()),
    }
}

impl Bill {
    /// What the invoice of an order follows from; nothing if it has no number.
    pub fn of(order: StoredOrder, seller: KeptSeller, edition: Edition) -> Option<Self> {
        let StoredInvoice { number, issued_on, .. } = order.invoice.clone()?;
        Some(Self { order, number, issued_on, seller, edition })
    }

    /// What the invoice says.
    ///
    /// # Errors
    /// [`Unpriced`]. A second try fails the same way.
    pub fn document(self) -> Result<InvoiceDocument, Unpriced> {
        let Self { order, number, issued_on, seller, edition } = self;
        let leaves_eu = !Location::from(&order.shipping_address).is_in_eu();
        let shipped_to = party(&order.shipping_address, None);
        let email = Some(order.email.clone());
        let (mut buyer, mut ship_to) = match &order.billing_address {
            Some(billing) if *billing != order.shipping_address => (party(billing, email), Some(shipped_to)),
            Some(_) | None => (Party { email, ..shipped_to }, None),
        };
        // Also if the money was let go since: the invoice says how things stood when it was issued.
        let reference = order.payment.and_then(|payment| payment.authorization_id).unwrap_or_default();
        let payment = match edition {
            Edition::First => Payment::Prepaid { reference },
            Edition::Second | Edition::Third | Edition::Fourth => {
                // BR-07 wants a name that can be read.
                for party in [Some(&mut buyer), ship_to.as_mut()].into_iter().flatten() {
                    if !is_legible(&party.name) {
                        party.name.clone_from(&order.email);
                    }
                }
                Payment::Authorized { reference }
            }
        };
        let id = order.id;
        let lines = order.lines.into_iter().map(|line| invoice_line(id, line, &seller.party, leaves_eu, edition));
        Ok(InvoiceDocument {
            edition,
            number,
            issued: issued_on,
            order: order.id.0,
            currency: order.currency.code().to_owned(),
            minor_digits: order.currency.minor_digits(),
            specimen: seller.specimen,
            buyer,
            ship_to,
            lines: lines.collect::<Result<_, _>>()?,
            seller: seller.party,
            payment,
        })
    }
}

/// What an invoice says of a line.
fn invoice_line(
    order: OrderId,
    line: StoredLine,
    seller: &Party,
    leaves_eu: bool,
    edition: Edition,
) -> Result<InvoiceLine, Unpriced> {
    let Some(mut price) = LinePrice::of(&line) else { return Err(Unpriced { order, sku: line.sku }) };
    let mut exemption_reason = line.tax_exemption_reason;
    match edition {
        Edition::First | Edition::Second => {}
        Edition::Third | Edition::Fourth => {
            let listed_as = price.category;
            price.category = sold_by(listed_as, seller);
            if price.category != listed_as && exemption_reason.is_none() {
                exemption_reason = default_reason(listed_as, leaves_eu).map(str::to_owned);
            }
        }
    }
    Ok(InvoiceLine { price, name: line.name.unwrap_or_else(|| line.sku.clone()), sku: line.sku, exemption_reason })
}

fn party(address: &Address, email: Option<String>) -> Party {
    Party {
        name: address.name.clone(),
        line1: address.line1.clone(),
        line2: address.line2.clone(),
        postal_code: address.postal_code.clone(),
        city: address.city.clone(),
        country: address.country.clone(),
        vat_id: None,
        tax_number: None,
        legal_id: None,
        email,
    }
}
