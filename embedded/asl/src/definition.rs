//! A workflow as it is run: only what has been understood is in these types.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::{
    error::DefinitionError,
    read,
    retry::{Matcher, Retrier},
    template::Template,
};

/// A workflow file that can be run. Cheap to share, costly to read: keep it in an `Arc`.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    pub(super) start_at: String,
    pub(super) states: BTreeMap<String, State>,
    /// How long an execution may take.
    pub(super) timeout: Option<Duration>,
    /// Whether any expression asks for `$states.context.Execution.Input`; if none does, it is not stored.
    pub(super) keeps_input: bool,
}

/// What a workflow file refers to and does not contain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The values of `${Name}`, as the deployment template's `DefinitionSubstitutions` give them.
    pub substitutions: BTreeMap<String, String>,
    /// The functions that a task may invoke, by the names that remain after the substitutions.
    pub functions: BTreeSet<String>,
}

impl Definition {
    /// Reads a workflow file.
    ///
    /// # Errors
    /// All problems at once, each with its place: bad JSON, anything unknown or unsupported, a target that does not
    /// exist, a state that cannot be reached, an expression that does not parse or uses what is not run here.
    pub fn parse(text: &str, surroundings: &Surroundings) -> Result<Self, DefinitionError> {
        read::definition(text, surroundings)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum State {
    Task(Box<Task>),
    Choice { rules: Vec<Rule>, default: Option<String> },
    Wait { until: Until, then: Then },
    Pass { then: Then },
    Succeed { output: Option<Template> },
    Fail { error: Option<Template>, cause: Option<Template> },
}

/// What happens when a state is left.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Then {
    pub(super) output: Option<Template>,
    pub(super) assign: Vec<(String, Template)>,
    /// The next state; `None` ends the execution.
    pub(super) next: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Task {
    pub(super) call: Call,
    pub(super) timeout: Option<Template>,
    pub(super) retry: Vec<Retrier>,
    pub(super) catch: Vec<Catcher>,
    pub(super) then: Then,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Call {
    Invoke { function: String, payload: Template },
    PutEvents { entries: Template },
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Catcher {
    pub(super) errors: Matcher,
    pub(super) then: Then,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    pub(super) condition: Template,
    pub(super) then: Then,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Until {
    Seconds(Template),
    Timestamp(Template),
}

impl State {
    /// Every state that may follow.
    pub(super) fn followers(&self) -> Vec<&str> {
        match self {
            Self::Task(task) => {
                let caught = task.catch.iter().map(|catcher| &catcher.then);
                caught.chain([&task.then]).filter_map(|then| then.next.as_deref()).collect()
            }
            Self::Choice { rules, default } => {
                rules.iter().filter_map(|rule| rule.then.next.as_deref()).chain(default.as_deref()).collect()
            }
            Self::Wait { then, .. } | Self::Pass { then } => then.next.as_deref().into_iter().collect(),
            Self::Succeed { .. } | Self::Fail { .. } => Vec::new(),
        }
    }

    /// Whether an execution may end here as planned.
    pub(super) fn is_terminal(&self) -> bool {
        match self {
            Self::Task(task) => task.then.next.is_none(),
            Self::Wait { then, .. } | Self::Pass { then } => then.next.is_none(),
            Self::Choice { .. } => false,
            Self::Succeed { .. } | Self::Fail { .. } => true,
        }
    }
}
