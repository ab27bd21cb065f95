//! Takes an execution from where it is to the next thing that only the world can do.

use std::mem;
use std::time::Duration;

use schemas::kept::{ErrorOutput, Execution, Identity, LastError, Phase};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::{
    definition::{Call, Definition, Rule, State, Task, Then, Until},
    error::{Failure, ResumeError},
    execution::{Action, Resumption, TaskOutcome, Transition, Visit},
    limits::{after, limited, seconds},
    retry::Retrier,
    scope::View,
    template::Template,
};

/// Step Functions ends an execution whose history grows beyond this many events.
const MOST_EVENTS: u32 = 25_000;

impl Definition {
    /// Begins an execution and takes it to its first action. `chance` is a random number, uniform over its whole range.
    pub fn start(&self, identity: Identity, input: Value, now: OffsetDateTime, chance: u32) -> Transition {
        let execution = Execution {
            identity,
            started_at: now,
            original_input: self.keeps_input.then(|| input.clone()),
            state: String::new(),
            input: Value::Null,
            variables: Map::new(),
            entered_at: now,
            retries: Vec::new(),
            visit: 0,
            events: 1,
            last_error: None,
            phase: Phase::Calling,
        };
        let mut walk = Walk { definition: self, execution, visits: Vec::new(), now, chance, has_entered: false };
        walk.enter(&self.start_at, input);
        walk.run()
    }

    /// Goes on with what has happened. `chance` is a random number, uniform over its whole range; it decides the jitter
    /// of a retry.
    ///
    /// A wait that has not come to its end is given again as the action, with nothing changed.
    ///
    /// # Errors
    /// A resumption that the execution does not wait for, so that a stale one changes nothing.
    pub fn resume(
        &self,
        execution: Execution,
        resumption: Resumption,
        now: OffsetDateTime,
        chance: u32,
    ) -> Result<Transition, ResumeError> {
        let state = execution.state.clone();
        let mut walk = Walk { definition: self, execution, visits: Vec::new(), now, chance, has_entered: false };
        if walk.execution.has_ended() {
            return Err(ResumeError::Ended);
        }
        if walk.is_overdue() {
            walk.fail(Failure::new(Failure::TIMEOUT, "The execution took too long."));
            return Ok(walk.run());
        }
        match (resumption, walk.execution.phase.clone(), self.states.get(&state)) {
            (_, _, None) => return Err(ResumeError::OtherDefinition { state }),
            (Resumption::WaitElapsed, Phase::Waiting { until } | Phase::Retrying { until }, _) if now < until => {
                let action = self.action(&walk.execution, now);
                return Ok(Transition { execution: walk.execution, visits: Vec::new(), action });
            }
            (Resumption::WaitElapsed, Phase::Waiting { .. }, Some(State::Wait { then, .. })) => walk.finish(then),
            (Resumption::WaitElapsed, Phase::Retrying { .. }, Some(State::Task(_))) => walk.call(),
            (Resumption::Task(outcome), Phase::Calling, Some(State::Task(task))) => walk.finish_task(task, outcome),
            (Resumption::WaitElapsed, Phase::Waiting { .. } | Phase::Retrying { .. }, Some(_))
            | (Resumption::Task(_), Phase::Calling, Some(_)) => return Err(ResumeError::OtherDefinition { state }),
            (_, _, Some(_)) => return Err(ResumeError::NotAwaited { state }),
        }
        Ok(walk.run())
    }

    /// What an execution wants done: the same that the transition said that led to it, for after a crash.
    pub fn action(&self, execution: &Execution, now: OffsetDateTime) -> Action {
        let deadline = self.deadline(execution);
        match &execution.phase {
            Phase::Waiting { until } | Phase::Retrying { until } => {
                Action::WaitUntil(deadline.map_or(*until, |deadline| deadline.min(*until)))
            }
            Phase::Succeeded { output } => Action::Succeeded { output: output.clone() },
            Phase::Failed { error, cause } => Action::Failed { error: error.clone(), cause: cause.clone() },
            Phase::Calling => match self.request(execution, now) {
                Ok(action) => action,
                // Arguments that cannot be evaluated are found when the task is entered, not here.
                Err(Failure { error, cause }) => Action::Failed { error, cause },
            },
        }
    }

