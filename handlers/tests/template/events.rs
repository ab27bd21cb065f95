//! The rules of the bus, the schema of what is told on it, and the schedules.

use crate::template::{Template, expect, path, references, several, target};
use handlers::functions::Trigger;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};
use workflows::wiring::{Rule, Runtime, Schedule, rules, schedules_of};

const RULE: &str = "AWS::Events::Rule";
const SCHEDULE: &str = "AWS::Scheduler::Schedule";
/// EventBridge knows nothing more often.
const MOST_OFTEN: Duration = Duration::from_secs(60);

pub(super) fn differences(template: &Template) -> Vec<String> {
    let mut differences = schema(template);
    for wanted in rules() {
        match template.named(RULE, "Name", wanted.name) {
            Some(id) => rule(template, &wanted, id, &mut differences),
            None => differences.push(format!("there is no rule {}", wanted.name)),
        }
    }
    let known: Vec<&str> = rules().iter().map(|rule| rule.name).collect();
    for id in template.all(RULE) {
        if !template.name(id, "Name").is_some_and(|name| known.contains(&name)) {
            differences.push(format!("{id} is no rule of the wiring"));
        }
    }
    for wanted in schedules_of(Runtime::Aws) {
        match template.named(SCHEDULE, "Name", wanted.job.name()) {
            Some(id) => schedule(template, wanted, id, &mut differences),
            None => differences.push(format!("there is no schedule {}", wanted.job.name())),
        }
    }
    for id in template.all(SCHEDULE) {
        let wanted = |name: &str| schedules_of(Runtime::Aws).any(|schedule| schedule.job.name() == name);
        if !template.name(id, "Name").is_some_and(wanted) {
            differences.push(format!("{id} is no schedule of the wiring"));
        }
    }
    differences
}

fn rule(template: &Template, wanted: &Rule, id: &str, differences: &mut Vec<String>) {
    let properties = template.properties(id);
    expect(differences, &format!("{id}: EventPattern"), &properties["EventPattern"], &wanted.pattern);
    expect(differences, &format!("{id}: EventBusName"), &properties["EventBusName"], &json!({ "Ref": "Bus" }));
    expect(differences, &format!("{id}: State"), &properties["State"], &Value::Null);
    let Some(queue) = template.named("AWS::SQS::Queue", "QueueName", wanted.queue.as_str()) else { return };
    let targets = several(&properties["Targets"]);
    let [target_of_rule] = targets[..] else {
        return differences.push(format!("{id} has {} targets instead of one", targets.len()));
    };
    let arn = json!({ "Fn::GetAtt": format!("{queue}.Arn") });
    expect(differences, &format!("{id}: the target's Arn"), &target_of_rule["Arn"], &arn);
    expect(differences, &format!("{id}: the target's InputPath"), &target_of_rule["InputPath"], &json!("$.detail"));
    let undelivered = json!({ "Arn": { "Fn::GetAtt": "UndeliveredEvents.Arn" } });
    let name = format!("{id}: the target's DeadLetterConfig");
    expect(differences, &name, &target_of_rule["DeadLetterConfig"], &undelivered);
    for queue in [queue, "UndeliveredEvents"] {
        if !lets_in(template, queue, id) {
            differences.push(format!("{queue} does not let {id} in"));
        }
    }
}

/// Whether a policy of the queue lets the rule send to it.
fn lets_in(template: &Template, queue: &str, rule: &str) -> bool {
    let arn = format!("{rule}.Arn");
    template.all("AWS::SQS::QueuePolicy").into_iter().map(|id| template.properties(id)).any(|policy| {
        several(&policy["Queues"]).iter().any(|one| target(one) == Some(queue))
            && several(&policy["PolicyDocument"]["Statement"]).iter().any(|statement| {
                statement["Effect"] == "Allow"
                    && statement["Action"] == "sqs:SendMessage"
                    && statement["Principal"] == json!({ "Service": "events.amazonaws.com" })
                    && target(&statement["Resource"]) == Some(&format!("{queue}.Arn"))
                    && several(&statement["Condition"]["ArnEquals"]["aws:SourceArn"])
                        .iter()
                        .any(|source| target(source) == Some(&arn))
            })
    })
}

fn schedule(template: &Template, wanted: &Schedule, id: &str, differences: &mut Vec<String>) {
    let properties = template.properties(id);
    let rate = match wanted.every.max(MOST_OFTEN).as_secs() / 60 {
        1 => json!("rate(1 minute)"),
        minutes => json!(format!("rate({minutes} minutes)")),
    };
    expect(differences, &format!("{id}: ScheduleExpression"), &properties["ScheduleExpression"], &rate);
    expect(differences, &format!("{id}: State"), &properties["State"], &Value::Null);
    let alias = format!("{}.Alias", Trigger::Schedule(wanted.job).logical_id());
    expect(differences, &format!("{id}: the target's Arn"), &properties["Target"]["Arn"], &json!({ "Ref": alias }));
    let role = references(&properties["Target"]["RoleArn"]);
    let may = role.iter().any(|role| {
        several(&template.properties(role)["Policies"]).iter().any(|policy| {
            several(&policy["PolicyDocument"]["Statement"]).iter().any(|statement| {
                statement["Action"] == "lambda:InvokeFunction"
                    && several(&statement["Resource"]).iter().any(|resource| target(resource) == Some(&alias))
            })
        })
    });
    if !may {
        differences.push(format!("{id}: its role may not call {alias}"));
    }
}

/// The schema in the registry takes the events that consumers were promised.
fn schema(template: &Template) -> Vec<String> {
    let content = template.properties("EventSchema")["Content"].as_str().unwrap_or_default();
    let Ok(schema) = serde_json::from_str::<Value>(content) else {
        return vec!["EventSchema: its Content is no JSON".to_owned()];
    };
    let mut differences = Vec::new();
    let properties: BTreeSet<&String> = schema["properties"].as_object().into_iter().flat_map(|p| p.keys()).collect();
    let required: BTreeSet<&str> = several(&schema["required"]).into_iter().filter_map(Value::as_str).collect();
    let read = |file: &str| -> Value { serde_json::from_slice(&std::fs::read(path(file)).unwrap()).unwrap() };
    let (full, least) =
        (read("schemas/golden/0.1.0/event/event.json"), read("schemas/golden/0.1.0/event/event.minimal.json"));
    let of_full: BTreeSet<&String> = full.as_object().unwrap().keys().collect();
    let of_least: BTreeSet<&str> = least.as_object().unwrap().keys().map(String::as_str).collect();
    if properties != of_full {
        differences.push(format!("EventSchema: its properties are {properties:?} and should be {of_full:?}"));
    }
    if required != of_least {
        differences.push(format!("EventSchema: it requires {required:?} and should require {of_least:?}"));
    }
    differences
}
