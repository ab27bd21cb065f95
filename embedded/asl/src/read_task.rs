//! Reads the states that decide: tasks with their retriers and catchers, and choices with their rules.

use serde_json::{Map, Value};

use crate::{
    definition::{Call, Catcher, Rule, State, Task},
    read::{Reader, Sight, within},
    retry::{Matcher, Retrier},
    template::Template,
};

const INVOKE: &str = "arn:aws:states:::lambda:invoke";
const PUT_EVENTS: &str = "arn:aws:states:::events:putEvents";
/// What EventBridge takes in an entry.
const ENTRY: [&str; 6] = ["Source", "DetailType", "Detail", "EventBusName", "Resources", "Time"];

impl Reader<'_> {
    pub(super) fn task(&mut self, fields: &Map<String, Value>, pointer: &str) -> Option<State> {
        let known = [
            "Type",
            "Comment",
            "QueryLanguage",
            "Resource",
            "Arguments",
            "Output",
            "Assign",
            "TimeoutSeconds",
            "Retry",
            "Catch",
            "Next",
            "End",
        ];
        self.known(fields, pointer, &known);
        let call = self.call(fields, pointer);
        let timeout = self.optional(fields, pointer, "TimeoutSeconds", Sight::Input);
        if let Some(timeout) = &timeout {
            self.literal_seconds(timeout, &within(pointer, "TimeoutSeconds"), 1);
        }
        let retry = self.list(fields, pointer, "Retry", Self::retrier);
        let catch = self.list(fields, pointer, "Catch", Self::catcher);
        let then = self.then(fields, pointer, Sight::Result);
        Some(State::Task(Box::new(Task { call: call?, timeout, retry: retry?, catch: catch?, then: then? })))
    }

    fn call(&mut self, fields: &Map<String, Value>, pointer: &str) -> Option<Call> {
        let resource = self.required(fields, pointer, "Resource");
        let resource = resource.and_then(|value| self.text(value, &within(pointer, "Resource")))?;
        let arguments = self.required(fields, pointer, "Arguments");
        let pointer = &within(pointer, "Arguments");
        match resource.as_str() {
            INVOKE => {
                let arguments = self.object(arguments?, pointer, &["FunctionName", "Payload"])?;
                let function = self.required(arguments, pointer, "FunctionName");
                let function = function.and_then(|value| self.function(value, &within(pointer, "FunctionName")));
                let payload = self.required(arguments, pointer, "Payload");
                let payload = payload.and_then(|value| self.template(value, &within(pointer, "Payload"), Sight::Input));
                Some(Call::Invoke { function: function?, payload: payload? })
            }
            PUT_EVENTS => {
                let arguments = self.object(arguments?, pointer, &["Entries"])?;
                let entries = self.required(arguments, pointer, "Entries")?;
                let pointer = within(pointer, "Entries");
                self.entries(entries, &pointer);
                Some(Call::PutEvents { entries: self.template(entries, &pointer, Sight::Input)? })
            }
            other => {
                let pointer = pointer.trim_end_matches("Arguments").to_owned() + "Resource";
                self.problem(&pointer, format!("the resource {other:?} is not run here"));
                None
            }
        }
    }

    /// Which function is called is never computed: all that a workflow needs is known when it is read.
    fn function(&mut self, value: &Value, pointer: &str) -> Option<String> {
        let name = self.text(value, pointer)?;
        if self.surroundings.functions.contains(&name) {
            return Some(name);
        }
        self.problem(pointer, format!("there is no function {name:?}"));
        None
    }

    /// Entries that are written out; the parts that are computed are seen when they are.
    fn entries(&mut self, entries: &Value, pointer: &str) {
        match entries {
            Value::Array(entries) if !entries.is_empty() => {
                for (index, entry) in entries.iter().enumerate() {
                    let pointer = within(pointer, index);
                    if let Some(fields) = entry.as_object() {
                        self.known(fields, &pointer, &ENTRY);
                        for name in ["Source", "DetailType", "Detail"] {
                            self.required(fields, &pointer, name);
                        }
                    } else if !entry.is_string() {
                        self.problem(&pointer, "must be an object");
                    }
                }
            }
            Value::String(_) => {}
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                self.problem(pointer, "must be a list of events");
            }
        }
    }

    /// The members of an optional list. `None` if any of them cannot be read.
    fn list<T>(
        &mut self,
        fields: &Map<String, Value>,
        pointer: &str,
        name: &str,
        read: fn(&mut Self, &Value, &str, bool) -> Option<T>,
    ) -> Option<Vec<T>> {
        let pointer = within(pointer, name);
        let Some(value) = fields.get(name) else { return Some(Vec::new()) };
        let Some(items) = value.as_array() else {
            self.problem(&pointer, "must be an array");
            return None;
        };
        let items = items.iter().enumerate();
        let last = items.len().saturating_sub(1);
        let read: Vec<_> =
            items.map(|(index, item)| read(self, item, &within(&pointer, index), index == last)).collect();
        read.into_iter().collect()
    }

    fn retrier(&mut self, value: &Value, pointer: &str, last: bool) -> Option<Retrier> {
        let known = [
            "Comment",
            "ErrorEquals",
            "IntervalSeconds",
            "MaxAttempts",
            "BackoffRate",
            "MaxDelaySeconds",
            "JitterStrategy",
        ];
        let fields = self.object(value, pointer, &known)?;
        let errors = self.errors(fields, pointer, last);
        let mut whole =
            |name: &str, least: u32| fields.get(name).map(|value| self.whole(value, &within(pointer, name), least));
        let interval = whole("IntervalSeconds", 1).unwrap_or(Some(1));
        let max_attempts = whole("MaxAttempts", 0).unwrap_or(Some(3));
        let max_delay = whole("MaxDelaySeconds", 1).flatten();
        let backoff_rate = match fields.get("BackoffRate").map(Value::as_f64) {
            None => 2.0,
            Some(Some(rate)) if rate >= 1.0 => rate,
            Some(_) => {
                self.problem(&within(pointer, "BackoffRate"), "must be a number of at least 1");
                return None;
            }
        };
        if let (Some(longest), Some(interval)) = (max_delay, interval)
            && longest < interval
        {
            self.problem(&within(pointer, "MaxDelaySeconds"), "must not be less than IntervalSeconds");
        }
        let full_jitter = match fields.get("JitterStrategy").map(Value::as_str) {
            None | Some(Some("NONE")) => false,
            Some(Some("FULL")) => true,
            Some(_) => {
                self.problem(&within(pointer, "JitterStrategy"), "must be \"FULL\" or \"NONE\"");
                return None;
            }
        };
        Some(Retrier {
            errors: errors?,
            interval: interval?,
            max_attempts: max_attempts?,
            backoff_rate,
            max_delay,
            full_jitter,
        })
    }

    fn catcher(&mut self, value: &Value, pointer: &str, last: bool) -> Option<Catcher> {
        let fields = self.object(value, pointer, &["Comment", "ErrorEquals", "Next", "Output", "Assign"])?;
        let errors = self.errors(fields, pointer, last);
        let then = self.then(fields, pointer, Sight::Error);
        Some(Catcher { errors: errors?, then: then? })
    }

    fn errors(&mut self, fields: &Map<String, Value>, pointer: &str, last: bool) -> Option<Matcher> {
        let value = self.required(fields, pointer, "ErrorEquals")?;
        let pointer = within(pointer, "ErrorEquals");
        let names: Option<Vec<String>> =
            value.as_array().and_then(|names| names.iter().map(|name| name.as_str().map(str::to_owned)).collect());
        let Some(names) = names.filter(|names| !names.is_empty()) else {
            self.problem(&pointer, "must be an array of at least one error's name");
            return None;
        };
        for name in names.iter().filter(|name| name.starts_with("States.")) {
            if !Matcher::KNOWN.contains(&name.as_str()) {
                self.problem(&pointer, format!("the error {name:?} does not occur here"));
            }
        }
        if names.iter().any(|name| name == Matcher::ALL) && (names.len() > 1 || !last) {
            self.problem(&pointer, "States.ALL must be alone and in the last entry");
        }
        Some(Matcher(names))
    }

    pub(super) fn choice(&mut self, fields: &Map<String, Value>, pointer: &str) -> Option<State> {
        self.known(fields, pointer, &["Type", "Comment", "QueryLanguage", "Choices", "Default"]);
        let default = fields.get("Default").map(|value| self.text(value, &within(pointer, "Default")));
        if self.required(fields, pointer, "Choices")?.as_array().is_some_and(Vec::is_empty) {
            self.problem(&within(pointer, "Choices"), "must have at least one rule");
        }
        let rules = self.list(fields, pointer, "Choices", Self::rule);
        Some(State::Choice { rules: rules?, default: default.map_or(Some(None), |default| default.map(Some))? })
    }

    fn rule(&mut self, value: &Value, pointer: &str, _last: bool) -> Option<Rule> {
        let fields = self.object(value, pointer, &["Comment", "Condition", "Next", "Output", "Assign"])?;
        let condition = self.required(fields, pointer, "Condition");
        let at = within(pointer, "Condition");
        let condition = condition.and_then(|value| self.template(value, &at, Sight::Input));
        if condition
            .as_ref()
            .is_some_and(|it| !matches!(it, Template::Expression(_) | Template::Literal(Value::Bool(_))))
        {
            self.problem(&at, "must be an expression");
        }
        let then = self.then(fields, pointer, Sight::Input);
        Some(Rule { condition: condition?, then: then? })
    }
}
