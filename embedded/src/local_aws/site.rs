//! A running local AWS: `infra/local/local_aws.py`, which tells what it does in lines of JSON and ends with our end of
//! its standard input, however we end.

use super::python::Python;
use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use std::{
    collections::BTreeMap,
    convert::Infallible,
    env::consts::ARCH,
    net::SocketAddr,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::Stdio,
    str::FromStr,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

/// A template, and what it is deployed with.
pub struct Deployment {
    /// The template's file.
    pub template: PathBuf,
    /// The folder of the built functions.
    pub functions: PathBuf,
    /// The database for a template that has one; the deployment brings it up to date.
    pub database_url: Option<String>,
    /// The template's parameters.
    pub parameters: BTreeMap<String, String>,
    /// Where its API answers; port 0 takes a free one.
    pub listen: SocketAddr,
    /// More variables for MiniStack.
    pub environment: BTreeMap<String, String>,
}

impl Deployment {
    /// The pipeline itself, for this machine.
    pub fn of_the_pipeline(root: &Path, functions: &Path, database_url: String, listen: SocketAddr) -> Self {
        let architecture = if ARCH == "aarch64" { "arm64" } else { "x86_64" };
        let parameters = [("Stage", "local"), ("Architecture", architecture)];
        Self {
            template: root.join("infra/template.yaml"),
            functions: functions.to_path_buf(),
            database_url: Some(database_url),
            parameters: parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            listen,
            // This database is not on any network.
            environment: [("DATABASE_SSLMODE".to_owned(), "disable".to_owned())].into(),
        }
    }
}

/// What is there.
#[derive(Clone, Debug, Deserialize)]
pub struct Site {
    /// Where AWS answers.
    pub endpoint: String,
    /// The region of it all.
    pub region: String,
    /// Where the deployed API answers.
    pub api: String,
    /// The process that runs the functions.
    pub process: u32,
    /// What it logs.
    pub log: PathBuf,
    /// What was deployed, by its name in the template.
    #[serde(default)]
    pub resources: BTreeMap<String, Resource>,
    /// The key of bearer tokens, if the functions verify them.
    #[serde(default)]
    pub token_key: Option<String>,
}

/// A deployed resource.
#[derive(Clone, Debug, Deserialize)]
pub struct Resource {
    /// How AWS knows it.
    pub id: String,
    /// Such as `AWS::SQS::Queue`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A line of what it tells.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    Doing(String),
    Ready(Box<Site>),
    Failed(String),
}

/// A local AWS for as long as this lives.
pub struct LocalAws {
    site: Site,
    child: Child,
    told: Lines<BufReader<ChildStdout>>,
    /// It ends when this closes.
    lifeline: OwnedFd,
}

impl LocalAws {
    /// Starts it and deploys. `progress` is told what it does, in a few words each.
    ///
    /// # Errors
    /// What the AWS or the deployment failed with, as a sentence.
    pub async fn start(
        root: &Path,
        python: &Python,
        deployment: &Deployment,
        progress: impl Fn(&str),
    ) -> anyhow::Result<Self> {
        let mut command = Command::from(python.command());
        command.arg(root.join("infra/local/local_aws.py"));
        command.arg("--listen").arg(deployment.listen.to_string());
        command.arg("--environment").arg(json!(deployment.environment).to_string());
        command.arg("--template").arg(&deployment.template).arg("--functions").arg(&deployment.functions);
        command.arg("--parameters").arg(json!(deployment.parameters).to_string());
        if let Some(url) = &deployment.database_url {
            command.arg("--database").arg(secret(url)?.to_string());
        }
        // A Ctrl-C at the terminal is for us, who end it in order.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("the local AWS cannot be run")?;
        let (lifeline, told) = child.stdin.take().zip(child.stdout.take()).context("the local AWS has no pipes")?;
        let lifeline = lifeline.into_owned_fd()?;
        let mut told = BufReader::new(told).lines();
        let site = loop {
            match next(&mut told).await? {
                Told::Doing(what) => progress(&what),
                Told::Ready(site) => break *site,
                Told::Failed(why) => bail!("{why}"),
            }
        };
        Ok(Self { site, child, told, lifeline })
    }

    /// What is there.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Waits until it ends by itself, which it should not.
    ///
    /// # Errors
    /// Always: why it ended.
    pub async fn ended(&mut self) -> anyhow::Result<Infallible> {
        match next(&mut self.told).await? {
            Told::Failed(why) => bail!("{why}"),
            Told::Doing(_) | Told::Ready(_) => bail!("the local AWS began anew"),
        }
    }

    /// Stops it and waits until it is gone.
    ///
    /// # Errors
    /// If it cannot be waited for.
    pub async fn stop(self) -> anyhow::Result<()> {
        let Self { mut child, lifeline, .. } = self;
        drop(lifeline);
        child.wait().await?;
        Ok(())
    }
}

async fn next(told: &mut Lines<BufReader<ChildStdout>>) -> anyhow::Result<Told> {
    let Some(line) = told.next_line().await? else { bail!("the local AWS ended; it says why above") };
    Ok(serde_json::from_str(&line)?)
}

/// The secret of a database as RDS writes it. A folder of sockets stands percent-encoded for the host, as in any URL of
/// PostgreSQL.
fn secret(database_url: &str) -> anyhow::Result<Value> {
    let options = PgConnectOptions::from_str(database_url).context("DATABASE_URL cannot be understood")?;
    // The options keep the password to themselves.
    let password = reqwest::Url::parse(database_url)?.password().unwrap_or_default().to_owned();
    let socket = options
        .get_socket()
        .map(|path| path.as_os_str().as_encoded_bytes().iter().map(|byte| format!("%{byte:02X}")).collect::<String>());
    Ok(json!({
        "username": options.get_username(),
        "password": password,
        "host": socket.unwrap_or_else(|| options.get_host().to_owned()),
        "port": options.get_port(),
        "dbname": options.get_database(),
    }))
}
