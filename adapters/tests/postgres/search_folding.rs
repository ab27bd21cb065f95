//! Search by one folding on both sides: any script, any spelling of it, whatever language the database speaks; and what an
//! older release wrote is found too, once somebody swept.

use super::shop::{Shop, delivery};
use adapters::postgres::{Database, catalogue::Delivery, folding::VERSION, search::with_other_words};
use local_postgres::ephemeral;
use schemas::ids::OrderId;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;
use workflows::ports::{Reservations, Search};

impl Shop {
    async fn selling(names: &[&str]) -> Self {
        let shop = Self::empty().await;
        shop.list(names).await;
        shop
    }

    /// Products of these names, with numbers for SKUs.
    async fn list(&self, names: &[&str]) {
        let goods: Vec<Delivery> =
            names.iter().enumerate().map(|(n, name)| delivery(&format!("P{n:04}"), name, 100, 0, 1)).collect();
        self.catalogue.import(&goods, "t", |_| ()).await.unwrap();
    }

    async fn names(&self, query: &str) -> Vec<String> {
        let found = Search::products(&self.search, query, 10).await.unwrap();
        found.into_iter().map(|product| product.name).collect()
    }

    /// An order of somebody of that name, in the index.
    async fn bought_by(&self, name: &str) -> OrderId {
        let mut order = self.order(&[("TEA", 1)]);
        order.request.shipping_address.name = name.into();
        let id = order.id;
        self.orders.reserve(vec![order]).await.unwrap();
        self.search.index_orders(&[id]).await.unwrap();
        id
    }

    /// The orders that the audit finds to be kept by other words than their own.
    async fn with_other_words(&self) -> Vec<Uuid> {
        let mut connection = self.database.durable.acquire().await.unwrap();
        with_other_words(&mut connection, Uuid::nil(), Uuid::max()).await.unwrap()
    }

    async fn orders_of(&self, query: &str) -> Vec<OrderId> {
        Search::orders(&self.search, query, 10).await.unwrap()
    }
}

#[tokio::test]
async fn an_inner_part_of_a_script_without_spaces_is_found() {
    let shop = Shop::selling(&["宇治抹茶ラテ", "제주유기농녹차", "ｶﾌｪﾗﾃ 缶", "ชาเขียวมะลิ", "Earl Grey"]).await;
    for (query, name) in [
        ("抹茶", "宇治抹茶ラテ"),
        ("ラテ", "宇治抹茶ラテ"),
        ("茶", "宇治抹茶ラテ"),
        ("抹", "宇治抹茶ラテ"),
        ("녹차", "제주유기농녹차"),
        ("유기농", "제주유기농녹차"),
        ("\u{1102}\u{1169}\u{11a8}\u{110e}\u{1161}", "제주유기농녹차"),
        ("カフェ", "ｶﾌｪﾗﾃ 缶"),
        ("เขียว", "ชาเขียวมะลิ"),
    ] {
        assert_eq!(shop.names(query).await.first().map(String::as_str), Some(name), "{query}");
    }
    assert_eq!(shop.names("紅茶").await, [""; 0], "no pair of it");
}

#[tokio::test]
async fn a_product_is_found_without_its_accents() {
    let names = [
        "Crème brûlée",
        "Phở bò",
        "Łódź mug",
        "Weißbierglas",
        "Smørrebrød",
        "ΚΑΦΕΣ Σκέτος",
        "ﬁne ＴＥＡ",
        "Işık lamba",
        "Öl",
        "Rapsoel",
        "O'Neill Tee",
        "چای ۵۰۰",
    ];
    let shop = Shop::selling(&names).await;
    for (query, name) in [
        ("creme brulee", "Crème brûlée"),
        ("CRE\u{300}ME BRU\u{302}LE\u{301}E", "Crème brûlée"),
        ("pho bo", "Phở bò"),
        ("lodz", "Łódź mug"),
        ("weissbier", "Weißbierglas"),
        ("smorrebrod", "Smørrebrød"),
        ("καφές σκετοσ", "ΚΑΦΕΣ Σκέτος"),
        ("fine tea", "ﬁne ＴＥＡ"),
        ("ISIK", "Işık lamba"),
        ("la\u{200b}mba", "Işık lamba"),
        ("oel", "Öl"),
        ("Rapsöl", "Rapsoel"),
        ("oneill", "O'Neill Tee"),
        ("O\u{2019}Neill", "O'Neill Tee"),
        ("چاي 500", "چای ۵۰۰"),
    ] {
        assert_eq!(shop.names(query).await.first().map(String::as_str), Some(name), "{query}");
    }
}

