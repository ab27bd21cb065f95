//! The alarms and the dashboard: they know queues, functions and the workflow by their names only, so a name that is
//! changed elsewhere would leave an alarm that watches nothing.

use crate::template::{Template, after_stage, expect};
use handlers::functions::Trigger;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use workflows::wiring::{QUEUES, Runtime, Task, schedules_of};

const ALARM: &str = "AWS::CloudWatch::Alarm";
/// Where rules put what they cannot deliver.
const UNDELIVERED: &str = "undelivered-events";
/// How old the oldest message of a queue is; of one for dead letters, since they came there.
const AGE: &str = "ApproximateAgeOfOldestMessage";
/// How long SQS keeps a message from when it was first sent to its queue, and how much of that whoever hears the alarm is to
/// have left: it may have been tried for a day before.
const KEPT_SECONDS: u64 = 14 * 24 * 60 * 60;
const LEFT_SECONDS: u64 = 3 * 24 * 60 * 60;
/// The most metrics that CloudWatch adds up in one alarm.
const MOST_METRICS: usize = 10;
/// The alarms on functions that end badly.
const CRASHES: [&str; 3] = ["SubmissionsFail", "FunctionsFail", "DecisionsFail"];
/// What rolls the canary of a function back, and of the workflow.
const OF_FUNCTIONS: [&str; 6] =
    ["SubmissionsFail", "FunctionsFail", "DecisionsFail", "ItemsFail", "CheckoutsFail", "ApiFails"];
const OF_WORKFLOW: [&str; 3] = ["FunctionsFail", "DecisionsFail", "CheckoutsFail"];

/// The namespace of a metric, its name, and whose it is.
type Watched = (String, String, String);

pub(super) fn differences(template: &Template, operations: &Template) -> Vec<String> {
    let mut differences = Vec::new();
    for id in operations.all(ALARM) {
        alarm(operations, id, &mut differences);
    }
    queues(operations, &mut differences);
    functions(operations, &mut differences);
    schedules(operations, &mut differences);
    own_metrics(operations, &mut differences);
    dashboard(operations, &mut differences);
    canaries(template, operations, &mut differences);
    let name = &template.properties("Operations")["Parameters"]["CheckoutName"];
    expect(&mut differences, "Operations: CheckoutName", name, &template.properties("Checkout")["Name"]);
    differences
}

/// Every alarm tells somebody, and one of many metrics looks at all of them.
fn alarm(operations: &Template, id: &str, differences: &mut Vec<String>) {
    let properties = operations.properties(id);
    expect(differences, &format!("{id}: AlarmActions"), &properties["AlarmActions"], &json!([{ "Ref": "Alarms" }]));
    let Some(queries) = properties["Metrics"].as_array() else { return };
    let (sums, metrics): (Vec<_>, Vec<_>) = queries.iter().partition(|query| query["MetricStat"].is_null());
    if metrics.len() > MOST_METRICS {
        differences.push(format!("{id} adds up {} metrics; CloudWatch takes {MOST_METRICS}", metrics.len()));
    }
    // Ages do not add up: the oldest counts.
    let are_ages = metrics.iter().all(|query| query["MetricStat"]["Metric"]["MetricName"] == AGE);
    let (expression, what) = if are_ages { ("MAX(METRICS())", "largest") } else { ("SUM(METRICS())", "sum") };
    if !matches!(sums[..], [sum] if sum["Expression"] == expression && sum["ReturnData"] == true) {
        differences.push(format!("{id} does not watch the {what} of its metrics"));
    }
}

/// What an alarm watches.
fn watched(operations: &Template, id: &str) -> Vec<Watched> {
    let properties = operations.properties(id);
    let metrics: Vec<&Value> = match properties["Metrics"].as_array() {
        Some(queries) => queries.iter().map(|query| &query["MetricStat"]["Metric"]).filter(|m| !m.is_null()).collect(),
        None => vec![properties],
    };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let whose = |metric: &Value| {
        let value = &metric["Dimensions"][0]["Value"];
        after_stage(value).map_or_else(|| value.to_string(), str::to_owned)
    };
    metrics.into_iter().map(|metric| (text(&metric["Namespace"]), text(&metric["MetricName"]), whose(metric))).collect()
}

