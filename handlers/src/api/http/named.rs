//! What a path names by its last part.

use super::problem::{Kind, Refusal};
use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use schemas::ids::OrderId;

/// The last part of a path as it was meant; one that cannot be read names nothing.
pub(in crate::api) struct Named(pub(in crate::api) String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(name)| Self(name)).map_err(|_| Refusal::of(Kind::NotFound))
    }
}

impl Named {
    /// As the id of an order; there is no order of a malformed one.
    pub(in crate::api) fn order(&self) -> Result<OrderId, Refusal> {
        // Only the form that ids are handed out in: another spelling would be another name for the same thing.
        let hyphenated = self.0.len() == 36;
        self.0.parse().ok().filter(|_| hyphenated).ok_or_else(|| Refusal::of(Kind::NotFound))
    }
}
