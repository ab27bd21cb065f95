//! Which of the keys that a provider publishes verify a token: all that it may mean by its name, and only those that are meant
//! for that (RFC 7517 sections 4.2 to 4.5).

use crate::{Running, made, now, signed};
use handlers::token::Tokens;
use jsonwebtoken::{
    Algorithm, Header,
    jwk::{CommonParameters, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use serde_json::json;

#[tokio::test]
async fn each_key_that_a_token_may_mean_is_tried() {
    for name in [None, Some("one")] {
        let running = Running::start().await;
        let keys = [made(), made()];
        for key in &keys {
            running.publish_as(key, |public| public.common.key_id = name.map(str::to_owned));
        }
        let issuer = running.issuer();
        for key in &keys {
            let header = Header { kid: name.map(str::to_owned), ..Header::new(Algorithm::RS256) };
            let token = jsonwebtoken::encode(&header, &running.claims(&json!({})), key).unwrap();
            assert!(issuer.whose(&token, now()).await.is_ok(), "{name:?}");
        }
    }
}

#[tokio::test]
async fn a_key_verifies_what_its_provider_means_it_for_and_nothing_else() {
    let running = Running::start().await;
    let key = made();
    let say = |name: &str, says: &dyn Fn(&mut CommonParameters)| {
        running.publish_as(&key, |public| {
            public.common.key_id = Some(name.to_owned());
            says(&mut public.common);
        });
    };
    say("signs", &|common| common.public_key_use = Some(PublicKeyUse::Signature));
    say("verifies", &|common| common.key_operations = Some(vec![KeyOperations::Sign, KeyOperations::Verify]));
    say("by this", &|common| common.key_algorithm = Some(KeyAlgorithm::RS256));
    say("by another", &|common| common.key_algorithm = Some(KeyAlgorithm::RS512));
    say("by one of no signature", &|common| common.key_algorithm = Some(KeyAlgorithm::RSA_OAEP));
    say("encrypts", &|common| common.public_key_use = Some(PublicKeyUse::Encryption));
    say("is for more", &|common| common.public_key_use = Some(PublicKeyUse::Other("more".to_owned())));
    say("wraps", &|common| common.key_operations = Some(vec![KeyOperations::WrapKey]));
    let issuer = running.issuer();
    let published = running.provider.keys.lock().unwrap().clone();
    for name in published.into_iter().filter_map(|public| public.common.key_id) {
        let judged = issuer.whose(&signed(&key, &name, &running.claims(&json!({}))), now()).await;
        assert_eq!(judged.is_ok(), ["signs", "verifies", "by this"].contains(&name.as_str()), "{name}: {judged:?}");
    }
}

#[tokio::test]
async fn keys_that_sign_nothing_take_no_place_of_those_that_do() {
    let running = Running::start().await;
    let key = made();
    running.publish_as(&key, |public| public.common.public_key_use = Some(PublicKeyUse::Encryption));
    {
        let mut published = running.provider.keys.lock().unwrap();
        let encrypts = published[0].clone();
        published.resize(150, encrypts);
    }
    running.publish_as(&key, |public| public.common.key_id = Some("last".to_owned()));
    let token = signed(&key, "last", &running.claims(&json!({})));
    assert!(running.issuer().whose(&token, now()).await.is_ok());
}
