//! Leases: whoever takes something in hand has it for so long, by the database's clock, and renews that while at work. A
//! process that falls silent loses what it has in hand; one that was never answered finds what it does not carry.

use crate::postgres::{answer::answered_within, milliseconds};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use workflows::ports::Unavailable;

/// How often whoever carries something looks whether it is to be renewed.
pub const ROUND: Duration = Duration::from_secs(1);

/// The longest that a lease can be.
pub const LONGEST: Duration = Duration::from_secs(30);
/// The longest that anything is in hand without being renewed, by whichever release: 0.1.0 hides a message for three minutes
/// and renews nothing. What is in hand for longer was taken by a clock that was set back since.
pub(crate) const LONGEST_IN_HAND: Duration = Duration::from_secs(240);

/// How long something stays in hand unless that is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease(Duration);

impl Default for Lease {
    /// Whoever takes it up has time left to end it within half a minute of the silence.
    fn default() -> Self {
        Self(Duration::from_secs(20))
    }
}

impl Lease {
    /// A lease of so many seconds: 5 to 30. Shorter ones would be lost by who is merely slow.
    pub fn of_seconds(seconds: u8) -> Option<Self> {
        (5..=30).contains(&seconds).then(|| Self(Duration::from_secs(seconds.into())))
    }

    /// From when on it is renewed. What is held for less, most of all, costs nothing.
    pub fn fresh(self) -> Duration {
        self.0 / 2
    }

    /// How long a call that leases or settles something may go unanswered. It ends before what it may have taken is no more
    /// fresh, or a round would let go of what it took.
    pub fn patience(self) -> Duration {
        self.0 / 5 * 2
    }

    /// The length, as statements take it.
    pub fn milliseconds(self) -> i64 {
        milliseconds(self.0)
    }

    /// From when on it is renewed, as statements take it.
    pub(super) fn fresh_milliseconds(self) -> i64 {
        milliseconds(self.fresh())
    }

    /// Waits for the answer, but not for ever: the server may have fallen silent, and others may have taken over.
    ///
    /// # Errors
    /// If none came in time, or a bad one. Whether it was done is not known then.
    pub async fn answered<T>(
        self,
        what: &'static str,
        call: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, Unavailable> {
        answered_within(self.patience(), what, call).await
    }
}

/// What a process carries at the moment, by its keys.
#[derive(Debug)]
pub struct InHand<K>(Arc<Mutex<HashMap<K, usize>>>);

/// That some of it is carried, until dropped.
#[derive(Debug)]
pub struct Carried<K: Eq + Hash> {
    keys: Vec<K>,
    all: InHand<K>,
}

impl<K> Clone for InHand<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> Default for InHand<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Copy + Eq + Hash> InHand<K> {
    /// From now on these are carried. Of one that was lost and taken up again there may be two at a time.
    pub fn carry(&self, keys: impl IntoIterator<Item = K>) -> Carried<K> {
        let keys: Vec<K> = keys.into_iter().collect();
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &keys {
            *counts.entry(*key).or_default() += 1;
        }
        Carried { keys, all: self.clone() }
    }

    /// How many are carried.
    pub fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// All that is carried.
    pub fn keys(&self) -> Vec<K> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }
}

impl<K: Eq + Hash> Drop for Carried<K> {
    fn drop(&mut self) {
        let mut counts = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &self.keys {
            let left = counts.get_mut(key).map_or(0, |count| {
                *count = count.saturating_sub(1);
                *count
            });
            if left == 0 {
                counts.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_carried_twice_is_carried_until_both_have_ended() {
        let in_hand = InHand::default();
        let first = in_hand.carry([1, 2]);
        let second = in_hand.carry([2]);
        drop(first);
        assert_eq!((in_hand.keys(), in_hand.count()), (vec![2], 1));
        drop(second);
        assert!(in_hand.keys().is_empty());
    }

    #[test]
    fn a_call_that_leases_is_given_up_while_what_it_may_have_leased_is_fresh() {
        for seconds in 5..=30 {
            let lease = Lease::of_seconds(seconds).unwrap_or_default();
            assert!(lease.patience() < lease.fresh());
            assert!(lease.fresh() + ROUND * 2 < lease.0, "time is left when it is renewed");
        }
        assert_eq!((Lease::of_seconds(4), Lease::of_seconds(31)), (None, None));
    }
}
