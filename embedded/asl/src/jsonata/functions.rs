//! The functions. Each takes evaluated arguments, undefined being `None`, and checks their types as JSONata's signatures do.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use super::{
    EvaluationError,
    evaluate::{Evaluated, Item, field},
    number,
    syntax::Function,
};

/// Calls a function with as many arguments as it takes; the parser has counted them.
pub(super) fn call<'a>(function: Function, arguments: Vec<Option<Item<'a>>>) -> Evaluated<'a> {
    let mut arguments = arguments.into_iter();
    let first = arguments.next().flatten();
    let second = arguments.next().flatten();
    if let Some(result) = of_undefined(function, first.as_deref()) {
        return Ok(result.map(Cow::Owned));
    }
    let Some(value) = first else {
        return Ok(if function == Function::Append { second } else { None });
    };
    Ok(match function {
        Function::Append => match second {
            Some(second) => Some(Cow::Owned(Value::Array(joined(value, second)))),
            None => Some(value),
        },
        Function::Lookup => match second.as_deref() {
            Some(Value::String(key)) => field(&value, key),
            _ => return Err(wrong("lookup", "the name of a field")),
        },
        Function::Contains => {
            let Some(part) = second else {
                return Err(wrong("contains", "a string to look for"));
            };
            let found = text(&value, "contains")?.contains(text(&part, "contains")?);
            Some(Cow::Owned(Value::Bool(found)))
        }
        Function::Join => {
            let separator = match second.as_deref() {
                Some(Value::String(separator)) => separator.as_str(),
                None => "",
                Some(_) => return Err(wrong("join", "a string between the parts")),
            };
            let parts = listed(&value).iter().map(|part| text(part, "join")).collect::<Result<Vec<_>, _>>()?;
            Some(Cow::Owned(Value::String(parts.join(separator))))
        }
        Function::Boolean
        | Function::Ceil
        | Function::Count
        | Function::Exists
        | Function::Floor
        | Function::Length
        | Function::Lowercase
        | Function::Max
        | Function::Merge
        | Function::Min
        | Function::Not
        | Function::Number
        | Function::Parse
        | Function::String
        | Function::Sum
        | Function::Type
        | Function::Uppercase => one(function, &value)?.map(Cow::Owned),
    })
}

/// The functions that say something about nothing.
fn of_undefined(function: Function, value: Option<&Value>) -> Option<Option<Value>> {
    match (function, value) {
        (Function::Exists, found) => Some(Some(Value::Bool(found.is_some()))),
        (Function::Count, None) => Some(Some(Value::from(0))),
        _ => None,
    }
}

fn one(function: Function, value: &Value) -> Result<Option<Value>, EvaluationError> {
    Ok(Some(match function {
        Function::Boolean => Value::Bool(boolean(value)),
        Function::Not => Value::Bool(!boolean(value)),
        Function::Count => Value::from(listed(value).len()),
        Function::String => Value::String(string(value)),
        Function::Number => number_of(value)?,
        Function::Merge => merged(value)?,
        Function::Length => Value::from(text(value, "length")?.chars().count()),
        Function::Lowercase => Value::String(text(value, "lowercase")?.to_lowercase()),
        Function::Uppercase => Value::String(text(value, "uppercase")?.to_uppercase()),
        Function::Floor => number::value(single(value, "floor")?.floor())?,
        Function::Ceil => number::value(single(value, "ceil")?.ceil())?,
        Function::Sum => number::sum(&numbers(value, "sum")?)?,
        Function::Max => return extreme(value, "max", f64::max),
        Function::Min => return extreme(value, "min", f64::min),
        Function::Parse => serde_json::from_str(text(value, "parse")?)
            .map_err(|error| EvaluationError::new(format!("$parse: {error}")))?,
        Function::Type => Value::from(match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        }),
        Function::Exists => Value::Bool(true),
        // Taken care of where the second argument is at hand.
        Function::Append | Function::Contains | Function::Join | Function::Lookup => {
            return Ok(None);
        }
    }))
}

fn wrong(function: &str, wanted: &str) -> EvaluationError {
    EvaluationError::new(format!("${function} needs {wanted}"))
}

fn text<'v>(value: &'v Value, function: &str) -> Result<&'v str, EvaluationError> {
    value.as_str().ok_or_else(|| wrong(function, "a string"))
}

fn single(value: &Value, function: &str) -> Result<f64, EvaluationError> {
    if let Value::Number(number) = value { Ok(number::double(number)) } else { Err(wrong(function, "a number")) }
}

/// An array's members, or the value as the only one.
pub(super) fn listed(value: &Value) -> &[Value] {
    if let Value::Array(items) = value { items } else { std::slice::from_ref(value) }
}

fn numbers(value: &Value, function: &str) -> Result<Vec<f64>, EvaluationError> {
    listed(value).iter().map(|item| single(item, function)).collect()
}

fn extreme(value: &Value, function: &str, better: fn(f64, f64) -> f64) -> Result<Option<Value>, EvaluationError> {
    numbers(value, function)?.into_iter().reduce(better).map(number::value).transpose()
}

fn joined(left: Item<'_>, right: Item<'_>) -> Vec<Value> {
    let list = |item: Item<'_>| {
        let value = item.into_owned();
        if let Value::Array(items) = value { items } else { vec![value] }
    };
    let mut all = list(left);
    all.extend(list(right));
    all
}

fn merged(value: &Value) -> Result<Value, EvaluationError> {
    let mut all = Map::new();
    for part in listed(value) {
        let Value::Object(fields) = part else {
            return Err(wrong("merge", "objects"));
        };
        all.extend(fields.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    Ok(Value::Object(all))
}

/// Whether a value counts as true.
pub(super) fn boolean(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => items.iter().any(boolean),
        Value::Object(fields) => !fields.is_empty(),
    }
}

/// A value as text: a string is itself, all else is JSON without blanks.
pub(super) fn string(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number::text(number),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => shortened(value).to_string(),
    }
}

/// The value with its numbers cut to what JSONata writes.
fn shortened(value: &Value) -> Value {
    match value {
        Value::Number(number) => number::text(number).parse::<Number>().map_or_else(|_| value.clone(), Value::Number),
        Value::Array(items) => Value::Array(items.iter().map(shortened).collect()),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, value)| (key.clone(), shortened(value))).collect())
        }
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

fn number_of(value: &Value) -> Result<Value, EvaluationError> {
    match value {
        Value::Number(_) => Ok(value.clone()),
        Value::Bool(truth) => Ok(Value::from(i64::from(*truth))),
        Value::String(text) => number::read(text).ok_or_else(|| EvaluationError::new(format!("{text:?} is no number"))),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(wrong("number", "a string, number or truth value")),
    }
}