/// The age of each queue's oldest message; whatever a queue sets aside, at once, and again while SQS still has it.
fn queues(operations: &Template, differences: &mut Vec<String>) {
    let metric = |name: &str, queue: String| ("AWS/SQS".to_owned(), name.to_owned(), queue);
    let ages = QUEUES.iter().map(|spec| metric(AGE, spec.name.to_string()));
    let aside = || QUEUES.iter().map(|spec| spec.name.dead_letters()).chain([UNDELIVERED.to_owned()]);
    let set_aside = aside().map(|queue| metric("ApproximateNumberOfMessagesVisible", queue));
    let left = aside().map(|queue| metric(AGE, queue));
    let should = ages.chain(set_aside).chain(left).collect();
    compare(operations, operations.all(ALARM), &should, "AWS/SQS", differences);
    for id in operations.all(ALARM) {
        let watches_aside =
            watched(operations, id).iter().any(|(_, name, queue)| name == AGE && aside().any(|known| known == *queue));
        let threshold = operations.properties(id)["Threshold"].as_u64().unwrap_or(u64::MAX);
        if watches_aside && threshold > KEPT_SECONDS - LEFT_SECONDS {
            differences.push(format!("{id} rings when they are gone"));
        }
    }
    for id in operations.all(ALARM) {
        let properties = operations.properties(id);
        if properties["MetricName"] == "ApproximateNumberOfMessagesVisible" {
            expect(differences, &format!("{id}: Threshold"), &properties["Threshold"], &json!(0));
        }
    }
}

/// The errors of every function that has none on purpose, and what becomes of executions.
fn functions(operations: &Template, differences: &mut Vec<String>) {
    let errors = |trigger: &Trigger| ("AWS/Lambda".to_owned(), "Errors".to_owned(), trigger.program().to_owned());
    let all = Trigger::all();
    let should = all.iter().filter(|trigger| errs_only_by_fault(**trigger)).map(errors).collect();
    compare(operations, CRASHES.to_vec(), &should, "AWS/Lambda", differences);
    let known: BTreeSet<Watched> = all.iter().map(errors).collect();
    let arn = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${CheckoutName}";
    let workflow = json!({ "Fn::Sub": arn }).to_string();
    for id in operations.all(ALARM) {
        for one in watched(operations, id) {
            let (namespace, metric, whose) = &one;
            if namespace == "AWS/Lambda" && !known.contains(&one) {
                differences.push(format!("{id} watches {metric} of {whose}, which nobody has"));
            }
            if namespace == "AWS/States" && *whose != workflow {
                differences.push(format!("{id} watches {metric} of {whose}, which is not the workflow"));
            }
        }
    }
}

/// What the clock calls fails once a minute, which no sum over functions tells from a passing trouble: each has an alarm of its
/// own, which rings when most of a few minutes failed. A run that does not end counts as failed.
fn schedules(operations: &Template, differences: &mut Vec<String>) {
    for schedule in schedules_of(Runtime::Aws) {
        let program = Trigger::Schedule(schedule.job).program();
        let own: Watched = ("AWS/Lambda".to_owned(), "Errors".to_owned(), program.to_owned());
        let rings = |id: &&str| {
            let properties = operations.properties(id);
            let number = |name: &str| properties[name].as_i64().unwrap_or_default();
            watched(operations, id) == [own.clone()]
                && (properties["Threshold"] == 0 && properties["Statistic"] == "Sum")
                && (number("Period") == 60 && (1..number("EvaluationPeriods")).contains(&number("DatapointsToAlarm")))
        };
        if !operations.all(ALARM).iter().any(rings) {
            differences.push(format!("no alarm rings while {program} keeps failing"));
        }
    }
}

/// Whether an error of a function means that something is broken.
fn errs_only_by_fault(trigger: Trigger) -> bool {
    match trigger {
        Trigger::Submit
        | Trigger::Http
        | Trigger::Queue(_)
        | Trigger::Schedule(_)
        | Trigger::Workflow(Task::ConfirmOrder | Task::RejectOrder | Task::AbandonPayment) => true,
        // An error has the workflow ask again while the provider is in doubt.
        Trigger::Workflow(Task::AuthorizePayment | Task::ResolvePayment) => false,
        // The deployment reads its answer.
        Trigger::Deployment => false,
    }
}

