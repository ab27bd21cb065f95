//! AWS's advice on queues, held for every queue of every template by what it is, whatever it is called: a message is hidden for
//! six times what its function may take, comes five times at least before it is set aside, and fails alone; and what is set
//! aside stays for as long as SQS keeps anything.

use crate::template::{Template, path, references, target};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs};

const QUEUE: &str = "AWS::SQS::Queue";
const MAPPING: &str = "AWS::Lambda::EventSourceMapping";
/// As long as SQS keeps anything, and as long as it does unless told, in seconds.
const LONGEST: u64 = 14 * 24 * 60 * 60;
const USUAL: u64 = 4 * 24 * 60 * 60;
const LEAST_RECEIVES: u64 = 5;

pub(super) fn differences(template: &Template) -> Vec<String> {
    let mut differences = Vec::new();
    let aside = set_aside(&template.0["Resources"]);
    for id in template.all(QUEUE) {
        let properties = template.properties(id);
        let arn = format!("{id}.Arn");
        let mappings = template.all(MAPPING).into_iter();
        let mappings = mappings.filter(|it| target(&template.properties(it)["EventSourceArn"]) == Some(arn.as_str()));
        let mappings: Vec<&str> = mappings.collect();
        if aside.contains(id) {
            let keeps = properties["MessageRetentionPeriod"].as_u64().unwrap_or(USUAL);
            if keeps != LONGEST {
                differences.push(format!("{id}: what is set aside is gone after {keeps} s"));
            }
            if !mappings.is_empty() {
                differences.push(format!("{id}: a function works on what was set aside"));
            }
            continue;
        }
        let redrive = &properties["RedrivePolicy"];
        if target(&redrive["deadLetterTargetArn"]).is_none() {
            differences.push(format!("{id}: what fails is set aside nowhere"));
        }
        let receives = redrive["maxReceiveCount"].as_u64().unwrap_or_default();
        if receives < LEAST_RECEIVES {
            differences.push(format!("{id}: a message is set aside after {receives} deliveries"));
        }
        for mapping in mappings {
            worked_on(template, id, mapping, &mut differences);
        }
    }
    differences
}

fn worked_on(template: &Template, queue: &str, id: &str, differences: &mut Vec<String>) {
    let mapping = template.properties(id);
    if mapping["FunctionResponseTypes"] != json!(["ReportBatchItemFailures"]) {
        differences.push(format!("{id}: one bad message fails its whole batch"));
    }
    let function = target(&mapping["FunctionName"]).and_then(|name| name.strip_suffix(".Alias")).unwrap_or_default();
    let timeout = template.of_function(function, "Timeout").as_u64();
    let window = mapping["MaximumBatchingWindowInSeconds"].as_u64().unwrap_or_default();
    let hidden = template.properties(queue)["VisibilityTimeout"].as_u64().unwrap_or(30);
    if timeout.is_none_or(|timeout| timeout * 6 + window > hidden) {
        differences.push(format!("{queue}: messages come again while {function} may be at work on them"));
    }
}

/// The queues that take what others could not deliver or get done.
fn set_aside(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match name.as_str() {
                "deadLetterTargetArn" | "DeadLetterConfig" => references(value),
                _ => set_aside(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(set_aside).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => BTreeSet::new(),
    }
}

#[test]
fn every_queue_of_every_template_is_as_aws_advises() {
    let mut with_queues = Vec::new();
    for entry in fs::read_dir(path("infra")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with(".yaml") || name.starts_with('.') {
            continue;
        }
        let file = format!("infra/{name}");
        if fs::read_to_string(path(&file)).unwrap().contains(QUEUE) {
            assert_eq!(differences(&Template::read(&file)), Vec::<String>::new(), "{file}");
            with_queues.push(name);
        }
    }
    with_queues.sort();
    assert_eq!(with_queues, ["template.yaml", "warehouse-account.yaml"]);
}
