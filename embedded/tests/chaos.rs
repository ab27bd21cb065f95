//! Everything is killed again and again under load, at moments that nobody chose: the server by SIGKILL, its database by an
//! immediate stop. Whatever a client was promised comes to its end all the same, and no promise is broken on the way.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking, and says with what seed")]

mod support;

use local_postgres::{EphemeralPostgres, LocalPostgres};
use sqlx::{Connection, PgConnection};
use std::{sync::Arc, time::Duration};
use support::{
    Shop, by_chance, folder,
    load::Load,
    server::{Server, audit_command},
    wait_until,
};

/// How often something is killed in the long test.
const FAULTS: usize = 36;
/// In the shorter one, where the server runs its own database.
const FAULTS_WITH_OWN_DATABASE: usize = 8;
const CLIENTS: u64 = 12;
/// Each is as likely as it stands here.
const KINDS: [Fault; 5] = [Fault::Server, Fault::Server, Fault::Server, Fault::Database, Fault::Both];

#[derive(Clone, Copy, Debug)]
enum Fault {
    Server,
    Database,
    Both,
}

/// A run is repeated by the seed it printed: `CHAOS_SEED=... cargo test -p sluice --test chaos`.
fn seed() -> u64 {
    let seed =
        std::env::var("CHAOS_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| by_chance().u64(..));
    eprintln!("CHAOS_SEED={seed}");
    seed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_killed_under_load_every_accepted_order_reaches_its_end() {
    let seed = seed();
    let mut rng = fastrand::Rng::with_seed(seed);
    let postgres = EphemeralPostgres::start().await.unwrap();
    let shop = Arc::new(Shop::open_on(&postgres, 200).await);
    let mut server = Server::start(&shop).await;
    let load = Load::start(&shop, std::slice::from_ref(&server.url), CLIENTS, seed);
    for number in 1..=FAULTS {
        tokio::time::sleep(Duration::from_millis(rng.u64(300..1_500))).await;
        let fault = KINDS[rng.usize(..KINDS.len())];
        eprintln!("fault {number}: {fault:?} after {} promised orders", load.promised());
        match fault {
            Fault::Server => server.kill(),
            Fault::Database => stop_at_once(postgres.server()),
            Fault::Both => {
                server.kill();
                stop_at_once(postgres.server());
            }
        }
        match fault {
            Fault::Server => server.restart().await,
            Fault::Database => answers(postgres.server()).await,
            Fault::Both => {
                answers(postgres.server()).await;
                server.restart().await;
            }
        }
    }
    let promised = load.stop().await;
    eprintln!("{} promised orders", promised.len());
    assert!(promised.len() > FAULTS, "hardly any load: {} orders", promised.len());
    shop.settled(&promised, Duration::from_secs(240)).await;
    nothing_is_left(&shop, &promised).await;
    shop.audit().await;
    audit_command(shop.dir.path(), Some(&shop.url));
}

/// The same with everything in one process tree, as `sluice` without DATABASE_URL runs: its end is the database's end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_that_runs_its_own_database_loses_nothing() {
    let seed = seed();
    let mut rng = fastrand::Rng::with_seed(seed);
    let folder = folder();
    let mut server = Server::start_in(folder.path(), None).await;
    let mut shop = Shop::at(server.own_database_url().await);
    // The servers of this test share the folder's key.
    shop.dir = folder;
    shop.stock(50).await;
    let shop = Arc::new(shop);
    let load = Load::start(&shop, std::slice::from_ref(&server.url), 3, seed);
    for _ in 0..FAULTS_WITH_OWN_DATABASE {
        tokio::time::sleep(Duration::from_millis(rng.u64(300..1_500))).await;
        server.kill();
        server.restart().await;
    }
    let promised = load.stop().await;
    shop.settled(&promised, Duration::from_secs(240)).await;
    nothing_is_left(&shop, &promised).await;
    shop.audit().await;
    shop.database.close().await;
    assert!(server.terminate(Duration::from_secs(30)).await.success());
    // The command starts the database by itself.
    audit_command(shop.dir.path(), None);
}

/// What PostgreSQL's own crash tests do: every backend dies without a checkpoint, and what was not flushed is lost.
fn stop_at_once(postgres: &LocalPostgres) {
    let mut command = postgres.command("pg_ctl").unwrap();
    command.arg("stop").arg("-D").arg(postgres.data_directory()).args(["-m", "immediate"]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Its supervisor starts it again.
async fn answers(postgres: &LocalPostgres) {
    wait_until("PostgreSQL to run again", Duration::from_secs(60), async || {
        let connection = PgConnection::connect(postgres.url()).await.map_err(|error| error.to_string())?;
        connection.close().await.map_err(|error| error.to_string())
    })
    .await;
}

async fn nothing_is_left(shop: &Shop, promised: &[uuid::Uuid]) {
    let known = sqlx::query_scalar::<_, i64>("select count(*) from orders where id = any($1)");
    let known = known.bind(promised).fetch_one(shop.pool()).await.unwrap();
    assert_eq!(usize::try_from(known).unwrap(), promised.iter().collect::<std::collections::HashSet<_>>().len());
    // Also what was accepted without the client hearing of it.
    shop.quiet(Duration::from_secs(60)).await;
    assert_eq!(shop.count("select count(*) from executions where status <> 'succeeded'").await, 0);
    assert_eq!(shop.count("select count(*) from orders where status = 'reserved'").await, 0);
    assert_eq!(shop.count("select count(*) from orders where status = 'confirmed' and not invoiced").await, 0);
}
