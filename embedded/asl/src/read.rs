//! Reads a workflow file and collects everything that is wrong with it, because a person who mends a file wants the whole
//! list at once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::{
    check,
    definition::{Definition, State, Surroundings, Then, Until},
    error::{DefinitionError, Problem},
    jsonata::{Expression, Reserved},
    retry::Retrier,
    template::{Embedded, Template},
};

/// Fields of the other query language, which people copy from older files.
const JSONPATH: [&str; 9] = [
    "InputPath",
    "OutputPath",
    "Parameters",
    "ResultPath",
    "ResultSelector",
    "SecondsPath",
    "TimestampPath",
    "TimeoutSecondsPath",
    "Result",
];

/// Reads a file.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn definition(text: &str, surroundings: &Surroundings) -> Result<Definition, DefinitionError> {
    let mut reader = Reader {
        surroundings,
        problems: Vec::new(),
        reserved: BTreeSet::new(),
        used: Vec::new(),
        set: BTreeSet::new(),
    };
    let found = match serde_json::from_str::<Value>(text) {
        Ok(mut file) => {
            reader.substitute(&mut file, "");
            reader.file(&file)
        }
        Err(error) => {
            reader.problem("", format!("not JSON: {error}"));
            None
        }
    };
    reader.unset_variables();
    let mut problems = reader.problems;
    if let Some(definition) = &found {
        check::ways(definition, &mut problems);
    }
    match found {
        Some(definition) if problems.is_empty() => Ok(definition),
        Some(_) | None => Err(DefinitionError { problems }),
    }
}

/// What a field may ask `$states` for, besides the input and the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    Input,
    Result,
    Error,
}

/// Collects problems on the way through a file.
pub(super) struct Reader<'s> {
    pub(super) surroundings: &'s Surroundings,
    problems: Vec<Problem>,
    reserved: BTreeSet<Reserved>,
    /// Each use of a variable, with its place.
    used: Vec<(String, String)>,
    set: BTreeSet<String>,
}

/// A JSON pointer one level deeper.
pub(super) fn within(pointer: &str, field: impl std::fmt::Display) -> String {
    format!("{pointer}/{}", field.to_string().replace('~', "~0").replace('/', "~1"))
}

