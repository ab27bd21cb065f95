//! The numbers of invoices, what is known of those that were issued, and a printer whose documents say which they are.

use super::{
    Contents, Invoice, Shop,
    orders::{each, up_to},
};
use async_trait::async_trait;
use schemas::ids::OrderId;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use workflows::{
    billing::{Bill, Edition, InvoiceDocument},
    issued_invoice::{Fingerprint, IssuedInvoice, PrintRecord, Printed, ReadBack, SeriesPosition},
    lifecycle::Series,
    order::StoredInvoice,
    ports::{InvoiceNumbers, InvoicePrinter, InvoiceReader, IssuedInvoices, Numbered, UNASKED, Unavailable},
    wiring::QueueName,
};

#[async_trait]
impl InvoiceNumbers for Shop {
    async fn number_invoices(&self, ids: &[OrderId]) -> Result<Vec<(OrderId, Numbered)>, Unavailable> {
        let now = self.clock.at();
        let issued_on = self.seller.time_zone.date(now);
        self.call("orders.number_invoices", ids, |shop| {
            let last = shop.last_numbers.get(&Series::year(issued_on)).copied().unwrap_or_default();
            let mut series = Series::after(issued_on, last);
            for id in each(ids) {
                let given = shop.orders.get_mut(&id).and_then(|order| series.give_number(order, now));
                shop.invoices.extend(given.map(|position| (id, self.kept(position))));
            }
            shop.last_numbers.insert(series.last().year, series.last().number);
            each(ids).into_iter().filter_map(|id| Some((id, shop.numbered(id)?))).collect()
        })
        .await
    }
}

impl Contents {
    fn numbered(&self, id: OrderId) -> Option<Numbered> {
        let (order, kept) = (self.orders.get(&id)?.clone(), self.invoices.get(&id));
        Numbered::of(order, || kept.map(|kept| (kept.seller.clone(), kept.edition)).unwrap())
    }

    fn bill(&self, id: OrderId, edition: Option<Edition>) -> Option<Bill> {
        let (order, kept) = (self.orders.get(&id)?.clone(), self.invoices.get(&id)?);
        Bill::of(order, kept.seller.clone(), edition.unwrap_or(kept.edition))
    }

    fn issued(&self, id: OrderId) -> Option<IssuedInvoice> {
        let kept = self.invoices.get(&id)?;
        let number = self.orders.get(&id)?.invoice.as_ref()?.number.clone();
        Some(IssuedInvoice { order: id, number, position: kept.position, file: kept.file, xml_sha256: kept.xml_sha256 })
    }
}

impl Shop {
    fn kept(&self, position: SeriesPosition) -> Invoice {
        Invoice { position, seller: (&self.seller).into(), edition: Edition::CURRENT, file: None, xml_sha256: None }
    }

    /// The order has that number, given by somebody else, whatever it was before; its document is stored or not.
    pub fn has_number(&self, id: OrderId, position: SeriesPosition, stored: bool) {
        let (issued_on, number) = (self.clock.at().date(), position.to_string());
        let mut shop = self.contents();
        shop.orders.get_mut(&id).unwrap().invoice = Some(StoredInvoice { number, issued_on, stored });
        shop.invoices.insert(id, self.kept(position));
    }
}

#[async_trait]
impl IssuedInvoices for Shop {
    async fn record(&self, printed: &[(OrderId, PrintRecord)]) -> Result<HashSet<OrderId>, Unavailable> {
        let ids: Vec<OrderId> = printed.iter().map(|(id, _)| *id).collect();
        self.call("invoices.record", &ids, |shop| {
            let mut noted = HashSet::new();
            for (id, record) in printed {
                let kept = shop.invoices.get_mut(id).filter(|kept| kept.position.to_string() == record.number);
                if let Some(kept) = kept {
                    (kept.file, kept.xml_sha256) = (Some(record.file), Some(record.xml_sha256));
                    kept.edition = record.edition;
                    noted.insert(*id);
                }
            }
            noted
        })
        .await
    }

