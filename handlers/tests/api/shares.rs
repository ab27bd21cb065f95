//! The API in two shares, each of which a function of its own answers where there are functions.

use crate::world::*;
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use handlers::api::{PollingNotifier, besides_submissions, submissions};
use std::sync::Arc;
use tower::ServiceExt;

async fn status(share: Router, request: Request<Body>) -> StatusCode {
    share.oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn each_share_answers_its_requests_and_no_others() {
    let world = World::new();
    let app = || world.app(Arc::new(PollingNotifier));
    let order = || submission("alice", "cart-1", order().to_string());
    assert_eq!(status(besides_submissions(app()).unwrap(), order()).await, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(world.accepted(), 0);
    assert_eq!(status(submissions(app()), order()).await, StatusCode::ACCEPTED);
    assert_eq!(world.accepted(), 1);
    for path in ["/v1/orders", "/v1/products", "/healthz", "/readyz", "/openapi.json"] {
        assert_eq!(status(besides_submissions(app()).unwrap(), get(path, "alice")).await, StatusCode::OK, "{path}");
        assert!(status(submissions(app()), get(path, "alice")).await.is_client_error(), "{path}");
    }
}
