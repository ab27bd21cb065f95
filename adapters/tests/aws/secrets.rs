//! Secrets from Secrets Manager.

use super::account::{clients, name};
use adapters::aws::{
    Clients,
    secrets::{DatabaseEndpoint, database_url, edge_keys, token_keys},
};

async fn secret(clients: &Clients, text: &str) -> String {
    let request = clients.secrets.create_secret().name(name("secret")).secret_string(text);
    request.send().await.unwrap().arn.unwrap()
}

#[tokio::test]
async fn a_database_secret_becomes_a_url() {
    let clients = clients().await;
    let arn =
        secret(&clients, r#"{"username":"app","password":"a/b@c","host":"db","port":5432,"dbname":"shop"}"#).await;
    let endpoint = DatabaseEndpoint { host: None, dbname: "sluice", sslmode: "disable" };
    let url = database_url(&clients.secrets, &arn, endpoint).await.unwrap();
    assert_eq!(url, "postgres://app:a%2Fb%40c@db:5432/?dbname=shop&sslmode=disable");
}

#[tokio::test]
async fn a_token_key_is_long_enough_or_refused_without_being_quoted() {
    let clients = clients().await;
    let arn = secret(&clients, &"k".repeat(32)).await;
    assert_eq!(token_keys(&clients.secrets, &arn, 32).await.unwrap(), [vec![b'k'; 32]]);
    let arn = secret(&clients, "hunter2").await;
    let error = token_keys(&clients.secrets, &arn, 32).await.unwrap_err();
    assert!(!error.away && !error.chain().contains("hunter2"), "{}", error.chain());
    assert!(!token_keys(&clients.secrets, "none-of-that-name", 32).await.unwrap_err().away);
}

#[tokio::test]
async fn after_a_change_the_key_before_is_known_and_no_older_one() {
    let clients = clients().await;
    let arn = secret(&clients, &"a".repeat(32)).await;
    let put = clients.secrets.put_secret_value().secret_id(&arn).secret_string("b".repeat(32));
    put.send().await.unwrap();
    let both = [vec![b'b'; 32], vec![b'a'; 32]];
    assert_eq!(token_keys(&clients.secrets, &arn, 32).await.unwrap(), both);
    assert_eq!(edge_keys(&clients.secrets, &arn, 32).await.unwrap(), both);
    let put = clients.secrets.put_secret_value().secret_id(&arn).secret_string("c".repeat(32));
    put.send().await.unwrap();
    assert_eq!(token_keys(&clients.secrets, &arn, 32).await.unwrap(), [vec![b'c'; 32], vec![b'b'; 32]]);
}