    fn deadline(&self, execution: &Execution) -> Option<OffsetDateTime> {
        self.timeout.map(|timeout| after(execution.started_at, timeout))
    }

    /// The call of the current task.
    fn request(&self, execution: &Execution, now: OffsetDateTime) -> Result<Action, Failure> {
        let Some(State::Task(task)) = self.states.get(&execution.state) else {
            return Err(Failure::new(Failure::RUNTIME, format!("There is no task {}.", execution.state)));
        };
        let scope = View::of(execution);
        let own = match &task.timeout {
            Some(template) => seconds(&template.render(&scope)?, 1)?,
            None => Duration::from_secs(u64::from(Retrier::LONGEST)),
        };
        let left = self.deadline(execution).map_or(own, |deadline| (deadline - now).try_into().unwrap_or_default());
        let timeout = own.min(left);
        Ok(match &task.call {
            Call::Invoke { function, payload } => {
                let payload = limited(payload.render(&scope)?, "The task's arguments")?;
                Action::Invoke { function: function.clone(), payload, timeout }
            }
            Call::PutEvents { entries } => {
                let entries = limited(entries.render(&scope)?, "The task's arguments")?;
                match entries {
                    Value::Array(entries) if !entries.is_empty() && entries.iter().all(Value::is_object) => {
                        Action::PutEvents { entries, timeout }
                    }
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Array(_)
                    | Value::Object(_) => {
                        return Err(Failure::new(Failure::RUNTIME, "Entries is no list of events."));
                    }
                }
            }
        })
    }
}

/// An execution on its way through the states that need nothing of the world.
struct Walk<'d> {
    definition: &'d Definition,
    execution: Execution,
    visits: Vec<Visit>,
    now: OffsetDateTime,
    chance: u32,
    /// The current state has been entered and has not done its part.
    has_entered: bool,
}

impl<'d> Walk<'d> {
    /// Walks on until something has to be done.
    fn run(mut self) -> Transition {
        while mem::take(&mut self.has_entered) && !self.execution.has_ended() {
            match self.definition.states.get(&self.execution.state) {
                Some(state) => self.pass_through(state),
                // A definition's targets all exist.
                None => self.fail(Failure::new(Failure::RUNTIME, "There is no such state.")),
            }
        }
        let action = self.definition.action(&self.execution, self.now);
        Transition { execution: self.execution, visits: self.visits, action }
    }

    /// Comes to a state; [`Self::run`] then lets it do its part.
    fn enter(&mut self, state: &str, input: Value) {
        let execution = &mut self.execution;
        execution.state = state.to_owned();
        execution.input = input;
        execution.entered_at = self.now;
        execution.visit = execution.visit.saturating_add(1);
        execution.phase = Phase::Calling;
        let retriers = match self.definition.states.get(state) {
            Some(State::Task(task)) => task.retry.len(),
            Some(_) | None => 0,
        };
        execution.retries = vec![0; retriers];
        execution.last_error = None;
        self.has_entered = true;
        self.visit();
        self.count(1);
    }

    fn pass_through(&mut self, state: &'d State) {
        match state {
            State::Task(_) => self.call(),
            State::Pass { then } => self.finish(then),
            State::Choice { rules, default } => self.choose(rules, default.as_deref()),
            State::Wait { until, .. } => match self.until(until) {
                Ok(until) => self.execution.phase = Phase::Waiting { until },
                Err(failure) => self.fail(failure),
            },
            State::Succeed { output } => match self.left_with(output.as_ref()) {
                Ok(output) => self.leave(output, None),
                Err(failure) => self.fail(failure),
            },
            State::Fail { error, cause } => match self.words(error.as_ref(), cause.as_ref()) {
                Ok(failure) | Err(failure) => self.fail(failure),
            },
        }
    }

    /// Asks for the task's call, once its arguments are known to be good.
    fn call(&mut self) {
        self.execution.phase = Phase::Calling;
        // Scheduled, started, and done in one way or the other.
        self.count(3);
        if self.execution.has_ended() {
            return;
        }
        if let (Err(failure), Some(State::Task(task))) =
            (self.definition.request(&self.execution, self.now), self.definition.states.get(&self.execution.state))
        {
            self.recover(task, failure);
        }
    }

