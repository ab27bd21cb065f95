//! What a process does that cannot start, or is not to start after all: it says why, and leaves nothing behind.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use futures_util::future::join_all;
use sqlx::Connection;
use std::{fs, path::Path, process::Stdio};
use support::{
    Shop, folder, new_id, order,
    partition::Partition,
    pooler::Pooler,
    run::{WITHIN, begun, begun_with, ended, terminate},
    server::{Server, command, free_port, prepared},
    wait_until,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
};

/// Statements that wait for somebody's lock.
const BLOCKED: &str =
    "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";

async fn blocked(shop: &Shop) {
    wait_until("a statement to wait for the lock", WITHIN, async || match shop.count(BLOCKED).await {
        0 => Err("none does".to_owned()),
        _ => Ok(()),
    })
    .await;
}

/// Nothing that was started for a folder runs any more.
async fn is_left_alone(folder: &Path) {
    wait_until("every process of the folder to end", WITHIN, async || {
        let output = std::process::Command::new("ps").args(["-A", "-ww", "-o", "command="]).output().unwrap();
        let running = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut theirs = running.lines().filter(|line| line.contains(folder.to_str().unwrap()));
        theirs.next().map_or(Ok(()), |line| Err(line.to_owned()))
    })
    .await;
}

#[tokio::test]
async fn asked_to_stop_while_its_database_is_made_it_ends_and_leaves_no_process() {
    let folder = folder();
    let child = begun(folder.path(), None, &["serve"]);
    wait_until("the database to be made", WITHIN, async || {
        let made = ["postgres.new", "postgres"].iter().any(|name| folder.path().join(name).exists());
        if made { Ok(()) } else { Err("nothing is there".to_owned()) }
    })
    .await;
    terminate(&child);
    let (code, said) = ended(child).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Stopped before everything ran") && !said.contains("serves on"), "{said}");
    is_left_alone(folder.path()).await;
}

