//! Tells the API which requests come from this machine.

use axum::{
    extract::{ConnectInfo, Request},
    middleware::Next,
    response::Response,
};
use handlers::api::FromThisMachine;
use std::net::SocketAddr;

pub(super) async fn tell_who_is_near(
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    if peer.ip().to_canonical().is_loopback() {
        request.extensions_mut().insert(FromThisMachine);
    }
    next.run(request).await
}
