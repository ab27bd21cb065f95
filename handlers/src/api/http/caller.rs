//! Who calls: whom the runtime has verified, else by the bearer token; taken before anything else of a request is looked
//! at.

use crate::{
    api::http::{
        actor::Actor,
        app::App,
        problem::{Kind, Refusal},
    },
    token::{Identity, Role, TokenError},
};
use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
};

const UNKNOWN: &str = "the token is not one of this installation";

/// Somebody with a valid token.
#[derive(Clone, Debug)]
pub(in crate::api) struct Caller(Identity);

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

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    App: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let identity = identity(parts, &App::from_ref(state)).await?;
        if let Some(actor) = parts.extensions.get::<Actor>() {
            actor.is(&identity);
        }
        Ok(Self(identity))
    }
}

async fn identity(parts: &Parts, app: &App) -> Result<Identity, Refusal> {
    // Nothing that a caller sends becomes an extension: who stands there was put there by the runtime.
    if let Some(identity) = parts.extensions.get::<Identity>() {
        return Ok(identity.clone());
    }
    let token = bearer(&parts.headers)?;
    let tokens = app.tokens.as_ref().ok_or_else(|| invalid(UNKNOWN))?;
    tokens.whose(token, app.ports.clock.now()).await.map_err(|error| match error {
        TokenError::Expired => invalid("the token has expired"),
        TokenError::NotYet => invalid("the token is not valid yet"),
        TokenError::Claim(claim) => invalid(claim.rule()),
        TokenError::Unjudged => Refusal::saying(Kind::Unavailable, "the issuer of tokens does not answer"),
        TokenError::Invalid | TokenError::ShortKey | TokenError::NotSigned => invalid(UNKNOWN),
    })
}

fn invalid(detail: &'static str) -> Refusal {
    Refusal::saying(Kind::Unauthorized, detail).with_challenge("Bearer error=\"invalid_token\"")
}

fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (first, second) = (all.next(), all.next());
    let Some(value) = first else {
        let refusal = Refusal::saying(Kind::Unauthorized, "send the header Authorization: Bearer <token>");
        return Err(refusal.with_challenge("Bearer realm=\"sluice\""));
    };
    let parts = value.to_str().ok().and_then(|text| text.split_once(' '));
    match (parts, second) {
        (Some((scheme, token)), None) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        (Some(_) | None, _) => Err(invalid("send one header Authorization: Bearer <token>")),
    }
}
