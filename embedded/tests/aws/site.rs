//! The one deployment that the tests share, and words for what a test does to it and waits for.

use super::{
    built,
    look::Look,
    suite::Target,
    support::{Shop, wait_until},
};
use futures_util::FutureExt;
use handlers::token::TokenKey;
use serde_json::{Value, json};
use sluice::local_aws::{LocalAws, Site, checkout};
use std::{
    panic::{AssertUnwindSafe, resume_unwind},
    sync::LazyLock,
    time::Duration,
};
use tokio::{
    runtime::Runtime,
    sync::{Mutex, MutexGuard, OnceCell},
};
use uuid::Uuid;

/// The local AWS starts each function's process when it is first called.
pub(crate) const WITHIN: Duration = Duration::from_secs(120);
/// AWS hides a message for six times what its function may take. Nobody wants to wait for that.
const VISIBILITY_SECONDS: &str = "5";

/// The deployment, with the tests' catalogue.
pub(crate) struct Deployed {
    aws: LocalAws,
    pub(crate) shop: Shop,
    pub(crate) look: Look,
}

/// All tests run on one: what they share has connections, and a connection dies with the runtime that opened it.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static DEPLOYED: OnceCell<Deployed> = OnceCell::const_new();
/// One test at a time: some kill functions or break queues, and the machine is small.
static TURN: Mutex<()> = Mutex::const_new(());

/// Runs a test.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    RUNTIME.block_on(test)
}

/// The deployment, alone.
pub(crate) async fn deployed() -> (MutexGuard<'static, ()>, &'static Deployed) {
    let turn = TURN.lock().await;
    (turn, DEPLOYED.get_or_init(deploy).await)
}

/// The deployment as its users reach it.
pub(crate) async fn target() -> Target {
    let (turn, deployed) = deployed().await;
    Target::new(deployed.site().api.clone(), deployed.token_key(), Some(Box::new(turn)))
}

/// Does something on a deployment that was changed for it, and changes it back whatever became of that: the other tests
/// need it whole.
pub(crate) async fn and_back<T>(test: impl Future<Output = T>, back: impl AsyncFnOnce()) -> T {
    let done = AssertUnwindSafe(test).catch_unwind().await;
    back().await;
    done.unwrap_or_else(|panic| resume_unwind(panic))
}

async fn deploy() -> Deployed {
    let deployed = Deployed::with(&[]).await;
    // Nothing of it is used here, and nobody would remove it: what is shared lives until the process ends.
    std::fs::remove_dir(deployed.shop.dir.path()).unwrap();
    deployed
}

impl Deployed {
    /// A deployment with these parameters besides the usual ones.
    pub(crate) async fn with(parameters: &[(&str, &str)]) -> Self {
        let (aws, shop) = built::pipeline(parameters).await;
        let root = checkout().unwrap();
        let look = Look::at(aws.site(), &root, built::python(&root));
        let deployed = Self { aws, shop, look };
        for queue in deployed.queues() {
            deployed.set_visibility(&queue);
        }
        deployed
    }

    /// Ends a deployment that nobody else has.
    pub(crate) async fn stop(self) {
        self.aws.stop().await.unwrap();
    }

    pub(crate) fn site(&self) -> &Site {
        self.aws.site()
    }

    pub(crate) fn token_key(&self) -> TokenKey {
        TokenKey::from_bytes(self.site().token_key.as_ref().unwrap().as_bytes()).unwrap()
    }

    /// How AWS knows a resource of the template.
    pub(crate) fn id(&self, name: &str) -> &str {
        let known = || self.site().resources.keys().cloned().collect::<Vec<_>>().join(", ");
        &self.site().resources.get(name).unwrap_or_else(|| panic!("no {name} among {}", known())).id
    }

    /// The template's queues that functions work on.
    fn queues(&self) -> Vec<String> {
        let of_kind = self.site().resources.values().filter(|resource| resource.kind == "AWS::SQS::Queue");
        of_kind.map(|resource| resource.id.clone()).collect()
    }

    fn set_visibility(&self, queue: &str) {
        let attributes = json!({ "VisibilityTimeout": VISIBILITY_SECONDS });
        self.look.call("sqs", "set_queue_attributes", json!({ "QueueUrl": queue, "Attributes": attributes }));
    }

    /// How many messages are on a queue, visible or not yet.
    pub(crate) fn depth(&self, queue: &str) -> u64 {
        let states = ["", "NotVisible", "Delayed"];
        let names = states.map(|state| format!("ApproximateNumberOfMessages{state}"));
        let asked = json!({ "QueueUrl": queue, "AttributeNames": names });
        let answer = self.look.call("sqs", "get_queue_attributes", asked);
        names.iter().map(|name| answer["Attributes"][name].as_str().unwrap().parse::<u64>().unwrap()).sum()
    }

