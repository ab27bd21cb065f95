//! A warehouse subscribes a queue of its own to the topic and hears of its orders: in order, and of no other's.

use super::{
    site::{Deployed, WITHIN, deployed, run},
    support::{new_id, order, wait_until},
};
use serde_json::{Value, json};
use uuid::Uuid;

/// The queue of a warehouse, as `infra/warehouse-account.yaml` makes it.
fn subscribed(deployed: &Deployed, warehouse: &str) -> String {
    let look = &deployed.look;
    let name = json!({ "QueueName": format!("{warehouse}.fifo"), "Attributes": { "FifoQueue": "true" } });
    let queue = look.call("sqs", "create_queue", name)["QueueUrl"].as_str().unwrap().to_owned();
    let asked = json!({ "QueueUrl": queue, "AttributeNames": ["QueueArn"] });
    let arn = look.call("sqs", "get_queue_attributes", asked)["Attributes"]["QueueArn"].as_str().unwrap().to_owned();
    let topic = deployed.id("WarehouseTopic");
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "sns.amazonaws.com" }, "Action": "sqs:SendMessage",
        "Resource": arn, "Condition": { "ArnEquals": { "aws:SourceArn": topic } },
    }] });
    let attributes = json!({ "QueueUrl": queue, "Attributes": { "Policy": policy.to_string() } });
    look.call("sqs", "set_queue_attributes", attributes);
    let filter = json!({ "warehouse": [warehouse] }).to_string();
    let subscription = json!({ "TopicArn": topic, "Protocol": "sqs", "Endpoint": arn,
        "Attributes": { "RawMessageDelivery": "true", "FilterPolicy": filter } });
    look.call("sns", "subscribe", subscription);
    queue
}

/// Takes what is on a queue.
fn received(deployed: &Deployed, queue: &str) -> Vec<Value> {
    let mut events = Vec::new();
    loop {
        let asked = json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10 });
        let answer = deployed.look.call("sqs", "receive_message", asked);
        let Some(messages) = answer["Messages"].as_array().filter(|messages| !messages.is_empty()) else {
            return events;
        };
        for message in messages {
            events.push(serde_json::from_str(message["Body"].as_str().unwrap()).unwrap());
            let done = json!({ "QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"] });
            deployed.look.call("sqs", "delete_message", done);
        }
    }
}

/// A product that lies in another warehouse.
async fn stock_in_the_north(deployed: &Deployed) {
    let statements = [
        "insert into products values ('FAR', 'Far away', 'EUR', 1000, 1900, '{}', now())",
        "insert into stock (sku, warehouse, received) values ('FAR', 'north', 1000)",
        "insert into stock_receipts values (gen_random_uuid(), 'FAR', 'north', 1000, 'tests', now())",
    ];
    for statement in statements {
        deployed.shop.run(statement).await;
    }
}

fn of_order(events: &[Value], order: Uuid) -> Vec<(&str, Value)> {
    let of_it = events.iter().filter(|event| event["subject"] == json!(order));
    of_it.map(|event| (event["type"].as_str().unwrap(), event["data"]["lines"].clone())).collect()
}

#[test]
fn a_warehouse_hears_of_its_orders_in_order_and_of_no_others() {
    run(async {
        const CONFIRMED: &str = "sluice.OrderConfirmed.v1";
        const CANCELLED: &str = "sluice.OrderCancelled.v1";
        let (_turn, deployed) = deployed().await;
        stock_in_the_north(deployed).await;
        let (main, north) = (subscribed(deployed, "main"), subscribed(deployed, "north"));
        let line = |sku: &str| json!([{ "sku": sku, "quantity": 1 }]);
        let placed =
            async |lines: &[(&str, i64)]| deployed.accepted(&new_id().to_string(), &order(lines, "pm_card_visa")).await;
        let near = placed(&[("TEA", 1)]).await;
        let far = placed(&[("FAR", 1)]).await;
        let both = placed(&[("TEA", 1), ("FAR", 1)]).await;
        let declined = deployed.accepted(&new_id().to_string(), &order(&[("FAR", 1)], "pm_card_chargeDeclined")).await;
        deployed.settled(&[near, far, both, declined]).await;
        for id in [near, far, both] {
            deployed.cancel(id).await;
        }
        wait_until("the orders to be cancelled", WITHIN, async || {
            for id in [near, far, both] {
                let status = deployed.shop.status(id).await;
                if status != "cancelled" {
                    return Err(status);
                }
            }
            Ok(())
        })
        .await;
        deployed.settled(&[near, far, both, declined]).await;

        let (at_main, at_north) = (received(deployed, &main), received(deployed, &north));
        for (events, warehouse) in [(&at_main, "main"), (&at_north, "north")] {
            assert_eq!(events.len(), 4, "{warehouse}: {events:#?}");
            assert!(events.iter().all(|event| event["data"]["warehouse"] == warehouse), "{events:#?}");
        }
        for (events, order, sku) in
            [(&at_main, near, "TEA"), (&at_main, both, "TEA"), (&at_north, far, "FAR"), (&at_north, both, "FAR")]
        {
            assert_eq!(of_order(events, order), [(CONFIRMED, line(sku)), (CANCELLED, line(sku))]);
        }
        deployed.audit().await;
    });
}
