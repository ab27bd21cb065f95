//! Prices a batch of orders and gives them stock, each whole or not at all, first come first served.
//!
//! It works on what the caller has locked, in memory: a hot SKU costs one row lock a batch, however many want it.

use crate::{
    billing::{LinePrice, Location, TaxTerms, is_export, totals},
    lifecycle::{Rejection, begin},
    order::StoredOrder,
};
use schemas::{
    api::order::Reason,
    event::EventName,
    kept::{AcceptedOrder, StoredLine, TaxCategory},
    sku::spelt,
};
use serde_json::Value;
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
};
use time::OffsetDateTime;

/// The most SKUs that the words of a refusal name: they stand with the order for good, and in its event.
const MOST_NAMED: usize = 10;

/// What the catalogue says of a SKU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// What it is called.
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// Price of a unit in minor units.
    pub price: i64,
    /// Tax rate in basis points.
    pub tax_rate_bp: u32,
    /// What the tax depends on beside the rate.
    pub tax_terms: TaxTerms,
}

/// The free units of a SKU in one warehouse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockLevel {
    /// The warehouse.
    pub warehouse: String,
    /// Units that can be reserved.
    pub free: i64,
}

/// What is for sale, as locked by the caller.
#[derive(Clone, Debug, Default)]
pub struct Goods {
    /// The catalogue by SKU.
    pub listings: HashMap<String, Listing>,
    /// The stock by SKU.
    pub stock: HashMap<String, Vec<StockLevel>>,
}

/// An order as it is to be stored, with its first facts.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// The order, reserved or refused.
    pub order: StoredOrder,
    /// Net and tax, if it could be priced.
    pub net_and_tax: Option<(i64, i64)>,
    /// Its events from sequence 1 on.
    pub events: Vec<(EventName, Value)>,
}

/// Prices and allocates the orders in the order given, taking what it gives from `goods`.
pub fn allocate(
    batch: Vec<AcceptedOrder>,
    goods: &mut Goods,
    seller: Location<'_>,
    now: OffsetDateTime,
    until: OffsetDateTime,
) -> Vec<NewOrder> {
    batch.into_iter().map(|accepted| allocate_one(accepted, goods, seller, now, until)).collect()
}

fn allocate_one(
    mut accepted: AcceptedOrder,
    goods: &mut Goods,
    seller: Location<'_>,
    now: OffsetDateTime,
    until: OffsetDateTime,
) -> NewOrder {
    let wanted = std::mem::take(&mut accepted.request.lines);
    let request = &accepted.request;
    let mut lines: Vec<StoredLine> = wanted
        .into_iter()
        .map(|line| {
            let sku = as_listed(line.sku, &goods.listings);
            let listing = goods.listings.get(&sku);
            StoredLine {
                name: listing.map(|l| l.name.clone()),
                // An order's amounts are in its own currency: in another there is no price to be shown.
                unit_price: listing.filter(|l| l.currency == request.currency.code()).map(|l| l.price),
                tax_rate_bp: listing.map(|l| l.tax_rate_bp),
                tax_category: listing.and_then(|l| l.tax_terms.category),
                tax_exemption_reason: listing.and_then(|l| l.tax_terms.exemption_reason.clone()),
                price_includes_tax: listing.is_some_and(|l| l.tax_terms.price_includes_tax),
                sku,
                quantity: line.quantity,
                warehouse: None,
            }
        })
        .collect();
    let mut sums = None;
    let delivered = Location::from(&request.shipping_address);
    let sellable = ensure_sellable(&lines, &goods.listings, request.currency.code(), seller, delivered);
    let priced = sellable.and_then(|()| price(&lines));
    let held = priced.and_then(|(net, tax, gross)| {
        sums = Some((net, tax, gross));
        match request.expected_total {
            Some(expected) if expected.amount != gross => Err(rejection(Reason::PriceChanged, None)),
            Some(_) | None => take(&mut lines, &mut goods.stock).map(|()| until),
        }
    });
    let total = sums.map(|(_, _, gross)| gross);
    let (order, events) = begin(accepted, lines, total, held, now);
    NewOrder { order, net_and_tax: sums.map(|(net, tax, _)| (net, tax)), events }
}

/// The SKU in the spelling that the catalogue has it in: letters with marks can be written in several, and look the same.
fn as_listed(sku: String, listings: &HashMap<String, Listing>) -> String {
    match spelt(&sku) {
        Cow::Owned(spelt) if !listings.contains_key(&sku) && listings.contains_key(&spelt) => spelt,
        Cow::Owned(_) | Cow::Borrowed(_) => sku,
    }
}

