//! What a list goes on without because it cannot be read: a hand in the tables made it so, or a release that knows more.
//! It is counted each time and named in the log once, since the same list may be asked for many times a second.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// How many are remembered as named; after that they are named again.
const REMEMBERED: usize = 1_000;

/// What was passed over in this process. Copies share it.
#[derive(Clone, Debug, Default)]
pub struct PassedOver(Arc<Tally>);

#[derive(Debug, Default)]
struct Tally {
    times: AtomicU64,
    named: Mutex<HashSet<(&'static str, String)>>,
}

impl PassedOver {
    /// How many times something was passed over.
    pub fn times(&self) -> u64 {
        self.0.times.load(Ordering::Relaxed)
    }

    /// Counts one, such as the product of that SKU. The reason must quote nothing of it: it may be somebody's address.
    pub(crate) fn note(&self, kind: &'static str, name: &str, reason: &str) {
        self.0.times.fetch_add(1, Ordering::Relaxed);
        if self.is_new(kind, name) {
            tracing::error!(kind, name, reason, "cannot be read; lists go on without it");
        }
    }

    fn is_new(&self, kind: &'static str, name: &str) -> bool {
        let mut named = self.0.named.lock().unwrap_or_else(PoisonError::into_inner);
        if named.len() >= REMEMBERED {
            named.clear();
        }
        named.insert((kind, name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_counted_every_time_and_named_once() {
        let (passed_over, names) = (PassedOver::default(), ["TEA", "CUP", "TEA"]);
        let named = names.map(|name| passed_over.is_new("product", name));
        assert_eq!(named, [true, true, false]);
        names.iter().for_each(|name| passed_over.clone().note("product", name, "currency"));
        assert_eq!(passed_over.times(), 3);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let passed_over = PassedOver::default();
        for n in 0..3 * REMEMBERED {
            assert!(passed_over.is_new("order", &n.to_string()));
        }
        assert!(passed_over.0.named.lock().unwrap_or_else(PoisonError::into_inner).len() <= REMEMBERED);
    }
}
