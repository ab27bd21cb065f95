//! Tokens of an OpenID provider, and whom the API lets in beyond this machine: the real binary beside a provider that runs
//! here and changes its keys.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod keys;
mod standards;
#[path = "../support/mod.rs"]
mod support;

use axum::{Json, Router, extract::State, routing::get};
use handlers::token::{Claim, Role, TokenError, Tokens};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{CommonParameters, Jwk, JwkSet},
};
use reqwest::StatusCode;
use rsa::{RsaPrivateKey, pkcs1::EncodeRsaPrivateKey, rand_core::OsRng};
use runtime::issuer::{Issuer, IssuerSettings};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use support::{Shop, server};
use time::OffsetDateTime;
use tokio::net::TcpListener;

const AUDIENCE: &str = "checkout";
const WITHIN: Duration = Duration::from_secs(20);
/// Longer than most providers take, and less than is granted them.
const SLOWLY: Duration = Duration::from_secs(3);

/// A provider whose keys and whose silence a test decides.
#[derive(Default)]
struct Provider {
    keys: Mutex<Vec<Jwk>>,
    asked: AtomicUsize,
    silent: AtomicBool,
    /// It takes the question and never answers.
    hangs: AtomicBool,
    /// It answers, but slowly.
    slow: AtomicBool,
}

struct Running {
    url: String,
    provider: Arc<Provider>,
}

impl Running {
    async fn start() -> Self {
        let provider = Arc::new(Provider::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let about = json!({ "issuer": url, "jwks_uri": format!("{url}/keys") });
        let keys = async |State(provider): State<Arc<Provider>>| {
            provider.asked.fetch_add(1, Ordering::SeqCst);
            if provider.hangs.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            if provider.slow.load(Ordering::SeqCst) {
                tokio::time::sleep(SLOWLY).await;
            }
            if provider.silent.load(Ordering::SeqCst) {
                return Err(StatusCode::SERVICE_UNAVAILABLE);
            }
            Ok(Json(JwkSet { keys: provider.keys.lock().unwrap().clone() }))
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(async move || Json(about)))
            .route("/keys", get(keys))
            .with_state(Arc::clone(&provider));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, provider }
    }

    /// Publishes a new key under that name.
    fn publish(&self, name: &str) -> EncodingKey {
        let key = made();
        self.publish_as(&key, |public| public.common.key_id = Some(name.to_owned()));
        key
    }

    /// Publishes a key of which nothing is said but what `says` does.
    fn publish_as(&self, key: &EncodingKey, says: impl FnOnce(&mut Jwk)) {
        let mut public = Jwk::from_encoding_key(key, Algorithm::RS256).unwrap();
        public.common = CommonParameters::default();
        says(&mut public);
        self.provider.keys.lock().unwrap().push(public);
    }

    fn claims(&self, more: &Value) -> Value {
        let now = now().unix_timestamp();
        let mut claims = json!({
            "iss": self.url, "aud": [AUDIENCE, "elsewhere"], "sub": "zoe", "role": "customer", "exp": now + 3_600
        });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims
    }

    fn issuer(&self) -> Issuer {
        Issuer::new(IssuerSettings { url: self.url.clone(), audience: AUDIENCE.to_owned() }).unwrap()
    }
}

