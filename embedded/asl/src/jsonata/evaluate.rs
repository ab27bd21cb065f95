//! Evaluates the tree. Values are borrowed from the inputs as long as they are only selected, because most expressions of
//! a workflow do nothing else.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::{
    EvaluationError, Scope,
    functions::{self, boolean, listed},
    number,
    syntax::{Ast, Filter, Operator, PathStep},
};

/// A value in evaluation; undefined is `None` around it.
pub(super) type Item<'a> = Cow<'a, Value>;
pub(super) type Evaluated<'a> = Result<Option<Item<'a>>, EvaluationError>;

/// The value of a node for a context item.
pub(super) fn evaluate<'a>(node: &'a Ast, context: Option<&Item<'a>>, scope: &dyn Scope<'a>) -> Evaluated<'a> {
    Ok(match node {
        Ast::Literal(value) => Some(Cow::Borrowed(value)),
        Ast::Variable(name) => scope.variable(name).map(Cow::Borrowed),
        Ast::Reserved(part) => scope.reserved(*part),
        Ast::Context => context.cloned(),
        Ast::Field(name) => context.and_then(|item| field(item, name)),
        Ast::Path { steps, keep_array } => path(steps, *keep_array, context, scope)?,
        Ast::Filtered { base, filters } => {
            let found = evaluate(base, context, scope)?;
            match filtered(found, filters, scope)? {
                Found::One(item) => item,
                Found::Many(items) => unwrapped(items, false),
            }
        }
        Ast::Group(inner) => evaluate(inner, context, scope)?,
        Ast::Call(function, arguments) => {
            let given = arguments.iter().map(|argument| evaluate(argument, context, scope));
            functions::call(*function, given.collect::<Result<Vec<_>, _>>()?)?
        }
        Ast::Array(items) => Some(Cow::Owned(array(items, context, scope)?)),
        Ast::Object(pairs) => Some(Cow::Owned(object(pairs, context, scope)?)),
        Ast::Negate(inner) => match evaluate(inner, context, scope)?.as_deref() {
            None => None,
            Some(Value::Number(number)) => Some(Cow::Owned(number::negate(number)?)),
            Some(_) => return Err(EvaluationError::new("only a number can be negated")),
        },
        Ast::Binary(operator, left, right) => {
            let left = evaluate(left, context, scope)?;
            let decided = truth(left.as_deref());
            if (*operator == Operator::And && !decided) || (*operator == Operator::Or && decided) {
                return Ok(Some(Cow::Owned(Value::Bool(decided))));
            }
            let right = evaluate(right, context, scope)?;
            binary(*operator, left.as_deref(), right.as_deref())?.map(Cow::Owned)
        }
        Ast::Condition { test, then, otherwise } => {
            if truth(evaluate(test, context, scope)?.as_deref()) {
                evaluate(then, context, scope)?
            } else {
                match otherwise {
                    Some(otherwise) => evaluate(otherwise, context, scope)?,
                    None => None,
                }
            }
        }
    })
}

