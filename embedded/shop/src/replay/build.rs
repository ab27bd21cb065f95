//! Gathers rows into invoices and, once all are read, invoices into a plan. It keeps one number pair for each row, so
//! that half a million rows fit; texts are kept once for each product.

use super::{
    countries::Country,
    plan::{
        Customer, DateOrder, InvoiceCounts, Plan, PlannedCancel, PlannedLine, PlannedOrder, PlannedProduct, RowCounts,
    },
    rows::{InvoiceKind, Item, Row},
    unusable::Reason,
};
use schemas::api::order_request::{MAX_LINES, MAX_QUANTITY};
use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    sync::Arc,
};
use time::{Date, PrimitiveDateTime};

/// As many units as one import of a catalogue may bring.
const MAX_STOCK: i64 = 1_000_000_000;

/// The index of a product in the builder.
type ProductId = usize;

/// Takes rows in the file's order.
#[derive(Debug, Default)]
pub(super) struct PlanBuilder {
    invoices: Vec<Invoice>,
    invoice_ids: HashMap<String, usize>,
    products: Vec<Product>,
    product_ids: HashMap<Arc<str>, ProductId>,
    rows: RowCounts,
    days: Option<(Date, Date)>,
}

#[derive(Debug)]
struct Invoice {
    number: String,
    kind: InvoiceKind,
    /// From its first usable row. A few invoices run over a minute's end: their first time counts.
    head: Option<Head>,
    /// One for each usable row.
    sales: Vec<(ProductId, i64)>,
}

#[derive(Clone, Copy, Debug)]
struct Head {
    line: u64,
    at: PrimitiveDateTime,
    customer: Option<u64>,
    country: Country,
}

#[derive(Debug)]
struct Product {
    sku: Arc<str>,
    names: BTreeMap<String, u64>,
    prices: BTreeMap<i64, u64>,
    sold: i64,
}

/// Orders that were not cancelled yet, by what a cancellation must repeat: customer and units of each product.
type Open = HashMap<(u64, Vec<(ProductId, i64)>), Vec<usize>>;

impl PlanBuilder {
    pub(super) fn add(&mut self, line: u64, row: Row) {
        self.rows.total += 1;
        let invoice = if row.invoice.is_empty() { None } else { Some(self.invoice_id(row.invoice, row.kind)) };
        let item = match row.item {
            Ok(item) => item,
            Err(reason) => return self.rows.unusable.add(reason, 1, line),
        };
        let product = self.product_id(&item.sku);
        let Item { description, units, price_pence, at, customer, country, .. } = item;
        if let (InvoiceKind::Ordinary, Some(product)) = (row.kind, self.products.get_mut(product)) {
            if !description.is_empty() {
                *product.names.entry(description).or_default() += 1;
            }
            *product.prices.entry(price_pence).or_default() += 1;
        }
        if let Some(invoice) = invoice.and_then(|id| self.invoices.get_mut(id)) {
            invoice.head.get_or_insert(Head { line, at, customer, country });
            invoice.sales.push((product, units));
        }
        let day = at.date();
        self.days = Some(self.days.map_or((day, day), |(first, last)| (first.min(day), last.max(day))));
    }

    fn invoice_id(&mut self, number: String, kind: InvoiceKind) -> usize {
        match self.invoice_ids.entry(number) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                let id = self.invoices.len();
                self.invoices.push(Invoice { number: free.key().clone(), kind, head: None, sales: Vec::new() });
                *free.insert(id)
            }
        }
    }

    fn product_id(&mut self, sku: &str) -> ProductId {
        if let Some(id) = self.product_ids.get(sku) {
            return *id;
        }
        let (id, sku) = (self.products.len(), Arc::<str>::from(sku));
        self.products.push(Product { sku: sku.clone(), names: BTreeMap::new(), prices: BTreeMap::new(), sold: 0 });
        self.product_ids.insert(sku, id);
        id
    }

    /// Puts everything in order of time and settles which C-invoices cancel an order.
    pub(super) fn finish(self, date_order: DateOrder, stock_days: u32) -> Plan {
        let mut settling = Settling {
            products: self.products,
            rows: self.rows,
            invoices: InvoiceCounts { total: count(self.invoices.len()), ..InvoiceCounts::default() },
            ..Settling::default()
        };
        let mut timed = Vec::new();
        for invoice in self.invoices {
            match (invoice.head, invoice.kind) {
                (Some(head), _) => timed.push((head, invoice)),
                (None, InvoiceKind::Ordinary) => settling.invoices.unusable_orders += 1,
                (None, InvoiceKind::Cancellation) => settling.invoices.unusable_cancellations += 1,
                (None, InvoiceKind::Adjustment) => settling.invoices.adjustments += 1,
            }
        }
        timed.sort_by_key(|(head, _)| (head.at, head.line));
        for (head, invoice) in timed {
            settling.settle(head, invoice);
        }
        let Settling { products, orders, cancels, rows, invoices, assumed_countries, open: _ } = settling;
        let days = self.days.map_or(1, |(first, last)| (last - first).whole_days() + 1);
        let mut products: Vec<_> = products.into_iter().filter_map(|product| product.plan(stock_days, days)).collect();
        products.sort_by(|a, b| a.sku.cmp(&b.sku));
        Plan { products, orders, cancels, date_order, rows, invoices, assumed_countries }
    }
}

