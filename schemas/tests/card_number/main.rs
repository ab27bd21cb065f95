//! Card numbers are found however they are written, and other numbers of a buyer's life are left alone.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod by_chance;
mod left_alone;
mod made;
mod own_kinds;
mod spellings;
