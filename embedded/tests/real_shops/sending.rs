//! Requests to a real server, and what its answers have to be like whatever was asked: none fails, each is one that the API's
//! document names, and a refusal says where.

use crate::support::{Shop, id_in, new_id, order, server::Server};
use handlers::token::Role;
use reqwest::{Response, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};
use std::{fs, path::Path};
use uuid::Uuid;

/// A shop that is open, with the document of its API.
pub(crate) struct Open {
    pub(crate) shop: Shop,
    pub(crate) server: Server,
    document: Value,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) replayed: bool,
    pub(crate) text: String,
}

impl Answer {
    /// The places that it complains of, each with its words.
    pub(crate) fn complaints(&self) -> Vec<(String, String)> {
        let problem: Value = serde_json::from_str(&self.text).unwrap();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        let word = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
        errors.iter().map(|error| (word(error, "pointer"), word(error, "detail"))).collect()
    }

    /// What is in the list that it gives.
    fn items(&self) -> Vec<Value> {
        let page: Value = serde_json::from_str(&self.text).unwrap();
        page["items"].as_array().unwrap().clone()
    }
}

impl Open {
    pub(crate) async fn new() -> Self {
        Self::on(Shop::open(0).await).await
    }

    /// Opens that shop.
    pub(crate) async fn on(shop: Shop) -> Self {
        let server = Server::start(&shop).await;
        let document = shop.http.get(format!("{}/openapi.json", server.url)).send().await.unwrap();
        Self { document: document.json().await.unwrap(), shop, server }
    }

    /// Submits that body under that key.
    pub(crate) async fn submit(&self, key: &str, body: impl Into<Vec<u8>>) -> Answer {
        let body: Vec<u8> = body.into();
        let request = self.shop.http.post(format!("{}/v1/orders", self.server.url)).bearer_auth(self.shop.token("zoe"));
        let request = request.header("Idempotency-Key", key).header(CONTENT_TYPE, "application/json");
        self.answer("/v1/orders", "post", request.body(body).send().await.unwrap()).await
    }

    /// Submits an order that must be accepted; its id.
    pub(crate) async fn accepted(&self, what: &str, body: &Value) -> Uuid {
        let answer = self.submit(&new_id().to_string(), body.to_string()).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{what}: {}", answer.text);
        id_in(&answer.text)
    }

    /// Submits an order that must be refused; of what places, and why.
    pub(crate) async fn refused(&self, what: &str, body: &Value) -> Vec<(String, String)> {
        let answer = self.submit(&new_id().to_string(), body.to_string()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{what}: {}", answer.text);
        answer.complaints()
    }

    /// Asks for what stands at that place of the operation with this path.
    pub(crate) async fn get(&self, operation: &str, at: &str) -> Answer {
        self.get_with(&self.shop.token("zoe"), operation, at).await
    }

    /// The same with that token.
    pub(crate) async fn get_with(&self, token: &str, operation: &str, at: &str) -> Answer {
        let request = self.shop.http.get(format!("{}{at}", self.server.url)).bearer_auth(token);
        self.answer(operation, "get", request.send().await.unwrap()).await
    }

    /// The names of the products that buyers find by that, the best first.
    pub(crate) async fn products(&self, query: &str) -> Vec<String> {
        let answer = self.get("/v1/search", &format!("/v1/search?q={}", encoded(query))).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text);
        answer.items().iter().map(|product| product["name"].as_str().unwrap().to_owned()).collect()
    }

    /// The orders that support finds by that.
    pub(crate) async fn orders(&self, query: &str) -> Vec<Uuid> {
        let token = self.shop.token_of(Role::Support, "ada");
        let at = format!("/v1/support/orders?limit=100&q={}", encoded(query));
        let answer = self.get_with(&token, "/v1/support/orders", &at).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text);
        answer.items().iter().map(|order| order["id"].as_str().unwrap().parse().unwrap()).collect()
    }

    /// Puts the invoice of an order into a folder, under that name.
    pub(crate) async fn invoice(&self, id: Uuid, folder: &Path, name: &str) {
        let at = format!("{}/v1/orders/{id}/invoice", self.server.url);
        let answer = self.shop.http.get(at).bearer_auth(self.shop.token("zoe")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{name}");
        fs::write(folder.join(format!("{name}.pdf")), answer.bytes().await.unwrap()).unwrap();
    }

    /// The order as the API shows it.
    pub(crate) async fn shown(&self, id: Uuid) -> Value {
        let answer = self.get("/v1/orders/{id}", &format!("/v1/orders/{id}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        serde_json::from_str(&answer.text).unwrap()
    }

    async fn answer(&self, operation: &str, method: &str, response: Response) -> Answer {
        let status = response.status();
        let kind = response.headers().get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned());
        let replayed = response.headers().contains_key("idempotency-replayed");
        let text = response.text().await.unwrap();
        let documented = &self.document["paths"][operation][method]["responses"][status.as_str()];
        assert!(documented.is_object(), "{status} of {operation} is in no document: {text}");
        assert!(!status.is_server_error(), "{text}");
        if !status.is_success() {
            assert_eq!(kind.as_deref(), Some("application/problem+json"), "{text}");
        }
        Answer { status, replayed, text }
    }
}

/// A text as it stands in an address.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// An order with something changed.
pub(crate) fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut body = order(&[("TEA", 1)], "pm_card_visa");
    change(&mut body);
    body
}

/// An order to a place in that country, with this for its postal code, or none.
pub(crate) fn to(country: &str, postal_code: Option<Value>) -> Value {
    changed(|order| {
        let address = order["shipping_address"].as_object_mut().unwrap();
        address.insert("country".to_owned(), json!(country));
        match postal_code {
            Some(code) => address.insert("postal_code".to_owned(), code),
            None => address.remove("postal_code"),
        };
    })
}
