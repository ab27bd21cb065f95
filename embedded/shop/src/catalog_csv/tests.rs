#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use schemas::kept::TaxCategory;
use workflows::billing::TaxTerms;

const HEADER: &str = "sku,name,price,currency,tax_rate,stock\n";

fn read_text(text: &str) -> Result<CatalogFile, CatalogFileError> {
    read(text.as_bytes())
}

/// One row's problems, without its line and what it has; empty if the row is good.
fn problems_of(row: &[u8]) -> String {
    let file = read([HEADER.as_bytes(), row].concat().as_slice()).unwrap();
    assert_eq!(file.rows.len() + file.bad.len(), 1, "one row");
    let problems = file.bad.iter().flat_map(|bad| &bad.problems);
    let said = problems.map(|problem| format!("{} {}", problem.column.unwrap_or("the row"), problem.reason));
    said.collect::<Vec<_>>().join("; ")
}

#[test]
fn a_row_becomes_a_product_in_minor_units_and_basis_points() {
    for (row, price_minor, currency, tax_rate_bp, stock) in [
        ("A,Tea,12.50,EUR,20,100", 1250, "EUR", 2000, 100),
        ("A,Tea,12.5,EUR,5.5,0", 1250, "EUR", 550, 0),
        ("A,Tea,12,EUR,0,1000000000", 1200, "EUR", 0, 1_000_000_000),
        ("A,Tea,1200,JPY,10,1", 1200, "JPY", 1000, 1),
        ("A,Tea,1.05,EUR,100,1", 105, "EUR", 10_000, 1),
        ("A,Tea,0.07,USD,8.25,1", 7, "USD", 825, 1),
        ("A,Tea,0,USD,8.25,1", 0, "USD", 825, 1),
        // As spreadsheets and other shops write them.
        ("A,Tea,12.5000,EUR,20.0000,100.0", 1250, "EUR", 2000, 100),
        ("A,Tea,1999.00,JPY,10.000,1", 1999, "JPY", 1000, 1),
        ("A,Tea,+5, EUR ,+20, 007 ", 500, "EUR", 2000, 7),
        ("A,Tea,-0.00,EUR,-0,-0.0", 0, "EUR", 0, 0),
        ("A,Tea,0.900,EUR,20.000,0.000", 90, "EUR", 2000, 0),
        ("A,Tea,1900.000,EUR,7.500,1000.000", 190_000, "EUR", 750, 1000),
        ("A,\"Tea\",\"12.50\",\"EUR\",\"20\",\"1\"", 1250, "EUR", 2000, 1),
    ] {
        let file = read_text(&format!("{HEADER}{row}\n")).unwrap();
        let expected = CatalogRow {
            line: 2,
            sku: "A".into(),
            name: "Tea".into(),
            price_minor,
            currency: currency.into(),
            tax_rate_bp,
            tax_terms: TaxTerms::default(),
            stock,
        };
        assert_eq!(file, CatalogFile { rows: vec![expected], ..CatalogFile::default() }, "{row}");
    }
}

#[test]
fn columns_come_in_any_order_and_case_among_others_behind_a_byte_order_mark_with_crlf() {
    let text =
        "\u{feff}Stock, SKU ,colour,price,TAX_RATE,currency,name\r\n7, A-1 ,red,3.20,19,EUR,\" Pot,\r\n 12\"\" \"\r\n";
    let file = read_text(text).unwrap();
    assert_eq!(file.bad, []);
    let row = file.rows.first().unwrap();
    assert_eq!((row.sku.as_str(), row.name.as_str()), ("A-1", "Pot, 12\""));
    assert_eq!((row.price_minor, row.tax_rate_bp, row.stock), (320, 1900, 7));
}

