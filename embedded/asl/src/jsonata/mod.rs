//! JSONata, the part of it that our workflow files may use, evaluated here because no crate fits the work.
//!
//! An expression of a workflow has to be parsed once and evaluated thousands of times a second on any thread, must give
//! the same answer when a step is taken again after a crash, and must be refused when the file is read if we would run it
//! otherwise than Step Functions, which runs JSONata 2.0.6. `jsonata-rs` 0.3 calls itself an incomplete alpha, ties the
//! parsed tree to the memory of one evaluation, takes about 90 µs for a comparison of two fields and gives another value
//! for sixteen rows of the table in the tests. `jsonata-core` follows version 2.2 with all of its functions, among them
//! the clock and randomness, in some fifteen times as much code. Neither lets us refuse a function or a syntax. So this is
//! a strict subset: paths, filters, variables, constructors, operators, conditions, and pure functions; all else is a
//! [`SyntaxError`]. The table was made with jsonata 2.0.6 itself. A whole checkout of three steps takes about 30 µs.
//!
//! The one known difference: fields of an object have no order here, so `$string` of an object writes them sorted.

mod errors;
mod evaluate;
mod functions;
mod number;
mod parse;
mod scope;
mod syntax;
mod token;

#[cfg(test)]
mod table;
#[cfg(test)]
mod tests;

pub use errors::{EvaluationError, SyntaxError};
pub use scope::Scope;
pub use syntax::Reserved;

use serde_json::Value;
use std::{borrow::Cow, collections::BTreeSet};

/// An expression that has been read.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    root: syntax::Ast,
    reserved: BTreeSet<Reserved>,
    variables: BTreeSet<String>,
}

impl Expression {
    /// Reads the text between `{%` and `%}`.
    ///
    /// # Errors
    /// Bad syntax, and good syntax that is not run here.
    pub fn parse(source: &str) -> Result<Self, SyntaxError> {
        let root = parse::parse(source)?;
        let (mut reserved, mut variables) = (BTreeSet::new(), BTreeSet::new());
        root.visit(&mut |node| match node {
            syntax::Ast::Reserved(part) => {
                reserved.insert(*part);
            }
            syntax::Ast::Variable(name) => {
                variables.insert(name.clone());
            }
            syntax::Ast::Literal(_)
            | syntax::Ast::Context
            | syntax::Ast::Field(_)
            | syntax::Ast::Path { .. }
            | syntax::Ast::Filtered { .. }
            | syntax::Ast::Group(_)
            | syntax::Ast::Call(..)
            | syntax::Ast::Array(_)
            | syntax::Ast::Object(_)
            | syntax::Ast::Negate(_)
            | syntax::Ast::Binary(..)
            | syntax::Ast::Condition { .. } => {}
        });
        Ok(Self { root, reserved, variables })
    }

    /// The parts of `$states` it may ask for.
    pub fn reserved(&self) -> impl Iterator<Item = Reserved> + '_ {
        self.reserved.iter().copied()
    }

    /// The variables it may ask for.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(String::as_str)
    }

    /// The value, or `None` for JSONata's undefined.
    ///
    /// # Errors
    /// Operands or arguments of the wrong type, a number out of range.
    pub fn evaluate<'a>(&'a self, scope: &dyn Scope<'a>) -> Result<Option<Cow<'a, Value>>, EvaluationError> {
        evaluate::evaluate(&self.root, None, scope)
    }
}
