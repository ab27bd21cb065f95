//! For an API with a firewall in front of it: whoever does not come through there finds nothing. What stands in front
//! shows a secret with every request; the API's own address may be known to anybody.

use super::problem::{Kind, Refusal};
use axum::{
    extract::{Request, State},
    http::HeaderMap,
    middleware::Next,
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};
use std::fmt;

/// The header that it is shown in.
const EDGE_KEY: &str = "x-sluice-edge";

/// The secret, as its hash: comparing hashes tells by its time nothing of what they are made of. With it, while a new one
/// takes its way to whoever stands in front, the one before.
#[derive(Clone, PartialEq, Eq)]
pub struct EdgeKey(Vec<[u8; 32]>);

impl EdgeKey {
    /// The secret itself.
    pub fn from_bytes(secret: &[u8]) -> Self {
        Self(vec![hash(secret)])
    }

    /// The same, and whoever shows the one before is let through too.
    #[must_use]
    pub fn after(mut self, previous: Self) -> Self {
        self.0.extend(previous.0);
        self
    }

    fn is_shown(&self, headers: &HeaderMap) -> bool {
        headers.get(EDGE_KEY).is_some_and(|value| self.0.contains(&hash(value.as_bytes())))
    }
}

fn hash(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

impl fmt::Debug for EdgeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EdgeKey")
    }
}

/// Lets through whoever shows the secret; everybody, if there is none.
pub(in crate::api) async fn only_from_the_front(
    State(key): State<Option<EdgeKey>>,
    request: Request,
    next: Next,
) -> Response {
    if key.is_some_and(|key| !key.is_shown(request.headers())) {
        return Refusal::of(Kind::NotFound).into_response();
    }
    next.run(request).await
}
