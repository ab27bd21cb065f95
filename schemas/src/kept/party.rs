//! Who sells, in `invoices.seller`: as it was when the number was given, so that a document that is printed again says the
//! same. A buyer is said in the same shape.

use serde::{Deserialize, Serialize};

/// A company or a person with an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Full name.
    pub name: String,
    /// Street and number.
    pub line1: String,
    /// Further part of the address.
    pub line2: Option<String>,
    /// Postal code, empty where there is none.
    pub postal_code: String,
    /// City.
    pub city: String,
    /// ISO 3166 alpha-2 code.
    pub country: String,
    /// VAT number with its country prefix.
    pub vat_id: Option<String>,
    /// Number by which the tax office knows a seller, BT-32: for one without a VAT number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_number: Option<String>,
    /// Number in the register of companies, BT-30: for one without a VAT number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_id: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
}
