//! Holds `infra/template.yaml` against what triggers what (`workflows::wiring`) and what each function reaches
//! (`handlers::functions`), resource by resource, and names the difference.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod events;
mod functions;
mod permissions;
mod queues;
mod template;

use serde_json::{Value, json};
use template::Template;

fn differences(template: &Template) -> Vec<String> {
    let parts = [queues::differences, events::differences, functions::differences, permissions::differences];
    parts.iter().flat_map(|part| part(template)).collect()
}

#[test]
fn the_template_says_what_the_wiring_says() {
    let differences = differences(&Template::read());
    assert!(differences.is_empty(), "infra/template.yaml:\n{}", differences.join("\n"));
}

/// Where something is changed, what it is changed to, and what is said of it.
type Change = (&'static str, Value, &'static str);

#[test]
fn whatever_is_changed_in_the_template_is_named() {
    let changes: &[Change] = &[
        ("IntakeQueue/Properties/QueueName/Fn::Sub", json!("${Stage}-orders"), "there is no queue intake"),
        ("IntakeQueue/Properties/VisibilityTimeout", json!(30), "IntakeQueue: VisibilityTimeout is 30"),
        ("VoidQueue/Properties/RedrivePolicy/maxReceiveCount", json!(3), "VoidQueue: maxReceiveCount is 3"),
        (
            "VoidQueue/Properties/RedrivePolicy/deadLetterTargetArn",
            json!({ "Fn::GetAtt": "IndexDeadLetters.Arn" }),
            "VoidQueue: dead letters do not go to void-dlq",
        ),
        ("IndexMapping/Properties/BatchSize", json!(10), "IndexMapping: BatchSize is 10"),
        ("IndexMapping/Properties/MaximumBatchingWindowInSeconds", json!(0), "MaximumBatchingWindowInSeconds is 0"),
        ("IntakeMapping/Properties/ScalingConfig/MaximumConcurrency", json!(9), "IntakeMapping: ScalingConfig"),
        ("IntakeMapping/Properties/FunctionResponseTypes", json!([]), "IntakeMapping: FunctionResponseTypes is []"),
        (
            "CancelMapping/Properties/FunctionName/Ref",
            json!("VoidFunction.Alias"),
            r#"CancelMapping: FunctionName is {"Ref":"VoidFunction.Alias"}"#,
        ),
        ("CancelMapping/Type", json!("AWS::None"), "CancelQueue has 0 mappings"),
        ("InvoiceFunction/Properties/Timeout", json!(60), "InvoiceFunction: six times its Timeout of 60"),
        ("UndeliveredEvents/Properties/QueueName", json!("other"), "UndeliveredEvents is no queue of the wiring"),
        (
            "ConfirmedOrdersAreInvoiced/Properties/EventPattern/detail-type/0",
            json!("OrderPaid"),
            "ConfirmedOrdersAreInvoiced: EventPattern",
        ),
        (
            "ConfirmedOrdersAreInvoiced/Properties/Targets/0/InputPath",
            json!("$"),
            "ConfirmedOrdersAreInvoiced: the target's InputPath",
        ),
        (
            "WarehousesHearOfOrders/Properties/Targets/0/Arn/Fn::GetAtt",
            json!("VoidQueue.Arn"),
            "WarehousesHearOfOrders: the target's Arn",
        ),
        ("WarehousesHearOfOrders/Type", json!("AWS::None"), "there is no rule warehouses-hear-of-orders"),
        ("DispatchQueuePolicy/Type", json!("AWS::None"), "DispatchQueue does not let WarehousesHearOfOrders in"),
        ("ExpireSchedule/Properties/ScheduleExpression", json!("rate(1 hour)"), "ExpireSchedule: ScheduleExpression"),
        ("SweepSchedule/Properties/Target/Arn/Ref", json!("ExpireFunction.Alias"), "SweepSchedule: the target's Arn"),
        ("SchedulerRole/Properties/Policies", json!([]), "SweepSchedule: its role may not call SweepFunction.Alias"),
        ("EventSchema/Properties/Content", json!("{}"), "EventSchema: it requires"),
        (
            "Checkout/Properties/DefinitionSubstitutions/ConfirmOrderFunction/Ref",
            json!("RejectOrderFunction.Alias"),
            "Checkout: DefinitionSubstitutions",
        ),
        ("Checkout/Properties/Policies/0/Statement/0/Resource", json!([]), "Checkout may call {}"),
        ("PublishCatalogueSchedule/Type", json!("AWS::None"), "there is no schedule publish-catalogue"),
        (
            "PublishCatalogueSchedule/Properties/ScheduleExpression",
            json!("rate(5 minutes)"),
            "PublishCatalogueSchedule: ScheduleExpression is \"rate(5 minutes)\"",
        ),
        (
            "ApiFunction/Properties/Environment/Variables/CATALOGUE_TABLE/Ref",
            json!("Submissions"),
            "ApiFunction: CATALOGUE_TABLE refers to {\"Submissions\"}",
        ),
        (
            "PublishCatalogueFunction/Properties/Environment/Variables",
            json!({}),
            "PublishCatalogueFunction reads CATALOGUE_TABLE and is not given it",
        ),
        (
            "ApiFunction/Properties/Policies/1/Statement/1/Action",
            json!(["dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchWriteItem"]),
            "ApiFunction may dynamodb:BatchWriteItem on Catalogue and needs not",
        ),
        (
            "PublishCatalogueFunction/Properties/Policies/1/Statement/0/Action",
            json!("dynamodb:Query"),
            "PublishCatalogueFunction needs dynamodb:BatchWriteItem on Catalogue and may not",
        ),
        ("SweepFunction/Type", json!("AWS::None"), "there is no function SweepFunction"),
        ("SweepFunction/Metadata/BuildProperties/Binary", json!("expire"), "SweepFunction: Binary is \"expire\""),
        (
            "DispatchFunction/Properties/Environment/Variables",
            json!({}),
            "DispatchFunction reads WAREHOUSE_TOPIC_ARN and is not given it",
        ),
        (
            "VoidFunction/Properties/Environment/Variables",
            json!({ "EVENT_BUS_NAME": { "Ref": "Bus" } }),
            "VoidFunction is given EVENT_BUS_NAME and does not read it",
        ),
        (
            "SweepFunction/Properties/Environment/Variables/QUEUE_URL_CANCEL/Ref",
            json!("VoidQueue"),
            "SweepFunction: QUEUE_URL_CANCEL refers to {\"VoidQueue\"}",
        ),
        (
            "ExpireFunction/Properties/Policies/1/Statement/0/Action",
            json!("events:ListRules"),
            "ExpireFunction needs events:PutEvents on Bus and may not",
        ),
        (
            "ExpireFunction/Properties/Policies/1/Statement/0/Resource",
            json!("*"),
            "ExpireFunction may events:PutEvents on * and needs not",
        ),
        ("FunctionBasics/Properties/PolicyDocument/Statement", json!([]), "IndexFunction needs kms:Decrypt on DataKey"),
    ];
    let template = Template::read();
    for (place, value, said) in changes {
        let mut changed = template.clone();
        *changed.0.pointer_mut(&format!("/Resources/{place}")).unwrap_or_else(|| panic!("there is no {place}")) =
            value.clone();
        let differences = differences(&changed);
        assert!(differences.iter().any(|line| line.contains(said)), "{place}: {differences:?}");
    }
}
