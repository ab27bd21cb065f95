//! What goes wrong with calls of ports, and what was asked of them. A call bears the name that its errors bear, such as
//! `orders.apply`; a test names calls by that, by what their names begin with up to a point, or by their count.

use super::SetClock;
use schemas::ids::OrderId;
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Notify, task::yield_now};
use workflows::ports::Unavailable;

/// When a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultPoint {
    /// Nothing was done.
    Before,
    /// It was done, and the answer is lost.
    After,
}

/// What goes wrong before the work of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nobody is there.
    Away,
    /// The request is not taken.
    Refused,
    /// The other side has a fault.
    Panics,
    /// It does not answer until it is mended.
    Hangs,
    /// It answers after that time.
    Takes(Duration),
    /// The same, by the shop's clock alone: nobody waits.
    Lasts(time::Duration),
}

/// A call of a port, and the orders that it names.
pub type Call = (&'static str, Vec<OrderId>);

/// Which calls a rule is about.
enum Which {
    /// Every one, until all is mended.
    Every { naming: Option<OrderId> },
    /// The next.
    Next,
    /// The one after so many others.
    After(usize),
}

struct Rule {
    name: &'static str,
    which: Which,
    point: FaultPoint,
    fault: Fault,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    calls: Vec<Call>,
}

/// The faults of a shop.
pub struct Faults {
    clock: Arc<SetClock>,
    state: Mutex<State>,
    steps_aside: AtomicBool,
    mended: Notify,
}

impl Faults {
    /// None so far. What lasts moves that clock.
    pub fn by(clock: Arc<SetClock>) -> Self {
        Self { clock, state: Mutex::default(), steps_aside: AtomicBool::default(), mended: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rule(&self, name: &'static str, which: Which, point: FaultPoint, fault: Fault) {
        self.state().rules.push(Rule { name, which, point, fault });
    }

    /// The next call of that name finds nobody there, or loses its answer.
    pub fn fail(&self, name: &'static str, point: FaultPoint) {
        self.rule(name, Which::Next, point, Fault::Away);
    }

    /// So does the one that comes after so many other calls of any port.
    pub fn fail_after(&self, calls: usize, point: FaultPoint) {
        self.rule("", Which::After(calls), point, Fault::Away);
    }

    /// Every call of that name has that fault until it is mended.
    pub fn always(&self, name: &'static str, fault: Fault) {
        self.rule(name, Which::Every { naming: None }, FaultPoint::Before, fault);
    }

    /// Every call of that name that names the order is refused.
    pub fn refuse(&self, name: &'static str, order: OrderId) {
        self.rule(name, Which::Every { naming: Some(order) }, FaultPoint::Before, Fault::Refused);
    }

    /// Nothing goes wrong any more; who hangs goes on.
    pub fn mend(&self) {
        self.state().rules.clear();
        self.mended.notify_waiters();
    }

    /// Whether a fault is still to come.
    pub fn are_left(&self) -> bool {
        !self.state().rules.is_empty()
    }

    /// From now on every call lets others act before its work and after it, so that a test can end it there.
    pub fn step_aside(&self) {
        self.steps_aside.store(true, Ordering::SeqCst);
    }

    /// All calls so far, those that failed among them.
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// The orders that each call of that name named.
    pub fn calls_of(&self, name: &str) -> Vec<Vec<OrderId>> {
        let state = self.state();
        state.calls.iter().filter(|(what, _)| *what == name).map(|(_, orders)| orders.clone()).collect()
    }

    async fn yields(&self) {
        if self.steps_aside.load(Ordering::SeqCst) {
            yield_now().await;
        }
    }

    /// Before the work of a call. Says whether it will be answered.
    pub(super) async fn begin(&self, what: &'static str, orders: &[OrderId]) -> Result<bool, Unavailable> {
        self.yields().await;
        self.state().calls.push((what, orders.to_vec()));
        loop {
            let mended = self.mended.notified();
            let due = self.state().due(what, orders);
            match due {
                None => return Ok(true),
                Some((FaultPoint::After, _)) => return Ok(false),
                Some((FaultPoint::Before, fault)) => match fault {
                    Fault::Away => return Err(away(what)),
                    Fault::Refused => return Err(Unavailable::at_fault(what, "it is not taken")),
                    Fault::Panics => panic!("a fault in {what}"),
                    Fault::Hangs => mended.await,
                    Fault::Takes(time) => {
                        tokio::time::sleep(time).await;
                        return Ok(true);
                    }
                    Fault::Lasts(time) => {
                        self.clock.pass(time);
                        return Ok(true);
                    }
                },
            }
        }
    }

    /// After it.
    pub(super) async fn end(&self, what: &'static str, answered: bool) -> Result<(), Unavailable> {
        self.yields().await;
        if answered { Ok(()) } else { Err(away(what)) }
    }
}

fn away(what: &'static str) -> Unavailable {
    Unavailable::because(what, "the plug was pulled")
}

impl State {
    /// The first rule that is about this call. One that is about a single call is gone then.
    fn due(&mut self, what: &str, orders: &[OrderId]) -> Option<(FaultPoint, Fault)> {
        let mut found = None;
        for (at, rule) in self.rules.iter_mut().enumerate() {
            if !is_meant(rule.name, what) {
                continue;
            }
            let (is_due, is_over) = match &mut rule.which {
                Which::Every { naming } => (naming.is_none_or(|order| orders.contains(&order)), false),
                Which::Next | Which::After(0) => (true, true),
                Which::After(others) => {
                    *others -= 1;
                    (false, false)
                }
            };
            if is_due && found.is_none() {
                found = Some((at, is_over, rule.point, rule.fault));
            }
        }
        let (at, is_over, point, fault) = found?;
        if is_over {
            self.rules.remove(at);
        }
        Some((point, fault))
    }
}

fn is_meant(name: &str, what: &str) -> bool {
    name.is_empty() || name == what || (name.ends_with('.') && what.starts_with(name))
}
