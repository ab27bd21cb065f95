//! What an order's row and an invoice's row keep as JSON: read as every release wrote it, whatever a later one added.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use workflows::{billing::Party, order::StoredLine};

/// As release 0.1.0 wrote them.
const LINES: &str = r#"[
    {"sku": "TEA", "name": "Tea", "quantity": 2, "unit_price": 499, "tax_rate_bp": 700, "warehouse": "main"},
    {"sku": "UNKNOWN", "quantity": 1}
]"#;
/// As release 0.2.0 writes them: without what a product says nothing of.
const LINES_0_2_0: &str = r#"[
    {"sku": "TEA", "name": "Tea", "quantity": 2, "unit_price": 499, "tax_rate_bp": 700, "price_includes_tax": true, "warehouse": "main"},
    {"sku": "MAP", "name": "Map", "quantity": 1, "unit_price": 900, "tax_rate_bp": 0, "tax_category": "exempt",
     "tax_exemption_reason": "Education", "warehouse": "north"},
    {"sku": "UNKNOWN", "quantity": 1}
]"#;
const SELLER_0_2_0: &str = r#"{"name": "Tea Ltd", "line1": "1 High Street", "line2": null, "postal_code": "N1", "city": "London",
    "country": "GB", "vat_id": null, "tax_number": "12/345", "legal_id": "0987", "email": "tea@example.com"}"#;
const SELLER: &str = r#"{"name": "Tea Ltd", "line1": "1 High Street", "line2": null, "postal_code": "N1", "city": "London",
    "country": "GB", "vat_id": "GB123456789", "email": null}"#;

fn with_more(mut value: Value) -> Value {
    value.as_object_mut().unwrap().insert("added_later".into(), json!({"with": ["something"]}));
    value
}

#[test]
fn lines_are_read_as_they_were_written_and_by_the_release_before_a_later_one() {
    for kept in [LINES, LINES_0_2_0] {
        let lines: Vec<StoredLine> = serde_json::from_str(kept).unwrap();
        let written: Vec<Value> = serde_json::from_str(kept).unwrap();
        assert_eq!(serde_json::to_value(&lines).unwrap(), Value::Array(written.clone()));
        let later = written.into_iter().map(with_more).collect();
        assert_eq!(serde_json::from_value::<Vec<StoredLine>>(Value::Array(later)).unwrap(), lines);
    }
}

#[test]
fn a_seller_is_read_as_it_was_written_and_by_the_release_before_a_later_one() {
    for (kept, vat_id) in [(SELLER, Some("GB123456789")), (SELLER_0_2_0, None)] {
        let seller: Party = serde_json::from_str(kept).unwrap();
        assert_eq!((seller.name.as_str(), seller.vat_id.as_deref()), ("Tea Ltd", vat_id));
        let written: Value = serde_json::from_str(kept).unwrap();
        assert_eq!(serde_json::to_value(&seller).unwrap(), written);
        assert_eq!(serde_json::from_value::<Party>(with_more(written)).unwrap(), seller);
    }
}
