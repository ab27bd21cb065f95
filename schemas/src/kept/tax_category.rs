//! The VAT category of a product and of an order's line, by UNTDID 5305 as far as EN 16931 uses it here. It is kept in
//! lines and in the catalogue as a word, and what the standard says of each stands beside it.

use crate::every;
use serde::{Deserialize, Serialize};
use std::str::FromStr;
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

/// The word is no category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be standard, zero, exempt or export")]
pub struct UnknownTaxCategory;

impl TaxCategory {
    /// All of them.
    pub const ALL: [Self; 4] = every!(Self: Standard, Zero, Exempt, Export);

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
}

impl FromStr for TaxCategory {
    type Err = UnknownTaxCategory;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|category| category.as_str() == word).ok_or(UnknownTaxCategory)
    }
}
