//! Chance that a test foresees: it gives one number for ever, until a test sets another.

use std::sync::atomic::{AtomicU32, Ordering};
use workflows::ports::Chance;

/// The chance.
#[derive(Debug, Default)]
pub struct SetChance(AtomicU32);

impl SetChance {
    /// One that gives that number.
    pub const fn of(number: u32) -> Self {
        Self(AtomicU32::new(number))
    }

    /// Sets it.
    pub fn set(&self, number: u32) {
        self.0.store(number, Ordering::SeqCst);
    }
}

impl Chance for SetChance {
    fn draw(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Chance for super::Shop {
    fn draw(&self) -> u32 {
        self.chance.draw()
    }
}
