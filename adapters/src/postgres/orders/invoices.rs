//! Invoice numbers: given in batches under one lock of their series, so they have no gap and no double.
//!
//! A document may have to be printed again after a crash, so it follows from what is stored: the order, and the seller as
//! it was when the number was given. What an order becomes later changes nothing in it.

use super::{
    PgOrders,
    rows::{load, printed_number, uuids},
};
use crate::postgres::Asked;
use schemas::{address::Address, ids::OrderId, text::is_legible};
use sqlx::{Connection, PgConnection, types::Json};
use std::collections::{HashMap, HashSet};
use time::Date;
use workflows::{
    invoice::{Edition, InvoiceDocument, InvoiceLine, Party, Payment, Place, Seller},
    order::{State, StoredInvoice, StoredLine, StoredOrder},
    ports::{Numbered, Unavailable},
};

/// The series that all invoices are numbered in.
pub(in crate::postgres) const SERIES: &str = "main";

impl PgOrders {
    pub(super) async fn number_batch(&self, ids: &[OrderId]) -> Result<Vec<(OrderId, Numbered)>, Unavailable> {
        let mut connection = self.connection("orders.number_invoices").await?;
        let mut transaction = connection.begin().await.asked("orders.number_invoices")?;
        let today = self.settings.seller.time_zone.date(self.clock.now());
        lock_series(&mut transaction, today.year()).await?;
        // Read under the lock: whoever had it before may have numbered some of these.
        // A number that was given is printed even if the order was cancelled meanwhile: the series has no blank. None is given
        // to an order that will be cancelled.
        let is_kept = |order: &StoredOrder| order.state == State::Confirmed && !order.cancel_requested;
        let due = |order: &StoredOrder| is_kept(order) || order.invoice.is_some();
        let confirmed: Vec<StoredOrder> = load(&mut transaction, &uuids(ids)).await?.into_iter().filter(due).collect();
        let unnumbered: Vec<OrderId> = confirmed.iter().filter(|o| o.invoice.is_none()).map(|o| o.id).collect();
        let last = raise_series(&mut transaction, today.year(), unnumbered.len()).await?;
        let first = last.saturating_sub(i32::try_from(unnumbered.len()).unwrap_or_default()) + 1;
        let seller = &self.settings.seller;
        insert_invoices(&mut transaction, &unnumbered, today, first, seller).await?;
        let unstored = |order: &&StoredOrder| order.invoice.as_ref().is_some_and(|invoice| !invoice.stored);
        let again: Vec<OrderId> = confirmed.iter().filter(unstored).map(|order| order.id).collect();
        let mut kept = kept_of(&mut transaction, &again).await?;
        transaction.commit().await.asked("orders.number_invoices")?;
        let mut next = first;
        let numbered = confirmed.into_iter().map(|order| {
            let id = order.id;
            let (number, issued, (kept, edition)) = match &order.invoice {
                Some(StoredInvoice { stored: true, .. }) => return (id, Numbered::Stored),
                Some(given) => {
                    let kept = kept.remove(&id).unwrap_or_else(|| (Kept::new(seller), Edition::CURRENT));
                    (given.number.clone(), given.issued_on, kept)
                }
                None => {
                    let number = printed_number(today.year(), next);
                    next += 1;
                    (number, today, (Kept::new(seller), Edition::CURRENT))
                }
            };
            (id, Numbered::Due(Box::new(document(order, number, issued, kept, edition))))
        });
        let mut seen = HashSet::new();
        Ok(numbered.filter(|(id, _)| seen.insert(*id)).collect())
    }
}

async fn lock_series(connection: &mut PgConnection, year: i32) -> Result<(), Unavailable> {
    sqlx::query!(
        "-- orders.open_invoice_series
         insert into invoice_series (series, year, last) values ($1, $2, 0) on conflict (series, year) do nothing",
        SERIES,
        year
    )
    .execute(&mut *connection)
    .await
    .asked("orders.open_invoice_series")?;
    sqlx::query!(
        "-- orders.lock_invoice_series
         select last from invoice_series where series = $1 and year = $2 for update",
        SERIES,
        year
    )
    .fetch_one(connection)
    .await
    .asked("orders.lock_invoice_series")?;
    Ok(())
}

