//! Slices are ranges of ids without a gap: where one ends the next begins.

use uuid::Uuid;

/// The id that follows.
pub(super) fn after(id: Uuid) -> Option<Uuid> {
    id.as_u128().checked_add(1).map(Uuid::from_u128)
}

/// The id before.
pub(super) fn before(id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128().saturating_sub(1))
}
