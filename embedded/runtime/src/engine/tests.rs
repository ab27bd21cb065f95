//! Executions in a real database: whoever has one in hand, and whose answers were lost.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{
    checkout,
    store::{self, Claimed},
};
use crate::fresh_database::fresh_database;
use adapters::postgres::{
    Database,
    runtime::{
        executions::{self, Checkpoint, Next, release_lapsed, renew_leases},
        floor::Floor,
        lease::Lease,
    },
};
use asl::{Definition, Resumption, TaskOutcome, Transition};
use schemas::{ids::OrderId, kept::Identity};
use serde_json::json;
use sqlx::AssertSqlSafe;
use std::time::Duration as Pause;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
const MINE: i64 = 1;
const ANOTHER: i64 = 2;

struct Engine {
    database: Database,
    definition: Definition,
    lease: Lease,
}

impl Engine {
    async fn open() -> Self {
        let database = fresh_database(4).await;
        Self { database, definition: checkout().unwrap(), lease: Lease::default() }
    }

    async fn start(&self, number: u128) {
        let order = OrderId(Uuid::from_u128(number));
        let identity = Identity {
            execution_id: format!("checkout:{order}"),
            execution_name: order.to_string(),
            state_machine_name: "checkout".to_owned(),
        };
        let transition = self.definition.start(identity, json!({ "order_id": order }), NOW, 0);
        executions::insert(&self.database, "checkout", vec![store::start(order, transition).unwrap()]).await.unwrap();
    }

    async fn claim(&self, instance: i64, max: i64) -> Vec<Claimed> {
        store::claim(&self.database, instance, self.lease, max, &mut Floor::default(), NOW).await.unwrap()
    }

    async fn claimed(&self, instance: i64) -> Vec<u128> {
        self.claim(instance, 100).await.iter().map(|claimed| claimed.id.as_u128()).collect()
    }

    /// What the function answered, as progress to be stored.
    fn after(&self, claimed: &Claimed, instance: i64, outcome: TaskOutcome, made_at: OffsetDateTime) -> Checkpoint {
        let transition =
            self.definition.resume(claimed.execution.clone(), Resumption::Task(outcome), made_at, 0).unwrap();
        let Transition { execution, visits, action } = transition;
        store::checkpoint(claimed.id, instance, claimed.version, made_at, &execution, visits, &action).unwrap()
    }

    async fn store(&self, checkpoint: &Checkpoint) -> bool {
        executions::checkpoint(&self.database, self.lease, vec![checkpoint.clone()]).await.unwrap() == [true]
    }

    async fn run(&self, statement: &str) {
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&self.database.durable).await.unwrap();
    }

    async fn count(&self, of: &str) -> i64 {
        let count = format!("select count(*) from executions where {of}");
        sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&self.database.durable).await.unwrap()
    }

    /// Puts the database's clock forward, and no other.
    async fn time_passes(&self, time: Pause) {
        let ahead = time.as_millis();
        self.run(&format!(
            "create or replace function sluice_now() returns timestamptz language sql stable parallel safe as
             $$ select pg_catalog.now() + {ahead} * interval '1 millisecond' $$"
        ))
        .await;
    }
}

fn authorized() -> TaskOutcome {
    TaskOutcome::Returned(json!({ "result": "authorized" }))
}

fn away() -> TaskOutcome {
    TaskOutcome::Failed { error: "Payment.InDoubt".to_owned(), cause: "no answer".to_owned() }
}

fn goes_on(progress: &Checkpoint) -> bool {
    matches!(progress.next, Next::GoesOn)
}

