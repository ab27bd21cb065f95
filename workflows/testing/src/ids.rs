//! Ids of orders that follow from a seed, each greater than the one before it, as those of one process are.

use super::Shop;
use schemas::ids::OrderId;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Builder;
use workflows::ports::Ids;

/// Milliseconds since 1970 at which the first id was made, if anybody asks the id.
const BEGUN: u64 = 0x0192_f0c1_0000;

pub(super) struct Seed {
    seed: u64,
    count: AtomicU64,
}

impl Seed {
    pub(super) fn of(seed: u64) -> Self {
        Self { seed, count: AtomicU64::default() }
    }

    fn next(&self) -> OrderId {
        let count = self.count.fetch_add(1, Ordering::SeqCst);
        let (one, other) = (mixed(self.seed ^ count), mixed(self.seed.wrapping_add(!count)));
        let mut random = [0; 10];
        for (byte, drawn) in random.iter_mut().zip(one.to_be_bytes().into_iter().chain(other.to_be_bytes())) {
            *byte = drawn;
        }
        OrderId(Builder::from_unix_timestamp_millis(BEGUN + count, &random).into_uuid())
    }
}

/// A number that has nothing to do with the one before it, by the finish of SplitMix64.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

impl Ids for Shop {
    fn order_id(&self) -> OrderId {
        self.ids.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_ids_again_and_another_gives_others() {
        let first = |seed| {
            let ids = Seed::of(seed);
            [(); 20].map(|()| ids.next())
        };
        assert_eq!(first(7), first(7));
        assert!(first(7).iter().all(|id| !first(8).contains(id)));
        assert!(first(7).is_sorted_by(|one, next| one < next));
    }
}
