//! What the pipeline needs is away for a while: the provider, the folder of documents, the database. Orders are delayed, and
//! nothing is lost.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use local_postgres::EphemeralPostgres;
use reqwest::StatusCode;
use serde_json::Value;
use std::{fs, sync::atomic::Ordering, time::Duration};
use support::{Shop, id_in, order, server::Server, wait_until};

const WITHIN: Duration = Duration::from_secs(60);
/// Long enough for several retries of the workflow.
const OUTAGE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn while_the_provider_is_down_orders_wait_and_then_they_are_confirmed() {
    let shop = Shop::open(0).await;
    let pipeline = shop.pipeline().await;
    let url = format!("http://{}", pipeline.address);
    pipeline.wired.outage.store(true, Ordering::SeqCst);
    let ids = shop.accepted_all(&url, &["pm_card_visa", "pm_sandbox_flaky", "pm_sandbox_slow", "pm_card_visa"]).await;
    tokio::time::sleep(OUTAGE).await;
    assert_eq!(shop.count("select count(*) from orders where status = 'reserved'").await, 4);
    assert_eq!(shop.count("select count(*) from sandbox.payment_intents").await, 0);
    // What is called off meanwhile must not be paid for later.
    assert_eq!(shop.cancel(&url, "zoe", ids[3]).await.unwrap().status(), StatusCode::ACCEPTED);
    pipeline.wired.outage.store(false, Ordering::SeqCst);
    shop.settled(&ids, WITHIN).await;
    for id in &ids[..3] {
        assert_eq!(shop.status(*id).await, "confirmed");
    }
    assert_eq!(shop.status(ids[3]).await, "cancelled");
    shop.audit().await;
    pipeline.stop().await;
}

/// By the policy itself, because nobody wants to wait for it: the delays are random up to a bound, so half the sum of the
/// bounds is what is to be expected, and that is many times a minute.
#[test]
fn the_workflow_outlasts_a_provider_that_is_down_for_a_minute() {
    let workflow: Value = serde_json::from_str(workflows::CHECKOUT).unwrap();
    for (name, state) in workflow["States"].as_object().unwrap() {
        let Some(retriers) = state["Retry"].as_array() else {
            assert_ne!(state["Type"], "Task", "{name} is not tried again");
            continue;
        };
        assert_eq!(retriers.last().unwrap()["ErrorEquals"], serde_json::json!(["States.ALL"]), "{name}");
        for retrier in retriers.iter().filter(|retrier| retrier["MaxAttempts"] != 0) {
            let number = |field: &str| retrier[field].as_u64().unwrap();
            let (mut delay, mut sum) = (number("IntervalSeconds"), 0);
            for _ in 0..number("MaxAttempts") {
                sum += delay;
                delay = (delay * number("BackoffRate")).min(number("MaxDelaySeconds"));
            }
            assert!(sum / 2 > 4 * 60, "{name} gives up after about {} s", sum / 2);
        }
    }
}

#[tokio::test]
async fn a_damaged_invoice_is_never_answered_and_soon_there_again() {
    let shop = Shop::open(0).await;
    let server = Server::start(&shop).await;
    let ids = shop.accepted_all(&server.url, &["pm_card_visa"; 2]).await;
    shop.settled(&ids, WITHIN).await;
    let path = format!("{}/v1/orders/{}/invoice", server.url, ids[0]);
    let ask = async || shop.http.get(&path).bearer_auth(shop.token("zoe")).send().await.unwrap();
    let issued = ask().await.bytes().await.unwrap();
    let folder = shop.dir.path().join("documents/invoices");
    let year = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let files: Vec<_> = fs::read_dir(year).unwrap().map(|file| file.unwrap().path()).collect();
    let (own, others): (Vec<_>, Vec<_>) = files.iter().partition(|file| fs::read(file).unwrap() == issued);
    for damage in ["emptied", "cut", "removed", "swapped"] {
        match damage {
            "emptied" => fs::write(own[0], b"").unwrap(),
            "cut" => fs::write(own[0], &issued[..issued.len() / 2]).unwrap(),
            "removed" => fs::remove_file(own[0]).unwrap(),
            _ => drop(fs::copy(others[0], own[0]).unwrap()),
        }
        wait_until("the invoice to be there again", WITHIN, async || {
            let answer = ask().await;
            match answer.status() {
                StatusCode::OK => {
                    assert_eq!(answer.bytes().await.unwrap(), issued, "{damage}");
                    Ok(())
                }
                StatusCode::SERVICE_UNAVAILABLE if answer.headers().contains_key("retry-after") => {
                    Err(format!("{damage}, and not mended"))
                }
                other => panic!("{damage}: {other}"),
            }
        })
        .await;
        assert_eq!(fs::read(own[0]).unwrap(), issued, "{damage}");
    }
    shop.quiet(WITHIN).await;
    shop.audit().await;
}