#[tokio::test]
async fn progress_whose_answer_was_lost_is_known_again_and_stored_once() {
    let engine = Engine::open().await;
    engine.start(1).await;
    let claimed = engine.claim(MINE, 1).await.remove(0);
    let progress = engine.after(&claimed, MINE, authorized(), NOW);
    assert!(goes_on(&progress));
    assert!(engine.store(&progress).await);
    assert!(engine.store(&progress).await, "it is still in hand");
    assert_eq!(engine.count(&format!("version = {}", claimed.version + 1)).await, 1);
    let other = engine.after(&claimed, MINE, TaskOutcome::Returned(json!({})), NOW);
    assert!(!engine.store(&other).await, "other progress from the same version is not what is stored");
    let of_another = Checkpoint { instance: ANOTHER, ..progress };
    assert!(!engine.store(&of_another).await);
}

#[tokio::test]
async fn what_lapsed_is_taken_up_by_anybody_and_its_former_hand_stores_nothing() {
    let engine = Engine::open().await;
    engine.start(1).await;
    let silent = engine.claim(MINE, 1).await.remove(0);
    assert_eq!(release_lapsed(&engine.database, engine.lease).await.unwrap(), 0);
    engine.time_passes(Pause::from_secs(21)).await;
    assert_eq!(release_lapsed(&engine.database, engine.lease).await.unwrap(), 1);
    // By the very process that lost it: its number is the same.
    let taken_up = engine.claim(MINE, 1).await.remove(0);
    assert!(!engine.store(&engine.after(&silent, MINE, authorized(), NOW)).await);
    assert!(engine.store(&engine.after(&taken_up, MINE, authorized(), NOW)).await);
    executions::give_up(&engine.database, silent.id, MINE, silent.version, "late", NOW).await.unwrap();
    assert_eq!(engine.count("status = 'running' and instance = 1").await, 1);
}

#[tokio::test]
async fn what_is_carried_is_renewed_and_what_was_never_answered_for_is_let_go_of() {
    let engine = Engine::open().await;
    for number in 1..=3 {
        engine.start(number).await;
    }
    let carried = engine.claim(MINE, 1).await.remove(0);
    assert_eq!(engine.claim(MINE, 1).await.len(), 1, "the answer to this was lost");
    assert_eq!(engine.claim(ANOTHER, 1).await.len(), 1);
    let renew = async || renew_leases(&engine.database, MINE, engine.lease, &[carried.id]).await.unwrap();
    assert_eq!(renew().await, 0, "the answer may still be on its way");
    engine.time_passes(engine.lease.fresh() + Pause::from_secs(1)).await;
    assert_eq!(renew().await, 1);
    assert_eq!(engine.claimed(ANOTHER).await, [2]);
    engine.time_passes(Pause::from_secs(21)).await;
    assert_eq!(release_lapsed(&engine.database, engine.lease).await.unwrap(), 1, "what its process never renewed");
    assert_eq!(engine.count("instance = 1").await, 1);
    assert!(engine.store(&engine.after(&carried, MINE, authorized(), NOW)).await);
}

#[tokio::test]
async fn progress_renews_the_lease() {
    let engine = Engine::open().await;
    engine.start(1).await;
    let claimed = engine.claim(MINE, 1).await.remove(0);
    engine.time_passes(Pause::from_secs(19)).await;
    assert!(engine.store(&engine.after(&claimed, MINE, authorized(), NOW)).await);
    engine.time_passes(Pause::from_secs(30)).await;
    assert_eq!(release_lapsed(&engine.database, engine.lease).await.unwrap(), 0);
}

#[tokio::test]
async fn a_wait_is_as_long_as_it_was_meant_whatever_the_clock_of_whoever_began_it() {
    for wrong in [Duration::ZERO, Duration::minutes(31), Duration::minutes(-31)] {
        let engine = Engine::open().await;
        engine.start(1).await;
        let claimed = engine.claim(MINE, 1).await.remove(0);
        let waits = engine.after(&claimed, MINE, away(), NOW + wrong);
        assert!(matches!(waits.next, Next::Waits(wait) if wait == Pause::from_secs(1)));
        assert!(engine.store(&waits).await);
        let due = executions::next_due(&engine.database, &Floor::default()).await.unwrap().unwrap();
        assert!(due <= Pause::from_secs(1) && due >= Pause::from_millis(100), "{due:?}");
        assert!(engine.claimed(MINE).await.is_empty());
        engine.time_passes(Pause::from_secs(1)).await;
        assert_eq!(engine.claimed(ANOTHER).await, [1]);
    }
}

