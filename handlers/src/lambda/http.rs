//! The two functions behind the gateway: the same routes as in one process, those that submit orders in a function of their
//! own, so that whoever reads takes nothing from those who order. Where the gateway verifies tokens, the caller is whom it
//! names; and a request knows when Lambda would end it.

use super::{
    deadline,
    waiting_room::{Room, who_asks, would_wait},
};
use crate::{
    api::{self, AnswerBy, App},
    functions::Trigger,
    ports::NotWired,
    token::Identity,
};
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::Extensions,
    middleware::{self, Next},
    response::Response,
};
use lambda_http::{Context, request::RequestContext, service_fn};
use serde_json::json;
use std::{
    convert::Infallible,
    process::ExitCode,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::time::Instant;
use tower::ServiceExt;
use workflows::ports::Clock;

/// What one function answers of the API.
#[derive(Clone, Copy)]
struct Share {
    trigger: Trigger,
    routes: fn(App) -> Result<Router, NotWired>,
    /// The name of the places in which its buyers wait: no function's take those of another.
    places: &'static str,
}

/// Serves the acceptance of orders.
pub async fn serve_submissions() -> ExitCode {
    serve(Share { trigger: Trigger::Submit, routes: |app| Ok(api::submissions(app)), places: "wait-submitting" }).await
}

/// Serves the rest of the API.
pub async fn serve_the_rest() -> ExitCode {
    serve(Share { trigger: Trigger::Http, routes: api::besides_submissions, places: "wait" }).await
}

async fn serve(share: Share) -> ExitCode {
    super::run(share.trigger, async move |reach| {
        let app = reach.wire().await?.app(reach.keys().await?)?;
        let room =
            reach.room(share.places, Arc::clone(&app.ports.clock)).map(|room| -> Arc<dyn Room> { Arc::new(room) });
        let current = Mutex::new(router(share, app.clone(), room.clone())?);
        let answer = async |request: lambda_http::Request| {
            if reach.renewal.is_due() {
                reach.renew().await;
                let renewed = async {
                    let app = reach.keys().await?.in_place_of_those_of(app.clone());
                    anyhow::Ok(router(share, app, room.clone())?)
                };
                match renewed.await {
                    Ok(renewed) => *lock(&current) = renewed,
                    Err(error) => tracing::warn!(error = format!("{error:#}"), "the keys cannot be read again"),
                }
            }
            let router = lock(&current).clone();
            let answer = router.oneshot(request.map(Body::new)).await?;
            if answer.status().is_server_error() {
                reach.renewal.doubt();
            }
            Ok::<_, Infallible>(answer)
        };
        lambda_http::run(service_fn(answer)).await.map_err(anyhow::Error::from_boxed)
    })
    .await
}

fn lock(router: &Mutex<Router>) -> MutexGuard<'_, Router> {
    router.lock().unwrap_or_else(PoisonError::into_inner)
}

fn router(share: Share, app: App, room: Option<Arc<dyn Room>>) -> Result<Router, NotWired> {
    let clock = Arc::clone(&app.ports.clock);
    let tell = move |request, next| tell_what_lambda_knows(Arc::clone(&clock), request, next);
    let seat = move |request, next| wait_in_the_room(room.clone(), request, next);
    Ok((share.routes)(app)?.layer(middleware::from_fn(seat)).layer(middleware::from_fn(tell)))
}

/// Has a request wait only if there is a place for it; without one it is answered as if its time were over.
async fn wait_in_the_room(room: Option<Arc<dyn Room>>, mut request: Request, next: Next) -> Response {
    let Some(room) = room.filter(|_| would_wait(request.headers())) else { return next.run(request).await };
    let caller = who_asks(&request);
    let place = room.enter(&caller).await;
    if place.is_none() {
        request.extensions_mut().insert(AnswerBy(Instant::now()));
    }
    let response = next.run(request).await;
    if let Some(place) = place {
        room.leave(place).await;
    }
    response
}

async fn tell_what_lambda_knows(clock: Arc<dyn Clock>, mut request: Request, next: Next) -> Response {
    if let Some(context) = request.extensions().get::<Context>() {
        let until = deadline::of(context, clock.as_ref());
        request.extensions_mut().insert(AnswerBy(until));
    }
    if let Some(identity) = verified(request.extensions()) {
        request.extensions_mut().insert(identity);
    }
    next.run(request).await
}

