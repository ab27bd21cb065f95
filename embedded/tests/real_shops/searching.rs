//! Search as buyers and support use it, in whatever script and spelling, on a database that knows the letters of ASCII only;
//! and the order that was too large for the index.

use crate::{
    sending::{Open, changed},
    support::{
        Shop, order,
        run::{begun, ended},
        server::printed,
    },
};
use local_postgres::ephemeral;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::{fs, time::Duration};

const SETTLED: Duration = Duration::from_secs(90);

/// Names of products, each with what a buyer may look for.
pub(crate) const PRODUCTS: [(&str, &[&str]); 17] = [
    ("宇治抹茶ラテ", &["抹茶", "ラテ", "茶ラ", "宇治抹茶ラテ"]),
    ("제주유기농녹차", &["녹차", "유기농", "\u{1102}\u{1169}\u{11a8}\u{110e}\u{1161}"]),
    ("ｶﾌｪｵﾚ 缶", &["カフェ", "フェオ", "缶"]),
    ("ชาเขียวมะลิ", &["เขียว", "มะลิ"]),
    ("Crème brûlée", &["creme brulee", "CRE\u{300}ME BRU\u{302}LE\u{301}E", "brulee"]),
    ("Phở bò", &["pho bo", "PHO\u{31b}\u{309} bo\u{300}"]),
    ("Łódź mug", &["lodz", "ŁÓDŹ", "lo\u{301}dz"]),
    ("Weißbierglas", &["weissbier", "WEISSBIERGLAS", "weiẞbierglas"]),
    ("Smørrebrød", &["smorrebrod", "SMØRREBRØD", "smoerrebroed"]),
    ("ΚΑΦΕΣ Σκέτος", &["καφές σκετοσ", "καφες"]),
    ("ﬁne ＴＥＡ", &["fine tea"]),
    ("Işık lamba", &["ISIK", "isik", "la\u{200b}mba"]),
    ("Rapsöl", &["rapsol", "rapsoel", "Rapso\u{308}l"]),
    ("O'Neill cap", &["oneill", "O\u{2019}Neill", "o neill"]),
    ("چای ۵۰۰", &["چاي 500"]),
    ("Đặc sản", &["dac san"]),
    ("Чёрный чай", &["черный", "ЧЁРНЫЙ"]),
];

/// Names of buyers, each with what support may type.
pub(crate) const NAMES: [(&str, &[&str]); 15] = [
    ("Jörg Müller", &["Müller", "Mu\u{308}ller", "muller", "MÜLLER", "jorg mull", "Mueller", "joerg muel"]),
    ("Ju\u{308}rgen Mo\u{308}ller", &["Jürgen Möller", "jurgen", "moeller"]),
    ("Anna Mueller", &["anna müller", "anna mueller"]),
    ("Sinéad O\u{2019}Connor", &["Sinead", "o'connor", "connor", "oconnor"]),
    ("Pat OBrien", &["O'Brien", "o\u{2019}brien", "obrien"]),
    ("山田太郎", &["太郎", "山田", "田太", "郎", "山田太郎"]),
    ("김철수", &["철수", "김", "\u{110e}\u{1165}\u{11af}\u{1109}\u{116e}"]),
    ("Mar\u{200b}tha Groß", &["martha", "gross", "GROSS", "Mar\u{200b}tha"]),
    ("Đặng Thị Ánh", &["dang thi anh"]),
    ("İsmail Yıldız", &["ismail yildiz", "YILDIZ"]),
    ("Иван Петров", &["петров", "ИВАН"]),
    ("हिन्दी शर्मा", &["हिन्दी", "शर्मा"]),
    ("أحمد علي", &["احمد", "علي"]),
    ("کریم یوسفی", &["كريم", "يوسفي"]),
    ("สมชาย ใจดี", &["สมชาย", "ใจดี"]),
];

/// Names that an order of all of them is too large for PostgreSQL's index of texts with.
const BOOKS: u32 = 700;

/// The row of a book whose name has as many different ideographs as a name has characters.
pub(crate) fn book(number: u32) -> String {
    let name: String = (0..500).filter_map(|n| char::from_u32(0x4e00 + (number * 501 + n * 37) % 20_000)).collect();
    format!("BOOK-{number},{name},0.01,EUR,19,1000")
}

/// The rows of the products, with numbers for SKUs.
pub(crate) fn products() -> Vec<String> {
    PRODUCTS.iter().enumerate().map(|(n, (name, _))| format!("{},{name},9.99,EUR,7,1000", sku(n))).collect()
}

