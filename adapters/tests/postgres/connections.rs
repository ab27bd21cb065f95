//! Connections: what is set on them, through whom they may go, and how one is given up whose server fell silent.

use super::shop::{Shop, fresh_database, submission};
use adapters::postgres::{Database, MIGRATIONS, runtime::intake::PgIntake};
use sqlx::{PgPool, postgres::PgConnectOptions};
use std::{future::pending, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, UnixStream},
    sync::watch,
    time::{Instant, timeout},
};
use workflows::ports::{Acceptance, Intake, Readiness};

const PATIENCE: Duration = Duration::from_secs(20);

async fn shown(pool: &PgPool, setting: &str) -> String {
    sqlx::query_scalar("select current_setting($1)").bind(setting).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn a_promise_is_on_disk_and_a_delivery_soon() {
    let database = Database::connect(&fresh_database().await, 1).unwrap();
    for (pool, commit) in [(&database.durable, "on"), (&database.relaxed, "off")] {
        assert_eq!(shown(pool, "synchronous_commit").await, commit);
        assert_eq!(shown(pool, "plan_cache_mode").await, "force_generic_plan");
    }
}

/// RDS Proxy refuses a session that starts with settings.
#[tokio::test]
async fn a_session_starts_without_settings() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://sluice@{}/shop?sslmode=disable", server.local_addr().unwrap());
    for database in [Database::connect(&url, 1).unwrap(), Database::connect_once(&url).unwrap()] {
        let asking = tokio::spawn(async move { database.check().await });
        let (mut session, _) = timeout(PATIENCE, server.accept()).await.unwrap().unwrap();
        let length = usize::try_from(session.read_u32().await.unwrap()).unwrap();
        let mut start = vec![0; length - 4];
        session.read_exact(&mut start).await.unwrap();
        let words: Vec<&str> = start[4..].split(|byte| *byte == 0).map(|word| str::from_utf8(word).unwrap()).collect();
        assert_eq!(words[..2], ["user", "sluice"]);
        assert!(!words.contains(&"options"), "{words:?}");
        asking.abort();
    }
}

#[tokio::test]
async fn what_nobody_waits_for_ends() {
    let url = fresh_database().await;
    let database = Database::connect(&url, 1).unwrap();
    for (pool, longest) in [
        (&database.durable, "1min"),
        (&database.relaxed, "1min"),
        (&database.acceptance, "5s"),
        (&database.reading, "2s"),
    ] {
        assert_eq!(shown(pool, "statement_timeout").await, longest);
        assert_eq!(shown(pool, "idle_in_transaction_session_timeout").await, "10s");
    }
    let function = Database::connect_once(&url).unwrap();
    for setting in ["statement_timeout", "idle_in_transaction_session_timeout"] {
        assert_eq!(shown(&function.durable, setting).await, "0", "a proxy would give it to others too");
    }
}

/// What a new session asks first. The server is none: over a socket of its own machine a real one shows no keepalives.
async fn first_asked(database: Database, server: &TcpListener) -> String {
    let asking = tokio::spawn(async move { database.check().await });
    let (mut session, _) = timeout(PATIENCE, server.accept()).await.unwrap().unwrap();
    let length = usize::try_from(session.read_u32().await.unwrap()).unwrap();
    session.read_exact(&mut vec![0; length - 4]).await.unwrap();
    // It is let in, and may ask.
    session.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I").await.unwrap();
    session.read_u8().await.unwrap();
    let length = usize::try_from(session.read_u32().await.unwrap()).unwrap();
    let mut asked = vec![0; length - 4];
    timeout(PATIENCE, session.read_exact(&mut asked)).await.unwrap().unwrap();
    asking.abort();
    String::from_utf8_lossy(&asked).into_owned()
}

#[tokio::test]
async fn a_session_is_missed_soon_when_its_host_is_gone() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://sluice@{}/shop?sslmode=disable", server.local_addr().unwrap());
    let asked = first_asked(Database::connect(&url, 1).unwrap(), &server).await;
    let settings = ["tcp_keepalives_idle = 4", "tcp_keepalives_interval = 2", "tcp_keepalives_count = 3"];
    for setting in settings.into_iter().chain(["tcp_user_timeout = '10s'"]) {
        assert!(asked.contains(&format!("set {setting}")), "{asked}");
    }
    let asked = first_asked(Database::connect_once(&url).unwrap(), &server).await;
    assert!(asked.contains("select 1") && !asked.contains("set "), "{asked}");
}

