//! The functions of the AWS runtime: what triggers each, what it reaches, and which variables of its environment say where
//! that is. Each function reads these variables and no others; the deployment template is held against them.

use workflows::wiring::{Job, QUEUES, QueueName, Runtime, Step, Task, schedules_of};

/// A function, by what triggers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Requests to the API that submit an order. They have a function of their own, so that no flood of others takes the
    /// instances that accept orders.
    Submit,
    /// All other requests to the API.
    Http,
    /// The messages of a queue.
    Queue(Step),
    /// The tasks of a workflow.
    Workflow(Task),
    /// The clock.
    Schedule(Job),
    /// A deployment, before it lets the new functions work.
    Deployment,
}

/// As whom a function connects to the order database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DatabaseUser {
    /// Who owns the schema and makes the others.
    Owner,
    /// Who answers requests.
    Api,
    /// Who carries orders on.
    Worker,
    /// Who asks the payment provider besides.
    Payments,
}

impl DatabaseUser {
    /// Those that the owner makes.
    pub const MADE: [Self; 3] = [Self::Api, Self::Worker, Self::Payments];

    /// The variable with the ARN of the user's secret, for who makes the user.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Owner => "DATABASE_SECRET_ARN",
            Self::Api => "DATABASE_API_SECRET_ARN",
            Self::Worker => "DATABASE_WORKER_SECRET_ARN",
            Self::Payments => "DATABASE_PAYMENTS_SECRET_ARN",
        }
    }
}

/// Something outside that a function reaches, beside the order database, which all of them do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    /// How long stock is held.
    Hold,
    /// Who sells.
    Seller,
    /// The key of bearer tokens, unless the gateway verifies them.
    TokenKey,
    /// What whoever stands in front of the gateway shows, if nobody may come another way.
    EdgeKey,
    /// The table of accepted orders, and the queue they go to.
    Intake,
    /// The table of accepted orders, to read one that waits to be stored.
    Accepted,
    /// How many buyers may wait for a decision at once.
    WaitingRoom,
    /// The table of products, to read.
    Catalogue,
    /// The table of products, to keep it equal to the order database.
    CatalogueCopy,
    /// A queue to send to.
    Queue(QueueName),
    /// The bucket of bodies that are too large for a queue, to read.
    Payloads,
    /// The event bus.
    EventBus,
    /// The state machine of workflow `checkout`, to start.
    Workflows,
    /// The bucket of invoices.
    Documents,
    /// The topics of the warehouses.
    Warehouses,
    /// The payment provider.
    Payments,
    /// The secrets of the database's users, to make these.
    DatabaseUsers,
}

/// A variable of a function's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Whether the function does not start without it.
    pub required: bool,
}

/// The name of the variable with the URL of a queue.
pub fn queue_url(queue: QueueName) -> String {
    format!("QUEUE_URL_{}", queue.as_str().to_uppercase())
}

fn required(name: &str) -> Variable {
    Variable { name: name.to_owned(), required: true }
}

fn optional(name: &str) -> Variable {
    Variable { name: name.to_owned(), required: false }
}

impl Trigger {
    /// All that are deployed.
    pub fn all() -> Vec<Self> {
        let queues = QUEUES.iter().map(|queue| Self::Queue(queue.step));
        let tasks = workflows::wiring::TASKS.iter().map(|(_, task)| Self::Workflow(*task));
        let jobs = schedules_of(Runtime::Aws).map(|schedule| Self::Schedule(schedule.job));
        [Self::Submit, Self::Http]
            .into_iter()
            .chain(queues)
            .chain(tasks)
            .chain(jobs)
            .chain([Self::Deployment])
            .collect()
    }