/// What a step or a filter has left, before a sequence of one becomes that one.
enum Found<'a> {
    One(Option<Item<'a>>),
    Many(Vec<Item<'a>>),
}

/// JSONata's rule for a sequence: none is undefined, one is itself.
fn unwrapped(mut items: Vec<Item<'_>>, keep_array: bool) -> Option<Item<'_>> {
    match items.len() {
        0 => None,
        1 if !keep_array => items.pop(),
        _ => Some(Cow::Owned(Value::Array(items.into_iter().map(Cow::into_owned).collect()))),
    }
}

/// The members of an array, or the value alone.
fn members(item: Item<'_>) -> Vec<Item<'_>> {
    match item {
        Cow::Borrowed(Value::Array(items)) => items.iter().map(Cow::Borrowed).collect(),
        Cow::Owned(Value::Array(items)) => items.into_iter().map(Cow::Owned).collect(),
        other @ (Cow::Borrowed(_) | Cow::Owned(_)) => vec![other],
    }
}

/// A field of an object, or of all objects of an array.
pub(super) fn field<'a>(item: &Item<'a>, name: &str) -> Option<Item<'a>> {
    match &**item {
        Value::Object(fields) => match item {
            Cow::Borrowed(Value::Object(fields)) => fields.get(name).map(Cow::Borrowed),
            Cow::Borrowed(_) | Cow::Owned(_) => fields.get(name).cloned().map(Cow::Owned),
        },
        Value::Array(_) => {
            let found = members(item.clone()).into_iter().filter_map(|member| field(&member, name));
            unwrapped(found.flat_map(members).collect(), false)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn path<'a>(
    steps: &'a [PathStep],
    keep_array: bool,
    context: Option<&Item<'a>>,
    scope: &dyn Scope<'a>,
) -> Evaluated<'a> {
    let Some((first, rest)) = steps.split_first() else {
        return Ok(None);
    };
    // The way of almost every path: object after object.
    let mut found = match (&first.expression, context) {
        (Ast::Field(_) | Ast::Object(_), Some(context)) => {
            step(first, members(context.clone()), rest.is_empty(), scope)?
        }
        _ => alone(first, context, rest.is_empty(), scope)?,
    };
    for (index, next) in rest.iter().enumerate() {
        let last = index + 1 == rest.len();
        found = match found {
            Found::One(None) => return Ok(None),
            Found::One(Some(item)) if !item.is_array() => alone(next, Some(&item), last, scope)?,
            Found::One(Some(item)) => step(next, members(item), last, scope)?,
            Found::Many(items) => step(next, items, last, scope)?,
        };
    }
    Ok(match found {
        Found::One(None) => None,
        Found::One(Some(item)) if keep_array && !item.is_array() => {
            Some(Cow::Owned(Value::Array(vec![item.into_owned()])))
        }
        Found::One(item) => item,
        Found::Many(items) => unwrapped(items, keep_array),
    })
}

/// A step for a single item.
fn alone<'a>(
    step: &'a PathStep,
    context: Option<&Item<'a>>,
    last: bool,
    scope: &dyn Scope<'a>,
) -> Result<Found<'a>, EvaluationError> {
    let found = evaluate(&step.expression, context, scope)?;
    Ok(match filtered(found, &step.filters, scope)? {
        Found::One(Some(item)) if !last && item.is_array() => Found::Many(members(item)),
        // What a filter leaves is flattened once more, except an array that it picked by its position.
        Found::Many(items) => Found::Many(items.into_iter().flat_map(members).collect()),
        other @ Found::One(_) => other,
    })
}

/// A step for each of the items, with all that they give in one sequence.
fn step<'a>(
    step: &'a PathStep,
    items: Vec<Item<'a>>,
    last: bool,
    scope: &dyn Scope<'a>,
) -> Result<Found<'a>, EvaluationError> {
    let mut results = Vec::with_capacity(items.len());
    for item in &items {
        let found = evaluate(&step.expression, Some(item), scope)?;
        let found = filtered(found, &step.filters, scope)?;
        if !matches!(found, Found::One(None)) {
            results.push(found);
        }
    }
    if let ([Found::One(Some(_))], true) = (results.as_slice(), last)
        && let Some(Found::One(Some(only))) = results.pop()
    {
        return Ok(if only.is_array() { Found::One(Some(only)) } else { Found::Many(vec![only]) });
    }
    let flat = results.into_iter().flat_map(|found| match found {
        Found::One(item) => item.map(members).unwrap_or_default(),
        Found::Many(items) => items,
    });
    Ok(Found::Many(flat.collect()))
}

fn filtered<'a>(
    found: Option<Item<'a>>,
    filters: &'a [Filter],
    scope: &dyn Scope<'a>,
) -> Result<Found<'a>, EvaluationError> {
    let mut current = Found::One(found);
    for filter in filters {
        let items = match current {
            Found::One(None) => return Ok(Found::One(None)),
            Found::One(Some(item)) => members(item),
            Found::Many(items) => items,
        };
        current = match filter {
            Filter::Index(index) => {
                match position(*index, items.len()).and_then(|at| items.into_iter().nth(at)) {
                    // An array picked by its position stays what it is.
                    Some(item) if item.is_array() => Found::One(Some(item)),
                    Some(item) => Found::Many(vec![item]),
                    None => Found::Many(Vec::new()),
                }
            }
            Filter::Where(condition) => Found::Many(matching(items, condition, scope)?),
        };
    }
    Ok(current)
}

fn position(index: i64, length: usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}

fn matching<'a>(
    items: Vec<Item<'a>>,
    condition: &'a Ast,
    scope: &dyn Scope<'a>,
) -> Result<Vec<Item<'a>>, EvaluationError> {
    let length = items.len();
    let mut kept = Vec::new();
    for (at, item) in items.into_iter().enumerate() {
        let result = evaluate(condition, Some(&item), scope)?;
        let keep = match result.as_deref() {
            Some(Value::Number(index)) => is_position(index, at, length),
            Some(Value::Array(indexes)) if !indexes.is_empty() && indexes.iter().all(Value::is_number) => {
                indexes.iter().any(|index| matches!(index, Value::Number(index) if is_position(index, at, length)))
            }
            other => truth(other),
        };
        if keep {
            kept.push(item);
        }
    }
    Ok(kept)
}

fn is_position(index: &serde_json::Number, at: usize, length: usize) -> bool {
    number::floor_index(number::double(index)).and_then(|index| position(index, length)) == Some(at)
}