#[tokio::test]
async fn those_due_longest_are_taken_first_whether_they_begin_or_go_on() {
    let engine = Engine::open().await;
    for number in 1..=2 {
        engine.start(number).await;
    }
    let [first, second] = &engine.claim(MINE, 2).await[..] else { unreachable!() };
    for claimed in [first, second] {
        assert!(engine.store(&engine.after(claimed, MINE, away(), NOW)).await);
    }
    // One timer became due before any of the starts, the other behind some of them.
    engine.time_passes(Pause::from_secs(60)).await;
    engine
        .run(&format!(
            "update executions set wake_at = sluice_now() - interval '30 seconds' where id = '{}'",
            second.id
        ))
        .await;
    for (number, age) in [(3, 40), (4, 20)] {
        engine.start(number).await;
        let id = Uuid::from_u128(number);
        engine
            .run(&format!("update executions set wake_at = sluice_now() - interval '{age} seconds' where id = '{id}'"))
            .await;
    }
    let mut order = Vec::new();
    while let Some(next) = engine.claim(MINE, 1).await.pop() {
        order.push(next.id);
    }
    assert_eq!(order, [first.id, Uuid::from_u128(3), second.id, Uuid::from_u128(4)]);
}

#[tokio::test]
async fn what_is_in_hand_says_since_when_however_often_its_lease_is_renewed() {
    let engine = Engine::open().await;
    engine.start(1).await;
    engine.time_passes(Pause::from_secs(60)).await;
    let claimed = engine.claim(MINE, 1).await.remove(0);
    engine.time_passes(Pause::from_secs(75)).await;
    renew_leases(&engine.database, MINE, engine.lease, &[claimed.id]).await.unwrap();
    let renewed = "leased_until > sluice_now() + interval '15 seconds'
                   and wake_at between started_at + interval '50 seconds' and sluice_now() - interval '10 seconds'";
    assert_eq!(engine.count(renewed).await, 1);
    let progress = engine.after(&claimed, MINE, authorized(), NOW);
    assert!(goes_on(&progress) && engine.store(&progress).await);
    assert_eq!(engine.count(renewed).await, 1);
}

#[tokio::test]
async fn beside_the_release_before_leases_its_work_is_its_own_until_it_lets_go() {
    let engine = Engine::open().await;
    // As that release starts one, and takes it in hand.
    let start = "insert into executions (id, workflow, status, state, started_at)
                 values ('00000000-0000-0000-0000-000000000009', 'checkout', 'running', '{}', now())";
    engine.run(start).await;
    engine.run("update executions set instance = 7").await;
    engine.time_passes(Pause::from_secs(3_600)).await;
    assert_eq!(release_lapsed(&engine.database, engine.lease).await.unwrap(), 0);
    assert!(engine.claimed(MINE).await.is_empty());
    // And as it lets go, with no time said.
    engine.run("update executions set instance = null, wake_at = null").await;
    assert_eq!(release_lapsed(&engine.database, engine.lease).await.unwrap(), 1);
    assert_eq!(executions::next_due(&engine.database, &Floor::default()).await.unwrap(), Some(Pause::ZERO));
}

