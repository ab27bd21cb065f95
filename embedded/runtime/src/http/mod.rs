//! Serves the API over HTTP/1.1 to anybody: a head and a body have their time, connections their number, and whoever only
//! holds one makes room for whoever uses one. What axum brings for serving has no limits.

mod arrivals;
mod bodies;
mod connections;
mod files;

pub use connections::Limits;
pub(crate) use files::raise_limit;

use arrivals::Arrivals;
use axum::{Router, body::Body, extract::Request, middleware, response::Response};
use connections::{Connection, Connections, End, Phase};
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
/// How long a connection is left open that made room before it got anywhere.
const LINGERING: Duration = Duration::from_secs(2);

/// Serves until `stopping` turns true, and then ends what is under way.
pub(crate) async fn serve(listener: TcpListener, router: Router, limits: Limits, mut stopping: watch::Receiver<bool>) {
    let router = router.layer(middleware::from_fn(bodies::in_time_and_to_the_end));
    let connections = Connections::new(limits);
    let lingering = Arc::new(Semaphore::new(files::lingering(limits.in_all)));
    let tracker = TaskTracker::new();
    let mut arrivals = Arrivals::new();
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
        // Without a place the connection is closed here.
        if let Some(connection) = connections.enter(address.ip()) {
            let lingering = Arc::clone(&lingering);
            tracker.spawn(carry(stream, connection, router.clone(), lingering, stopping.clone()));
        }
        arrivals.one().await;
    }
    drop(listener);
    tracker.close();
    tracker.wait().await;
}

/// Carries one connection to its end.
async fn carry(
    stream: TcpStream,
    connection: Connection,
    router: Router,
    lingering: Arc<Semaphore>,
    mut stopping: watch::Receiver<bool>,
) {
    // Answers are small and must not wait for more to come.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let is_near = stream.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
    let service = service_fn(|request: Request<Incoming>| answer(router.clone(), connection.clone(), is_near, request));
    let mut http =
        pin!(http1::Builder::new().max_buf_size(LARGEST_HEAD).serve_connection(TokioIo::new(stream), service));
    let end = tokio::select! {
        ended = http.as_mut() => return report(ended),
        end = connection.ends() => Some(end),
        _ = stopping.wait_for(|stop| *stop) => None,
    };
    if let Some(end) = end {
        if let End::MadeRoom(Phase::First | Phase::Body) = end {
            linger(&lingering, &mut stopping).await;
        }
        return;
    }
    // Nothing is under way on a connection whose next request has not come.
    if connection.is_idle() {
        return;
    }
    http.as_mut().graceful_shutdown();
    tokio::select! {
        ended = http => report(ended),
        _ = connection.ends() => {}
    }
}

/// Leaves a connection that nobody serves any more as it is for a moment, if not too many are left so: a peer that only
/// wants to hold places comes again at once when it is closed, and thousands of these would keep the machine busy.
async fn linger(lingering: &Semaphore, stopping: &mut watch::Receiver<bool>) {
    let Ok(_place) = lingering.try_acquire() else { return };
    tokio::select! {
        _ = stopping.wait_for(|stop| *stop) => {}
        () = tokio::time::sleep(LINGERING) => {}
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

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn so_many_linger_a_moment_and_none_when_it_stops() {
        let (lingering, (stop, mut stopping)) = (Semaphore::new(2), watch::channel(false));
        let started = Instant::now();
        let mut other = stopping.clone();
        tokio::join!(linger(&lingering, &mut stopping), linger(&lingering, &mut other), async {
            tokio::task::yield_now().await;
            let mut third = stop.subscribe();
            linger(&lingering, &mut third).await;
            assert_eq!(started.elapsed(), Duration::ZERO, "there is no room for a third");
        });
        assert_eq!(started.elapsed(), LINGERING);
        stop.send_replace(true);
        linger(&lingering, &mut stopping).await;
        assert_eq!(started.elapsed(), LINGERING);
    }
}