fn array<'a>(items: &'a [Ast], context: Option<&Item<'a>>, scope: &dyn Scope<'a>) -> Result<Value, EvaluationError> {
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        let Some(value) = evaluate(item, context, scope)? else {
            continue;
        };
        match (item, value.into_owned()) {
            // Only an array written as one stays one; what an expression gives is joined.
            (Ast::Array(_), value) => all.push(value),
            (_, Value::Array(mut values)) => all.append(&mut values),
            (_, value) => all.push(value),
        }
    }
    Ok(Value::Array(all))
}

fn object<'a>(
    pairs: &'a [(Ast, Ast)],
    context: Option<&Item<'a>>,
    scope: &dyn Scope<'a>,
) -> Result<Value, EvaluationError> {
    if context.is_some_and(|item| item.is_array()) {
        return Err(EvaluationError::new("an object cannot be made of an array inside an array"));
    }
    let mut keys = Vec::with_capacity(pairs.len());
    let mut fields = Map::new();
    for (key, value) in pairs {
        let key = match evaluate(key, context, scope)?.as_deref() {
            Some(Value::String(key)) => key.clone(),
            None => continue,
            Some(_) => return Err(EvaluationError::new("the name of a field must be a string")),
        };
        if keys.contains(&key) {
            return Err(EvaluationError::new(format!("the field {key:?} is given twice")));
        }
        if let Some(value) = evaluate(value, context, scope)? {
            fields.insert(key.clone(), value.into_owned());
        }
        keys.push(key);
    }
    Ok(Value::Object(fields))
}

/// Whether a value counts as true; undefined does not.
fn truth(value: Option<&Value>) -> bool {
    value.is_some_and(boolean)
}

fn binary(op: Operator, left: Option<&Value>, right: Option<&Value>) -> Result<Option<Value>, EvaluationError> {
    let both = left.zip(right);
    Ok(Some(Value::Bool(match op {
        Operator::Arithmetic(op) => {
            let (left, right) = (numeric(left)?, numeric(right)?);
            return left.zip(right).map(|(left, right)| number::calculate(op, left, right)).transpose();
        }
        Operator::Concatenate => {
            let side = |value: Option<&Value>| value.map(functions::string).unwrap_or_default();
            return Ok(Some(Value::String(side(left) + &side(right))));
        }
        Operator::Less => return ordered(left, right, Ordering::is_lt),
        Operator::LessOrEqual => return ordered(left, right, Ordering::is_le),
        Operator::Greater => return ordered(left, right, Ordering::is_gt),
        Operator::GreaterOrEqual => return ordered(left, right, Ordering::is_ge),
        Operator::Equal => both.is_some_and(|(left, right)| equal(left, right)),
        Operator::Unequal => both.is_some_and(|(left, right)| !equal(left, right)),
        Operator::And => truth(left) && truth(right),
        Operator::Or => truth(left) || truth(right),
        Operator::In => both.is_some_and(|(left, right)| listed(right).iter().any(|item| same(item, left))),
    })))
}

fn numeric(side: Option<&Value>) -> Result<Option<&serde_json::Number>, EvaluationError> {
    match side {
        None => Ok(None),
        Some(Value::Number(number)) => Ok(Some(number)),
        Some(_) => Err(EvaluationError::new("arithmetic needs numbers")),
    }
}

fn ordered(
    left: Option<&Value>,
    right: Option<&Value>,
    holds: fn(Ordering) -> bool,
) -> Result<Option<Value>, EvaluationError> {
    if [left, right].into_iter().flatten().any(|side| !side.is_number() && !side.is_string()) {
        return Err(EvaluationError::new("only numbers and strings have an order"));
    }
    let order = match (left, right) {
        (None, _) | (_, None) => return Ok(None),
        (Some(Value::Number(left)), Some(Value::Number(right))) => {
            number::double(left).partial_cmp(&number::double(right)).unwrap_or(Ordering::Equal)
        }
        // JavaScript orders strings by their UTF-16 units.
        (Some(Value::String(left)), Some(Value::String(right))) => left.encode_utf16().cmp(right.encode_utf16()),
        _ => return Err(EvaluationError::new("a number and a string have no order")),
    };
    Ok(Some(Value::Bool(holds(order))))
}

/// Equality by content; numbers by value, so that 1 is 1.0.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right || number::double(left).total_cmp(&number::double(right)).is_eq()
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| equal(value, other)))
        }
        _ => left == right,
    }
}

/// The identity that `in` asks for: arrays and objects are never the same.
fn same(left: &Value, right: &Value) -> bool {
    !left.is_array() && !left.is_object() && equal(left, right)
}
