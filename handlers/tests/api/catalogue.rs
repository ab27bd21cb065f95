//! Products, search, and support's view.

use crate::world::*;
use axum::http::StatusCode;
use schemas::{api::product::Product, money::Amount};
use std::sync::Arc;
use workflows::order::State;

fn stocked() -> Arc<World> {
    let world = World::new();
    let product = |sku: &str| Product {
        sku: sku.into(),
        name: format!("Tea {sku}"),
        price: Amount { amount: 499, currency: "EUR".parse().unwrap() },
        tax_rate_bp: 700,
        price_includes_tax: false,
        available: 3,
    };
    ["A", "B/1", "Ü"].into_iter().for_each(|sku| world.shop.sells(&product(sku)));
    world
}

#[tokio::test]
async fn products_come_in_pages_with_opaque_cursors() {
    let world = stocked();
    let first = world.get("/v1/products?limit=2", "alice").await.json();
    assert_eq!(first["items"][1]["sku"], "B/1");
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_ne!(cursor, "B/1");
    let second = world.get(&format!("/v1/products?limit=2&cursor={cursor}"), "alice").await.json();
    assert_eq!((second["items"][0]["sku"].as_str(), second["next_cursor"].as_str()), (Some("Ü"), None));
    for bad in ["cursor=B/1!", "cursor=AB", "limit=0", "q=tea"] {
        let answer = world.get(&format!("/v1/products?{bad}"), "alice").await;
        assert_eq!((answer.status, answer.slug().as_str()), (StatusCode::BAD_REQUEST, "invalid-parameter"), "{bad}");
    }
}

#[tokio::test]
async fn a_product_is_found_by_its_sku_as_it_is_written() {
    let world = stocked();
    // The last one in the spelling that takes letter and accent apart.
    for path in ["A", "B%2F1", "%C3%9C", "U%CC%88"] {
        assert_eq!(world.get(&format!("/v1/products/{path}"), "alice").await.status, StatusCode::OK, "{path}");
    }
    for path in ["C", "%00", "%ff", &"x".repeat(65)] {
        let answer = world.get(&format!("/v1/products/{path}"), "alice").await;
        assert_eq!((answer.status, answer.slug().as_str()), (StatusCode::NOT_FOUND, "not-found"), "{path}");
    }
}

#[tokio::test]
async fn a_search_gives_what_it_found() {
    let world = stocked();
    let found = world.get("/v1/search?q=Tea&limit=2", "alice").await.json();
    assert_eq!(found["items"].as_array().unwrap().len(), 2);
    for bad in ["", "q=", "q=%00", "q=tea&limit=1000", "q=tea&cursor=AA"] {
        let answer = world.get(&format!("/v1/search?{bad}"), "alice").await;
        assert_eq!(answer.slug(), "invalid-parameter", "{bad}");
    }
}

#[tokio::test]
async fn support_finds_orders_newest_first() {
    let world = stocked();
    let mut ids = Vec::new();
    for key in ["k1", "k2"] {
        let id = id_of(&world.ask(submission("alice", key, order().to_string())).await);
        world.store(id, State::Confirmed);
        ids.insert(0, id.to_string());
    }
    let found = world.get("/v1/support/orders?q=zoe%40example.com", "support").await.json();
    let found: Vec<_> =
        found["items"].as_array().unwrap().iter().map(|o| o["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(found, ids);
}

#[tokio::test]
async fn support_finds_an_order_that_is_not_stored_yet_by_its_whole_id() {
    let world = stocked();
    let id = id_of(&world.ask(submission("alice", "k1", order().to_string())).await);
    let found = world.get(&format!("/v1/support/orders?q={id}"), "support").await.json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
    let one = &found["items"][0];
    assert_eq!((one["id"].as_str(), one["status"].as_str()), (Some(&*id.to_string()), Some("submitted")));
    assert_eq!((one["buyer"]["name"].as_str(), one["version"].as_i64()), (Some("Zoë"), Some(0)));
    let nobodys = world.get("/v1/support/orders?q=01890000-0000-7000-8000-000000000000", "support").await.json();
    assert_eq!(nobodys["items"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn support_sees_who_bought() {
    let world = stocked();
    let mut billed = order();
    billed["billing_address"] = order()["shipping_address"].clone();
    billed["billing_address"]["name"] = "Bookkeeping Ltd".into();
    for (key, body) in [("k1", order()), ("k2", billed)] {
        let id = id_of(&world.ask(submission("alice", key, body.to_string())).await);
        world.store(id, State::Confirmed);
    }
    let found = world.get("/v1/support/orders?q=zoe%40example.com", "support").await.json();
    let buyers: Vec<_> = found["items"].as_array().unwrap().iter().map(|order| &order["buyer"]["name"]).collect();
    assert_eq!(buyers, ["Bookkeeping Ltd", "Zoë"]);
    assert_eq!((&found["items"][0]["version"], &found["items"][0]["total"]["amount"]), (&1.into(), &1999.into()));
    let own = world.get("/v1/orders", "alice").await.json();
    assert_eq!(own["items"][0]["buyer"], serde_json::Value::Null, "only support is shown it");
}