#[test]
fn what_the_tax_depends_on_is_read_where_the_file_says_it() {
    let header = "sku,name,price,currency,tax_rate,stock,tax_category,Tax_Exemption_Reason,price_includes_tax\n";
    let read = |rest: &str| {
        let file = read_text(&format!("{header}A,Tea,12.50,EUR,{rest}\n")).unwrap();
        match file.bad.first() {
            Some(bad) => Err(bad.to_string()),
            None => Ok(file.rows.first().unwrap().tax_terms.clone()),
        }
    };
    let terms = |category, reason: Option<&str>, price_includes_tax| {
        Ok(TaxTerms { category, exemption_reason: reason.map(str::to_owned), price_includes_tax })
    };
    assert_eq!(read("20,1,,,"), terms(None, None, false));
    assert_eq!(read("19,1,standard,,true"), terms(Some(TaxCategory::Standard), None, true));
    assert_eq!(read("0,1,zero,,false"), terms(Some(TaxCategory::Zero), None, false));
    for (word, includes_tax) in [("TRUE", true), ("True", true), ("FALSE", false), ("False", false)] {
        assert_eq!(read(&format!("20,1,,,{word}")), terms(None, None, includes_tax), "{word}");
    }
    assert_eq!(read("0,1,export,,"), terms(Some(TaxCategory::Export), None, false));
    let reason = "Section 19 of the German VAT act";
    assert_eq!(read(&format!("0,1,exempt,{reason},")), terms(Some(TaxCategory::Exempt), Some(reason), false));
    for (row, expected) in [
        ("20,1,exempt,,", "line 2: tax_category does not go with a rate of 20.00 per cent"),
        ("0,1,standard,,", "line 2: tax_category does not go with a rate of 0.00 per cent"),
        ("0,1,S,,", "line 2: tax_category must be standard, zero, exempt or export"),
        ("20,1,,because,", "line 2: tax_exemption_reason is for tax_category exempt and export only"),
        ("0,1,zero,because,", "line 2: tax_exemption_reason is for tax_category exempt and export only"),
        ("20,1,,,yes", "line 2: price_includes_tax must be true or false, or empty"),
        (
            "0,1,exempt, \"because\",",
            "line 2: tax_exemption_reason has white space before its opening quote; remove it",
        ),
        ("0,1,exempt,\u{200b},", "line 2: tax_exemption_reason is empty"),
    ] {
        let told = read(row).unwrap_err();
        assert!(told.starts_with(expected), "{row}: {told}");
    }
}

#[test]
fn a_column_that_the_file_does_not_have_is_told_from_an_empty_field() {
    let read = |columns: &str, fields: &str| {
        let header = HEADER.trim_end();
        let file = read_text(&format!("{header}{columns}\nA,Tea,1,EUR,20,1{fields}\n")).unwrap();
        assert_eq!(file.bad, []);
        assert_eq!(file.rows.first().unwrap().tax_terms, TaxTerms::default(), "{columns}");
        file.said
    };
    let none = TaxTermsSaid::default();
    assert_eq!(read("", ""), none);
    assert_eq!(read(",Tax_Category", ","), TaxTermsSaid { category: true, ..none });
    assert_eq!(read(",tax_exemption_reason", ","), TaxTermsSaid { exemption_reason: true, ..none });
    assert_eq!(read(",price_includes_tax", ","), TaxTermsSaid { price_includes_tax: true, ..none });
    assert_eq!(read(",price_includes_tax,tax_exemption_reason,tax_category", ",,,"), TaxTermsSaid::ALL);
}

#[test]
fn a_currency_that_no_electronic_invoice_can_say_is_refused() {
    for currency in ["KWD", "BHD", "TND"] {
        let told = problems_of(format!("A,Tea,1.005,{currency},20,1").as_bytes());
        assert_eq!(told, "currency has more decimals than the two that an electronic invoice can say (EN 16931)");
    }
}

