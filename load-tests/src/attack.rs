//! What a flood is made of: clients that read one endpoint in closed loops, or connections that are held with little sent on
//! them. It runs on a thread of its own until it is told to end, and counts what it was answered.

use anyhow::Context;
use reqwest::Client;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime,
    task::JoinSet,
    time::timeout,
};

/// The answer to whoever reads too much at once.
const COME_LATER: &str = "429";
/// The answer to a body that is refused: it comes without a token.
const NO_TOKEN: &str = "401";
/// What became of a connection that could not be made.
const NO_CONNECTION: &str = "no connection";
/// The name of no flood at all.
pub(crate) const QUIET: &str = "quiet";
/// A refused body: a little more than an order may have.
const REFUSED: usize = 300_000;
/// The pause before a connection that could not be made is tried again.
const AFTER_FAILURE: Duration = Duration::from_millis(50);
/// Between two bytes of a slow body.
const SLOWLY: Duration = Duration::from_secs(1);
/// How long those that read may take to see that it is over.
const ENDING: Duration = Duration::from_secs(30);

/// How often each answer came.
pub(crate) type Counts = BTreeMap<String, u64>;

/// One kind of flood.
#[derive(Clone, Debug)]
pub(crate) struct Attack {
    pub(crate) name: String,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    None,
    /// Asks for a path again and again.
    Reads {
        path: String,
        token: Option<String>,
        wait: bool,
        answer: &'static str,
    },
    /// Sends a body that is refused.
    SendsRefused,
    /// Connects, sends this, and then a byte now and then or nothing.
    Holds {
        text: String,
        goes_on: bool,
    },
}

impl Attack {
    /// No flood first, and then all.
    pub(crate) fn all(order: &str, customer: &str, support: &str) -> Vec<Self> {
        // As long as a query may be, of what every product has.
        let query = "article%20number%20".repeat(20).chars().take(240).collect::<String>();
        let of_customer = |name: &str, path: String| Self {
            name: name.to_owned(),
            kind: Kind::Reads { path, token: Some(customer.to_owned()), wait: false, answer: "200" },
        };
        let open = |path: &str| Self {
            name: path.to_owned(),
            kind: Kind::Reads { path: path.to_owned(), token: None, wait: false, answer: "200" },
        };
        let held =
            |name: &str, text: String, goes_on| Self { name: name.to_owned(), kind: Kind::Holds { text, goes_on } };
        let slow = format!(
            "POST /v1/orders HTTP/1.1\r\nhost: flood\r\nauthorization: Bearer {customer}\r\nidempotency-key: slow\r\n\
             content-type: application/json\r\ncontent-length: 100000\r\n\r\n"
        );
        vec![
            Self { name: QUIET.to_owned(), kind: Kind::None },
            of_customer("list", "/v1/orders?limit=100".to_owned()),
            of_customer("list of a rare status", "/v1/orders?limit=100&status=shipped".to_owned()),
            of_customer("list of submitted", "/v1/orders?limit=100&status=submitted".to_owned()),
            of_customer("order", format!("/v1/orders/{order}")),
            Self {
                name: "unknown order".to_owned(),
                kind: Kind::Reads {
                    path: "/v1/orders/00000000-0000-7000-8000-000000000000".to_owned(),
                    token: Some(customer.to_owned()),
                    wait: false,
                    answer: "404",
                },
            },
            of_customer("invoice", format!("/v1/orders/{order}/invoice")),
            of_customer("products", "/v1/products?limit=100".to_owned()),
            of_customer("product", "/v1/products/SKU-00001".to_owned()),
            of_customer("search", format!("/v1/search?limit=100&q={query}")),
            Self {
                name: "support's search".to_owned(),
                kind: Kind::Reads {
                    path: "/v1/support/orders?limit=100&q=e".to_owned(),
                    token: Some(support.to_owned()),
                    wait: false,
                    answer: "200",
                },
            },
            Self {
                name: "waiting".to_owned(),
                kind: Kind::Reads {
                    path: format!("/v1/orders/{order}"),
                    token: Some(customer.to_owned()),
                    wait: true,
                    answer: "200",
                },
            },
            open("/readyz"),
            open("/metrics"),
            open("/openapi.json"),
            held("silent connections", String::new(), false),
            held("half-sent heads", "POST /v1/orders HTTP/1.1\r\nhost: flood\r\nx-slow: ".to_owned(), true),
            held("slow bodies", slow, true),
            Self { name: "refused bodies".to_owned(), kind: Kind::SendsRefused },
        ]
    }

    /// Whether it was answered what it asks for, and nothing else but that it is to come later: what only fails is no flood.
    pub(crate) fn is_answered_by(&self, counts: &Counts) -> bool {
        let only = |wanted: &str| {
            counts.contains_key(wanted) && counts.keys().all(|answer| answer == wanted || answer == COME_LATER)
        };
        match &self.kind {
            Kind::None => counts.is_empty(),
            Kind::Reads { answer, .. } => only(answer),
            Kind::SendsRefused => only(NO_TOKEN),
            Kind::Holds { .. } => !counts.is_empty() && !counts.contains_key(NO_CONNECTION),
        }
    }
}

