//! What each function may do: what the adapters behind its needs ask of AWS, and nothing else. Whatever would allow more
//! without saying it in the template is refused.

use crate::template::{Template, references, several};
use handlers::functions::{DatabaseUser, Need, Trigger};
use serde_json::Value;
use std::collections::BTreeSet;
use workflows::{wiring::QUEUES, wiring::QueueName};

/// An action, and the resource it is allowed on.
type Grant = (String, String);

const MANAGED: &str = "AWS::IAM::ManagedPolicy";
/// The topics of all warehouses of a stage.
const TOPICS: &str = "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:${Stage}-warehouse-*.fifo";
/// Properties of a function by which SAM allows it what its policies do not say.
const SILENT: [&str; 4] = ["Role", "Events", "DeadLetterQueue", "EventInvokeConfig/DestinationConfig"];
/// Resources that would allow a function's role something from elsewhere.
const FROM_ELSEWHERE: [&str; 3] = ["AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::Serverless::Connector"];

pub(super) fn differences(template: &Template) -> Vec<String> {
    let mut differences = Vec::new();
    for trigger in Trigger::all() {
        let id = trigger.logical_id();
        let granted = granted(template, &id, &mut differences);
        let needed = needed(template, trigger);
        for (action, resource) in needed.difference(&granted) {
            differences.push(format!("{id} needs {action} on {resource} and may not"));
        }
        for (action, resource) in granted.difference(&needed) {
            differences.push(format!("{id} may {action} on {resource} and needs not"));
        }
    }
    let attached = template.all(MANAGED).into_iter().filter(|id| !template.properties(id)["Roles"].is_null());
    for id in FROM_ELSEWHERE.iter().flat_map(|kind| template.all(kind)).chain(attached) {
        differences.push(format!("{id} allows something that does not stand with a function"));
    }
    differences
}

/// What AWS is asked by the adapters that a function reaches.
fn needed(template: &Template, trigger: Trigger) -> BTreeSet<Grant> {
    let mut grants = BTreeSet::new();
    let mut add = |resource: &str, actions: &[&str]| {
        grants.extend(actions.iter().map(|action| ((*action).to_owned(), resource.to_owned())));
    };
    let queue = |name: QueueName| {
        template.named("AWS::SQS::Queue", "QueueName", name.as_str()).unwrap_or("a queue that is missing")
    };
    // Every function connects to the database, the stack's own or the one that is named, as the user of its group; and meets
    // encrypted orders.
    for secret in secrets_of(trigger.database_user()) {
        add(secret, &["secretsmanager:GetSecretValue"]);
    }
    add("DataKey", &["kms:Decrypt", "kms:GenerateDataKey"]);
    if let Trigger::Queue(step) = trigger {
        for spec in QUEUES.iter().filter(|spec| spec.step == step) {
            add(queue(spec.name), &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]);
        }
    }
    for need in trigger.needs() {
        match need {
            Need::TokenKey => add("TokenKey", &["secretsmanager:GetSecretValue"]),
            Need::EdgeKey => add("EdgeSecretArn", &["secretsmanager:GetSecretValue"]),
            Need::Intake => {
                add("Submissions", &["dynamodb:GetItem", "dynamodb:PutItem"]);
                add(queue(QueueName::Intake), &["sqs:SendMessage"]);
                // An order that still waits there is read, too.
                add("Payloads", &["s3:PutObject", "s3:GetObject", "s3:ListBucket"]);
            }
            Need::Accepted => {
                add("Submissions", &["dynamodb:GetItem"]);
                add("Payloads", &["s3:GetObject", "s3:ListBucket"]);
            }
            Need::Catalogue => {
                add("Catalogue", &["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"]);
            }
            Need::CatalogueCopy => add("Catalogue", &["dynamodb:Query", "dynamodb:BatchWriteItem"]),
            Need::Queue(name) => add(queue(*name), &["sqs:SendMessage"]),
            // Without ListBucket, what is not there is forbidden instead of missing.
            Need::Payloads => add("Payloads", &["s3:GetObject", "s3:ListBucket"]),
            Need::EventBus => add("Bus", &["events:PutEvents"]),
            Need::Workflows => {
                add("Checkout", &["states:StartExecution", "states:DescribeExecution", "states:RedriveExecution"]);
            }
            Need::Documents if trigger == Trigger::Http => add("Documents", &["s3:GetObject", "s3:ListBucket"]),
            Need::Documents => add("Documents", &["s3:GetObject", "s3:ListBucket", "s3:PutObject"]),
            Need::Warehouses => {
                add("WarehouseTopic", &["sns:Publish"]);
                // Those of warehouses are known by how their names begin.
                add(TOPICS, &["sns:Publish"]);
            }
            Need::DatabaseUsers => {
                for secret in DatabaseUser::MADE.into_iter().flat_map(secrets_of) {
                    add(secret, &["secretsmanager:GetSecretValue"]);
                }
            }
            // Places are items of the table of accepted orders.
            Need::WaitingRoom => add("Submissions", &["dynamodb:PutItem"]),
            // They are settings, and the sandbox provider is in the database.
            Need::Hold | Need::Seller | Need::Payments => {}
        }
    }
    grants
}

