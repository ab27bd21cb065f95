//! A warehouse has a topic of its own and subscribes a queue of its own to it, by the templates that are made for that, and
//! hears of its orders: in order, and of no other's.
//!
//! The queue's template is deployed in the account of the topic: MiniStack's CloudFormation subscribes to no other account's.

use super::{
    site::{Deployed, WITHIN, and_back, deployed, run},
    support::{new_id, order, wait_until},
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use sluice::local_aws::checkout;
use std::{collections::HashMap, fs};
use uuid::Uuid;

const CONFIRMED: &str = "sluice.OrderConfirmed.v1";
const CANCELLED: &str = "sluice.OrderCancelled.v1";

/// Deploys a template of ours; what it puts out.
async fn stack(
    deployed: &Deployed,
    name: &str,
    template: &str,
    parameters: &[(&str, &str)],
) -> HashMap<String, String> {
    let template = fs::read_to_string(checkout().unwrap().join("infra").join(template)).unwrap();
    let parameters: Vec<Value> =
        parameters.iter().map(|(name, value)| json!({ "ParameterKey": name, "ParameterValue": value })).collect();
    let create = json!({ "StackName": name, "TemplateBody": template, "Parameters": parameters });
    deployed.look.call("cloudformation", "create_stack", create);
    let mut outputs = HashMap::new();
    wait_until("the warehouse's stack to be there", WITHIN, async || {
        let described = deployed.look.call("cloudformation", "describe_stacks", json!({ "StackName": name }));
        let described = &described["Stacks"][0];
        if described["StackStatus"] != "CREATE_COMPLETE" {
            return Err(described.to_string());
        }
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let found = described["Outputs"].as_array().unwrap().iter();
        outputs = found.map(|output| (text(&output["OutputKey"]), text(&output["OutputValue"]))).collect();
        Ok(())
    })
    .await;
    outputs
}

/// A topic of its own for a warehouse, and the queue that it subscribes.
async fn subscribed(deployed: &Deployed, warehouse: &str) -> String {
    let parameters = [("Stage", "local"), ("Warehouse", warehouse), ("Account", "000000000000")];
    let made = stack(deployed, &format!("topic-{warehouse}"), "warehouse-topic.yaml", &parameters).await;
    let topic = made["TopicArn"].as_str();
    // MiniStack's CloudFormation forgets that it is FIFO.
    let fifo = json!({ "TopicArn": topic, "AttributeName": "FifoTopic", "AttributeValue": "true" });
    deployed.look.call("sns", "set_topic_attributes", fifo);
    let parameters = [("TopicArn", topic), ("Warehouse", warehouse)];
    stack(deployed, &format!("warehouse-{warehouse}"), "warehouse-account.yaml", &parameters).await["QueueUrl"].clone()
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

/// A product that lies in that warehouse only.
async fn stock(deployed: &Deployed, sku: &str, warehouse: &str) {
    let statements = [
        "insert into products select $1, 'In ' || $2, 'EUR', 1000, 1900, '{}', now()",
        "insert into stock (sku, warehouse, received) values ($1, $2, 1000)",
        "insert into stock_receipts values (gen_random_uuid(), $1, $2, 1000, 'tests', now())",
    ];
    for statement in statements {
        sqlx::query(statement).bind(sku).bind(warehouse).execute(deployed.shop.pool()).await.unwrap();
    }
}

async fn placed(deployed: &Deployed, lines: &[(&str, i64)]) -> Uuid {
    deployed.accepted(&new_id().to_string(), &order(lines, "pm_card_visa")).await
}

async fn reached(deployed: &Deployed, id: Uuid, status: &str) {
    wait_until(&format!("an order to be {status}"), WITHIN, async || match deployed.shop.status(id).await {
        found if found == status => Ok(()),
        found => Err(found),
    })
    .await;
}

fn of_order(events: &[Value], order: Uuid) -> Vec<(&str, Value)> {
    let of_it = events.iter().filter(|event| event["subject"] == json!(order));
    of_it.map(|event| (event["type"].as_str().unwrap(), event["data"]["lines"].clone())).collect()
}

fn line(sku: &str) -> Value {
    json!([{ "sku": sku, "quantity": 1 }])
}

#[test]
fn a_warehouse_hears_of_its_orders_in_order_and_of_no_others() {
    run(async {
        let (_turn, deployed) = deployed().await;
        stock(deployed, "FAR", "north").await;
        let (main, north) = (subscribed(deployed, "main").await, subscribed(deployed, "north").await);
        let near = placed(deployed, &[("TEA", 1)]).await;
        let far = placed(deployed, &[("FAR", 1)]).await;
        let both = placed(deployed, &[("TEA", 1), ("FAR", 1)]).await;
        let declined = deployed.accepted(&new_id().to_string(), &order(&[("FAR", 1)], "pm_card_chargeDeclined")).await;
        deployed.settled(&[near, far, both, declined]).await;
        for id in [near, far, both] {
            deployed.cancel(id).await;
        }
        for id in [near, far, both] {
            reached(deployed, id, "cancelled").await;
        }
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

/// The confirmation may still be on its way to the warehouse, or not be told at all yet.
#[test]
fn an_order_cancelled_as_soon_as_it_is_confirmed_is_told_in_that_order() {
    run(async {
        const AT_ONCE: usize = 4;
        let (_turn, deployed) = deployed().await;
        stock(deployed, "OFF", "south").await;
        let south = subscribed(deployed, "south").await;
        let called_off = async || {
            let id = placed(deployed, &[("OFF", 1)]).await;
            reached(deployed, id, "confirmed").await;
            deployed.cancel(id).await;
            reached(deployed, id, "cancelled").await;
            id
        };
        let mut ids = join_all((0..AT_ONCE).map(|_| called_off())).await;
        // Both messages of this one lie there together.
        deployed.set_working("DispatchMapping", false);
        ids.push(and_back(called_off(), async || deployed.set_working("DispatchMapping", true)).await);
        deployed.settled(&ids).await;

        let events = received(deployed, &south);
        for id in &ids {
            assert_eq!(of_order(&events, *id), [(CONFIRMED, line("OFF")), (CANCELLED, line("OFF"))]);
        }
        assert_eq!(events.len(), 2 * ids.len(), "{events:#?}");
        deployed.audit().await;
    });
}
