//! The same template with Express workflows. On AWS such a machine starts an order as often as it is told to, because it
//! does not know the names of executions; MiniStack knows them, so the second start has a name of its own here.

use super::{
    site::{Deployed, WITHIN, run},
    support::{new_id, order, wait_until},
};
use serde_json::json;
use uuid::Uuid;

/// Starts the checkout of an order once more as soon as its stock is held, which is when it was started first.
async fn start_again(deployed: &Deployed, id: Uuid) {
    wait_until("the stock to be held", WITHIN, async || match deployed.shop.status(id).await {
        status if status == "submitted" => Err(status),
        _ => Ok(()),
    })
    .await;
    let start = json!({
        "stateMachineArn": deployed.id("Checkout"),
        "name": format!("{id}-again"),
        "input": json!({ "order_id": id }).to_string(),
    });
    deployed.look.call("stepfunctions", "start_execution", start);
}

#[test]
fn on_express_workflows_an_order_started_twice_still_ends_once() {
    run(async {
        let deployed = Deployed::with(&[("WorkflowType", "EXPRESS")]).await;
        let machine = json!({ "stateMachineArn": deployed.id("Checkout") });
        let machine = deployed.look.call("stepfunctions", "describe_state_machine", machine);
        assert_eq!(machine["type"], "EXPRESS");
        // CloudFormation puts nothing in the place of another thing of the same name.
        assert_eq!(machine["name"], "local-checkout-express");

        let ends = [
            ("pm_card_visa", "confirmed"),
            ("pm_sandbox_slow", "confirmed"),
            ("pm_card_chargeDeclined", "rejected"),
            ("pm_sandbox_timeout_charged", "confirmed"),
        ];
        let mut orders = Vec::new();
        for (method, _) in ends {
            let id = deployed.accepted(&new_id().to_string(), &order(&[("TEA", 1)], method)).await;
            start_again(&deployed, id).await;
            orders.push(id);
        }
        deployed.settled(&orders).await;
        for (id, (method, end)) in orders.iter().zip(ends) {
            assert_eq!(deployed.shop.status(*id).await, end, "{method}");
        }
        let succeeded = json!({ "stateMachineArn": deployed.id("Checkout"), "statusFilter": "SUCCEEDED" });
        let succeeded = deployed.look.call("stepfunctions", "list_executions", succeeded);
        assert_eq!(succeeded["executions"].as_array().unwrap().len(), 2 * orders.len(), "{succeeded}");
        deployed.audit().await;
        deployed.stop().await;
    });
}