/// The invoices as they become orders and cancellations, taken in order of time.
#[derive(Default)]
struct Settling {
    products: Vec<Product>,
    orders: Vec<PlannedOrder>,
    cancels: Vec<PlannedCancel>,
    open: Open,
    rows: RowCounts,
    invoices: InvoiceCounts,
    assumed_countries: BTreeMap<&'static str, u64>,
}

impl Settling {
    /// Sends one invoice with usable rows where it belongs, and its rows with it.
    fn settle(&mut self, head: Head, invoice: Invoice) {
        let rows = count(invoice.sales.len());
        match invoice.kind {
            InvoiceKind::Ordinary => match self.order(head, invoice) {
                Ok(()) => {
                    self.invoices.orders += 1;
                    self.rows.in_orders += rows;
                }
                Err(reason) => {
                    self.invoices.unusable_orders += 1;
                    self.rows.unusable.add(reason, rows, head.line);
                }
            },
            // An adjustment has no usable row and so never comes here.
            InvoiceKind::Cancellation | InvoiceKind::Adjustment => {
                if self.cancel(head, invoice) {
                    self.invoices.cancels += 1;
                    self.rows.in_cancels += rows;
                } else {
                    self.invoices.returns += 1;
                    self.rows.in_returns += rows;
                }
            }
        }
    }

    fn order(&mut self, head: Head, invoice: Invoice) -> Result<(), Reason> {
        let merged = merge(&invoice.sales);
        if merged.len() > MAX_LINES {
            return Err(Reason::TooManyLines);
        }
        if merged.iter().any(|(_, units)| *units > MAX_QUANTITY) {
            return Err(Reason::QuantityTooLarge);
        }
        let mut lines = Vec::with_capacity(merged.len());
        for (product, units) in &merged {
            if let Some(product) = self.products.get_mut(*product) {
                product.sold += units;
                lines.push(PlannedLine { sku: product.sku.clone(), units: *units });
            }
        }
        let customer = match head.customer {
            Some(number) => {
                self.open.entry((number, sorted(merged))).or_default().push(self.orders.len());
                Customer::Number(number)
            }
            None => Customer::Guest { invoice: invoice.number.clone() },
        };
        if let Country::Assumed { name, .. } = head.country {
            *self.assumed_countries.entry(name).or_default() += 1;
        }
        let country = head.country.code();
        self.orders.push(PlannedOrder {
            invoice: invoice.number,
            line: head.line,
            at: head.at,
            customer,
            country,
            lines,
        });
        Ok(())
    }

    /// Whether the C-invoice takes back the whole of an open order of its customer; of several the latest one. A
    /// C-invoice without a customer cannot: it does not say whose order it means.
    fn cancel(&mut self, head: Head, invoice: Invoice) -> bool {
        let Some(customer) = head.customer else { return false };
        let Some(of) = self.open.get_mut(&(customer, sorted(merge(&invoice.sales)))).and_then(Vec::pop) else {
            return false;
        };
        self.cancels.push(PlannedCancel { invoice: invoice.number, line: head.line, at: head.at, of });
        true
    }
}

impl Product {
    /// Nothing for a product that no order holds.
    fn plan(self, stock_days: u32, days: i64) -> Option<PlannedProduct> {
        if self.sold == 0 {
            return None;
        }
        let wanted = i128::from(self.sold) * i128::from(stock_days);
        let days = i128::from(days.max(1));
        let stock = i64::try_from((wanted + days - 1) / days).unwrap_or(MAX_STOCK).clamp(1, MAX_STOCK);
        let name = most_frequent(self.names).unwrap_or_else(|| self.sku.to_string());
        Some(PlannedProduct { price_pence: most_frequent(self.prices)?, sku: self.sku, name, sold: self.sold, stock })
    }
}

/// The key with the highest count; of equals the first.
fn most_frequent<K>(counts: BTreeMap<K, u64>) -> Option<K> {
    counts.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(key, _)| key)
}

/// The units of each product, in the order of their first rows.
fn merge(sales: &[(ProductId, i64)]) -> Vec<(ProductId, i64)> {
    let mut places = HashMap::new();
    let mut merged: Vec<(ProductId, i64)> = Vec::with_capacity(sales.len());
    for (product, units) in sales {
        let place = *places.entry(*product).or_insert(merged.len());
        match merged.get_mut(place) {
            Some((_, sum)) => *sum += units,
            None => merged.push((*product, *units)),
        }
    }
    merged
}

fn sorted(mut lines: Vec<(ProductId, i64)>) -> Vec<(ProductId, i64)> {
    lines.sort_unstable();
    lines
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
