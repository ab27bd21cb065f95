//! Concurrency: each function has its own, so that none takes what another needs, and two stages fit into one account. Those
//! who read at the API and those who order have a measure each.

use crate::template::{Template, target};
use handlers::functions::Trigger;
use serde_json::Value;
use workflows::wiring::{QUEUES, Runtime, schedules_of};

/// What an account has, unless it asked for more, and what AWS keeps of it for functions that reserve none.
const OF_AN_ACCOUNT: i64 = 1_000;
const UNRESERVED: i64 = 100;
/// Staging and production, as samconfig.toml has them.
const STAGES: i64 = 2;

pub(super) fn differences(template: &Template) -> Vec<String> {
    let mut differences = Vec::new();
    let mut sum = 0;
    for trigger in Trigger::all() {
        let id = trigger.logical_id();
        match reserved(template, &id) {
            Some(own) if own > 0 => sum += own,
            _ => differences.push(format!("{id} has no concurrency of its own")),
        }
    }
    if sum * STAGES > OF_AN_ACCOUNT - UNRESERVED {
        differences.push(format!("two stages reserve {} of an account's {OF_AN_ACCOUNT}", sum * STAGES));
    }
    for spec in QUEUES {
        let id = Trigger::Queue(spec.step).logical_id();
        let alias = format!("{id}.Alias");
        let mappings = template.all("AWS::Lambda::EventSourceMapping").into_iter().map(|id| template.properties(id));
        let own = mappings.filter(|mapping| target(&mapping["FunctionName"]) == Some(&alias));
        let asked: i64 = own.filter_map(|mapping| mapping["ScalingConfig"]["MaximumConcurrency"].as_i64()).sum();
        let has = reserved(template, &id).unwrap_or_default();
        if has < asked {
            differences.push(format!("{id}: its queue asks for {asked} at once, and it has {has}"));
        }
    }
    let waiting = number(template, "MostWaiting");
    for trigger in [Trigger::Submit, Trigger::Http] {
        let id = trigger.logical_id();
        let served = reserved(template, &id).unwrap_or_default();
        if waiting > served / 2 {
            differences.push(format!("{waiting} may wait of the {served} whom {id} serves at once: more than half"));
        }
    }
    let parameter = |trigger: Trigger| {
        let reserved = &template.properties(&trigger.logical_id())["ReservedConcurrentExecutions"];
        reserved["Fn::If"][1]["Ref"].as_str().unwrap_or_default()
    };
    if parameter(Trigger::Submit) == parameter(Trigger::Http) {
        differences.push("those who order and those who read are measured by one parameter".to_owned());
    }
    for schedule in schedules_of(Runtime::Aws) {
        let id = Trigger::Schedule(schedule.job).logical_id();
        // A minute is the least that Lambda takes, and how far ticks are apart.
        if template.properties(&id)["EventInvokeConfig"]["MaximumEventAgeInSeconds"] != 60 {
            differences.push(format!("{id}: ticks that find no room pile up"));
        }
    }
    differences
}

/// What a function has for itself, by the defaults of the parameters.
fn reserved(template: &Template, id: &str) -> Option<i64> {
    let parts = template.properties(id)["ReservedConcurrentExecutions"]["Fn::If"].as_array()?;
    match &parts[..] {
        [condition, own, _] if condition == "ReservesConcurrency" => match own["Ref"].as_str() {
            Some(parameter) => Some(number(template, parameter)),
            None => own.as_i64(),
        },
        _ => None,
    }
}

fn number(template: &Template, parameter: &str) -> i64 {
    let default: &Value = &template.0["Parameters"][parameter]["Default"];
    default.as_i64().unwrap_or_default()
}
