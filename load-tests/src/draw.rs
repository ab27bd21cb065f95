//! Draws from the distributions that a shop's orders have: a few SKUs are in most baskets, and most baskets are small.

use fastrand::Rng;

/// A discrete distribution over `0..n`, drawn by its cumulative weights.
#[derive(Clone, Debug)]
pub(crate) struct Weighted {
    cumulative: Vec<f64>,
}

impl Weighted {
    fn of(weights: impl Iterator<Item = f64>) -> Self {
        let cumulative = weights.scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Self { cumulative: cumulative.collect() }
    }

    /// Zipf's law with exponent 1: the k-th most wanted of `n` is wanted 1/k as often as the first.
    pub(crate) fn zipf(n: usize) -> Self {
        Self::of((1..=n).map(|rank| 1.0 / rank as f64))
    }

    /// `0..n` with geometrically falling weights that have the given mean, which must lie below `(n - 1) / 2`.
    pub(crate) fn geometric(n: usize, mean: f64) -> Self {
        let weights = |ratio: f64| (0..n).map(move |k| ratio.powf(k as f64));
        let mean_of = |ratio: f64| {
            let (sum, weighted) = weights(ratio)
                .enumerate()
                .fold((0.0, 0.0), |(sum, weighted), (k, weight)| (sum + weight, weighted + weight * k as f64));
            weighted / sum
        };
        // The mean rises with the ratio, so halving the interval finds it.
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if mean_of(middle) < mean { low = middle } else { high = middle }
        }
        Self::of(weights(low))
    }

    /// One draw.
    pub(crate) fn draw(&self, random: &mut Rng) -> usize {
        let total = self.cumulative.last().copied().unwrap_or_default();
        let at = random.f64() * total;
        let found = self.cumulative.partition_point(|sum| *sum <= at);
        found.min(self.cumulative.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: usize = 200_000;

    fn counts(distribution: &Weighted, n: usize) -> Vec<f64> {
        let mut random = Rng::with_seed(7);
        let mut counts = vec![0.0; n];
        for _ in 0..DRAWS {
            counts[distribution.draw(&mut random)] += 1.0;
        }
        counts
    }

    #[test]
    fn the_wanted_are_wanted_as_zipf_says() {
        let n = 5_000;
        let counts = counts(&Weighted::zipf(n), n);
        let harmonic: f64 = (1..=n).map(|rank| 1.0 / rank as f64).sum();
        for rank in [1_usize, 2, 3, 10, 50] {
            let expected = DRAWS as f64 / harmonic / rank as f64;
            let deviation = (counts[rank - 1] - expected).abs() / expected.sqrt();
            assert!(deviation < 5.0, "rank {rank}: {} instead of {expected}", counts[rank - 1]);
        }
        let tail: f64 = counts[n / 2..].iter().sum();
        let expected = DRAWS as f64 * std::f64::consts::LN_2 / harmonic;
        assert!((tail / expected - 1.0).abs() < 0.05, "the lesser half: {tail} instead of {expected}");
    }

    #[test]
    fn baskets_have_one_to_ten_lines_and_three_on_average() {
        let counts = counts(&Weighted::geometric(10, 2.0), 10);
        let mean: f64 = counts.iter().enumerate().map(|(k, count)| (k + 1) as f64 * count).sum::<f64>() / DRAWS as f64;
        assert!((mean - 3.0).abs() < 0.03, "{mean}");
        assert!(counts.iter().all(|count| *count > 0.0) && counts.is_sorted_by(|a, b| a > b), "{counts:?}");
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        let draw = |seed| {
            let (zipf, mut random) = (Weighted::zipf(100), Rng::with_seed(seed));
            (0..50).map(|_| zipf.draw(&mut random)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
