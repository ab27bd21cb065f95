//! Search: products in spite of typing errors and in any script, orders by whatever is at hand, and an index that mends.

use super::shop::{Shop, delivery};
use futures_util::future::join_all;
use schemas::ids::OrderId;
use std::sync::Mutex;
use workflows::ports::{InvoiceNumbers, Rebuilt, Reservations, Search};

impl Shop {
    async fn with_products() -> Self {
        let shop = Self::empty().await;
        let goods = [
            delivery("LAMP-RED", "Red Lantern", 100, 0, 7),
            delivery("LAMP-BLUE", "Blue Lantern, small", 100, 0, 1),
            delivery("TEA-EG", "Earl Grey Tea", 100, 0, 1),
            delivery("CUP-1", "Porcelain Cup", 100, 0, 1),
            delivery("CUP-2", "Coffee Mug for Red Lantern Lovers", 100, 0, 1),
            delivery("ЧАЙ-1", "Чай чёрный", 100, 0, 1),
            delivery("JP-1", "緑茶", 100, 0, 1),
            delivery("DE-1", "Weißbierglas Größe L", 100, 0, 1),
        ];
        shop.catalogue.import(&goods, "t", |_| ()).await.unwrap();
        shop
    }

    async fn products(&self, query: &str) -> Vec<String> {
        let found = Search::products(&self.search, query, 10).await.unwrap();
        found.into_iter().map(|product| product.sku).collect()
    }

    async fn found(&self, query: &str) -> Vec<OrderId> {
        Search::orders(&self.search, query, 10).await.unwrap()
    }

    /// Two orders in the index, of Zoë Müller with TEA and of Иван Петров with CUP; oldest first.
    async fn with_indexed_orders() -> (Self, Vec<OrderId>) {
        let shop = Self::open().await;
        let zoe = shop.order(&[("TEA", 1)]);
        let mut ivan = shop.order(&[("CUP", 1)]);
        ivan.request.email = "ivan.petrov@example.org".into();
        ivan.request.shipping_address.name = "Иван Петров".into();
        let ids = vec![zoe.id, ivan.id];
        shop.orders.reserve(vec![zoe, ivan]).await.unwrap();
        shop.search.index_orders(&ids).await.unwrap();
        (shop, ids)
    }
}

#[tokio::test]
async fn a_product_is_found_by_its_exact_sku_first() {
    let shop = Shop::with_products().await;
    for query in ["LAMP-BLUE", "lamp-blue", " lamp blue "] {
        assert_eq!(shop.products(query).await[0], "LAMP-BLUE", "{query}");
    }
    assert_eq!(shop.products("CUP-2").await[0], "CUP-2");
    let found = Search::products(&shop.search, "LAMP-RED", 1).await.unwrap();
    assert_eq!((found.len(), found[0].available, found[0].name.as_str()), (1, 7, "Red Lantern"));
}

#[tokio::test]
async fn a_whole_word_finds_every_product_that_has_it_and_no_other() {
    let shop = Shop::with_products().await;
    let mut found = shop.products("lantern").await;
    found.sort();
    assert_eq!(found, ["CUP-2", "LAMP-BLUE", "LAMP-RED"]);
}

#[tokio::test]
async fn the_beginning_of_a_word_is_enough() {
    let shop = Shop::with_products().await;
    for query in ["porc", "Porcel", "ea gr", "earl g"] {
        let expected = if query == "porc" || query == "Porcel" { "CUP-1" } else { "TEA-EG" };
        assert_eq!(shop.products(query).await.first().map(String::as_str), Some(expected), "{query}");
    }
}

#[tokio::test]
async fn typing_errors_are_forgiven() {
    let shop = Shop::with_products().await;
    let cases = [
        ("lantren", "LAMP-RED"),
        ("lanern", "LAMP-RED"),
        ("lanntern", "LAMP-RED"),
        ("porcelian", "CUP-1"),
        ("porcelan", "CUP-1"),
        ("porcellain", "CUP-1"),
        ("erl grey", "TEA-EG"),
    ];
    for (query, sku) in cases {
        assert!(shop.products(query).await.contains(&sku.to_owned()), "{query}");
    }
}

