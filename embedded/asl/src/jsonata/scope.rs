//! What whoever evaluates an expression tells it.

use super::syntax::Reserved;
use serde_json::Value;
use std::borrow::Cow;

/// What an expression can see of the world.
pub trait Scope<'a> {
    /// A part of `$states`; `None` where the part has no value.
    fn reserved(&self, part: Reserved) -> Option<Cow<'a, Value>>;

    /// A workflow variable; `None` if it is not set.
    fn variable(&self, name: &str) -> Option<&'a Value>;
}
