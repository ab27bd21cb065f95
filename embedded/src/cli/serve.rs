//! `serve`: everything, until Ctrl-C or SIGTERM.
#![expect(clippy::print_stdout, reason = "a command prints its answer")]

use super::store::Store;
use crate::{
    config::{Config, TokenSettings},
    development_key::development_key,
    issuer::Issuer,
    pipeline::Pipeline,
    shutdown,
};
use handlers::token::{Identity, Role, Tokens};
use std::{io::IsTerminal, process::ExitCode, sync::Arc};
use time::{Duration, OffsetDateTime};

/// A token that lasts a working day is enough to try things out.
const TRIAL: Duration = Duration::hours(24);
/// Of the catalogue that is shipped.
const SAMPLE_SKU: &str = "TEA-EARL-GREY";

pub(super) async fn serve(config: &Config) -> anyhow::Result<ExitCode> {
    config.guarded()?;
    let stop = shutdown::requested()?;
    let tokens: Arc<dyn Tokens> = match &config.tokens {
        TokenSettings::Issuer(settings) => Arc::new(Issuer::new(settings.clone())?),
        TokenSettings::DevelopmentKey { .. } => Arc::new(development_key(&config.data_dir)?),
    };
    let store = Store::open(config).await?;
    let pipeline = match Pipeline::start(config, store.url(), tokens).await {
        Ok(pipeline) => pipeline,
        Err(error) => {
            store.close().await;
            return Err(error);
        }
    };
    welcome(config, &pipeline).await?;
    stop.await;
    println!("Stopping: work in hand is finished, the rest waits in the database.");
    pipeline.stop().await;
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// A token to try things out with. What is no terminal is a log, which others read: there it says how to get one.
fn trial_token(config: &Config, now: OffsetDateTime) -> anyhow::Result<String> {
    match &config.tokens {
        TokenSettings::Issuer(settings) => Ok(format!("(a token of {} with role customer)", settings.url)),
        TokenSettings::DevelopmentKey { .. } if std::io::stdout().is_terminal() => {
            let identity = Identity { sub: "you".to_owned(), role: Role::Customer, warehouse: None };
            Ok(development_key(&config.data_dir)?.sign(&identity, now, TRIAL)?)
        }
        TokenSettings::DevelopmentKey { .. } => Ok("$(sluice token --role customer --sub you)".to_owned()),
    }
}

async fn welcome(config: &Config, pipeline: &Pipeline) -> anyhow::Result<()> {
    let token = trial_token(config, pipeline.parts.ports.clock.now())?;
    let url = format!("http://{}", pipeline.address);
    let first = pipeline.parts.ports.catalogue.products(None, 1).await?.items.into_iter().next();
    println!("sluice serves on {url}  (documents in {})\n", config.data_dir.join("documents").display());
    if first.is_none() {
        println!("The catalogue is empty, so every order is refused. Fill it, in another terminal:\n");
        println!("  sluice catalog import embedded/demo/catalog.csv    (or a file of your own)\n");
    }
    let (sku, currency) = match first {
        Some(product) => (product.sku, product.price.currency),
        None => (SAMPLE_SKU.to_owned(), "EUR".parse()?),
    };
    let order = serde_json::json!({
        "currency": currency,
        "lines": [{ "sku": sku, "quantity": 1 }],
        "email": "zoe@example.com",
        "shipping_address": {
            "name": "Zoe Miller", "line1": "1 High Street", "city": "London", "postal_code": "N1 1AA", "country": "GB"
        },
        "payment": { "method": "pm_card_visa" }
    });
    println!(
        "Place an order and wait up to five seconds for the answer:\n\n  \
         curl -sS {url}/v1/orders -H \"Authorization: Bearer {token}\" \\\n    \
         -H 'Idempotency-Key: try-1' -H 'Prefer: wait=5' -H 'Content-Type: application/json' \\\n    \
         -d '{order}'\n"
    );
    println!("Then: GET {url}/v1/orders, {url}/v1/orders/ID/invoice, {url}/openapi.json, {url}/metrics");
    println!("Tokens: sluice token --role customer --sub NAME     Check: sluice audit     Stop: Ctrl-C");
    Ok(())
}