    /// Lets a function work on its queue, or lets the messages lie.
    pub(crate) fn set_working(&self, mapping: &str, works: bool) {
        let change = json!({ "UUID": self.id(mapping), "Enabled": works });
        self.look.call("lambda", "update_event_source_mapping", change);
    }

    /// Submits an order once.
    pub(crate) async fn submit(&self, key: &str, order: &Value) -> reqwest::Result<reqwest::Response> {
        let request = self.shop.http.post(format!("{}/v1/orders", self.site().api));
        request.bearer_auth(self.customer_token()).header("Idempotency-Key", key).json(order).send().await
    }

    /// Submits an order that must be accepted, as a good checkout does: without an answer it asks again under its key.
    pub(crate) async fn accepted(&self, key: &str, order: &Value) -> Uuid {
        let mut id = None;
        wait_until("an order to be accepted", WITHIN, async || {
            let answer = self.submit(key, order).await.map_err(|error| error.to_string())?;
            let (status, text) = (answer.status(), answer.text().await.map_err(|error| error.to_string())?);
            if status.is_server_error() {
                return Err(format!("{status}: {text}"));
            }
            assert_eq!(status, 202, "{text}");
            id = Some(super::support::id_in(&text));
            Ok(())
        })
        .await;
        id.unwrap()
    }

    /// The order as the API shows it.
    pub(crate) async fn order(&self, id: Uuid) -> Value {
        let request = self.shop.http.get(format!("{}/v1/orders/{id}", self.site().api));
        request.bearer_auth(self.customer_token()).send().await.unwrap().json().await.unwrap()
    }

    /// Asks for an order to be cancelled.
    pub(crate) async fn cancel(&self, id: Uuid) {
        let request = self.shop.http.post(format!("{}/v1/orders/{id}/cancel", self.site().api));
        assert_eq!(request.bearer_auth(self.customer_token()).send().await.unwrap().status(), 202);
    }

    fn customer_token(&self) -> String {
        use adapters::system::SystemClock;
        use handlers::token::{Identity, Role};
        use workflows::ports::Clock;
        let zoe = Identity { sub: "zoe".to_owned(), role: Role::Customer, warehouse: None };
        self.token_key().sign(&zoe, SystemClock.now(), time::Duration::hours(2)).unwrap()
    }

    /// The execution of an order's checkout.
    pub(crate) fn execution(&self, order: Uuid) -> String {
        let machine = self.id("Checkout").replace(":stateMachine:", ":execution:");
        format!("{machine}:{order}")
    }

    /// Waits until the orders have come to their ends and nothing of them is on the way any more.
    pub(crate) async fn settled(&self, orders: &[Uuid]) {
        self.shop.settled(orders, WITHIN).await;
        wait_until("all queues to be empty and all executions to end", WITHIN, async || {
            let waiting: Vec<_> = self.queues().into_iter().filter(|queue| self.depth(queue) > 0).collect();
            let machine = json!({ "stateMachineArn": self.id("Checkout"), "statusFilter": "RUNNING" });
            let running = self.look.call("stepfunctions", "list_executions", machine);
            let running = running["executions"].as_array().unwrap().len();
            if waiting.is_empty() && running == 0 { Ok(()) } else { Err(format!("{waiting:?}, {running} executions")) }
        })
        .await;
    }

    /// Every promise holds. The audit reads the database, so what AWS keeps elsewhere is written there first: the
    /// accepted orders of DynamoDB, and the executions of Step Functions.
    pub(crate) async fn audit(&self) {
        self.copy_executions().await;
        self.copy_submissions().await;
        self.shop.audit().await;
    }

    async fn copy_executions(&self) {
        let machine = json!({ "stateMachineArn": self.id("Checkout") });
        let listed = self.look.call("stepfunctions", "list_executions", machine);
        for execution in listed["executions"].as_array().unwrap() {
            // Under another name a test started an order's checkout by itself.
            let Ok(id) = execution["name"].as_str().unwrap().parse::<Uuid>() else { continue };
            let insert = "insert into executions (id, workflow, status, state, started_at)
                          values ($1, 'checkout', $2, '{}', now())
                          on conflict (id) do update set status = excluded.status";
            let status = execution["status"].as_str().unwrap().to_lowercase();
            sqlx::query(insert).bind(id).bind(status).execute(self.shop.pool()).await.unwrap();
        }
    }

    async fn copy_submissions(&self) {
        let table = self.look.call("dynamodb", "scan", json!({ "TableName": self.id("Submissions") }));
        for item in table["Items"].as_array().unwrap() {
            let key = item["pk"]["S"].as_str().unwrap();
            let Some(id) = key.strip_prefix("ORDER#") else { continue };
            let insert = "insert into submissions (id, customer, key, fingerprint, request, accepted_at)
                          values ($1, 'copied', $2, '', '{}', now()) on conflict do nothing";
            let id: Uuid = id.parse().unwrap();
            sqlx::query(insert).bind(id).bind(key).execute(self.shop.pool()).await.unwrap();
        }
    }
}