#[test]
fn every_kind_of_bad_field_is_told_with_its_column_and_reason() {
    for (row, expected) in [
        (" ,Tea,1,EUR,20,1", "sku is empty"),
        ("A\u{1},Tea,1,EUR,20,1", "sku contains a control character"),
        ("A,T\0a,1,EUR,20,1", "name contains a control character"),
        ("A,\"\n \",1,EUR,20,1", "name is empty"),
        ("A,Tea,,EUR,20,1", "price is empty"),
        ("A,Tea,1.005,EUR,20,1", "price has more decimals than EUR, which has 2"),
        ("A,Tea,12.5,JPY,20,1", "price has more decimals than JPY, which has 0"),
        ("A,Tea,-1,EUR,20,1", "price must be 0 to 1,000,000,000,000 minor units"),
        ("A,Tea,10000000000.01,EUR,20,1", "price must be 0 to 1,000,000,000,000 minor units"),
        ("A,Tea,99999999999999999999,EUR,20,1", "price is too large"),
        ("A,Tea,\"1,50\",EUR,20,1", "price is no number; write it like 1234.50, with a point and without separators"),
        ("A,Tea,€1,EUR,20,1", "price is no number; write it like 1234.50, with a point and without separators"),
        ("A,Tea,1,eur,20,1", "currency must be an active ISO 4217 currency code in capitals, such as EUR"),
        ("A,Tea,1,EUR,100.01,1", "tax_rate must be 0 to 100 per cent"),
        ("A,Tea,1,EUR,-5,1", "tax_rate must be 0 to 100 per cent"),
        ("A,Tea,1,EUR,5.555,1", "tax_rate has more than 2 decimals"),
        ("A,Tea,1,EUR,0.19,1", "tax_rate is in per cent: 19, not 0.19"),
        ("A,Tea,1,EUR,0.07,1", "tax_rate is in per cent: 7, not 0.07"),
        ("A,Tea,1,EUR,.2,1", "tax_rate is in per cent: 20, not 0.2"),
        ("A,Tea,1,EUR,0.0550,1", "tax_rate is in per cent: 5.5, not 0.055"),
        ("A,Tea,1,EUR,0.00001,1", "tax_rate is in per cent: 0.001, not 0.00001"),
        ("A,Tea,1,EUR,19%,1", "tax_rate is no rate; write it in per cent as a number alone, such as 19 or 5.5"),
        ("A,Tea,1,EUR,\"5,5\",1", "tax_rate is no rate; write it in per cent as a number alone, such as 19 or 5.5"),
        ("A,Tea,1,EUR,,1", "tax_rate is empty"),
        ("A,Tea,1,EUR,20,1000000001", "stock must be 0 to 1,000,000,000 units"),
        ("A,Tea,1,EUR,20,-1", "stock must be 0 to 1,000,000,000 units"),
        ("A,Tea,1,EUR,20,1.5", "stock has more than 0 decimals"),
        ("A,Tea,1999.50,JPY,20,1", "price has more decimals than JPY, which has 0"),
        ("A,Tea,1,EUR,20,1e3", "stock is no number; write it like 1234.50, with a point and without separators"),
        (
            "A,Tea,\"1,234.50\",EUR,20,1",
            "price is no number; write it like 1234.50, with a point and without separators",
        ),
        ("A,Tea,1 234.50,EUR,20,1", "price is no number; write it like 1234.50, with a point and without separators"),
        ("A,Tea,1.234.50,EUR,20,1", "price is no number; write it like 1234.50, with a point and without separators"),
        ("A,Tea,1,EUR,20,１", "stock is no number; write it like 1234.50, with a point and without separators"),
        ("A\u{200b}1,Tea,1,EUR,20,1", "sku contains U+200B, which nobody sees; remove it"),
        ("\u{feff}A,Tea,1,EUR,20,1", "sku contains U+FEFF, which nobody sees; remove it"),
        ("A\u{a0}1,Tea,1,EUR,20,1", "sku contains U+00A0, a space other than the plain one; replace it"),
        (
            "A,\"A \\\"cup\\\"\",1,EUR,20,1",
            "name has something behind its closing quote; a quote that belongs to the text is written twice",
        ),
        (
            "\"A\" ,Tea,1,EUR,20,1",
            "sku has something behind its closing quote; a quote that belongs to the text is written twice",
        ),
        ("A, \"Cup\",1,EUR,20,1", "name has white space before its opening quote; remove it"),
        ("A, \"Cup, blue\",1,EUR,20,1", "name has white space before its opening quote; remove it"),
        ("A,Tea, \"1\",EUR,20,1", "price has white space before its opening quote; remove it"),
        ("A,\u{200b},1,EUR,20,1", "name is empty"),
        ("A,\u{3164} \u{2800},1,EUR,20,1", "name is empty"),
        ("A\u{ffff},Tea,1,EUR,20,1", "sku contains U+FFFF, which is no character; remove it"),
        ("..,Tea,1,EUR,20,1", "sku is . or .., which no address of a page can end with"),
        ("A,Tea,11.900,EUR,20,1", "price may mean 11.90 or 11900; write it as one of these"),
        ("A,Tea,1.000,JPY,20,1", "price may mean 1.00 or 1000; write it as one of these"),
        ("A,Tea,1,EUR,20,12.000", "stock may mean 12.00 or 12000; write it as one of these"),
        ("A,Tea,1,EUR,20", "the row has 5 columns, the header has 6"),
        ("A,Tea,1,EUR,20,1,", "the row has 7 columns, the header has 6"),
        (
            ",Tea,x,,20,1",
            "sku is empty; price is no number; write it like 1234.50, with a point and without separators; \
             currency must be an active ISO 4217 currency code in capitals, such as EUR",
        ),
    ] {
        assert_eq!(problems_of(row.as_bytes()), expected, "{row:?}");
    }
    assert_eq!(problems_of(b"A,Th\xe9,1,EUR,20,1"), "name is not UTF-8; save the file as UTF-8");
}

