//! What the orders of an audited slice hold of the stock, in `audited_slices.held`. It is written and read by statements of
//! the audit alone, which add everything up again if they cannot read it.

use serde::{Deserialize, Serialize};

/// Units of a SKU in a warehouse, as a list of the three. What is added to it comes last, with a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldUnits(
    /// The stock-keeping unit.
    pub String,
    /// The warehouse.
    pub String,
    /// Units held.
    pub i64,
);