    fn finish_task(&mut self, task: &'d Task, outcome: TaskOutcome) {
        let result = match outcome {
            TaskOutcome::Returned(value) => limited(task.call.result(value), "The task's result"),
            TaskOutcome::Failed { error, cause } => Err(Failure { error, cause }),
            TaskOutcome::TimedOut => Err(Failure::new(Failure::TIMEOUT, "The task took too long.")),
        };
        let finished = result.and_then(|result| {
            let view = View { result: Some(&result), ..View::of(&self.execution) };
            let left = leaving(&task.then, &view)?;
            Ok((left.0.unwrap_or(result), left.1))
        });
        match finished {
            Ok((output, assigned)) => self.leave_assigning(output, assigned, task.then.next.as_deref()),
            Err(failure) => self.recover(task, failure),
        }
    }

    /// Retries, catches, or gives up. The first retrier that is for an error decides: when it is used up, no later one is
    /// asked.
    fn recover(&mut self, task: &'d Task, failure: Failure) {
        self.note(&failure);
        // A later release of the definition may have one more.
        self.execution.retries.resize(task.retry.len(), 0);
        let retrier = task.retry.iter().zip(self.execution.retries.iter_mut());
        if let Some((retrier, used)) = retrier.into_iter().find(|(retrier, _)| retrier.errors.matches(&failure.error))
            && *used < retrier.max_attempts
        {
            let until = after(self.now, retrier.delay(*used, self.chance));
            *used = used.saturating_add(1);
            self.execution.phase = Phase::Retrying { until };
            let retry_count = self.execution.retry_count();
            self.visit().retry_count = retry_count;
            return;
        }
        let Some(catcher) = task.catch.iter().find(|catcher| catcher.errors.matches(&failure.error)) else {
            return self.fail(failure);
        };
        let error_output = json!(ErrorOutput { error: failure.error, cause: failure.cause });
        let view = View { error_output: Some(&error_output), ..View::of(&self.execution) };
        match leaving(&catcher.then, &view) {
            Ok((output, assigned)) => {
                self.leave_assigning(output.unwrap_or(error_output), assigned, catcher.then.next.as_deref());
            }
            Err(failure) => self.fail(failure),
        }
    }

    fn choose(&mut self, rules: &'d [Rule], default: Option<&str>) {
        for rule in rules {
            match rule.condition.render(&View::of(&self.execution)) {
                Ok(Value::Bool(true)) => return self.finish(&rule.then),
                Ok(Value::Bool(false)) => {}
                Ok(other) => {
                    let cause = format!("A Condition of {} gave {other}, not true or false.", self.execution.state);
                    return self.fail(Failure::new(Failure::QUERY, cause));
                }
                Err(failure) => return self.fail(failure),
            }
        }
        match default {
            Some(next) => {
                let output = self.execution.input.clone();
                self.leave(output, Some(next));
            }
            None => {
                let cause = format!("No rule of {} matched and it has no Default.", self.execution.state);
                self.fail(Failure::new("States.NoChoiceMatched", cause));
            }
        }
    }

    /// Leaves a state that has no result of its own.
    fn finish(&mut self, then: &'d Then) {
        match leaving(then, &View::of(&self.execution)) {
            Ok((output, assigned)) => {
                let output = output.unwrap_or_else(|| self.execution.input.clone());
                self.leave_assigning(output, assigned, then.next.as_deref());
            }
            Err(failure) => self.fail(failure),
        }
    }

    fn left_with(&self, output: Option<&Template>) -> Result<Value, Failure> {
        match output {
            Some(output) => output.render(&View::of(&self.execution)),
            None => Ok(self.execution.input.clone()),
        }
    }

    fn leave_assigning(&mut self, output: Value, assigned: Map<String, Value>, next: Option<&str>) {
        self.execution.variables.extend(assigned);
        self.leave(output, next);
    }