#[tokio::test]
async fn while_documents_cannot_be_written_invoices_alone_wait() {
    let shop = Shop::open(0).await;
    let server = Server::start(&shop).await;
    let before = shop.accepted_all(&server.url, &["pm_card_visa"; 2]).await;
    shop.settled(&before, WITHIN).await;
    // Permissions do not stop root, but nobody can write into a folder that is a file.
    let (folder, aside) = (shop.dir.path().join("documents"), shop.dir.path().join("aside"));
    fs::rename(&folder, &aside).unwrap();
    fs::write(&folder, "a disk that went wrong").unwrap();

    let ids = shop.accepted_all(&server.url, &["pm_card_visa", "pm_card_chargeDeclined", "pm_card_visa"]).await;
    wait_until("the orders to be decided", WITHIN, async || {
        let decided = shop.count("select count(*) from orders where status in ('confirmed', 'rejected')").await;
        if decided == 5 { Ok(()) } else { Err(format!("{decided} of 5 are")) }
    })
    .await;
    wait_until("the invoices to be tried", WITHIN, async || {
        match shop.count("select count(*) from messages where queue = 'invoice' and last_error is not null").await {
            2 => Ok(()),
            tried => Err(format!("{tried} of 2 are")),
        }
    })
    .await;
    assert!(server.is_healthy().await);
    assert_eq!(shop.count("select count(*) from orders where invoiced").await, 2);
    let asked = shop.http.get(format!("{}/v1/orders/{}/invoice", server.url, ids[0])).bearer_auth(shop.token("zoe"));
    assert_eq!(asked.send().await.unwrap().status(), StatusCode::NOT_FOUND);

    fs::remove_file(&folder).unwrap();
    fs::rename(&aside, &folder).unwrap();
    shop.settled(&[before, ids.clone()].concat(), WITHIN).await;
    assert_eq!(shop.count("select count(*) from invoices where stored_at is not null").await, 4);
    let asked = shop.http.get(format!("{}/v1/orders/{}/invoice", server.url, ids[0])).bearer_auth(shop.token("zoe"));
    assert!(asked.send().await.unwrap().bytes().await.unwrap().starts_with(b"%PDF-"));
    assert_eq!(shop.count("select count(*) from messages").await, 0);
    shop.audit().await;
}

#[tokio::test]
async fn while_the_database_is_away_a_submission_is_asked_to_come_again_and_makes_one_order() {
    let postgres = EphemeralPostgres::start().await.unwrap();
    let shop = Shop::open_on(&postgres, 0).await;
    let server = Server::start(&shop).await;
    let body = order(&[("TEA", 1)], "pm_card_visa");
    let before = shop.accepted(&server.url, "zoe", "before", &body).await;
    shop.settled(&[before], WITHIN).await;
    // Its supervisor cannot start a server whose control file is elsewhere: it stays away for as long as the test wants.
    let (control, aside) =
        (postgres.server().data_directory().join("global/pg_control"), shop.dir.path().join("aside"));
    fs::rename(&control, &aside).unwrap();
    let mut stop = postgres.server().command("pg_ctl").unwrap();
    stop.arg("stop").arg("-D").arg(postgres.server().data_directory()).args(["-m", "immediate"]);
    assert!(stop.output().unwrap().status.success());
    let refused = shop.submit(&server.url, "zoe", "during", &body).await.unwrap();
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    assert!(server.is_healthy().await);
    let ready = shop.http.get(format!("{}/readyz", server.url)).send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    // The log names the cause, not only that a connection was waited for in vain.
    server.said("nobody listens there").await;
    fs::rename(&aside, &control).unwrap();

    let mut answer = None;
    wait_until("the order to be accepted under the same key", WITHIN, async || {
        let given = shop.submit(&server.url, "zoe", "during", &body).await.map_err(|error| error.to_string())?;
        match given.status() {
            StatusCode::ACCEPTED => {
                answer = Some(given.text().await.unwrap());
                Ok(())
            }
            StatusCode::SERVICE_UNAVAILABLE if given.headers().contains_key("retry-after") => Err("503".to_owned()),
            other => panic!("it was answered {other}"),
        }
    })
    .await;
    let during = id_in(&answer.unwrap());
    shop.settled(&[before, during], WITHIN).await;
    assert_eq!(shop.count("select count(*) from orders").await, 2);
    assert_eq!(shop.count("select count(*) from submissions").await, 2);
    shop.audit().await;
}