/// Whom the gateway's JWT authorizer has verified, if there is one and the claims `sub`, `role` and `warehouse` name
/// somebody: a token of the right issuer without a role of ours is nobody's here.
fn verified(extensions: &Extensions) -> Option<Identity> {
    let RequestContext::ApiGatewayV2(context) = extensions.get::<RequestContext>()? else { return None };
    let claims = &context.authorizer.as_ref()?.jwt.as_ref()?.claims;
    serde_json::from_value::<Identity>(json!(claims)).ok()?.checked().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::token::Role;
    use adapters::aws::places::Place;
    use async_trait::async_trait;
    use axum::Extension;
    use serde_json::Value;

    /// Who is named by an event of the gateway with these claims.
    fn named(authorizer: &Value) -> Option<Identity> {
        let event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/v1/orders", "rawQueryString": "",
            "headers": { "host": "api.example", "authorization": "Bearer forged" }, "isBase64Encoded": false,
            "requestContext": {
                "accountId": "1", "apiId": "a", "stage": "$default", "requestId": "r", "authorizer": authorizer,
                "http": { "method": "GET", "path": "/v1/orders", "protocol": "HTTP/1.1", "sourceIp": "::1" }
            }
        });
        verified(lambda_http::request::from_str(&event.to_string()).unwrap().extensions())
    }

    fn claims(claims: Value) -> Value {
        json!({ "jwt": { "claims": claims, "scopes": null } })
    }

    /// A room with so many places, in which somebody sits down for good if told so.
    struct Seats(Mutex<(usize, usize)>);

    #[async_trait]
    impl Room for Seats {
        async fn enter(&self, _: &str) -> Option<Place> {
            let mut seats = self.0.lock().unwrap();
            seats.0 = seats.0.checked_sub(1)?;
            Some(Place::default())
        }

        async fn leave(&self, _: Place) {
            self.0.lock().unwrap().1 += 1;
        }
    }

    /// Until when requests with that header are answered, in seconds from now, by a router with that room.
    async fn answer_by(room: &Arc<Seats>, prefer: Option<&str>) -> u64 {
        let until = async |Extension(AnswerBy(until)): Extension<AnswerBy>| {
            until.saturating_duration_since(Instant::now()).as_secs().to_string()
        };
        let room: Arc<dyn Room> = room.clone();
        let seat = move |request, next| wait_in_the_room(Some(room.clone()), request, next);
        let later = Instant::now() + std::time::Duration::from_secs(9);
        let router = Router::new()
            .route("/", axum::routing::get(until))
            .layer(middleware::from_fn(seat))
            .layer(Extension(AnswerBy(later)));
        let mut request = Request::new(Body::empty());
        prefer.map(|prefer| request.headers_mut().insert("prefer", prefer.parse().unwrap()));
        let answer = router.oneshot(request).await.unwrap();
        let seconds = axum::body::to_bytes(answer.into_body(), 100).await.unwrap();
        std::str::from_utf8(&seconds).unwrap().parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn who_finds_no_place_to_wait_in_is_answered_at_once() {
        let room = Arc::new(Seats(Mutex::new((1, 0))));
        assert_eq!(answer_by(&room, None).await, 9, "who does not wait takes no place");
        assert_eq!(answer_by(&room, Some("wait=20")).await, 9);
        assert_eq!(room.0.lock().unwrap().1, 1, "the place was given back");
        assert_eq!(answer_by(&room, Some("wait=20")).await, 0);
        assert_eq!(room.0.lock().unwrap().1, 1);
        assert_eq!(answer_by(&room, None).await, 9);
    }

    #[test]
    fn whom_the_gateway_has_verified_is_the_caller() {
        let alice = named(&claims(json!({ "sub": "alice", "role": "customer", "iss": "i", "exp": "1800000000" })));
        assert_eq!(alice, Some(Identity { sub: "alice".into(), role: Role::Customer, warehouse: None }));
        let berlin = named(&claims(json!({ "sub": "b", "role": "warehouse", "warehouse": "BER" })));
        assert_eq!(berlin.and_then(|identity| identity.warehouse).as_deref(), Some("BER"));
    }

    #[test]
    fn nobody_is_named_without_an_authorizer_or_a_role_of_ours() {
        for authorizer in [
            json!(null),
            json!({ "lambda": { "sub": "alice", "role": "customer" } }),
            claims(json!({})),
            claims(json!({ "sub": "alice" })),
            claims(json!({ "sub": "alice", "role": "admin" })),
            claims(json!({ "sub": "", "role": "customer" })),
            claims(json!({ "sub": "b", "role": "warehouse" })),
        ] {
            assert_eq!(named(&authorizer), None, "{authorizer}");
        }
    }
}