    /// The name of its program.
    pub fn program(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Http => "api",
            Self::Queue(Step::Reserve) => "reserve",
            Self::Queue(Step::Invoice) => "invoice",
            Self::Queue(Step::Index) => "index",
            Self::Queue(Step::Cancel) => "cancel",
            Self::Queue(Step::Void) => "void",
            Self::Queue(Step::Dispatch) => "dispatch",
            Self::Workflow(Task::AuthorizePayment) => "authorize-payment",
            Self::Workflow(Task::ResolvePayment) => "resolve-payment",
            Self::Workflow(Task::ConfirmOrder) => "confirm-order",
            Self::Workflow(Task::RejectOrder) => "reject-order",
            Self::Workflow(Task::AbandonPayment) => "abandon-payment",
            Self::Schedule(job) => job.name(),
            Self::Deployment => "migrate",
        }
    }

    /// Its name in the template.
    pub fn logical_id(self) -> String {
        let words = self.program().split('-');
        let capitalised = words.map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
        });
        capitalised.chain(["Function".to_owned()]).collect()
    }

    /// The requests that the gateway sends it, as its routes name them. Of two that fit, the gateway takes the one that names
    /// the path whole. `/metrics` has none: the numbers of one instance of many mean nothing.
    pub fn routes(self) -> &'static [&'static str] {
        match self {
            Self::Submit => &["POST /v1/orders"],
            Self::Http => &["ANY /v1/{proxy+}", "GET /healthz", "GET /readyz", "GET /openapi.json"],
            Self::Queue(_) | Self::Workflow(_) | Self::Schedule(_) | Self::Deployment => &[],
        }
    }

    /// What it reaches. One that works on a queue also requeues there what has to wait.
    pub fn needs(self) -> &'static [Need] {
        match self {
            Self::Submit => &[Need::TokenKey, Need::EdgeKey, Need::Intake, Need::WaitingRoom, Need::Catalogue],
            Self::Http => &[
                Need::TokenKey,
                Need::EdgeKey,
                Need::Accepted,
                Need::WaitingRoom,
                Need::Catalogue,
                Need::Queue(QueueName::Cancel),
                Need::Queue(QueueName::Invoice),
                Need::Documents,
            ],
            Self::Queue(Step::Reserve) => {
                // What is listed for export is sold to what is abroad from where the seller is.
                &[
                    Need::Queue(QueueName::Intake),
                    Need::Hold,
                    Need::Seller,
                    Need::Payloads,
                    Need::Workflows,
                    Need::EventBus,
                ]
            }
            Self::Queue(Step::Invoice) => {
                &[Need::Queue(QueueName::Invoice), Need::Seller, Need::Documents, Need::EventBus]
            }
            Self::Queue(Step::Index) => &[Need::Queue(QueueName::Index)],
            Self::Queue(Step::Cancel) => &[Need::Queue(QueueName::Cancel), Need::EventBus],
            Self::Queue(Step::Void) => &[Need::Queue(QueueName::Void), Need::Payments],
            Self::Queue(Step::Dispatch) => &[Need::Queue(QueueName::Dispatch), Need::Warehouses],
            Self::Workflow(Task::AuthorizePayment | Task::ResolvePayment) => &[Need::Payments, Need::EventBus],
            Self::Workflow(Task::ConfirmOrder | Task::RejectOrder | Task::AbandonPayment)
            | Self::Schedule(Job::Expire) => &[Need::EventBus],
            Self::Schedule(Job::Sweep) => &[Need::Workflows, Need::Queue(QueueName::Cancel), Need::EventBus],
            Self::Schedule(Job::PublishCatalogue) => &[Need::CatalogueCopy],
            // No function runs these: their schedules are of the embedded runtime alone.
            Self::Schedule(Job::KeepDocuments | Job::Forget) => &[],
            Self::Deployment => &[Need::DatabaseUsers],
        }
    }

    /// As whom it connects to the order database.
    pub fn database_user(self) -> DatabaseUser {
        match self {
            Self::Deployment => DatabaseUser::Owner,
            Self::Submit | Self::Http => DatabaseUser::Api,
            Self::Queue(_) | Self::Workflow(_) | Self::Schedule(_) if self.needs().contains(&Need::Payments) => {
                DatabaseUser::Payments
            }
            Self::Queue(_) | Self::Workflow(_) | Self::Schedule(_) => DatabaseUser::Worker,
        }
    }

    /// The variables that it reads, beside those that Lambda itself sets.
    pub fn variables(self) -> Vec<Variable> {
        let all = [
            required("SLUICE_STAGE"),
            required("DATABASE_SECRET_ARN"),
            optional("DATABASE_HOST"),
            optional("DATABASE_NAME"),
            optional("DATABASE_SSLMODE"),
        ];
        all.into_iter().chain(self.needs().iter().flat_map(|need| need.variables())).collect()
    }
}

