//! The replay of a small shop's file with the real binary: as fast as it goes, then in the shop's rhythm on the same
//! database, and the audit after both.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "command/mod.rs"]
mod command;

use command::Folder;
use std::fs;

/// Two days. Of the mugs the first sale leaves too few for the second; the clock is taken back; C1007 is a return.
const FILE: &str = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
    1001,MUG1,RED MUG,10,2011-11-01 08:00:00,2.55,100.0,United Kingdom\n\
    1003,CLK1,CLOCK,1,2011-11-01 09:00:00,20.00,102.0,France\n\
    1005,DOL1,DOLL,1,2011-11-01 10:00:00,5.00,,Unspecified\n\
    1006,POST,POSTAGE,1,2011-11-01 11:00:00,18.00,100.0,France\n\
    1008,DOL1,DOLL,none,2011-11-01 11:30:00,5.00,100.0,France\n\
    C1004,CLK1,CLOCK,-1,2011-11-02 07:00:00,20.00,102.0,France\n\
    1002,MUG1,RED MUG,11,2011-11-02 08:00:00,2.55,101.0,United Kingdom\n\
    C1007,MUG1,RED MUG,-1,2011-11-02 09:00:00,2.55,100.0,United Kingdom\n";

#[test]
fn every_order_of_a_file_comes_to_its_end_at_any_speed() {
    let folder = Folder::new();
    let file = folder.file("shop.csv");
    fs::write(&file, FILE).unwrap();
    let file = file.to_str().unwrap();
    // Two days in a second and a half.
    for speed in ["max", "120000"] {
        let done = folder.run(&["replay", file, "--speed", speed, "--stock-days", "1"]);
        assert_eq!(done.code, Some(0), "{speed}: {done}");
        for line in [
            "8 rows, 8 invoices, from 2011-11-01 08:00 to 2011-11-02 08:00",
            "4  orders to send",
            "1  returns, not sent",
            "2  confirmed, with an invoice\n",
            "1  rejected: out_of_stock\n",
            "1  cancelled\n",
            "4  orders in all\n",
            "1  the order is cancelled\n",
            "stock code is no goods                             5\n",
            "quantity is unreadable                             6\n",
            "Every order came to its end.",
        ] {
            assert!(done.says(line), "{speed}: {line:?} is missing: {done}");
        }
    }
    let audit = folder.run(&["audit"]);
    assert_eq!(audit.code, Some(0), "{audit}");
    // A second replay made orders of its own.
    let checked = audit.after("accepted_orders");
    assert!(checked.trim().starts_with('8'), "{audit}");
}

#[test]
fn a_shop_with_goods_of_its_own_is_left_alone_unless_told() {
    let folder = Folder::new();
    let (file, goods) = (folder.file("shop.csv"), folder.file("goods.csv"));
    fs::write(&file, FILE).unwrap();
    fs::write(&goods, "sku,name,price,currency,tax_rate,stock\nMUG1,Our mug,99.00,GBP,20,1\n").unwrap();
    let (replay, goods) = (["replay", file.to_str().unwrap()], goods.to_str().unwrap());
    let begun = folder.run(&replay);
    assert_eq!(begun.code, Some(0), "{begun}");
    let import = folder.run(&["catalog", "import", goods]);
    assert_eq!(import.code, Some(0), "{import}");
    for arguments in [&["demo"][..], &replay] {
        let done = folder.run(arguments);
        assert_eq!(done.code, Some(2), "{arguments:?}: {done}");
        assert!(done.to_string().contains("--into-this-shop") && !done.says("Imported"), "{arguments:?}: {done}");
    }
    let [command, of] = replay;
    let told = folder.run(&[command, of, "--into-this-shop"]);
    assert!(told.code == Some(0) && told.says("Imported"), "{told}");
}

#[test]
fn a_file_that_cannot_be_replayed_is_told_in_one_line_and_starts_nothing() {
    let folder = Folder::new();
    let file = folder.file("other.csv");
    fs::write(&file, "a,b\n1,2\n").unwrap();
    let done = folder.run(&["replay", file.to_str().unwrap()]);
    assert_eq!(done.code, Some(2), "{done}");
    assert!(done.to_string().contains("has no column InvoiceNo"), "{done}");
    assert!(!folder.file("data").exists(), "{done}");
}