#[tokio::test]
async fn products_are_found_in_any_script() {
    let shop = Shop::with_products().await;
    let cases = [
        ("чай", "ЧАЙ-1"),
        ("ЧАЙ", "ЧАЙ-1"),
        ("чёрный", "ЧАЙ-1"),
        ("緑茶", "JP-1"),
        ("größe", "DE-1"),
        ("weißbier", "DE-1"),
    ];
    for (query, sku) in cases {
        assert_eq!(shop.products(query).await.first().map(String::as_str), Some(sku), "{query}");
    }
}

#[tokio::test]
async fn nonsense_finds_nothing() {
    let shop = Shop::with_products().await;
    for query in ["xqzwvk", "", "  ", "!?-", "'; drop table products; --", "\\"] {
        assert_eq!(shop.products(query).await, [""; 0], "{query:?}");
    }
}

#[tokio::test]
async fn the_best_match_comes_first() {
    let shop = Shop::with_products().await;
    assert_eq!(shop.products("red lantern").await[0], "LAMP-RED", "the name itself, before one that contains it");
    assert_eq!(shop.products("blue lantern").await[0], "LAMP-BLUE");
    assert_eq!(Search::products(&shop.search, "lantern", 2).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_order_is_found_by_whatever_is_at_hand() {
    let (shop, ids) = Shop::with_indexed_orders().await;
    let (zoe, ivan) = (ids[0], ids[1]);
    let (id, front) = (zoe.to_string(), &zoe.to_string()[..23]);
    let cases = [
        (id.as_str(), zoe),
        (front, zoe),
        ("zoe@example.com", zoe),
        ("zoe", zoe),
        ("ZOE@EXAMPLE.COM", zoe),
        ("ivan.petrov@example.org", ivan),
        ("ivan.petrov", ivan),
        ("TEA", zoe),
        ("earl", zoe),
        ("CUP", ivan),
        ("Müller", zoe),
        ("MÜLLER", zoe),
        ("Zoë Müller", zoe),
        ("müll", zoe),
        ("петров", ivan),
        ("петров cup", ivan),
        ("example.com tea müller", zoe),
    ];
    for (query, expected) in cases {
        let found = shop.found(query).await;
        assert!(found.contains(&expected), "{query}: {found:?}");
        assert!(found.len() == 1 || query == front, "{query}: {found:?}");
    }
}

#[tokio::test]
async fn every_word_must_match_and_the_newest_order_comes_first() {
    let (shop, ids) = Shop::with_indexed_orders().await;
    assert_eq!(shop.found("example").await, [ids[1], ids[0]]);
    assert_eq!(Search::orders(&shop.search, "example", 1).await.unwrap(), [ids[1]]);
    for query in ["zoe cup", "nobody", "", "&|!", "' or 1=1", "tea:* | cup:*:"] {
        assert_eq!(shop.found(query).await, [], "{query:?}");
    }
}

#[tokio::test]
async fn names_of_any_script_are_found_as_they_are_written() {
    let shop = Shop::open().await;
    for name in
        ["हिन्दी शर्मा", "สมชาย ใจดี", "山田 太郎", "محمد علي", "Ελένη Παπά", "Łukasz Żółć", "O'Brien-Smith", "İpek Şahin"]
    {
        let mut order = shop.order(&[("TEA", 1)]);
        order.request.shipping_address.name = name.into();
        let id = order.id;
        shop.orders.reserve(vec![order]).await.unwrap();
        shop.search.index_orders(&[id]).await.unwrap();
        assert_eq!(shop.found(name).await, [id], "{name}");
    }
}

#[tokio::test]
async fn whoever_is_billed_is_found_too() {
    let shop = Shop::open().await;
    let mut order = shop.order(&[("TEA", 1)]);
    let mut billing = order.request.shipping_address.clone();
    billing.name = "Bookkeeping Ltd".into();
    order.request.billing_address = Some(billing);
    let id = order.id;
    shop.orders.reserve(vec![order]).await.unwrap();
    shop.search.index_orders(&[id]).await.unwrap();
    assert_eq!(shop.found("bookkeeping").await, [id]);
}

#[tokio::test]
async fn an_order_is_found_by_the_number_of_its_invoice() {
    let (shop, ids) = Shop::with_indexed_orders().await;
    for id in &ids {
        shop.confirm(*id).await;
    }
    shop.orders.number_invoices(&ids).await.unwrap();
    for id in ids {
        let printed = format!("select year || '-' || lpad(number::text, 6, '0') from invoices where order_id = '{id}'");
        let number: String = shop.value(&printed).await;
        for query in [number.clone(), format!(" {number} "), number.replace("-00000", "/")] {
            assert_eq!(shop.found(&query).await, [id], "{query}");
        }
    }
    assert_eq!(shop.found("1999-000001").await, []);
}

#[tokio::test]
async fn indexing_again_changes_nothing_and_older_news_never_win() {
    let (shop, ids) = Shop::with_indexed_orders().await;
    let rows = "select md5(string_agg(order_search::text, '|' order by order_id)) from order_search";
    let before: String = shop.value(rows).await;
    shop.search.index_orders(&ids).await.unwrap();
    assert_eq!(shop.value::<String>(rows).await, before);
    // Another process has seen a later version of the order than this one reads.
    shop.run("update order_search set version = 9, status = 'confirmed', words = '''0:later'''::tsvector").await;
    shop.search.index_orders(&ids).await.unwrap();
    assert_eq!(
        shop.value::<i64>("select count(*) from order_search where version = 9 and status = 'confirmed'").await,
        2
    );
}

#[tokio::test]
async fn the_index_follows_the_order() {
    let (shop, ids) = Shop::with_indexed_orders().await;
    shop.confirm(ids[0]).await;
    let shown = format!("select status || ' ' || version from order_search where order_id = '{}'", ids[0]);
    assert_eq!(shop.value::<String>(&shown).await, "reserved 2");
    shop.search.index_orders(&ids).await.unwrap();
    assert_eq!(shop.value::<String>(&shown).await, "confirmed 4");
}

#[tokio::test]
async fn racers_index_the_same_orders_in_any_order() {
    let shop = Shop::open().await;
    let mut ids = shop.reserve(&vec![&[("TEA", 1)][..]; 200]).await;
    let batches = (0..6).map(|_| {
        ids.reverse();
        ids.clone()
    });
    let batches: Vec<Vec<OrderId>> = batches.collect();
    join_all(batches.iter().map(async |batch| shop.search.index_orders(batch).await.unwrap())).await;
    assert_eq!(shop.value::<i64>("select count(*) from order_search").await, 200);
}

#[tokio::test]
async fn a_rebuild_mends_wrong_rows_and_adds_missing_ones_and_removes_orphans() {
    let (shop, ids) = Shop::with_indexed_orders().await;
    shop.run(&format!(
        "update order_search set words = '''0:wrong'''::tsvector, status = 'shipped' where order_id = '{}';
         delete from order_search where order_id = '{}';
         insert into order_search values (gen_random_uuid(), 3, 'reserved', 'zoe'::tsvector)",
        ids[0], ids[1]
    ))
    .await;
    let progress = Mutex::new(Vec::new());
    let done = shop.search.rebuild(&|done, total| progress.lock().unwrap().push((done, total))).await.unwrap();
    assert_eq!(done, Rebuilt { done: 2, ..Rebuilt::default() });
    assert_eq!(progress.into_inner().unwrap().last(), Some(&(2, 2)));
    assert_eq!(shop.found("zoe").await, [ids[0]]);
    assert_eq!(shop.found("wrong").await, []);
    assert_eq!(shop.found("петров").await, [ids[1]]);
    assert_eq!(shop.value::<i64>("select count(*) from order_search where status = 'reserved'").await, 2);
}