#[tokio::test]
async fn asked_to_stop_while_the_database_says_nothing_it_ends() {
    let (folder, listener) = (folder(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let url = format!("postgres://u@{}/shop?sslmode=disable", listener.local_addr().unwrap());
    let child = begun(folder.path(), Some(&url), &["serve"]);
    let connection = tokio::time::timeout(WITHIN, listener.accept()).await.unwrap().unwrap();
    terminate(&child);
    let (code, said) = ended(child).await;
    assert_eq!(code, Some(0), "{said}");
    drop(connection);
}

#[tokio::test]
async fn asked_to_stop_while_it_migrates_it_ends() {
    let shop = Shop::open(0).await;
    let mut other = sqlx::PgConnection::connect(&shop.url).await.unwrap();
    let lock = "begin; lock table _sqlx_migrations in access exclusive mode";
    sqlx::raw_sql(lock).execute(&mut other).await.unwrap();
    let child = begun(shop.dir.path(), Some(&shop.url), &["serve"]);
    blocked(&shop).await;
    terminate(&child);
    let (code, said) = ended(child).await;
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test]
async fn a_database_that_never_answers_is_named_by_every_command() {
    let (folder, listener) = (folder(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let place = listener.local_addr().unwrap().to_string();
    let url = format!("postgres://u:a-secret@{place}/shop?sslmode=disable");
    let goods = folder.path().join("goods.csv");
    fs::write(&goods, "sku,name,price,currency,tax_rate,stock\nTEA,Tea,1.00,EUR,19,1\n").unwrap();
    let import = ["catalog", "import", goods.to_str().unwrap()];
    let commands: [&[&str]; 5] = [&["serve"], &["audit"], &["dlq", "list"], &["index", "rebuild"], &import];
    for (code, said) in join_all(commands.map(|arguments| ended(begun(folder.path(), Some(&url), arguments)))).await {
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(&place) && said.contains("no answer within") && !said.contains("a-secret"), "{said}");
    }
}

#[tokio::test]
async fn a_command_whose_database_falls_silent_gives_up_and_says_what_to_do() {
    let shop = Shop::open(0).await;
    let partition = Partition::before(&shop.url).await;
    let goods = shop.dir.path().join("goods.csv");
    fs::write(&goods, "sku,name,price,currency,tax_rate,stock\nTEA,Tea,1.00,EUR,19,1\n").unwrap();
    let mut other = sqlx::PgConnection::connect(&shop.url).await.unwrap();
    sqlx::raw_sql("begin; lock table products in access exclusive mode").execute(&mut other).await.unwrap();
    let import = begun(shop.dir.path(), Some(&partition.url), &["catalog", "import", goods.to_str().unwrap()]);
    blocked(&shop).await;
    partition.cut();
    let (code, said) = ended(import).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("answers no more") && said.contains("run the command again"), "{said}");
}

#[tokio::test]
async fn where_there_is_no_shop_commands_make_none_and_say_where_to_go() {
    let folder = folder();
    let data_dir = folder.path().join("data");
    let goods = folder.path().join("goods.csv");
    fs::write(&goods, "sku,name,price,currency,tax_rate,stock\nTEA,Tea,1.00,EUR,19,1\n").unwrap();
    for arguments in [
        vec!["audit"],
        vec!["dlq", "list"],
        vec!["dlq", "show", "1"],
        vec!["dlq", "redrive", "--all"],
        vec!["dlq", "delete", "1", "--reason", "a test"],
        vec!["index", "rebuild"],
        vec!["database-url"],
        vec!["postgres"],
        vec!["catalog", "import", goods.to_str().unwrap()],
        vec!["token", "--role", "customer", "--sub", "zoe"],
    ] {
        let (code, said) = ended(begun(&data_dir, None, &arguments)).await;
        assert_eq!(code, Some(2), "{arguments:?}: {said}");
        assert!(said.contains("SLUICE_DATA_DIR") && said.contains("sluice serve"), "{arguments:?}: {said}");
        assert!(!data_dir.exists(), "{arguments:?} made a folder");
    }
}

#[tokio::test]
async fn whether_something_is_wrong_and_whether_it_could_be_looked_at_are_told_apart() {
    let shop = Shop::open(0).await;
    let code = |arguments: &[&str]| command(&shop, arguments).status.code();
    assert_eq!(code(&["audit"]), Some(0));
    shop.run("update stock set reserved = reserved + 1 where sku = 'TEA'").await;
    assert_eq!(code(&["audit"]), Some(1));
    let (nobody, folder) = (TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap(), folder());
    let url = format!("postgres://u@{nobody}/shop?sslmode=disable");
    let (code, said) = ended(begun(folder.path(), Some(&url), &["audit"])).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("nobody listens there"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_of_documents_of_another_installation_is_named_and_left_alone() {
    let shop = Shop::open(0).await;
    shop.pipeline().await.stop().await;
    let id = async || -> String {
        sqlx::query_scalar("select id::text from installation").fetch_one(shop.pool()).await.unwrap()
    };
    let theirs = id().await;
    shop.run("update installation set id = gen_random_uuid()").await;
    let ours = id().await;
    for (arguments, expected) in [(["serve"], 2), (["audit"], 1)] {
        let (code, said) = ended(begun(shop.dir.path(), Some(&shop.url), &arguments)).await;
        assert_eq!(code, Some(expected), "{arguments:?}: {said}");
        assert!(said.contains(&theirs) && said.contains(&ours), "{arguments:?}: {said}");
    }
    let mark = fs::read_to_string(shop.dir.path().join("documents/installation")).unwrap();
    assert_eq!(mark.trim(), theirs);
}

#[tokio::test]
async fn the_demo_leaves_a_shop_alone_that_runs_already() {
    let folder = folder();
    let server = Server::start_in(folder.path(), None).await;
    let orders = async || {
        let shop = Shop::at(server.own_database_url().await);
        shop.count("select count(*) from products").await + shop.count("select count(*) from submissions").await
    };
    for address in ["127.0.0.1:0", server.url.trim_start_matches("http://")] {
        let mut demo = prepared(folder.path(), None);
        let output = demo.arg("demo").env("SLUICE_LISTEN", address).stdin(Stdio::null()).output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{address}: {complaint}");
        assert!(complaint.contains("a shop runs already"), "{address}: {complaint}");
        assert_eq!(orders().await, 0, "{address}");
    }
}

#[tokio::test]
async fn a_demo_issues_no_invoice_in_the_name_of_a_seller() {
    let folder = folder();
    let seller = r#"{"name": "Tea", "line1": "Weg 1", "postal_code": "10115", "city": "Berlin", "country": "DE",
                     "vat_id": "DE123456789"}"#;
    let mut demo = prepared(folder.path(), None);
    demo.arg("demo").env("SLUICE_LISTEN", "127.0.0.1:0").env("SLUICE_SELLER", seller);
    let output = demo.stdin(Stdio::null()).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{complaint}");
    assert!(complaint.contains("SLUICE_SELLER") && complaint.contains("--into-this-shop"), "{complaint}");
    assert!(!folder.path().join("postgres").exists() && !folder.path().join("documents").exists());
}

#[tokio::test]
async fn who_made_a_token_for_whom_stands_in_the_log_and_the_token_does_not() {
    let folder = folder();
    runtime::development_key::development_key(folder.path()).unwrap();
    let mut token = prepared(folder.path(), None);
    token.args(["token", "--role", "support", "--sub", "ada"]);
    let output = token.stdin(Stdio::null()).output().unwrap();
    let (made, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && log.contains("operator:") && log.contains("role support for ada"), "{log}");
    assert!(!made.trim().is_empty() && !log.contains(made.trim()), "the log has a token that works");
}

#[tokio::test]
async fn whoever_stops_reading_ends_a_command_quietly() {
    let shop = Shop::open(0).await;
    shop.run("insert into messages (queue, body) select 'intake-dlq', '{}' from generate_series(1, 500)").await;
    for arguments in [vec!["audit", "--json"], vec!["dlq", "list"], vec!["dlq", "list", "--json"], vec!["--help"]] {
        let mut child = begun(shop.dir.path(), Some(&shop.url), &arguments);
        drop(child.stdout.take());
        let (code, said) = ended(child).await;
        assert_eq!(code, Some(0), "{arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
    }
    // Nobody reads what it complains of either.
    let mut child = begun(shop.dir.path(), Some(&shop.url), &["dlq", "show", "0"]);
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(ended(child).await.0, Some(2));
}

#[tokio::test]
async fn behind_a_pooler_that_gives_each_transaction_another_session_it_does_not_start() {
    let shop = Shop::open(0).await;
    let pooler = Pooler::before(&shop.url).await;
    let (code, said) = ended(begun(shop.dir.path(), Some(&pooler.url), &["serve"])).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("pool_mode = session"), "{said}");
}

#[tokio::test]
async fn a_server_whose_words_nobody_reads_serves_on_and_ends_in_order() {
    let shop = Shop::open(0).await;
    for reads in ["not at all", "the greeting", "all but the log"] {
        let address = format!("127.0.0.1:{}", free_port());
        let url = format!("http://{address}");
        let settings = [("SLUICE_LISTEN", address.as_str()), ("SLUICE_LOG", "info")];
        let mut child = begun_with(shop.dir.path(), Some(&shop.url), &["serve"], &settings);
        let mut words = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut kept = None;
        if reads == "not at all" {
            drop((words, child.stderr.take()));
        } else {
            let greeting = async { while !words.next_line().await.unwrap().unwrap().contains("Stop: Ctrl-C") {} };
            tokio::time::timeout(WITHIN, greeting).await.expect("it does not greet");
            drop(child.stderr.take());
            kept = (reads == "all but the log").then_some(words);
        }
        wait_until("the server to answer", WITHIN, async || {
            let answer = shop.http.get(format!("{url}/healthz")).send().await.map_err(|error| error.to_string())?;
            if answer.status().is_success() { Ok(()) } else { Err(answer.status().to_string()) }
        })
        .await;
        let id = shop.accepted(&url, "zoe", &new_id().to_string(), &order(&[("TEA", 1)], "pm_card_visa")).await;
        shop.settled(&[id], WITHIN).await;
        assert!(shop.cancel(&url, "zoe", id).await.unwrap().status().is_success(), "{reads}");
        shop.settled(&[id], WITHIN).await;
        terminate(&child);
        let status = tokio::time::timeout(WITHIN, child.wait()).await.expect("it still runs").unwrap();
        assert_eq!(status.code(), Some(0), "who reads {reads}");
        drop(kept);
    }
    shop.audit().await;
}

const TEA_LTD: &str = r#"{"name": "Tea Ltd", "line1": "1 Hill", "postal_code": "10115", "city": "Berlin", "country": "DE", "vat_id": "VAT"}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_be_wrong_on_every_invoice_stops_the_start_and_by_which_day_they_are_dated_is_said() {
    let shop = Shop::open(0).await;
    let (good, bad) = (TEA_LTD.replace("VAT", "DE136695976"), TEA_LTD.replace("VAT", "DE12"));
    let listen = ("SLUICE_LISTEN", "127.0.0.1:0");
    let serve = |settings: &[(&str, &str)]| begun_with(shop.dir.path(), Some(&shop.url), &["serve"], settings);
    let (code, said) = ended(serve(&[listen, ("SLUICE_SELLER", &bad)])).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("SLUICE_SELLER") && said.contains("vat_id"), "{said}");
    let zone = |name| Some(("SLUICE_TIME_ZONE", name));
    for (zone, is_told) in [(None, true), (zone("Europe/Berlin"), false), (zone("UTC"), false)] {
        let settings: Vec<_> = [listen, ("SLUICE_SELLER", &good)].into_iter().chain(zone).collect();
        let mut child = serve(&settings);
        let mut words = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = String::new();
        let welcome = async {
            while !said.contains("Stop: Ctrl-C") {
                said += &words.next_line().await.unwrap().expect("it ended");
            }
        };
        tokio::time::timeout(WITHIN, welcome).await.expect("it does not serve");
        assert_eq!(said.contains("SLUICE_TIME_ZONE"), is_told, "{said}");
        terminate(&child);
        drop(words);
        assert_eq!(ended(child).await.0, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_that_has_issued_invoices_does_not_go_on_with_specimens_because_a_setting_was_lost() {
    let shop = Shop::open(0).await;
    let seller = TEA_LTD.replace("VAT", "DE136695976");
    let mut server = Server::start_with(&shop, &[("SLUICE_SELLER", &seller)]).await;
    let ids = shop.accepted_all(&server.url, &["pm_card_visa"]).await;
    shop.settled(&ids, WITHIN).await;
    server.kill();
    let listen = ("SLUICE_LISTEN", "127.0.0.1:0");
    let (code, said) = ended(begun_with(shop.dir.path(), Some(&shop.url), &["serve"], &[listen])).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("SLUICE_SELLER is not set") && said.contains("Tea Ltd"), "{said}");
    server.restart().await;
    let ids = shop.accepted_all(&server.url, &["pm_card_visa"]).await;
    shop.settled(&ids, WITHIN).await;
    shop.audit().await;
}
