//! The tree of an expression, with every name that stands outside the expression already resolved: what Step Functions
//! provides as `$states`, and which function is called.

use serde_json::Value;

use super::number::Arithmetic;

/// A node of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ast {
    Literal(Value),
    /// A workflow variable, `$name`.
    Variable(String),
    /// A part of `$states`.
    Reserved(Reserved),
    /// `$`: the item that a path step or a filter is about.
    Context,
    /// A field of the context.
    Field(String),
    Path {
        steps: Vec<PathStep>,
        /// `[]` was written: a single result stays an array.
        keep_array: bool,
    },
    Filtered {
        base: Box<Ast>,
        filters: Vec<Filter>,
    },
    /// Parentheses. They count: a path inside them is finished before a filter behind them is applied.
    Group(Box<Ast>),
    Call(Function, Vec<Ast>),
    Array(Vec<Ast>),
    Object(Vec<(Ast, Ast)>),
    Negate(Box<Ast>),
    Binary(Operator, Box<Ast>, Box<Ast>),
    Condition {
        test: Box<Ast>,
        then: Box<Ast>,
        otherwise: Option<Box<Ast>>,
    },
}

/// One step of a path, evaluated for each item that the step before has left.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PathStep {
    pub(super) expression: Ast,
    pub(super) filters: Vec<Filter>,
}

/// What stands in `[...]`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filter {
    /// A literal position; negative counts from the end.
    Index(i64),
    /// Evaluated for each item: a number is a position, anything else is taken for true or false.
    Where(Ast),
}

/// A binary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Arithmetic(Arithmetic),
    Concatenate,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
    In,
}

/// What a workflow engine tells an expression, as `$states`.
///
/// Only these paths exist, so a misspelt one is refused when the definition is read. Each is a leaf: no part of the
/// context object has to be built for an expression that does not ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reserved {
    /// `$states.input`
    Input,
    /// `$states.result`
    Result,
    /// `$states.errorOutput`
    ErrorOutput,
    /// `$states.context.Execution.Id`
    ExecutionId,
    /// `$states.context.Execution.Name`
    ExecutionName,
    /// `$states.context.Execution.Input`
    ExecutionInput,
    /// `$states.context.Execution.StartTime`
    ExecutionStartTime,
    /// `$states.context.State.Name`
    StateName,
    /// `$states.context.State.EnteredTime`
    StateEnteredTime,
    /// `$states.context.State.RetryCount`
    StateRetryCount,
    /// `$states.context.StateMachine.Name`
    StateMachineName,
}

impl Reserved {
    const ALL: [(&'static [&'static str], Self); 11] = [
        (&["input"], Self::Input),
        (&["result"], Self::Result),
        (&["errorOutput"], Self::ErrorOutput),
        (&["context", "Execution", "Id"], Self::ExecutionId),
        (&["context", "Execution", "Name"], Self::ExecutionName),
        (&["context", "Execution", "Input"], Self::ExecutionInput),
        (&["context", "Execution", "StartTime"], Self::ExecutionStartTime),
        (&["context", "State", "Name"], Self::StateName),
        (&["context", "State", "EnteredTime"], Self::StateEnteredTime),
        (&["context", "State", "RetryCount"], Self::StateRetryCount),
        (&["context", "StateMachine", "Name"], Self::StateMachineName),
    ];

    /// The part that begins the fields after `$states`, and how many fields name it.
    pub(super) fn find(fields: &[&str]) -> Option<(Self, usize)> {
        Self::ALL.iter().find(|(path, _)| fields.starts_with(path)).map(|(path, part)| (*part, path.len()))
    }
}

/// The functions that run here.
///
/// Only pure ones: `$now`, `$millis`, `$random` and `$uuid` would give another answer when a step is taken again after a
/// crash. `$keys`, `$each` and `$spread` are missing because they show the order of fields, which we do not keep, and
/// all that take a function are missing because paths and filters do the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Append,
    Boolean,
    Ceil,
    Contains,
    Count,
    Exists,
    Floor,
    Join,
    Length,
    Lookup,
    Lowercase,
    Max,
    Merge,
    Min,
    Not,
    Number,
    Parse,
    String,
    Sum,
    Type,
    Uppercase,
}

impl Function {
    /// The function of that name, and how many arguments it takes here.
    pub(super) fn find(name: &str) -> Option<(Self, usize)> {
        Some(match name {
            "append" => (Self::Append, 2),
            "boolean" => (Self::Boolean, 1),
            "ceil" => (Self::Ceil, 1),
            "contains" => (Self::Contains, 2),
            "count" => (Self::Count, 1),
            "exists" => (Self::Exists, 1),
            "floor" => (Self::Floor, 1),
            "join" => (Self::Join, 2),
            "length" => (Self::Length, 1),
            "lookup" => (Self::Lookup, 2),
            "lowercase" => (Self::Lowercase, 1),
            "max" => (Self::Max, 1),
            "merge" => (Self::Merge, 1),
            "min" => (Self::Min, 1),
            "not" => (Self::Not, 1),
            "number" => (Self::Number, 1),
            "parse" => (Self::Parse, 1),
            "string" => (Self::String, 1),
            "sum" => (Self::Sum, 1),
            "type" => (Self::Type, 1),
            "uppercase" => (Self::Uppercase, 1),
            _ => return None,
        })
    }
}

impl Ast {
    /// Shows every node, this one first.
    pub(super) fn visit(&self, see: &mut impl FnMut(&Self)) {
        see(self);
        match self {
            Self::Literal(_) | Self::Variable(_) | Self::Reserved(_) | Self::Context | Self::Field(_) => {}
            Self::Path { steps, .. } => {
                for step in steps {
                    step.expression.visit(see);
                    visit_filters(&step.filters, see);
                }
            }
            Self::Filtered { base, filters } => {
                base.visit(see);
                visit_filters(filters, see);
            }
            Self::Group(inner) | Self::Negate(inner) => inner.visit(see),
            Self::Call(_, items) | Self::Array(items) => items.iter().for_each(|item| item.visit(see)),
            Self::Object(pairs) => pairs.iter().for_each(|(key, value)| {
                key.visit(see);
                value.visit(see);
            }),
            Self::Binary(_, left, right) => {
                left.visit(see);
                right.visit(see);
            }
            Self::Condition { test, then, otherwise } => {
                test.visit(see);
                then.visit(see);
                if let Some(otherwise) = otherwise {
                    otherwise.visit(see);
                }
            }
        }
    }
}

fn visit_filters(filters: &[Filter], see: &mut impl FnMut(&Ast)) {
    for filter in filters {
        match filter {
            Filter::Index(_) => {}
            Filter::Where(expression) => expression.visit(see),
        }
    }
}