    async fn adopt(&self, found: &[(OrderId, Fingerprint)]) -> Result<(), Unavailable> {
        let ids: Vec<OrderId> = found.iter().map(|(id, _)| *id).collect();
        self.call("invoices.adopt", &ids, |shop| {
            for (id, file) in found {
                if let Some(kept) = shop.invoices.get_mut(id) {
                    kept.file.get_or_insert(*file);
                }
            }
        })
        .await
    }

    async fn of(&self, orders: &[OrderId]) -> Result<Vec<IssuedInvoice>, Unavailable> {
        self.call("invoices.of", orders, |shop| each(orders).into_iter().filter_map(|id| shop.issued(id)).collect())
            .await
    }

    async fn behind(&self, position: SeriesPosition, limit: i64) -> Result<Vec<IssuedInvoice>, Unavailable> {
        self.call("invoices.behind", &[], |shop| {
            let is_stored = |id: &OrderId| {
                let invoice = shop.orders.get(id).and_then(|order| order.invoice.as_ref());
                invoice.is_some_and(|invoice| invoice.stored)
            };
            let stored = shop.invoices.keys().filter(|id| is_stored(id)).filter_map(|id| shop.issued(*id));
            let mut behind: Vec<IssuedInvoice> = stored.filter(|one| one.position > position).collect();
            behind.sort_by_key(|one| one.position);
            behind.truncate(up_to(limit));
            behind
        })
        .await
    }

    async fn bill(&self, order: OrderId, edition: Option<Edition>) -> Result<Option<Bill>, Unavailable> {
        self.call("invoices.bill", &[order], |shop| shop.bill(order, edition)).await
    }

    async fn checked(&self) -> Result<SeriesPosition, Unavailable> {
        self.call("invoices.checked", &[], |shop| shop.checked).await
    }

    async fn mark_checked(&self, position: SeriesPosition) -> Result<(), Unavailable> {
        self.call("invoices.mark_checked", &[], |shop| shop.checked = position).await
    }

    async fn unasked(&self, orders: &[OrderId]) -> Result<Vec<OrderId>, Unavailable> {
        let now = self.clock.at();
        self.call("invoices.unasked", orders, |shop| {
            let is_unasked = |id: &&OrderId| {
                let is_put_off = shop.unmended.get(*id).is_some_and(|until| *until > now);
                !is_put_off && !shop.waits(QueueName::Invoice, **id)
            };
            orders.iter().filter(is_unasked).copied().collect()
        })
        .await
    }

    async fn mark_unmended(&self, order: OrderId) -> Result<(), Unavailable> {
        let until = self.clock.at() + UNASKED;
        self.call("invoices.mark_unmended", &[order], |shop| {
            shop.unmended.insert(order, until);
        })
        .await
    }

    async fn mark_mended(&self, order: OrderId) -> Result<(), Unavailable> {
        self.call("invoices.mark_mended", &[order], |shop| {
            shop.unmended.remove(&order);
        })
        .await
    }
}

/// A document says no more than which one it is.
fn said(order: OrderId, number: &str) -> String {
    format!("%PDF-1.7 {order} {number} %%EOF\n")
}

fn xml_of(order: OrderId, number: &str) -> [u8; 32] {
    Sha256::digest(said(order, number)).into()
}

impl InvoiceReader for Shop {
    fn read_back(&self, file: &[u8]) -> Option<ReadBack> {
        let mut words = str::from_utf8(file).ok()?.split(' ').skip(1);
        let order = OrderId(words.next()?.parse().ok()?);
        let number = words.next()?.to_owned();
        Some(ReadBack { order, xml_sha256: xml_of(order, &number), number })
    }
}

#[async_trait]
impl InvoicePrinter for Shop {
    async fn print(&self, invoice: InvoiceDocument) -> Result<Printed, Unavailable> {
        let order = OrderId(invoice.order);
        self.call("invoice_printer.print", &[order], |shop| {
            shop.printed.push(invoice.clone());
            let InvoiceDocument { edition, number, .. } = invoice;
            let pdf = said(order, &number).into_bytes();
            let (file, xml_sha256) = (Fingerprint::of(&pdf), xml_of(order, &number));
            let record =
                PrintRecord { number, edition, printer: "in memory".to_owned(), file, xml_sha256, unprintable: 0 };
            Printed { pdf, record, unprintable: Vec::new() }
        })
        .await
    }
}
