//! What an order needs is away for a while: it waits, and nothing counts that as its failure.

use super::{
    site::{Deployed, WITHIN, and_back, deployed, run},
    support::{new_id, order, wait_until},
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};

/// An attribute of a queue.
fn attribute(deployed: &Deployed, queue: &str, name: &str) -> String {
    let asked = json!({ "QueueUrl": deployed.id(queue), "AttributeNames": [name] });
    let answer = deployed.look.call("sqs", "get_queue_attributes", asked);
    answer["Attributes"][name].as_str().unwrap_or_default().to_owned()
}

/// Sets how often a message of queue `intake` may fail.
fn set_receives(deployed: &Deployed, count: i32) {
    let mut policy: Value = serde_json::from_str(&attribute(deployed, "IntakeQueue", "RedrivePolicy")).unwrap();
    policy["maxReceiveCount"] = json!(count);
    let attributes = json!({ "RedrivePolicy": policy.to_string() });
    let set = json!({ "QueueUrl": deployed.id("IntakeQueue"), "Attributes": attributes });
    deployed.look.call("sqs", "set_queue_attributes", set);
}

/// Lets nobody connect to the order database, or anybody again.
async fn set_open(deployed: &Deployed, open: bool) {
    let options: PgConnectOptions = deployed.shop.url.parse().unwrap();
    let name = options.get_database().unwrap().to_owned();
    let mut connection = PgConnection::connect_with(&options.database("postgres")).await.unwrap();
    let statement = format!("alter database \"{name}\" with allow_connections {open}");
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
    let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1";
    sqlx::query(end).bind(&name).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[test]
fn an_order_waits_for_the_database_and_is_not_set_aside() {
    run(async {
        let (_turn, deployed) = deployed().await;
        let test = async {
            // The first failure would set it aside.
            set_receives(deployed, 1);
            set_open(deployed, false).await;
            let id = deployed.accepted(&new_id().to_string(), &order(&[("TEA", 1)], "pm_card_visa")).await;
            wait_until("the order to be requeued", WITHIN, async || {
                match attribute(deployed, "IntakeQueue", "ApproximateNumberOfMessagesDelayed").as_str() {
                    "1" => Ok(()),
                    delayed => Err(format!("{delayed} messages are delayed")),
                }
            })
            .await;
            id
        };
        let id = and_back(test, async || {
            set_open(deployed, true).await;
            set_receives(deployed, 5);
        })
        .await;
        deployed.settled(&[id]).await;
        assert_eq!(deployed.shop.status(id).await, "confirmed");
        assert_eq!(deployed.depth(deployed.id("IntakeDeadLetters")), 0);
        deployed.audit().await;
    });
}
