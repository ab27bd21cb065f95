//! One execution for each order, however often it is told.

use super::account::{clients, name, order_id};
use adapters::aws::{Clients, workflows::StepFunctions};
use futures_util::future::join_all;
use schemas::ids::OrderId;
use serde_json::{Value, json};
use workflows::ports::Workflows;

async fn state_machine(clients: &Clients, state: Value) -> String {
    let definition = json!({ "StartAt": "Only", "States": { "Only": state } });
    let request = clients.step_functions.create_state_machine().name(name("checkout"));
    let role = std::env::var("SLUICE_TEST_ROLE_ARN").unwrap();
    let request = request.definition(definition.to_string()).role_arn(role);
    request.send().await.unwrap().state_machine_arn
}

async fn executions(clients: &Clients, machine: &str) -> Vec<(String, Value)> {
    let listed = clients.step_functions.list_executions().state_machine_arn(machine).send().await.unwrap();
    let found = listed.executions.into_iter().map(async |execution| {
        let asked = clients.step_functions.describe_execution().execution_arn(execution.execution_arn);
        let described = asked.send().await.unwrap();
        (described.name.unwrap(), serde_json::from_str(&described.input.unwrap()).unwrap())
    });
    join_all(found).await
}

#[tokio::test]
async fn an_order_that_is_told_twice_has_one_execution_of_its_name() {
    let clients = clients().await;
    let machine = state_machine(&clients, json!({ "Type": "Succeed" })).await;
    let workflows = StepFunctions::new(clients.step_functions.clone(), &machine);
    let orders: Vec<OrderId> = (0..20).map(|_| order_id()).collect();
    workflows.start_checkout(&orders).await.unwrap();
    workflows.start_checkout(&orders).await.unwrap();
    let found = executions(&clients, &machine).await;
    assert_eq!(found.len(), orders.len());
    for (name, input) in found {
        assert_eq!(input, json!({ "order_id": name }));
        assert!(orders.contains(&name.parse().unwrap()));
    }
}
