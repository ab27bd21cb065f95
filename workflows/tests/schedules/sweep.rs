//! What is stuck is set going together, a bad order alone fails, and none is set going all the time.

use async_trait::async_trait;
use futures_util::FutureExt;
use schemas::{event::EventName, ids::OrderId};
use std::{collections::BTreeSet, ops::Range, sync::Arc};
use testing::{Call, Fault, FaultPoint, Shop, samples::order_id as id};
use time::Duration;
use workflows::{
    lifecycle::{Command, Stuck},
    ports::{StuckOrders, Sweep, Unavailable},
    steps::upkeep::sweep::{PATIENCE, SweepPorts, Swept, sweep},
};

/// What sets orders going.
const GOING: [&str; 3] = ["workflows.start_checkout", "queue.send", "event_bus.publish"];

/// Three of each kind: 0 to 2 are unattended, 3 to 5 are to be cancelled, and so on.
fn three_of_each() -> Vec<Stuck> {
    Stuck::KINDS.iter().zip(0..).flat_map(|(kind, at)| (0..3).map(move |number| kind(id(3 * at + number)))).collect()
}

/// Has the order of that number get stuck for that, and for nothing else.
fn gets_stuck(shop: &Shop, number: u128, kind: fn(OrderId) -> Stuck) {
    match kind(id(number)) {
        Stuck::Unattended(_) => {
            shop.reserved(number);
        }
        Stuck::CancelForgotten(_) => shop.happens(shop.reserved(number), Command::AskToCancel),
        Stuck::Uninvoiced(_) => {
            shop.confirmed(number);
        }
        Stuck::Unvoided(_) => {
            shop.happens(shop.paid(number), Command::Cancel);
            let mut shop = shop.contents();
            let status = shop.orders[&id(number)].state.status();
            shop.shown.insert(id(number), status);
        }
        Stuck::Untold(_) => shop.happens(shop.reserved(number), Command::Cancel),
    }
}

fn with(stuck: impl IntoIterator<Item = (u128, fn(OrderId) -> Stuck)>) -> Arc<Shop> {
    let shop = Shop::new();
    stuck.into_iter().for_each(|(number, kind)| gets_stuck(&shop, number, kind));
    shop.clock.pass(PATIENCE);
    shop
}

fn with_three_of_each() -> Arc<Shop> {
    with((0..15).zip(Stuck::KINDS.into_iter().flat_map(|kind| [kind; 3])))
}

/// What was sent and started is gone, as after a crash.
fn loses_its_work(shop: &Shop) {
    let mut shop = shop.contents();
    shop.messages.clear();
    shop.running.clear();
}

fn sweep_ports(shop: &Shop) -> SweepPorts<'_> {
    SweepPorts { stuck: shop, lists: shop, ledger: shop, workflows: shop, queue: shop, bus: shop, search: shop }
}

async fn swept(shop: &Shop) -> Swept {
    sweep(sweep_ports(shop)).await.unwrap()
}

/// What was asked of the ports, all but the looking.
fn asked(shop: &Shop) -> Vec<Call> {
    let is_asked = |(what, _): &Call| GOING.contains(what) || *what == "orders.mark_swept";
    shop.faults.calls().into_iter().filter(is_asked).collect()
}

fn is_marked(shop: &Shop, stuck: Stuck) -> bool {
    shop.contents().mark(stuck).is_some()
}

/// How many minutes pass between the sweeps of what is stuck and stays so. The clock strikes every minute.
async fn pauses(shop: &Shop, count: usize) -> Vec<i64> {
    let (mut pauses, mut last) = (Vec::new(), None);
    while pauses.len() < count {
        if !swept(shop).await.set_going.is_empty() {
            let now = shop.clock.at();
            pauses.extend(last.replace(now).map(|last| (now - last).whole_minutes()));
        }
        loses_its_work(shop);
        shop.clock.pass(Duration::minutes(1));
    }
    pauses
}

#[tokio::test]
async fn what_is_stuck_is_set_going_together_and_then_marked() {
    let shop = with_three_of_each();
    let swept = swept(&shop).await;
    assert!(swept.failed.is_none());
    assert_eq!(swept.set_going, three_of_each());
    let ids = |range: Range<u128>| range.map(id).collect::<Vec<_>>();
    let marked = ("orders.mark_swept", Vec::new());
    let mut calls = asked(&shop);
    calls.iter_mut().for_each(|(_, orders)| orders.sort());
    let [start, send, publish] = GOING;
    let expected =
        [(start, ids(0..3)), marked.clone(), (send, ids(3..6)), marked.clone(), (publish, ids(6..15)), marked];
    assert_eq!(calls, expected);
    let expected: BTreeSet<_> = (6..15)
        .map(|number| (id(number), if number < 9 { EventName::OrderConfirmed } else { EventName::OrderCancelled }))
        .collect();
    let told: BTreeSet<_> = shop.contents().told.iter().map(|event| (event.subject, event.name().unwrap())).collect();
    assert_eq!(told, expected);
    let next = shop.clock.at() + Duration::minutes(1);
    let mark = |stuck| shop.contents().mark(stuck).map(|mark| (mark.times, mark.next_at));
    assert!(three_of_each().into_iter().all(|stuck| mark(stuck) == Some((1, next))));
}

