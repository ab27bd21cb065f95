//! Issued invoices: what a buyer may have seen is never written again, whoever sells meanwhile, whatever becomes of the
//! order, and however often the confirmation is told.

use super::shop::Shop;
use adapters::postgres::orders::{OrderSettings, PgOrders};
use async_trait::async_trait;
use schemas::{
    event::{Event, EventName},
    ids::OrderId,
    kept::Party,
};
use std::sync::Mutex;
use time::Duration;
use workflows::{
    billing::{InvoiceDocument, Payment},
    issued::{Fingerprint, PrintRecord, Printed, ReadBack},
    lifecycle::Command,
    ports::{Documents, EventBus, Filed, InvoiceNumbers, InvoicePrinter, InvoiceReader, Unavailable},
    steps::{Outcome, issue_invoices::issue_invoices, office::Office as Steps},
};

/// Prints an invoice as JSON, keeps every version that was ever put in its drawer, and hears what is told.
#[derive(Default)]
struct Office {
    put: Mutex<Vec<(String, Vec<u8>)>>,
    heard: Mutex<Vec<Event>>,
    /// The next document is stored, and the one who stores it does not learn of it.
    cut: Mutex<bool>,
    /// Nobody can be told anything.
    deaf: Mutex<bool>,
}

#[async_trait]
impl InvoicePrinter for Office {
    async fn print(&self, invoice: InvoiceDocument) -> Result<Printed, Unavailable> {
        let pdf = serde_json::to_vec(&invoice).unwrap();
        let record = PrintRecord {
            number: invoice.number,
            edition: invoice.edition,
            printer: "tests".into(),
            file: Fingerprint::of(&pdf),
            xml_sha256: [7; 32],
            unprintable: 0,
        };
        Ok(Printed { pdf, record, unprintable: Vec::new() })
    }
}

impl InvoiceReader for Office {
    fn read_back(&self, file: &[u8]) -> Option<ReadBack> {
        let invoice: InvoiceDocument = serde_json::from_slice(file).ok()?;
        Some(ReadBack { order: OrderId(invoice.order), number: invoice.number, xml_sha256: [7; 32] })
    }
}

#[async_trait]
impl Documents for Office {
    async fn file(&self, path: &str, content: Vec<u8>) -> Result<Filed, Unavailable> {
        match self.get(path).await? {
            Some(found) if found != content => Ok(Filed::Taken(found)),
            Some(_) | None => self.put(path, content).await.map(|_| Filed::Stored),
        }
    }

    async fn put(&self, path: &str, content: Vec<u8>) -> Result<Option<String>, Unavailable> {
        self.put.lock().unwrap().push((path.to_owned(), content));
        let cut = std::mem::take(&mut *self.cut.lock().unwrap());
        if cut { Err(Unavailable::because("documents.put", "cut")) } else { Ok(None) }
    }

    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        Ok(self.put.lock().unwrap().iter().rev().find(|(put, _)| put == path).map(|(_, content)| content.clone()))
    }
}

#[async_trait]
impl EventBus for Office {
    async fn publish(&self, events: &[Event]) -> Result<(), Unavailable> {
        if *self.deaf.lock().unwrap() {
            return Err(Unavailable::because("event_bus.publish", "deaf"));
        }
        self.heard.lock().unwrap().extend_from_slice(events);
        Ok(())
    }
}

impl Office {
    async fn issue(&self, orders: &PgOrders, ids: &[OrderId]) -> Vec<Outcome> {
        let steps =
            Steps { numbers: orders, ledger: orders, issued: orders, printer: self, documents: self, bus: self };
        issue_invoices(steps, ids).await
    }

    /// The sequences of the invoices that were told, in the order of telling.
    fn told(&self) -> Vec<i32> {
        let issued = |event: &&Event| event.name() == Some(EventName::InvoiceIssued);
        self.heard.lock().unwrap().iter().filter(issued).map(|event| event.sequence).collect()
    }

    /// What was put, each as it was printed.
    fn printed(&self) -> Vec<InvoiceDocument> {
        self.put.lock().unwrap().iter().map(|(_, bytes)| serde_json::from_slice(bytes).unwrap()).collect()
    }
}

impl Shop {
    async fn with_one_confirmed() -> (Self, OrderId) {
        let shop = Self::open().await;
        let id = shop.reserve(&[&[("TEA", 1)]]).await[0];
        shop.confirm(id).await;
        (shop, id)
    }

    /// The same orders after a deploy by which somebody else sells.
    fn sold(&self) -> PgOrders {
        let seller = Party {
            name: "Successor".into(),
            line1: "2 Street".into(),
            line2: None,
            postal_code: "2".into(),
            city: "Village".into(),
            country: "FR".into(),
            vat_id: None,
            tax_number: None,
            legal_id: None,
            email: None,
        };
        let settings = OrderSettings { stage: "test".into(), hold: Duration::minutes(30), seller: seller.into() };
        PgOrders::new(self.database.clone(), self.clock.clone(), settings)
    }

