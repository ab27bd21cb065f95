//! The intake in a table: one key makes one order, whoever repeats it and whenever.

use super::account::{bucket, clients, now, order_id, queue, queues, received, table};
use adapters::{
    aws::{Clients, intake::DynamoIntake, payload::Payloads},
    documents::StoredDocuments,
};
use futures_util::future::join_all;
use schemas::kept::AcceptedOrder;
use serde_json::json;
use std::sync::Arc;
use workflows::ports::{Acceptance, Intake, Submission};

struct Shop {
    clients: Clients,
    intake: DynamoIntake,
    payloads: Payloads,
    queue: String,
}

impl Shop {
    async fn open() -> Self {
        let clients = clients().await;
        let (queue, _) = queue(&clients, false).await;
        let table = table(&clients).await;
        let payloads = Payloads::new(Arc::new(StoredDocuments::in_bucket(&bucket().await).unwrap()));
        let queues = queues(&clients, &queue, Some(payloads.clone()));
        let intake = DynamoIntake::new(clients.dynamo_db.clone(), table, queues, payloads.clone());
        Self { clients, intake, payloads, queue }
    }

    async fn submit(&self, order: &AcceptedOrder, fingerprint: u8) -> Acceptance {
        self.intake.accept(vec![submission(order, "k", fingerprint)]).await.unwrap().remove(0)
    }

    async fn on_the_queue(&self, count: usize) -> Vec<AcceptedOrder> {
        let bodies = received(&self.clients, &self.queue, count).await;
        let orders = bodies.into_iter().map(async |body| self.payloads.resolve(body).await.unwrap());
        join_all(orders).await.into_iter().map(|body| serde_json::from_value(body).unwrap()).collect()
    }
}

fn submission(order: &AcceptedOrder, key: &str, fingerprint: u8) -> Submission {
    Submission { order: order.clone(), key: key.to_owned(), fingerprint: [fingerprint; 32] }
}

fn order(lines: usize) -> AcceptedOrder {
    let sku = "S".repeat(64);
    let lines: Vec<_> = (0..lines).map(|_| json!({ "sku": sku, "quantity": 1 })).collect();
    let request = json!({
        "currency": "EUR",
        "lines": lines,
        "email": "zoe@example.com",
        "shipping_address": {
            "name": "Zoë\u{ffff}", "line1": "Lange Straße 12", "city": "Hannover", "postal_code": "30159", "country": "DE",
        },
        "payment": { "method": "pm_card_visa" },
    });
    AcceptedOrder {
        id: order_id(),
        customer: "zoe".to_owned(),
        accepted_at: now(),
        traceparent: None,
        request: serde_json::from_value(request).unwrap(),
    }
}

#[tokio::test]
async fn a_new_key_stores_the_order_and_puts_it_on_its_queue() {
    let shop = Shop::open().await;
    let order = order(1);
    assert_eq!(shop.submit(&order, 1).await, Acceptance::Accepted);
    assert_eq!(shop.intake.find(order.id).await.unwrap().as_ref(), Some(&order));
    assert_eq!(shop.on_the_queue(1).await, [order]);
    assert_eq!(shop.intake.find(order_id()).await.unwrap(), None);
}

#[tokio::test]
async fn an_order_too_large_for_a_message_arrives_whole() {
    let shop = Shop::open().await;
    let order = order(3_000);
    assert_eq!(shop.submit(&order, 1).await, Acceptance::Accepted);
    assert_eq!(shop.intake.find(order.id).await.unwrap().as_ref(), Some(&order));
    assert_eq!(shop.on_the_queue(1).await, [order]);
}

#[tokio::test]
async fn a_replay_answers_with_the_first_order_and_sends_it_again() {
    let shop = Shop::open().await;
    let (first, second) = (order(1), order(1));
    shop.submit(&first, 1).await;
    let replayed = Acceptance::Replayed { id: first.id, accepted_at: first.accepted_at };
    assert_eq!(shop.submit(&second, 1).await, replayed);
    assert_eq!(shop.on_the_queue(2).await, [first.clone(), first]);
    assert_eq!(shop.intake.find(second.id).await.unwrap(), None);
}

#[tokio::test]
async fn the_same_order_written_in_another_way_is_a_replay() {
    let shop = Shop::open().await;
    let first = order(1);
    shop.submit(&first, 1).await;
    let mut again = order(1);
    again.request.shipping_address.line2 = Some(String::new());
    let replayed = Acceptance::Replayed { id: first.id, accepted_at: first.accepted_at };
    // Another fingerprint, and what was sent empty says nothing.
    assert_eq!(shop.submit(&again, 2).await, replayed);
    again.request.shipping_address.line2 = Some("Back door".to_owned());
    assert_eq!(shop.submit(&again, 3).await, Acceptance::KeyReused);
    let sent: Vec<_> = shop.on_the_queue(2).await.into_iter().map(|order| order.id).collect();
    assert_eq!(sent, [first.id; 2]);
}

#[tokio::test]
async fn another_request_under_a_used_key_is_refused_and_sends_nothing() {
    let shop = Shop::open().await;
    let first = order(1);
    shop.submit(&first, 1).await;
    assert_eq!(shop.submit(&order(2), 2).await, Acceptance::KeyReused);
    assert_eq!(shop.on_the_queue(1).await, [first]);
}

#[tokio::test]
async fn of_racers_with_one_key_one_is_accepted() {
    let shop = Shop::open().await;
    let orders: Vec<_> = (0..12).map(|_| order(1)).collect();
    let answers = join_all(orders.iter().map(|order| shop.submit(order, 1))).await;
    let winners: Vec<_> = answers.iter().zip(&orders).filter(|(answer, _)| **answer == Acceptance::Accepted).collect();
    assert_eq!(winners.len(), 1);
    let winner = winners[0].1;
    let replayed = Acceptance::Replayed { id: winner.id, accepted_at: winner.accepted_at };
    assert_eq!(answers.iter().filter(|answer| **answer == replayed).count(), 11);
    assert!(shop.on_the_queue(12).await.iter().all(|order| order == winner));
}
