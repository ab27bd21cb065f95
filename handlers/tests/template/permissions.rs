//! What each function may do: what the adapters behind its needs ask of AWS, and nothing else.

use crate::template::{Template, references, several};
use handlers::functions::{Need, Trigger};
use serde_json::Value;
use std::collections::BTreeSet;
use workflows::wiring::QUEUES;

/// An action, and the resource it is allowed on.
type Grant = (String, String);

pub(super) fn differences(template: &Template) -> Vec<String> {
    let mut differences = Vec::new();
    for trigger in Trigger::all() {
        let id = trigger.logical_id();
        let (needed, granted) = (needed(template, trigger), granted(template, &id));
        for (action, resource) in needed.difference(&granted) {
            differences.push(format!("{id} needs {action} on {resource} and may not"));
        }
        for (action, resource) in granted.difference(&needed) {
            differences.push(format!("{id} may {action} on {resource} and needs not"));
        }
    }
    differences
}

/// What AWS is asked by the adapters that a function reaches.
fn needed(template: &Template, trigger: Trigger) -> BTreeSet<Grant> {
    let mut grants = BTreeSet::new();
    let mut add = |resource: &str, actions: &[&str]| {
        grants.extend(actions.iter().map(|action| ((*action).to_owned(), resource.to_owned())));
    };
    let queue = |name: &str| template.named("AWS::SQS::Queue", "QueueName", name).unwrap_or("a queue that is missing");
    // Every function connects to the database, the stack's own or the one that is named, and meets encrypted orders.
    add("Database", &["secretsmanager:GetSecretValue"]);
    add("DatabaseSecretArn", &["secretsmanager:GetSecretValue"]);
    add("DataKey", &["kms:Decrypt", "kms:GenerateDataKey"]);
    if let Trigger::Queue(step) = trigger {
        for spec in QUEUES.iter().filter(|spec| spec.step == step) {
            add(queue(spec.name), &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]);
        }
    }
    for need in trigger.needs() {
        match need {
            Need::TokenKey => add("TokenKey", &["secretsmanager:GetSecretValue"]),
            Need::Intake => {
                add("Submissions", &["dynamodb:GetItem", "dynamodb:PutItem"]);
                add(queue("intake"), &["sqs:SendMessage"]);
                add("Payloads", &["s3:PutObject"]);
            }
            Need::Catalogue => add("Catalogue", &["dynamodb:GetItem", "dynamodb:Query"]),
            Need::CatalogueCopy => add("Catalogue", &["dynamodb:Query", "dynamodb:BatchWriteItem"]),
            Need::Queue(name) => add(queue(name), &["sqs:SendMessage"]),
            // Without ListBucket, what is not there is forbidden instead of missing.
            Need::Payloads => add("Payloads", &["s3:GetObject", "s3:ListBucket"]),
            Need::EventBus => add("Bus", &["events:PutEvents"]),
            Need::Workflows => {
                add("Checkout", &["states:StartExecution", "states:DescribeExecution", "states:RedriveExecution"]);
            }
            Need::Documents if trigger == Trigger::Http => add("Documents", &["s3:GetObject", "s3:ListBucket"]),
            Need::Documents => add("Documents", &["s3:PutObject"]),
            Need::Warehouses => add("WarehouseTopic", &["sns:Publish"]),
            // They are settings, and the sandbox provider is in the database.
            Need::Hold | Need::Seller | Need::Payments => {}
        }
    }
    grants
}

/// What the template allows a function. A resource that is everything counts as `*`.
fn granted(template: &Template, id: &str) -> BTreeSet<Grant> {
    several(&template.properties(id)["Policies"])
        .into_iter()
        .flat_map(|policy| match policy["Ref"].as_str() {
            Some(managed) => several(&template.properties(managed)["PolicyDocument"]["Statement"]),
            None => several(&policy["Statement"]),
        })
        .flat_map(statements)
        .filter(|statement| statement["Effect"] == "Allow")
        .flat_map(|statement| {
            let actions = several(&statement["Action"]).into_iter().map(|action| action.as_str().unwrap().to_owned());
            let resources = references(&statement["Resource"]);
            let resources = if resources.is_empty() { BTreeSet::from(["*".to_owned()]) } else { resources };
            actions.flat_map(move |action| {
                resources.clone().into_iter().map(move |resource| (action.clone(), resource)).collect::<Vec<_>>()
            })
        })
        .collect()
}

/// A statement, or those that are there under a condition.
fn statements(statement: &Value) -> Vec<&Value> {
    match statement["Fn::If"].as_array() {
        Some(parts) => parts.iter().skip(1).filter(|part| part["Effect"].is_string()).collect(),
        None => vec![statement],
    }
}