#[expect(clippy::disallowed_methods, reason = "a token says until when it is good by the wall's clock")]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Has time pass for whoever judges how old a copy is.
async fn pass(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

fn made() -> EncodingKey {
    let key = RsaPrivateKey::new(&mut OsRng, 2_048).unwrap();
    EncodingKey::from_rsa_der(key.to_pkcs1_der().unwrap().as_bytes())
}

fn signed(key: &EncodingKey, name: &str, claims: &Value) -> String {
    let header = Header { kid: Some(name.to_owned()), ..Header::new(Algorithm::RS256) };
    jsonwebtoken::encode(&header, claims, key).unwrap()
}

#[tokio::test]
async fn a_token_of_the_provider_names_its_owner_and_no_other_does() {
    let running = Running::start().await;
    let key = running.publish("one");
    let issuer = running.issuer();
    let named = issuer.whose(&signed(&key, "one", &running.claims(&json!({}))), now()).await.unwrap();
    assert_eq!((named.sub.as_str(), named.role), ("zoe", Role::Customer));

    for (wrong, claim) in [
        (json!({ "iss": "https://elsewhere.example.com" }), Claim::Issuer),
        (json!({ "iss": [running.url] }), Claim::Issuer),
        (json!({ "aud": "elsewhere" }), Claim::Audience),
        (json!({ "role": "admin" }), Claim::Role),
        (json!({ "role": null }), Claim::Role),
        (json!({ "sub": "" }), Claim::Subject),
    ] {
        let token = signed(&key, "one", &running.claims(&wrong));
        assert_eq!(issuer.whose(&token, now()).await, Err(TokenError::Claim(claim)), "{wrong}");
    }
    let late = signed(&key, "one", &running.claims(&json!({ "exp": now().unix_timestamp() - 60 })));
    assert_eq!(issuer.whose(&late, now()).await, Err(TokenError::Expired));

    // Somebody else's key under a name of the provider's.
    let token = signed(&made(), "one", &running.claims(&json!({})));
    assert_eq!(issuer.whose(&token, now()).await, Err(TokenError::Invalid));

    // What is public must not pass for a secret: HS256 by the text of the public key.
    let public = serde_json::to_vec(&running.provider.keys.lock().unwrap()[0]).unwrap();
    let header = Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::HS256) };
    let confused =
        jsonwebtoken::encode(&header, &running.claims(&json!({})), &EncodingKey::from_secret(&public)).unwrap();
    assert_eq!(issuer.whose(&confused, now()).await, Err(TokenError::Invalid));
}

