//! Finding out who calls: whom the runtime has verified, else by the bearer token; done before anything else of a request is
//! looked at.

use super::{
    actor::Actor,
    app::App,
    caller::Caller,
    problem::{Kind, Refusal},
};
use crate::token::{Identity, TokenError};
use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
};

const UNKNOWN: &str = "the token is not one of this installation";

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
