//! Holds `infra/template.yaml` against what triggers what (`workflows::wiring`) and what each function reaches
//! (`handlers::functions`), resource by resource, and its alarms in `infra/operations.yaml` with it, and names the
//! difference.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod advice;
mod concurrency;
mod dependencies;
mod events;
mod functions;
mod operations;
mod permissions;
mod pipelines;
mod queues;
mod routes;
mod template;
mod warehouses;

use serde_json::{Value, json};
use template::Template;

/// The main template.
fn main_template() -> Template {
    Template::read("infra/template.yaml")
}

/// The alarms and the dashboard, a stack within it.
fn alarms() -> Template {
    Template::read("infra/operations.yaml")
}

fn differences(template: &Template) -> Vec<String> {
    let parts = [
        queues::differences,
        advice::differences,
        events::differences,
        functions::differences,
        routes::differences,
        permissions::differences,
        concurrency::differences,
    ];
    parts.iter().flat_map(|part| part(template)).collect()
}

#[test]
fn the_template_says_what_the_wiring_says() {
    let differences = differences(&main_template());
    assert!(differences.is_empty(), "infra/template.yaml:\n{}", differences.join("\n"));
}

#[test]
fn the_alarms_watch_what_the_wiring_says() {
    let differences = operations::differences(&main_template(), &alarms());
    assert!(differences.is_empty(), "infra/operations.yaml:\n{}", differences.join("\n"));
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
        (
            "IndexFunction/Properties/Timeout",
            json!(10),
            "IndexQueue: messages come again while IndexFunction may be at work on them",
        ),
        ("VoidQueue/Properties/RedrivePolicy/maxReceiveCount", json!(4), "VoidQueue: a message is set aside after 4"),
        ("VoidQueue/Properties/RedrivePolicy", json!(null), "VoidQueue: what fails is set aside nowhere"),
        (
            "VoidDeadLetters/Properties/MessageRetentionPeriod",
            json!(345_600),
            "VoidDeadLetters: what is set aside is gone after 345600 s",
        ),
        ("UndeliveredEvents/Properties/MessageRetentionPeriod", json!(null), "UndeliveredEvents: what is set aside is"),
        (
            "IndexMapping/Properties/EventSourceArn/Fn::GetAtt",
            json!("IndexDeadLetters.Arn"),
            "IndexDeadLetters: a function works on what was set aside",
        ),
        (
            "IntakeMapping/Properties/FunctionResponseTypes",
            json!(null),
            "IntakeMapping: one bad message fails its whole",
        ),
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
            "ApiFunction/Properties/Environment/Variables/DATABASE_SECRET_ARN/Fn::If/1/Fn::GetAtt",
            json!("Database.Outputs.SecretArn"),
            "ApiFunction connects by \"Database.Outputs.SecretArn\" instead of Database.Outputs.ApiSecretArn",
        ),
        (
            "IndexFunction/Properties/Policies/2/Ref",
            json!("DatabaseAsPayments"),
            "IndexFunction may secretsmanager:GetSecretValue on DatabasePaymentsSecretArn and needs not",
        ),
        (
            "PublishCatalogueFunction/Properties/Environment/Variables",
            json!({}),
            "PublishCatalogueFunction reads CATALOGUE_TABLE and is not given it",
        ),
        (
            "ApiFunction/Properties/Policies/1/Statement/1/Action",
            json!(["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:BatchWriteItem"]),
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
            "DispatchFunction reads WAREHOUSE_TOPICS and is not given it",
        ),
        (
            "DispatchFunction/Properties/Policies/1/Statement/1/Resource/Fn::Sub",
            json!("arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:*"),
            "DispatchFunction may sns:Publish on * and needs not",
        ),
        (
            "ApiFunction/Properties/ReservedConcurrentExecutions",
            json!(null),
            "ApiFunction has no concurrency of its own",
        ),
        (
            "IndexFunction/Properties/ReservedConcurrentExecutions/Fn::If/1",
            json!(1),
            "IndexFunction: its queue asks for 2 at once, and it has 1",
        ),
        (
            "SubmitFunction/Properties/ReservedConcurrentExecutions",
            json!(null),
            "SubmitFunction has no concurrency of its own",
        ),
        (
            "SubmitFunction/Properties/ReservedConcurrentExecutions/Fn::If/1/Ref",
            json!("ApiConcurrency"),
            "those who order and those who read are measured by one parameter",
        ),
        ("../Parameters/ApiConcurrency/Default", json!(600), "two stages reserve"),
        ("../Parameters/MostWaiting/Default", json!(55), "55 may wait of the 100 whom ApiFunction serves"),
        ("../Parameters/SubmitConcurrency/Default", json!(80), "50 may wait of the 80 whom SubmitFunction serves"),
        (
            "SubmitIntegration/Properties/IntegrationUri/Ref",
            json!("ApiFunction.Alias"),
            r#"SubmitRoute: "POST /v1/orders" is answered by ["ApiFunction.Alias"]"#,
        ),
        (
            "OrdersRoute/Properties/Target/Fn::Sub",
            json!("integrations/${SubmitIntegration}"),
            r#"OrdersRoute: "ANY /v1/{proxy+}" is answered by ["SubmitFunction.Alias"]"#,
        ),
        ("SubmitRoute/Properties/RouteKey", json!("ANY /v1/orders"), r#"there is not one route "POST /v1/orders""#),
        ("SubmitRoute/Properties/RouteKey", json!("ANY /v1/orders"), "SubmitRoute is no route of the API"),
        ("SubmitRoute/Properties/AuthorizationType", json!("NONE"), r#"SubmitRoute: AuthorizationType is "NONE""#),
        ("OrdersRoute/Properties/AuthorizerId", json!(null), "OrdersRoute: AuthorizerId is null"),
        ("SubmitMayBeCalled/Properties/Principal", json!("*"), "the gateway may not call SubmitFunction"),
        ("ApiMayCall/Type", json!("AWS::None"), "the gateway may not call ApiFunction"),
        ("ApiStage/Properties/RouteSettings", json!({}), r#"ApiStage: "POST /v1/orders" has no measure of its own"#),
        ("ApiStage/Properties/DefaultRouteSettings", json!({}), "ApiStage: there is no end"),
        ("ApiFunction/DependsOn", json!("HealthRoute"), "ApiFunction accepts no orders before they go elsewhere"),
        (
            "SweepFunction/Properties/EventInvokeConfig/MaximumEventAgeInSeconds",
            json!(null),
            "SweepFunction: ticks that find no room pile up",
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
        ("IndexMapping/Properties/Enabled", json!(false), "IndexMapping: Enabled is false"),
        ("IndexMapping/Properties/FilterCriteria", json!({ "Filters": [] }), "IndexMapping: FilterCriteria is {"),
        (
            "ApiFunction/Properties/Environment/Variables/EDGE_SECRET_ARN",
            json!({ "Ref": "DatabaseSecretArn" }),
            "ApiFunction: EDGE_SECRET_ARN refers to {\"DatabaseSecretArn\"}",
        ),
        (
            "SubmitFunction/Properties/Policies/1/Statement/3/Action",
            json!("s3:PutObject"),
            "SubmitFunction needs s3:GetObject on Payloads and may not",
        ),
        (
            "IndexFunction/Properties/Policies/1",
            json!("arn:aws:iam::aws:policy/AdministratorAccess"),
            "IndexFunction: the policy \"arn:aws:iam::aws:policy/AdministratorAccess\" does not say what it allows",
        ),
        (
            "IndexFunction/Properties/Policies/1",
            json!({ "S3CrudPolicy": { "BucketName": { "Ref": "Documents" } } }),
            "IndexFunction: the policy {\"S3CrudPolicy\"",
        ),
        (
            "IndexFunction/Properties/Policies/1",
            json!({ "Ref": "AWS::AccountId" }),
            "IndexFunction: the policy {\"Ref\":\"AWS::AccountId\"} does not say",
        ),
        (
            "IndexFunction/Properties/Policies/1/Statement/0",
            json!({ "Effect": "Allow", "NotAction": "s3:*", "Resource": { "Ref": "Documents" } }),
            "IndexFunction: the statement {\"Effect\":\"Allow\",\"NotAction\"",
        ),
        (
            "IndexFunction/Properties/Role",
            json!({ "Ref": "SchedulerRole" }),
            "IndexFunction has Role, which allows more",
        ),
        ("IndexFunction/Properties/Events", json!({}), "IndexFunction has Events, which allows more"),
        ("IndexFunction/Properties/DeadLetterQueue", json!({}), "IndexFunction has DeadLetterQueue, which allows more"),
        (
            "SweepFunction/Properties/EventInvokeConfig/DestinationConfig",
            json!({}),
            "SweepFunction has EventInvokeConfig/DestinationConfig, which allows more",
        ),
        (
            "ExpireFunction/Properties/Policies/1/Statement/0/Resource",
            json!([{ "Fn::GetAtt": "Bus.Arn" }, "*"]),
            "ExpireFunction may events:PutEvents on * and needs not",
        ),
        (
            "ExpireFunction/Properties/Policies/1/Statement/0/Resource",
            json!({ "Fn::If": ["IsLasting", { "Fn::GetAtt": "Bus.Arn" }, "arn:aws:events:*:*:event-bus/*"] }),
            "ExpireFunction may events:PutEvents on * and needs not",
        ),
        ("DataKeyAlias/Type", json!("AWS::IAM::RolePolicy"), "DataKeyAlias allows something that does not stand with"),
        (
            "FunctionBasics/Properties/Roles",
            json!([{ "Ref": "IndexFunctionRole" }]),
            "FunctionBasics allows something that does not stand with",
        ),
    ];
    are_named(&main_template(), changes, differences);
}

#[test]
fn whatever_is_changed_in_the_alarms_is_named() {
    let changes: &[Change] = &[
        (
            "IntakeIsOld/Properties/Dimensions/0/Value/Fn::Sub",
            json!("${Stage}-orders"),
            "no alarm watches ApproximateAgeOfOldestMessage of intake",
        ),
        (
            "VoidHasDeadLetters/Properties/Dimensions/0/Value/Fn::Sub",
            json!("${Stage}-void"),
            "no alarm watches ApproximateNumberOfMessagesVisible of void-dlq",
        ),
        (
            "VoidIsOld/Properties/MetricName",
            json!("NumberOfMessagesSent"),
            "VoidIsOld watches NumberOfMessagesSent of void and should not",
        ),
        ("DeadLettersAreLeft/Type", json!("AWS::None"), "no alarm watches ApproximateAgeOfOldestMessage of void-dlq"),
        ("DeadLettersAreLeft/Properties/Threshold", json!(1_300_000), "DeadLettersAreLeft rings when they are gone"),
        (
            "DeadLettersAreLeft/Properties/Metrics/0/Expression",
            json!("SUM(METRICS())"),
            "DeadLettersAreLeft does not watch the largest of its metrics",
        ),
        ("IndexHasDeadLetters/Properties/Threshold", json!(5), "IndexHasDeadLetters: Threshold is 5"),
        ("DispatchIsOld/Type", json!("AWS::None"), "no alarm watches ApproximateAgeOfOldestMessage of dispatch"),
        ("DispatchIsOld/Properties/AlarmActions", json!([]), "DispatchIsOld: AlarmActions is []"),
        (
            "EventsAreUndelivered/Properties/Dimensions/0/Value/Fn::Sub",
            json!("${Stage}-undelivered"),
            "no alarm watches ApproximateNumberOfMessagesVisible of undelivered-events",
        ),
        (
            "FunctionsFail/Properties/Metrics/9/MetricStat/Metric/Dimensions/0/Value/Fn::Sub",
            json!("${Stage}-sweeper"),
            "no alarm watches Errors of sweep",
        ),
        (
            "DecisionsFail/Properties/Metrics/1/MetricStat/Metric/Dimensions/0/Value/Fn::Sub",
            json!("${Stage}-authorize-payment"),
            "DecisionsFail watches Errors of authorize-payment and should not",
        ),
        ("DecisionsFail/Properties/Metrics/2", json!({}), "no alarm watches Errors of reject-order"),
        ("DecisionsFail/Properties/Metrics/3", json!({}), "no alarm watches Errors of abandon-payment"),
        (
            "DecisionsFail/Properties/Metrics/0/Expression",
            json!("MAX(METRICS())"),
            "DecisionsFail does not watch the sum of its metrics",
        ),
        (
            "CatalogueIsOld/Properties/Dimensions/0/Value/Fn::Sub",
            json!("${Stage}-publish"),
            "CatalogueIsOld watches Errors of publish, which nobody has",
        ),
        (
            "CheckoutsFail/Properties/Metrics/1/MetricStat/Metric/Dimensions/0/Value/Fn::Sub",
            json!("${Stage}-checkout"),
            "CheckoutsFail watches ExecutionsFailed of checkout, which is not the workflow",
        ),
        ("ItemsFail/Properties/MetricName", json!("Failed"), "\"FailedItems\" of "),
        ("FailedItems/Properties/LogGroupName", json!("other"), "FailedItems: LogGroupName is \"other\""),
        ("Dashboard/Properties/DashboardBody/Fn::Sub", json!("${Stage}-orders\""), "Dashboard does not show void-dlq"),
        ("Dashboard/Properties/DashboardBody/Fn::Sub", json!("${Stage}-orders\""), "Dashboard shows orders, which"),
        ("ItemsFail/Type", json!("AWS::None"), "there is no alarm ItemsFail"),
        ("SweepFails/Properties/Threshold", json!(3), "no alarm rings while sweep keeps failing"),
        ("ExpireFails/Type", json!("AWS::None"), "no alarm rings while expire keeps failing"),
        (
            "CatalogueIsOld/Properties/DatapointsToAlarm",
            json!(5),
            "no alarm rings while publish-catalogue keeps failing",
        ),
    ];
    let main = main_template();
    are_named(&alarms(), changes, |changed| operations::differences(&main, changed));

    let mut many = alarms();
    let metrics = many.0.pointer_mut("/Resources/FunctionsFail/Properties/Metrics").unwrap().as_array_mut().unwrap();
    metrics.push(metrics[1].clone());
    let said = operations::differences(&main, &many);
    assert_eq!(said, ["FunctionsFail adds up 11 metrics; CloudWatch takes 10"]);

    let changes: &[Change] = &[
        ("Checkout/Properties/Name", json!("checkout"), "Operations: CheckoutName is"),
        ("CheckoutAlias/Properties/DeploymentPreference/Alarms", json!([]), "CheckoutAlias: the canary's Alarms is []"),
        (
            "../Globals/Function/DeploymentPreference/Alarms/Fn::If/1/2/Fn::GetAtt",
            json!("Operations.Outputs.ApiFails"),
            "Globals: the canary's Alarms is",
        ),
    ];
    are_named(&main, changes, |changed| operations::differences(changed, &alarms()));
}

/// Makes each change alone, and requires that the difference is named.
fn are_named(template: &Template, changes: &[Change], differences: impl Fn(&Template) -> Vec<String>) {
    for (place, value, said) in changes {
        let mut changed = template.clone();
        let path = place.strip_prefix("../").map_or_else(|| format!("/Resources/{place}"), |path| format!("/{path}"));
        let (parent, name) = path.rsplit_once('/').unwrap();
        let parent = changed.0.pointer_mut(parent).unwrap_or_else(|| panic!("there is no {place}"));
        match name.parse::<usize>() {
            Ok(index) => parent[index] = value.clone(),
            Err(_) => parent[name] = value.clone(),
        }
        let differences = differences(&changed);
        assert!(differences.iter().any(|line| line.contains(said)), "{place}: {differences:?}");
    }
}
