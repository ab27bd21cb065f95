//! What the tax of a product is beside its rate, and what an invoice says of why something is not taxed.

use schemas::kept::TaxCategory;

/// What a product's tax depends on beside its rate. Most products say nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TaxTerms {
    /// Why the rate is what it is; none if it goes by the rate.
    pub category: Option<TaxCategory>,
    /// Why it is not taxed, in the seller's words.
    pub exemption_reason: Option<String>,
    /// The price includes the tax.
    pub price_includes_tax: bool,
}

/// Which tax terms a catalogue speaks of. Of the others, a product that is there keeps what it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaxTermsSaid {
    /// [`TaxTerms::category`].
    pub category: bool,
    /// [`TaxTerms::exemption_reason`].
    pub exemption_reason: bool,
    /// [`TaxTerms::price_includes_tax`].
    pub price_includes_tax: bool,
}

impl TaxTermsSaid {
    /// It speaks of each.
    pub const ALL: Self = Self { category: true, exemption_reason: true, price_includes_tax: true };
}

/// What is said where the seller gives no reason why something is not taxed. Of an export that is not known to leave the EU,
/// it is not said.
#[must_use]
pub fn default_reason(category: TaxCategory, leaves_eu: bool) -> Option<&'static str> {
    match category {
        TaxCategory::Exempt => Some("Exempt from VAT"),
        TaxCategory::Export if leaves_eu => Some("Export outside the EU"),
        TaxCategory::Export => Some("Export"),
        TaxCategory::Standard | TaxCategory::Zero => None,
    }
}

/// The code of the reason, by the CEF list VATEX, where the category is its own reason.
#[must_use]
pub fn reason_code(category: TaxCategory, leaves_eu: bool) -> Option<&'static str> {
    match category {
        TaxCategory::Export if leaves_eu => Some("VATEX-EU-G"),
        TaxCategory::Standard | TaxCategory::Zero | TaxCategory::Exempt | TaxCategory::Export => None,
    }
}