#[tokio::test]
async fn an_order_is_found_however_its_name_is_spelt() {
    let shop = Shop::open().await;
    for (name, queries) in [
        (
            "Jo\u{308}rg Müller",
            &["Müller", "Mu\u{308}ller", "muller", "MÜLLER", "jorg mull", "Mueller", "joerg muel"][..],
        ),
        ("Anna Mueller", &["anna müller", "anna mueller"]),
        ("Sinéad O\u{2019}Connor", &["Sinead", "o'connor", "connor", "oconnor", "o\u{2019}con"]),
        ("Pat OBrien", &["O'Brien", "o\u{2019}brien", "obrien"]),
        ("کریم یوسفی", &["كريم", "يوسفي", "کریم یوسفی"]),
        ("فاطمة", &["فاطمه"]),
        ("Apt ۱۲٣", &["apt 123"]),
        ("山田太郎", &["太郎", "山田", "田太", "郎", "山", "山田太郎"]),
        ("Mar\u{200b}tha Groß", &["martha", "gross", "GROSS", "Mar\u{200b}tha"]),
        ("김철수", &["철수", "김"]),
        ("Đặng Thị Ánh", &["dang thi anh"]),
        ("İsmail Yıldız", &["ismail yildiz", "YILDIZ"]),
        ("हिन्दी शर्मा", &["हिन्दी", "शर्मा"]),
        ("أحمد علي", &["احمد", "علي"]),
    ] {
        let id = shop.bought_by(name).await;
        for query in queries {
            assert_eq!(shop.orders_of(query).await, [id], "{query} for {name}");
        }
    }
}

/// A shop whose database knows the letters of ASCII only, as `initdb --locale=C` makes it.
async fn shop_in_locale_c() -> Shop {
    let server = ephemeral().await.unwrap();
    let mut admin = PgConnection::connect(server.server().url()).await.unwrap();
    let create = "create database locale_c template template0 encoding 'UTF8' locale 'C'";
    sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    let url = server.server().url_of("locale_c");
    let database = Database::connect(&url, 2).unwrap();
    database.migrate().await.unwrap();
    database.close().await;
    Shop::at(&url)
}

#[tokio::test]
async fn a_database_that_knows_ascii_only_loses_no_word() {
    let shop = shop_in_locale_c().await;
    assert_eq!(shop.value::<String>("select upper('é')").await, "é");
    shop.list(&["Crème brûlée", "Чай чёрный", "緑茶"]).await;
    shop.catalogue.import(&[delivery("TEA", "Thé", 100, 0, 100)], "t", |_| ()).await.unwrap();
    for (query, name) in [("BRÛLÉE", "Crème brûlée"), ("ЧЁРНЫЙ", "Чай чёрный"), ("茶", "緑茶")] {
        assert_eq!(shop.names(query).await, [name], "{query}");
    }
    for (name, query) in [("Zoë Müller", "MÜLLER"), ("Иван Петров", "петров"), ("山田太郎", "太郎")]
    {
        let id = shop.bought_by(name).await;
        assert_eq!(shop.orders_of(query).await, [id], "{query}");
    }
}