impl Reader<'_> {
    pub(super) fn problem(&mut self, pointer: &str, what: impl Into<String>) {
        self.problems.push(Problem { pointer: pointer.to_owned(), what: what.into() });
    }

    fn file(&mut self, file: &Value) -> Option<Definition> {
        let known = ["Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version"];
        let fields = self.object(file, "", &known)?;
        if fields.get("QueryLanguage").and_then(Value::as_str) != Some("JSONata") {
            self.problem("/QueryLanguage", "must be \"JSONata\"");
        }
        if fields.get("Version").is_some_and(|version| version != "1.0") {
            self.problem("/Version", "must be \"1.0\"");
        }
        self.comment(fields, "");
        let timeout = fields.get("TimeoutSeconds").and_then(|value| self.whole(value, "/TimeoutSeconds", 1));
        let start_at = self.required(fields, "", "StartAt").and_then(|value| self.text(value, "/StartAt"));
        let states = self.required(fields, "", "States").and_then(|value| {
            let fields = value.as_object().filter(|fields| !fields.is_empty());
            if fields.is_none() {
                self.problem("/States", "must be an object of at least one state");
            }
            fields
        });
        let mut read = BTreeMap::new();
        for (name, state) in states? {
            let pointer = within("/States", name);
            if name.chars().count() > 80 {
                self.problem(&pointer, "a state's name has at most 80 characters");
            }
            if let Some(state) = self.state(state, &pointer) {
                read.insert(name.clone(), state);
            }
        }
        check::targets(start_at.as_deref(), &read, states?, &mut self.problems);
        // A state that could not be read would make its followers look unreachable.
        (read.len() == states?.len()).then_some(Definition {
            start_at: start_at?,
            states: read,
            timeout: timeout.map(|seconds| Duration::from_secs(u64::from(seconds))),
            keeps_input: self.reserved.contains(&Reserved::ExecutionInput),
        })
    }

    fn state(&mut self, value: &Value, pointer: &str) -> Option<State> {
        let fields = match value.as_object() {
            Some(fields) => fields,
            None => return self.object(value, pointer, &[]).and(None),
        };
        let kind = self.required(fields, pointer, "Type").and_then(|kind| self.text(kind, &within(pointer, "Type")))?;
        match kind.as_str() {
            "Task" => self.task(fields, pointer),
            "Choice" => self.choice(fields, pointer),
            "Wait" => self.wait(fields, pointer),
            "Pass" => {
                self.known(fields, pointer, &["Type", "Comment", "QueryLanguage", "Output", "Assign", "Next", "End"]);
                let then = self.then(fields, pointer, Sight::Input);
                Some(State::Pass { then: then? })
            }
            "Succeed" => {
                self.known(fields, pointer, &["Type", "Comment", "QueryLanguage", "Output"]);
                Some(State::Succeed { output: self.optional(fields, pointer, "Output", Sight::Input) })
            }
            "Fail" => {
                self.known(fields, pointer, &["Type", "Comment", "QueryLanguage", "Error", "Cause"]);
                let error = self.words(fields, pointer, "Error");
                Some(State::Fail { error, cause: self.words(fields, pointer, "Cause") })
            }
            other => {
                self.problem(&within(pointer, "Type"), format!("states of type {other:?} are not run here"));
                None
            }
        }
    }

    fn wait(&mut self, fields: &Map<String, Value>, pointer: &str) -> Option<State> {
        let known = ["Type", "Comment", "QueryLanguage", "Seconds", "Timestamp", "Output", "Assign", "Next", "End"];
        self.known(fields, pointer, &known);
        let then = self.then(fields, pointer, Sight::Input);
        let seconds = self.optional(fields, pointer, "Seconds", Sight::Input);
        let timestamp = self.optional(fields, pointer, "Timestamp", Sight::Input);
        let until = match (seconds, timestamp) {
            (Some(seconds), None) => {
                self.literal_seconds(&seconds, &within(pointer, "Seconds"), 0);
                Until::Seconds(seconds)
            }
            (None, Some(timestamp)) => {
                check::timestamp(&timestamp, &within(pointer, "Timestamp"), &mut self.problems);
                Until::Timestamp(timestamp)
            }
            (None, None) | (Some(_), Some(_)) => {
                self.problem(pointer, "needs Seconds or Timestamp, and not both");
                return None;
            }
        };
        Some(State::Wait { until, then: then? })
    }

    /// `Output`, `Assign`, and `Next` or `End`.
    pub(super) fn then(&mut self, fields: &Map<String, Value>, pointer: &str, sight: Sight) -> Option<Then> {
        let output = self.optional(fields, pointer, "Output", sight);
        let assign = self.assign(fields, pointer, sight);
        let next = fields.get("Next").map(|next| self.text(next, &within(pointer, "Next")));
        let next = match (next, fields.get("End")) {
            (Some(next), None) => Some(next?),
            (None, Some(Value::Bool(true))) => None,
            (None, None) => {
                self.problem(pointer, "needs Next or \"End\": true");
                return None;
            }
            (_, Some(_)) => {
                self.problem(&within(pointer, "End"), "must be true, and alone without Next");
                return None;
            }
        };
        Some(Then { output, assign, next })
    }

    /// The variables that a state sets.
    pub(super) fn assign(
        &mut self,
        fields: &Map<String, Value>,
        pointer: &str,
        sight: Sight,
    ) -> Vec<(String, Template)> {
        let pointer = within(pointer, "Assign");
        let Some(value) = fields.get("Assign") else { return Vec::new() };
        let Some(variables) = value.as_object() else {
            self.problem(&pointer, "must be an object of variables");
            return Vec::new();
        };
        let mut read = Vec::new();
        for (name, value) in variables {
            let pointer = within(&pointer, name);
            let names_itself = Expression::parse(&format!("${name}"))
                .is_ok_and(|expression| expression.variables().collect::<Vec<_>>() == [name.as_str()]);
            if !names_itself || name.chars().count() > 80 {
                self.problem(&pointer, "is no name for a variable");
            }
            self.set.insert(name.clone());
            read.extend(self.template(value, &pointer, sight).map(|value| (name.clone(), value)));
        }
        read
    }

    /// A field's value with the expressions in it read.
    pub(super) fn template(&mut self, value: &Value, pointer: &str, sight: Sight) -> Option<Template> {
        match value {
            Value::String(text) if text.starts_with("{%") || text.ends_with("%}") => {
                self.expression(text, pointer, sight)
            }
            Value::Array(items) => {
                let read = items.iter().enumerate();
                let read: Vec<_> =
                    read.map(|(index, item)| self.template(item, &within(pointer, index), sight)).collect();
                let read: Vec<Template> = read.into_iter().collect::<Option<_>>()?;
                let literal = read.iter().all(|item| matches!(item, Template::Literal(_)));
                Some(if literal { Template::Literal(value.clone()) } else { Template::Array(read) })
            }
            Value::Object(fields) => {
                let read: Vec<_> = fields
                    .iter()
                    .map(|(name, field)| Some((name.clone(), self.template(field, &within(pointer, name), sight)?)))
                    .collect();
                let read: Vec<(String, Template)> = read.into_iter().collect::<Option<_>>()?;
                let literal = read.iter().all(|(_, field)| matches!(field, Template::Literal(_)));
                Some(if literal { Template::Literal(value.clone()) } else { Template::Object(read) })
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                Some(Template::Literal(value.clone()))
            }
        }
    }

    fn expression(&mut self, text: &str, pointer: &str, sight: Sight) -> Option<Template> {
        let Some(source) = text.strip_prefix("{%").and_then(|rest| rest.strip_suffix("%}")) else {
            self.problem(pointer, "an expression begins with {% and ends with %}");
            return None;
        };
        let expression = match Expression::parse(source) {
            Ok(expression) => expression,
            Err(error) => {
                self.problem(pointer, error.to_string());
                return None;
            }
        };
        for part in expression.reserved() {
            if part == Reserved::Result && sight != Sight::Result {
                self.problem(pointer, "$states.result exists in Output and Assign of a task only");
            }
            if part == Reserved::ErrorOutput && sight != Sight::Error {
                self.problem(pointer, "$states.errorOutput exists in Output and Assign of a catcher only");
            }
        }
        self.reserved.extend(expression.reserved());
        self.used.extend(expression.variables().map(|variable| (pointer.to_owned(), variable.to_owned())));
        let source = source.trim().to_owned();
        Some(Template::Expression(Box::new(Embedded { expression, source, pointer: pointer.to_owned() })))
    }

    /// A variable that is set nowhere is a slip of the pen.
    fn unset_variables(&mut self) {
        for (pointer, variable) in std::mem::take(&mut self.used) {
            if !self.set.contains(&variable) {
                self.problem(&pointer, format!("no state assigns the variable ${variable}"));
            }
        }
    }

    pub(super) fn optional(
        &mut self,
        fields: &Map<String, Value>,
        pointer: &str,
        name: &str,
        sight: Sight,
    ) -> Option<Template> {
        fields.get(name).and_then(|value| self.template(value, &within(pointer, name), sight))
    }

    fn words(&mut self, fields: &Map<String, Value>, pointer: &str, name: &str) -> Option<Template> {
        let template = self.optional(fields, pointer, name, Sight::Input);
        if template
            .as_ref()
            .is_some_and(|word| !matches!(word, Template::Literal(Value::String(_)) | Template::Expression(_)))
        {
            self.problem(&within(pointer, name), "must be a string");
        }
        template
    }

    /// A number of seconds, unless it is an expression.
    pub(super) fn literal_seconds(&mut self, template: &Template, pointer: &str, least: u32) {
        match template {
            Template::Expression(_) => {}
            Template::Literal(value) => drop(self.whole(value, pointer, least)),
            Template::Array(_) | Template::Object(_) => self.problem(pointer, "must be a number of seconds"),
        }
    }

    /// A whole number from `least` to the most that Step Functions takes anywhere.
    pub(super) fn whole(&mut self, value: &Value, pointer: &str, least: u32) -> Option<u32> {
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| (least..=Retrier::LONGEST).contains(number));
        if number.is_none() {
            self.problem(pointer, format!("must be a whole number from {least} to {}", Retrier::LONGEST));
        }
        number
    }

    pub(super) fn text(&mut self, value: &Value, pointer: &str) -> Option<String> {
        let text = value.as_str().map(str::to_owned);
        if text.is_none() {
            self.problem(pointer, "must be a string");
        }
        text
    }

    pub(super) fn required<'v>(
        &mut self,
        fields: &'v Map<String, Value>,
        pointer: &str,
        name: &str,
    ) -> Option<&'v Value> {
        let found = fields.get(name);
        if found.is_none() {
            self.problem(&within(pointer, name), "is missing");
        }
        found
    }

    /// An object with known fields only.
    pub(super) fn object<'v>(
        &mut self,
        value: &'v Value,
        pointer: &str,
        known: &[&str],
    ) -> Option<&'v Map<String, Value>> {
        let Some(fields) = value.as_object() else {
            self.problem(pointer, "must be an object");
            return None;
        };
        self.known(fields, pointer, known);
        Some(fields)
    }

    /// Refuses unknown fields, and what is common to all states.
    pub(super) fn known(&mut self, fields: &Map<String, Value>, pointer: &str, known: &[&str]) {
        for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
            let what = if JSONPATH.contains(&name.as_str()) || name.ends_with(".$") {
                "belongs to JSONPath; this file is in JSONata"
            } else {
                "is not known here"
            };
            self.problem(&within(pointer, name), what);
        }
        if !pointer.is_empty() {
            self.comment(fields, pointer);
            if fields.get("QueryLanguage").is_some_and(|language| language != "JSONata") {
                self.problem(&within(pointer, "QueryLanguage"), "must be \"JSONata\"");
            }
        }
    }

    fn comment(&mut self, fields: &Map<String, Value>, pointer: &str) {
        if let Some(comment) = fields.get("Comment") {
            self.text(comment, &within(pointer, "Comment"));
        }
    }
}
