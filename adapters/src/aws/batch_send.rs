//! Sending a batch when a call may take some of its entries and not others: what failed is sent again by itself.
//!
//! Entries that must arrive in order share a group, and of a group only the first that has not arrived is ever in a
//! call. Two entries of one group in the same call could part: the first fails, the second arrives, and the retry of
//! the first comes after it. So an entry waits until the one before it is known to have arrived; groups do not wait for
//! each other.

use super::chunks::{Limits, split};
use futures_util::{StreamExt, stream};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    future::Future,
    hash::Hash,
    time::Duration,
};
use workflows::{
    backoff::Backoff,
    ports::{Chance, Unavailable},
};

/// How often an entry is sent before the caller hears of it. Whoever called is called again by a queue or a schedule,
/// so there is no need to insist.
const ATTEMPTS: u32 = 5;
/// Calls of one batch that are under way at once.
const AT_ONCE: usize = 8;
/// The longest waits between two attempts.
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(100), longest: Duration::from_millis(1_600) };

/// A batch call of a service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    /// What is asked, such as `queue.send`.
    pub(super) what: &'static str,
    /// What one call takes.
    pub(super) limits: Limits,
}

/// An entry that a call did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// Its index in the call.
    pub(super) at: usize,
    /// Whether waiting helps.
    pub(super) away: bool,
    /// What the service said.
    pub(super) why: String,
}

/// Each entry in a group of its own: their order does not matter.
pub(super) fn alone<T>(items: &[T]) -> Vec<VecDeque<&T>> {
    items.iter().map(|item| VecDeque::from([item])).collect()
}

/// Entries of one key in one group, in their order.
pub(super) fn by_key<T, K: Eq + Hash>(items: &[T], key: impl Fn(&T) -> K) -> Vec<VecDeque<&T>> {
    let mut groups: Vec<VecDeque<&T>> = Vec::new();
    let mut known: HashMap<K, usize> = HashMap::new();
    for item in items {
        let group = *known.entry(key(item)).or_insert(groups.len());
        match groups.get_mut(group) {
            Some(group) => group.push_back(item),
            None => groups.push(VecDeque::from([item])),
        }
    }
    groups
}

struct Group<'i, T> {
    waiting: VecDeque<&'i T>,
    failures: u32,
}

/// Sends every entry of every group. `send` makes one call and says which of its entries failed; a call that failed as
/// a whole has been retried by the client already, so it ends the matter.
///
/// An entry that is refused, or fails too often, holds back what stands behind it in its group and nothing else.
///
/// # Errors
/// If entries did not arrive. The rest may have: whoever calls again sends them twice.
pub(super) async fn send_all<'i, T, F, S>(
    call: Call,
    groups: Vec<VecDeque<&'i T>>,
    bytes_of: impl Fn(&T) -> usize,
    chance: &dyn Chance,
    send: F,
) -> Result<(), Unavailable>
where
    F: Fn(Vec<&'i T>) -> S,
    S: Future<Output = Result<Vec<Failure>, Unavailable>>,
{
    let mut groups: Vec<Group<'i, T>> = groups.into_iter().map(|waiting| Group { waiting, failures: 0 }).collect();
    let mut given_up: Option<Failure> = None;
    loop {
        let first: Vec<(usize, &'i T)> =
            groups.iter().enumerate().filter_map(|(at, group)| Some((at, *group.waiting.front()?))).collect();
        if first.is_empty() {
            return given_up.map_or(Ok(()), |failure| Err(failure.into_error(call.what)));
        }
        let chunks = split(first, call.limits, |(_, item)| bytes_of(item));
        let calls: Vec<S> = chunks.iter().map(|chunk| send(chunk.iter().map(|(_, item)| *item).collect())).collect();
        let answers: Vec<_> = stream::iter(calls).buffered(AT_ONCE).collect().await;
        for (chunk, answer) in chunks.into_iter().zip(answers) {
            let mut failed: BTreeMap<usize, Failure> = answer?.into_iter().map(|f| (f.at, f)).collect();
            for (index, (group, _)) in chunk.into_iter().enumerate() {
                if let Some(group) = groups.get_mut(group) {
                    given_up = worse(given_up, group.after(failed.remove(&index)));
                }
            }
        }
        if let Some(attempts) = groups.iter().map(|group| group.failures).max().filter(|attempts| *attempts > 0) {
            tokio::time::sleep(BACKOFF.up_to(attempts, chance.draw())).await;
        }
    }
}

impl<T> Group<'_, T> {
    /// Goes on after the first of the group was sent; gives back the failure that closed it.
    fn after(&mut self, failure: Option<Failure>) -> Option<Failure> {
        let Some(failure) = failure else {
            self.waiting.pop_front();
            self.failures = 0;
            return None;
        };
        self.failures += 1;
        if failure.away && self.failures < ATTEMPTS {
            return None;
        }
        self.waiting.clear();
        self.failures = 0;
        Some(failure)
    }
}

impl Failure {
    fn into_error(self, what: &'static str) -> Unavailable {
        if self.away { Unavailable::because(what, self.why) } else { Unavailable::at_fault(what, self.why) }
    }
}

/// Of two failures the one to be told: a refusal wants somebody's eyes, waiting does not.
fn worse(known: Option<Failure>, new: Option<Failure>) -> Option<Failure> {
    match (&known, &new) {
        (Some(known), Some(new)) if known.away && !new.away => Some(new.clone()),
        (Some(_), Some(_) | None) => known,
        (None, Some(_) | None) => new,
    }
}

#[cfg(test)]
#[path = "batch_send_tests.rs"]
mod tests;
