//! What release 0.1.0 left in a database when it was killed with work of every kind in hand: its executions, its messages and
//! the provider's books, as it wrote them. This release reads each, and carries all to the ends that they had coming.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use adapters::{sandbox::Sandbox, system::SystemClock};
use local_postgres::ephemeral;
use schemas::ids::OrderId;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::{collections::BTreeMap, time::Duration};
use support::{Shop, new_id, server::Server};
use uuid::Uuid;
use workflows::ports::{Authorization, Clock, PaymentProvider};

const LEFT: &str = include_str!("../../schemas/golden/0.1.0.sql");
/// The day of all that it holds.
const ITS_DAY: &str = "2026-11-28";
const WITHIN: Duration = Duration::from_secs(60);

/// How an entry of the provider's books reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Held,
    Declined(&'static str),
    LetGo,
    /// It knows nothing, or has not decided.
    None,
}

/// Where an order was when its release was killed: the state of its execution and what that was about to do there.
type Place = Option<(&'static str, &'static str)>;

/// The orders by their keys: where each was, what the provider says of it there, and the end that it has coming.
const ORDERS: [(&str, Place, Word, &str); 16] = [
    ("declined", Some(("Closed", "succeeded")), Word::Declined("insufficient_funds"), "rejected: payment_declined"),
    ("unknown-sku", None, Word::None, "rejected: unknown_sku"),
    ("out-of-stock", None, Word::None, "rejected: out_of_stock"),
    ("lost", Some(("Closed", "succeeded")), Word::LetGo, "rejected: payment_unavailable"),
    ("charged", Some(("Closed", "succeeded")), Word::Held, "confirmed"),
    ("flaky", Some(("Closed", "succeeded")), Word::Held, "confirmed"),
    ("called-off", Some(("Closed", "succeeded")), Word::LetGo, "cancelled"),
    ("called-off-late", Some(("Closed", "succeeded")), Word::LetGo, "cancelled"),
    ("resolving", Some(("ResolvePayment", "calling")), Word::Held, "confirmed"),
    ("given-time", Some(("GiveTheProviderTime", "waiting")), Word::None, "rejected: payment_unavailable"),
    ("asking-slow", Some(("AuthorizePayment", "calling")), Word::None, "confirmed"),
    ("asking-silent", Some(("AuthorizePayment", "calling")), Word::Held, "confirmed"),
    ("asked-again", Some(("AuthorizePayment", "retrying")), Word::None, "confirmed"),
    ("confirming", Some(("ConfirmOrder", "calling")), Word::Held, "confirmed"),
    ("refusing", Some(("RejectOrder", "calling")), Word::Declined("card_declined"), "rejected: payment_declined"),
    ("late", None, Word::None, "confirmed"),
];

/// The database as it was left, a day ago, with its stock still held for its orders: nothing of it is too old to go on with.
async fn left() -> Shop {
    let name = format!("first_release_{}", new_id().simple());
    let server = ephemeral().await.unwrap().server();
    let mut connection = PgConnection::connect(&server.url_of("postgres")).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let url = server.url_of(&name);
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let a_day_ago = (SystemClock.now() - time::Duration::days(1)).date().to_string();
    let left = AssertSqlSafe(LEFT.replace(ITS_DAY, &a_day_ago));
    sqlx::raw_sql(left).execute(&mut connection).await.unwrap();
    let held = "update public.orders set reserved_until = now() + interval '30 minutes' where status = 'reserved'";
    sqlx::raw_sql(held).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    Shop::at(url)
}

/// The ids of its orders by their keys.
async fn ids(shop: &Shop) -> BTreeMap<String, Uuid> {
    let ids = sqlx::query_as::<_, (String, Uuid)>("select key, id from submissions");
    ids.fetch_all(shop.pool()).await.unwrap().into_iter().collect()
}

/// How the provider's answer about a key reads.
async fn word(provider: &Sandbox, key: Option<String>) -> Word {
    let Some(key) = key else { return Word::None };
    match provider.find(&key).await.unwrap() {
        None => Word::None,
        Some(Authorization::Authorized { .. }) => Word::Held,
        Some(Authorization::Voided) => Word::LetGo,
        Some(Authorization::Declined { code }) => {
            let known = ["insufficient_funds", "card_declined"].into_iter().find(|known| *known == code);
            Word::Declined(known.unwrap_or_else(|| panic!("it was not declined for {code}")))
        }
    }
}

#[tokio::test]
async fn its_entries_in_the_provider_s_books_are_read_as_held_refused_and_let_go() {
    let shop = left().await;
    shop.database.migrate().await.unwrap();
    let ids = ids(&shop).await;
    assert_eq!(ids.len(), ORDERS.len());
    let provider = Sandbox::new(shop.database.clone());
    let books = provider.books(OrderId(Uuid::nil()), OrderId(Uuid::max()), 1_000).await.unwrap();
    for (name, _, expected, _) in ORDERS {
        let id = ids[name];
        let key = sqlx::query_scalar("select key from payments where order_id = $1");
        let key: Option<String> = key.bind(id).fetch_optional(shop.pool()).await.unwrap();
        assert_eq!(word(&provider, key).await, expected, "{name}");
        // The audit reads them all at once. A key that was closed before any money was asked for is no entry there.
        let entries: Vec<_> = books.iter().filter(|entry| entry.reference == id.to_string()).collect();
        let holds_money = entries.iter().any(|entry| entry.holds_money);
        assert!(entries.len() <= 1 && holds_money == (expected == Word::Held), "{name}: {entries:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_executions_and_messages_are_taken_in_hand_and_carried_to_their_ends() {
    let shop = left().await;
    let ids = ids(&shop).await;
    for (name, expected, ..) in ORDERS {
        let place = "select state ->> 'state', state -> 'phase' ->> 'is' from executions where id = $1";
        let place = sqlx::query_as::<_, (String, String)>(place).bind(ids[name]).fetch_optional(shop.pool()).await;
        let place = place.unwrap();
        assert_eq!(place.as_ref().map(|(state, phase)| (state.as_str(), phase.as_str())), expected, "{name}");
    }
    assert_eq!(shop.count("select count(*) from messages where instance is not null").await, 3, "in hand");
    // It brings the database up to date itself.
    let server = Server::start(&shop).await;
    let all: Vec<Uuid> = ids.values().copied().collect();
    shop.settled(&all, WITHIN).await;
    shop.quiet(WITHIN).await;
    for (name, _, _, expected) in ORDERS {
        let end = "select status || coalesce(': ' || reason, '') from orders where id = $1";
        let end: String = sqlx::query_scalar(end).bind(ids[name]).fetch_one(shop.pool()).await.unwrap();
        assert_eq!(end, expected, "{name}");
    }
    assert_eq!(shop.count("select count(*) from executions where status <> 'succeeded'").await, 0);
    drop(server);
    shop.audit().await;
}
