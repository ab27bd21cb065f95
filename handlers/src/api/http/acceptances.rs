//! How much may be in acceptance at once: so many bytes of each caller, and of all together. What comes on top waits, as it
//! came. So one customer's thousand large orders neither fill the memory nor keep anybody else's waiting.

use super::{
    caller::Caller,
    places::{Place, Places},
    problem::{Kind, Refusal},
};
use std::time::Duration;
use tokio::time::Instant;

/// What a place is for: an order of ordinary size takes one.
const BYTES: usize = 1024;
/// Of each caller: some hundred orders of ordinary size, or a dozen of a thousand lines.
const EACH: u16 = 512;
/// Of all together.
const IN_ALL: u16 = 8 * 1024;
/// How long an order waits, and how many of one caller.
const PATIENCE: Duration = Duration::from_secs(20);
const MOST: usize = 5_000;

/// The places of orders on their way in. Copies share them.
#[derive(Clone, Debug)]
pub struct Acceptances(Places);

impl Default for Acceptances {
    fn default() -> Self {
        Self(Places::new(EACH, IN_ALL))
    }
}

impl Acceptances {
    /// Waits until there is room for an order of that many bytes; the room is taken until what is returned is dropped.
    pub(in crate::api) async fn room(&self, caller: &Caller, bytes: usize) -> Result<Place, Refusal> {
        let places = u32::try_from(bytes.div_ceil(BYTES)).unwrap_or(u32::MAX).max(1);
        let place = self.0.take(caller.name(), places, MOST, Instant::now() + PATIENCE).await;
        place.ok_or_else(|| Refusal::of(Kind::TooManyRequests))
    }
}
