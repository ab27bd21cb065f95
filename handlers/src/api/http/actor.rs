//! Who asked for a change, for the one line that the log has of it.
//!
//! Staff and warehouses are named as their tokens name them: they act on what is somebody else's, and have to answer for
//! it. A customer's name may be an e-mail address, which is no business of a log: there the beginning of its SHA-256
//! stands, by which all lines of one customer are found by whoever knows the name.

use crate::token::{Identity, Role};
use sha2::{Digest, Sha256};
use std::sync::{Arc, OnceLock};

/// Under this target stands who did what on somebody else's account. A log lets it through whatever else it leaves out.
pub const TRAIL: &str = "handlers::api::actor";
/// The same of customers, who act for themselves, and so often that it is for those who want it: what came of it stands
/// with the order.
pub(in crate::api) const CUSTOMERS: &str = "handlers::api::customer";

/// Filled in once it is known who calls; shared between the request and the log.
#[derive(Clone, Debug, Default)]
pub(in crate::api) struct Actor(Arc<OnceLock<Named>>);

#[derive(Debug)]
struct Named {
    name: String,
    is_customer: bool,
}

impl Actor {
    pub(in crate::api) fn is(&self, identity: &Identity) {
        // Of the extractors that look at one request all see the same caller.
        self.0.get_or_init(|| Named { name: named(identity), is_customer: identity.role == Role::Customer });
    }

    /// As the log says it; nothing for whoever showed no valid token.
    pub(in crate::api) fn name(&self) -> Option<&str> {
        self.0.get().map(|named| named.name.as_str())
    }

    /// Whether it acts for itself.
    pub(in crate::api) fn is_customer(&self) -> bool {
        self.0.get().is_some_and(|named| named.is_customer)
    }
}

fn named(identity: &Identity) -> String {
    match (identity.role, &identity.warehouse) {
        (Role::Customer, _) => format!("customer:{}", digest(&identity.sub)),
        (Role::Warehouse, Some(warehouse)) => format!("warehouse:{}:{}", warehouse, identity.sub),
        (Role::Warehouse, None) => format!("warehouse:{}", identity.sub),
        (Role::Support, _) => format!("support:{}", identity.sub),
    }
}

/// Eight bytes are enough to tell customers apart.
fn digest(name: &str) -> String {
    Sha256::digest(name).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
