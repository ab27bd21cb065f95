//! Those who read, wait, or only hold a connection, against those who order: on a real server, orders go on being accepted.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use futures_util::future::join_all;
use handlers::token::Role;
use reqwest::StatusCode;
use serde_json::Value;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use support::{Shop, new_id, order, server::Server, wait_until};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use uuid::Uuid;

const WITHIN: Duration = Duration::from_secs(60);

/// Connections on which so much was sent and nothing more will be.
async fn half_sent(server: &Server, count: usize, text: &str) -> Vec<TcpStream> {
    let address = server.url.strip_prefix("http://").unwrap();
    let mut connections = Vec::with_capacity(count);
    for _ in 0..count {
        let mut connection = TcpStream::connect(address).await.unwrap();
        // It may have made room already.
        drop(connection.write_all(text.as_bytes()).await);
        connections.push(connection);
    }
    connections
}

/// Sends orders on connections of their own, as new clients would; each must be accepted.
async fn orders_are_accepted(shop: &Shop, server: &Server, count: usize) {
    for _ in 0..count {
        let client = reqwest::Client::builder().timeout(WITHIN).build().unwrap();
        let request = client.post(format!("{}/v1/orders", server.url)).bearer_auth(shop.token("zoe"));
        let request = request.header("Idempotency-Key", new_id().to_string());
        let answer = request.json(&order(&[("TEA", 1)], "pm_card_visa")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
    }
}

/// An endpoint that is read, with what is asked there.
struct Asked {
    url: String,
    token: String,
    /// Whether it reads for callers, of whom each has a few places: the others are for anybody, and cost the database nothing.
    has_places: bool,
    turned_away: AtomicUsize,
}

/// The worst that can be asked of an endpoint that is read, by its path in the API's document, and by whom.
fn worst(path: &str, order: Uuid) -> (Role, Vec<String>) {
    // As long as a text may be that is searched for.
    let text = "article number ".repeat(20).replace(' ', "%20").chars().take(240).collect::<String>();
    match path {
        "/v1/orders" => {
            let queries = ["limit=100", "limit=100&status=cancelled", "limit=100&status=submitted"];
            (Role::Customer, queries.map(|query| format!("{path}?{query}")).to_vec())
        }
        "/v1/products" => (Role::Customer, vec![format!("{path}?limit=100")]),
        "/v1/search" => (Role::Customer, vec![format!("{path}?limit=100&q={text}"), format!("{path}?limit=100&q=e")]),
        "/v1/support/orders" => {
            (Role::Support, vec![format!("{path}?limit=100&q={text}"), format!("{path}?limit=100&q=e")])
        }
        "/v1/products/{sku}" => (Role::Customer, vec![path.replace("{sku}", "TEA")]),
        "/v1/orders/{id}" | "/v1/orders/{id}/invoice" => {
            (Role::Customer, vec![path.replace("{id}", &order.to_string())])
        }
        "/healthz" | "/readyz" | "/metrics" | "/openapi.json" => (Role::Customer, vec![path.to_owned()]),
        _ => panic!("{path} can be read: say here what is the worst that can be asked of it"),
    }
}

/// Every endpoint of the API that is read, with each of its worst queries, all by one caller.
fn all_that_is_read(shop: &Shop, server: &Server, order: Uuid) -> Vec<Asked> {
    let document: Value = serde_json::from_str(handlers::api::openapi_document()).unwrap();
    let read = document["paths"].as_object().unwrap().iter().filter(|(_, operations)| operations["get"].is_object());
    let asked = read.flat_map(|(path, operations)| {
        let (role, queries) = worst(path, order);
        let token = shop.token_of(role, "zoe");
        let has_places = operations["get"]["security"][0]["bearerAuth"].is_array();
        queries.into_iter().map(move |query| Asked {
            url: format!("{}{query}", server.url),
            token: token.clone(),
            has_places,
            turned_away: AtomicUsize::new(0),
        })
    });
    asked.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_are_accepted_while_everything_that_is_read_hangs() {
    let shop = Arc::new(Shop::open(0).await);
    let server = Server::start(&shop).await;
    let order = shop.accepted(&server.url, "zoe", "k", &order(&[("TEA", 1)], "pm_card_visa")).await;
    shop.settled(&[order], WITHIN).await;
    let asked: Arc<[Asked]> = all_that_is_read(&shop, &server, order).into();
    let mut lock = shop.pool().begin().await.unwrap();
    sqlx::query("lock table orders, products in access exclusive mode").execute(&mut *lock).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..64)
        .map(|reader| {
            let (shop, stop, asked) = (Arc::clone(&shop), Arc::clone(&stop), Arc::clone(&asked));
            tokio::spawn(async move {
                let asked = &asked[reader % asked.len()];
                let mut broken = Vec::new();
                while !stop.load(Ordering::SeqCst) {
                    let answer = shop.http.get(&asked.url).bearer_auth(&asked.token).send().await;
                    match answer.map(|answer| answer.status()) {
                        Ok(StatusCode::TOO_MANY_REQUESTS) => {
                            asked.turned_away.fetch_add(1, Ordering::SeqCst);
                        }
                        Ok(StatusCode::OK | StatusCode::SERVICE_UNAVAILABLE) => {}
                        other => broken.push(format!("{}: {other:?}", asked.url)),
                    }
                }
                broken
            })
        })
        .collect();
    wait_until("readers to be turned away everywhere", WITHIN, async || {
        let served = asked.iter().filter(|asked| asked.has_places && asked.turned_away.load(Ordering::SeqCst) == 0);
        let served: Vec<&str> = served.map(|asked| asked.url.as_str()).collect();
        if served.is_empty() { Ok(()) } else { Err(format!("none was at {}", served.join(", "))) }
    })
    .await;
    orders_are_accepted(&shop, &server, 30).await;
    stop.store(true, Ordering::SeqCst);
    let broken: Vec<String> = join_all(readers).await.into_iter().flat_map(Result::unwrap).collect();
    assert!(broken.is_empty(), "{broken:?}");
    lock.rollback().await.unwrap();
    // Nothing of it stays taken, and what was asked is what can be answered.
    for asked in asked.iter() {
        wait_until("it to be readable again", WITHIN, async || {
            let answer = shop.http.get(&asked.url).bearer_auth(&asked.token).send().await.unwrap();
            match answer.status() {
                StatusCode::OK => Ok(()),
                status => Err(format!("{}: {status}", asked.url)),
            }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_of_barcodes_is_accepted_while_readers_have_all_their_connections() {
    let shop = Shop::open(0).await;
    shop.run(
        "insert into products select '4006381310062', name, currency, price, tax_rate_bp, trigrams, now()
         from products where sku = 'TEA'",
    )
    .await;
    let pipeline = shop.pipeline().await;
    let reading = &pipeline.wired.database.reading;
    let held = join_all((0..reading.options().get_max_connections()).map(|_| reading.acquire())).await;
    assert!(held.iter().all(Result::is_ok));
    let url = format!("http://{}", pipeline.address);
    for (sku, expected) in [("4006381310062", StatusCode::ACCEPTED), ("4242424242424242", StatusCode::BAD_REQUEST)] {
        let key = new_id().to_string();
        let answer = shop.submit(&url, "zoe", &key, &order(&[(sku, 1)], "pm_card_visa")).await.unwrap();
        assert_eq!(answer.status(), expected, "{sku}");
    }
    drop(held);
    pipeline.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_sent_requests_take_only_each_others_places() {
    let shop = Shop::open(0).await;
    let limits = [("SLUICE_CONNECTIONS", "64"), ("SLUICE_CONNECTIONS_PER_ADDRESS", "0")];
    let server = Server::start_with(&shop, &limits).await;
    let head = format!(
        "POST /v1/orders HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nidempotency-key: k\r\n\
         content-type: application/json\r\ncontent-length: 1000\r\n\r\n{{",
        shop.token("mallory")
    );
    for text in ["", "POST /v1/orders HTTP/1.1\r\nhost:", &head] {
        let held = half_sent(&server, 300, text).await;
        orders_are_accepted(&shop, &server, 20).await;
        drop(held);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_wait_at_once_and_each_is_answered_when_its_order_is_decided() {
    const CALLERS: u32 = 2_000;
    rlimit::increase_nofile_limit(3 * u64::from(CALLERS)).unwrap();
    let shop = Shop::open(0).await;
    let server = Server::start(&shop).await;
    // Nothing is decided before all of them wait.
    let mut lock = shop.pool().begin().await.unwrap();
    sqlx::query("lock table orders in access exclusive mode").execute(&mut *lock).await.unwrap();
    let token = shop.token("zoe");
    let body = order(&[("NOBODY-SELLS-THIS", 1)], "pm_card_visa");
    let (shop, server, token, body) = (&shop, &server, &token, &body);
    let waiting = join_all((0..CALLERS).map(|caller| async move {
        let request = shop.http.post(format!("{}/v1/orders", server.url)).bearer_auth(token);
        let request = request.header("Idempotency-Key", caller.to_string()).header("Prefer", "wait=20").json(body);
        request.send().await.unwrap().json::<Value>().await.unwrap()
    }));
    let deciding = async {
        wait_until("all orders to be accepted", WITHIN, async || {
            let accepted = shop.count("select count(*) from submissions").await;
            if accepted == i64::from(CALLERS) { Ok(()) } else { Err(format!("{accepted} are")) }
        })
        .await;
        // A read of somebody else is served while they wait.
        let asked = shop.http.get(format!("{}/v1/products", server.url)).bearer_auth(shop.token("max"));
        assert_eq!(asked.send().await.unwrap().status(), StatusCode::OK);
        lock.rollback().await.unwrap();
    };
    let (answers, ()) = tokio::join!(waiting, deciding);
    let decided = answers.iter().filter(|answer| answer["status"] == "rejected").count();
    assert_eq!(u32::try_from(decided), Ok(CALLERS));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_hears_of_the_decision_of_a_process_that_tells_nobody() {
    let shop = Shop::open(0).await;
    let server = Server::start(&shop).await;
    let id = shop.accepted(&server.url, "zoe", "k", &order(&[("TEA", 1)], "pm_sandbox_timeout_lost")).await;
    let asked = shop.http.get(format!("{}/v1/orders/{id}", server.url)).bearer_auth(shop.token("zoe"));
    // Long before its patience ends, when it would look anyway.
    let waiting = tokio::time::timeout(Duration::from_secs(10), asked.header("Prefer", "wait=20").send());
    let deciding = async {
        wait_until("the order to be stored", WITHIN, async || match shop.status(id).await.as_str() {
            "reserved" => Ok(()),
            status => Err(status.to_owned()),
        })
        .await;
        shop.run("update orders set status = 'cancelled'").await;
    };
    let (answer, ()) = tokio::join!(waiting, deciding);
    assert_eq!(answer.unwrap().unwrap().json::<Value>().await.unwrap()["status"], "cancelled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_answers_who_waits_and_leaves_who_only_holds_a_connection() {
    let shop = Shop::open(0).await;
    let mut server = Server::start(&shop).await;
    let mut held = half_sent(&server, 3, "GET /healthz HTTP/1.1\r\nhost:").await;
    let mut idle = half_sent(&server, 1, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.remove(0);
    let mut answer = [0; 12];
    idle.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    let request = shop.http.post(format!("{}/v1/orders", server.url)).bearer_auth(shop.token("zoe"));
    let request = request.header("Idempotency-Key", "k").header("Prefer", "wait=20");
    let waiting = tokio::spawn(request.json(&order(&[("TEA", 1)], "pm_sandbox_timeout_lost")).send());
    wait_until("the order to be accepted", WITHIN, async || {
        let accepted = shop.count("select count(*) from submissions").await;
        if accepted == 1 { Ok(()) } else { Err("it is not".to_owned()) }
    })
    .await;
    assert!(server.terminate(WITHIN).await.success());
    assert_eq!(waiting.await.unwrap().unwrap().status(), StatusCode::ACCEPTED);
    for connection in &mut held {
        let mut rest = Vec::new();
        // Closed, in whichever way.
        drop(connection.read_to_end(&mut rest).await);
        assert!(rest.is_empty());
    }
}
