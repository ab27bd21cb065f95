//! By which rules an invoice is worded. What was issued must read the same whenever it is printed again, so a change of
//! what invoices say is a new edition, and the earlier ones stay as they are.

use schemas::every;
use serde::{Deserialize, Serialize};

/// An edition; the later is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Edition {
    /// That of release 0.1.0, which said of every order that it was paid.
    First,
    /// Nothing is called paid that is only authorised, and whoever has no printable name is called by the e-mail address.
    Second,
    /// Only what leaves the EU is said to, and a seller without a VAT number exempts what another would export.
    Third,
    /// A price that includes the tax is said beside the one without it, which was computed.
    Fourth,
}

impl Edition {
    /// That of invoices issued now.
    pub const CURRENT: Self = Self::Fourth;
    /// All of them, the latest first.
    pub const ALL: [Self; 4] = every!(Self: Fourth, Third, Second, First);

    /// As it is kept with an invoice. Nothing is kept with those of release 0.1.0.
    #[must_use]
    pub fn number(self) -> i16 {
        match self {
            Self::First => 1,
            Self::Second => 2,
            Self::Third => 3,
            Self::Fourth => 4,
        }
    }

    /// The edition of that number; none if only a later release knows it.
    #[must_use]
    pub fn of(number: Option<i16>) -> Option<Self> {
        match number {
            None | Some(1) => Some(Self::First),
            Some(2) => Some(Self::Second),
            Some(3) => Some(Self::Third),
            Some(4) => Some(Self::Fourth),
            Some(_) => None,
        }
    }
}
