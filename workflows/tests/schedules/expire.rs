//! Reservations whose time is up: all go in one run, as far as its time goes.

use super::world::{START, World, id};
use time::Duration;
use workflows::{order::State, steps::expire_reservations::expire_reservations};

impl World {
    fn with_due(count: u128, slowness: Duration) -> Self {
        let world = Self { slowness, ..Self::new() };
        for number in 0..count {
            world.store(number, State::Reserved { until: START });
        }
        world
    }

    async fn expire(&self) -> usize {
        expire_reservations(self, self, self).await.unwrap()
    }

    fn expired(&self) -> usize {
        let is_over = |state: &State| matches!(state, State::Rejected { .. });
        self.orders.lock().unwrap().values().filter(|order| is_over(&order.state)).count()
    }
}

#[tokio::test]
async fn more_than_a_batch_expires_in_one_run() {
    let world = World::with_due(1_201, Duration::milliseconds(300));
    assert_eq!(world.expire().await, 1_201);
    assert_eq!((world.expired(), world.told.lock().unwrap().len()), (1_201, 1_201));
    assert_eq!(world.expire().await, 0);
}

#[tokio::test]
async fn a_run_begins_no_batch_when_it_took_long() {
    let world = World::with_due(5_000, Duration::seconds(7));
    assert_eq!((world.expire().await, world.expired()), (1_000, 1_000));
    assert_eq!((world.expire().await, world.expired()), (1_000, 2_000), "the next goes on");
}

#[tokio::test]
async fn whoever_finds_nothing_to_change_does_not_go_round_in_circles() {
    let world = World::new();
    (0..500).for_each(|number| world.store(number, State::Confirmed));
    assert_eq!(world.expire().await, 0);
    assert_eq!(world.calls().iter().filter(|(what, _)| *what == "orders.apply").count(), 1);
}

#[tokio::test]
async fn what_expired_before_a_failure_stays_expired() {
    let world = World { bad: [id(700)].into(), ..World::with_due(900, Duration::ZERO) };
    expire_reservations(&world, &world, &world).await.unwrap_err();
    assert_eq!((world.expired(), world.told.lock().unwrap().len()), (500, 500));
}
