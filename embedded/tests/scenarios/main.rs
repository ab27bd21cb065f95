//! What buyers and support can rely on, seen over HTTP alone: the scenarios that are run on AWS too, here on one process.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod suite;
#[path = "../support/mod.rs"]
mod support;

use suite::Target;
use support::{Shop, server::Server};

async fn target() -> Target {
    let shop = Shop::open(0).await;
    let server = Server::start(&shop).await;
    let key = runtime::development_key::development_key(shop.dir.path()).unwrap();
    Target::new(server.url.clone(), key, Some(Box::new((server, shop))))
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(test);
}

suite::each_scenario!(super::run, super::target());
