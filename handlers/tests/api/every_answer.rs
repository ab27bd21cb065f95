//! What holds for every answer: problems for whatever is wrong, ids, a quiet log and bounded metrics.

use crate::world::*;
use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use handlers::api::FromThisMachine;
use std::{
    io::Write,
    sync::{Arc, Mutex, atomic::Ordering},
};
use testing::Fault;

#[tokio::test]
async fn an_unknown_path_and_a_wrong_method_are_problems() {
    let world = World::new();
    for path in ["/", "/v1", "/v1/order", "/v1/orders/", "/v1/products/a/b"] {
        let answer = world.get(path, "alice").await;
        assert_eq!((answer.status, answer.slug().as_str()), (StatusCode::NOT_FOUND, "not-found"), "{path}");
    }
    for (method, path, allow) in [
        (Method::DELETE, "/v1/orders", ["GET", "POST"].as_slice()),
        (Method::PUT, "/v1/orders/x", &["GET"]),
        (Method::GET, "/v1/orders/x/cancel", &["POST"]),
        (Method::POST, "/healthz", &["GET"]),
    ] {
        let answer = world.ask(Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status, answer.slug().as_str()), (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed"));
        assert!(allow.iter().all(|method| answer.header("allow").contains(method)), "{}", answer.header("allow"));
    }
}

#[tokio::test]
async fn a_plain_request_id_is_kept_and_another_is_replaced() {
    let world = World::new();
    for (sent, kept) in [("abc_DEF-123", true), ("a b", false), ("", false), ("<script>", false)] {
        let mut request = get("/healthz", "alice");
        request.headers_mut().insert("x-request-id", sent.parse().unwrap());
        assert_eq!(world.ask(request).await.header("x-request-id") == sent, kept, "{sent}");
    }
    let mut long = get("/healthz", "alice");
    long.headers_mut().insert("x-request-id", "x".repeat(65).parse().unwrap());
    assert_eq!(world.ask(long).await.header("x-request-id").len(), 36);
}

#[tokio::test]
async fn a_fault_in_a_handler_is_a_problem_like_any_other() {
    let world = World::new();
    world.shop.faults.always("catalogue.product", Fault::Panics);
    let answer = world.get("/v1/products/TEA", "alice").await;
    assert_eq!((answer.status, answer.slug().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "internal-error"));
}

#[tokio::test]
async fn it_is_ready_while_what_it_needs_answers() {
    let world = World::new();
    for (down, status) in [(false, StatusCode::OK), (true, StatusCode::SERVICE_UNAVAILABLE)] {
        if down {
            world.loses_its_database();
        }
        let ask = |path| world.ask(Request::get(path).body(Body::empty()).unwrap());
        assert_eq!(ask("/readyz").await.status, status);
        assert_eq!(ask("/healthz").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn requests_are_counted_by_route_and_never_by_order() {
    let world = World::new();
    let router = world.router();
    let id = id_of(&ask(router.clone(), submission("alice", "k1", order().to_string())).await);
    ask(router.clone(), submission("alice", "k1", order().to_string())).await;
    ask(router.clone(), get(&format!("/v1/orders/{id}"), "alice")).await;
    ask(router.clone(), get("/v1/never-heard-of", "alice")).await;
    let odd = Request::builder().method("BREW").uri("/coffee").body(Body::empty()).unwrap();
    ask(router.clone(), odd).await;
    let mut scrape = Request::get("/metrics").body(Body::empty()).unwrap();
    scrape.extensions_mut().insert(FromThisMachine);
    let answer = ask(router, scrape).await;
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    for line in [
        "sluice_orders_accepted_total 1",
        "sluice_orders_replayed_total 1",
        "sluice_http_requests_total{route=\"/v1/orders\",method=\"POST\",status=\"202\"} 2",
        "sluice_http_requests_total{route=\"/v1/orders/{id}\",method=\"GET\",status=\"200\"} 1",
        "sluice_http_requests_total{route=\"unknown\",method=\"GET\",status=\"404\"} 1",
        "sluice_http_requests_total{route=\"unknown\",method=\"other\",status=\"404\"} 1",
        "sluice_http_request_duration_seconds_count{route=\"/v1/orders\"} 2",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
    }
    assert!(!text.contains(&id.to_string()) && !text.contains("alice"));
}

#[tokio::test]
async fn metrics_are_for_this_machine_and_for_support() {
    let world = World::new();
    let scrape = |headers: &[(&str, &str)], near: bool| {
        let mut request = Request::get("/metrics");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        if near {
            request.extensions_mut().insert(FromThisMachine);
        }
        request
    };
    assert_eq!(world.ask(scrape(&[], true)).await.status, StatusCode::OK);
    assert_eq!(world.ask(scrape(&[], false)).await.status, StatusCode::UNAUTHORIZED);
    for passed_on in [("X-Forwarded-For", "203.0.113.9"), ("Forwarded", "for=203.0.113.9"), ("Via", "1.1 proxy")] {
        assert_eq!(world.ask(scrape(&[passed_on], true)).await.status, StatusCode::UNAUTHORIZED, "{passed_on:?}");
    }
    assert_eq!(world.ask(get("/metrics", "alice")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.ask(get("/metrics", "support")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_log_names_who_asked_for_a_change_and_who_of_the_staff_looked() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let world = World::new();
    let id = id_of(&world.ask(submission("alice@example.com", "k1", order().to_string())).await);
    world.ask(get(&format!("/v1/support/orders?q={id}"), "support")).await;
    world.get(&format!("/v1/orders/{id}"), "alice@example.com").await;
    drop(guard);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    // Who acts for somebody else stands under a target that logs always let through.
    let targets = ["handlers::api::customer", "handlers::api::actor"];
    let asked: Vec<_> = text.lines().filter(|line| targets.iter().any(|target| line.contains(target))).collect();
    assert_eq!(asked.len(), 2, "{text}");
    // The beginning of the SHA-256 of the customer's name.
    let customer = "actor=\"customer:ff8d9819fc0e12bf\"";
    assert!(asked[0].contains(customer) && asked[0].contains(&format!("order={id}")), "{}", asked[0]);
    assert!(asked[0].contains(targets[0]) && asked[1].contains(targets[1]), "{text}");
    assert!(asked[1].contains("actor=\"support:") && asked[1].contains("/v1/support/orders"), "{}", asked[1]);
    assert!(!text.contains("alice"), "{text}");
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_fault_of_ours_leaves_one_line_with_its_cause() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let world = World::new();
    world.intake_is_mute.store(true, Ordering::SeqCst);
    let answer = world.ask(submission("alice", "key-of-alice", order().to_string())).await;
    drop(guard);
    assert_eq!((answer.status, answer.slug().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "internal-error"));
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let failed: Vec<_> = text.lines().filter(|line| line.contains("ERROR")).collect();
    assert_eq!(failed.len(), 1, "{text}");
    assert!(failed[0].contains("gave no outcome") && failed[0].contains(answer.header("x-request-id")), "{text}");
    assert!(!text.contains("alice") && !text.contains("zoe@"), "{text}");
}

#[tokio::test]
async fn the_log_has_a_line_for_each_request_and_nothing_private() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let world = World::new();
    world.ask(submission("alice", "key-of-alice", order().to_string())).await;
    world.ask(submission("alice", "key-of-alice", "{\"currency\":\"hunter2\"}")).await;
    world.get("/v1/search?q=hunter2", "alice").await;
    world.loses_its_database();
    world.get("/v1/orders?status=submitted", "alice").await;
    drop(guard);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let ours: Vec<_> = text.lines().filter(|line| line.contains("handlers::api::http::envelope")).collect();
    assert_eq!(ours.len(), 4, "{text}");
    assert!(ours[3].contains("WARN") && ours[3].contains("orders.list failed: the plug was pulled"), "{text}");
    assert!(ours[0].contains("route=\"/v1/orders\"") && ours[0].contains("status=202"), "{text}");
    for private in ["hunter2", "key-of-alice", "zoe@example.com", "pm_card_visa", "eyJ", "status=submitted"] {
        assert!(!text.contains(private), "{private} is in\n{text}");
    }
}
