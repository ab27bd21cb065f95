//! A service that takes some entries of a call and not others, and what arrives there.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::*;
use proptest::prelude::*;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};
use testing::SetChance;

const CALL: Call = Call { what: "test.send", limits: Limits { entries: 3, bytes: 1_000 } };

static CHANCE: SetChance = SetChance::of(750);

/// An entry: its group, its index in that group, and how the service answers each time it comes.
#[derive(Clone, Debug)]
struct Entry {
    group: usize,
    index: usize,
    /// How often it fails before it arrives.
    failures: u32,
    refused: bool,
}

#[derive(Default)]
struct Service {
    arrived: Mutex<Vec<(usize, usize)>>,
    tried: Mutex<HashMap<(usize, usize), u32>>,
    calls: Mutex<Vec<usize>>,
}

impl Service {
    async fn take(&self, entries: Vec<&Entry>) -> Result<Vec<Failure>, Unavailable> {
        tokio::task::yield_now().await;
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(entries.len());
        let groups: std::collections::BTreeSet<usize> = entries.iter().map(|entry| entry.group).collect();
        assert_eq!(groups.len(), entries.len(), "two entries of a group in one call");
        let mut failed = Vec::new();
        for (at, entry) in entries.into_iter().enumerate() {
            let id = (entry.group, entry.index);
            let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
            let tried = tried.entry(id).or_insert(0);
            *tried += 1;
            if entry.refused {
                failed.push(Failure { at, away: false, why: "refused".to_owned() });
            } else if *tried <= entry.failures {
                failed.push(Failure { at, away: true, why: "busy".to_owned() });
            } else {
                self.arrived.lock().unwrap_or_else(PoisonError::into_inner).push(id);
            }
        }
        Ok(failed)
    }

    fn arrived_in(&self, group: usize) -> Vec<usize> {
        let arrived = self.arrived.lock().unwrap();
        arrived.iter().filter(|(of, _)| *of == group).map(|(_, index)| *index).collect()
    }
}

fn entry(group: usize, index: usize, failures: u32) -> Entry {
    Entry { group, index, failures, refused: false }
}

async fn send(service: &Service, entries: &[Entry]) -> Result<(), Unavailable> {
    send_all(CALL, by_key(entries, |entry| entry.group), |_| 1, &CHANCE, |entries| service.take(entries)).await
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_sent_again_and_nothing_else() {
    let service = Service::default();
    let entries = [entry(0, 0, 0), entry(1, 0, 1), entry(2, 0, 2)];
    send_all(CALL, alone(&entries), |_| 1, &CHANCE, |entries| service.take(entries)).await.unwrap();
    assert_eq!(*service.calls.lock().unwrap(), [3, 2, 1]);
    assert_eq!(*service.arrived.lock().unwrap(), [(0, 0), (1, 0), (2, 0)]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_not_overtaken_by_what_stands_behind_it() {
    let service = Service::default();
    let entries = [entry(0, 0, 3), entry(0, 1, 0), entry(1, 0, 0), entry(1, 1, 0)];
    send(&service, &entries).await.unwrap();
    assert_eq!(*service.arrived.lock().unwrap(), [(1, 0), (1, 1), (0, 0), (0, 1)]);
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_keeps_failing_is_given_up_and_holds_back_its_lane_only() {
    let service = Service::default();
    let entries = [entry(0, 0, u32::MAX), entry(0, 1, 0), entry(1, 0, 0), entry(1, 1, 0)];
    let error = send(&service, &entries).await.unwrap_err();
    assert_eq!((error.what, error.away), ("test.send", true));
    assert_eq!(service.tried.lock().unwrap()[&(0, 0)], ATTEMPTS);
    assert!(service.arrived_in(0).is_empty());
    assert_eq!(service.arrived_in(1), [0, 1]);
}

/// Full jitter: each wait is a part of one that doubles.
#[tokio::test(start_paused = true)]
async fn before_each_attempt_is_a_wait_by_chance_out_of_one_that_doubles() {
    let (service, began) = (Service::default(), tokio::time::Instant::now());
    send(&service, &[entry(0, 0, ATTEMPTS - 1)]).await.unwrap();
    let waits = [101, 201, 401, 801].map(|longest| 750 % longest);
    let whole = waits.iter().sum::<u128>();
    // A timer may be late by its smallest step.
    assert!((whole..=whole + 8).contains(&began.elapsed().as_millis()), "{:?} and not {whole} ms", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_refused_entry_is_not_sent_again_and_is_what_the_caller_hears_of() {
    let service = Service::default();
    let refused = Entry { refused: true, ..entry(0, 0, 0) };
    let error = send(&service, &[refused, entry(1, 0, u32::MAX)]).await.unwrap_err();
    assert!(!error.away);
    assert_eq!(service.tried.lock().unwrap()[&(0, 0)], 1);
}

#[tokio::test]
async fn a_call_that_failed_as_a_whole_ends_the_matter() {
    let entries = [entry(0, 0, 0)];
    let answer = send_all(
        CALL,
        alone(&entries),
        |_| 1,
        &CHANCE,
        |_| async { Err::<Vec<Failure>, _>(Unavailable::because("test.send", "no route")) },
    );
    assert!(answer.await.unwrap_err().away);
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let one = (0..6_usize, prop_oneof![8 => 0..3_u32, 1 => Just(u32::MAX)], proptest::bool::weighted(0.05));
    proptest::collection::vec(one, 0..40).prop_map(|drawn| {
        let mut indexes = HashMap::new();
        drawn
            .into_iter()
            .map(|(group, failures, refused)| {
                let next = indexes.entry(group).or_insert(0);
                *next += 1;
                Entry { group, index: *next - 1, failures, refused }
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn a_lane_arrives_in_order_once_and_up_to_what_was_given_up(entries in entries()) {
        let service = Service::default();
        let clock = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let answer = clock.block_on(send(&service, &entries));
        let hopeless = |entry: &&Entry| entry.refused || entry.failures >= ATTEMPTS;
        for group in 0..6 {
            let of_group: Vec<&Entry> = entries.iter().filter(|entry| entry.group == group).collect();
            let reach = of_group.iter().position(hopeless).unwrap_or(of_group.len());
            prop_assert_eq!(service.arrived_in(group), (0..reach).collect::<Vec<_>>());
        }
        prop_assert_eq!(answer.is_ok(), !entries.iter().any(|entry| hopeless(&entry)));
    }
}