#[tokio::test]
async fn a_bad_order_fails_alone_and_is_left_alone_like_the_others() {
    let shop = with_three_of_each();
    for (what, bad) in GOING.into_iter().zip([1, 4, 7]) {
        shop.faults.refuse(what, id(bad));
    }
    let first = swept(&shop).await;
    assert_eq!(first.failed.unwrap().what, "workflows.start_checkout", "the first failure");
    let bad = [Stuck::Unattended(id(1)), Stuck::CancelForgotten(id(4)), Stuck::Uninvoiced(id(7))];
    let good: Vec<Stuck> = three_of_each().into_iter().filter(|stuck| !bad.contains(stuck)).collect();
    assert_eq!(first.set_going, good);
    assert!(three_of_each().into_iter().all(|stuck| is_marked(&shop, stuck)));
    assert!(swept(&shop).await.failed.is_none(), "it is nobody's turn");
}

#[tokio::test]
async fn who_does_not_answer_is_asked_again_and_keeps_the_others_from_nothing() {
    let shop = with_three_of_each();
    shop.faults.always("workflows.start_checkout", Fault::Away);
    let first = swept(&shop).await;
    assert_eq!(first.failed.unwrap().what, "workflows.start_checkout");
    assert_eq!(first.set_going, three_of_each()[3..]);
    assert!(!is_marked(&shop, Stuck::Unattended(id(0))));
    shop.faults.mend();
    assert_eq!(swept(&shop).await.set_going, three_of_each()[..3]);
}

#[tokio::test]
async fn who_hangs_keeps_the_others_from_nothing() {
    let shop = with_three_of_each();
    shop.faults.always("workflows.start_checkout", Fault::Hangs);
    assert!(sweep(sweep_ports(&shop)).now_or_never().is_none());
    for stuck in three_of_each() {
        assert_eq!(is_marked(&shop, stuck), !matches!(stuck, Stuck::Unattended(_)), "{stuck:?}");
    }
}

#[tokio::test]
async fn what_is_much_is_set_going_some_at_a_time() {
    let shop = with((0..120).map(|number| (number, Stuck::KINDS[1])));
    assert_eq!(swept(&shop).await.set_going.len(), 120);
    let calls: Vec<_> = asked(&shop).into_iter().map(|(what, orders)| (what, orders.len())).collect();
    let marked = ("orders.mark_swept", 0);
    assert_eq!(calls, [("queue.send", 50), marked, ("queue.send", 50), marked, ("queue.send", 20), marked]);
}

#[tokio::test]
async fn what_could_not_be_marked_is_set_going_again() {
    let shop = with_three_of_each();
    shop.faults.always("orders.mark_swept", Fault::Away);
    let first = swept(&shop).await;
    assert_eq!((first.failed.unwrap().what, first.set_going.len()), ("orders.mark_swept", 15));
    shop.faults.mend();
    loses_its_work(&shop);
    assert_eq!(swept(&shop).await.set_going.len(), 15);
}

#[tokio::test]
async fn what_was_set_going_is_not_stuck_though_the_answer_was_lost() {
    let shop = with_three_of_each();
    GOING.into_iter().for_each(|what| shop.faults.fail(what, FaultPoint::After));
    assert!(swept(&shop).await.set_going.is_empty());
    assert!(!shop.faults.are_left());
    let again = swept(&shop).await;
    assert!(again.failed.is_none() && again.set_going.is_empty(), "{again:?}");
}

#[tokio::test]
async fn an_order_that_stays_stuck_is_left_alone_twice_as_long_each_time_up_to_an_hour() {
    for kind in &Stuck::KINDS[2..] {
        assert_eq!(pauses(&with([(1, *kind)]), 10).await, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    }
}

#[tokio::test]
async fn an_order_whose_stock_is_held_is_never_left_alone_for_long() {
    for kind in &Stuck::KINDS[..2] {
        assert_eq!(pauses(&with([(1, *kind)]), 6).await, [1, 2, 4, 5, 5, 5]);
    }
}

#[tokio::test]
async fn an_order_that_is_stuck_for_two_things_is_told_once() {
    let shop = with([(1, Stuck::KINDS[3])]);
    shop.contents().shown.clear();
    assert_eq!(swept(&shop).await.set_going.len(), 2);
    assert_eq!(shop.contents().told.len(), 1);
    assert!(is_marked(&shop, Stuck::Unvoided(id(1))) && is_marked(&shop, Stuck::Untold(id(1))));
}

/// Finds what it is told to find.
struct Found<'s>(&'s Shop, Vec<Stuck>);

#[async_trait]
impl StuckOrders for Found<'_> {
    async fn stuck(&self, _: Duration, _: i64) -> Result<Vec<(Stuck, i32)>, Unavailable> {
        Ok(self.1.iter().map(|stuck| (*stuck, 0)).collect())
    }

    async fn mark_swept(&self, swept: &[Sweep]) -> Result<(), Unavailable> {
        self.0.mark_swept(swept).await
    }
}

#[tokio::test]
async fn an_order_that_is_found_and_waits_for_nothing_is_left_alone() {
    let found = [Stuck::CancelForgotten(id(1)), Stuck::CancelForgotten(id(2)), Stuck::Uninvoiced(id(1))];
    let shop = Shop::new();
    // Nobody asked to call it off. Of the other nothing can be read.
    shop.confirmed(1);
    let looking = Found(&shop, found.to_vec());
    let swept = sweep(SweepPorts { stuck: &looking, ..sweep_ports(&shop) }).await.unwrap();
    assert!(swept.failed.is_none());
    assert_eq!(swept.set_going, found[1..]);
    assert!(found.into_iter().all(|stuck| is_marked(&shop, stuck)), "it is in nobody's way");
}
