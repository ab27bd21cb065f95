//! The users by which functions connect: each may do what its functions do, and nothing else.

use super::shop::Shop;
use adapters::postgres::{
    Database,
    roles::DatabaseRole::{self, Api, Payments, Worker},
};
use sqlx::{Connection, PgConnection};
use std::iter::zip;

const PASSWORD: &str = "a \"pass\\word' of theirs";

/// The users of one database, by names that no other test has on the server that they share.
struct Users {
    shop: Shop,
    prefix: &'static str,
}

impl Users {
    async fn make(prefix: &'static str) -> Self {
        let users = Self { shop: Shop::empty().await, prefix };
        for role in [Api, Worker, Payments] {
            users.shop.database.make_user(role, &users.name(role), PASSWORD).await.unwrap();
        }
        users
    }

    fn name(&self, role: DatabaseRole) -> String {
        format!("{} {role:?} \"user\"", self.prefix)
    }

    /// What holds for a session that the role's user opens and that sets nothing.
    async fn settings(&self, role: DatabaseRole) -> Vec<String> {
        let options = self.shop.database.durable.connect_options();
        let options = (*options).clone().username(&self.name(role)).password(PASSWORD);
        let mut session = PgConnection::connect_with(&options).await.unwrap();
        let settings = sqlx::query_scalar(
            "select array[current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout'),
                          current_setting('enable_seqscan'), current_setting('enable_mergejoin'), current_setting('jit')]",
        )
        .fetch_one(&mut session)
        .await
        .unwrap();
        session.close().await.unwrap();
        settings
    }

    /// Whether the role may do that; whatever it does is undone.
    async fn may(&self, role: DatabaseRole, statement: &'static str) -> bool {
        let mut transaction = self.shop.database.durable.begin().await.unwrap();
        let take_on: String = sqlx::query_scalar("select format('set local role %I', $1)")
            .bind(self.name(role))
            .fetch_one(&mut *transaction)
            .await
            .unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(take_on)).execute(&mut *transaction).await.unwrap();
        match sqlx::raw_sql(statement).execute(&mut *transaction).await {
            Ok(_) => true,
            Err(error) => {
                // Not for want of a right is as good as done.
                let code = error.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
                !["42501", "3F000"].contains(&code.as_deref().unwrap_or_default())
            }
        }
    }
}

#[tokio::test]
async fn each_user_may_do_what_its_functions_do_and_nothing_else() {
    let users = Users::make("each").await;
    let rights = [
        ("select * from orders, order_events, products, stock, invoices, order_search", [true, true, true]),
        ("update orders set updated_at = now()", [true, true, true]),
        ("insert into products select 'A', 'A', 'EUR', 1, 0, '{}', now()", [false, true, true]),
        ("delete from sweeps", [false, true, true]),
        ("update payments set state = 'voided'", [false, true, true]),
        ("insert into invoice_series values ('x', 2026, 0)", [false, true, true]),
        (
            "insert into warehouse_feed (warehouse, order_id, sequence, event)
             values ('x', gen_random_uuid(), 1, '{}')",
            [false, true, true],
        ),
        ("select * from sandbox.payment_intents", [false, false, true]),
        ("insert into sandbox.payment_intents (key) values ('x')", [false, false, true]),
        ("delete from sandbox.payment_intents", [false, false, false]),
        ("select * from _sqlx_migrations", [false, false, false]),
        ("truncate orders", [false, false, false]),
        ("drop table orders", [false, false, false]),
        ("create table public.mine ()", [false, false, false]),
        ("create schema mine", [false, false, false]),
        ("create role another", [false, false, false]),
        ("alter table orders add column mine int", [false, false, false]),
    ];
    for (statement, may) in rights {
        for (role, may) in zip([Api, Worker, Payments], may) {
            assert_eq!(users.may(role, statement).await, may, "{role:?}: {statement}");
        }
    }
}

#[tokio::test]
async fn an_order_of_long_ago_is_changed_by_whoever_may_change_any() {
    let users = Users::make("long ago").await;
    users
        .shop
        .run(
            "insert into orders (id, customer, status, version, currency, lines, email, shipping_address, payment_method,
                                 created_at, updated_at)
             values ('00000000-0000-7000-8000-000000000001', 'zoe', 'confirmed', 3, 'EUR', '[]', 'zoe@example.com', '{}',
                     'pm_card_visa', now() - interval '9 days', now() - interval '9 days')",
        )
        .await;
    // What the database notes of the change is none of the user's tables.
    let changes = "update orders set status = 'cancelled', updated_at = now()";
    for role in [Api, Worker, Payments] {
        assert!(users.may(role, changes).await, "{role:?}");
    }
    assert!(!users.may(Api, "delete from closings").await);
}

/// A role that had more, and a table that came later.
#[tokio::test]
async fn said_again_a_user_has_what_its_role_has_now() {
    let users = Users::make("again").await;
    let database: &Database = &users.shop.database;
    sqlx::raw_sql("create table later (x int)").execute(&database.durable).await.unwrap();
    assert!(!users.may(Worker, "delete from later").await);
    for role in [Api, Worker] {
        // The worker's name with the rights of the API and the other way.
        let other = if role == Api { Worker } else { Api };
        database.make_user(role, &users.name(other), "changed").await.unwrap();
    }
    assert!(users.may(Api, "delete from later").await && !users.may(Worker, "delete from later").await);
    let kept: String = sqlx::query_scalar("select rolpassword from pg_authid where rolname = $1")
        .bind(users.name(Api))
        .fetch_one(&database.durable)
        .await
        .unwrap();
    assert!(kept.starts_with("SCRAM-SHA-256$4096:"), "{kept}");
}

/// What an embedded connection is told when it is made, the user of a function is given for each of its sessions.
#[tokio::test]
async fn the_sessions_of_each_user_have_limits() {
    let users = Users::make("limits").await;
    let database: &Database = &users.shop.database;
    for (role, ends) in [(Api, "5s"), (Worker, "1min"), (Payments, "1min")] {
        let limits = [ends, "10s", "off", "off", "off"];
        assert_eq!(users.settings(role).await, limits, "{role:?}");

        let forget: String = sqlx::query_scalar("select format('alter role %I reset all', $1)")
            .bind(users.name(role))
            .fetch_one(&database.durable)
            .await
            .unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(forget)).execute(&database.durable).await.unwrap();
        assert_ne!(users.settings(role).await, limits, "{role:?}");
        database.make_user(role, &users.name(role), PASSWORD).await.unwrap();
        assert_eq!(users.settings(role).await, limits, "{role:?}, said again");
    }
}

#[tokio::test]
async fn who_is_connected_keeps_its_own_rights() {
    let users = Users::make("own").await;
    let own: String =
        sqlx::query_scalar("select current_user::text").fetch_one(&users.shop.database.durable).await.unwrap();
    users.shop.database.make_user(Api, &own, "another").await.unwrap();
    sqlx::raw_sql("create table still_mine ()").execute(&users.shop.database.durable).await.unwrap();
    let limits: i64 = sqlx::query_scalar(
        "select count(*) from pg_roles where rolname = current_user and rolconfig::text like '%statement_timeout%'",
    )
    .fetch_one(&users.shop.database.durable)
    .await
    .unwrap();
    assert_eq!(limits, 0, "a migration takes its time");
}
