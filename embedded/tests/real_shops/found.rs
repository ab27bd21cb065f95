//! What shops sell and who buys there, in scripts and spellings that searches were reported to miss: by HTTP, as shoppers and
//! support type it.

use crate::{
    sending::{Open, changed, encoded},
    support::{new_id, wait_until},
};
use adapters::{
    postgres::catalogue::{Delivery, PgCatalogue},
    system::SystemClock,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use workflows::invoice::TaxTerms;

const WITHIN: Duration = Duration::from_secs(60);

/// What is sold, and what it is looked for by.
const GOODS: [(&str, &[&str]); 12] = [
    ("宇治抹茶ラテ", &["抹茶", "ラテ", "宇治抹茶", "茶ラ"]),
    ("제주유기농녹차", &["녹차", "유기농", "\u{1102}\u{1169}\u{11a8}\u{110e}\u{1161}"]),
    ("杭州龙井茶叶礼盒", &["龙井", "礼盒"]),
    ("Crème brûlée", &["creme brulee", "CRÈME", "cre\u{300}me bru\u{302}le\u{301}e"]),
    ("Phở bò", &["pho bo", "Pho\u{31b}\u{309}"]),
    ("Łódź mug", &["lodz", "łódź", "ŁÓDŹ"]),
    ("Smørrebrød", &["smorrebrod", "SMØRREBRØD"]),
    ("Straßenkarte", &["strassenkarte", "STRASSENKARTE", "straßenkarte"]),
    ("Ilık su", &["ilik", "ılık"]),
    ("Ærø cheese", &["aero", "ærø"]),
    ("Ελληνικός καφές", &["ελληνικος", "ΚΑΦΕΣ"]),
    ("Ёлочная игрушка", &["елочная", "ИГРУШКА"]),
];

/// Who buys, and what support looks for them by.
const BUYERS: [(&str, &[&str]); 7] = [
    ("Jürgen Müller", &["Muller", "müller", "Mu\u{308}ller", "MULLER"]),
    ("Ju\u{308}rgen Mu\u{308}nch", &["Münch", "munch"]),
    ("Sinéad O’Connor", &["Sinead", "O'Connor", "oconnor"]),
    ("山田太郎", &["太郎", "山田"]),
    ("Zo\u{200b}eline Noble", &["Zoeline", "noble"]),
    ("김민준", &["민준", "김민준"]),
    ("Đặng Thị Hương", &["dang", "Huong", "Hương"]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goods_and_buyers_are_found_however_they_are_spelt() {
    let open = Open::new().await;
    let deliveries: Vec<Delivery> = (0..)
        .zip(GOODS)
        .map(|(number, (name, _)): (u32, _)| Delivery {
            sku: format!("FOUND-{number}"),
            name: name.to_owned(),
            price: 100,
            currency: "EUR".parse().unwrap(),
            tax_rate_bp: 1_900,
            tax_terms: TaxTerms::default(),
            units: 10,
        })
        .collect();
    let catalogue = PgCatalogue::new(open.shop.database.clone(), Arc::new(SystemClock));
    catalogue.import(&deliveries, &new_id().to_string(), |_| {}).await.unwrap();
    for (name, words) in GOODS {
        for word in words {
            let answer = open.get("/v1/search", &format!("/v1/search?q={}", encoded(word))).await;
            let found: Value = serde_json::from_str(&answer.text).unwrap();
            let names: Vec<&str> =
                found["items"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
            assert!(names.contains(&name), "{word:?} finds {names:?}, and not {name}");
        }
    }
    let mut ids = Vec::new();
    for (name, _) in BUYERS {
        ids.push(open.accepted(name, &changed(|order| order["shipping_address"]["name"] = json!(name))).await);
    }
    for (id, (name, words)) in ids.iter().zip(BUYERS) {
        for word in words {
            wait_until("the order to be found", WITHIN, async || {
                let answer =
                    open.as_support("/v1/support/orders", &format!("/v1/support/orders?q={}", encoded(word))).await;
                assert_eq!(answer.status, StatusCode::OK, "{word:?}: {}", answer.text);
                if answer.text.contains(&id.to_string()) {
                    Ok(())
                } else {
                    Err(format!("{word:?} does not find {name}"))
                }
            })
            .await;
        }
    }
    open.shop.settled(&ids, WITHIN).await;
    open.shop.audit().await;
}