#[test]
fn texts_are_measured_in_characters_after_trimming() {
    for (sku, name, expected) in [
        ("é".repeat(64), " 茶 ".to_owned(), ""),
        ("é".repeat(65), "茶".to_owned(), "sku has more than 64 characters"),
        ("A".to_owned(), format!(" {} ", "茶".repeat(500)), ""),
        ("A".to_owned(), "茶".repeat(501), "name has more than 500 characters"),
    ] {
        assert_eq!(problems_of(format!("{sku},{name},1,EUR,20,1").as_bytes()), expected);
    }
}

#[test]
fn lines_are_true_behind_line_breaks_in_quotes_and_blank_lines() {
    let text = format!("{HEADER}A,\"Tea\r\nfor\r\ntwo\",1,EUR,20,1\r\n\r\nB,Pot,x,EUR,20,1\r\nC,Cup,1,EUR,20,1");
    let file = read_text(&text).unwrap();
    assert_eq!(file.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 7]);
    assert_eq!(file.rows.first().unwrap().name, "Tea for two");
    assert_eq!(file.bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [6]);
}

#[test]
fn a_sku_twice_in_a_file_names_its_first_line_even_if_that_was_bad() {
    let file =
        read_text(&format!("{HEADER}A,Tea,1,EUR,20,1\nB,Pot,x,EUR,20,1\n A ,Tea,1,EUR,20,1\nB,Pot,1,EUR,20,1\n"))
            .unwrap();
    assert_eq!(file.rows.len(), 1);
    let listing: Vec<String> = file.bad.iter().skip(1).map(ToString::to_string).collect();
    assert_eq!(
        listing,
        ["line 4: sku stands already on line 2 (found \"A\")", "line 5: sku stands already on line 3 (found \"B\")"]
    );
}

