//! The settings of a function: read once, at start, from the variables that `functions` names. Whatever is missing or wrong
//! is said together, so that a deployment is mended in one go.

use crate::{
    functions::{DatabaseUser, Need, Trigger, queue_url},
    settings::seller::{seller, unnamed},
    settings::values,
};
use std::collections::BTreeMap;
use time::Duration;
use workflows::{billing::Seller, wiring::QueueName};

/// The database, if its secret names none.
const DATABASE: &str = "sluice";
/// The certificate must be of an authority that the system trusts, and of the host that was called.
const SSLMODE: &str = "verify-full";

/// Where a function finds what it reaches. What it does not reach is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The installation's name in events.
    pub stage: String,
    /// How long stock is held.
    pub hold: Duration,
    /// Who sells.
    pub seller: Seller,
    /// The order database.
    pub database: DatabaseSettings,
    /// The ARN of the secret with the key of bearer tokens.
    pub token_key: Option<String>,
    /// The ARN of the secret that is shown by whoever stands in front of the gateway.
    pub edge_key: Option<String>,
    /// The table of accepted orders.
    pub submissions: Option<String>,
    /// The table of products to read.
    pub catalogue: Option<String>,
    /// The table of products to keep equal to the order database.
    pub catalogue_copy: Option<String>,
    /// The queues that are sent to: their URLs by their names.
    pub queues: BTreeMap<QueueName, String>,
    /// The bucket of bodies that are too large for a queue.
    pub payloads: Option<String>,
    /// The name of the event bus.
    pub bus: Option<String>,
    /// The ARN of the state machine of workflow `checkout`.
    pub checkout: Option<String>,
    /// The bucket of invoices.
    pub documents: Option<String>,
    /// How many buyers may wait for a decision at once.
    pub most_waiting: u32,
    /// The topics of the warehouses.
    pub warehouses: Option<WarehouseTopics>,
    /// Who moves the money.
    pub provider: Option<Provider>,
    /// The database's users to be made, each with the ARN of its secret.
    pub database_users: Vec<(DatabaseUser, String)>,
}

/// Where warehouses are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WarehouseTopics {
    /// What the ARNs of their topics begin with.
    pub prefix: String,
    /// The ARN of a topic that they share, while some have not changed to their own.
    pub shared: Option<String>,
}

/// A payment provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// The one for trying things out.
    Sandbox {
        /// Whether its test tokens are refused, because the goods are real.
        money_is_real: bool,
    },
}

/// Where the order database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseSettings {
    /// The ARN of the secret with the credentials.
    pub secret: String,
    /// Used instead of the secret's host, such as a proxy's endpoint.
    pub host: Option<String>,
    /// The database, if the secret names none.
    pub name: String,
    /// How connections are secured, as `sslmode` says it.
    pub sslmode: String,
}

/// What keeps a function from starting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct SettingsError(Vec<String>);

/// Reads variables, and notes what is wrong with them. An empty variable is one that is not set: a template cannot leave
/// one out as easily as leave it empty.
struct Reader<'a, F> {
    variable: &'a F,
    problems: Vec<String>,
}

impl<F: Fn(&str) -> Option<String>> Reader<'_, F> {
    fn optional(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    fn required(&mut self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.problems.push(format!("{name} is not set"));
            String::new()
        })
    }

    fn checked<T>(&mut self, read: Result<T, String>) -> Option<T> {
        read.map_err(|problem| self.problems.push(problem)).ok()
    }
}

impl Settings {
    /// Reads what a function needs.
    ///
    /// # Errors
    /// Every variable that is missing or cannot be understood, by its name.
    pub fn read(trigger: Trigger, variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut reader = Reader { variable: &variable, problems: Vec::new() };
        let mut settings = Self::for_every_function(&mut reader);
        for need in trigger.needs() {
            settings.read_need(*need, &mut reader);
        }
        if reader.problems.is_empty() { Ok(settings) } else { Err(SettingsError(reader.problems)) }
    }

