//! Accepted orders and idempotency keys: key and message are written in one statement, so the embedded runtime cannot
//! lose one without the other. A replay puts the order on its queue again all the same, as the port asks.

use crate::postgres::{Asked, Database};
use async_trait::async_trait;
use schemas::{ids::OrderId, kept::AcceptedOrder};
use serde_json::Value;
use sqlx::PgPool;
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};
use time::OffsetDateTime;
use uuid::Uuid;
use workflows::{
    ports::{Acceptance, Intake, Submission, Unavailable},
    wiring::QueueName,
};

/// How long an acceptance may take.
const LONGEST: Duration = Duration::from_secs(8);

/// Intake in PostgreSQL.
pub struct PgIntake {
    database: Database,
}

impl PgIntake {
    /// Intake in that database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Which of the submissions came with a new key; those are stored, and on the queue.
    async fn accept_new(&self, batch: &[Submission]) -> Result<HashSet<Uuid>, Unavailable> {
        let (mut ids, mut customers, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        let (mut fingerprints, mut requests, mut accepted, mut bodies) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for Submission { order, key, fingerprint } in batch {
            ids.push(order.id.0);
            customers.push(order.customer.clone());
            keys.push(key.clone());
            fingerprints.push(fingerprint.to_vec());
            requests.push(as_json(&order.request)?);
            accepted.push(order.accepted_at);
            bodies.push(as_json(order)?);
        }
        let claimed = sqlx::query_file_scalar!(
            "sql/runtime/intake/accept.sql",
            &ids,
            &customers,
            &keys,
            &fingerprints,
            &requests,
            &accepted,
            &bodies,
            QueueName::Intake.as_str()
        )
        .fetch_all(&self.database.acceptance)
        .await
        .asked("intake.accept")?;
        if !claimed.is_empty() {
            self.database.bell.ring(QueueName::Intake.as_str());
        }
        Ok(claimed.into_iter().collect())
    }

    async fn find_earlier(&self, repeated: &[&Submission]) -> Result<HashMap<(String, String), Earlier>, Unavailable> {
        let customers: Vec<String> = repeated.iter().map(|s| s.order.customer.clone()).collect();
        let keys: Vec<String> = repeated.iter().map(|s| s.key.clone()).collect();
        let rows = sqlx::query!(
            "-- intake.find_earlier
             select s.id, s.customer, s.key, s.fingerprint, s.accepted_at
             from submissions s
             join unnest($1::text[], $2::text[]) as k (customer, key) using (customer, key)",
            &customers,
            &keys
        )
        .fetch_all(&self.database.acceptance)
        .await
        .asked("intake.find_earlier")?;
        let earlier = rows.into_iter().map(|row| {
            let known = Earlier { id: row.id, fingerprint: row.fingerprint, accepted_at: row.accepted_at };
            ((row.customer, row.key), known)
        });
        Ok(earlier.collect())
    }

    /// Whether it asks for the order that was accepted under that id, though it is not written as that was.
    async fn repeats(&self, submission: &Submission, id: Uuid) -> Result<bool, Unavailable> {
        // Over the connections of acceptance: whoever reads must not keep a replay waiting, and with it all who come after.
        let earlier = find(&self.database.acceptance, id).await?;
        Ok(earlier.is_some_and(|earlier| submission.repeats(&earlier)))
    }

    /// Puts replayed orders on the queue again, as they were accepted.
    async fn send_again(&self, ids: &[Uuid]) -> Result<(), Unavailable> {
        sqlx::query_file!(
            "sql/runtime/intake/send_again.sql",
            ids,
            &QueueName::Intake.names(),
            QueueName::Intake.as_str()
        )
        .execute(&self.database.acceptance)
        .await
        .asked("intake.send_again")?;
        self.database.bell.ring(QueueName::Intake.as_str());
        Ok(())
    }

    async fn accept_together(&self, batch: Vec<Submission>) -> Result<Vec<Acceptance>, Unavailable> {
        let claimed = self.accept_new(&batch).await?;
        let repeated: Vec<&Submission> = batch.iter().filter(|s| !claimed.contains(&s.order.id.0)).collect();
        if repeated.is_empty() {
            return Ok(vec![Acceptance::Accepted; batch.len()]);
        }
        let earlier = self.find_earlier(&repeated).await?;
        let mut replayed = Vec::new();
        let mut answers = Vec::with_capacity(batch.len());
        for submission in &batch {
            if claimed.contains(&submission.order.id.0) {
                answers.push(Acceptance::Accepted);
                continue;
            }
            let key = (submission.order.customer.clone(), submission.key.clone());
            let known = earlier
                .get(&key)
                .ok_or_else(|| Unavailable::because("intake.accept", "the key was released in this moment"))?;
            if known.fingerprint == submission.fingerprint || self.repeats(submission, known.id).await? {
                replayed.push(known.id);
                answers.push(Acceptance::Replayed { id: OrderId(known.id), accepted_at: known.accepted_at });
            } else {
                answers.push(Acceptance::KeyReused);
            }
        }
        self.send_again(&replayed).await?;
        Ok(answers)
    }
}

struct Earlier {
    id: Uuid,
    fingerprint: Vec<u8>,
    accepted_at: OffsetDateTime,
}

fn as_json(value: &impl serde::Serialize) -> Result<Value, Unavailable> {
    serde_json::to_value(value).map_err(|error| Unavailable::because("intake.accept", error))
}

#[async_trait]
impl Intake for PgIntake {
    async fn accept(&self, batch: Vec<Submission>) -> Result<Vec<Acceptance>, Unavailable> {
        // The database ends statements sooner. One that fell silent must not stop all acceptance: there is one lane.
        let accepted = tokio::time::timeout(LONGEST, self.accept_together(batch)).await;
        accepted.map_err(|elapsed| Unavailable::because("intake.accept", elapsed))?
    }

    async fn find(&self, id: OrderId) -> Result<Option<AcceptedOrder>, Unavailable> {
        find(&self.database.reading, id.0).await
    }
}

/// The accepted order of that id.
async fn find(pool: &PgPool, id: Uuid) -> Result<Option<AcceptedOrder>, Unavailable> {
    let row = sqlx::query!(
        "-- intake.find
         select customer, request, accepted_at from submissions where id = $1",
        id
    )
    .fetch_optional(pool)
    .await
    .asked("intake.find")?;
    let Some(row) = row else { return Ok(None) };
    let request = serde_json::from_value(row.request).map_err(|error| Unavailable::at_fault("intake.find", error))?;
    let (id, customer, accepted_at) = (OrderId(id), row.customer, row.accepted_at);
    Ok(Some(AcceptedOrder { id, customer, accepted_at, traceparent: None, request }))
}
