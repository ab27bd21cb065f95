//! Who calls, and what they may do.

use super::problem::{Kind, Refusal};
use crate::token::{Identity, Role};

/// Somebody with a valid token.
#[derive(Clone, Debug)]
pub(in crate::api) struct Caller(pub(super) Identity);

impl Caller {
    pub(in crate::api) fn name(&self) -> &str {
        &self.0.sub
    }

    /// Only callers of these roles go on.
    pub(in crate::api) fn must_be(&self, roles: &[Role]) -> Result<(), Refusal> {
        if roles.contains(&self.0.role) {
            return Ok(());
        }
        Err(Refusal::of(Kind::Forbidden).with_challenge("Bearer error=\"insufficient_scope\""))
    }

    /// Whether an order of that customer is theirs to see.
    pub(in crate::api) fn may_see(&self, customer: &str) -> bool {
        match self.0.role {
            Role::Customer => self.0.sub == customer,
            Role::Support => true,
            Role::Warehouse => false,
        }
    }
}
