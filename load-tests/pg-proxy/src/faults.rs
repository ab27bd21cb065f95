//! What is to be lost, and what all connections share.

use crate::statements::Seen;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What is lost of a statement; the connection goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Loss {
    /// The request: the server never sees it.
    Request,
    /// The reply to the statement, after the server has carried it out: alone, it is committed; in a transaction, that
    /// is rolled back.
    Reply,
    /// The reply to the commit of a transaction that the statement was part of.
    Commit,
}

/// A fault that waits for its statement. Dropping it calls it off.
#[derive(Debug)]
pub struct Armed {
    shared: Arc<Shared>,
    number: u64,
    struck: watch::Receiver<bool>,
}

impl Armed {
    /// Returns once it has struck.
    pub async fn struck(&self) {
        // Whoever could say so holds on to it until it has.
        drop(self.struck.clone().wait_for(|struck| *struck).await);
    }

    /// Whether it has struck.
    pub fn has_struck(&self) -> bool {
        *self.struck.borrow()
    }
}

impl Drop for Armed {
    fn drop(&mut self) {
        self.shared.state().faults.retain(|fault| fault.number != self.number);
    }
}

#[derive(Debug)]
pub(crate) struct Fault {
    number: u64,
    statement: String,
    loss: Loss,
    struck: watch::Sender<bool>,
}

impl Fault {
    /// Tells whoever armed it. It strikes once.
    pub(crate) fn strike(self) {
        self.struck.send_replace(true);
    }
}

/// What the connections of a proxy share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    state: Mutex<State>,
    pub(crate) frozen: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct State {
    last_number: u64,
    faults: Vec<Fault>,
    seen: BTreeMap<String, Seen>,
    connections: BTreeMap<u64, Connection>,
    resets: u64,
}

#[derive(Debug)]
struct Connection {
    at_work: bool,
    cut: CancellationToken,
    carried_out: BTreeSet<String>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn arm(shared: &Arc<Self>, statement: &str, loss: Loss) -> Armed {
        let (struck, seen) = watch::channel(false);
        let mut state = shared.state();
        state.last_number += 1;
        let number = state.last_number;
        state.faults.push(Fault { number, statement: statement.to_owned(), loss, struck });
        Armed { shared: Arc::clone(shared), number, struck: seen }
    }

    /// Takes the fault that waits for that loss of one of those statements.
    pub(crate) fn fault(&self, statements: &[impl AsRef<str>], loss: Loss) -> Option<Fault> {
        let mut state = self.state();
        let named = |fault: &Fault| statements.iter().any(|statement| statement.as_ref() == fault.statement);
        let waits = |fault: &Fault| fault.loss == loss && named(fault);
        let at = state.faults.iter().position(waits)?;
        Some(state.faults.remove(at))
    }

    /// Puts a fault back whose statement failed by itself.
    pub(crate) fn spare(&self, fault: Fault) {
        // Whoever armed it may have called it off meanwhile; then nobody is told, and it must not wait for ever.
        if fault.struck.receiver_count() > 0 {
            self.state().faults.push(fault);
        }
    }

    /// Takes note of what a connection has carried out.
    pub(crate) fn note(&self, connection: u64, statements: &[String], in_transaction: bool) {
        let mut state = self.state();
        if let Some(connection) = state.connections.get_mut(&connection) {
            for statement in statements {
                if !connection.carried_out.contains(statement) {
                    connection.carried_out.insert(statement.clone());
                }
            }
        }
        for statement in statements {
            let seen = state.seen.entry(statement.clone()).or_default();
            seen.times += 1;
            seen.in_transaction |= in_transaction;
        }
    }

    pub(crate) fn seen(&self) -> BTreeMap<String, Seen> {
        self.state().seen.clone()
    }

    /// A new connection's number.
    pub(crate) fn enter(&self, cut: CancellationToken) -> u64 {
        let mut state = self.state();
        state.last_number += 1;
        let number = state.last_number;
        state.connections.insert(number, Connection { at_work: false, cut, carried_out: BTreeSet::new() });
        number
    }

    pub(crate) fn leave(&self, number: u64) {
        self.state().connections.remove(&number);
    }

    pub(crate) fn is_at_work(&self, number: u64, at_work: bool) {
        if let Some(connection) = self.state().connections.get_mut(&number) {
            connection.at_work = at_work;
        }
    }

    pub(crate) fn resets(&self) -> u64 {
        self.state().resets
    }

    /// Resets one of the connections that are at work, if any is that has not carried out what is spared.
    pub(crate) fn reset_one(&self, rng: &mut fastrand::Rng, spared: &str) {
        let mut state = self.state();
        let may_be = |connection: &Connection| connection.at_work && !connection.carried_out.contains(spared);
        let at_work: Vec<u64> =
            state.connections.iter().filter(|(_, c)| may_be(c)).map(|(number, _)| *number).collect();
        if let Some(connection) = rng.choice(at_work).and_then(|number| state.connections.remove(&number)) {
            connection.cut.cancel();
            state.resets += 1;
        }
    }

    pub(crate) fn reset_all(&self) {
        for connection in std::mem::take(&mut self.state().connections).into_values() {
            connection.cut.cancel();
        }
    }
}
