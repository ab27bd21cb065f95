//! Events: past facts about an order. Each is an envelope, the same for all, and the data of its name.

pub mod data;
mod envelope;
mod name;

pub use envelope::Event;
pub use name::EventName;
