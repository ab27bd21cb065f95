//! A search reads little however much there is and whatever is looked for, and one odd order is in nobody's way.

use super::shop::{Shop, delivery, eventually};
use adapters::postgres::{Asked, Database, search::PgSearch};
use schemas::ids::OrderId;
use serde_json::Value;
use sqlx::AssertSqlSafe;
use workflows::ports::Search;

impl Shop {
    /// So many products whose names share all of their words but one, and one that shares few.
    async fn with_alike_products(products: u32) -> Self {
        let shop = Self::empty().await;
        let name = |n| format!("Classic red lantern with candle, number {n}");
        let goods: Vec<_> = (0..products)
            .map(|n| delivery(&format!("LAMP-{n:06}"), &name(n), 100, 0, 1))
            .chain([delivery("ODD-1", "Zephyr red lamp", 100, 0, 1)])
            .collect();
        shop.catalogue.import(&goods, "t", |_| ()).await.unwrap();
        shop
    }

    /// Makes so many orders in the index by a hand in the tables, in slices of that many: all are `example`, one is `zoe`.
    async fn with_indexed_history(&self, orders: u32, slice: u32) {
        self.run(&format!(
            "truncate order_search, order_search_slices;
             insert into order_search_slices
             select n, ('00000000-0000-7000-8000-' || lpad(to_hex(n * {slice}), 12, '0'))::uuid
             from generate_series(0, ({orders} - 1) / {slice}) as n;
             insert into order_search (order_id, version, status, document, words)
             select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1, 'confirmed', '',
                    array_to_tsvector(array[n / {slice} || ':example',
                                            n / {slice} || ':' || case n when 7 then 'zoe' else 'ann' end])
             from generate_series(0, {orders} - 1) as n;
             analyze order_search"
        ))
        .await;
    }

    /// The blocks that a statement touches, in a session that has run it before: what planning touches is apart.
    async fn blocks_of(&self, statement: &str) -> i64 {
        let mut connection = self.database.durable.acquire().await.unwrap();
        let explain = format!("explain (analyze, buffers, timing off, format json) {statement}");
        sqlx::raw_sql(AssertSqlSafe(explain.clone())).execute(&mut *connection).await.unwrap();
        let plan: Value = sqlx::query_scalar(AssertSqlSafe(explain)).fetch_one(&mut *connection).await.unwrap();
        let blocks = |name: &str| plan[0]["Plan"][name].as_i64().unwrap();
        blocks("Shared Hit Blocks") + blocks("Shared Read Blocks")
    }

    /// The rows of the catalogue that a search in a session of its own looks at.
    async fn products_looked_at(&self, query: &str) -> i64 {
        let looked = "select (coalesce(idx_tup_fetch, 0) + seq_tup_read)::bigint
                      from pg_stat_user_tables where relname = 'products'";
        // The sessions of before have ended, so all that they did is in.
        self.database.close().await;
        let url = self.url.clone();
        let watcher = Self::at(&url);
        let mut before = watcher.value::<i64>(looked).await;
        eventually("figures that stand still", async || {
            let last = std::mem::replace(&mut before, watcher.value::<i64>(looked).await);
            (last == before).then_some(())
        })
        .await;
        let searcher = Database::connect(&url, 1).unwrap();
        assert!(!Search::products(&PgSearch::new(searcher.clone()), query, 20).await.unwrap().is_empty());
        searcher.close().await;
        let after = eventually("the figures of the search", async || {
            let now = watcher.value::<i64>(looked).await;
            (now > before).then_some(now)
        });
        after.await - before
    }
}

fn number(n: u32) -> OrderId {
    format!("00000000-0000-7000-8000-{n:012x}").parse().unwrap()
}

#[tokio::test]
async fn a_query_of_pieces_that_all_products_have_looks_at_few_of_them() {
    let shop = Shop::with_alike_products(8_000).await;
    let looked = shop.products_looked_at(&"classic red lantern with candle number ".repeat(6)).await;
    assert!(looked < 5_500, "{looked} of 8,000");
}

#[tokio::test]
async fn what_is_rare_among_what_is_common_is_found_in_spite_of_a_typing_error() {
    let shop = Shop::with_alike_products(8_000).await;
    let first = async |query: &str| {
        let found = Search::products(&shop.search, query, 5).await.unwrap();
        found.first().map(|product| product.sku.clone()).unwrap_or_default()
    };
    for query in ["zephyr", "zefyr red lamp", "zephyr red", "odd-1", "red zephir"] {
        assert_eq!(first(query).await, "ODD-1", "{query}");
    }
    for query in ["lantren", "lanern", "classic red lantern", "clasic", "candel"] {
        assert!(first(query).await.starts_with("LAMP-"), "{query}");
    }
    assert_eq!(first("LAMP-004242").await, "LAMP-004242");
    assert_eq!(first("lantern 7999").await, "LAMP-007999");
}