    fn for_every_function<F: Fn(&str) -> Option<String>>(reader: &mut Reader<'_, F>) -> Self {
        Self {
            stage: reader.required("SLUICE_STAGE"),
            hold: values::HOLD,
            seller: unnamed(),
            database: DatabaseSettings {
                secret: reader.required("DATABASE_SECRET_ARN"),
                host: reader.optional("DATABASE_HOST"),
                name: reader.optional("DATABASE_NAME").unwrap_or_else(|| DATABASE.to_owned()),
                sslmode: reader.optional("DATABASE_SSLMODE").unwrap_or_else(|| SSLMODE.to_owned()),
            },
            token_key: None,
            edge_key: None,
            submissions: None,
            catalogue: None,
            catalogue_copy: None,
            queues: BTreeMap::new(),
            payloads: None,
            bus: None,
            checkout: None,
            documents: None,
            most_waiting: 0,
            warehouses: None,
            provider: None,
            database_users: Vec::new(),
        }
    }

    fn read_need<F: Fn(&str) -> Option<String>>(&mut self, need: Need, reader: &mut Reader<'_, F>) {
        match need {
            Need::Hold => {
                let minutes = reader.optional("SLUICE_HOLD_MINUTES");
                self.hold = reader.checked(values::hold(minutes.as_deref())).unwrap_or(self.hold);
            }
            Need::Seller => {
                let (json, zone) = (reader.optional("SLUICE_SELLER"), reader.optional("SLUICE_TIME_ZONE"));
                if let Some(seller) = reader.checked(seller(json.as_deref(), zone.as_deref())) {
                    self.seller = seller;
                }
            }
            Need::TokenKey => self.token_key = reader.optional("TOKEN_KEY_SECRET_ARN"),
            Need::EdgeKey => self.edge_key = reader.optional("EDGE_SECRET_ARN"),
            Need::Intake => {
                self.submissions = Some(reader.required("SUBMISSIONS_TABLE"));
                self.queues.insert(QueueName::Intake, reader.required(&queue_url(QueueName::Intake)));
                self.payloads = Some(reader.required("PAYLOADS_BUCKET"));
            }
            Need::Accepted => {
                self.submissions = Some(reader.required("SUBMISSIONS_TABLE"));
                self.payloads = Some(reader.required("PAYLOADS_BUCKET"));
            }
            Need::WaitingRoom => {
                let most = reader.required("MOST_WAITING");
                let count = most.parse().map_err(|_| format!("MOST_WAITING is {most:?}; it must be a number"));
                self.most_waiting = if most.is_empty() { 0 } else { reader.checked(count).unwrap_or_default() };
            }
            Need::Catalogue => self.catalogue = Some(reader.required("CATALOGUE_TABLE")),
            Need::CatalogueCopy => self.catalogue_copy = Some(reader.required("CATALOGUE_TABLE")),
            Need::Queue(name) => {
                self.queues.insert(name, reader.required(&queue_url(name)));
            }
            Need::Payloads => self.payloads = Some(reader.required("PAYLOADS_BUCKET")),
            Need::EventBus => self.bus = Some(reader.required("EVENT_BUS_NAME")),
            Need::Workflows => self.checkout = Some(reader.required("CHECKOUT_STATE_MACHINE_ARN")),
            Need::Documents => self.documents = Some(reader.required("DOCUMENTS_BUCKET")),
            Need::Warehouses => {
                let prefix = reader.required("WAREHOUSE_TOPICS");
                self.warehouses = Some(WarehouseTopics { prefix, shared: reader.optional("WAREHOUSE_TOPIC_ARN") });
            }
            Need::Payments => {
                let (name, tokens) = (reader.required("PAYMENT_PROVIDER"), reader.required("TEST_TOKENS"));
                let real = values::money_is_real("TEST_TOKENS", &tokens);
                let money_is_real = tokens.is_empty() || reader.checked(real).unwrap_or(true);
                self.provider = (name == "sandbox").then_some(Provider::Sandbox { money_is_real });
                if self.provider.is_none() && !name.is_empty() {
                    reader.problems.push(format!("PAYMENT_PROVIDER is {name:?}; it must be sandbox"));
                }
            }
            Need::DatabaseUsers => {
                let secret = |user: DatabaseUser| Some((user, reader.optional(user.variable())?));
                self.database_users = DatabaseUser::MADE.into_iter().filter_map(secret).collect();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::{cell::RefCell, collections::BTreeSet};
    use workflows::wiring::{Step, Task};

    fn value_of(name: &str) -> String {
        match name {
            "SLUICE_HOLD_MINUTES" => "45".to_owned(),
            "SLUICE_SELLER" => {
                r#"{"name":"Tea Ltd","line1":"1","postal_code":"N1","city":"London","country":"GB","vat_id":"GB123456789"}"#
                    .to_owned()
            }
            "SLUICE_TIME_ZONE" => "Europe/London".to_owned(),
            "PAYMENT_PROVIDER" => "sandbox".to_owned(),
            "TEST_TOKENS" => "taken".to_owned(),
            "MOST_WAITING" => "7".to_owned(),
            _ => name.to_lowercase(),
        }
    }

    #[test]
    fn every_function_reads_the_variables_it_names_and_no_others() {
        for trigger in Trigger::all() {
            let asked = RefCell::new(BTreeSet::new());
            let note = |name: &str| {
                asked.borrow_mut().insert(name.to_owned());
                Some(value_of(name))
            };
            Settings::read(trigger, note).unwrap();
            let named: BTreeSet<String> = trigger.variables().into_iter().map(|variable| variable.name).collect();
            assert_eq!(*asked.borrow(), named, "{trigger:?}");
        }
    }

    #[test]
    fn every_missing_variable_is_named_and_an_optional_one_is_not_missed() {
        for trigger in Trigger::all() {
            let error = Settings::read(trigger, |_| Some(String::new())).unwrap_err().to_string();
            for variable in trigger.variables() {
                let missed = error.contains(&format!("{} is not set", variable.name));
                assert_eq!(missed, variable.required, "{trigger:?} {} {error}", variable.name);
            }
        }
    }

    #[test]
    fn what_is_given_is_used_and_what_is_not_has_its_default() {
        let reserve = Settings::read(Trigger::Queue(Step::Reserve), |name| Some(value_of(name))).unwrap();
        assert_eq!(
            (reserve.hold, reserve.checkout.as_deref()),
            (Duration::minutes(45), Some("checkout_state_machine_arn"))
        );
        let invoice = Settings::read(Trigger::Queue(Step::Invoice), |name| Some(value_of(name))).unwrap();
        assert_eq!((invoice.seller.party.name.as_str(), invoice.checkout), ("Tea Ltd", None));
        let few = |name: &str| {
            name.ends_with("_ARN").then(|| "arn".to_owned()).or((name == "SLUICE_STAGE").then(|| "s".into()))
        };
        let migrate = Settings::read(Trigger::Deployment, few).unwrap().database;
        assert_eq!((migrate.host, migrate.name.as_str(), migrate.sslmode.as_str()), (None, "sluice", "verify-full"));
    }

    #[test]
    fn test_tokens_are_money_only_where_that_is_said() {
        for (said, money_is_real) in [("taken", false), ("refused", true)] {
            let given = |name: &str| Some(if name == "TEST_TOKENS" { said.to_owned() } else { value_of(name) });
            let settings = Settings::read(Trigger::Workflow(Task::AuthorizePayment), given).unwrap();
            assert_eq!(settings.provider, Some(Provider::Sandbox { money_is_real }), "{said}");
        }
        let other = |name: &str| Some(if name == "TEST_TOKENS" { "true".to_owned() } else { value_of(name) });
        let error = Settings::read(Trigger::Workflow(Task::AuthorizePayment), other).unwrap_err().to_string();
        assert_eq!(error, "TEST_TOKENS is \"true\"; it must be taken or refused");
    }

    #[test]
    fn how_many_may_wait_is_a_number() {
        for trigger in [Trigger::Submit, Trigger::Http] {
            assert_eq!(Settings::read(trigger, |name| Some(value_of(name))).unwrap().most_waiting, 7);
            let other = |name: &str| Some(if name == "MOST_WAITING" { "-1".to_owned() } else { value_of(name) });
            let error = Settings::read(trigger, other).unwrap_err().to_string();
            assert_eq!(error, "MOST_WAITING is \"-1\"; it must be a number");
        }
    }

    #[test]
    fn a_provider_that_does_not_exist_is_refused() {
        let other = |name: &str| Some(if name == "PAYMENT_PROVIDER" { "stripe".to_owned() } else { value_of(name) });
        let error = Settings::read(Trigger::Workflow(Task::AuthorizePayment), other).unwrap_err().to_string();
        assert_eq!(error, "PAYMENT_PROVIDER is \"stripe\"; it must be sandbox");
    }
}
