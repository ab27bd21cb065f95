//! What keeps the shop in order: copies for those who search, orders that nobody is at work on, what is kept for a while only.

pub mod forget;
pub mod index_orders;
pub mod publish_catalogue;
pub mod sweep;
