//! The function behind the gateway: the same router as in one process. Where the gateway verifies tokens, the caller is whom
//! it names; and a request knows when Lambda would end it.

use super::{deadline, wired::Wired};
use crate::{
    api::{self, AnswerBy, App, LookAgain, Metrics},
    functions::Trigger,
    token::{Identity, Tokens},
};
use adapters::system::SystemIds;
use axum::{
    Router,
    extract::Request,
    http::Extensions,
    middleware::{self, Next},
    response::Response,
};
use lambda_http::{Context, request::RequestContext};
use serde_json::json;
use std::{process::ExitCode, sync::Arc};
use workflows::ports::Clock;

/// Serves the API.
pub async fn serve() -> ExitCode {
    super::run(Trigger::Http, async |reach| {
        lambda_http::run(router(app(reach.wire().await?))).await.map_err(anyhow::Error::from_boxed)
    })
    .await
}

fn app(wired: Wired) -> App {
    let ports = wired.ports;
    App {
        intake: ports.intake,
        orders: ports.orders,
        catalogue: ports.catalogue,
        search: ports.search,
        documents: ports.documents,
        queue: ports.queue,
        clock: ports.clock,
        ids: Arc::new(SystemIds),
        // Nobody tells a function of changes.
        decisions: Arc::new(LookAgain),
        readiness: Arc::new(wired.database),
        tokens: wired.token_key.map(|key| -> Arc<dyn Tokens> { Arc::new(key) }),
        edge_key: wired.edge_key,
        metrics: Arc::new(Metrics::default()),
    }
}

fn router(app: App) -> Router {
    let clock = Arc::clone(&app.clock);
    let tell = move |request, next| tell_what_lambda_knows(Arc::clone(&clock), request, next);
    api::router(app).layer(middleware::from_fn(tell))
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
