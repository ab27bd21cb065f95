//! An order's whole way through the steps, over the shop in memory: whichever call of whichever port fails on it, and whether
//! its work was done or not, the order comes to the same end, and nothing is done twice.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use schemas::{event::EventName, ids::OrderId, kept::AcceptedOrder};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use testing::{Book, FaultPoint, Shop, samples};
use workflows::{
    allocate::StockLevel,
    order::State,
    ports::{Acceptance, Ids, Intake, Ledger, Submission},
    steps::{
        Outcome,
        billing::{invoice_ports::InvoicePorts, issue_invoices::issue_invoices},
        checkout::{
            authorize_payment::authorize_payment, confirm_order::confirm_order, reserve_orders::reserve_orders,
            resolve_payment::resolve_payment,
        },
        fulfilment::dispatch_orders::dispatch_orders,
        task::{TaskError, TaskInput},
        upkeep::index_orders::index_orders,
    },
    wiring::QueueName,
};

/// How often a thing is tried: one failure leaves something to be done again, and that leaves nothing.
const TRIES: usize = 10;

fn invoice_ports(shop: &Shop) -> InvoicePorts<'_> {
    InvoicePorts { numbers: shop, ledger: shop, issued: shop, printer: shop, documents: shop, bus: shop }
}

/// Submits the order until that is acknowledged, as its buyer would, under one key.
async fn submit(shop: &Shop) -> OrderId {
    for _ in 0..TRIES {
        let order = samples::accepted(shop.order_id());
        let id = order.id;
        let submission = Submission { order, key: "cart-1".to_owned(), fingerprint: [7; 32] };
        match shop.accept(vec![submission]).await.as_deref() {
            Ok([Acceptance::Accepted]) => return id,
            Ok([Acceptance::Replayed { id, .. }]) => return *id,
            Ok(other) => panic!("{other:?}"),
            Err(_) => {}
        }
    }
    panic!("it is never accepted");
}

/// Has the step of a queue work on what waits there; what is done is gone.
async fn work(shop: &Shop, queue: QueueName) {
    let messages = shop.contents().on_queue(queue);
    if messages.is_empty() {
        return;
    }
    let ids: Vec<OrderId> = messages.iter().map(|message| OrderId(message.subject)).collect();
    let outcomes = match queue {
        QueueName::Intake => {
            let read = |body| serde_json::from_value::<AcceptedOrder>(body).unwrap();
            let batch = messages.into_iter().map(|message| read(message.body)).collect();
            reserve_orders(shop, shop, shop, batch).await
        }
        QueueName::Invoice => issue_invoices(invoice_ports(shop), &ids).await,
        QueueName::Dispatch => dispatch_orders(shop, shop, &ids).await,
        QueueName::Index => index_orders(shop, &ids).await,
        QueueName::Cancel | QueueName::Void => panic!("nothing is expected on {queue}"),
    };
    if outcomes.iter().all(|outcome| *outcome == Outcome::Done) {
        shop.contents().messages.retain(|(name, _)| *name != queue);
    }
}

/// What the checkout workflow does with an order whose payment goes well, up to the first failure that it does not know.
async fn check_out(shop: &Shop, order: OrderId) -> Result<(), TaskError> {
    let task = TaskInput { order, input: json!({ "order_id": order }) };
    let answer = match authorize_payment(shop, shop, shop, &task).await {
        Err(error) if error.error == TaskError::PAYMENT_IN_DOUBT => resolve_payment(shop, shop, shop, &task).await?,
        answer => answer?,
    };
    if answer["result"] == "authorized" {
        confirm_order(shop, shop, &task).await?;
        shop.contents().running.remove(&order);
    }
    Ok(())
}

/// Carries all that is begun on, until nothing is left to do.
async fn comes_to_rest(shop: &Shop) {
    for _ in 0..TRIES {
        for queue in [QueueName::Intake, QueueName::Index, QueueName::Invoice, QueueName::Dispatch] {
            work(shop, queue).await;
        }
        let running: Vec<OrderId> = shop.contents().running.iter().copied().collect();
        for order in running {
            // What failed is tried again.
            drop(check_out(shop, order).await);
        }
        let shop = shop.contents();
        if shop.messages.is_empty() && shop.running.is_empty() {
            return;
        }
    }
    let left = shop.contents().messages.clone();
    panic!("something is left to do: {left:?}");
}