async fn raise_series(connection: &mut PgConnection, year: i32, by: usize) -> Result<i32, Unavailable> {
    let by = i32::try_from(by).map_err(|error| Unavailable::because("orders.raise_invoice_series", error))?;
    sqlx::query_scalar!(
        "-- orders.raise_invoice_series
         update invoice_series set last = last + $3 where series = $1 and year = $2 returning last",
        SERIES,
        year,
        by
    )
    .fetch_one(connection)
    .await
    .asked("orders.raise_invoice_series")
}

async fn insert_invoices(
    connection: &mut PgConnection,
    ids: &[OrderId],
    issued_on: Date,
    first: i32,
    seller: &Seller,
) -> Result<(), Unavailable> {
    if ids.is_empty() {
        return Ok(());
    }
    let party =
        serde_json::to_value(&seller.party).map_err(|error| Unavailable::refused("orders.insert_invoices", error))?;
    sqlx::query!(
        "-- orders.insert_invoices
         insert into invoices (order_id, series, year, number, issued_on, seller, specimen)
         select order_id, $2, $3, $4 + place::integer - 1, $5, $6, $7
         from unnest($1::uuid[]) with ordinality as given (order_id, place)",
        &uuids(ids),
        SERIES,
        issued_on.year(),
        first,
        issued_on,
        party,
        seller.specimen
    )
    .execute(connection)
    .await
    .asked("orders.insert_invoices")?;
    Ok(())
}

/// What is kept with a number of who sold.
pub(super) struct Kept {
    pub(super) seller: Party,
    pub(super) specimen: bool,
}

impl Kept {
    pub(in crate::postgres) fn new(seller: &Seller) -> Self {
        Self { seller: seller.party.clone(), specimen: seller.specimen }
    }
}

/// Who sold what those invoices say, and how they are worded: as was noted when their documents were filed, or else as
/// invoices are now, since nobody was told of them yet. A number that was given by a release that did not note the seller
/// has none.
async fn kept_of(
    connection: &mut PgConnection,
    ids: &[OrderId],
) -> Result<HashMap<OrderId, (Kept, Edition)>, Unavailable> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        r#"-- orders.sellers
         select order_id, seller as "seller!: Json<Party>", specimen, edition from invoices
         where order_id = any($1) and seller is not null"#,
        &uuids(ids)
    )
    .fetch_all(connection)
    .await
    .asked("orders.sellers")?;
    let kept = rows.into_iter().map(|row| {
        let noted = row.edition.and_then(|edition| Edition::of(Some(edition)));
        let kept = Kept { seller: row.seller.0, specimen: row.specimen };
        (OrderId(row.order_id), (kept, noted.unwrap_or(Edition::CURRENT)))
    });
    Ok(kept.collect())
}

/// What an invoice says, worded by the rules of an edition.
pub(super) fn document(
    order: StoredOrder,
    number: String,
    issued: Date,
    kept: Kept,
    edition: Edition,
) -> InvoiceDocument {
    let leaves_eu = !Place::from(&order.shipping_address).is_in_eu();
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
    InvoiceDocument {
        edition,
        number,
        issued,
        order: order.id.0,
        currency: order.currency.code().to_owned(),
        minor_digits: order.currency.minor_digits(),
        specimen: kept.specimen,
        buyer,
        ship_to,
        lines: order.lines.into_iter().map(|line| invoice_line(line, &kept.seller, leaves_eu, edition)).collect(),
        seller: kept.seller,
        payment,
    }
}

/// What an invoice says of a line.
fn invoice_line(line: StoredLine, seller: &Party, leaves_eu: bool, edition: Edition) -> InvoiceLine {
    let mut price = line.price();
    let mut exemption_reason = line.tax_exemption_reason;
    match edition {
        Edition::First | Edition::Second => {}
        Edition::Third | Edition::Fourth => {
            let listed_as = price.category;
            price.category = listed_as.sold_by(seller);
            if price.category != listed_as && exemption_reason.is_none() {
                exemption_reason = listed_as.default_reason(leaves_eu).map(str::to_owned);
            }
        }
    }
    InvoiceLine { price, name: line.name.unwrap_or_else(|| line.sku.clone()), sku: line.sku, exemption_reason }
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
