//! Reads what a request still sends after it was answered. A connection that is closed with bytes unread is reset, and a
//! client that was refused in the middle of its body may never see why.

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::header::EXPECT,
    middleware::Next,
    response::Response,
};
use futures_util::{Stream, StreamExt, stream};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Whoever sends more, or more slowly, is cut off.
const MOST: usize = 16 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(2);

/// Answers, and sees the body to its end before the answer leaves.
pub(super) async fn read_to_the_end(request: Request, next: Next) -> Response {
    // Who asks before sending a body hears the answer first.
    if request.body().is_end_stream() || request.headers().contains_key(EXPECT) {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    let unread = Arc::new(Mutex::new(body.into_data_stream()));
    let answer = next.run(Request::from_parts(head, Body::from_stream(rest(&unread)))).await;
    let mut left = MOST;
    let mut rest = rest(&unread);
    let end = async {
        while let Some(Ok(bytes)) = rest.next().await {
            left = left.saturating_sub(bytes.len());
            if left == 0 {
                return;
            }
        }
    };
    // The answer stands however the body ends.
    drop(tokio::time::timeout(PATIENCE, end).await);
    answer
}

/// What nobody has read yet.
fn rest<S>(unread: &Arc<Mutex<S>>) -> impl Stream<Item = Result<Bytes, axum::Error>> + Send + use<S>
where
    S: Stream<Item = Result<Bytes, axum::Error>> + Send + Unpin,
{
    let unread = Arc::clone(unread);
    stream::poll_fn(move |context| unread.lock().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(context))
}

#[cfg(test)]
mod tests {
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
        let router = Router::new().route("/", post(refuses)).layer(middleware::from_fn(read_to_the_end));
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
    async fn a_body_without_end_is_cut_off() {
        assert_eq!(answer(1_000_000, false).await, (StatusCode::PAYLOAD_TOO_LARGE, MOST / CHUNK));
    }

    #[tokio::test]
    async fn who_asks_first_need_not_send() {
        assert_eq!(answer(5, true).await, (StatusCode::PAYLOAD_TOO_LARGE, 0));
    }
}
