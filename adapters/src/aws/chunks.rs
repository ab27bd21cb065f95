//! Splitting a batch into the chunks that one call of a service takes: so many entries, so many bytes.

/// What one call takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The most entries.
    pub(super) entries: usize,
    /// The most bytes of all entries together.
    pub(super) bytes: usize,
}

/// The entries in their order, in as few chunks as keeping that order allows. An entry that is too large by itself goes
/// alone: then the service refuses that one, and no neighbour with it.
pub(super) fn split<T>(items: Vec<T>, limits: Limits, bytes_of: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut chunks = Vec::new();
    let mut chunk = Vec::new();
    let mut filled: usize = 0;
    for item in items {
        let bytes = bytes_of(&item);
        let full = chunk.len() >= limits.entries || filled.saturating_add(bytes) > limits.bytes;
        if full && !chunk.is_empty() {
            chunks.push(std::mem::take(&mut chunk));
            filled = 0;
        }
        filled = filled.saturating_add(bytes);
        chunk.push(item);
    }
    if !chunk.is_empty() {
        chunks.push(chunk);
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEN: Limits = Limits { entries: 10, bytes: 100 };

    #[test]
    fn nothing_makes_no_call() {
        assert!(split(Vec::<usize>::new(), TEN, |bytes| *bytes).is_empty());
    }

    #[test]
    fn a_part_is_filled_to_the_last_entry_and_the_last_byte() {
        assert_eq!(split(vec![1; 11], TEN, |bytes| *bytes), [vec![1; 10], vec![1]]);
        assert_eq!(split(vec![60, 40, 1], TEN, |bytes| *bytes), [vec![60, 40], vec![1]]);
    }

    #[test]
    fn an_entry_that_is_too_large_goes_alone() {
        assert_eq!(split(vec![1, 101, 1], TEN, |bytes| *bytes), [vec![1], vec![101], vec![1]]);
    }

    proptest! {
        #[test]
        fn every_part_keeps_the_limits_and_the_order_and_loses_nothing(
            sizes in proptest::collection::vec(0..150_usize, 0..80),
        ) {
            let chunks = split(sizes.clone(), TEN, |bytes| *bytes);
            for chunk in &chunks {
                prop_assert!(!chunk.is_empty() && chunk.len() <= TEN.entries);
                prop_assert!(chunk.iter().sum::<usize>() <= TEN.bytes || chunk.len() == 1);
            }
            for pair in chunks.windows(2) {
                let with_next = pair[0].iter().sum::<usize>() + pair[1][0];
                prop_assert!(pair[0].len() == TEN.entries || with_next > TEN.bytes, "a call too many");
            }
            prop_assert_eq!(chunks.concat(), sizes);
        }
    }
}
