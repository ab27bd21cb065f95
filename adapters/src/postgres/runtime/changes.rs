//! What the bell says of orders: which one changed, and whether its buyer's question is answered. With that whoever waits for
//! an order wakes for its own only, and reads it once.

use schemas::ids::OrderId;
use std::fmt::{self, Display};
use uuid::Uuid;

/// PostgreSQL takes payloads of less than 8,000 bytes.
const LONGEST: usize = 7_900;

/// An order that changed, or whose change is told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The order.
    pub order: OrderId,
    /// Whether it is decided.
    pub decided: bool,
}

impl Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decided = if self.decided { "!" } else { "" };
        write!(f, "{}{decided}", self.order.0.simple())
    }
}

impl Change {
    /// The changes of a payload. What cannot be read is passed over: a later release may say more.
    pub fn of_payload(payload: &str) -> impl Iterator<Item = Self> {
        payload.split(' ').filter_map(|word| {
            let order = word.strip_suffix('!').unwrap_or(word);
            let decided = order.len() < word.len();
            Some(Self { order: OrderId(Uuid::try_parse(order).ok()?), decided })
        })
    }
}

/// The changes in as few payloads as hold them.
pub(super) fn payloads(changes: &[Change]) -> Vec<String> {
    let mut payloads: Vec<String> = Vec::new();
    for change in changes {
        let word = change.to_string();
        match payloads.last_mut().filter(|last| last.len() + 1 + word.len() <= LONGEST) {
            Some(last) => {
                last.push(' ');
                last.push_str(&word);
            }
            None => payloads.push(word),
        }
    }
    payloads
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(count: u128) -> Vec<Change> {
        (0..count).map(|n| Change { order: OrderId(Uuid::from_u128(n)), decided: n % 2 == 0 }).collect()
    }

    #[test]
    fn what_is_said_is_what_is_heard_however_much_it_is() {
        for count in [0, 1, 2, 165, 1_000] {
            let said = payloads(&changes(count));
            assert!(said.iter().all(|payload| payload.len() < 8_000));
            let heard: Vec<Change> = said.iter().flat_map(|payload| Change::of_payload(payload)).collect();
            assert_eq!(heard, changes(count));
        }
        assert_eq!(payloads(&changes(165)).len(), 1);
    }

    #[test]
    fn what_cannot_be_read_is_passed_over() {
        let [one] = changes(1)[..] else { panic!() };
        let heard: Vec<Change> = Change::of_payload(&format!("intake {one} {one}.1 {}", "9".repeat(40))).collect();
        assert_eq!(heard, [one]);
        assert_eq!(Change::of_payload("").count(), 0);
    }
}