#[tokio::test]
async fn what_was_put_off_before_the_clock_was_set_back_goes_on_at_once_and_what_starts_since_is_found() {
    let engine = Engine::open().await;
    let hour = Pause::from_secs(3_600);
    engine.time_passes(hour).await;
    for number in 1..=3 {
        engine.start(number).await;
    }
    let mut floor = Floor::default();
    let first = store::claim(&engine.database, MINE, engine.lease, 1, &mut floor, NOW).await.unwrap().remove(0);
    let second = store::claim(&engine.database, MINE, engine.lease, 1, &mut floor, NOW).await.unwrap().remove(0);
    assert!(engine.store(&engine.after(&second, MINE, away(), NOW)).await, "it waits for a second");
    assert_eq!(executions::hasten(&engine.database, engine.lease).await.unwrap(), 0, "the clock is right");
    engine.time_passes(Pause::ZERO).await;
    engine.start(4).await;
    let since = store::claim(&engine.database, MINE, engine.lease, 10, &mut floor, NOW).await.unwrap();
    assert_eq!(since.iter().map(|claimed| claimed.id.as_u128()).collect::<Vec<_>>(), [4]);
    assert_eq!(executions::hasten(&engine.database, engine.lease).await.unwrap(), 3);
    assert_eq!(engine.claim(ANOTHER, 10).await.len(), 2, "one that waited, and one that had not begun");
    // The third is in hand, under a lease that ends.
    assert_eq!(release_lapsed(&engine.database, engine.lease).await.unwrap(), 0);
    assert!(engine.store(&engine.after(&first, MINE, authorized(), NOW)).await);
    engine.time_passes(Pause::from_secs(31)).await;
    assert_eq!(engine.count("leased_until > sluice_now()").await, 0);
}

#[tokio::test]
async fn when_an_execution_began_and_ended_the_database_s_clock_says() {
    let engine = Engine::open().await;
    engine.start(1).await;
    let mut claimed = engine.claim(MINE, 1).await.remove(0);
    loop {
        let progress = engine.after(&claimed, MINE, authorized(), NOW);
        assert!(engine.store(&progress).await);
        if !goes_on(&progress) {
            break;
        }
        claimed = Claimed {
            version: claimed.version + 1,
            execution: serde_json::from_value(progress.state).unwrap(),
            ..claimed
        };
    }
    assert_eq!(engine.count("status = 'succeeded'").await, 1);
    // By the clock of its process it was over in 1970, and would be forgotten at once.
    assert_eq!(engine.count("started_at <= stopped_at and started_at > sluice_now() - interval '1 day'").await, 1);
}

#[tokio::test]
async fn an_execution_that_cannot_be_read_is_given_up_and_whatever_numbers_others_have_they_go_on() {
    let engine = Engine::open().await;
    for number in 1..=4 {
        engine.start(number).await;
    }
    let of = Uuid::from_u128;
    engine
        .run(&format!(
            "update executions set state = (repeat('[', 200) || repeat(']', 200))::jsonb where id = '{}';
             update executions set version = 2147483647, wake_at = '-infinity' where id = '{}';
             update executions set version = -2147483648 where id = '{}'",
            of(1),
            of(2),
            of(3)
        ))
        .await;
    let mut claimed = engine.claim(MINE, 100).await;
    claimed.sort_by_key(|claimed| claimed.id);
    assert_eq!(claimed.iter().map(|claimed| claimed.id.as_u128()).collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(engine.count("status = 'failed' and cause <> ''").await, 1);
    for one in &claimed {
        assert!(engine.store(&engine.after(one, MINE, authorized(), NOW)).await, "{one:?}");
    }
}

#[tokio::test]
async fn one_that_is_due_since_ever_is_claimed_and_one_without_a_further_attempt_fails_no_others() {
    let engine = Engine::open().await;
    engine.start(1).await;
    engine.run("update executions set wake_at = '-infinity'").await;
    assert_eq!(executions::next_due(&engine.database, &Floor::default()).await.unwrap(), None);
    assert_eq!(engine.claimed(MINE).await, [1]);
    engine.run("update executions set status = 'failed', version = 2147483647, attempt = 2147483647").await;
    engine.start(1).await;
    engine.start(2).await;
    assert_eq!(engine.claimed(MINE).await, [2]);
    engine.run("update executions set status = 'failed', version = 2147483647, attempt = 1").await;
    engine.start(1).await;
    assert_eq!(engine.claimed(MINE).await, [1], "it begins anew");
}
