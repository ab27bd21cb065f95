//! Why an expression is refused, when it is read or when it is evaluated.

use std::borrow::Cow;
use thiserror::Error;

/// Why an expression cannot be read, and where in it, in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what} (at byte {at} of the expression)")]
pub struct SyntaxError {
    at: usize,
    what: String,
}

impl SyntaxError {
    pub(super) fn new(at: usize, what: impl Into<String>) -> Self {
        Self { at, what: what.into() }
    }
}

/// Why an expression has no value for these inputs.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what}")]
pub struct EvaluationError {
    what: Cow<'static, str>,
}

impl EvaluationError {
    pub(super) fn new(what: impl Into<Cow<'static, str>>) -> Self {
        Self { what: what.into() }
    }
}
