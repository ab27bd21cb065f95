//! What always fails is set aside by SQS, and comes through by a redrive once its cause is mended. MiniStack has no
//! StartMessageMoveTask, so the messages are moved here as that would move them.

use super::{
    site::{Deployed, WITHIN, deployed, run},
    support::{new_id, order, wait_until},
};
use serde_json::{Value, json};
use uuid::Uuid;

fn send(deployed: &Deployed, queue: &str, body: &Value) {
    let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
    deployed.look.call("sqs", "send_message", json!({ "QueueUrl": deployed.id(queue), "MessageBody": body }));
}

async fn set_aside(deployed: &Deployed, letters: &str, count: u64) {
    wait_until("messages to be set aside", WITHIN, async || match deployed.depth(deployed.id(letters)) {
        depth if depth == count => Ok(()),
        depth => Err(format!("{depth} of {count} are")),
    })
    .await;
}

/// Redrives what was set aside, each body changed by `mend`.
fn redrive(deployed: &Deployed, letters: &str, queue: &str, mend: impl Fn(Value) -> Value) {
    let url = deployed.id(letters);
    loop {
        let asked = json!({ "QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 60 });
        let answer = deployed.look.call("sqs", "receive_message", asked);
        let Some(messages) = answer["Messages"].as_array().filter(|messages| !messages.is_empty()) else { return };
        for message in messages {
            send(deployed, queue, &mend(message["Body"].clone()));
            let done = json!({ "QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"] });
            deployed.look.call("sqs", "delete_message", done);
        }
    }
}

async fn confirmed(deployed: &Deployed, id: Uuid) {
    deployed.settled(&[id]).await;
    assert_eq!(deployed.shop.status(id).await, "confirmed");
}

#[test]
fn a_malformed_message_is_set_aside_alone_and_comes_through_once_mended() {
    run(async {
        let (_turn, deployed) = deployed().await;
        let id = new_id();
        let good = order(&[("TEA", 1)], "pm_card_visa");
        let mended = json!({ "id": id, "customer": "zoe", "accepted_at": "2026-11-22T10:00:00Z", "request": good });
        let mut broken = mended.clone();
        broken["request"]["lines"] = json!("not lines");
        send(deployed, "IntakeQueue", &broken);
        send(deployed, "InvoiceQueue", &json!("no JSON at all"));
        let during = deployed.accepted(&new_id().to_string(), &good).await;
        deployed.shop.settled(&[during], WITHIN).await;
        assert_eq!(deployed.shop.status(during).await, "confirmed");
        set_aside(deployed, "IntakeDeadLetters", 1).await;
        set_aside(deployed, "InvoiceDeadLetters", 1).await;

        redrive(deployed, "IntakeDeadLetters", "IntakeQueue", |_| mended.clone());
        confirmed_after(deployed, id).await;
        redrive(deployed, "InvoiceDeadLetters", "InvoiceQueue", |_| json!({ "order_id": id }));
        confirmed(deployed, id).await;
        deployed.audit().await;
    });
}

async fn confirmed_after(deployed: &Deployed, id: Uuid) {
    wait_until("the mended order to be confirmed", WITHIN, async || match deployed.shop.status(id).await {
        status if status == "confirmed" => Ok(()),
        status => Err(status),
    })
    .await;
}

#[test]
fn an_order_whose_payload_is_missing_comes_through_unchanged_once_it_is_there() {
    run(async {
        let (_turn, deployed) = deployed().await;
        let id = new_id();
        let request = order(&[("CUP", 1)], "pm_card_visa");
        let accepted =
            json!({ "id": id, "customer": "zoe", "accepted_at": "2026-11-22T10:00:00Z", "request": request });
        let key = format!("intake/{id}.json");
        send(deployed, "IntakeQueue", &json!({ "$payload": key }));
        set_aside(deployed, "IntakeDeadLetters", 1).await;
        assert_eq!(deployed.shop.status(id).await, "submitted");

        let object = json!({ "Bucket": deployed.id("Payloads"), "Key": key, "Body": accepted.to_string() });
        deployed.look.call("s3", "put_object", object);
        redrive(deployed, "IntakeDeadLetters", "IntakeQueue", |body| body);
        confirmed_after(deployed, id).await;
        confirmed(deployed, id).await;
        deployed.audit().await;
    });
}
