//! `serve`: everything, until Ctrl-C or SIGTERM.

use handlers::token::{Identity, Role, Tokens};
use runtime::{
    config::{Config, TokenSettings},
    development_key::development_key,
    issuer::Issuer,
    pipeline::Pipeline,
    say, shutdown,
    store::Store,
};
use std::{future::pending, io::IsTerminal, pin::pin, process::ExitCode, sync::Arc};
use time::{Duration, OffsetDateTime};

/// A token that lasts a working day is enough to try things out.
const TRIAL: Duration = Duration::hours(24);
/// Of the catalogue that is shipped.
const SAMPLE_SKU: &str = "TEA-EARL-GREY";

pub(super) async fn serve(config: &Config) -> anyhow::Result<ExitCode> {
    config.guarded()?;
    // Heard from here on: making a database, connecting and migrating take their time.
    let mut stop = pin!(shutdown::requested()?);
    let tokens: Arc<dyn Tokens> = match &config.tokens {
        TokenSettings::Issuer(settings) => Arc::new(Issuer::new(settings.clone())?),
        TokenSettings::DevelopmentKey { .. } => Arc::new(development_key(&config.data_dir)?),
    };
    let Some(mut store) = Store::open(config, &mut stop).await? else { return Ok(called_off()) };
    let started = tokio::select! {
        started = Pipeline::start(config, store.url(), tokens) => started.map(Some),
        () = &mut stop => Ok(None),
    };
    let pipeline = match started {
        Ok(Some(pipeline)) => pipeline,
        Ok(None) => {
            store.close().await;
            return Ok(called_off());
        }
        Err(error) => {
            store.close().await;
            return Err(error);
        }
    };
    store.bear_interruptions();
    let served = async {
        welcome(config, &pipeline).await?;
        pending::<anyhow::Result<()>>().await
    };
    let ended = tokio::select! {
        ended = served => ended,
        () = &mut stop => Ok(()),
    };
    say!("Stopping: work in hand is finished, the rest waits in the database.");
    pipeline.stop().await;
    store.close().await;
    ended.map(|()| ExitCode::SUCCESS)
}

fn called_off() -> ExitCode {
    say!("Stopped before everything ran.");
    ExitCode::SUCCESS
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

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

async fn welcome(config: &Config, pipeline: &Pipeline) -> anyhow::Result<()> {
    let token = trial_token(config, pipeline.wired.ports.clock.now())?;
    let url = format!("http://{}", pipeline.address);
    let page = pipeline.wired.ports.catalogue.products(None, 1).await?;
    // One that cannot be read is passed over.
    let is_empty = page.items.is_empty() && page.next_cursor.is_none();
    let first = page.items.into_iter().next();
    say!("sluice serves on {url}  (documents in {})\n", config.data_dir.join("documents").display());
    if !config.orders.seller.specimen && !config.has_time_zone {
        say!("Invoices are dated by UTC: set SLUICE_TIME_ZONE if the seller keeps its books elsewhere.\n");
    }
    if is_empty {
        say!("The catalogue is empty, so every order is refused. Fill it, in another terminal:\n");
        say!("  sluice catalog import FILE    (a CSV; sluice catalog import --help says of what)\n");
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
    say!(
        "Place an order and wait up to five seconds for the answer:\n\n  \
         curl -sS {url}/v1/orders -H \"Authorization: Bearer {token}\" \\\n    \
         -H \"Idempotency-Key: try-$(date +%s)\" -H 'Prefer: wait=5' -H 'Content-Type: application/json' \\\n    \
         -d {}\n",
        quoted(&order.to_string())
    );
    say!("Then: GET {url}/v1/orders, {url}/v1/orders/ID/invoice, {url}/openapi.json, {url}/metrics");
    let tokens = match &config.tokens {
        TokenSettings::Issuer(settings) => format!("of {}, meant for {}", settings.url, settings.audience),
        TokenSettings::DevelopmentKey { .. } => "sluice token --role customer --sub NAME".to_owned(),
    };
    say!("Tokens: {tokens}     Check: sluice audit     Stop: Ctrl-C");
    Ok(())
}
