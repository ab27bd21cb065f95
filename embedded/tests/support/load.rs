//! Clients that go on ordering whatever happens to the server, as a good checkout does: without an answer they ask again
//! under the same key. They remember what they were promised.

use super::{HOT, SKUS, Shop, id_in, order};
use reqwest::StatusCode;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// Methods by how often they come, of 20.
const METHODS: [(&str, u32); 6] = [
    ("pm_card_visa", 13),
    ("pm_card_chargeDeclined", 2),
    ("pm_sandbox_flaky", 2),
    ("pm_sandbox_slow", 1),
    ("pm_sandbox_timeout_charged", 1),
    ("pm_sandbox_timeout_lost", 1),
];

/// How often a cancellation is asked for without an answer.
const MOST_ASKED: u32 = 300;

/// Clients at work.
pub(crate) struct Load {
    promised: Arc<Mutex<Vec<Uuid>>>,
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    /// Starts that many clients. Each spreads its orders over the servers given.
    pub(crate) fn start(shop: &Arc<Shop>, urls: &[String], clients: u64, seed: u64) -> Self {
        let (promised, stop) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let clients = (0..clients)
            .map(|number| {
                let client = Client {
                    shop: Arc::clone(shop),
                    urls: urls.to_vec(),
                    name: format!("client-{number}"),
                    promised: Arc::clone(&promised),
                    stop: Arc::clone(&stop),
                };
                tokio::spawn(client.run(fastrand::Rng::with_seed(seed.wrapping_add(number))))
            })
            .collect();
        Self { promised, stop, clients }
    }

    /// How many orders were promised by now.
    pub(crate) fn promised(&self) -> usize {
        self.promised.lock().unwrap().len()
    }

    /// Lets each client end what it is at, and gives the ids of all promised orders.
    pub(crate) async fn stop(self) -> Vec<Uuid> {
        self.stop.store(true, Ordering::SeqCst);
        for client in self.clients {
            client.await.unwrap();
        }
        std::mem::take(&mut *self.promised.lock().unwrap())
    }
}

struct Client {
    shop: Arc<Shop>,
    urls: Vec<String>,
    name: String,
    promised: Arc<Mutex<Vec<Uuid>>>,
    stop: Arc<AtomicBool>,
}

impl Client {
    async fn run(self, mut rng: fastrand::Rng) {
        while !self.stop.load(Ordering::SeqCst) {
            let body = mixed(&mut rng);
            let key = Uuid::from_u128(rng.u128(..)).to_string();
            let Some(id) = self.place(&mut rng, &key, &body).await else { return };
            self.promised.lock().unwrap().push(id);
            if rng.u32(..20) == 0 {
                let again = self.place(&mut rng, &key, &body).await;
                assert!(again.is_none_or(|again| again == id), "one key made two orders");
            }
            if rng.u32(..10) == 0 {
                tokio::time::sleep(Duration::from_millis(rng.u64(..400))).await;
                self.cancel(&mut rng, id).await;
            }
            tokio::time::sleep(Duration::from_millis(rng.u64(20..150))).await;
        }
    }

    /// Asks until it is answered; nothing if it was told to stop before.
    async fn place(&self, rng: &mut fastrand::Rng, key: &str, body: &serde_json::Value) -> Option<Uuid> {
        loop {
            let answer = self.shop.submit(self.url(rng), &self.name, key, body).await;
            let (status, text) = match answer {
                Ok(answer) => (answer.status(), answer.text().await.ok()),
                Err(_) => (StatusCode::SERVICE_UNAVAILABLE, None),
            };
            match (status, text) {
                (StatusCode::ACCEPTED | StatusCode::OK, Some(text)) => return Some(id_in(&text)),
                (StatusCode::SERVICE_UNAVAILABLE, _) | (_, None) => {}
                (status, Some(text)) => panic!("an order was answered {status}: {text}"),
            }
            if self.pause().await {
                return None;
            }
        }
    }

    /// Asks until it is answered, also when told to stop: a wish that was noted and not sent on waits for the sweep.
    async fn cancel(&self, rng: &mut fastrand::Rng, id: Uuid) {
        for _ in 0..MOST_ASKED {
            match self.shop.cancel(self.url(rng), &self.name, id).await.map(|answer| answer.status()) {
                Ok(StatusCode::ACCEPTED | StatusCode::CONFLICT) => return,
                Ok(StatusCode::SERVICE_UNAVAILABLE) | Err(_) => {}
                Ok(status) => panic!("a request to cancel was answered {status}"),
            }
            self.pause().await;
        }
    }

    /// A moment before asking again; whether it is time to stop.
    async fn pause(&self) -> bool {
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.stop.load(Ordering::SeqCst)
    }

    fn url(&self, rng: &mut fastrand::Rng) -> &str {
        &self.urls[rng.usize(..self.urls.len())]
    }
}

fn mixed(rng: &mut fastrand::Rng) -> serde_json::Value {
    let mut chosen = rng.u32(..20);
    let mut method = METHODS[0].0;
    for (name, weight) in METHODS {
        if chosen < weight {
            method = name;
            break;
        }
        chosen -= weight;
    }
    let quantity = rng.i64(1..4);
    match rng.u32(..10) {
        0 => order(&[(HOT, quantity)], method),
        1 => order(&[(HOT, 1), (SKUS[0], quantity)], method),
        2 if rng.bool() => order(&[("NOBODY-SELLS-THIS", 1)], method),
        _ => {
            let lines: Vec<_> = (0..rng.usize(1..4)).map(|at| (SKUS[at], quantity)).collect();
            order(&lines, method)
        }
    }
}
