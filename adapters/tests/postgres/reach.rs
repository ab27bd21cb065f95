//! Whoever cannot reach the database is told why.

use super::shop::Shop;
use adapters::postgres::Database;
use local_postgres::ephemeral;
use tokio::net::TcpListener;

async fn cause(url: &str) -> String {
    Database::connect(url, 1).unwrap().reach().await.unwrap_err().to_string()
}

#[tokio::test]
async fn the_cause_is_named() {
    let shop = Shop::empty().await;
    shop.run("drop role if exists kept_out; create role kept_out login connection limit 0").await;
    let server = ephemeral().await.unwrap().server();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for (url, words) in [
        (format!("postgres://u:a-secret@{free}/shop"), "nobody listens there"),
        (format!("postgres://u:a-secret@{}/shop", silent.local_addr().unwrap()), "no answer within"),
        (server.url_of("no_such_shop"), "there is no such database"),
        (format!("{}&user=kept_out&password=a-secret", server.url_of("postgres")), "no connection left"),
    ] {
        let cause = cause(&url).await;
        assert!(cause.contains(words) && !cause.contains("a-secret"), "{words}: {cause}");
    }
}

#[tokio::test]
async fn a_database_that_answers_is_reached() {
    Shop::empty().await.database.reach().await.unwrap();
}
