//! The bad line: connections reset at random, and every statement that was seen robbed in turn of its request, of its reply,
//! and of the reply to the commit of its transaction.

use pg_proxy::{Loss, Proxy, Resets};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::task::JoinHandle;

/// The statement by which a process shows that it lives. Its connection is spared: whoever loses that is found dead at once,
/// and what is tried here is to live on.
const LOCK: &str = "instances.lock";
/// How long a fault waits for its statement before the next has its turn.
const TURN: Duration = Duration::from_millis(250);

/// Faults until it ends.
#[derive(Debug)]
pub(crate) struct BadLine<'a> {
    proxy: &'a Proxy,
    resets: Resets,
    robbing: JoinHandle<()>,
    struck: Arc<Mutex<BTreeMap<(String, Loss), u64>>>,
}

/// What was lost, as a table.
#[derive(Debug)]
pub(crate) struct Losses {
    resets: u64,
    struck: BTreeMap<(String, Loss), u64>,
    seen: BTreeMap<String, pg_proxy::Seen>,
}

impl<'a> BadLine<'a> {
    /// Begins.
    pub(crate) fn between(proxy: &'a Arc<Proxy>, seed: u64, pause: Duration) -> Self {
        let struck = Arc::default();
        let robbing = tokio::spawn(rob(Arc::clone(proxy), Arc::clone(&struck)));
        Self { proxy, resets: proxy.reset_at_random(seed, Duration::ZERO..pause * 2, LOCK), robbing, struck }
    }

    /// Ends, and says what it did.
    pub(crate) fn ends(self) -> Losses {
        self.robbing.abort();
        let struck = self.struck.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Losses { resets: self.resets.count(), struck, seen: self.proxy.seen() }
    }
}

async fn rob(proxy: Arc<Proxy>, struck: Arc<Mutex<BTreeMap<(String, Loss), u64>>>) {
    loop {
        let names: Vec<String> = proxy.seen().into_keys().filter(|name| name.contains('.')).collect();
        for loss in [Loss::Request, Loss::Reply, Loss::Commit] {
            for name in &names {
                let armed = proxy.arm(name, loss);
                if tokio::time::timeout(TURN, armed.struck()).await.is_ok() {
                    let mut struck = struck.lock().unwrap_or_else(PoisonError::into_inner);
                    *struck.entry((name.clone(), loss)).or_default() += 1;
                }
            }
        }
        // Nothing was seen yet, perhaps.
        tokio::time::sleep(TURN).await;
    }
}

impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} connections were reset at random\n", self.resets)?;
        writeln!(f, "{:<32}{:>10}{:>10}{:>10}{:>10}", "statement", "times", "requests", "replies", "commits")?;
        for (name, seen) in self.seen.iter().filter(|(name, _)| name.contains('.')) {
            let lost = |loss| self.struck.get(&(name.clone(), loss)).copied().unwrap_or_default();
            let (requests, replies, commits) = (lost(Loss::Request), lost(Loss::Reply), lost(Loss::Commit));
            writeln!(f, "{name:<32}{:>10}{requests:>10}{replies:>10}{commits:>10}", seen.times)?;
        }
        Ok(())
    }
}