#[test]
fn a_file_that_is_no_catalogue_gets_one_sentence() {
    for (bytes, expected) in [
        (&b""[..], "the file is empty; its first line must be sku,name,price,currency,tax_rate,stock"),
        (b"\xef\xbb\xbf\r\n\n", "the file is empty; its first line must be sku,name,price,currency,tax_rate,stock"),
        (
            b"sku,name,price,currency,stock\n",
            "the header on line 1 has no column tax_rate; columns are separated by commas",
        ),
        (
            b"sku,name,price,curency,taxrate,stock,colour\n",
            "the header on line 1 has no column currency, tax_rate; not known are \"curency\" (is currency meant?), \
             \"taxrate\" (is tax_rate meant?), \"colour\"",
        ),
        (
            b"\"sku\";\"name\";\"price\";\"currency\";\"tax_rate\";\"stock\"\n",
            "the header on line 1 separates columns by semicolons; save the file with commas",
        ),
        (
            b"\"sku\"\t\"name\"\t\"price\"\t\"currency\"\t\"tax_rate\"\t\"stock\"\n",
            "the header on line 1 separates columns by tabs; save the file with commas",
        ),
        (
            b"PK\x03\x04\x14\0\x06\0\xde\xad",
            "the file is packed, as workbooks (.xlsx, .ods) are; save the sheet as CSV",
        ),
        (
            b"\nsku;name;price;currency;tax_rate;stock\n",
            "the header on line 2 separates columns by semicolons; save the file with commas",
        ),
        (
            b"sku\tname\tprice\tcurrency\ttax_rate\tstock\n",
            "the header on line 1 separates columns by tabs; save the file with commas",
        ),
        (
            b"sku,name,price,currency,tax_rate,stock\rA,Tea,1,EUR,20,1\r",
            "lines end with a carriage return alone; save the file with LF or CRLF",
        ),
        (
            b"sku, \"name\",price,currency,tax_rate,stock\n",
            "the header on line 1 has something before or behind a quoted name; names of columns need no quotes",
        ),
        (b"s\0k\0u\0,\0", "the header on line 1 is not UTF-8; save the file as UTF-8"),
        (b"sep=,\n", "the file is empty; its first line must be sku,name,price,currency,tax_rate,stock"),
        (
            b"sep=;\nsku;name;price;currency;tax_rate;stock\n",
            "the header on line 1 separates columns by semicolons; save the file with commas",
        ),
        (
            b"sep=\t\nsku\tname\tprice\tcurrency\ttax_rate\tstock\n",
            "the header on line 1 separates columns by tabs; save the file with commas",
        ),
        (
            b"sep=,\nsku;name;price;currency;tax_rate;stock\n",
            "the header on line 2 separates columns by semicolons; save the file with commas",
        ),
        (b"sku,name,price,currency,tax_rate,stock,SKU\n", "the header on line 1 has the column sku twice"),
        (b"\xff\xfes\0k\0u\0", "the header on line 1 is not UTF-8; save the file as UTF-8"),
        (
            b"sku,name,price,currency,tax_rate,stock\nA,\"Tea,1,EUR,20,1\nB,Pot,1,EUR,20,1\n",
            "line 2: a quote opened in this row is never closed",
        ),
    ] {
        assert_eq!(read(bytes).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_first_line_that_names_the_comma_is_no_header() {
    for first in ["sep=,", "\u{feff}sep=,", "SEP=,\r", "\"sep=,\"", "sep=,,,,,"] {
        let file = read_text(&format!("{first}\n{HEADER}A,Tea,1,EUR,20,1\nB,Pot,x,EUR,20,1\n")).unwrap();
        assert_eq!(file.rows.iter().map(|row| (row.sku.as_str(), row.line)).collect::<Vec<_>>(), [("A", 3)], "{first}");
        assert_eq!(file.bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [4], "{first}");
    }
}

#[test]
fn a_bad_row_says_what_stands_there_and_which_product_it_is() {
    for (row, told) in [
        (
            "TEA,Tea,1,EUR,0.19,1",
            "line 2: tax_rate is in per cent: 19, not 0.19 (found \"0.19\"); it is the row of SKU \"TEA\"".to_owned(),
        ),
        (
            "TEA,Tea,1,EUR,20,\"-1\u{1b}[2J\"",
            "line 2: stock is no number; write it like 1234.50, with a point and without separators \
             (found \"-1\\u{1b}[2J\"); it is the row of SKU \"TEA\""
                .to_owned(),
        ),
        (
            "TEA,Tea,,eur,20,1",
            "line 2: price is empty; currency must be an active ISO 4217 currency code in capitals, such as EUR \
             (found \"eur\"); it is the row of SKU \"TEA\""
                .to_owned(),
        ),
        ("TEA,Tea", "line 2: the row has 2 columns, the header has 6; it is the row of SKU \"TEA\"".to_owned()),
        (",Tea,1,EUR,20,1", "line 2: sku is empty".to_owned()),
        (
            format!("{},Tea,1,EUR,20,1", "é".repeat(65)).as_str(),
            format!("line 2: sku has more than 64 characters (found \"{}…\")", "é".repeat(40)),
        ),
    ] {
        let file = read_text(&format!("{HEADER}{row}\n")).unwrap();
        assert_eq!(file.bad.iter().map(ToString::to_string).collect::<Vec<_>>(), [told], "{row}");
    }
}

#[test]
fn columns_that_nobody_reads_are_told_with_the_one_that_may_be_meant() {
    let text = "sku,name,price,currency,tax_rate,stock,colour,tax_catgory,price_include_tax,\nA,Tea,1,EUR,20,1,,,,\n";
    let told: Vec<String> = read_text(text).unwrap().unknown.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "\"colour\"",
            "\"tax_catgory\" (is tax_category meant?)",
            "\"price_include_tax\" (is price_includes_tax meant?)"
        ]
    );
}

#[test]
fn rows_without_any_text_are_skipped() {
    let text = format!("{HEADER},,,,,\n , ,,,,\nA,Tea,1,EUR,20,1\r\n,,,,,,,,\r\n\"\",,,,,\n \nB,Pot,1,EUR,20,1\n,,,");
    let file = read_text(&text).unwrap();
    assert_eq!(file.bad, []);
    assert_eq!(file.rows.iter().map(|row| (row.sku.as_str(), row.line)).collect::<Vec<_>>(), [("A", 4), ("B", 8)]);
}

#[test]
fn a_sku_is_kept_in_one_spelling_and_two_spellings_are_one_sku() {
    let file = read_text(&format!("{HEADER}Cafe\u{301},Tea,1,EUR,20,1\nCaf\u{e9},Tea,1,EUR,20,1\n")).unwrap();
    assert_eq!(file.rows.first().unwrap().sku, "Caf\u{e9}");
    assert_eq!(file.bad.first().unwrap().to_string(), "line 3: sku stands already on line 2 (found \"Caf\u{e9}\")");
}

#[test]
fn barcodes_are_skus_like_any_other() {
    for barcode in ["4006381310062", "9783161480027", "4242424242424242", "012345678905", "00012345600012"] {
        assert_eq!(problems_of(format!("{barcode},Tea,1,EUR,20,1").as_bytes()), "", "{barcode}");
        assert_eq!(read_text(&format!("{HEADER}{barcode},Tea,1,EUR,20,1")).unwrap().rows.first().unwrap().sku, barcode);
    }
}

#[test]
fn a_header_alone_is_a_catalogue_without_rows() {
    assert_eq!(read_text(HEADER).unwrap(), CatalogFile::default());
}
