//! What became of every accepted order, as its own customer reads it afterwards. The pipeline stamps each order with when it
//! was accepted and when it last changed, so rates and backlog follow exactly, without asking anything during the run.

use anyhow::{Context, ensure};
use reqwest::Client;
use schemas::api::order::{Order, OrderPage, Reason, Status};
use std::time::Duration;
use uuid::Uuid;

/// How an order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    /// Confirmed, with its invoice.
    Invoiced,
    /// Refused.
    Rejected(Reason),
    /// Still on its way, or at an end that this load does not have.
    Open(Status),
}

/// One order. Times are nanoseconds since 1970, by the clock of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Journey {
    pub(crate) id: Uuid,
    pub(crate) accepted: i128,
    /// Of an open order: when it last moved.
    pub(crate) changed: i128,
    pub(crate) end: End,
}

impl Journey {
    fn of(order: &Order) -> Self {
        let end = match (order.status, order.reason) {
            (Status::Confirmed, _) if order.invoice.is_some() => End::Invoiced,
            (Status::Rejected, Some(reason)) => End::Rejected(reason),
            (status, _) => End::Open(status),
        };
        Self {
            id: order.id.0,
            accepted: order.created_at.unix_timestamp_nanos(),
            changed: order.updated_at.unix_timestamp_nanos(),
            end,
        }
    }

    /// Whether nothing more happens to it.
    pub(crate) fn is_finished(&self) -> bool {
        match self.end {
            End::Invoiced | End::Rejected(_) => true,
            End::Open(_) => false,
        }
    }

    fn finished_by(&self, time: i128) -> bool {
        self.is_finished() && self.changed <= time
    }

    /// From acceptance to its end.
    pub(crate) fn took(&self) -> Duration {
        Duration::from_nanos(u64::try_from(self.changed - self.accepted).unwrap_or_default())
    }
}

/// Reads the orders of all customers.
///
/// # Errors
/// If an answer is not what the contract says.
pub(crate) async fn read(client: &Client, url: &str, tokens: &[String]) -> anyhow::Result<Vec<Journey>> {
    let mut journeys = Vec::new();
    for token in tokens {
        let mut cursor: Option<String> = None;
        loop {
            let after = cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let request = client.get(format!("{url}/v1/orders?limit=100{after}")).bearer_auth(token);
            let response = request.send().await.context("cannot list the orders")?;
            ensure!(response.status().is_success(), "the list of orders was answered with {}", response.status());
            let page: OrderPage = response.json().await.context("the list of orders is not as it should be")?;
            journeys.extend(page.items.iter().map(Journey::of));
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
    }
    Ok(journeys)
}

/// Orders accepted, invoiced or otherwise finished up to a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) accepted: usize,
    pub(crate) invoiced: usize,
    pub(crate) rejected: usize,
}

impl Tally {
    /// Of these orders, at that time.
    pub(crate) fn at(journeys: &[Journey], time: i128) -> Self {
        let finished = |is: fn(&Journey) -> bool| journeys.iter().filter(|j| is(j) && j.finished_by(time)).count();
        Self {
            accepted: journeys.iter().filter(|journey| journey.accepted <= time).count(),
            invoiced: finished(|journey| journey.end == End::Invoiced),
            rejected: finished(|journey| journey.end != End::Invoiced),
        }
    }

    /// Orders that were accepted and had not reached their end.
    pub(crate) fn backlog(self) -> usize {
        self.accepted.saturating_sub(self.invoiced + self.rejected)
    }
}

/// The slope of values measured once a second, by least squares; 0 of fewer than two.
pub(crate) fn slope(values: &[usize]) -> f64 {
    let count = values.len() as f64;
    let mean_x = (count - 1.0) / 2.0;
    let mean_y = values.iter().sum::<usize>() as f64 / count;
    let (products, squares) = values.iter().enumerate().fold((0.0, 0.0), |(products, squares), (x, y)| {
        let dx = x as f64 - mean_x;
        (products + dx * (*y as f64 - mean_y), squares + dx * dx)
    });
    if squares > 0.0 { products / squares } else { 0.0 }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn journey(accepted: i128, changed: i128, end: End) -> Journey {
        Journey { id: Uuid::nil(), accepted, changed, end }
    }

    fn golden(name: &str) -> Journey {
        let file = format!("{}/../schemas/golden/0.1.0/api/{name}.json", env!("CARGO_MANIFEST_DIR"));
        Journey::of(&serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap())
    }

    #[test]
    fn an_order_is_finished_when_it_is_invoiced_or_refused() {
        assert_eq!(golden("order.confirmed").end, End::Invoiced);
        assert_eq!(golden("order.rejected-declined").end, End::Rejected(Reason::PaymentDeclined));
        assert_eq!(golden("order.reserved").end, End::Open(Status::Reserved));
        assert!(!golden("order.submitted").is_finished());
        assert_eq!(golden("order.confirmed").took(), Duration::from_nanos(876_544_000));
    }

    #[test]
    fn the_backlog_is_what_was_accepted_and_has_no_end_yet() {
        let journeys = [
            journey(10, 20, End::Invoiced),
            journey(11, 40, End::Rejected(Reason::PaymentDeclined)),
            journey(12, 13, End::Open(Status::Reserved)),
            journey(50, 60, End::Invoiced),
        ];
        let at = |time| Tally::at(&journeys, time);
        assert_eq!(at(9).backlog(), 0);
        assert_eq!(at(12).backlog(), 3);
        assert_eq!(at(30), Tally { accepted: 3, invoiced: 1, rejected: 0 });
        assert_eq!(at(100), Tally { accepted: 4, invoiced: 2, rejected: 1 });
        assert_eq!(at(100).backlog(), 1);
    }

    #[test]
    fn a_flat_backlog_has_no_slope_and_a_growing_one_has() {
        assert_eq!(slope(&[5, 5, 5, 5]), 0.0);
        assert_eq!(slope(&[1, 3, 5, 7]), 2.0);
        assert_eq!(slope(&[4, 0, 4, 0, 4]), 0.0);
        assert_eq!((slope(&[]), slope(&[3])), (0.0, 0.0));
    }
}