#[tokio::test]
async fn what_an_older_release_wrote_is_found_once_somebody_swept() {
    let shop = Shop::open().await;
    let ids = shop.reserve(&[&[("TEA", 1)][..]; 3]).await;
    // As release 0.1.0 writes them; one of the orders is gone since.
    shop.run(&format!(
        "insert into order_search (order_id, version, status, document)
         select id, version, status, to_tsvector('simple', email || ' Zoë Müller') from orders;
         insert into order_search (order_id, version, status, document) values (gen_random_uuid(), 1, 'reserved', '');
         insert into products (sku, name, currency, price, tax_rate_bp, trigrams, updated_at)
         values ('PHO', 'Phở bò', 'EUR', 1, 0, array['pho'], now());
         update products set name = 'Finest Darjeeling', trigrams = array['dar'] where sku = 'TEA';
         update order_search set version = 1, status = 'rejected' where order_id = '{}'",
        ids[2]
    ))
    .await;
    assert_eq!(shop.search.keep_up().await.unwrap(), 4 + 2, "orders and products");
    assert_eq!(shop.orders_of("muller").await, [ids[2], ids[1], ids[0]]);
    let right = "select count(*) from order_search where version = 2 and status = 'reserved'";
    assert_eq!(shop.value::<i64>(right).await, 3);
    assert_eq!(shop.names("pho").await, ["Phở bò"]);
    assert_eq!(shop.names("darjeeling").await, ["Finest Darjeeling"]);
    assert_eq!(shop.search.keep_up().await.unwrap(), 0, "nothing is left to do");
}

#[tokio::test]
async fn what_an_older_folding_made_is_found_as_it_was_until_it_is_folded_anew() {
    let shop = Shop::open().await;
    let id = shop.bought_by("علی Müller").await;
    shop.list(&["علی"]).await;
    assert_eq!(shop.search.keep_up().await.unwrap(), 0, "all is of this version");
    // As the version before kept them: letters as they are written, and each word in one spelling.
    shop.run(
        "update order_search set folding = 1, words = array_to_tsvector(array['0:علی', '0:muller']);
         update products set folding = 1, grams = array['  ع', ' عل', 'علی', 'لی '] where sku = 'P0000'",
    )
    .await;
    assert!(shop.with_other_words().await.is_empty(), "they are no others until they are folded anew");
    for query in ["علی", "علی muller", "Müller"] {
        assert_eq!(shop.orders_of(query).await, [id], "{query}");
    }
    assert_eq!(shop.names("علی").await, ["علی"]);
    assert_eq!(shop.search.keep_up().await.unwrap(), 1 + 1, "an order and a product");
    for query in ["علی", "علي", "mueller", "Müller"] {
        assert_eq!(shop.orders_of(query).await, [id], "{query}");
    }
    assert_eq!(shop.names("علي").await, ["علی"]);
    assert_eq!(shop.search.keep_up().await.unwrap(), 0, "nothing is left to do");
    shop.run("update order_search set words = array_to_tsvector(array['0:muller'])").await;
    assert_eq!(shop.with_other_words().await, [id.0], "these are others");
}

#[tokio::test]
async fn what_is_to_be_folded_anew_is_in_an_index_and_what_is_written_now_is_not() {
    let shop = Shop::open().await;
    shop.bought_by("Zoë").await;
    for index in ["order_search_to_be_folded", "products_to_be_folded"] {
        let made: String = shop.value(&format!("select pg_get_indexdef('{index}'::regclass)")).await;
        assert!(made.contains(&format!("(folding < {VERSION})")), "{made}: a folding comes with a migration");
    }
    for table in ["order_search", "products"] {
        let others = format!("select count(*) from {table} where folding <> {VERSION}");
        assert_eq!(shop.value::<i64>(&others).await, 0, "{table}");
    }
}

#[tokio::test]
async fn the_release_before_finds_what_this_one_wrote() {
    let shop = Shop::open().await;
    let id = shop.bought_by("Zoë Müller").await;
    let found = "select order_id from order_search where document @@ to_tsquery('simple', 'müller:*')";
    assert_eq!(OrderId(shop.value(found).await), id);
    let same = "select s.document = to_tsvector('simple', regexp_replace(
                    concat_ws(' ', o.email, o.shipping_address ->> 'name', o.billing_address ->> 'name',
                              (select string_agg(concat_ws(' ', line ->> 'sku', line ->> 'name'), ' ')
                               from jsonb_array_elements(o.lines) as line)), '[^[:alnum:]]+', ' ', 'g'))
                from order_search s join orders o on o.id = s.order_id";
    assert!(shop.value::<bool>(same).await, "its audit compares them");
    let product = "select sku from products where trigrams @> array['  e', ' ea', 'ear']";
    assert_eq!(shop.value::<String>(product).await, "TEA");
}
