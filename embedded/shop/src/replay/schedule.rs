//! When to send what: the shop's own rhythm, compressed in time. Pure, so that a schedule can be looked at before a
//! single order is sent.

use super::plan::Plan;
use crate::decimal::Decimal;
use std::{fmt, num::NonZeroI64, str::FromStr, time::Duration};
use time::PrimitiveDateTime;

/// How much faster than the shop lived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// So many thousandths of real time: 60,000 lets an hour pass in a minute.
    Thousandths(NonZeroI64),
    /// Everything is due at once, in the shop's order.
    Max,
}

/// The text was no speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be max, or a number above 0 with at most 3 decimals, such as 60")]
pub struct BadSpeed;

impl FromStr for Speed {
    type Err = BadSpeed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim().eq_ignore_ascii_case("max") {
            return Ok(Self::Max);
        }
        let times: Decimal = text.parse().map_err(|_| BadSpeed)?;
        let thousandths = times.without_trailing_zeros().scaled(3).map_err(|_| BadSpeed)?;
        NonZeroI64::new(thousandths).filter(|speed| speed.is_positive()).map(Self::Thousandths).ok_or(BadSpeed)
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Max => f.write_str("max"),
            Self::Thousandths(speed) => {
                let fraction = format!("{:03}", speed.get() % 1000);
                let fraction = fraction.trim_end_matches('0');
                let point = if fraction.is_empty() { "" } else { "." };
                write!(f, "{}{point}{fraction}", speed.get() / 1000)
            }
        }
    }
}

/// One thing to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The order of that index in the plan.
    Order(usize),
    /// The cancellation of that index in the plan. Its order comes earlier in the schedule, but at a high speed its
    /// answer may not be there yet: the sender waits for it.
    Cancel(usize),
}

/// An action and when to send it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// From the start of the replay, which is the moment of its first action.
    pub offset: Duration,
    /// What to send.
    pub action: Action,
}

/// All actions of a plan in order of time; those of the same minute in the file's order.
pub fn due(plan: &Plan, speed: Speed) -> Vec<Due> {
    let orders = plan.orders.iter().enumerate().map(|(index, order)| (order.at, order.line, Action::Order(index)));
    let cancels =
        plan.cancels.iter().enumerate().map(|(index, cancel)| (cancel.at, cancel.line, Action::Cancel(index)));
    let mut actions: Vec<_> = orders.chain(cancels).collect();
    actions.sort_by_key(|(at, line, _)| (*at, *line));
    let Some((start, _, _)) = actions.first().copied() else { return Vec::new() };
    actions.into_iter().map(|(at, _, action)| Due { offset: offset(start, at, speed), action }).collect()
}

fn offset(start: PrimitiveDateTime, at: PrimitiveDateTime, speed: Speed) -> Duration {
    match speed {
        Speed::Max => Duration::ZERO,
        Speed::Thousandths(speed) => {
            let nanoseconds = (at - start).whole_nanoseconds() * 1000 / i128::from(speed.get());
            // 584 years: nobody waits longer.
            Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_speed_is_max_or_a_multiple_of_real_time() {
        for (text, shown) in
            [("max", "max"), (" MAX ", "max"), ("1", "1"), ("60.0", "60"), ("0.5", "0.5"), ("2.125", "2.125")]
        {
            assert_eq!(text.parse::<Speed>().map(|speed| speed.to_string()), Ok(shown.to_owned()), "{text}");
        }
        for text in ["", "0", "-1", "0.0001", "fast", "1e3", "99999999999999999999"] {
            assert_eq!(text.parse::<Speed>(), Err(BadSpeed), "{text}");
        }
    }

    #[test]
    fn time_is_divided_by_the_speed_and_max_waits_for_nothing() {
        let start = datetime!(2011-11-01 08:16);
        let offset_at = |speed: &str| speed.parse().map(|speed| offset(start, datetime!(2011-11-02 08:16), speed));
        for (speed, expected) in [
            ("1", Duration::from_secs(86_400)),
            ("1000", Duration::from_millis(86_400)),
            ("0.5", Duration::from_secs(172_800)),
            ("7", Duration::from_nanos(12_342_857_142_857)),
            ("max", Duration::ZERO),
        ] {
            assert_eq!(offset_at(speed), Ok(expected), "{speed}");
        }
    }
}
