//! With an issuer of tokens the gateway verifies them: the same template, deployed with an OpenID provider that runs here.
//! Nothing is broken here and nothing is shared, so this test needs no turn.

use super::{
    built,
    site::{WITHIN, run},
    support::{id_in, new_id, order, wait_until},
};
use adapters::system::SystemClock;
use axum::{Json, Router, routing::get};
use handlers::token::{Identity, Role, TokenKey};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{Jwk, JwkSet},
};
use reqwest::{Method, RequestBuilder, StatusCode, header};
use rsa::{RsaPrivateKey, pkcs1::EncodeRsaPrivateKey, rand_core::OsRng};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};
use workflows::ports::Clock;

const AUDIENCE: &str = "checkout";
const KEY_ID: &str = "of this test";

/// An OpenID provider: what it publishes, and the key that it keeps.
struct Issuer {
    url: String,
    key: EncodingKey,
    serving: JoinHandle<()>,
}

impl Issuer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let key = rsa_key();
        let mut public = Jwk::from_encoding_key(&key, Algorithm::RS256).unwrap();
        public.common.key_id = Some(KEY_ID.to_owned());
        let keys = JwkSet { keys: vec![public] };
        let about = json!({
            "issuer": url, "jwks_uri": format!("{url}/keys"), "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"]
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(async move || Json(about)))
            .route("/keys", get(async move || Json(keys)));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, key, serving }
    }

    /// What it says of somebody, beside what they are.
    fn claims(&self, sub: &str, more: &Value) -> Value {
        let now = SystemClock.now().unix_timestamp();
        let mut claims = json!({
            "iss": self.url, "aud": [AUDIENCE, "elsewhere"], "sub": sub, "iat": now - 5, "exp": now + 3_600
        });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims
    }

    fn token(&self, sub: &str, more: &Value) -> String {
        signed(&self.key, &self.claims(sub, more))
    }
}

fn rsa_key() -> EncodingKey {
    let key = RsaPrivateKey::new(&mut OsRng, 2_048).unwrap();
    EncodingKey::from_rsa_der(key.to_pkcs1_der().unwrap().as_bytes())
}

fn signed(key: &EncodingKey, claims: &Value) -> String {
    let header = Header { kid: Some(KEY_ID.to_owned()), ..Header::new(Algorithm::RS256) };
    jsonwebtoken::encode(&header, claims, key).unwrap()
}

/// The deployed API.
struct Api {
    url: String,
    http: reqwest::Client,
}

impl Api {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    fn orders(&self, token: &str) -> RequestBuilder {
        self.request(Method::GET, "/v1/orders").bearer_auth(token)
    }

    /// Whose tokens the issuer signs are its callers: each sees what is theirs, as on embedded.
    async fn serves_those_whom_it_names(&self, issuer: &Issuer) {
        let customer = json!({ "role": "customer" });
        let (zoe, max) = (issuer.token("zoe", &customer), issuer.token("max", &customer));
        let submit = self.request(Method::POST, "/v1/orders").bearer_auth(&zoe);
        let submit = submit.header("Idempotency-Key", new_id().to_string());
        let text = answered(submit.json(&order(&[("TEA", 1)], "pm_card_visa")), StatusCode::ACCEPTED).await;
        let path = format!("/v1/orders/{}", id_in(&text));
        wait_until("the order to be confirmed", WITHIN, async || {
            let text = answered(self.request(Method::GET, &path).bearer_auth(&zoe), StatusCode::OK).await;
            let order: Value = serde_json::from_str(&text).unwrap();
            if order["status"] == "confirmed" { Ok(()) } else { Err(text) }
        })
        .await;
        answered(self.request(Method::GET, &path).bearer_auth(&max), StatusCode::NOT_FOUND).await;

        let support = || self.request(Method::GET, "/v1/support/orders?q=zoe");
        answered(support().bearer_auth(issuer.token("sue", &json!({ "role": "support" }))), StatusCode::OK).await;
        let packer = issuer.token("ida", &json!({ "role": "warehouse", "warehouse": "tests" }));
        for other in [zoe, packer] {
            answered(support().bearer_auth(other), StatusCode::FORBIDDEN).await;
        }
    }

    /// What the gateway turns away, so that no function is called for it.
    async fn turns_away(&self, issuer: &Issuer) {
        let customer = json!({ "role": "customer" });
        let past = SystemClock.now().unix_timestamp() - 60;
        let zoe = Identity { sub: "zoe".to_owned(), role: Role::Customer, warehouse: None };
        let symmetric = TokenKey::from_bytes(&[7; 32]).unwrap();
        let cases = [
            ("another key under the same name", signed(&rsa_key(), &issuer.claims("zoe", &customer))),
            (
                "a key of the stack, as without an issuer",
                symmetric.sign(&zoe, SystemClock.now(), time::Duration::hours(1)).unwrap(),
            ),
            ("expired", issuer.token("zoe", &json!({ "role": "customer", "exp": past }))),
            ("for somebody else", issuer.token("zoe", &json!({ "role": "customer", "aud": "elsewhere" }))),
            ("by somebody else", issuer.token("zoe", &json!({ "role": "customer", "iss": "http://127.0.0.1:9" }))),
            ("no token at all", "x.y.z".to_owned()),
        ];
        for (what, token) in cases {
            assert_eq!(unauthorized(self.orders(&token)).await, "application/json", "{what}");
        }
        assert_eq!(unauthorized(self.request(Method::GET, "/v1/orders")).await, "application/json");
    }
}

/// The text of an answer, which has to be of that status.
async fn answered(request: RequestBuilder, status: StatusCode) -> String {
    let answer = request.send().await.unwrap();
    let (found, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(found, status, "{text}");
    text
}

/// What kind of document says that a token is needed: the gateway answers in JSON of its own, our function with a problem.
async fn unauthorized(request: RequestBuilder) -> String {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{}", answer.text().await.unwrap());
    answer.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned()
}

#[test]
fn with_an_issuer_the_gateway_verifies_its_tokens() {
    run(async {
        let issuer = Issuer::start().await;
        let (aws, shop) = built::pipeline(&[("JwtIssuer", &issuer.url), ("JwtAudience", AUDIENCE)]).await;
        assert_eq!(aws.site().token_key, None, "the stack has a key of its own beside the issuer's");
        let api = Api { url: aws.site().api.clone(), http: shop.http.clone() };
        answered(api.request(Method::GET, "/healthz"), StatusCode::OK).await;
        api.serves_those_whom_it_names(&issuer).await;
        api.turns_away(&issuer).await;
        // The issuer has many who are nothing here.
        for what in [json!({}), json!({ "role": "admin" }), json!({ "role": "warehouse" })] {
            let kind = unauthorized(api.orders(&issuer.token("zoe", &what))).await;
            assert_eq!(kind, "application/problem+json", "{what}");
        }
        aws.stop().await.unwrap();
        issuer.serving.abort();
    });
}