#[tokio::test]
async fn made_up_names_of_keys_do_not_make_it_ask_again_and_again() {
    let running = Running::start().await;
    let key = running.publish("one");
    let issuer = running.issuer();
    for name in 0..50 {
        let token = signed(&key, &format!("made up {name}"), &running.claims(&json!({})));
        assert_eq!(issuer.whose(&token, now()).await, Err(TokenError::Invalid));
    }
    assert_eq!(running.provider.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_new_key_is_asked_for_and_the_old_ones_serve_while_nobody_answers() {
    let running = Running::start().await;
    let first = running.publish("one");
    let issuer = running.issuer();
    let old = signed(&first, "one", &running.claims(&json!({})));
    assert!(issuer.whose(&old, now()).await.is_ok());

    pass(20).await;
    let second = running.publish("two");
    let new = signed(&second, "two", &running.claims(&json!({})));
    assert!(issuer.whose(&new, now()).await.is_ok(), "a rotated key is not taken");

    // Nobody answers for long: what was known is believed for an hour, a name nobody knows cannot be judged.
    running.provider.silent.store(true, Ordering::SeqCst);
    pass(50 * 60).await;
    assert!(issuer.whose(&old, now()).await.is_ok());
    let unknown = signed(&second, "three", &running.claims(&json!({})));
    assert_eq!(issuer.whose(&unknown, now()).await, Err(TokenError::Unjudged));
    pass(15 * 60).await;
    assert_eq!(issuer.whose(&old, now()).await, Err(TokenError::Unjudged), "an hour is over");
    running.provider.silent.store(false, Ordering::SeqCst);
    pass(20).await;
    assert!(issuer.whose(&old, now()).await.is_ok(), "it answers again");
}

#[tokio::test]
async fn a_key_that_was_taken_back_while_nobody_came_lets_nobody_in() {
    let running = Running::start().await;
    let (withdrawn, kept) = (running.publish("one"), running.publish("two"));
    let issuer = running.issuer();
    let stolen = signed(&withdrawn, "one", &running.claims(&json!({})));
    assert!(issuer.whose(&stolen, now()).await.is_ok());

    running.provider.keys.lock().unwrap().retain(|key| key.common.key_id.as_deref() != Some("one"));
    pass(11 * 60).await;
    assert_eq!(issuer.whose(&stolen, now()).await, Err(TokenError::Invalid));
    assert!(issuer.whose(&signed(&kept, "two", &running.claims(&json!({}))), now()).await.is_ok());
    assert_eq!(running.provider.asked.load(Ordering::SeqCst), 2);
}

/// All who come before the answer does hear it, those whose key was taken back and those whose key is kept.
#[tokio::test]
async fn a_provider_that_answers_slowly_is_heard_before_an_old_copy_is_believed() {
    let running = Running::start().await;
    let (withdrawn, kept) = (running.publish("one"), running.publish("two"));
    let issuer = Arc::new(running.issuer());
    let stolen = signed(&withdrawn, "one", &running.claims(&json!({})));
    let good = signed(&kept, "two", &running.claims(&json!({})));
    assert!(issuer.whose(&stolen, now()).await.is_ok());

    running.provider.keys.lock().unwrap().retain(|key| key.common.key_id.as_deref() != Some("one"));
    running.provider.slow.store(true, Ordering::SeqCst);
    pass(50 * 60).await;
    let judged = |token: &str| {
        let (issuer, token) = (Arc::clone(&issuer), token.to_owned());
        tokio::spawn(async move { issuer.whose(&token, now()).await })
    };
    let (thieves, owners): (Vec<_>, Vec<_>) = (0..10).map(|_| (judged(&stolen), judged(&good))).unzip();
    for thief in thieves {
        assert_eq!(thief.await.unwrap(), Err(TokenError::Invalid));
    }
    for owner in owners {
        assert!(owner.await.unwrap().is_ok());
    }
    assert_eq!(running.provider.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_copy_that_is_not_fresh_is_renewed_beside_whoever_comes() {
    let running = Running::start().await;
    let (withdrawn, _) = (running.publish("one"), running.publish("two"));
    let issuer = running.issuer();
    let stolen = signed(&withdrawn, "one", &running.claims(&json!({})));
    assert!(issuer.whose(&stolen, now()).await.is_ok());

    running.provider.keys.lock().unwrap().retain(|key| key.common.key_id.as_deref() != Some("one"));
    pass(6 * 60).await;
    support::wait_until("the key to be known as taken back", WITHIN, async || {
        let judged = issuer.whose(&stolen, now()).await;
        if judged == Err(TokenError::Invalid) { Ok(()) } else { Err(format!("it is {judged:?}")) }
    })
    .await;
}

/// After minutes in which nobody came, each who comes then waits for the provider, until it is known that it hangs.
#[tokio::test]
async fn a_provider_that_hangs_keeps_those_waiting_a_moment_who_come_after_a_silence() {
    let running = Running::start().await;
    let key = running.publish("one");
    let issuer = running.issuer();
    let known = signed(&key, "one", &running.claims(&json!({})));
    assert!(issuer.whose(&known, now()).await.is_ok());

    running.provider.hangs.store(true, Ordering::SeqCst);
    pass(11 * 60).await;
    assert!(issuer.whose(&known, now()).await.is_ok(), "one that does not answer lets nobody in");
    assert_eq!(running.provider.asked.load(Ordering::SeqCst), 2, "it was not asked before");
    let at_once = async || tokio::time::timeout(Duration::from_millis(500), issuer.whose(&known, now())).await;
    support::wait_until("it to be known that the provider hangs", WITHIN, async || match at_once().await {
        Ok(answer) => answer.map(drop).map_err(|error| format!("{error:?}")),
        Err(_) => Err("a caller waits".to_owned()),
    })
    .await;
    pass(20).await;
    assert!(matches!(at_once().await, Ok(Ok(_))), "each who comes waits for one that is known to hang");
}

#[tokio::test]
async fn a_provider_that_hangs_keeps_nobody_waiting_whose_key_is_known() {
    let running = Running::start().await;
    let key = running.publish("one");
    let issuer = Arc::new(running.issuer());
    let known = signed(&key, "one", &running.claims(&json!({})));
    assert!(issuer.whose(&known, now()).await.is_ok());

    // The copy is not fresh, so the provider is asked again, and hangs.
    running.provider.hangs.store(true, Ordering::SeqCst);
    pass(6 * 60).await;
    let others: Vec<_> = (0..20)
        .map(|number| {
            let (issuer, token) =
                (Arc::clone(&issuer), signed(&key, &format!("made up {number}"), &running.claims(&json!({}))));
            tokio::spawn(async move { issuer.whose(&token, now()).await })
        })
        .collect();
    support::wait_until("the provider to be asked", WITHIN, async || {
        match running.provider.asked.load(Ordering::SeqCst) {
            2 => Ok(()),
            asked => Err(format!("it was asked {asked} times")),
        }
    })
    .await;
    for _ in 0..50 {
        assert!(issuer.whose(&known, now()).await.is_ok());
    }
    assert!(others.iter().all(|other| !other.is_finished()), "known keys waited for the provider");
    for other in others {
        assert_eq!(other.await.unwrap(), Err(TokenError::Unjudged));
    }
    assert_eq!(running.provider.asked.load(Ordering::SeqCst), 2, "it was asked more than once at a time");
}

#[tokio::test]
async fn a_question_that_failed_is_not_asked_again_for_each_caller() {
    let running = Running::start().await;
    let key = running.publish("one");
    running.provider.silent.store(true, Ordering::SeqCst);
    let issuer = running.issuer();
    let token = signed(&key, "one", &running.claims(&json!({})));
    for _ in 0..50 {
        assert_eq!(issuer.whose(&token, now()).await, Err(TokenError::Unjudged));
    }
    assert_eq!(running.provider.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_provider_that_never_answered_is_the_servers_trouble_and_not_the_tokens() {
    let running = Running::start().await;
    let key = running.publish("one");
    running.provider.silent.store(true, Ordering::SeqCst);
    let token = signed(&key, "one", &running.claims(&json!({})));
    assert_eq!(running.issuer().whose(&token, now()).await, Err(TokenError::Unjudged));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_a_provider_takes_its_tokens_and_not_those_of_the_development_key() {
    let shop = Shop::open(0).await;
    let running = Running::start().await;
    let key = running.publish("one");
    let settings = [("SLUICE_ISSUER", running.url.as_str()), ("SLUICE_AUDIENCE", AUDIENCE)];
    let server = server::Server::start_with(&shop, &settings).await;
    let ask = async |token: &str| {
        shop.http.get(format!("{}/v1/orders", server.url)).bearer_auth(token).send().await.unwrap().status()
    };
    assert_eq!(ask(&signed(&key, "one", &running.claims(&json!({})))).await, StatusCode::OK);
    assert_eq!(ask(&shop.token("zoe")).await, StatusCode::UNAUTHORIZED);
    // Nobody is sent for a token that would not be taken.
    let said = server.said("Stop: Ctrl-C").await;
    assert!(said.contains(&running.url) && !said.contains("sluice token"), "{said}");
    let mut token = server::prepared(shop.dir.path(), None);
    let output = token.args(["token", "--role", "customer", "--sub", "zoe"]).envs(settings).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains(&running.url));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_for_every_role_is_not_for_other_machines() {
    let shop = Shop::open(0).await;
    let refused = server::refused(&shop, &[("SLUICE_LISTEN", "0.0.0.0:0")]);
    assert!(refused.contains("SLUICE_ISSUER") && refused.contains("SLUICE_DEVELOPMENT_KEY=anywhere"), "{refused}");
    let server = server::Server::start_with(&shop, &[("SLUICE_DEVELOPMENT_KEY", "anywhere")]).await;
    let said = server.said("Stop: Ctrl-C").await;
    assert!(said.contains("sluice token") && !said.contains("eyJ"), "a log holds a token that works: {said}");
    // Over loopback without a token, and as a proxy on this machine would pass it on.
    let metrics = |header: Option<&str>| {
        let request = shop.http.get(format!("{}/metrics", server.url));
        header.into_iter().fold(request, |request, name| request.header(name, "203.0.113.9")).send()
    };
    assert_eq!(metrics(None).await.unwrap().status(), StatusCode::OK);
    assert_eq!(metrics(Some("X-Forwarded-For")).await.unwrap().status(), StatusCode::UNAUTHORIZED);
}
