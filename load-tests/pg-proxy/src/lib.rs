//! A proxy in front of PostgreSQL that loses what a network loses: the reply of a statement that was committed, a request
//! before it arrived, connections at random moments, or everything for a while. It follows the protocol far enough to know
//! which statement a reply belongs to, by the name in the comment that each of ours opens with.

mod faults;
mod flow;
mod frames;
mod session;
mod statements;
mod upstream;

pub use faults::{Armed, Loss};
pub use statements::Seen;
pub use upstream::UnusableUrl;

use faults::Shared;
use std::{collections::BTreeMap, io, net::SocketAddr, ops::Range, sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinHandle};
use upstream::Upstream;

/// A running proxy. Dropping it closes every connection.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    upstream: Upstream,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

/// Connections are reset at random until this is dropped.
#[derive(Debug)]
pub struct Resets {
    shared: Arc<Shared>,
    at_start: u64,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts one in front of the server of a database's URL, on a free port of this machine.
    ///
    /// # Errors
    /// If the URL cannot be understood or nothing can be listened on.
    pub async fn start(database_url: &str) -> io::Result<Self> {
        let upstream = Upstream::of(database_url).map_err(io::Error::other)?;
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let listening = tokio::spawn(listen(listener, upstream.clone(), Arc::clone(&shared)));
        Ok(Self { address, upstream, shared, listening })
    }

    /// The database's URL by way of the proxy.
    pub fn url(&self) -> String {
        self.upstream.url_by_way_of(self.address)
    }

    /// The next time a statement of that name is carried out, that is lost, once.
    pub fn arm(&self, statement: &str, loss: Loss) -> Armed {
        Shared::arm(&self.shared, statement, loss)
    }

    /// Every statement that was carried out so far, by its name; one without a name stands here by its beginning.
    pub fn seen(&self) -> BTreeMap<String, Seen> {
        self.shared.seen()
    }

    /// Resets a connection that is at work, again and again, with pauses of that length in between; but none that has
    /// carried out the statement `spared`.
    pub fn reset_at_random(&self, seed: u64, pauses: Range<Duration>, spared: &'static str) -> Resets {
        let shared = Arc::clone(&self.shared);
        let task = tokio::spawn(async move {
            let mut rng = fastrand::Rng::with_seed(seed);
            loop {
                tokio::time::sleep(pauses.start + (pauses.end - pauses.start).mul_f64(rng.f64())).await;
                shared.reset_one(&mut rng, spared);
            }
        });
        Resets { at_start: self.shared.resets(), shared: Arc::clone(&self.shared), task }
    }

    /// Falls silent: nothing is passed on and nothing is closed, in either direction, until [`thaw`](Self::thaw). What was
    /// sent meanwhile is passed on then, also if its sender has gone.
    pub fn freeze(&self) {
        self.shared.frozen.send_replace(true);
    }

    /// Ends the silence.
    pub fn thaw(&self) {
        self.shared.frozen.send_replace(false);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
        self.shared.reset_all();
    }
}

impl Resets {
    /// How many connections were reset by now.
    pub fn count(&self) -> u64 {
        self.shared.resets() - self.at_start
    }
}

impl Drop for Resets {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(listener: TcpListener, upstream: Upstream, shared: Arc<Shared>) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            // Out of descriptors, most likely: who connects finds out by waiting.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (upstream, shared) = (upstream.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            // How a connection ended is for its two ends to judge.
            drop(session::carry(client, &upstream, &shared).await);
        });
    }
}
