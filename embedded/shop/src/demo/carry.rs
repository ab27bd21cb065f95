//! Sends one order of the demo and follows it to its end, as its buyer would.

use super::{
    board::{News, Seen},
    cases::{Case, Then},
    ends::End,
};
use crate::client::{Answer, CallError, Client, Submitted, in_words, persistently, slug};
use schemas::api::{
    order::{Order, Status},
    order_request::OrderRequest,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc::UnboundedSender;

/// Often enough to see each step, seldom enough to be no load.
const LOOK_EVERY: Duration = Duration::from_millis(150);

/// Who sends, and where the news goes.
#[derive(Clone)]
pub(super) struct Buyer {
    pub(super) client: Client,
    pub(super) token: Arc<str>,
    pub(super) news: UnboundedSender<News>,
}

impl Buyer {
    /// Carries a case through. Its own row is `row`; what is sent again has the row after it.
    pub(super) async fn carry(self, case: Case, key: String, row: usize) {
        let end = match self.try_carry(&case, &key, row).await {
            Ok(()) => return,
            Err(error) => error.to_string(),
        };
        self.tell(row, Seen::NoOrder { status: "failed", why: end.clone() }, Some(End::Other(end)));
    }

    async fn try_carry(&self, case: &Case, key: &str, row: usize) -> Result<(), CallError> {
        let order = match self.submit(key, &case.order).await? {
            Submitted::Accepted(answer) | Submitted::Decided(answer) => answer.order,
            Submitted::Refused(problem) => {
                let end = End::NotAccepted(slug(&problem).to_owned());
                let why = slug(&problem).to_owned();
                self.tell(row, Seen::NoOrder { status: "refused", why }, Some(end));
                return Ok(());
            }
        };
        self.tell(row, Seen::Order(Box::new(order.clone())), None);
        match &case.then {
            Then::Wait | Then::Cancel => {}
            Then::Repeat(_) => self.send_again(key, &case.order, &order, row + 1).await?,
            Then::SendOther(_, other) => self.send_again(key, other, &order, row + 1).await?,
        }
        self.follow(case, order, row).await
    }

    async fn submit(&self, key: &str, order: &OrderRequest) -> Result<Submitted, CallError> {
        persistently(|| self.client.submit(&self.token, key, order, 0), || {}).await
    }

    async fn send_again(&self, key: &str, again: &OrderRequest, first: &Order, row: usize) -> Result<(), CallError> {
        let (seen, end) = match self.submit(key, again).await? {
            Submitted::Refused(problem) => {
                let why = slug(&problem).to_owned();
                (Seen::NoOrder { status: "refused", why: why.clone() }, End::NotAccepted(why))
            }
            Submitted::Accepted(answer) | Submitted::Decided(answer) => {
                let end = if answer.replayed && answer.order.id == first.id {
                    End::SameAnswer
                } else {
                    End::Other("made a second order".to_owned())
                };
                (Seen::NoOrder { status: "replayed", why: end.to_string() }, end)
            }
        };
        self.tell(row, seen, Some(end));
        Ok(())
    }

    async fn follow(&self, case: &Case, mut known: Order, row: usize) -> Result<(), CallError> {
        let mut to_cancel = matches!(case.then, Then::Cancel);
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let order = match persistently(|| self.client.order(&self.token, known.id, 0), || {}).await? {
                Answer::Ok(order) => order,
                Answer::Refused(problem) => {
                    let why = format!("the order cannot be read: {}", in_words(&problem));
                    self.tell(row, Seen::Order(Box::new(known)), Some(End::Other(why)));
                    return Ok(());
                }
            };
            // A confirmed order has its end before it only if nobody wants to call it off.
            let end = End::of(&order).filter(|end| *end != End::Invoiced || !matches!(case.then, Then::Cancel));
            if order != known || end.is_some() {
                self.tell(row, Seen::Order(Box::new(order.clone())), end.clone());
            }
            if end.is_some() {
                return Ok(());
            }
            if to_cancel && order.status == Status::Confirmed {
                to_cancel = false;
                if let Answer::Refused(problem) =
                    persistently(|| self.client.cancel(&self.token, order.id), || {}).await?
                {
                    let end = End::Other(format!("not cancelled: {}", slug(&problem)));
                    self.tell(row, Seen::Order(Box::new(order)), Some(end));
                    return Ok(());
                }
            }
            known = order;
        }
    }

    fn tell(&self, row: usize, seen: Seen, end: Option<End>) {
        if self.news.send(News { row, seen, end }).is_err() {
            tracing::debug!("nobody looks any more");
        }
    }
}
