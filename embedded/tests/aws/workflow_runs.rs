//! What Step Functions and the buckets have to show of orders that went through.

use super::{
    site::{Deployed, deployed, run},
    support::{new_id, order},
};
use serde_json::json;
use uuid::Uuid;
use workflows::issued_invoice::document_path;

async fn through(deployed: &Deployed, method: &str) -> Uuid {
    let id = deployed.accepted(&new_id().to_string(), &order(&[("TEA", 1)], method)).await;
    deployed.settled(&[id]).await;
    id
}

#[test]
fn an_executions_history_shows_its_states() {
    run(async {
        let (_turn, deployed) = deployed().await;
        let paid = ["AuthorizePayment", "PaymentAnswered", "ConfirmOrder", "Closed"];
        let declined = ["AuthorizePayment", "PaymentAnswered", "RejectOrder", "Closed"];
        let in_doubt =
            ["AuthorizePayment", "GiveTheProviderTime", "ResolvePayment", "PaymentAnswered", "ConfirmOrder", "Closed"];
        let methods: [(&str, &[&str]); 3] =
            [("pm_card_visa", &paid), ("pm_card_chargeDeclined", &declined), ("pm_sandbox_timeout_charged", &in_doubt)];
        for (method, states) in methods {
            let id = through(deployed, method).await;
            assert_eq!(deployed.look.states_entered(&deployed.execution(id)), states, "{method}");
        }
        deployed.audit().await;
    });
}

#[test]
fn an_order_started_twice_runs_once() {
    run(async {
        let (_turn, deployed) = deployed().await;
        let id = through(deployed, "pm_card_visa").await;
        let again = deployed.look.ask(
            "stepfunctions",
            "start_execution",
            json!({
                "stateMachineArn": deployed.id("Checkout"),
                "name": id,
                "input": json!({ "order_id": id }).to_string(),
            }),
        );
        assert_eq!(again["refused"]["code"], "ExecutionAlreadyExists");
        // The queue delivers at least once: the order comes again and starts nothing.
        let item = deployed.look.call(
            "dynamodb",
            "get_item",
            json!({ "TableName": deployed.id("Submissions"), "Key": { "pk": { "S": format!("ORDER#{id}") } } }),
        );
        let body = &item["Item"]["order"]["S"];
        deployed.look.call(
            "sqs",
            "send_message",
            json!({ "QueueUrl": deployed.id("IntakeQueue"), "MessageBody": body }),
        );
        deployed.settled(&[id]).await;
        let machine = json!({ "stateMachineArn": deployed.id("Checkout") });
        let all = deployed.look.call("stepfunctions", "list_executions", machine);
        let of_order = all["executions"].as_array().unwrap().iter().filter(|execution| execution["name"] == json!(id));
        assert_eq!(of_order.count(), 1);
        deployed.audit().await;
    });
}

#[test]
fn the_invoice_lies_in_the_bucket() {
    run(async {
        let (_turn, deployed) = deployed().await;
        let id = through(deployed, "pm_card_visa").await;
        let number = deployed.order(id).await["invoice"]["number"].as_str().unwrap().to_owned();
        let object = json!({ "Bucket": deployed.id("Documents"), "Key": document_path(&number) });
        let invoice = deployed.look.call("s3", "get_object", object);
        assert!(invoice["Body"]["base64"].as_str().unwrap().starts_with("JVBERi0"), "it is no PDF");
        deployed.audit().await;
    });
}
