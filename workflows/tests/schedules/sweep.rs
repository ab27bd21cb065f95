//! What is stuck is set going together, a bad order alone fails, and none is set going all the time.

use super::world::{START, World, id};
use futures_util::FutureExt;
use schemas::{event::EventName, ids::OrderId};
use std::collections::BTreeSet;
use time::Duration;
use workflows::{
    lifecycle::Stuck,
    order::State,
    steps::sweep::{Swept, sweep},
};

const KINDS: [fn(OrderId) -> Stuck; 5] =
    [Stuck::Unattended, Stuck::CancelForgotten, Stuck::Uninvoiced, Stuck::Unvoided, Stuck::Untold];

/// Three of each kind: 0 to 2 are unattended, 3 to 5 are to be cancelled, and so on.
fn three_of_each() -> Vec<Stuck> {
    KINDS.iter().zip(0..).flat_map(|(kind, at)| (0..3).map(move |number| kind(id(3 * at + number)))).collect()
}

impl World {
    async fn sweep(&self) -> Swept {
        sweep(self, self, self, self).await.unwrap()
    }

    /// How many minutes pass between the sweeps of what is stuck and stays so. The clock strikes every minute.
    async fn pauses(&self, count: usize) -> Vec<i64> {
        let (mut pauses, mut last) = (Vec::new(), None);
        while pauses.len() < count {
            if !self.sweep().await.set_going.is_empty() {
                let now = *self.now.lock().unwrap();
                pauses.extend(last.replace(now).map(|last| (now - last).whole_minutes()));
            }
            self.pass(Duration::minutes(1));
        }
        pauses
    }

    fn told(&self) -> BTreeSet<(OrderId, EventName)> {
        self.told.lock().unwrap().iter().map(|event| (event.subject, event.name().unwrap())).collect()
    }
}

#[tokio::test]
async fn what_is_stuck_is_set_going_together_and_then_marked() {
    let world = World::with_stuck(three_of_each());
    let swept = world.sweep().await;
    assert!(swept.failed.is_none());
    assert_eq!(swept.set_going, three_of_each());
    let ids = |range: std::ops::Range<u128>| range.map(id).collect::<Vec<_>>();
    let marked = ("orders.mark_swept", Vec::new());
    let mut calls = world.calls();
    calls.iter_mut().for_each(|(_, orders)| orders.sort());
    let expected = [
        ("workflows.start", ids(0..3)),
        marked.clone(),
        ("queue.send", ids(3..6)),
        marked.clone(),
        ("event_bus.publish", ids(6..15)),
        marked,
    ];
    assert_eq!(calls, expected);
    let told: BTreeSet<_> = (6..15)
        .map(|number| (id(number), if number < 9 { EventName::OrderConfirmed } else { EventName::OrderCancelled }))
        .collect();
    assert_eq!(world.told(), told);
    let next = START + Duration::minutes(1);
    assert!(three_of_each().into_iter().all(|stuck| world.mark(stuck) == Some((1, next))));
}

#[tokio::test]
async fn a_bad_order_fails_alone_and_is_left_alone_like_the_others() {
    let world = World { bad: [id(1), id(4), id(7)].into(), ..World::with_stuck(three_of_each()) };
    let swept = world.sweep().await;
    assert_eq!(swept.failed.unwrap().what, "workflows.start", "the first failure");
    let bad = [Stuck::Unattended(id(1)), Stuck::CancelForgotten(id(4)), Stuck::Uninvoiced(id(7))];
    let good: Vec<Stuck> = three_of_each().into_iter().filter(|stuck| !bad.contains(stuck)).collect();
    assert_eq!(swept.set_going, good);
    assert!(three_of_each().into_iter().all(|stuck| world.mark(stuck).is_some()));
    assert!(world.sweep().await.failed.is_none(), "it is nobody's turn");
}

#[tokio::test]
async fn who_does_not_answer_is_asked_again_and_keeps_the_others_from_nothing() {
    let world = World::with_stuck(three_of_each());
    world.away.lock().unwrap().insert("workflows.start");
    let swept = world.sweep().await;
    assert_eq!(swept.failed.unwrap().what, "workflows.start");
    assert_eq!(swept.set_going, three_of_each()[3..]);
    assert_eq!(world.mark(Stuck::Unattended(id(0))), None);
    world.away.lock().unwrap().clear();
    assert_eq!(world.sweep().await.set_going, three_of_each()[..3]);
}

#[tokio::test]
async fn who_hangs_keeps_the_others_from_nothing() {
    let world = World { workflows_hang: true, ..World::with_stuck(three_of_each()) };
    assert!(world.sweep().now_or_never().is_none());
    for stuck in three_of_each() {
        assert_eq!(world.mark(stuck).is_some(), !matches!(stuck, Stuck::Unattended(_)), "{stuck:?}");
    }
}

#[tokio::test]
async fn what_is_much_is_set_going_some_at_a_time() {
    let world = World::with_stuck((0..120).map(|number| Stuck::CancelForgotten(id(number))));
    assert_eq!(world.sweep().await.set_going.len(), 120);
    let calls: Vec<_> = world.calls().into_iter().map(|(what, orders)| (what, orders.len())).collect();
    let marked = ("orders.mark_swept", 0);
    assert_eq!(calls, [("queue.send", 50), marked, ("queue.send", 50), marked, ("queue.send", 20), marked]);
}

#[tokio::test]
async fn what_could_not_be_marked_is_set_going_again() {
    let world = World::with_stuck(three_of_each());
    world.away.lock().unwrap().insert("orders.mark_swept");
    let swept = world.sweep().await;
    assert_eq!((swept.failed.unwrap().what, swept.set_going.len()), ("orders.mark_swept", 15));
    world.away.lock().unwrap().clear();
    assert_eq!(world.sweep().await.set_going.len(), 15);
}

#[tokio::test]
async fn an_order_that_stays_stuck_is_left_alone_twice_as_long_each_time_up_to_an_hour() {
    for kind in &KINDS[2..] {
        let pauses = World::with_stuck([kind(id(1))]).pauses(10).await;
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    }
}

#[tokio::test]
async fn an_order_whose_stock_is_held_is_never_left_alone_for_long() {
    for kind in &KINDS[..2] {
        assert_eq!(World::with_stuck([kind(id(1))]).pauses(6).await, [1, 2, 4, 5, 5, 5]);
    }
}

#[tokio::test]
async fn an_order_that_is_stuck_for_two_things_is_told_once() {
    let world = World::with_stuck([Stuck::Unvoided(id(1)), Stuck::Untold(id(1))]);
    assert_eq!(world.sweep().await.set_going.len(), 2);
    assert_eq!(world.told.lock().unwrap().len(), 1);
    assert!(world.mark(Stuck::Unvoided(id(1))).is_some() && world.mark(Stuck::Untold(id(1))).is_some());
}

#[tokio::test]
async fn an_order_that_is_found_and_waits_for_nothing_is_left_alone() {
    let found = [Stuck::CancelForgotten(id(1)), Stuck::CancelForgotten(id(2)), Stuck::Uninvoiced(id(1))];
    let world = World::with_stuck(found);
    // Nobody asked to call it off. Of the other nothing can be read.
    world.store(1, State::Confirmed);
    let swept = world.sweep().await;
    assert!(swept.failed.is_none());
    assert_eq!(swept.set_going, found[1..]);
    assert!(found.into_iter().all(|stuck| world.mark(stuck).is_some()), "it is in nobody's way");
}
