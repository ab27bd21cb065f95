//! Queues, their dead letters, and who works on them.

use crate::template::{Template, expect, target};
use handlers::functions::Trigger;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};
use workflows::wiring::{MAX_RECEIVES, QUEUES, QueueSpec};

const QUEUE: &str = "AWS::SQS::Queue";
const MAPPING: &str = "AWS::Lambda::EventSourceMapping";
/// Where rules put what they cannot deliver.
const UNDELIVERED: &str = "undelivered-events";
/// The least that Lambda takes as the maximum concurrency of a mapping.
const LEAST_CONCURRENCY: usize = 2;
/// The most messages that Lambda takes from a queue without gathering them for a second at least.
const BATCH_WITHOUT_WINDOW: i64 = 10;

pub(super) fn differences(template: &Template) -> Vec<String> {
    let mut differences = Vec::new();
    for spec in QUEUES {
        match template.named(QUEUE, "QueueName", spec.name.as_str()) {
            Some(id) => queue(template, spec, id, &mut differences),
            None => differences.push(format!("there is no queue {}", spec.name)),
        }
    }
    let known: BTreeSet<String> = QUEUES
        .iter()
        .flat_map(|spec| [spec.name.to_string(), spec.name.dead_letters()])
        .chain([UNDELIVERED.to_owned()])
        .collect();
    for id in template.all(QUEUE) {
        if !template.name(id, "QueueName").is_some_and(|name| known.contains(name)) {
            differences.push(format!("{id} is no queue of the wiring"));
        }
    }
    differences
}

fn queue(template: &Template, spec: &QueueSpec, id: &str, differences: &mut Vec<String>) {
    let properties = template.properties(id);
    let in_hand = spec.in_hand.as_secs();
    expect(differences, &format!("{id}: VisibilityTimeout"), &properties["VisibilityTimeout"], &json!(in_hand));
    let redrive = &properties["RedrivePolicy"];
    expect(differences, &format!("{id}: maxReceiveCount"), &redrive["maxReceiveCount"], &json!(MAX_RECEIVES));
    let dead_letters = spec.name.dead_letters();
    let arn = template.named(QUEUE, "QueueName", &dead_letters).map(|id| format!("{id}.Arn"));
    if arn.is_none() || target(&redrive["deadLetterTargetArn"]) != arn.as_deref() {
        differences.push(format!("{id}: dead letters do not go to {dead_letters}"));
    }
    let arn = format!("{id}.Arn");
    let mappings: Vec<&str> = template
        .all(MAPPING)
        .into_iter()
        .filter(|mapping| target(&template.properties(mapping)["EventSourceArn"]) == Some(&arn))
        .collect();
    match mappings[..] {
        [mapping] => mapped(template, spec, mapping, differences),
        _ => differences.push(format!("{id} has {} mappings instead of one", mappings.len())),
    }
}

fn mapped(template: &Template, spec: &QueueSpec, id: &str, differences: &mut Vec<String>) {
    let properties = template.properties(id);
    let function = Trigger::Queue(spec.step).logical_id();
    let wanted = [
        ("FunctionName", json!({ "Ref": format!("{function}.Alias") })),
        ("BatchSize", json!(spec.batch)),
        ("MaximumBatchingWindowInSeconds", json!(window(spec))),
        ("ScalingConfig", json!({ "MaximumConcurrency": spec.concurrency.max(LEAST_CONCURRENCY) })),
        ("FunctionResponseTypes", json!(["ReportBatchItemFailures"])),
        // What a filter does not let through is deleted.
        ("FilterCriteria", Value::Null),
    ];
    for (name, should) in wanted {
        expect(differences, &format!("{id}: {name}"), &properties[name], &should);
    }
    if !properties["Enabled"].is_null() {
        expect(differences, &format!("{id}: Enabled"), &properties["Enabled"], &json!(true));
    }
    // AWS's advice, so that a message does not come again while somebody is still at work on it.
    let timeout = template.of_function(&function, "Timeout").as_u64().unwrap_or_default();
    if timeout == 0 || timeout * 6 + window(spec) > spec.in_hand.as_secs() {
        differences
            .push(format!("{function}: six times its Timeout of {timeout} do not fit into the queue's visibility"));
    }
}

/// How long Lambda gathers: whole seconds, and at least one for a large batch.
fn window(spec: &QueueSpec) -> u64 {
    let whole = spec.batching_window.as_secs() + u64::from(spec.batching_window.subsec_nanos() > 0);
    let least = if spec.batch > BATCH_WITHOUT_WINDOW { Duration::from_secs(1) } else { Duration::ZERO };
    whole.max(least.as_secs())
}