impl Need {
    /// The variables that say where it is.
    pub fn variables(self) -> Vec<Variable> {
        match self {
            Self::Hold => vec![optional("SLUICE_HOLD_MINUTES")],
            Self::Seller => vec![optional("SLUICE_SELLER"), optional("SLUICE_TIME_ZONE")],
            Self::TokenKey => vec![optional("TOKEN_KEY_SECRET_ARN")],
            Self::EdgeKey => vec![optional("EDGE_SECRET_ARN")],
            Self::Intake => {
                vec![
                    required("SUBMISSIONS_TABLE"),
                    required(&queue_url(QueueName::Intake)),
                    required("PAYLOADS_BUCKET"),
                ]
            }
            Self::Accepted => vec![required("SUBMISSIONS_TABLE"), required("PAYLOADS_BUCKET")],
            Self::WaitingRoom => vec![required("MOST_WAITING")],
            Self::Catalogue | Self::CatalogueCopy => vec![required("CATALOGUE_TABLE")],
            Self::Queue(name) => vec![required(&queue_url(name))],
            Self::Payloads => vec![required("PAYLOADS_BUCKET")],
            Self::EventBus => vec![required("EVENT_BUS_NAME")],
            Self::Workflows => vec![required("CHECKOUT_STATE_MACHINE_ARN")],
            Self::Documents => vec![required("DOCUMENTS_BUCKET")],
            Self::Warehouses => vec![required("WAREHOUSE_TOPICS"), optional("WAREHOUSE_TOPIC_ARN")],
            Self::Payments => vec![required("PAYMENT_PROVIDER"), required("TEST_TOKENS")],
            Self::DatabaseUsers => DatabaseUser::MADE.iter().map(|user| optional(user.variable())).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::{collections::BTreeSet, path::Path};
    use workflows::wiring::TASKS;

    #[test]
    fn every_function_has_a_program_and_every_program_is_a_function() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let functions: BTreeSet<String> =
            Trigger::all().into_iter().map(|trigger| trigger.program().to_owned()).collect();
        let programs: BTreeSet<String> = std::fs::read_dir(folder.join("src/bin"))
            .unwrap()
            .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        assert_eq!(functions, programs);
        for name in functions {
            assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is not in Cargo.toml");
        }
    }

    #[test]
    fn the_tasks_of_workflows_bear_the_names_of_their_file() {
        for (name, task) in TASKS {
            assert_eq!(Trigger::Workflow(*task).logical_id(), *name);
        }
        assert_eq!([Trigger::Submit, Trigger::Http].map(Trigger::logical_id), ["SubmitFunction", "ApiFunction"]);
    }

    #[test]
    fn a_function_reads_where_the_things_it_reaches_are() {
        let names =
            |trigger: Trigger| trigger.variables().into_iter().map(|variable| variable.name).collect::<Vec<_>>();
        assert!(names(Trigger::Queue(Step::Index)).contains(&"DATABASE_SECRET_ARN".to_owned()));
        assert!(!names(Trigger::Queue(Step::Index)).contains(&"EVENT_BUS_NAME".to_owned()));
        assert!(names(Trigger::Schedule(Job::Sweep)).contains(&"QUEUE_URL_CANCEL".to_owned()));
        assert_eq!(queue_url(QueueName::Intake), "QUEUE_URL_INTAKE");
    }
}
