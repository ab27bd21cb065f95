//! Issued invoices: what a buyer may have seen is never written again, whoever sells meanwhile, whatever becomes of the
//! order, and however often the confirmation is told.

use super::shop::Shop;
use adapters::postgres::orders::{OrderSettings, PgOrders};
use schemas::{
    event::{Event, EventName},
    ids::OrderId,
    kept::Party,
};
use testing::{Fault, FaultPoint};
use time::Duration;
use workflows::{
    billing::{InvoiceDocument, Payment},
    lifecycle::Command,
    ports::InvoiceNumbers,
    steps::{
        Outcome,
        billing::{invoice_ports::InvoicePorts, issue_invoices::issue_invoices},
    },
};

/// Numbers invoices by the database, and has the rest done by an office in memory.
async fn issue(office: &testing::Shop, orders: &PgOrders, ids: &[OrderId]) -> Vec<Outcome> {
    let steps = InvoicePorts {
        numbers: orders,
        ledger: orders,
        issued: orders,
        printer: office,
        documents: office,
        bus: office,
    };
    issue_invoices(steps, ids).await
}

/// The sequences of the invoices that were told, in the order of telling.
fn told(office: &testing::Shop) -> Vec<i32> {
    let issued = |event: &&Event| event.name() == Some(EventName::InvoiceIssued);
    office.contents().told.iter().filter(issued).map(|event| event.sequence).collect()
}

/// How often a document was written.
fn writes(office: &testing::Shop) -> usize {
    ["documents.file", "documents.put"].into_iter().map(|what| office.faults.calls_of(what).len()).sum()
}

fn printed(office: &testing::Shop) -> Vec<InvoiceDocument> {
    office.contents().printed.clone()
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
    let office = testing::Shop::new();
    assert_eq!(issue(&office, &shop.orders, &[id]).await, [Outcome::Done]);
    shop.call_off(id).await;
    assert_eq!(issue(&office, &shop.sold(), &[id, id]).await, [Outcome::Done, Outcome::Done]);
    assert_eq!(writes(&office), 1);
    let told = told(&office);
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn an_invoice_that_was_not_told_is_told_and_not_written_again() {
    let (shop, id) = Shop::with_one_confirmed().await;
    let office = testing::Shop::new();
    office.faults.always("event_bus.publish", Fault::Away);
    assert!(matches!(issue(&office, &shop.orders, &[id]).await[..], [Outcome::Busy(_)]));
    office.faults.mend();
    assert_eq!(issue(&office, &shop.sold(), &[id]).await, [Outcome::Done]);
    assert_eq!((writes(&office), told(&office).len()), (1, 1));
}

#[tokio::test]
async fn what_was_cut_short_is_printed_as_it_was_when_it_got_its_number() {
    let (shop, id) = Shop::with_one_confirmed().await;
    let office = testing::Shop::new();
    office.faults.fail("documents.file", FaultPoint::After);
    assert!(matches!(issue(&office, &shop.orders, &[id]).await[..], [Outcome::Busy(_)]));
    assert!(told(&office).is_empty());
    shop.call_off(id).await;
    assert_eq!(issue(&office, &shop.sold(), &[id]).await, [Outcome::Done]);
    let printed = printed(&office);
    assert_eq!(printed.len(), 2);
    assert_eq!(printed[0], printed[1]);
    assert_eq!(printed[1].payment, Payment::Authorized { reference: format!("pi_{id}") });
    assert_eq!((writes(&office), told(&office).len()), (2, 1));
}

#[tokio::test]
async fn a_number_of_the_release_before_is_printed_with_the_seller_of_today() {
    let (shop, id) = Shop::with_one_confirmed().await;
    shop.orders.number_invoices(&[id]).await.unwrap();
    shop.run("update invoices set seller = null").await;
    let office = testing::Shop::new();
    assert_eq!(issue(&office, &shop.sold(), &[id]).await, [Outcome::Done]);
    assert_eq!(printed(&office)[0].seller.name, "Successor");
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
    let office = testing::Shop::new();
    let numbers = async || shop.value::<i64>("select count(*) from invoices").await;
    let is_named = |outcome: &Outcome| {
        let Outcome::Retry(why) = outcome else { return false };
        why.contains(&spoilt.to_string()) && why.contains("CUP") && !why.contains("TEA")
    };
    assert!(shop.load(refused).await.lines.iter().any(|line| line.unit_price.is_none()), "and that is as it should be");
    for member in ["unit_price", "tax_rate_bp"] {
        shop.run(&format!("update orders set lines = lines #- '{{1,{member}}}' where id = '{spoilt}'")).await;
        let outcomes = issue(&office, &shop.orders, &ids).await;
        assert!(is_named(&outcomes[0]), "{member}: {outcomes:?}");
        assert_eq!(outcomes[1..], [Outcome::Done, Outcome::Done]);
        assert_eq!((numbers().await, printed(&office).len()), (1, 1), "the other has one, the refused is owed none");
        shop.run(&format!("update orders set lines = '{whole}' where id = '{spoilt}'")).await;
    }
    // One that has its number already keeps it, and nothing is printed under it.
    shop.orders.number_invoices(&[spoilt]).await.unwrap();
    shop.run(&format!("update orders set lines = lines #- '{{1,unit_price}}' where id = '{spoilt}'")).await;
    assert!(is_named(&issue(&office, &shop.orders, &[spoilt]).await[0]));
    assert_eq!((numbers().await, printed(&office).len()), (2, 1));
    shop.run(&format!("update orders set lines = '{whole}' where id = '{spoilt}'")).await;
    assert_eq!(issue(&office, &shop.orders, &[spoilt]).await, [Outcome::Done]);
    assert_eq!((numbers().await, printed(&office).len()), (2, 2));
}