/// Forwards connections to a database, and leaves those that are open without an answer at each signal.
async fn forward(to: &PgConnectOptions) -> (SocketAddr, watch::Sender<()>) {
    let socket = to.get_socket().unwrap().join(format!(".s.PGSQL.{}", to.get_port()));
    let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = front.local_addr().unwrap();
    let (silence, silenced) = watch::channel(());
    tokio::spawn(async move {
        loop {
            let (mut near, _) = front.accept().await.unwrap();
            let mut far = UnixStream::connect(&socket).await.unwrap();
            let mut silenced = silenced.clone();
            silenced.mark_unchanged();
            tokio::spawn(async move {
                tokio::select! {
                    _ = copy_bidirectional(&mut near, &mut far) => {}
                    _ = silenced.changed() => pending().await,
                }
            });
        }
    });
    (address, silence)
}

#[tokio::test]
async fn a_connection_whose_server_fell_silent_gives_its_place_to_another() {
    let real: PgConnectOptions = fresh_database().await.parse().unwrap();
    let (address, silence) = forward(&real).await;
    let url = format!("postgres://sluice@{address}/{}?sslmode=disable", real.get_database().unwrap());
    let database = Database::connect_once(&url).unwrap();
    let mut connection = database.durable.acquire().await.unwrap();
    silence.send_replace(());
    let asked = timeout(Duration::from_millis(100), sqlx::query("select 1").execute(&mut *connection)).await;
    assert!(asked.is_err(), "nobody answers");
    drop(connection);
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = database.check().await {
        assert!(Instant::now() < deadline, "{}", error.chain());
    }
}

#[tokio::test]
async fn a_connection_that_fell_silent_does_not_stop_the_acceptance_of_orders() {
    let shop = Shop::empty().await;
    let (address, silence) = forward(&shop.database.durable.connect_options()).await;
    let name = shop.value::<String>("select current_database()::text").await;
    let database = Database::connect(&format!("postgres://sluice@{address}/{name}?sslmode=disable"), 1).unwrap();
    let intake = PgIntake::new(database);
    let order = shop.order(&[("TEA", 1)]);
    let accept = async || {
        let accepting = intake.accept(vec![submission(order.clone(), "k", 1)]);
        timeout(PATIENCE, accepting).await.expect("an answer")
    };
    // The statement is known to the connection, so it hangs where it is carried out.
    let first = submission(shop.order(&[("TEA", 1)]), "first", 1);
    assert_eq!(intake.accept(vec![first]).await.unwrap(), [Acceptance::Accepted]);
    let mut lock = shop.database.durable.begin().await.unwrap();
    sqlx::query("lock table submissions in exclusive mode").execute(&mut *lock).await.unwrap();
    let falling_silent = async {
        shop.somebody_waits_for_a_lock().await;
        silence.send_replace(());
        lock.rollback().await.unwrap();
    };
    let (in_vain, ()) = tokio::join!(accept(), falling_silent);
    assert!(in_vain.unwrap_err().away);
    // It was accepted all the same, which the same key tells.
    assert_eq!(accept().await.unwrap(), [Acceptance::Replayed { id: order.id, accepted_at: order.accepted_at }]);
}

#[tokio::test]
async fn a_schema_of_a_later_release_is_no_error() {
    let database = Database::connect(&fresh_database().await, 1).unwrap();
    database.migrate().await.unwrap();
    let later = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (99990101000000, 'later', true, '', 0)";
    sqlx::query(later).execute(&database.durable).await.unwrap();
    database.migrate().await.unwrap();
    let made: i64 =
        sqlx::query_scalar("select count(*) from _sqlx_migrations").fetch_one(&database.durable).await.unwrap();
    assert_eq!(usize::try_from(made).unwrap(), MIGRATIONS.iter().count() + 1);
}
