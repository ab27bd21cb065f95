//! Serves the API over HTTP/1.1 to anybody: a head and a body have their time, connections their number, and whoever only
//! holds one makes room for whoever uses one. What axum brings for serving has no limits.

mod bodies;
mod connections;
mod files;
mod turnover;

pub use connections::Limits;
pub(crate) use files::raise_limit;

use axum::{Router, body::Body, extract::Request, middleware, response::Response};
use connections::{Connection, Connections, Entry, Phase};
use handlers::api::FromThisMachine;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// The largest head of a request. It is the memory of a connection too, while bodies come and go in pieces.
const LARGEST_HEAD: usize = 32 * 1024;
/// The pause after the system had no more to give, such as open files.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// Serves until `stopping` turns true, and then ends what is under way.
pub(crate) async fn serve(listener: TcpListener, router: Router, limits: Limits, mut stopping: watch::Receiver<bool>) {
    let router = router.layer(middleware::from_fn(bodies::in_time_and_to_the_end));
    let connections = Connections::new(limits);
    let waiting = Arc::new(Semaphore::new(files::waiting(limits.in_all)));
    let tracker = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::debug!(%error, "cannot accept a connection");
                connections.make_room();
                tokio::time::sleep(AFTER_FAILURE).await;
                continue;
            }
        };
        match connections.enter(address.ip()) {
            Entry::In(connection) => drop(tracker.spawn(carry(stream, connection, router.clone(), stopping.clone()))),
            Entry::At(turn) => {
                let Ok(waiting) = Arc::clone(&waiting).try_acquire_owned() else { continue };
                let (connections, router, mut stopping) = (connections.clone(), router.clone(), stopping.clone());
                tracker.spawn(async move {
                    tokio::select! {
                        _ = stopping.wait_for(|stop| *stop) => return,
                        () = tokio::time::sleep_until(turn) => drop(waiting),
                    }
                    if let Some(connection) = connections.come_in(address.ip()) {
                        carry(stream, connection, router, stopping).await;
                    }
                });
            }
            // The connection is closed here.
            Entry::Full => {}
        }
    }
    drop(listener);
    tracker.close();
    tracker.wait().await;
}

/// Carries one connection to its end.
async fn carry(stream: TcpStream, connection: Connection, router: Router, mut stopping: watch::Receiver<bool>) {
    // Answers are small and must not wait for more to come.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let is_near = stream.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
    let service = service_fn(|request: Request<Incoming>| answer(router.clone(), connection.clone(), is_near, request));
    let mut http =
        pin!(http1::Builder::new().max_buf_size(LARGEST_HEAD).serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        ended = http.as_mut() => return report(ended),
        () = connection.ends() => return,
        _ = stopping.wait_for(|stop| *stop) => {}
    }
    // Nothing is under way on a connection whose next request has not come.
    if connection.is_idle() {
        return;
    }
    http.as_mut().graceful_shutdown();
    tokio::select! {
        ended = http => report(ended),
        () = connection.ends() => {}
    }
}

fn report(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn answer(
    router: Router,
    connection: Connection,
    is_near: bool,
    mut request: Request<Incoming>,
) -> Result<Response, Infallible> {
    request.extensions_mut().insert(connection.clone());
    if is_near {
        request.extensions_mut().insert(FromThisMachine);
    }
    let answer = router.oneshot(request.map(Body::new)).await;
    connection.turns(Phase::Idle);
    answer
}
