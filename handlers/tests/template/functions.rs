//! The functions: their programs, the variables that each reads, and which of them the workflow calls.

use crate::permissions::secrets_of;
use crate::template::{Template, expect, path, references, several, target};
use handlers::functions::{DatabaseUser, Trigger, queue_url};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use workflows::wiring::{QUEUES, TASKS};

const FUNCTION: &str = "AWS::Serverless::Function";
const WORKFLOW: &str = "workflows/asl/checkout.asl.json";

pub(super) fn differences(template: &Template) -> Vec<String> {
    let mut differences = Vec::new();
    for trigger in Trigger::all() {
        function(template, trigger, &mut differences);
    }
    let known: BTreeSet<String> = Trigger::all().into_iter().map(Trigger::logical_id).collect();
    for id in template.all(FUNCTION) {
        if !known.contains(id) {
            differences.push(format!("{id} is no function of ours"));
        }
    }
    workflow(template, &mut differences);
    differences
}

fn function(template: &Template, trigger: Trigger, differences: &mut Vec<String>) {
    let id = trigger.logical_id();
    if template.resource(&id)["Type"] != FUNCTION {
        return differences.push(format!("there is no function {id}"));
    }
    let program = trigger.program();
    let binary = &template.resource(&id)["Metadata"]["BuildProperties"]["Binary"];
    expect(differences, &format!("{id}: Binary"), binary, &json!(program));
    let name = json!({ "Fn::Sub": format!("${{Stage}}-{program}") });
    expect(differences, &format!("{id}: FunctionName"), &template.properties(&id)["FunctionName"], &name);

    let given = environment(template, &id);
    let read = trigger.variables();
    for variable in read.iter().filter(|variable| variable.required && !given.contains_key(&variable.name)) {
        differences.push(format!("{id} reads {} and is not given it", variable.name));
    }
    own_database(template, trigger, given.get("DATABASE_SECRET_ARN").copied(), differences);
    for (name, value) in given {
        if !read.iter().any(|variable| variable.name == name) {
            differences.push(format!("{id} is given {name} and does not read it"));
        }
        let (is, should) = (references(value), refers_to(template, trigger, &name));
        if should.is_some_and(|should| is != should) {
            differences.push(format!("{id}: {name} refers to {is:?}"));
        }
    }
}

/// With the stack's own database the secret is that of the function's user, and not of another.
fn own_database(template: &Template, trigger: Trigger, value: Option<&Value>, differences: &mut Vec<String>) {
    let output = match trigger.database_user() {
        DatabaseUser::Owner => "Database.Outputs.SecretArn",
        DatabaseUser::Api => "Database.Outputs.ApiSecretArn",
        DatabaseUser::Worker => "Database.Outputs.WorkerSecretArn",
        DatabaseUser::Payments => "Database.Outputs.PaymentsSecretArn",
    };
    let is = value.and_then(|value| value["Fn::If"][1]["Fn::GetAtt"].as_str()).unwrap_or_default();
    if is != output {
        differences.push(format!("{} connects by {is:?} instead of {output}", trigger.logical_id()));
    }
    if template.0["Parameters"]["DatabaseUsers"]["Default"] != "true" {
        differences.push("functions connect as the database's owner unless told otherwise".to_owned());
    }
}

/// What a function is given, beside what all are.
fn environment<'a>(template: &'a Template, id: &str) -> BTreeMap<String, &'a Value> {
    let of_all = &template.0["Globals"]["Function"];
    [of_all, template.properties(id)]
        .into_iter()
        .filter_map(|place| place["Environment"]["Variables"].as_object())
        .flatten()
        .map(|(name, value)| (name.clone(), value))
        .collect()
}

/// The resources that a variable names.
fn refers_to(template: &Template, trigger: Trigger, variable: &str) -> Option<BTreeSet<String>> {
    let ids = |ids: &[&str]| Some(ids.iter().map(|id| (*id).to_owned()).collect());
    if let Some(spec) = QUEUES.iter().find(|spec| queue_url(spec.name) == variable) {
        return ids(&[template.named("AWS::SQS::Queue", "QueueName", spec.name.as_str())?]);
    }
    match variable {
        "EVENT_BUS_NAME" => ids(&["Bus"]),
        "SUBMISSIONS_TABLE" => ids(&["Submissions"]),
        "CATALOGUE_TABLE" => ids(&["Catalogue"]),
        "PAYLOADS_BUCKET" => ids(&["Payloads"]),
        "DOCUMENTS_BUCKET" => ids(&["Documents"]),
        "MOST_WAITING" => ids(&["MostWaiting"]),
        "TEST_TOKENS" => ids(&[]),
        "WAREHOUSE_TOPICS" => ids(&[]),
        "WAREHOUSE_TOPIC_ARN" => ids(&["WarehouseTopic"]),
        "TOKEN_KEY_SECRET_ARN" => ids(&["TokenKey"]),
        "EDGE_SECRET_ARN" => ids(&["EdgeSecretArn"]),
        "CHECKOUT_STATE_MACHINE_ARN" => ids(&["Checkout", "CheckoutAlias"]),
        "DATABASE_SECRET_ARN" => ids(&secrets_of(trigger.database_user())),
        "DATABASE_API_SECRET_ARN" => ids(&["Database", "DatabaseApiSecretArn"]),
        "DATABASE_WORKER_SECRET_ARN" => ids(&["Database", "DatabaseWorkerSecretArn"]),
        "DATABASE_PAYMENTS_SECRET_ARN" => ids(&["Database", "DatabasePaymentsSecretArn"]),
        _ => None,
    }
}

/// The workflow calls the functions that its file names, all of them and no others.
fn workflow(template: &Template, differences: &mut Vec<String>) {
    let properties = template.properties("Checkout");
    expect(differences, "Checkout: DefinitionUri", &properties["DefinitionUri"], &json!(format!("../{WORKFLOW}")));
    let alias = |name: &str| json!({ "Ref": format!("{name}.Alias") });
    let should: Value = TASKS.iter().map(|(name, _)| ((*name).to_owned(), alias(name))).collect();
    expect(differences, "Checkout: DefinitionSubstitutions", &properties["DefinitionSubstitutions"], &should);

    let text = std::fs::read_to_string(path(WORKFLOW)).unwrap();
    let called: BTreeSet<&str> = text.split("${").skip(1).filter_map(|part| part.split('}').next()).collect();
    let wired: BTreeSet<&str> = TASKS.iter().map(|(name, _)| *name).collect();
    if called != wired {
        differences.push(format!("{WORKFLOW} calls {called:?}, and the wiring knows {wired:?}"));
    }
    let may: BTreeSet<&str> = several(&properties["Policies"])
        .into_iter()
        .flat_map(|policy| several(&policy["Statement"]))
        .filter(|statement| statement["Action"] == "lambda:InvokeFunction")
        .flat_map(|statement| several(&statement["Resource"]))
        .filter_map(target)
        .filter_map(|target| target.strip_suffix(".Alias"))
        .collect();
    if may != wired {
        differences.push(format!("Checkout may call {may:?} and should be able to call {wired:?}"));
    }
}