/// The secrets of a user: the stack's own, one that is named, and the owner's where no users are asked for.
pub(super) fn secrets_of(user: DatabaseUser) -> Vec<&'static str> {
    match user {
        DatabaseUser::Owner => vec!["Database", "DatabaseSecretArn"],
        DatabaseUser::Api => vec!["Database", "DatabaseApiSecretArn", "DatabaseSecretArn"],
        DatabaseUser::Worker => vec!["Database", "DatabaseWorkerSecretArn", "DatabaseSecretArn"],
        DatabaseUser::Payments => vec!["Database", "DatabasePaymentsSecretArn", "DatabaseSecretArn"],
    }
}

/// What the template allows a function, and what of that cannot be compared. A resource that is everything, or is named by
/// a text that is not known here, counts as `*`.
fn granted(template: &Template, id: &str, differences: &mut Vec<String>) -> BTreeSet<Grant> {
    for property in SILENT {
        let places = [&template.0["Globals"]["Function"], template.properties(id)];
        if places.iter().any(|place| place.pointer(&format!("/{property}")).is_some()) {
            differences.push(format!("{id} has {property}, which allows more than its policies say"));
        }
    }
    let mut grants = BTreeSet::new();
    let policies = [&template.0["Globals"]["Function"], template.properties(id)].map(|place| &place["Policies"]);
    for policy in policies.into_iter().filter(|policies| !policies.is_null()).flat_map(several) {
        let Some(document) = document(template, policy) else {
            differences.push(format!("{id}: the policy {policy} does not say what it allows"));
            continue;
        };
        for statement in several(&document["Statement"]).into_iter().flat_map(branches) {
            let actions: Vec<&str> = several(&statement["Action"]).into_iter().filter_map(Value::as_str).collect();
            let resources = resources(&statement["Resource"]);
            match statement["Effect"].as_str() {
                Some("Deny") => {}
                Some("Allow") if !actions.is_empty() && !statement["Resource"].is_null() => {
                    for action in actions {
                        grants.extend(resources.iter().map(|resource| (action.to_owned(), resource.clone())));
                    }
                }
                _ => differences.push(format!("{id}: the statement {statement} cannot be compared")),
            }
        }
    }
    grants
}

/// The policy itself, if it stands in the template. SAM also takes names, ARNs and templates of its own.
fn document<'a>(template: &'a Template, policy: &'a Value) -> Option<&'a Value> {
    match policy["Ref"].as_str() {
        Some(id) => template.properties(id).get("PolicyDocument"),
        None => policy.get("Statement").map(|_| policy),
    }
}

/// A value, or those that may stand in its place by a condition.
fn branches(value: &Value) -> Vec<&Value> {
    match value["Fn::If"].as_array() {
        Some(parts) => parts.iter().skip(1).flat_map(branches).collect(),
        None if value["Ref"] == "AWS::NoValue" => Vec::new(),
        None => vec![value],
    }
}

/// The resources that a statement names.
fn resources(value: &Value) -> BTreeSet<String> {
    let one = |resource: &Value| {
        if resource["Fn::Sub"] == TOPICS {
            return BTreeSet::from([TOPICS.to_owned()]);
        }
        let named = references(resource);
        if named.is_empty() { BTreeSet::from(["*".to_owned()]) } else { named }
    };
    branches(value).into_iter().flat_map(several).flat_map(branches).flat_map(one).collect()
}
