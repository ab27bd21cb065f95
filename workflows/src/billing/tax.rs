//! Why something is taxed as it is: the VAT category of a product, by UNTDID 5305 as far as EN 16931 uses it here.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// VAT category. Reverse charge needs the buyer's VAT number, which no order has, so it is none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxCategory {
    /// A rate above zero.
    Standard,
    /// Taxed at 0 %.
    Zero,
    /// Exempt, for a reason that the invoice has to give.
    Exempt,
    /// Not taxed because it leaves the European Union, or the country of a seller who is outside of it.
    Export,
}

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

/// The word is no category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be standard, zero, exempt or export")]
pub struct UnknownTaxCategory;

impl TaxCategory {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Standard, Self::Zero, Self::Exempt, Self::Export];

    /// The category of a product of which only the rate is known, in basis points.
    #[must_use]
    pub fn of(rate: u32) -> Self {
        if rate == 0 { Self::Zero } else { Self::Standard }
    }

    /// Whether its rate may be this, by BR-S-05, BR-Z-05, BR-E-05 and BR-G-05.
    #[must_use]
    pub fn may_have(self, rate: u32) -> bool {
        match self {
            Self::Standard => rate > 0,
            Self::Zero | Self::Exempt | Self::Export => rate == 0,
        }
    }

    /// Its code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Standard => "S",
            Self::Zero => "Z",
            Self::Exempt => "E",
            Self::Export => "G",
        }
    }

    /// The word for it, as a catalogue file and the database have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Zero => "zero",
            Self::Exempt => "exempt",
            Self::Export => "export",
        }
    }

    /// Whether an invoice has to say why it is not taxed: BR-E-10 and BR-G-10 want it, BR-S-10 and BR-Z-10 forbid it.
    #[must_use]
    pub fn wants_reason(self) -> bool {
        match self {
            Self::Exempt | Self::Export => true,
            Self::Standard | Self::Zero => false,
        }
    }

    /// What is said where the seller gives no reason. Of an export that is not known to leave the EU, it is not said.
    #[must_use]
    pub fn default_reason(self, leaves_eu: bool) -> Option<&'static str> {
        match self {
            Self::Exempt => Some("Exempt from VAT"),
            Self::Export if leaves_eu => Some("Export outside the EU"),
            Self::Export => Some("Export"),
            Self::Standard | Self::Zero => None,
        }
    }

    /// The code of the reason, by the CEF list VATEX, where the category is its own reason.
    #[must_use]
    pub fn reason_code(self, leaves_eu: bool) -> Option<&'static str> {
        match self {
            Self::Export if leaves_eu => Some("VATEX-EU-G"),
            Self::Standard | Self::Zero | Self::Exempt | Self::Export => None,
        }
    }
}

impl std::str::FromStr for TaxCategory {
    type Err = UnknownTaxCategory;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|category| category.as_str() == word).ok_or(UnknownTaxCategory)
    }
}
