//! Whoever works on the order, carried on one call at a time: executions of the workflow file, and the queues.

use super::site::{Message, ORDER, Site};
use asl::{Action, Definition, Resumption, TaskOutcome, Transition};
use futures_util::{FutureExt, future::BoxFuture};
use handlers::run::task::{self, Handler};
use runtime::engine::checkout;
use schemas::kept::{CheckoutInput, Execution, Identity};
use serde_json::{Value, json};
use std::{
    sync::{Arc, LazyLock},
    task::{Context, Poll, Waker},
};
use testing::{START, Shop};
use time::OffsetDateTime;
use workflows::{
    lifecycle::Command,
    ports::{Applied, EventBus, Ledger},
    steps::{
        Outcome,
        checkout::{cancel_order::cancel_order, void_payments::void_payments},
        task::TaskError,
    },
    wiring::TASKS,
};

static CHECKOUT: LazyLock<Definition> = LazyLock::new(|| checkout().unwrap());

/// A function at work.
pub(crate) type Call = BoxFuture<'static, Result<Value, TaskError>>;

fn look<T>(future: &mut BoxFuture<'static, T>) -> Option<T> {
    match future.poll_unpin(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// How a call of a function ends without its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    /// Its process dies.
    Crash,
    /// The workflow's patience ends, and the call with it.
    Timeout,
    /// The workflow's patience ends, and the call goes on.
    LeftAlone,
}

/// An execution.
pub(crate) struct Run {
    execution: Execution,
    action: Action,
    now: OffsetDateTime,
    call: Option<Call>,
    /// The states it entered.
    pub(crate) states: Vec<String>,
}

impl Run {
    pub(crate) fn start() -> Self {
        let identity = Identity {
            execution_id: "checkout:7".to_owned(),
            execution_name: "7".to_owned(),
            state_machine_name: "checkout".to_owned(),
        };
        let Transition { execution, visits, action } =
            CHECKOUT.start(identity, json!(CheckoutInput { order_id: ORDER }), START, 0);
        let states = visits.into_iter().map(|visit| visit.state).collect();
        Self { execution, action, now: START, call: None, states }
    }

    /// As the embedded runtime sets one going again that failed; on AWS it goes on where it failed.
    pub(crate) fn start_again(&mut self) {
        *self = Self::start();
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.execution.has_ended()
    }

    /// The error that it ended with.
    pub(crate) fn failed(&self) -> Option<&str> {
        match &self.action {
            Action::Failed { error, .. } => Some(error),
            Action::Succeeded { .. } | Action::WaitUntil(_) | Action::Invoke { .. } | Action::PutEvents { .. } => None,
        }
    }

    /// Carries it on until it has to wait for a port.
    pub(crate) fn poll(&mut self, site: &Site) {
        let resumption = match &self.action {
            Action::Succeeded { .. } | Action::Failed { .. } => return,
            Action::PutEvents { .. } => panic!("checkout publishes nothing by itself"),
            Action::WaitUntil(until) => {
                self.now = *until;
                Resumption::WaitElapsed
            }
            Action::Invoke { function, payload, .. } => {
                let (_, task) = *TASKS.iter().find(|(name, _)| name == function).unwrap();
                let begin = || {
                    let (handler, payload) = (Handler::of(task, &site.ports).unwrap(), payload.clone());
                    async move { handler.call(payload).await }.boxed()
                };
                let call = self.call.get_or_insert_with(begin);
                match look(call) {
                    None => return,
                    Some(Ok(value)) => Resumption::Task(TaskOutcome::Returned(value)),
                    Some(Err(TaskError { error, cause })) => {
                        Resumption::Task(TaskOutcome::Failed { error: error.to_owned(), cause })
                    }
                }
            }
        };
        self.call = None;
        self.goes_on(resumption);
    }

    /// Ends the call that is under way, if one is; gives it back if it goes on.
    pub(crate) fn cut(&mut self, how: Cut) -> Option<Call> {
        let call = self.call.take()?;
        match how {
            Cut::Crash => {
                let cause = "the function ended without an answer".to_owned();
                self.goes_on(Resumption::Task(TaskOutcome::Failed { error: task::UNKNOWN.to_owned(), cause }));
                None
            }
            Cut::Timeout => {
                self.goes_on(Resumption::Task(TaskOutcome::TimedOut));
                None
            }
            Cut::LeftAlone => {
                self.goes_on(Resumption::Task(TaskOutcome::TimedOut));
                Some(call)
            }
        }
    }

    /// Brings it what a script says in place of a function.
    pub(crate) fn is_told(&mut self, outcome: TaskOutcome) {
        while let Action::WaitUntil(until) = self.action {
            self.now = until;
            self.goes_on(Resumption::WaitElapsed);
        }
        self.goes_on(Resumption::Task(outcome));
    }

    fn goes_on(&mut self, resumption: Resumption) {
        let Transition { execution, visits, action } =
            CHECKOUT.resume(self.execution.clone(), resumption, self.now, 0).unwrap();
        let known = u32::try_from(self.states.len()).unwrap();
        let entered = visits.into_iter().filter(|visit| visit.number > known);
        self.states.extend(entered.map(|visit| visit.state));
        (self.execution, self.action) = (execution, action);
    }

    pub(crate) fn ends(&mut self, site: &Site) {
        self.until(site, Self::has_ended);
    }

    pub(crate) fn until_in(&mut self, site: &Site, state: &str) {
        self.until(site, |run| run.execution.state == state);
    }

    fn until(&mut self, site: &Site, is_so: impl Fn(&Self) -> bool) {
        for _ in 0..10_000 {
            if is_so(self) {
                return;
            }
            self.poll(site);
        }
        panic!("it goes on and on: {:?}", self.states);
    }
}

/// Works on the messages, one after the other. A message is gone once its work is done.
#[derive(Default)]
pub(crate) struct Queues(Option<(Message, BoxFuture<'static, Outcome>)>);

impl Queues {
    pub(crate) fn poll(&mut self, site: &Site) {
        if self.0.is_none() {
            let Some(message) = site.next_message() else { return };
            self.0 = Some((message, handle(Arc::clone(&site.shop), message).boxed()));
        }
        let Some((message, work)) = &mut self.0 else { return };
        let (message, Some(outcome)) = (*message, look(work)) else { return };
        self.0 = None;
        match outcome {
            Outcome::Done | Outcome::Refused(_) => site.forget(message),
            Outcome::Busy(_) | Outcome::Retry(_) => {}
        }
    }

    /// The process dies.
    pub(crate) fn cut(&mut self) {
        self.0 = None;
    }

    pub(crate) fn drain(&mut self, site: &Site) {
        for _ in 0..1_000 {
            if site.next_message().is_none() {
                return;
            }
            self.poll(site);
        }
        panic!("messages are left");
    }
}

async fn handle(shop: Arc<Shop>, message: Message) -> Outcome {
    let shop = shop.as_ref();
    let mut outcomes = match message {
        Message::Void => void_payments(shop, shop, &[ORDER]).await,
        Message::Cancel => cancel_order(shop, shop, &[ORDER]).await,
        Message::Expire => {
            let told = match shop.apply(vec![(ORDER, Command::Expire)]).await {
                Ok(applied) => applied.into_iter().flat_map(Applied::into_events).collect::<Vec<_>>(),
                Err(error) => return error.into(),
            };
            return shop.publish(&told).await.map_or_else(Outcome::from, |()| Outcome::Done);
        }
    };
    outcomes.remove(0)
}
