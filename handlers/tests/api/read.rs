//! Reading orders and invoices.

use crate::world::*;
use axum::http::StatusCode;
use std::{collections::HashSet, time::Duration};
use uuid::Uuid;
use workflows::{issued_invoice::Fingerprint, order::State, wiring::QueueName};

#[tokio::test]
async fn an_etag_is_known_until_the_order_changes() {
    let world = World::new();
    let id = id_of(&world.ask(submission("alice", "k1", order().to_string())).await);
    let path = format!("/v1/orders/{id}");
    let mut tags = HashSet::new();
    for change in 0..3 {
        match change {
            0 => (),
            1 => world.store(id, State::Reserved { until: NOW }),
            _ => world.shop.contents().orders.get_mut(&id).unwrap().updated_at += time::Duration::MICROSECOND,
        }
        let answer = world.get(&path, "alice").await;
        let tag = answer.header("etag").to_owned();
        assert!(tag.starts_with('"') && tags.insert(tag.clone()), "{tag}");
        assert_eq!(answer.header("cache-control"), "private, no-cache");
        for (known, status) in
            [(tag.clone(), 304), (format!("\"x\", W/{tag}"), 304), ("*".into(), 304), ("\"x\"".into(), 200)]
        {
            let mut request = get(&path, "alice");
            request.headers_mut().insert("if-none-match", known.parse().unwrap());
            let answer = world.ask(request).await;
            assert_eq!((answer.status.as_u16(), answer.body.is_empty()), (status, status == 304));
            assert_eq!(answer.header("etag"), tag);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn reading_can_wait_for_the_decision() {
    let world = World::new();
    let id = id_of(&world.ask(submission("alice", "k1", order().to_string())).await);
    let mut request = get(&format!("/v1/orders/{id}"), "alice");
    request.headers_mut().insert("prefer", "wait=20".parse().unwrap());
    let deciding = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        world.store(id, State::Cancelled);
    };
    let (answer, ()) = tokio::join!(world.ask(request), deciding);
    assert_eq!(answer.json()["status"], "cancelled");
    assert_eq!(answer.header("preference-applied"), "wait=20");
}

#[tokio::test(start_paused = true)]
async fn a_decision_between_the_look_and_the_wait_is_not_missed() {
    let world = World::new();
    let id = id_of(&world.ask(submission("alice", "k1", order().to_string())).await);
    *world.after_next_look.lock().unwrap() = Some((id, State::Confirmed));
    let mut request = get(&format!("/v1/orders/{id}"), "alice");
    request.headers_mut().insert("prefer", "wait=20".parse().unwrap());
    let started = tokio::time::Instant::now();
    assert_eq!(world.ask(request).await.json()["status"], "confirmed");
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn an_id_has_one_spelling() {
    let world = World::new();
    let id = id_of(&world.ask(submission("alice", "k1", order().to_string())).await);
    for other in [id.0.simple().to_string(), id.0.urn().to_string()] {
        assert_eq!(world.get(&format!("/v1/orders/{other}"), "alice").await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn pages_hold_every_order_once_newest_first() {
    let world = World::new();
    let mut ids = Vec::new();
    for key in 0..7 {
        ids.push(id_of(&world.ask(submission("alice", &format!("k{key}"), order().to_string())).await).to_string());
    }
    world.ask(submission("bob", "k", order().to_string())).await;
    ids.reverse();
    let (mut seen, mut pages, mut path) = (Vec::new(), 0, "/v1/orders?limit=3".to_owned());
    loop {
        let page = world.get(&path, "alice").await.json();
        pages += 1;
        seen.extend(page["items"].as_array().unwrap().iter().map(|o| o["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/orders?limit=3&cursor={cursor}");
    }
    assert_eq!((seen, pages), (ids, 3));
    let exactly = world.get("/v1/orders?limit=7", "alice").await.json();
    assert_eq!(exactly["next_cursor"], serde_json::Value::Null);
}

#[tokio::test]
async fn a_status_chooses() {
    let world = World::new();
    let first = id_of(&world.ask(submission("alice", "k1", order().to_string())).await);
    world.ask(submission("alice", "k2", order().to_string())).await;
    world.store(first, State::Confirmed);
    let (all, unsaid) =
        (world.get("/v1/orders", "alice").await, world.get("/v1/orders?status=&cursor=", "alice").await);
    assert_eq!((unsaid.status, unsaid.body), (all.status, all.body), "what is sent empty is absent");
    let page = world.get("/v1/orders?status=confirmed", "alice").await.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    assert_eq!(page["items"][0]["id"], first.to_string());
}

#[tokio::test]
async fn a_bad_parameter_is_named() {
    let world = World::new();
    for (query, named) in [
        ("limit=0", "`limit`"),
        ("limit=101", "`limit`"),
        ("limit=ten", "`limit`"),
        ("cursor=%00", "`cursor`"),
        ("cursor=AAAA", "`cursor`"),
        ("status=lost", "`status`"),
        ("limit=1&limit=1", "`limit`"),
        ("page=1", "known here: status, limit, cursor"),
    ] {
        let answer = world.get(&format!("/v1/orders?{query}"), "alice").await;
        assert_eq!((answer.status, answer.slug().as_str()), (StatusCode::BAD_REQUEST, "invalid-parameter"));
        assert!(answer.json()["detail"].as_str().unwrap().contains(named), "{query}");
    }
}

#[tokio::test]
async fn an_invoice_is_its_pdf_once_there_is_one() {
    let world = World::new();
    let id = id_of(&world.ask(submission("alice", "k1", order().to_string())).await);
    let path = format!("/v1/orders/{id}/invoice");
    let not_yet = |answer: Answer| {
        assert_eq!((answer.status, answer.slug().as_str()), (StatusCode::NOT_FOUND, "no-invoice-yet"));
        assert_eq!(answer.header("retry-after"), "1");
    };
    not_yet(world.get(&path, "alice").await);
    world.store(id, State::Confirmed);
    not_yet(world.get(&path, "alice").await);
    world.invoice(id, false);
    not_yet(world.get(&path, "alice").await);
    world.invoice(id, true);
    // Nobody noted what was printed, so it is looked into.
    let file = format!("%PDF-1.7 {} 2026-000042 %%EOF\n", id.0);
    world.keep(file.as_bytes());
    let answer = world.get(&path, "alice").await;
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, file.as_bytes()));
    assert_eq!(answer.header("content-type"), "application/pdf");
    assert_eq!(answer.header("content-disposition"), "inline; filename=\"2026-000042.pdf\"");
    let mut again = get(&path, "alice");
    again.headers_mut().insert("if-none-match", answer.header("etag").parse().unwrap());
    assert_eq!(world.ask(again).await.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_damaged_invoice_is_never_shown_and_is_printed_again() {
    let world = World::new();
    let id = id_of(&world.ask(submission("alice", "k1", order().to_string())).await);
    world.store(id, State::Confirmed);
    world.invoice(id, true);
    let path = format!("/v1/orders/{id}/invoice");
    let file = format!("%PDF-1.7 {} 2026-000042 %%EOF\n", id.0).into_bytes();
    let of_another = format!("%PDF-1.7 {} 2026-000042 %%EOF\n", Uuid::nil());
    let of_another_number = format!("%PDF-1.7 {} 2026-000041 %%EOF\n", id.0);
    let mended = async |what: &str| {
        world.shop.contents().messages.clear();
        let answer = world.get(&path, "alice").await;
        assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "1"), "{what}");
        assert_eq!(world.get(&path, "alice").await.status, StatusCode::SERVICE_UNAVAILABLE, "{what}");
        let sent: Vec<_> = world.sent().into_iter().map(|(queue, m)| (queue, m.subject)).collect();
        assert_eq!(sent, [(QueueName::Invoice, id.0)], "{what}: once, however often it is looked at");
    };
    // Whether or not anybody noted what was printed.
    for noted in [None, Some(Fingerprint::of(&file))] {
        world.shop.contents().documents.clear();
        world.shop.contents().invoices.get_mut(&id).unwrap().file = noted;
        mended("lost").await;
        world.keep(b"");
        mended("emptied").await;
        world.keep(&file[..10]);
        mended("cut").await;
        world.keep(&vec![0; file.len()]);
        mended("overwritten").await;
        world.keep(of_another.as_bytes());
        mended("swapped for another order's").await;
        world.keep(of_another_number.as_bytes());
        mended("swapped for one of another number").await;
        world.keep(b"%PDF-1.7 of somebody else %%EOF\n");
        mended("swapped for what is none").await;
    }
    world.keep(&file);
    assert_eq!(world.get(&path, "alice").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_order_that_is_over_without_an_invoice_says_so() {
    let world = World::new();
    let id = id_of(&world.ask(submission("alice", "k1", order().to_string())).await);
    world.store(id, State::Cancelled);
    let answer = world.get(&format!("/v1/orders/{id}/invoice"), "alice").await;
    assert_eq!((answer.slug().as_str(), answer.header("retry-after")), ("no-invoice", ""));
    // No number is given any more to one that is to be cancelled.
    world.store(id, State::Confirmed);
    world.shop.contents().orders.get_mut(&id).unwrap().cancel_requested = true;
    let answer = world.get(&format!("/v1/orders/{id}/invoice"), "alice").await;
    assert_eq!((answer.slug().as_str(), answer.header("retry-after")), ("no-invoice", ""));
}

#[tokio::test]
async fn a_number_that_was_given_before_the_cancellation_is_printed_all_the_same() {
    let world = World::new();
    let id = id_of(&world.ask(submission("alice", "k1", order().to_string())).await);
    world.store(id, State::Cancelled);
    world.invoice(id, false);
    let answer = world.get(&format!("/v1/orders/{id}/invoice"), "alice").await;
    assert_eq!((answer.slug().as_str(), answer.header("retry-after")), ("no-invoice-yet", "1"));
}