#[tokio::test]
async fn orders_come_newest_first_from_slice_to_slice() {
    let shop = Shop::empty().await;
    shop.with_indexed_history(1_000, 100).await;
    let found = async |query: &str, limit| Search::orders(&shop.search, query, limit).await.unwrap();
    assert_eq!(found("example", 150).await, (850..1_000).rev().map(number).collect::<Vec<_>>());
    assert_eq!(found("e", 3).await, [number(999), number(998), number(997)]);
    assert_eq!(found("zoe example", 20).await, [number(7)]);
    assert_eq!(found("nobody", 20).await, []);
}

#[tokio::test]
async fn a_word_that_every_order_has_costs_no_more_with_ten_times_the_history() {
    let shop = Shop::empty().await;
    let statement = include_str!("../../sql/search/find_orders.sql");
    let statement = statement.replace("$1", "'''@e'':*'").replace("$2", "20");
    shop.with_indexed_history(2_000, 1_000).await;
    let few = shop.blocks_of(&statement).await;
    shop.with_indexed_history(20_000, 1_000).await;
    let many = shop.blocks_of(&statement).await;
    assert!(many <= few * 3 / 2 + 20, "{few} blocks of 2,000 orders, {many} of 20,000");
}

#[tokio::test]
async fn a_slice_that_is_full_is_followed_by_another() {
    let shop = Shop::empty().await;
    let slices = "select count(*) from order_search_slices";
    shop.with_indexed_history(16_383, 20_000).await;
    shop.search.keep_up().await.unwrap();
    assert_eq!(shop.value::<i64>(slices).await, 1);
    let last = number(16_383);
    shop.run(&format!("insert into order_search values ('{last}', 1, 'confirmed', '', '')")).await;
    shop.search.keep_up().await.unwrap();
    shop.search.keep_up().await.unwrap();
    let newest = "select slice || ' ' || first_id from order_search_slices order by slice desc limit 1";
    assert_eq!(shop.value::<String>(newest).await, format!("1 {last}"));
}

/// An order of as many books as an order takes, with names of five hundred different ideographs each.
async fn order_of_everything(shop: &Shop) -> OrderId {
    let name = |book: u32| (0..500).filter_map(|n| char::from_u32(0x4e00 + (book * 501 + n * 37) % 20_000)).collect();
    let names: Vec<String> = (0..1_000).map(name).collect();
    let goods: Vec<_> =
        names.iter().enumerate().map(|(n, name)| delivery(&format!("BOOK-{n}"), name, 1, 0, 9)).collect();
    shop.catalogue.import(&goods, "t", |_| ()).await.unwrap();
    let lines: Vec<(&str, i64)> = goods.iter().map(|product| (product.sku.as_str(), 1)).collect();
    shop.reserve(&[&lines]).await[0]
}

#[tokio::test]
async fn an_order_of_any_size_is_found_by_what_identifies_it() {
    let shop = Shop::empty().await;
    let id = order_of_everything(&shop).await;
    shop.search.index_orders(&[id]).await.unwrap();
    for query in ["zoe@example.com", "muller", "BOOK-999", &id.to_string()] {
        assert_eq!(Search::orders(&shop.search, query, 5).await.unwrap(), [id], "{query}");
    }
    assert_eq!(shop.search.rebuild(&|_, _| ()).await.unwrap().failed, 0);
}

#[tokio::test]
async fn a_rebuild_goes_on_behind_an_order_that_fails_and_names_it() {
    let shop = Shop::open().await;
    let ids = shop.reserve(&[&[("TEA", 1)][..]; 5]).await;
    shop.run(&format!(
        "create function refuse() returns trigger language plpgsql as $$
         begin raise exception 'string is too long for tsvector' using errcode = '54000'; end $$;
         create trigger refuse before insert on order_search for each row
             when (new.order_id = '{}') execute function refuse()",
        ids[2]
    ))
    .await;
    let rebuilt = shop.search.rebuild(&|_, _| ()).await.unwrap();
    assert_eq!((rebuilt.done, rebuilt.failed), (4, 1));
    let (named, why) = &rebuilt.examples[0];
    assert!(*named == ids[2] && why.contains("too long"), "{why}");
    assert_eq!(shop.value::<i64>("select count(*) from order_search").await, 4);
}

#[tokio::test]
async fn only_what_the_request_is_not_at_fault_for_is_tried_for_ever() {
    let shop = Shop::empty().await;
    let away = ["08006", "25006", "28P01", "40001", "40P01", "53100", "53300", "55P03", "57014", "57P01", "58030"];
    let at_fault = ["21000", "22001", "23505", "25P02", "42601", "42501", "54000", "0A000", "P0001", "XX000"];
    for (codes, is_away) in [(&away[..], true), (&at_fault[..], false)] {
        for code in codes {
            let raise = format!("do $$ begin raise exception 'a fault' using errcode = '{code}'; end $$");
            let result = sqlx::raw_sql(AssertSqlSafe(raise)).execute(&shop.database.durable).await.asked("test");
            assert_eq!(result.unwrap_err().away, is_away, "{code}");
        }
    }
    let unreadable =
        sqlx::query_scalar::<_, i64>("select 'a word'").fetch_one(&shop.database.durable).await.asked("test");
    assert!(!unreadable.unwrap_err().away, "an answer that cannot be read stays as it is");
    shop.database.close().await;
    assert!(shop.database.durable.acquire().await.asked("test").unwrap_err().away, "no answer at all");
}