/// A flood under way.
pub(crate) struct UnderWay {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<anyhow::Result<Counts>>,
}

impl UnderWay {
    /// Ends it, and says what it was answered.
    pub(crate) fn end(self) -> anyhow::Result<Counts> {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().map_err(|_| anyhow::anyhow!("the flood broke off"))?
    }
}

/// Begins one.
pub(crate) fn begin(attack: &Attack, url: &str, clients: usize, held: usize) -> UnderWay {
    let stop = Arc::new(AtomicBool::new(false));
    let (kind, url, until) = (attack.kind.clone(), url.to_owned(), Arc::clone(&stop));
    let thread = thread::spawn(move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().context("cannot start a flood")?;
        Ok(runtime.block_on(flood(&kind, &url, clients, held, &until)))
    });
    UnderWay { stop, thread }
}

async fn flood(kind: &Kind, url: &str, clients: usize, held: usize, stop: &Arc<AtomicBool>) -> Counts {
    let client = Client::builder().timeout(ENDING).pool_max_idle_per_host(usize::MAX).build().unwrap_or_default();
    let mut tasks = JoinSet::new();
    let count = match kind {
        Kind::None => 0,
        Kind::Reads { .. } | Kind::SendsRefused => clients,
        Kind::Holds { .. } => held,
    };
    for _ in 0..count {
        let (kind, url, stop, client) = (kind.clone(), url.to_owned(), Arc::clone(stop), client.clone());
        tasks.spawn(async move {
            let mut counts = Counts::new();
            while !stop.load(Ordering::SeqCst) {
                let answer = once(&kind, &url, &client, &stop).await;
                *counts.entry(answer).or_default() += 1;
            }
            counts
        });
    }
    let mut counts = Counts::new();
    while let Some(of_one) = tasks.join_next().await {
        for (answer, count) in of_one.unwrap_or_default() {
            *counts.entry(answer).or_default() += count;
        }
    }
    counts
}

/// Does it once, and says what the answer was.
async fn once(kind: &Kind, url: &str, client: &Client, stop: &AtomicBool) -> String {
    let request = match kind {
        Kind::None => return String::new(),
        Kind::Holds { text, goes_on } => return hold(url, text, *goes_on, stop).await,
        Kind::SendsRefused => client.post(format!("{url}/v1/orders")).body(vec![b'x'; REFUSED]),
        Kind::Reads { path, token, wait, .. } => {
            let mut request = client.get(format!("{url}{path}"));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            if *wait { request.header("prefer", "wait=20") } else { request }
        }
    };
    match request.send().await {
        Ok(answer) => {
            let status = answer.status().as_u16().to_string();
            // Only a connection that was read to the end is used again.
            drop(answer.bytes().await);
            status
        }
        Err(_) => "none".to_owned(),
    }
}

/// Holds a connection for as long as the server lets.
async fn hold(url: &str, text: &str, goes_on: bool, stop: &AtomicBool) -> String {
    let address = url.trim_start_matches("http://");
    let Ok(mut connection) = TcpStream::connect(address).await else {
        tokio::time::sleep(AFTER_FAILURE).await;
        return NO_CONNECTION.to_owned();
    };
    let mut sent = connection.write_all(text.as_bytes()).await.is_ok();
    while sent && !stop.load(Ordering::SeqCst) {
        let mut answer = [0; 1_024];
        match timeout(SLOWLY, connection.read(&mut answer)).await {
            Ok(Ok(1..)) => return "answered".to_owned(),
            Ok(Ok(0) | Err(_)) => return "closed".to_owned(),
            Err(_) if goes_on => sent = connection.write_all(b"x").await.is_ok(),
            Err(_) => {}
        }
    }
    if sent { "held to the end" } else { "closed" }.to_owned()
}

/// The answers in one line.
pub(crate) fn in_words(counts: &Counts) -> String {
    let words: Vec<String> = counts.iter().map(|(answer, count)| format!("{count} x {answer}")).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_that_only_fails_is_none() {
        let answered = |name: &str, answers: &[&str]| {
            let attack = Attack::all("order", "customer", "support").into_iter().find(|attack| attack.name == name);
            let counts: Counts = answers.iter().map(|answer| ((*answer).to_owned(), 1)).collect();
            attack.is_some_and(|attack| attack.is_answered_by(&counts))
        };
        for (name, right, wrong) in [
            ("list", &["200", "429"][..], &["200", "503"][..]),
            ("list", &["200"][..], &["429"][..]),
            ("unknown order", &["404"][..], &["200"][..]),
            ("waiting", &["200"][..], &["200", "none"][..]),
            ("refused bodies", &["401"][..], &["401", "500"][..]),
            ("slow bodies", &["answered", "closed"][..], &["closed", "no connection"][..]),
            ("/readyz", &["200"][..], &[][..]),
            (QUIET, &[][..], &["200"][..]),
        ] {
            assert!(answered(name, right), "{name}: {right:?}");
            assert!(!answered(name, wrong), "{name}: {wrong:?}");
        }
    }
}
