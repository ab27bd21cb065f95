//! `aws-local`: the pipeline as it runs on AWS, on an AWS that runs on this machine: the deployment template, the built
//! functions, Step Functions, queues and buckets, with IAM enforced. Only the database is a real one, started for it.

use crate::{
    catalog::{self, ImportArgs},
    local_aws::{Deployment, LocalAws, Purpose, Python, Site, build_functions, checkout, publish_catalogue},
};
use adapters::system::SystemClock;
use anyhow::{Context, bail};
use handlers::token::{Identity, Role, TokenKey};
use indicatif::ProgressBar;
use local_postgres::EphemeralPostgres;
use runtime::{config::Config, pipeline::listen, say, shutdown, terminal::COULD_NOT_RUN};
use std::{
    convert::Infallible,
    io::{IsTerminal, stdout},
    process::ExitCode,
    time::Duration,
};
use time::OffsetDateTime;
use workflows::ports::Clock;

/// A token that lasts a working day is enough to try things out.
const TRIAL: time::Duration = time::Duration::hours(24);
/// What the trial sells, from the folder of the source.
const GOODS: &str = "embedded/shop/demo/catalog.csv";
/// Of the catalogue that is shipped.
const SAMPLE_SKU: &str = "TEA-EARL-GREY";

/// Brings it up and stays until Ctrl-C.
pub(super) async fn aws_local(config: &Config) -> anyhow::Result<ExitCode> {
    let root = checkout()?;
    let python = Python::find(Purpose::LOCAL_AWS)?;
    drop(listen(config.listen).await?);
    let spinner = ProgressBar::new_spinner();
    spinner.enable_steady_tick(Duration::from_millis(100));
    let show = |what: &str| spinner.set_message(what.to_owned());
    // What may be missing on the machine is said before the minutes that the build takes.
    let python = python.with_packages(&root, show)?;
    show("starting PostgreSQL");
    let postgres = EphemeralPostgres::start().await?;
    let database_url = empty_database(&postgres).await?;
    let building = || {
        say!("Building the functions. The first time takes some minutes.");
        build_functions(&root, &[])
    };
    let functions = spinner.suspend(building)?;
    // From here on there is something to stop in order.
    let stop = shutdown::requested()?;
    let deployment = Deployment::of_the_pipeline(&root, functions.path(), database_url.clone(), config.listen);
    tokio::pin!(stop);
    let starting = LocalAws::start(&root, &python, &deployment, show);
    let mut aws = tokio::select! {
        aws = starting => aws?,
        () = &mut stop => return Ok(ExitCode::from(COULD_NOT_RUN)),
    };
    spinner.finish_and_clear();
    let of_the_shop = Config { database_url: Some(database_url.clone()), ..config.clone() };
    let goods = root.join(GOODS);
    let goods = ImportArgs { file: goods, skip_bad: false, counted: false, again: false };
    let opened = async {
        catalog::import(&of_the_shop, &goods).await?;
        publish_catalogue(&root, &python, aws.site()).await?;
        welcome(&aws, &database_url)
    };
    let opened = tokio::select! {
        opened = opened => opened.map(|()| true),
        () = &mut stop => Ok(false),
    };
    if !matches!(opened, Ok(true)) {
        aws.stop().await?;
        postgres.stop().await;
        return opened.map(|_| ExitCode::from(COULD_NOT_RUN));
    }
    tokio::select! {
        () = stop => say!("Stopping: the local AWS and its database are gone with this."),
        ended = aws.ended() => match ended? {},
    }
    aws.stop().await?;
    postgres.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// A database that the deployment itself brings up to date.
async fn empty_database(postgres: &EphemeralPostgres) -> anyhow::Result<String> {
    Ok(postgres.fresh_database(async |_| Ok::<_, Infallible>(())).await?)
}

/// A token to try things out with. What is no terminal is a log, which others read: there it says how to sign one with the
/// key of the stack.
fn trial_token(site: &Site, on_terminal: bool, now: OffsetDateTime) -> anyhow::Result<String> {
    const KEY: &str = "TokenKey";
    let Some(token_key) = &site.token_key else { bail!("the deployed API verifies its tokens elsewhere") };
    if on_terminal {
        let identity = Identity { sub: "you".to_owned(), role: Role::Customer, warehouse: None };
        return Ok(TokenKey::from_bytes(token_key.as_bytes())?.sign(&identity, now, TRIAL)?);
    }
    let secret = &site.resources.get(KEY).with_context(|| format!("the template has no {KEY}"))?.id;
    let key = format!("$(aws secretsmanager get-secret-value --secret-id {secret} --query SecretString --output text)");
    Ok(format!("$(SLUICE_TOKEN_KEY={key} infra/sign_token.py customer you)"))
}

fn welcome(aws: &LocalAws, database_url: &str) -> anyhow::Result<()> {
    let Site { endpoint, api, log, .. } = aws.site();
    let token = trial_token(aws.site(), stdout().is_terminal(), SystemClock.now())?;
    let order = serde_json::json!({
        "currency": "EUR",
        "lines": [{ "sku": SAMPLE_SKU, "quantity": 1 }],
        "email": "zoe@example.com",
        "shipping_address": {
            "name": "Zoe Miller", "line1": "1 High Street", "city": "London", "postal_code": "N1 1AA", "country": "GB"
        },
        "payment": { "method": "pm_card_visa" }
    });
    say!("The template is deployed on a local AWS; its API answers on {api}\n");
    say!(
        "Look at it with the AWS CLI or an SDK:\n\n  \
         export AWS_ENDPOINT_URL={endpoint} AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test\n  \
         aws stepfunctions list-state-machines\n"
    );
    say!(
        "Place an order and wait up to ten seconds for the answer:\n\n  \
         curl -sS {api}/v1/orders -H \"Authorization: Bearer {token}\" \\\n    \
         -H \"Idempotency-Key: try-$(date +%s)\" -H 'Prefer: wait=10' -H 'Content-Type: application/json' \\\n    \
         -d '{order}'\n"
    );
    say!("Its database: psql '{database_url}'");
    say!("Its log: {}", log.display());
    say!("Stop: Ctrl-C");
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::local_aws::Resource;
    use std::path::PathBuf;

    #[test]
    fn the_goods_of_the_trial_are_in_the_source() {
        assert!(checkout().unwrap().join(GOODS).is_file());
    }

    #[test]
    fn a_token_that_works_is_shown_on_a_terminal_only() {
        let key = "k".repeat(64);
        let secret = Resource { id: "arn:of:the:key".to_owned(), kind: "AWS::SecretsManager::Secret".to_owned() };
        let site = Site {
            endpoint: String::new(),
            region: String::new(),
            api: String::new(),
            process: 0,
            log: PathBuf::new(),
            resources: [("TokenKey".to_owned(), secret)].into(),
            token_key: Some(key.clone()),
        };
        assert!(trial_token(&site, true, OffsetDateTime::UNIX_EPOCH).unwrap().starts_with("eyJ"));
        let logged = trial_token(&site, false, OffsetDateTime::UNIX_EPOCH).unwrap();
        assert!(!logged.contains("eyJ") && !logged.contains(&key), "{logged}");
        assert!(logged.contains("arn:of:the:key") && logged.contains("infra/sign_token.py"), "{logged}");
    }
}
