//! Places in a table: never more are taken than there are, and one whose holder died is free again.

use super::account::{chance, clients, now, table};
use adapters::aws::places::Places;
use std::{collections::HashSet, time::Duration};

const HOLD: Duration = Duration::from_secs(20);

fn callers() -> impl Iterator<Item = String> {
    (0..60).map(|number| format!("caller {number}"))
}

#[tokio::test]
async fn no_more_places_are_taken_than_there_are_and_each_is_free_again() {
    let clients = clients().await;
    let table = table(&clients).await;
    let places = Places::new(clients.dynamo_db.clone(), &table, "test", 3, chance());
    let (mut taken, then) = (Vec::new(), now());
    // A try that meets a taken place may find none; as many as this find all.
    for caller in callers() {
        taken.extend(places.take(&caller, then, HOLD).await.unwrap());
    }
    assert_eq!(taken.len(), 3);
    assert_eq!(taken.iter().map(|place| format!("{place:?}")).collect::<HashSet<_>>().len(), 3);
    assert_eq!(places.take("zoe", then, HOLD).await.unwrap(), None);

    places.give_back(taken.remove(0), then).await.unwrap();
    let mut found = None;
    for caller in callers() {
        found = found.or(places.take(&caller, then, HOLD).await.unwrap());
    }
    let late = taken.remove(0);
    assert!(found.is_some());
    // Those whose time is over are others' now, and stay so.
    let later = then + HOLD + Duration::from_secs(1);
    let mut again = Vec::new();
    for caller in callers() {
        again.extend(places.take(&caller, later, HOLD).await.unwrap());
    }
    assert_eq!(again.len(), 3);
    places.give_back(late, later).await.unwrap();
    assert_eq!(places.take("zoe", later, HOLD).await.unwrap(), None);
    assert_eq!(Places::new(clients.dynamo_db, table, "none", 0, chance()).take("zoe", then, HOLD).await.unwrap(), None);
}

#[tokio::test]
async fn one_caller_leaves_half_of_the_places_and_more_to_others() {
    let clients = clients().await;
    let table = table(&clients).await;
    let (places, then) = (Places::new(clients.dynamo_db, &table, "test", 10, chance()), now());
    let mut own = 0;
    for _ in 0..60 {
        own += usize::from(places.take("zoe", then, HOLD).await.unwrap().is_some());
    }
    assert!((1..=5).contains(&own), "{own}");
    let mut others = 0;
    for caller in callers() {
        others += usize::from(places.take(&caller, then, HOLD).await.unwrap().is_some());
    }
    assert_eq!(own + others, 10);
}