/// Refuses what cannot be sold there, or in that currency, and names all of it, so that whoever ordered it mends the order once.
///
/// What is listed for export has no tax, so at home it would be sold without the tax that is due there, whose rate nobody
/// said. For whoever is not abroad it is not in the catalogue; a word of its own is one that release 0.1.0 could not read.
fn ensure_sellable(
    lines: &[StoredLine],
    listings: &HashMap<String, Listing>,
    currency: &str,
    seller: Location<'_>,
    delivered: Location<'_>,
) -> Result<(), Rejection> {
    let (mut unlisted, mut exported, mut otherwise_priced) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
    for line in lines {
        match listings.get(&line.sku) {
            None => drop(unlisted.insert(&*line.sku)),
            Some(listing)
                if listing.tax_terms.category == Some(TaxCategory::Export) && !is_export(seller, delivered) =>
            {
                exported.insert(&*line.sku);
            }
            Some(listing) if listing.currency != currency => {
                otherwise_priced.insert(&*line.sku, &*listing.currency);
            }
            Some(_) => {}
        }
    }
    let named = |skus: &BTreeSet<&str>| {
        let are = if skus.len() == 1 { "is" } else { "are" };
        format!("{} {are}", first(skus.iter().map(|sku| (*sku).to_owned()), ", "))
    };
    let unlisted = (!unlisted.is_empty()).then(|| format!("{} not in the catalogue", named(&unlisted)));
    let exported = (!exported.is_empty()).then(|| {
        format!("{} sold for export only, which a delivery to {} is not", named(&exported), delivered.country)
    });
    let unknown: Vec<String> = [unlisted, exported].into_iter().flatten().collect();
    if !unknown.is_empty() {
        return Err(rejection(Reason::UnknownSku, Some(unknown.join("; "))));
    }
    if otherwise_priced.is_empty() {
        return Ok(());
    }
    let sold = otherwise_priced.iter().map(|(sku, currency)| format!("{sku} is sold in {currency}"));
    Err(rejection(Reason::CurrencyMismatch, Some(first(sold, ", "))))
}

/// Net, tax and gross.
fn price(lines: &[StoredLine]) -> Result<(i64, i64, i64), Rejection> {
    // What has no price here the catalogue does not sell.
    let priced: Option<Vec<_>> = lines.iter().map(LinePrice::of).collect();
    let sums = totals(priced.ok_or(rejection(Reason::UnknownSku, None))?)
        .map_err(|error| rejection(Reason::TotalTooLarge, Some(error.to_string())))?;
    Ok((sums.net, sums.tax, sums.gross))
}

/// The first of them, and how many there are more.
fn first(mut all: impl ExactSizeIterator<Item = String>, between: &str) -> String {
    let named = all.by_ref().take(MOST_NAMED).collect::<Vec<_>>().join(between);
    match all.len() {
        0 => named,
        others => format!("{named} and {others} more"),
    }
}

/// Takes each line from a warehouse that has all of it; if a line finds none, what the others took goes back.
fn take(lines: &mut [StoredLine], levels: &mut HashMap<String, Vec<StockLevel>>) -> Result<(), Rejection> {
    let mut short = BTreeSet::new();
    for line in &mut *lines {
        let on_offer = levels.entry(line.sku.clone()).or_default();
        match on_offer.iter_mut().find(|level| level.free >= line.quantity) {
            Some(level) => {
                level.free -= line.quantity;
                line.warehouse = Some(level.warehouse.clone());
            }
            None => drop(short.insert(line.sku.clone())),
        }
    }
    if short.is_empty() {
        return Ok(());
    }
    deallocate(lines, levels);
    let too_few = |sku: &String| too_few(sku, lines, levels.get(sku).map(Vec::as_slice).unwrap_or_default());
    Err(rejection(Reason::OutOfStock, Some(first(short.iter().map(too_few), "; "))))
}

/// What of a SKU was wanted by all lines together, and how much is free for them.
fn too_few(sku: &str, lines: &[StoredLine], on_offer: &[StockLevel]) -> String {
    let wanted =
        lines.iter().filter(|line| line.sku == sku).fold(0, |sum: i64, line| sum.saturating_add(line.quantity));
    let free = on_offer.iter().fold(0, |sum: i64, level| sum.saturating_add(level.free));
    let scattered = if free < wanted { "" } else { ", but no warehouse has all of a line" };
    format!("{sku}: {wanted} wanted, {free} free{scattered}")
}

fn deallocate(lines: &mut [StoredLine], levels: &mut HashMap<String, Vec<StockLevel>>) {
    for line in lines {
        let Some(warehouse) = line.warehouse.take() else { continue };
        let taken_from = levels.get_mut(&line.sku).and_then(|all| all.iter_mut().find(|s| s.warehouse == warehouse));
        if let Some(level) = taken_from {
            level.free += line.quantity;
        }
    }
}

fn rejection(reason: Reason, detail: Option<String>) -> Rejection {
    Rejection { reason, detail }
}
