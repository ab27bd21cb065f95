//! Those who read and those who order are answered by functions apart: when all that the one may have is taken, the other
//! accepts orders as ever.

use super::{
    site::{Deployed, and_back, deployed, run},
    support::{new_id, order},
};
use serde_json::{Value, json};

/// The local AWS counts what is at work for what is not a version of its own only.
const COUNTED: &str = "$LATEST";

/// Has the API's requests answered by that version of its function.
fn answered_by(deployed: &Deployed, version: &Value) {
    let alias = json!({ "FunctionName": deployed.id("ApiFunction"), "Name": "live", "FunctionVersion": version });
    deployed.look.call("lambda", "update_alias", alias);
}

#[test]
fn orders_are_accepted_while_nobody_who_reads_is_served() {
    run(async {
        let (_turn, deployed) = deployed().await;
        let function = deployed.id("ApiFunction");
        let live = json!({ "FunctionName": function, "Name": "live" });
        let version = deployed.look.call("lambda", "get_alias", live)["FunctionVersion"].clone();
        let read = async || {
            let answer = deployed.shop.http.get(format!("{}/healthz", deployed.site().api)).send().await.unwrap();
            answer.status().as_u16()
        };
        assert_eq!(read().await, 200);
        let test = async {
            answered_by(deployed, &json!(COUNTED));
            let none_left = json!({ "FunctionName": function, "ReservedConcurrentExecutions": 0 });
            deployed.look.call("lambda", "put_function_concurrency", none_left);
            assert!(read().await >= 400, "somebody who reads was served");
            deployed.accepted(&new_id().to_string(), &order(&[("TEA", 1)], "pm_card_visa")).await
        };
        let id = and_back(test, async || {
            deployed.look.call("lambda", "delete_function_concurrency", json!({ "FunctionName": function }));
            answered_by(deployed, &version);
        })
        .await;
        assert_eq!(read().await, 200);
        deployed.settled(&[id]).await;
        assert_eq!(deployed.shop.status(id).await, "confirmed");
        deployed.audit().await;
    });
}
