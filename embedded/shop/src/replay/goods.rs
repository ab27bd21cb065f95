//! Which stock codes are goods, and how their spellings become one SKU.

/// Codes that book something else than goods: postage, manual entries, discounts, samples, commissions and fees,
/// charity, bad debt, carriage, tests. Vouchers (`gift_0001_20`), party bags (`DCGSSGIRL`) and `PADS` are left out: they
/// are sold by the piece at a price.
const NO_GOODS: [&str; 16] = [
    "ADJUST",
    "ADJUST2",
    "AMAZONFEE",
    "B",
    "BANK CHARGES",
    "C2",
    "C3",
    "CRUK",
    "D",
    "DOT",
    "GIFT",
    "M",
    "POST",
    "S",
    "TEST001",
    "TEST002",
];

const MAX_SKU_CHARS: usize = 64;

/// What a stock code stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StockCode {
    /// A product under this SKU.
    Goods(String),
    /// A booking that is no product.
    NoGoods,
    /// Empty, over 64 characters, or with control characters.
    Unusable,
}

/// Reads a stock code. Outer spaces go, inner ones become one, letters become capitals (`84510c` is `84510C`); all
/// other characters are part of the SKU.
pub(super) fn read_stock_code(text: &str) -> StockCode {
    let sku = one_line(text).to_uppercase();
    if NO_GOODS.contains(&sku.as_str()) {
        StockCode::NoGoods
    } else if sku.is_empty() || sku.chars().count() > MAX_SKU_CHARS || sku.chars().any(char::is_control) {
        StockCode::Unusable
    } else {
        StockCode::Goods(sku)
    }
}

/// The text without outer white space and with each inner run of it as one space.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_code_become_one_sku_and_bookings_are_no_goods() {
        let goods = |sku: &str| StockCode::Goods(sku.to_owned());
        for (text, expected) in [
            ("84510c", goods("84510C")),
            (" 84510C\t", goods("84510C")),
            ("TABLE  SET\u{a0}A", goods("TABLE SET A")),
            ("gift_0001_20", goods("GIFT_0001_20")),
            ("DCGSSGIRL", goods("DCGSSGIRL")),
            ("PADS", goods("PADS")),
            ("POSTER", goods("POSTER")),
            ("post", StockCode::NoGoods),
            ("DOT", StockCode::NoGoods),
            ("m", StockCode::NoGoods),
            ("C2", StockCode::NoGoods),
            ("D", StockCode::NoGoods),
            (" Bank  Charges ", StockCode::NoGoods),
            ("CRUK", StockCode::NoGoods),
            ("S", StockCode::NoGoods),
            ("B", StockCode::NoGoods),
            ("AMAZONFEE", StockCode::NoGoods),
            ("", StockCode::Unusable),
            ("  ", StockCode::Unusable),
            ("A\0B", StockCode::Unusable),
        ] {
            assert_eq!(read_stock_code(text), expected, "{text:?}");
        }
        assert_eq!(read_stock_code(&"9".repeat(65)), StockCode::Unusable);
    }
}
