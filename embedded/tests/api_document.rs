//! The OpenAPI document says what is taken and what is answered: Schemathesis makes requests of it, good ones and bad ones
//! and chains of them along its links, in each role, and finds nothing.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test fails by panicking")]

mod support;

use adapters::system::SystemClock;
use futures_util::future::join_all;
use handlers::token::{Identity, Role};
use sluice::local_aws::{Purpose, Python, checkout};
use support::{Shop, server::Server};
use tokio::process::Command;
use workflows::ports::Clock;

const SCHEMATHESIS: Purpose = Purpose {
    what: "the check of the API's document",
    requirements: "embedded/tests/schemathesis/requirements.txt",
    packages: "Schemathesis (95 MB)",
};

/// The same requests each time: a test that fails by chance helps nobody. Other seeds are for runs by hand.
const SEED: &str = "1";
/// For each operation: many for who submits orders and follows the links from them, fewer for those who are mostly refused.
const CASES_OF_BUYERS: &str = "60";
const CASES_OF_OTHERS: &str = "12";

/// So many requests to each operation in the role of the token; nothing may be wrong with any answer.
async fn judged(python: &Python, server: &Server, role: &str, cases: &str, token: Option<String>) {
    let root = checkout().unwrap();
    let mut command = Command::from(python.command());
    command.args(["-m", "schemathesis.cli", "run", "--checks", "all", "--no-color", "--generation-database", "none"]);
    command.args(["--seed", SEED, "--max-examples", cases, "--request-timeout", "30"]);
    command.env("SCHEMATHESIS_HOOKS", root.join("embedded/tests/schemathesis/hooks.py"));
    if let Some(token) = token {
        command.args(["--header", &format!("Authorization:Bearer {token}")]);
    }
    command.arg(format!("{}/openapi.json", server.url));
    // Where it finds no configuration and leaves nothing.
    command.current_dir(std::env::temp_dir());
    let output = command.output().await.unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "as {role}:\n{said}");
}

#[tokio::test]
async fn every_answer_is_as_the_document_says_in_every_role() {
    let python = Python::find(SCHEMATHESIS)
        .and_then(|python| python.with_packages(&checkout().unwrap(), |what| eprintln!("{what}")))
        .unwrap_or_else(|missing| panic!("{missing}"));
    let shop = Shop::open(1_000).await;
    let server = Server::start(&shop).await;
    let token = |role: Role, warehouse: Option<&str>| {
        let key = runtime::development_key::development_key(shop.dir.path()).unwrap();
        let identity = Identity { sub: "zoe".to_owned(), role, warehouse: warehouse.map(str::to_owned) };
        Some(key.sign(&identity, SystemClock.now(), time::Duration::hours(1)).unwrap())
    };
    let roles = [
        ("customer", CASES_OF_BUYERS, token(Role::Customer, None)),
        ("support", CASES_OF_OTHERS, token(Role::Support, None)),
        ("warehouse", CASES_OF_OTHERS, token(Role::Warehouse, Some("main"))),
        ("nobody", CASES_OF_OTHERS, None),
    ];
    join_all(roles.map(|(role, cases, token)| judged(&python, &server, role, cases, token))).await;
}
