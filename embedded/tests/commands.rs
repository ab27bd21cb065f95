//! Commands that a merchant and an operator repeat: an import books nothing in twice, a count corrects, and a rebuild of the
//! index goes on behind an order that fails.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{fs, process::Command};
use support::{
    Shop,
    server::{audit_command, command, printed},
};

const HEADER: &str = "sku,name,price,currency,tax_rate,stock";

impl Shop {
    /// A file in the data folder.
    fn file(&self, name: &str, rows: &str) -> String {
        let path = self.dir.path().join(name);
        fs::write(&path, format!("{HEADER}\n{rows}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    }

    async fn on_hand(&self, sku: &str) -> i64 {
        let on_hand = sqlx::query_scalar("select on_hand from stock where sku = $1").bind(sku);
        on_hand.fetch_one(self.pool()).await.unwrap()
    }
}

/// The exit code of a command that fails, and what it complains of.
fn failed(shop: &Shop, arguments: &[&str]) -> (Option<i32>, String) {
    let output = command(shop, arguments);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test]
async fn the_same_file_is_imported_once_and_a_count_takes_the_place_of_what_was_thought() {
    let shop = Shop::open(0).await;
    let goods = shop.file("goods.csv", "4006381310062,Pens,1.50,EUR,19,10.0\nTEA,Tea,12.50,EUR,19.0000,0\n,,,,,");
    assert!(printed(&shop, &["catalog", "import", &goods]).contains("2 products imported, 10 units booked in"));
    for _ in 0..2 {
        assert!(printed(&shop, &["catalog", "import", &goods]).contains("was imported before"));
    }
    assert_eq!(shop.on_hand("4006381310062").await, 10);
    assert!(printed(&shop, &["catalog", "import", "--again", &goods]).contains("10 units booked in"));
    assert_eq!(shop.on_hand("4006381310062").await, 20);

    let counted = shop.file("count.csv", "4006381310062,Pens,1.50,EUR,19,7");
    assert!(printed(&shop, &["catalog", "import", "--counted", &counted]).contains("7 units counted"));
    assert_eq!(shop.on_hand("4006381310062").await, 7);
    audit_command(shop.dir.path(), Some(&shop.url));

    sqlx::raw_sql("update stock set reserved = 3 where sku = '4006381310062'").execute(shop.pool()).await.unwrap();
    let wrong = shop.file("wrong.csv", "4006381310062,Pens,1.50,EUR,19,2");
    let (code, complaint) = failed(&shop, &["catalog", "import", "--counted", &wrong]);
    assert_eq!(code, Some(2));
    assert!(complaint.contains("4006381310062 (counted 2, promised 3)"), "{complaint}");
    assert_eq!(shop.on_hand("4006381310062").await, 7);
}

#[tokio::test]
async fn a_file_of_which_no_row_is_good_is_not_offered_without_its_bad_ones() {
    let shop = Shop::open(0).await;
    for (rows, offered) in [("TEA,Tea,x,EUR,19,1", false), ("TEA,Tea,x,EUR,19,1\nPOT,Pot,1,EUR,19,1", true)] {
        let (code, complaint) = failed(&shop, &["catalog", "import", &shop.file("bad.csv", rows)]);
        assert_eq!((code, complaint.contains("--skip-bad")), (Some(2), offered), "{complaint}");
    }
}

#[tokio::test]
async fn a_file_without_a_column_leaves_what_products_have_of_it() {
    let shop = Shop::open(0).await;
    let first = shop.dir.path().join("first.csv");
    let header = "sku,name,price,currency,tax_rate,stock,tax_category,price_includes_tax";
    fs::write(&first, format!("{header}\nPOT,Pot,11.90,EUR,19,1,,true\nBOOK,Book,5,EUR,0,1,export,\n")).unwrap();
    printed(&shop, &["catalog", "import", first.to_str().unwrap()]);
    let next = shop.file("next.csv", "POT,Pot,11.90,EUR,19,2\nBOOK,Book,5,EUR,0,2");
    printed(&shop, &["catalog", "import", &next]);
    let kept = "select count(*) from products where (sku = 'POT' and price_includes_tax)
                                                 or (sku = 'BOOK' and tax_category = 'export')";
    assert_eq!(sqlx::query_scalar::<_, i64>(kept).fetch_one(shop.pool()).await.unwrap(), 2);

    let taxed = shop.file("taxed.csv", "BOOK,Book,5,EUR,7,2");
    let (code, complaint) = failed(&shop, &["catalog", "import", &taxed]);
    assert_eq!(code, Some(2));
    assert!(complaint.contains("line 2: BOOK (export at 7.00 per cent)"), "{complaint}");
    assert_eq!(shop.on_hand("BOOK").await, 3);
}

#[tokio::test]
async fn the_address_of_the_database_is_printed_for_other_programs() {
    let shop = Shop::open(0).await;
    assert_eq!(printed(&shop, &["database-url"]), format!("{}\n", shop.url));
}

#[tokio::test]
async fn a_column_that_is_misspelt_is_named_in_the_answer() {
    let shop = Shop::open(0).await;
    let file = shop.dir.path().join("misspelt.csv");
    fs::write(&file, format!("{HEADER},colour,price_include_tax\nPOT,Pot,11.90,EUR,19,1,red,true\n")).unwrap();
    let told = printed(&shop, &["catalog", "import", file.to_str().unwrap()]);
    let columns = r#"not known and were not read: "colour", "price_include_tax" (is price_includes_tax meant?)."#;
    assert!(told.contains(columns) && told.contains("1 products imported"), "{told}");
}

#[tokio::test]
async fn a_file_that_another_program_saved_books_nothing_in_again() {
    let shop = Shop::open(0).await;
    let before = (shop.on_hand("POT").await, shop.on_hand("CUP").await);
    let goods = shop.file("goods.csv", "POT,Pot,11.90,EUR,19,10\nCUP,Cup,3,EUR,7,4");
    assert!(printed(&shop, &["catalog", "import", &goods]).contains("2 products imported, 14 units booked in"));
    let saved = shop.dir.path().join("saved.csv");
    let columns = "\u{feff}\"stock\",\"sku\",\"name\",\"price\",\"currency\",\"tax_rate\"\r\n";
    fs::write(&saved, format!("{columns}4.0,CUP,\"Cup\",3.00,EUR,7\r\n10,POT,Pot,11.9,EUR,19.00\r\n")).unwrap();
    let again = printed(&shop, &["catalog", "import", saved.to_str().unwrap()]);
    assert!(again.contains("was imported before") && again.contains("as goods.csv"), "{again}");
    assert_eq!((shop.on_hand("POT").await, shop.on_hand("CUP").await), (before.0 + 10, before.1 + 4));
}

#[tokio::test]
async fn a_change_of_currency_is_said() {
    let shop = Shop::open(0).await;
    let euros = shop.file("euros.csv", "POT,Pot,11.90,EUR,19,1\nCUP,Cup,3,EUR,7,1");
    assert!(!printed(&shop, &["catalog", "import", &euros]).contains("currency"));
    let francs = shop.file("francs.csv", "POT,Pot,11.90,CHF,19,1\nCUP,Cup,3,EUR,7,1");
    let told = printed(&shop, &["catalog", "import", &francs]);
    assert!(told.contains("Sold in another currency from now on: POT (CHF, was EUR)."), "{told}");
}

#[tokio::test]
async fn an_export_is_refused_by_its_line_where_the_seller_has_no_vat_number() {
    let shop = Shop::open(0).await;
    let file = shop.dir.path().join("export.csv");
    fs::write(&file, format!("{HEADER},tax_category\nCUP,Cup,3,EUR,7,1,\nPOT,Pot,9,EUR,0,1,export\n")).unwrap();
    let import = |seller: &str| {
        let mut import = Command::new(env!("CARGO_BIN_EXE_sluice"));
        import.args(["catalog", "import"]).arg(&file).env("DATABASE_URL", &shop.url);
        import.env("SLUICE_DATA_DIR", shop.dir.path()).env("SLUICE_SELLER", seller).output().unwrap()
    };
    let seller = |numbers: &str| {
        let address = r#""name": "Tea", "line1": "Weg 1", "postal_code": "10115", "city": "Berlin", "country": "DE""#;
        format!("{{{address}, {numbers}}}")
    };
    let small = import(&seller(r#""tax_number": "27/123/45678", "legal_id": "HRB 1""#));
    let complaint = String::from_utf8_lossy(&small.stderr);
    assert_eq!(small.status.code(), Some(2), "{complaint}");
    assert!(complaint.contains("line 3: POT") && complaint.contains("SLUICE_SELLER"), "{complaint}");
    let registered = import(&seller(r#""vat_id": "DE123456789""#));
    assert!(registered.status.success(), "{}", String::from_utf8_lossy(&registered.stderr));
}

#[tokio::test]
async fn a_rebuild_names_the_order_that_it_cannot_index_and_indexes_all_others() {
    let shop = Shop::open(0).await;
    let row = |n: u32| {
        format!(
            "insert into orders (id, customer, status, reason, version, currency, lines, email, shipping_address,
                                 payment_method, created_at, updated_at)
             values ('00000000-0000-7000-8000-00000000000{n}', 'zoe', 'rejected', 'out_of_stock', 2, 'EUR', '[]',
                     'zoe@example.com',
                     '{{\"name\": \"Zoë\", \"line1\": \"Weg 1\", \"city\": \"Berlin\", \"postal_code\": \"10115\", \"country\": \"DE\"}}',
                     'pm', now(), now());"
        )
    };
    let statements = format!(
        "{}{}{}
         create function refuse() returns trigger language plpgsql as $$
         begin raise exception 'a fault' using errcode = '54000'; end $$;
         create trigger refuse before insert on order_search for each row
             when (new.order_id = '00000000-0000-7000-8000-000000000002') execute function refuse();",
        row(1),
        row(2),
        row(3)
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(shop.pool()).await.unwrap();
    let (code, complaint) = failed(&shop, &["index", "rebuild"]);
    assert_eq!(code, Some(1));
    assert!(complaint.contains("order 00000000-0000-7000-8000-000000000002 is not: "), "{complaint}");
    assert_eq!(shop.count("select count(*) from order_search").await, 2);
    sqlx::raw_sql("drop trigger refuse on order_search").execute(shop.pool()).await.unwrap();
    assert!(printed(&shop, &["index", "rebuild"]).contains("3 orders are indexed"));

    // It has words, but nobody can be shown it.
    shop.run("update orders set lines = '[{\"sku\": 1}]' where id = '00000000-0000-7000-8000-000000000003'").await;
    let output = command(&shop, &["index", "rebuild"]);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    assert!(complaint.contains("order 00000000-0000-7000-8000-000000000003 is not: "), "{complaint}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("2 orders are indexed"));
}
