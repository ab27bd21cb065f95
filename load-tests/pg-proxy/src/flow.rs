//! Which reply belongs to which request. A client may send several requests ahead; the server ends the reply to each with
//! `ReadyForQuery`, which also says whether a transaction goes on.

use crate::{
    faults::{Fault, Loss, Shared},
    frames::Frame,
};
use std::collections::VecDeque;

const COMMIT: &str = "COMMIT";

/// Requests whose replies are still to come, and the transaction under way.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    requests: VecDeque<Request>,
    /// The statements that the transaction has carried out so far.
    transaction: Vec<String>,
}

/// All that is answered by one `ReadyForQuery`.
#[derive(Debug, Default)]
struct Request {
    statements: Vec<String>,
    /// Nothing more belongs to it.
    is_whole: bool,
    /// Its reply is to be lost, and is held until the server has said all of it.
    fault: Option<Fault>,
    held: Vec<Frame>,
    failed: bool,
}

/// What becomes of a message of the server.
#[derive(Debug)]
pub(crate) enum Passing {
    /// It is kept for now.
    Held,
    /// These go on to the client.
    On(Vec<Frame>),
    /// It and all before it is lost.
    Lost(Fault),
}

impl Flow {
    /// Takes note of a message of the client, and of the statement that it has carried out.
    pub(crate) fn asked(&mut self, kind: u8, statement: Option<String>, shared: &Shared) {
        // Of the others none is answered: passwords, data that is copied, the good-bye.
        if !b"PBDECFHQS".contains(&kind) {
            return;
        }
        if self.requests.back().is_none_or(|request| request.is_whole) {
            self.requests.push_back(Request::default());
        }
        let Some(request) = self.requests.back_mut() else { return };
        request.is_whole = b"QS".contains(&kind);
        let Some(statement) = statement else { return };
        if request.fault.is_none() {
            let whole = if statement == COMMIT { self.transaction.as_slice() } else { &[] };
            let of_transaction = shared.fault(whole, Loss::Commit);
            request.fault = of_transaction.or_else(|| shared.fault(&[&statement], Loss::Reply));
        }
        request.statements.push(statement);
    }

    /// What becomes of a message of the server.
    pub(crate) fn answered(&mut self, frame: Frame, connection: u64, shared: &Shared) -> Passing {
        let is_end = frame.kind() == b'Z';
        let goes_on = frame.first_byte() == b'T';
        // Before the first request the server greets.
        let Some(request) = self.requests.front_mut() else { return Passing::On(vec![frame]) };
        // A transaction that cannot be committed is rolled back, which is no error.
        request.failed |= frame.kind() == b'E' || (frame.kind() == b'C' && frame.texts().any(|tag| tag == "ROLLBACK"));
        if request.fault.is_some() && !is_end {
            request.held.push(frame);
            return Passing::Held;
        }
        if !is_end {
            return Passing::On(vec![frame]);
        }
        let Some(Request { statements, fault, mut held, failed, .. }) = self.requests.pop_front() else {
            return Passing::Held;
        };
        shared.note(connection, &statements, goes_on);
        if goes_on {
            self.transaction.extend(statements);
        } else {
            self.transaction.clear();
        }
        match fault {
            Some(fault) if !failed => Passing::Lost(fault),
            Some(fault) => {
                shared.spare(fault);
                held.push(frame);
                Passing::On(held)
            }
            None => Passing::On(vec![frame]),
        }
    }

    /// Whether a reply is due.
    pub(crate) fn is_at_work(&self) -> bool {
        !self.requests.is_empty() || !self.transaction.is_empty()
    }
}
