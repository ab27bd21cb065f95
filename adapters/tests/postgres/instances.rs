//! What becomes of the work of those that are gone.

use super::shop::fresh_database;
use adapters::postgres::{Database, runtime::instances::release_dead};

#[tokio::test]
async fn what_a_dead_process_had_in_hand_is_released_whatever_numbers_and_names_it_has() {
    let database = Database::connect(&fresh_database().await, 2).unwrap();
    let odd = "insert into messages (queue, body, instance, receive_count, abandoned)
               select queue, '{}', 999999999999, number, number
               from unnest(array['index', repeat('x', 9000)]) as queue,
                    unnest(array[1, 2147483647, -2147483648]) as number";
    // A name that repeats itself has room in the index of queues; another one of that length has not.
    sqlx::raw_sql(odd).execute(&database.durable).await.unwrap();
    let beyond_any_lock = "insert into instances (id) overriding system value values (99999999999)";
    sqlx::raw_sql(beyond_any_lock).execute(&database.durable).await.unwrap();
    let mut session = database.session().await.unwrap();
    release_dead(&mut session, 1).await.unwrap();
    let left = sqlx::query_scalar::<_, i64>("select count(*) from messages where instance is not null");
    assert_eq!(left.fetch_one(&database.durable).await.unwrap(), 0);
    let listed = sqlx::query_scalar::<_, i64>("select count(*) from instances");
    assert_eq!(listed.fetch_one(&database.durable).await.unwrap(), 0);
}
