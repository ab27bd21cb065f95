//! The sandbox's books. What was decided under a key stays decided, whatever is asked later.

use super::method::Behaviour;
use crate::postgres::{Asked, Database, unreadable};
use schemas::{every, ids::OrderId};
use std::collections::HashMap;
use uuid::Uuid;
use workflows::{
    lifecycle::payment_key_prefix,
    ports::{AuthorizationRequest, BookEntry, ProviderError, Unavailable},
};

/// How often a flaky method fails first.
const FAILURES: i32 = 2;

/// Where a payment intent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    RequiresPayment,
    Authorized,
    Declined,
    Canceled,
}

/// A line of the books.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) state: State,
    pub(super) code: Option<String>,
}

impl State {
    pub(crate) const ALL: [Self; 4] = every!(Self: RequiresPayment, Authorized, Declined, Canceled);

    /// The word that the books have for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPayment => "requires_payment",
            Self::Authorized => "authorized",
            Self::Declined => "declined",
            Self::Canceled => "canceled",
        }
    }
}

fn state(text: &str) -> Result<State, Unavailable> {
    let known = State::ALL.into_iter().find(|state| state.as_str() == text);
    known.ok_or_else(|| unreadable("sandbox.books", "state"))
}

/// A request, and how its token behaves.
pub(super) type Request = (AuthorizationRequest, Behaviour);

/// Decides requests, one answer each: an earlier decision under the key stands; a new one follows the method.
pub(super) async fn decide(database: &Database, batch: Vec<Request>) -> Vec<Result<Entry, ProviderError>> {
    match decide_all(database, &batch).await {
        Ok(entries) => {
            batch.iter().map(|(request, _)| entries.get(&request.key).cloned().ok_or(ProviderError::InDoubt)).collect()
        }
        // Whether it was written is not known: that is what being in doubt means.
        Err(_) => vec![Err(ProviderError::InDoubt); batch.len()],
    }
}

#[expect(clippy::as_conversions, reason = "no cast: it tells sqlx that elements may be null")]
async fn decide_all(database: &Database, batch: &[Request]) -> Result<HashMap<String, Entry>, Unavailable> {
    let (mut keys, mut references, mut amounts, mut currencies) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut states, mut codes, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    for (request, behaviour) in batch {
        let refusal = behaviour.refusal();
        keys.push(request.key.clone());
        references.push(request.order.to_string());
        amounts.push(request.amount.amount);
        currencies.push(request.amount.currency.code().to_owned());
        let state = if refusal.is_some() { State::Declined } else { State::Authorized };
        states.push(state.as_str().to_owned());
        codes.push(refusal.map(str::to_owned));
        failures.push(if *behaviour == Behaviour::FailsTwice { FAILURES } else { 0 });
    }
    let rows = sqlx::query_file!(
        "sql/sandbox/decide.sql",
        &keys,
        &references,
        &amounts,
        &currencies,
        &states,
        &codes as &[Option<String>],
        &failures
    )
    .fetch_all(&database.durable)
    .await
    .asked("sandbox.decide")?;
    rows.into_iter().map(|row| Ok((row.key, Entry { id: row.id, state: state(&row.state)?, code: row.code }))).collect()
}

/// The line of a key.
pub(super) async fn find(database: &Database, key: &str) -> Result<Option<Entry>, Unavailable> {
    let row = sqlx::query!(
        "-- sandbox.find
         select id, state, code from sandbox.payment_intents where key = $1",
        key
    )
    .fetch_optional(&database.durable)
    .await
    .asked("sandbox.find")?;
    row.map(|row| Ok(Entry { id: row.id, state: state(&row.state)?, code: row.code })).transpose()
}

/// Cancels whatever was or may be decided under a key.
pub(super) async fn cancel(database: &Database, key: &str) -> Result<(), Unavailable> {
    sqlx::query!(
        "-- sandbox.cancel: a key that is not known yet is closed for a request that is still on its way
         insert into sandbox.payment_intents (key, id, reference, amount, currency, state)
         values ($1, 'pi_' || md5($1), '', 0, 'XXX', 'canceled')
         on conflict (key) do update set state = 'canceled', updated_at = sluice_now()
         where payment_intents.state in ('requires_payment', 'authorized')",
        key
    )
    .execute(&database.durable)
    .await
    .asked("sandbox.cancel")?;
    Ok(())
}

/// All lines that were more than a closed key, of those orders. They are found by their keys, which begin with the order;
/// a key that does not stands before or behind them all.
pub(super) async fn books_between(
    database: &Database,
    first: OrderId,
    last: OrderId,
    limit: i64,
) -> Result<Vec<BookEntry>, Unavailable> {
    let from = if first.0.is_nil() { String::new() } else { payment_key_prefix(first) };
    let Some(next) = last.0.as_u128().checked_add(1) else {
        return sqlx::query_as!(
            BookEntry,
            r#"-- sandbox.books_from
             select key, id, reference, amount, currency, state = 'authorized' as "holds_money!"
             from sandbox.payment_intents where reference <> '' and key >= $1 limit $2"#,
            from,
            limit
        )
        .fetch_all(&database.durable)
        .await
        .asked("sandbox.books_from");
    };
    sqlx::query_as!(
        BookEntry,
        r#"-- sandbox.books_between
         select key, id, reference, amount, currency, state = 'authorized' as "holds_money!"
         from sandbox.payment_intents where reference <> '' and key >= $1 and key < $2 limit $3"#,
        from,
        payment_key_prefix(OrderId(Uuid::from_u128(next))),
        limit
    )
    .fetch_all(&database.durable)
    .await
    .asked("sandbox.books_between")
}