    fn leave(&mut self, output: Value, next: Option<&str>) {
        let output = match limited(output, "The state's output") {
            Ok(output) => output,
            Err(failure) => return self.fail(failure),
        };
        let now = self.now;
        let visit = self.visit();
        visit.left_at = Some(now);
        visit.output = Some(output.clone());
        self.count(1);
        match next {
            _ if self.execution.has_ended() => {}
            Some(next) => self.enter(next, output),
            None => self.execution.phase = Phase::Succeeded { output },
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.note(&failure);
        let now = self.now;
        self.visit().left_at = Some(now);
        self.execution.phase = Phase::Failed { error: failure.error, cause: failure.cause };
    }

    /// Writes an error into the history.
    fn note(&mut self, failure: &Failure) {
        let Failure { error, cause } = failure.clone();
        self.execution.last_error = Some(LastError { error, cause });
        let visit = self.visit();
        visit.error = Some(failure.error.clone());
        visit.cause = Some(failure.cause.clone());
    }

    /// The history's line of the current state, taken up again if this transition has not had it yet.
    fn visit(&mut self) -> &mut Visit {
        let execution = &self.execution;
        let here = self.visits.iter().rposition(|visit| visit.number == execution.visit);
        let index = here.unwrap_or(self.visits.len());
        if here.is_none() {
            self.visits.push(Visit {
                number: execution.visit,
                state: execution.state.clone(),
                entered_at: execution.entered_at,
                left_at: None,
                input: execution.input.clone(),
                output: None,
                error: execution.last_error.as_ref().map(|failure| failure.error.clone()),
                cause: execution.last_error.as_ref().map(|failure| failure.cause.clone()),
                retry_count: execution.retry_count(),
            });
        }
        &mut self.visits[index]
    }

    fn count(&mut self, events: u32) {
        self.execution.events = self.execution.events.saturating_add(events);
        if self.execution.events > MOST_EVENTS {
            let cause = format!("The execution reached the maximum number of history events ({MOST_EVENTS}).");
            self.fail(Failure::new(Failure::RUNTIME, cause));
        }
    }

    fn is_overdue(&self) -> bool {
        self.definition.deadline(&self.execution).is_some_and(|deadline| self.now >= deadline)
    }

    fn until(&self, until: &Until) -> Result<OffsetDateTime, Failure> {
        let scope = View::of(&self.execution);
        match until {
            Until::Seconds(template) => Ok(after(self.now, seconds(&template.render(&scope)?, 0)?)),
            Until::Timestamp(template) => {
                let value = template.render(&scope)?;
                let time = value.as_str().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
                time.ok_or_else(|| Failure::new(Failure::QUERY, format!("Timestamp gave {value}, which is no time.")))
            }
        }
    }

    fn words(&self, error: Option<&Template>, cause: Option<&Template>) -> Result<Failure, Failure> {
        let word = |template: Option<&Template>| match template.map(|word| word.render(&View::of(&self.execution))) {
            None => Ok(String::new()),
            Some(Ok(Value::String(word))) => Ok(word),
            Some(Ok(other)) => Err(Failure::new(Failure::QUERY, format!("A Fail state gave {other}, not a string."))),
            Some(Err(failure)) => Err(failure),
        };
        Ok(Failure { error: word(error)?, cause: word(cause)? })
    }
}

impl Call {
    /// `$states.result`, as the service's answer would be.
    fn result(&self, returned: Value) -> Value {
        match self {
            Self::Invoke { .. } => json!({"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": returned}),
            Self::PutEvents { .. } => {
                let ids = returned.as_array().map(Vec::as_slice).unwrap_or_default();
                let entries: Vec<Value> = ids.iter().map(|id| json!({"EventId": id})).collect();
                json!({"FailedEntryCount": 0, "Entries": entries})
            }
        }
    }
}

/// The output, if the state gives one of its own, and the variables it sets; both see the variables as they were.
fn leaving(then: &Then, view: &View<'_>) -> Result<(Option<Value>, Map<String, Value>), Failure> {
    let output = then.output.as_ref().map(|output| output.render(view)).transpose()?;
    let assigned = then.assign.iter().map(|(name, value)| Ok((name.clone(), value.render(view)?)));
    Ok((output, assigned.collect::<Result<_, Failure>>()?))
}