    async fn call_off(&self, id: OrderId) {
        self.change(id, [Command::Cancel, Command::RecordVoid]).await;
    }
}

#[tokio::test]
async fn an_issued_invoice_is_told_again_and_not_written_again() {
    let (shop, id) = Shop::with_one_confirmed().await;
    let office = Office::default();
    assert_eq!(office.issue(&shop.orders, &[id]).await, [Outcome::Done]);
    shop.call_off(id).await;
    assert_eq!(office.issue(&shop.sold(), &[id, id]).await, [Outcome::Done, Outcome::Done]);
    assert_eq!(office.put.lock().unwrap().len(), 1);
    let told = office.told();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn an_invoice_that_was_not_told_is_told_and_not_written_again() {
    let (shop, id) = Shop::with_one_confirmed().await;
    let office = Office::default();
    *office.deaf.lock().unwrap() = true;
    assert!(matches!(office.issue(&shop.orders, &[id]).await[..], [Outcome::Busy(_)]));
    *office.deaf.lock().unwrap() = false;
    assert_eq!(office.issue(&shop.sold(), &[id]).await, [Outcome::Done]);
    assert_eq!((office.put.lock().unwrap().len(), office.told().len()), (1, 1));
}

#[tokio::test]
async fn what_was_cut_short_is_printed_as_it_was_when_it_got_its_number() {
    let (shop, id) = Shop::with_one_confirmed().await;
    let office = Office::default();
    *office.cut.lock().unwrap() = true;
    assert!(matches!(office.issue(&shop.orders, &[id]).await[..], [Outcome::Busy(_)]));
    assert!(office.told().is_empty());
    shop.call_off(id).await;
    assert_eq!(office.issue(&shop.sold(), &[id]).await, [Outcome::Done]);
    let printed = office.printed();
    assert_eq!(printed.len(), 2);
    assert_eq!(printed[0], printed[1]);
    assert_eq!(printed[1].payment, Payment::Authorized { reference: format!("pi_{id}") });
    assert_eq!(office.told().len(), 1);
}

#[tokio::test]
async fn a_number_of_the_release_before_is_printed_with_the_seller_of_today() {
    let (shop, id) = Shop::with_one_confirmed().await;
    shop.orders.number_invoices(&[id]).await.unwrap();
    shop.run("update invoices set seller = null").await;
    let office = Office::default();
    assert_eq!(office.issue(&shop.sold(), &[id]).await, [Outcome::Done]);
    assert_eq!(office.printed()[0].seller.name, "Successor");
}

#[tokio::test]
async fn an_order_of_which_no_invoice_can_say_what_a_line_cost_is_set_aside_by_name_and_takes_no_number() {
    let shop = Shop::open().await;
    let ids = shop.reserve(&[&[("TEA", 1), ("CUP", 2)], &[("TEA", 1)], &[("TEA", 1), ("NONE", 1)]]).await;
    let [spoilt, other, refused] = ids[..] else { unreachable!() };
    shop.confirm(spoilt).await;
    shop.confirm(other).await;
    let lines = format!("select lines from orders where id = '{spoilt}'");
    let whole = shop.value::<serde_json::Value>(&lines).await;
    let office = Office::default();
    let numbers = async || shop.value::<i64>("select count(*) from invoices").await;
    let is_named = |outcome: &Outcome| {
        let Outcome::Retry(why) = outcome else { return false };
        why.contains(&spoilt.to_string()) && why.contains("CUP") && !why.contains("TEA")
    };
    assert!(shop.load(refused).await.lines.iter().any(|line| line.unit_price.is_none()), "and that is as it should be");
    for member in ["unit_price", "tax_rate_bp"] {
        shop.run(&format!("update orders set lines = lines #- '{{1,{member}}}' where id = '{spoilt}'")).await;
        let outcomes = office.issue(&shop.orders, &ids).await;
        assert!(is_named(&outcomes[0]), "{member}: {outcomes:?}");
        assert_eq!(outcomes[1..], [Outcome::Done, Outcome::Done]);
        assert_eq!((numbers().await, office.printed().len()), (1, 1), "the other has one, the refused is owed none");
        shop.run(&format!("update orders set lines = '{whole}' where id = '{spoilt}'")).await;
    }
    // One that has its number already keeps it, and nothing is printed under it.
    shop.orders.number_invoices(&[spoilt]).await.unwrap();
    shop.run(&format!("update orders set lines = lines #- '{{1,unit_price}}' where id = '{spoilt}'")).await;
    assert!(is_named(&office.issue(&shop.orders, &[spoilt]).await[0]));
    assert_eq!((numbers().await, office.printed().len()), (2, 1));
    shop.run(&format!("update orders set lines = '{whole}' where id = '{spoilt}'")).await;
    assert_eq!(office.issue(&shop.orders, &[spoilt]).await, [Outcome::Done]);
    assert_eq!((numbers().await, office.printed().len()), (2, 2));
}
