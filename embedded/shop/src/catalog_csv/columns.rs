//! The columns of a catalogue file that are ours.

/// What every file has.
pub(super) const COLUMNS: [&str; 6] = ["sku", "name", "price", "currency", "tax_rate", "stock"];
/// What few products need: a file may be without it, and then products that are there keep what they have of it.
pub(super) const OPTIONAL: [&str; 3] = ["tax_category", "tax_exemption_reason", "price_includes_tax"];
