//! An order too large for a message lies in a bucket and travels by reference, and nobody notices.

use super::{
    site::{Deployed, and_back, deployed, run},
    support::{new_id, order},
};
use serde_json::{Value, json};
use uuid::Uuid;

const LINES: usize = 1_000;
/// Three bytes each: as many as a SKU may have, with a number.
const LETTERS: &str = "€";

fn sku(number: usize) -> String {
    format!("{}{number:04}", LETTERS.repeat(60))
}

/// As many products as an order may have lines, with names as long as they may be.
async fn stock(deployed: &Deployed) {
    let skus: Vec<String> = (0..LINES).map(sku).collect();
    let statements = [
        "insert into products select sku, 'A long one', 'EUR', 100, 1900, '{}', now() from unnest($1::text[]) as s (sku)",
        "insert into stock (sku, warehouse, received) select sku, 'main', 10 from unnest($1::text[]) as s (sku)",
        "insert into stock_receipts
         select gen_random_uuid(), sku, 'main', 10, 'tests', now() from unnest($1::text[]) as s (sku)",
    ];
    for statement in statements {
        sqlx::query(statement).bind(&skus).execute(deployed.shop.pool()).await.unwrap();
    }
}

/// What DynamoDB has of an accepted order.
fn kept(deployed: &Deployed, id: Uuid) -> Value {
    let key = json!({ "pk": { "S": format!("ORDER#{id}") } });
    let asked = json!({ "TableName": deployed.id("Submissions"), "Key": key });
    let item = deployed.look.call("dynamodb", "get_item", asked);
    serde_json::from_str(item["Item"]["order"]["S"].as_str().unwrap()).unwrap()
}

#[test]
fn a_large_order_can_be_read_while_it_waits_and_is_confirmed_like_any_other() {
    run(async {
        let (_turn, deployed) = deployed().await;
        stock(deployed).await;
        let skus: Vec<String> = (0..LINES).map(sku).collect();
        let lines: Vec<(&str, i64)> = skus.iter().map(|sku| (sku.as_str(), 1)).collect();
        let large = order(&lines, "pm_card_visa");
        deployed.set_working("IntakeMapping", false);
        let test = async {
            let id = deployed.accepted(&new_id().to_string(), &large).await;
            assert!(kept(deployed, id)["$payload"].is_string(), "it was small enough for the table and the queue");
            let waiting = deployed.order(id).await;
            assert_eq!(waiting["status"], "submitted", "{waiting}");
            assert_eq!(waiting["lines"].as_array().unwrap().len(), LINES);
            id
        };
        let id = and_back(test, async || deployed.set_working("IntakeMapping", true)).await;
        deployed.settled(&[id]).await;
        assert_eq!(deployed.shop.status(id).await, "confirmed");
        deployed.audit().await;
    });
}
