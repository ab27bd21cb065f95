//! The gateway's routes: which function answers which requests, and who may make them. Those who read and those who order are
//! answered by functions apart, and counted apart at the gateway.

use crate::template::{Template, expect, references, target};
use handlers::functions::Trigger;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ROUTE: &str = "AWS::ApiGatewayV2::Route";
const PERMISSION: &str = "AWS::Lambda::Permission";

pub(super) fn differences(template: &Template) -> Vec<String> {
    let mut differences = Vec::new();
    let mut known = BTreeSet::new();
    for trigger in Trigger::all() {
        for key in trigger.routes() {
            known.insert(*key);
            route(template, trigger, key, &mut differences);
        }
        if !trigger.routes().is_empty() && !may_be_called(template, trigger) {
            differences.push(format!("the gateway may not call {}", trigger.logical_id()));
        }
    }
    for id in template.all(ROUTE) {
        if !template.properties(id)["RouteKey"].as_str().is_some_and(|key| known.contains(key)) {
            differences.push(format!("{id} is no route of the API"));
        }
    }
    measures(template, &mut differences);
    // As long as orders are not sent to the one, the other accepts them.
    let after = template.resource("ApiFunction")["DependsOn"].as_str().unwrap_or_default();
    if template.properties(after)["RouteKey"] != Trigger::Submit.routes()[0] {
        differences.push("ApiFunction accepts no orders before they go elsewhere".to_owned());
    }
    differences
}

fn route(template: &Template, trigger: Trigger, key: &str, differences: &mut Vec<String>) {
    let routes = template.all(ROUTE).into_iter().filter(|id| template.properties(id)["RouteKey"] == key);
    let routes: Vec<&str> = routes.collect();
    let [id] = routes[..] else {
        return differences.push(format!("there is not one route {key:?}"));
    };
    let properties = template.properties(id);
    let integrations: Vec<String> = references(&properties["Target"]).into_iter().collect();
    let alias = format!("{}.Alias", trigger.logical_id());
    let called = integrations.iter().map(|integration| &template.properties(integration)["IntegrationUri"]);
    let called: Vec<_> = called.filter_map(target).collect();
    if called != [alias.as_str()] {
        differences.push(format!("{id}: {key:?} is answered by {called:?} instead of {alias}"));
    }
    let guarded = json!({ "Fn::If": ["UsesJwtIssuer", "JWT", "NONE"] });
    let should = if key.contains("/v1/") { guarded } else { json!("NONE") };
    expect(differences, &format!("{id}: AuthorizationType"), &properties["AuthorizationType"], &should);
    let authorizer = json!({ "Fn::If": ["UsesJwtIssuer", { "Ref": "ApiAuthorizer" }, { "Ref": "AWS::NoValue" }] });
    let should = if key.contains("/v1/") { authorizer } else { Value::Null };
    expect(differences, &format!("{id}: AuthorizerId"), &properties["AuthorizerId"], &should);
}

/// Only this API, and nobody else.
fn may_be_called(template: &Template, trigger: Trigger) -> bool {
    let alias = format!("{}.Alias", trigger.logical_id());
    let of_it = |id: &&str| target(&template.properties(id)["FunctionName"]) == Some(alias.as_str());
    let mut permissions = template.all(PERMISSION).into_iter().filter(of_it).peekable();
    permissions.peek().is_some()
        && permissions.all(|id| {
            let properties = template.properties(id);
            properties["Principal"] == "apigateway.amazonaws.com"
                && references(&properties["SourceArn"]).contains("Api")
        })
}

/// What everybody asks together at most; and orders, which have their own.
fn measures(template: &Template, differences: &mut Vec<String>) {
    let stage = template.properties("ApiStage");
    let is_measured = |settings: &Value| {
        ["ThrottlingRateLimit", "ThrottlingBurstLimit"].iter().all(|limit| settings[limit].as_i64() > Some(0))
    };
    if !is_measured(&stage["DefaultRouteSettings"]) {
        differences.push("ApiStage: there is no end to what the gateway lets through".to_owned());
    }
    for key in Trigger::Submit.routes() {
        if !is_measured(&stage["RouteSettings"][key]) {
            differences.push(format!("ApiStage: {key:?} has no measure of its own"));
        }
    }
}
