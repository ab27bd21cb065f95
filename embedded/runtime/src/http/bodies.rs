//! Bodies in time, and to their end. One that comes too slowly is given up. What a request still sends after it was
//! answered is read: a connection that is closed with bytes unread is reset, and a client that was refused in the middle
//! of its body may never see why.

use super::connections::{Connection, Phase};
use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::header::EXPECT,
    middleware::Next,
    response::Response,
};
use futures_util::{Stream, StreamExt, stream};
use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, timeout_at};

/// How long a piece of a body may take, and the whole of it: the largest that is accepted comes in time over 200 kbit/s.
const PIECE: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(15);

/// What is read of a body that nobody wants: twice what an order may have. Whoever sends more, or takes longer, is cut
/// off.
const MOST: usize = 512 * 1024;
const PATIENCE: Duration = Duration::from_secs(1);

/// Answers, and sees the body to its end before the answer leaves.
pub(super) async fn in_time_and_to_the_end(mut request: Request, next: Next) -> Response {
    let connection = request.extensions_mut().remove::<Connection>();
    let is_at = move |phase| {
        if let Some(connection) = &connection {
            connection.turns(phase);
        }
    };
    if request.body().is_end_stream() {
        is_at(Phase::Busy);
        return next.run(request).await;
    }
    is_at(Phase::Body);
    // Who asks before sending a body hears the answer first.
    let asked_first = request.headers().contains_key(EXPECT);
    let (head, body) = request.into_parts();
    let unread = Arc::new(Mutex::new(body.into_data_stream()));
    let body = Body::from_stream(in_time(rest(&unread), move || is_at(Phase::Busy)));
    let answer = next.run(Request::from_parts(head, body)).await;
    if !asked_first {
        read_to_the_end(rest(&unread)).await;
    }
    answer
}

/// The answer stands however the body ends.
async fn read_to_the_end(mut rest: impl Stream<Item = Result<Bytes, axum::Error>> + Unpin) {
    let mut left = MOST;
    let end = async {
        while let Some(Ok(bytes)) = rest.next().await {
            left = left.saturating_sub(bytes.len());
            if left == 0 {
                return;
            }
        }
    };
    drop(tokio::time::timeout(PATIENCE, end).await);
}

/// The body while it comes in time, and a call when it is complete.
fn in_time<S>(body: S, complete: impl FnOnce() + Send + 'static) -> impl Stream<Item = io::Result<Bytes>> + Send
where
    S: Stream<Item = Result<Bytes, axum::Error>> + Send + Unpin + 'static,
{
    let end = Instant::now() + WHOLE;
    stream::unfold(Some((body, complete)), move |state| async move {
        let (mut body, complete) = state?;
        match timeout_at(end.min(Instant::now() + PIECE), body.next()).await {
            Ok(Some(Ok(bytes))) => Some((Ok(bytes), Some((body, complete)))),
            Ok(Some(Err(error))) => Some((Err(io::Error::other(error)), None)),
            Ok(None) => {
                complete();
                None
            }
            Err(_) => Some((Err(io::ErrorKind::TimedOut.into()), None)),
        }
    })
}

/// What nobody has read yet.
fn rest<S>(unread: &Arc<Mutex<S>>) -> impl Stream<Item = Result<Bytes, axum::Error>> + Send + Unpin + use<S>
where
    S: Stream<Item = Result<Bytes, axum::Error>> + Send + Unpin,
{
    let unread = Arc::clone(unread);
    stream::poll_fn(move |context| unread.lock().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(context))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use axum::{Router, http::StatusCode, middleware, routing::post};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tower::ServiceExt;

    const CHUNK: usize = 64 * 1024;

    async fn answer(chunks: usize, expects: bool) -> (StatusCode, usize) {
        let sent = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&sent);
        let body = stream::iter(0..chunks).map(move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok::<_, axum::Error>(Bytes::from(vec![0; CHUNK]))
        });
        let refuses = || async { StatusCode::PAYLOAD_TOO_LARGE };
        let router = Router::new().route("/", post(refuses)).layer(middleware::from_fn(in_time_and_to_the_end));
        let mut request = Request::post("/");
        if expects {
            request = request.header(EXPECT, "100-continue");
        }
        let answer = router.oneshot(request.body(Body::from_stream(body)).unwrap()).await.unwrap();
        (answer.status(), sent.load(Ordering::SeqCst))
    }

    #[tokio::test]
    async fn a_refused_body_is_read_to_its_end() {
        assert_eq!(answer(5, false).await, (StatusCode::PAYLOAD_TOO_LARGE, 5));
    }

    #[tokio::test]
    async fn a_refused_body_without_end_is_cut_off_at_twice_what_an_order_may_have() {
        assert_eq!(answer(1_000_000, false).await, (StatusCode::PAYLOAD_TOO_LARGE, 8));
    }

    #[tokio::test]
    async fn who_asks_first_need_not_send() {
        assert_eq!(answer(5, true).await, (StatusCode::PAYLOAD_TOO_LARGE, 0));
    }

    /// How long a body is waited for whose pieces come that far apart, and the word on it.
    async fn wait_for(pieces: usize, apart: Duration) -> (Duration, Option<io::ErrorKind>) {
        let body = stream::iter(0..pieces).then(move |_| async move {
            tokio::time::sleep(apart).await;
            Ok::<_, axum::Error>(Bytes::from_static(b"x"))
        });
        let (started, mut error) = (Instant::now(), None);
        let mut read = Box::pin(in_time(Box::pin(body), || {}));
        while let Some(piece) = read.next().await {
            error = piece.err().map(|error| error.kind());
        }
        (started.elapsed(), error)
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_comes_too_slowly_is_given_up() {
        let late = Some(io::ErrorKind::TimedOut);
        assert_eq!(wait_for(5, Duration::from_secs(2)).await, (Duration::from_secs(10), None));
        assert_eq!(wait_for(1, Duration::from_secs(60)).await, (PIECE, late));
        assert_eq!(wait_for(1_000, Duration::from_secs(4)).await, (WHOLE, late));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_body_that_comes_slowly_is_not_waited_for() {
        let body = stream::repeat_with(|| Ok::<_, axum::Error>(Bytes::from_static(b"x"))).then(|piece| async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            piece
        });
        let started = Instant::now();
        read_to_the_end(Box::pin(body)).await;
        assert_eq!(started.elapsed(), PATIENCE);
    }
}
