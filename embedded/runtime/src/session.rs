//! A pipeline to send orders to: the one that already serves on this data folder, or an own one for as long as needed.

use crate::{
    config::{Config, TokenSettings},
    development_key::development_key,
    pipeline::Pipeline,
    store::Store,
};
use adapters::{
    postgres::{
        Database,
        catalogue::{Delivery, PgCatalogue},
        schema::Schema,
    },
    system::SystemClock,
};
use anyhow::bail;
use handlers::token::{Identity, Role, TokenKey};
use std::{sync::Arc, time::Duration as Pause};
use time::Duration;
use workflows::ports::Clock;

/// An open session.
pub struct Session {
    /// The API's address, without a slash at the end.
    pub url: String,
    /// The database, for what has no API: the import of a catalogue, the audit.
    pub database: Database,
    key: TokenKey,
    store: Store,
    own: Option<Pipeline>,
}

/// What a session does where a shop runs already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neighbour {
    /// It joins it.
    Join,
    /// It leaves it alone.
    Refuse,
}

/// Whose shop a session may send orders to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A new one, or one whose goods are those of sessions: nobody keeps books by it.
    OfSessions,
    /// Whatever shop it is: that was asked for.
    Anybodys,
}

impl Whose {
    /// Anybody's if it was asked to go into whatever shop there is.
    pub fn asked(into_this_shop: bool) -> Self {
        if into_this_shop { Self::Anybodys } else { Self::OfSessions }
    }
}

/// What the demo's units come in by.
pub const DEMO: &str = "demo/catalog.csv";
/// What a replay's units come in by.
pub const REPLAY: &str = "replay";

impl Session {
    /// Joins the server that runs on this address and data folder, or starts one. Nothing if it was asked to stop meanwhile.
    ///
    /// # Errors
    /// One sentence on what to do.
    pub async fn open(
        config: &Config,
        neighbour: Neighbour,
        whose: Whose,
        stop: &mut (impl Future<Output = ()> + Unpin),
    ) -> anyhow::Result<Option<Self>> {
        if whose == Whose::OfSessions && !config.orders.seller.specimen {
            bail!(real_shop("SLUICE_SELLER is set, so invoices are no specimens"));
        }
        let key = development_key(&config.data_dir)?;
        let Some(store) = Store::open(config, stop).await? else { return Ok(None) };
        let opened = tokio::select! {
            opened = join_or_start(config, neighbour, whose, &store, &key) => opened.map(Some),
            () = stop => Ok(None),
        };
        match opened {
            Ok(Some((url, own, database))) => Ok(Some(Self { url, database, key, store, own })),
            Ok(None) => {
                store.close().await;
                Ok(None)
            }
            Err(error) => {
                store.close().await;
                Err(error)
            }
        }
    }

    /// Whether this session started the server itself.
    pub fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// A token for a customer of that name, good for a day.
    ///
    /// # Errors
    /// If the key cannot sign.
    pub fn customer_token(&self, name: &str) -> anyhow::Result<String> {
        let identity = Identity { sub: name.to_owned(), role: Role::Customer, warehouse: None };
        Ok(self.key.sign(&identity, SystemClock.now(), Duration::days(1))?)
    }

    /// Imports products and books their units in.
    ///
    /// # Errors
    /// If the database does not answer; then nothing was imported.
    pub async fn import(
        &self,
        deliveries: &[Delivery],
        source: &str,
        progress: impl FnMut(usize),
    ) -> anyhow::Result<()> {
        let catalogue = PgCatalogue::new(self.database.clone(), Arc::new(SystemClock));
        Ok(catalogue.import(deliveries, source, progress).await?)
    }

    /// Stops what `open` started, in order.
    pub async fn close(self) {
        self.database.close().await;
        if let Some(pipeline) = self.own {
            pipeline.stop().await;
        }
        self.store.close().await;
    }
}

/// The server's address, itself if it is our own, and its database.
async fn join_or_start(
    config: &Config,
    neighbour: Neighbour,
    whose: Whose,
    store: &Store,
    key: &TokenKey,
) -> anyhow::Result<(String, Option<Pipeline>, Database)> {
    let running = running(config, key).await?;
    if neighbour == Neighbour::Refuse && (running.is_some() || store.is_joined()) {
        bail!(
            "a shop runs already in {}, and what this sends would stand among its orders; stop that, or choose another \
             folder with SLUICE_DATA_DIR and another address with SLUICE_LISTEN",
            config.data_dir.display()
        );
    }
    if whose == Whose::OfSessions && has_other_goods(store).await? {
        bail!(real_shop("this shop has products of its own"));
    }
    if let Some(url) = running {
        return Ok((url, None, store.database().await?));
    }
    let own = start_own(config, store, key).await?;
    match store.database().await {
        Ok(database) => Ok((format!("http://{}", own.address), Some(own), database)),
        Err(error) => {
            own.stop().await;
            Err(error)
        }
    }
}

/// Whether there is a shop, and it has goods that no session brought.
async fn has_other_goods(store: &Store) -> anyhow::Result<bool> {
    let database = store.database_as_it_is().await?;
    let found = async {
        match database.schema().await? {
            Schema::Absent => Ok(false),
            Schema::Current | Schema::Older(_) | Schema::Newer(_) => {
                let catalogue = PgCatalogue::new(database.clone(), Arc::new(SystemClock));
                catalogue.has_other_goods(&[DEMO, REPLAY]).await
            }
        }
    };
    let found = found.await;
    database.close().await;
    Ok(found?)
}

fn real_shop(why: &str) -> String {
    format!(
        "{why}: a demo or a replay would put products and orders of its own among the shop's, and take numbers of its \
         invoices. Choose another folder with SLUICE_DATA_DIR, without DATABASE_URL and SLUICE_SELLER, or say \
         --into-this-shop if that is meant"
    )
}

/// A pipeline that takes the tokens which the session makes.
async fn start_own(config: &Config, store: &Store, key: &TokenKey) -> anyhow::Result<Pipeline> {
    let anywhere = config.tokens == TokenSettings::DevelopmentKey { anywhere: true };
    let own = Config { tokens: TokenSettings::DevelopmentKey { anywhere }, ..config.clone() };
    own.guarded()?;
    Pipeline::start(&own, store.url(), Arc::new(key.clone())).await
}

/// The address of a server that takes our tokens; one that does not is somebody else's.
async fn running(config: &Config, key: &TokenKey) -> anyhow::Result<Option<String>> {
    let url = format!("http://{}", config.listen);
    let client = reqwest::Client::builder().timeout(Pause::from_secs(3)).build()?;
    let identity = Identity { sub: "sluice".to_owned(), role: Role::Customer, warehouse: None };
    let token = key.sign(&identity, SystemClock.now(), Duration::minutes(1))?;
    match client.get(format!("{url}/v1/products?limit=1")).bearer_auth(token).send().await {
        Ok(answer) if answer.status().is_success() => Ok(Some(url)),
        Ok(_) => bail!(
            "{} is in use by something that does not serve this data folder; set SLUICE_LISTEN to another address",
            config.listen
        ),
        Err(_) => Ok(None),
    }
}
