//! The OpenAPI document is made from the code, and checked in so that a change of the contract is seen in review.

use crate::world::*;
use axum::{body::Body, http::Request};
use handlers::api::openapi_document;
use schemas::api::order::{PaymentStatus, Reason, Status};
use serde_json::{Value, json};

const CHECKED_IN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/openapi.json");

#[test]
fn the_checked_in_document_is_the_one_of_the_code() {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(CHECKED_IN, openapi_document()).unwrap();
    }
    let checked_in = std::fs::read_to_string(CHECKED_IN).unwrap_or_default();
    assert!(
        checked_in == openapi_document(),
        "schemas/openapi.json differs from the code; renew it with: UPDATE_GOLDEN=1 cargo test -p handlers openapi"
    );
}

#[test]
fn words_are_documented_as_they_are_written() {
    let document: Value = serde_json::from_str(openapi_document()).unwrap();
    let words = |name: &str| document["components"]["schemas"][name]["enum"].clone();
    assert_eq!(words("Status"), json!(Status::ALL));
    assert_eq!(words("Reason"), json!(Reason::ALL));
    assert_eq!(words("PaymentStatus"), json!(PaymentStatus::ALL));
}

#[test]
fn an_invoice_is_documented_as_bytes() {
    let document: Value = serde_json::from_str(openapi_document()).unwrap();
    let answer = &document["paths"]["/v1/orders/{id}/invoice"]["get"]["responses"]["200"];
    let schema = &answer["content"]["application/pdf"]["schema"];
    let named = schema["$ref"].as_str().map(|reference| reference.trim_start_matches('#'));
    let schema = named.map_or(schema, |pointer| document.pointer(pointer).unwrap());
    assert_eq!((schema["type"].as_str(), schema["format"].as_str()), (Some("string"), Some("binary")));
}

#[tokio::test]
async fn the_document_is_served() {
    let answer = World::new().ask(Request::get("/openapi.json").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.body, openapi_document());
    assert_eq!(answer.json()["openapi"], "3.1.0");
}

#[test]
fn every_operation_says_who_may_and_every_kind_of_problem_is_documented() {
    let document: Value = serde_json::from_str(openapi_document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    for kind in handlers::api::ProblemKind::ALL {
        // A wrong method belongs to no operation.
        let known =
            kind.slug() == "method-not-allowed" || openapi_document().contains(&format!("\"{}\":", kind.slug()));
        assert!(known, "{}", kind.slug());
    }
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            let guarded = operation["security"][0]["bearerAuth"].is_array();
            assert_eq!(guarded, path.starts_with("/v1/"), "{method} {path}");
            // Metrics are for this machine, and with a token for others.
            let may_be = guarded || path == "/metrics";
            assert_eq!(may_be, operation["responses"]["401"].is_object(), "{method} {path}");
        }
    }
}
