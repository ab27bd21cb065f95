//! An order by its id, for somebody who may see it: from the order database, or from the intake while the database does
//! not know it yet. So it can be read from the moment its 202 left.

use crate::api::http::{
    app::App,
    caller::Caller,
    problem::{Kind, Refusal},
};
use schemas::{api::order::Order, ids::OrderId, kept::AcceptedOrder};
use tokio::time::Instant;
use workflows::{
    lifecycle::is_decided,
    order::{StoredOrder, submitted},
};

/// An order that the caller may see.
pub(in crate::api) enum Found {
    Stored(Box<StoredOrder>),
    Accepted(Box<AcceptedOrder>),
}

impl Found {
    /// Looks, once the caller has a place for that.
    pub(in crate::api) async fn look(app: &App, caller: &Caller, id: OrderId) -> Result<Self, Refusal> {
        let (theirs, of) = (app.clone(), caller.clone());
        app.reads.read(caller, async move { Self::find(&theirs, &of, id).await }).await
    }

    /// The same for who waited for it, and waits in line for a place until then.
    pub(in crate::api) async fn look_in_line(
        app: &App,
        caller: &Caller,
        id: OrderId,
        until: Instant,
    ) -> Result<Self, Refusal> {
        let (theirs, of) = (app.clone(), caller.clone());
        app.reads.read_in_line(caller, until, async move { Self::find(&theirs, &of, id).await }).await
    }

    /// Another's order is not found, exactly like one that does not exist.
    pub(in crate::api) async fn find(app: &App, caller: &Caller, id: OrderId) -> Result<Self, Refusal> {
        let found = match app.ports.ledger.load(&[id]).await?.pop() {
            Some(order) => Some(Self::Stored(Box::new(order))),
            None => app.intake.find(id).await?.map(|order| Self::Accepted(Box::new(order))),
        };
        found.filter(|found| caller.may_see(found.customer())).ok_or_else(|| Refusal::of(Kind::NotFound))
    }

    fn customer(&self) -> &str {
        match self {
            Self::Stored(order) => &order.customer,
            Self::Accepted(order) => &order.customer,
        }
    }

    /// Whether its buyer can be told how it ended.
    pub(in crate::api) fn is_decided(&self) -> bool {
        match self {
            Self::Stored(order) => is_decided(order),
            Self::Accepted(_) => false,
        }
    }

    pub(in crate::api) fn view(&self) -> Order {
        match self {
            Self::Stored(order) => order.view(),
            Self::Accepted(order) => submitted(order.id, &order.request, order.accepted_at),
        }
    }
}