fn free(shop: &Shop) -> BTreeMap<String, i64> {
    let shop = shop.contents();
    let sum = |levels: &[StockLevel]| levels.iter().map(|level| level.free).sum();
    shop.goods.stock.iter().map(|(sku, levels)| (sku.clone(), sum(levels))).collect()
}

/// Everything that came of the order.
fn is_whole(shop: &Shop, order: OrderId, free_before: &BTreeMap<String, i64>, what: &str) {
    let free = free(shop);
    let taken: BTreeMap<&str, i64> =
        free_before.iter().map(|(sku, before)| (sku.as_str(), before - free[sku])).collect();
    assert_eq!(taken, [("CUP", 3), ("TEA", 3)].into(), "{what}");
    let shop = shop.contents();
    let (stored, events) = (&shop.orders[&order], &shop.events[&order]);
    assert_eq!((shop.orders.len(), &stored.state), (1, &State::Confirmed), "{what}");
    assert_eq!(shop.provider.book(order), Some(Book::Held), "{what}");
    assert_eq!(shop.provider.books.len(), 1, "{what}: charged once");
    let names: Vec<EventName> = events.iter().map(|event| event.name().unwrap()).collect();
    let expected = [
        EventName::OrderSubmitted,
        EventName::OrderReserved,
        EventName::PaymentAuthorized,
        EventName::OrderConfirmed,
        EventName::InvoiceIssued,
    ];
    assert_eq!(names, expected, "{what}");
    assert!(events.iter().map(|event| event.sequence).eq(1..=5), "{what}");
    let told: BTreeSet<_> = shop.told.iter().map(|event| event.id).collect();
    assert_eq!(told, events.iter().map(|event| event.id).collect(), "{what}: all is told, and nothing else");
    let invoice = stored.invoice.as_ref().unwrap();
    assert_eq!((invoice.number.as_str(), invoice.stored), ("2026-000001", true), "{what}");
    assert_eq!(shop.last_numbers, [(2026, 1)].into(), "{what}: no number is lost");
    assert_eq!(shop.documents.len(), 1, "{what}");
    assert!(shop.invoices[&order].file.is_some(), "{what}: what was printed is noted");
    for warehouse in [samples::NORTH, samples::SOUTH] {
        let heard = shop.heard_by(warehouse);
        assert!(heard.iter().filter_map(|event| event.name()).eq([EventName::OrderConfirmed]), "{what}: {warehouse}");
    }
    assert_eq!(shop.shown.get(&order), Some(&stored.state.status()), "{what}");
}

async fn goes_its_way(shop: &Arc<Shop>, what: &str) {
    let before = free(shop);
    let order = submit(shop).await;
    comes_to_rest(shop).await;
    is_whole(shop, order, &before, what);
}

#[tokio::test]
async fn an_order_comes_to_the_same_end_whichever_call_fails() {
    let undisturbed = Shop::new();
    goes_its_way(&undisturbed, "undisturbed").await;
    let calls = undisturbed.faults.calls();
    assert!(calls.len() > 15, "{calls:?}");
    for (call, (what, _)) in calls.iter().enumerate() {
        for point in [FaultPoint::Before, FaultPoint::After] {
            let shop = Shop::new();
            shop.faults.fail_after(call, point);
            goes_its_way(&shop, &format!("call {call}, {what}, {point:?}")).await;
            assert!(!shop.faults.are_left(), "{what} was not called");
        }
    }
}

#[tokio::test]
async fn a_shop_of_one_seed_gives_the_same_ids_again() {
    let ids = |seed| {
        let shop = Shop::seeded(seed);
        [(); 3].map(|()| shop.order_id())
    };
    assert_eq!(ids(1), ids(1));
    assert_ne!(ids(1), ids(2));
}

#[tokio::test]
async fn what_fails_before_its_work_did_nothing_and_what_lost_its_answer_did_all_of_it() {
    let shop = Shop::new();
    let order = shop.reserved(1);
    let cancel = || vec![(order, workflows::lifecycle::Command::AskToCancel)];
    for (point, is_done) in [(FaultPoint::Before, false), (FaultPoint::After, true)] {
        shop.faults.fail("orders.apply", point);
        assert!(shop.apply(cancel()).await.unwrap_err().away);
        assert_eq!(shop.contents().orders[&order].cancel_requested, is_done);
    }
    assert!(shop.apply(cancel()).await.is_ok(), "it failed once");
}