/// The SKU of a product.
pub(crate) fn sku(product: usize) -> String {
    format!("P{product:03}")
}

/// A shop without tables, on a database of that encoding which knows the letters of ASCII only, as `initdb --locale=C` makes it.
async fn in_locale_c(encoding: &str) -> Shop {
    let server = ephemeral().await.unwrap().server();
    let mut admin = PgConnection::connect(server.url()).await.unwrap();
    let name = format!("locale_c_{}", encoding.to_lowercase());
    let create = format!("create database {name} template template0 encoding '{encoding}' locale 'C'");
    sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    Shop::at(server.url_of(&name))
}

#[tokio::test]
async fn whatever_script_and_spelling_is_found_where_the_database_knows_ascii_only() {
    let open = Open::on(in_locale_c("UTF8").await).await;
    let knows: String = sqlx::query_scalar("select upper('é')").fetch_one(open.shop.pool()).await.unwrap();
    assert_eq!(knows, "é", "this database knows more than ASCII");
    let mut rows = products();
    rows.extend((0..BOOKS).map(book));
    rows.push("MUG-1,Mug,12.50,EUR,19,1000".to_owned());
    let said = printed(&open.shop, &["catalog", "import", &open.file(&rows.join("\n"))]);
    assert!(said.contains(&format!("{} products imported", rows.len())), "{said}");

    for (name, queries) in PRODUCTS {
        for query in queries {
            let found = open.products(query).await;
            assert_eq!(found.first().map(String::as_str), Some(name), "{query}");
        }
    }
    assert_eq!(open.products("紅茶").await, [""; 0], "no name has this pair");

    let mut ids = Vec::new();
    for (name, _) in NAMES {
        let body = changed(|order| {
            order["lines"][0]["sku"] = json!("MUG-1");
            order["shipping_address"]["name"] = json!(name);
        });
        ids.push(open.accepted(name, &body).await);
    }
    // It is refused in the end, which spares an invoice of hundreds of pages; support looks for it all the same.
    let skus: Vec<String> = (0..BOOKS).map(|number| format!("BOOK-{number}")).collect();
    let lines: Vec<(&str, i64)> = skus.iter().map(|sku| (sku.as_str(), 1)).collect();
    let mut everything = order(&lines, "pm_card_chargeDeclined");
    everything["email"] = json!("reader@example.org");
    everything["shipping_address"]["name"] = json!("Ada Reader");
    let everything = open.accepted("all books", &everything).await;
    let all: Vec<_> = ids.iter().copied().chain([everything]).collect();
    open.shop.settled(&all, SETTLED).await;
    assert_eq!(open.shown(everything).await["reason"], "payment_declined");
    open.shop.audit().await;

    for rebuilt in [false, true] {
        if rebuilt {
            open.shop.run("delete from order_search").await;
            let said = printed(&open.shop, &["index", "rebuild"]);
            assert!(said.contains(&format!("{} orders are indexed", all.len())), "{said}");
        }
        for ((name, queries), id) in NAMES.iter().zip(&ids) {
            for query in *queries {
                let found = open.orders(query).await;
                assert!(found.contains(id), "{query} for {name}, rebuilt: {rebuilt}");
                assert!(found.len() < ids.len(), "{query} finds {} orders", found.len());
            }
        }
        for query in ["reader@example.org", "BOOK-699", &everything.to_string()] {
            assert_eq!(open.orders(query).await, [everything], "{query}, rebuilt: {rebuilt}");
        }
        assert!(open.orders("渡辺").await.is_empty(), "rebuilt: {rebuilt}");
    }
    open.shop.audit().await;
}

/// `initdb --locale=C` makes SQL_ASCII of it, unless it is told otherwise.
#[tokio::test]
async fn a_database_that_cannot_hold_every_name_is_refused_with_what_to_do() {
    for encoding in ["SQL_ASCII", "LATIN1"] {
        let shop = in_locale_c(encoding).await;
        let goods = shop.dir.path().join("goods.csv");
        fs::write(&goods, "sku,name,price,currency,tax_rate,stock\nTEA,Tea,12.50,EUR,19,1\n").unwrap();
        for command in [&["serve"][..], &["catalog", "import", goods.to_str().unwrap()]] {
            let (code, said) = ended(begun(shop.dir.path(), Some(&shop.url), command)).await;
            assert_eq!(code, Some(2), "{said}");
            assert!(said.contains(encoding) && said.contains("encoding 'UTF8'"), "{said}");
        }
        assert_eq!(shop.count("select count(*) from pg_tables where schemaname = 'public'").await, 0, "{encoding}");
    }
}
