//! Why something is not taxed, as page and XML say it: EN 16931 has one place for it a category, however many lines.

use crate::format::one_line;
use schemas::kept::TaxCategory;
use workflows::billing::{Edition, InvoiceDocument, Location, default_reason, reason_code};

/// The reasons of all lines of a category, each once; nothing for one that must not give any.
pub(super) fn reason(document: &InvoiceDocument, category: TaxCategory) -> Option<String> {
    let default = default_reason(category, leaves_eu(document))?;
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

/// The code of the reason, where there is one.
pub(super) fn code(document: &InvoiceDocument, category: TaxCategory) -> Option<&'static str> {
    reason_code(category, leaves_eu(document))
}

/// Whether what is exported leaves the EU; earlier editions said so of all that is.
fn leaves_eu(document: &InvoiceDocument) -> bool {
    match document.edition {
        Edition::First | Edition::Second => true,
        Edition::Third | Edition::Fourth => {
            !Location::from(document.ship_to.as_ref().unwrap_or(&document.buyer)).is_in_eu()
        }
    }
}
