//! When an invocation must come to its answer: Lambda ends one that takes too long without a word, and then nobody learns
//! which messages of a batch were done.

use lambda_runtime::Context;
use std::time::Duration;
use tokio::time::Instant;
use workflows::ports::Clock;

/// Kept back to give the answer in.
const TO_ANSWER: Duration = Duration::from_secs(1);
/// No invocation may take longer than this.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// The moment from which on nothing new is begun and nothing is waited for.
pub(super) fn of(context: &Context, clock: &dyn Clock) -> Instant {
    let now = clock.now().unix_timestamp_nanos() / 1_000_000;
    let left = u64::try_from(i128::from(context.deadline) - now).unwrap_or_default();
    Instant::now() + Duration::from_millis(left).min(LONGEST).saturating_sub(TO_ANSWER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use testing::SetClock;

    #[tokio::test(start_paused = true)]
    async fn a_second_is_kept_back_to_answer() {
        let clock = SetClock::default();
        let deadline = |seconds: i64| {
            let mut context = Context::default();
            context.deadline = u64::try_from((clock.at().unix_timestamp() + seconds) * 1_000).unwrap_or_default();
            of(&context, &clock) - Instant::now()
        };
        assert_eq!(deadline(30), Duration::from_secs(29));
        assert_eq!(deadline(1), Duration::ZERO);
        assert_eq!(deadline(-5), Duration::ZERO);
        assert_eq!(deadline(86_400), LONGEST - TO_ANSWER);
    }
}
