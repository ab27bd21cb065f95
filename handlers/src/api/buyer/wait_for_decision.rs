//! Waiting for an order to be decided, for `Prefer: wait`. How word of a decision comes differs: one process can listen
//! to the database, a function can only look again.

use crate::api::{
    buyer::found::Found,
    http::{app::App, caller::Caller, problem::Refusal},
};
use futures_util::future::BoxFuture;
use schemas::ids::OrderId;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long the last look at an order may take, once its decision was waited for long enough.
const LAST_LOOK: Duration = Duration::from_millis(500);

/// Somebody who waits for an order: from its making on, no decision is missed.
pub(in crate::api) struct Wait {
    id: OrderId,
    begun: Instant,
    end: Instant,
    word: Option<BoxFuture<'static, ()>>,
}

impl Wait {
    pub(in crate::api) fn begin(app: &App, caller: &Caller, id: OrderId, patience: Duration) -> Self {
        let begun = Instant::now();
        let word =
            if patience.is_zero() { None } else { app.decision_notifier.listen(caller.name(), id, Duration::ZERO) };
        Self { id, begun, end: begun + patience, word }
    }

    /// Whether anybody waits: not without patience, nor if too many do already.
    pub(in crate::api) fn is_on(&self) -> bool {
        self.word.is_some()
    }

    pub(in crate::api) fn id(&self) -> OrderId {
        self.id
    }

    /// When there is an answer at the latest, whatever hangs.
    pub(in crate::api) fn latest(&self) -> Instant {
        self.end + LAST_LOOK
    }

    /// The order once it is decided, or as it is when patience ends. It is looked at when there is word, and at the end. Word
    /// that it is confirmed is none of an order that is being called off.
    pub(in crate::api) async fn decision(mut self, app: &App, caller: &Caller) -> Result<Found, Refusal> {
        loop {
            if let Some(word) = self.word.take() {
                // The end is as good a reason to look as word is.
                drop(timeout_at(self.end, word).await);
            }
            let waited = self.begun.elapsed();
            if Instant::now() < self.end {
                self.word = app.decision_notifier.listen(caller.name(), self.id, waited);
            }
            let found = Found::look_in_line(app, caller, self.id, self.latest()).await?;
            if self.word.is_none() || found.is_decided() {
                return Ok(found);
            }
        }
    }
}
