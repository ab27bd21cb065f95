//! Event patterns, as EventBridge matches them: every field named must hold one of the values listed. Of the operators
//! those that the rules use or may soon are understood; an unknown one is refused when the rule is read.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html>

use schemas::event::Event;
use serde_json::{Map, Value, json};

/// A pattern that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern(Vec<(String, Node)>);

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Fields(Vec<(String, Node)>),
    AnyOf(Vec<Test>),
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Equals(Value),
    Prefix(String),
    AnythingBut(Vec<Value>),
    Exists(bool),
}

/// A pattern that cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event pattern, {pointer}: {detail}")]
pub struct PatternError {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// What is wrong.
    pub detail: String,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PatternError`] for anything that EventBridge would not take, or we do not run.
    pub fn parse(pattern: &Value) -> Result<Self, PatternError> {
        match pattern {
            Value::Object(fields) if !fields.is_empty() => parse_fields(fields, "").map(Self),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                Err(wrong("", "a pattern is an object that names at least one field"))
            }
        }
    }

    /// Whether the event matches, in the envelope that EventBridge would put around it.
    pub fn matches(&self, event: &Event) -> bool {
        let name = event.kind.strip_prefix("sluice.").and_then(|kind| kind.strip_suffix(".v1"));
        self.0.iter().all(|(field, node)| match field.as_str() {
            "source" => node.matches(Some(&json!(event.source))),
            "detail-type" => node.matches(name.map(Value::from).as_ref()),
            "detail" => match serde_json::to_value(event) {
                Ok(detail) => node.matches(Some(&detail)),
                Err(_) => false,
            },
            _ => node.matches(None),
        })
    }
}

fn wrong(pointer: &str, detail: &str) -> PatternError {
    PatternError { pointer: pointer.to_owned(), detail: detail.to_owned() }
}

fn parse_fields(fields: &Map<String, Value>, at: &str) -> Result<Vec<(String, Node)>, PatternError> {
    fields
        .iter()
        .map(|(name, value)| {
            let at = format!("{at}/{name}");
            let node = match value {
                Value::Object(inner) if !inner.is_empty() => Node::Fields(parse_fields(inner, &at)?),
                Value::Array(tests) if !tests.is_empty() => {
                    Node::AnyOf(tests.iter().map(|test| parse_test(test, &at)).collect::<Result<_, _>>()?)
                }
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_)
                | Value::Object(_) => {
                    return Err(wrong(&at, "must be a list of values or an object that names fields"));
                }
            };
            Ok((name.clone(), node))
        })
        .collect()
}

fn parse_test(test: &Value, at: &str) -> Result<Test, PatternError> {
    let Value::Object(operator) = test else {
        return match test {
            Value::Array(_) => Err(wrong(at, "a list within a list is no test")),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                Ok(Test::Equals(test.clone()))
            }
        };
    };
    let mut entries = operator.iter();
    match (entries.next(), entries.next()) {
        (Some((name, value)), None) => match (name.as_str(), value) {
            ("prefix", Value::String(prefix)) => Ok(Test::Prefix(prefix.clone())),
            ("exists", Value::Bool(exists)) => Ok(Test::Exists(*exists)),
            ("anything-but", Value::Array(values)) => Ok(Test::AnythingBut(values.clone())),
            ("anything-but", Value::String(_) | Value::Number(_)) => Ok(Test::AnythingBut(vec![value.clone()])),
            (_, _) => Err(wrong(at, &format!("{name} is not an operator that is run here"))),
        },
        (_, _) => Err(wrong(at, "a test names one operator")),
    }
}

impl Node {
    fn matches(&self, value: Option<&Value>) -> bool {
        match self {
            Self::Fields(fields) => {
                fields.iter().all(|(name, node)| node.matches(value.and_then(|value| value.get(name))))
            }
            Self::AnyOf(tests) => tests.iter().any(|test| match value {
                // A list matches if one of its elements does.
                Some(Value::Array(elements)) => elements.iter().any(|element| test.matches(Some(element))),
                _ => test.matches(value),
            }),
        }
    }
}

impl Test {
    fn matches(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::Exists(wanted), value) => *wanted == value.is_some(),
            (Self::Equals(wanted), Some(value)) => wanted == value,
            (Self::Prefix(prefix), Some(Value::String(text))) => text.starts_with(prefix),
            (Self::AnythingBut(unwanted), Some(value)) => !unwanted.contains(value),
            (Self::Equals(_) | Self::AnythingBut(_), None) | (Self::Prefix(_), _) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use schemas::{event::EventName, ids::OrderId};
    use time::OffsetDateTime;
    use uuid::Uuid;

    fn event(name: EventName, data: Value) -> Event {
        Event::new("test", OrderId(Uuid::nil()), 1, name, OffsetDateTime::UNIX_EPOCH, data)
    }

    #[test]
    fn every_field_named_must_hold_one_of_its_values() {
        let rejected = event(EventName::OrderRejected, json!({ "reason": "out_of_stock", "tags": ["a", "b"] }));
        for (pattern, expected) in [
            (json!({ "detail-type": ["OrderRejected"] }), true),
            (json!({ "detail-type": ["OrderConfirmed", "OrderRejected"] }), true),
            (json!({ "detail-type": ["OrderConfirmed"] }), false),
            (json!({ "source": [{ "prefix": "sluice/" }] }), true),
            (json!({ "source": [{ "prefix": "shop/" }] }), false),
            (json!({ "detail": { "data": { "reason": ["out_of_stock"] } } }), true),
            (json!({ "detail": { "data": { "reason": [{ "anything-but": ["out_of_stock"] }] } } }), false),
            (json!({ "detail": { "data": { "reason": [{ "anything-but": "unknown_sku" }] } } }), true),
            (json!({ "detail": { "data": { "other": [{ "anything-but": "x" }] } } }), false),
            (json!({ "detail": { "data": { "other": [{ "exists": false }] } } }), true),
            (json!({ "detail": { "data": { "tags": ["b"] } } }), true),
            (json!({ "detail": { "sequence": [1] }, "detail-type": ["OrderRejected"] }), true),
            (json!({ "detail": { "sequence": [2] }, "detail-type": ["OrderRejected"] }), false),
            (json!({ "account": ["1"] }), false),
        ] {
            assert_eq!(Pattern::parse(&pattern).unwrap().matches(&rejected), expected, "{pattern}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_place() {
        for (pattern, pointer) in [
            (json!([]), ""),
            (json!({}), ""),
            (json!({ "detail-type": "OrderRejected" }), "/detail-type"),
            (json!({ "detail": { "total": [{ "numeric": [">", 1] }] } }), "/detail/total"),
            (json!({ "source": [] }), "/source"),
        ] {
            assert_eq!(Pattern::parse(&pattern).unwrap_err().pointer, pointer, "{pattern}");
        }
    }

    #[test]
    fn the_pipelines_own_rules_are_understood() {
        for rule in crate::wiring::rules() {
            Pattern::parse(&rule.pattern).unwrap();
        }
    }
}