/// Compares what alarms watch in a namespace with what they should.
fn compare(
    operations: &Template,
    alarms: Vec<&str>,
    should: &BTreeSet<Watched>,
    namespace: &str,
    differences: &mut Vec<String>,
) {
    let mut is = BTreeSet::new();
    for id in alarms {
        for one in watched(operations, id).into_iter().filter(|(of, ..)| of == namespace) {
            if !should.contains(&one) {
                differences.push(format!("{id} watches {} of {} and should not", one.1, one.2));
            }
            is.insert(one);
        }
    }
    for (_, metric, whose) in should.difference(&is) {
        differences.push(format!("no alarm watches {metric} of {whose}"));
    }
}

/// What is counted in the functions' logs is watched, and nothing else by that name.
fn own_metrics(operations: &Template, differences: &mut Vec<String>) {
    let metric = |place: &Value, namespace: &str| (place[namespace].to_string(), place["MetricName"].to_string());
    let mut counted = BTreeSet::new();
    for id in operations.all("AWS::Logs::MetricFilter") {
        let properties = operations.properties(id);
        let name = format!("{id}: LogGroupName");
        expect(differences, &name, &properties["LogGroupName"], &json!({ "Ref": "FunctionLogs" }));
        counted.insert(metric(&properties["MetricTransformations"][0], "MetricNamespace"));
    }
    let own = |(namespace, _): &(String, String)| namespace.contains("Sluice/");
    let alarms = operations.all(ALARM).into_iter().map(|id| metric(operations.properties(id), "Namespace"));
    let watched: BTreeSet<_> = alarms.filter(own).collect();
    for (namespace, metric) in counted.symmetric_difference(&watched) {
        differences.push(format!("{metric} of {namespace} is either not counted or not watched"));
    }
}

/// The dashboard shows every queue, and nothing that is not there.
fn dashboard(operations: &Template, differences: &mut Vec<String>) {
    let body = operations.properties("Dashboard")["DashboardBody"]["Fn::Sub"].as_str().unwrap_or_default();
    let shown: BTreeSet<&str> = body.split("${Stage}-").skip(1).filter_map(|part| part.split('"').next()).collect();
    let queues: BTreeSet<String> =
        QUEUES.iter().flat_map(|spec| [spec.name.to_string(), spec.name.dead_letters()]).collect();
    for queue in queues.iter().filter(|queue| !shown.contains(queue.as_str())) {
        differences.push(format!("Dashboard does not show {queue}"));
    }
    let known = |name: &str| {
        name == UNDELIVERED || queues.contains(name) || Trigger::all().iter().any(|trigger| trigger.program() == name)
    };
    for name in shown.iter().filter(|name| !known(name)) {
        differences.push(format!("Dashboard shows {name}, which nobody has"));
    }
}

/// A canary asks alarms that are there, each by its own name.
fn canaries(template: &Template, operations: &Template, differences: &mut Vec<String>) {
    let asked = |alarms: &[&str]| -> Value {
        alarms.iter().map(|alarm| json!({ "Fn::GetAtt": format!("Operations.Outputs.{alarm}") })).collect()
    };
    let of_functions = &template.0["Globals"]["Function"]["DeploymentPreference"]["Alarms"];
    let should = json!({ "Fn::If": ["IsLasting", asked(&OF_FUNCTIONS), []] });
    expect(differences, "Globals: the canary's Alarms", of_functions, &should);
    let of_workflow = &template.properties("CheckoutAlias")["DeploymentPreference"]["Alarms"];
    expect(differences, "CheckoutAlias: the canary's Alarms", of_workflow, &asked(&OF_WORKFLOW));
    for alarm in OF_FUNCTIONS {
        let output = &operations.0["Outputs"][alarm];
        expect(differences, &format!("Outputs: {alarm}"), output, &json!({ "Value": { "Ref": alarm } }));
        if operations.resource(alarm)["Type"] != ALARM {
            differences.push(format!("there is no alarm {alarm}"));
        }
    }
}
