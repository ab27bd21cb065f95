//! Why something is not taxed, as page and XML say it: EN 16931 has one place for it a category, however many lines.

use super::format::one_line;
use workflows::invoice::{InvoiceDocument, TaxCategory};

/// The reasons of all lines of a category, each once; nothing for one that must not give any.
pub(super) fn reason(document: &InvoiceDocument, category: TaxCategory) -> Option<String> {
    let default = category.default_reason()?;
    let mut reasons: Vec<String> = Vec::new();
    for line in document.lines.iter().filter(|line| line.price.category == category) {
        let given = line.exemption_reason.as_deref().map(one_line).filter(|reason| !reason.is_empty());
        let reason = given.unwrap_or_else(|| default.to_owned());
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    Some(reasons.join("; "))
}
