//! A bounded number of places that function instances take for a while, in a table that they share: an instance serves one
//! request at a time and knows of no other, so what all of them do at once can be counted nowhere else.
//!
//! A place is an item that says until when it is taken, so one whose holder died is free again by itself. To take one is
//! to try a few at random: close to the last free place somebody may find none, which costs less than a list of them.
//!
//! Nobody takes all of them: everybody tries among places of their own, fewer than half, drawn from all by their name. The
//! next caller's are others for the most part.

use super::failures::unavailable;
use aws_sdk_dynamodb::{
    Client,
    operation::put_item::PutItemError,
    types::AttributeValue::{N, S},
};
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};
use time::OffsetDateTime;
use workflows::ports::{Chance, Unavailable};

/// Places that are tried before somebody goes without.
const TRIES: u32 = 3;
/// DynamoDB deletes what nobody took for so long.
const KEPT: time::Duration = time::Duration::days(1);

/// Places for one purpose.
#[derive(Clone)]
pub struct Places {
    client: Client,
    table: String,
    purpose: &'static str,
    count: u32,
    chance: Arc<dyn Chance>,
}

/// A place that was taken, and by whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pk: String,
    holder: String,
}

impl Places {
    /// That many places, in a table whose key is `pk`.
    pub fn new(
        client: Client,
        table: impl Into<String>,
        purpose: &'static str,
        count: u32,
        chance: Arc<dyn Chance>,
    ) -> Self {
        Self { client, table: table.into(), purpose, count, chance }
    }

    /// A place for that caller and for that long, if one was found free. By whoever's clock: they are a moment apart at
    /// most, and a place that is held twice for a moment does no harm.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn take(&self, caller: &str, now: OffsetDateTime, hold: Duration) -> Result<Option<Place>, Unavailable> {
        for _ in 0..TRIES.min(self.count) {
            let place = Place {
                pk: format!("PLACE#{}#{}", self.purpose, self.draw(caller)),
                holder: format!("{:08x}{:08x}", self.chance.draw(), self.chance.draw()),
            };
            let until = (now + hold).unix_timestamp_nanos() / 1_000_000;
            let taken = self
                .client
                .put_item()
                .table_name(&self.table)
                .item("pk", S(place.pk.clone()))
                .item("holder", S(place.holder.clone()))
                .item("until", N(until.to_string()))
                .item("expires_at", N((now + KEPT).unix_timestamp().to_string()))
                .condition_expression("attribute_not_exists(pk) or #until < :now")
                .expression_attribute_names("#until", "until")
                .expression_attribute_values(":now", N((now.unix_timestamp_nanos() / 1_000_000).to_string()))
                .send()
                .await;
            match taken {
                Ok(_) => return Ok(Some(place)),
                Err(error) if is_not_free(error.as_service_error()) => {}
                Err(error) => return Err(unavailable("places.take", error)),
            }
        }
        Ok(None)
    }

    /// One of the caller's places: drawn half as often as there are places, some of them more than once.
    fn draw(&self, caller: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        (caller, self.chance.draw() % self.count.div_ceil(2).max(1)).hash(&mut hasher);
        hasher.finish() % u64::from(self.count.max(1))
    }

    /// Gives a place back before its time. One that somebody else took meanwhile stays theirs.
    ///
    /// # Errors
    /// If the table does not answer; the place is free again when its time is over.
    pub async fn give_back(&self, place: Place, now: OffsetDateTime) -> Result<(), Unavailable> {
        let given = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", S(place.pk))
            .item("holder", S("nobody".to_owned()))
            .item("until", N("0".to_owned()))
            .item("expires_at", N((now + KEPT).unix_timestamp().to_string()))
            .condition_expression("holder = :me")
            .expression_attribute_values(":me", S(place.holder))
            .send()
            .await;
        match given {
            Ok(_) => Ok(()),
            Err(error) if is_not_free(error.as_service_error()) => Ok(()),
            Err(error) => Err(unavailable("places.give_back", error)),
        }
    }
}

fn is_not_free(error: Option<&PutItemError>) -> bool {
    error.is_some_and(PutItemError::is_conditional_check_failed_exception)
}
