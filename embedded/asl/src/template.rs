//! A field that may hold JSONata: any JSON, in which each string wrapped in `{% %}` is an expression. What holds none is
//! kept as it is and never evaluated.

use serde_json::{Map, Value};

use crate::{
    error::Failure,
    jsonata::{Expression, Scope},
};

/// A field's value, read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Template {
    Literal(Value),
    Expression(Box<Embedded>),
    Array(Vec<Template>),
    Object(Vec<(String, Template)>),
}

/// An expression with what an error about it must say.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Embedded {
    pub(super) expression: Expression,
    pub(super) source: String,
    /// A JSON pointer into the file.
    pub(super) pointer: String,
}

impl Template {
    /// The field's value.
    ///
    /// # Errors
    /// `States.QueryEvaluationError` if an expression fails or gives nothing, as in Step Functions.
    pub(super) fn render<'a>(&'a self, scope: &dyn Scope<'a>) -> Result<Value, Failure> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Expression(embedded) => embedded.render(scope),
            Self::Array(items) => items.iter().map(|item| item.render(scope)).collect(),
            Self::Object(fields) => fields
                .iter()
                .map(|(name, field)| Ok((name.clone(), field.render(scope)?)))
                .collect::<Result<Map<_, _>, _>>()
                .map(Value::Object),
        }
    }
}

impl Embedded {
    fn render<'a>(&'a self, scope: &dyn Scope<'a>) -> Result<Value, Failure> {
        let Self { expression, source, pointer } = self;
        match expression.evaluate(scope) {
            Ok(Some(value)) => Ok(value.into_owned()),
            Ok(None) => {
                Err(Failure::new(Failure::QUERY, format!("The expression `{source}` at {pointer} returned nothing.")))
            }
            Err(error) => {
                Err(Failure::new(Failure::QUERY, format!("The expression `{source}` at {pointer} failed: {error}.")))
            }
        }
    }
}
