//! A postal address as the checkout gives it and the invoice prints it.

use crate::order_request::{Checker, text_field};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A postal address. Free text is kept as it was written, in whatever script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Who receives: 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200, example = "Zoë Müller")]
    pub name: String,
    /// Street and number: 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200, example = "Lange Straße 12")]
    pub line1: String,
    /// Flat, floor, company: at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub line2: Option<String>,
    /// City: 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100, example = "Hannover")]
    pub city: String,
    /// Postal code: 1 to 20 characters.
    #[schema(min_length = 1, max_length = 20, example = "30159")]
    pub postal_code: String,
    /// ISO 3166-1 alpha-2, in capitals.
    #[schema(pattern = "^[A-Z]{2}$", example = "DE")]
    pub country: String,
}

impl Address {
    pub(crate) fn check(&self, at: &str, errors: &mut Checker) {
        text_field(&self.name, 200, &format!("{at}/name"), errors);
        text_field(&self.line1, 200, &format!("{at}/line1"), errors);
        // Checkouts send the field empty when the buyer left it so.
        if let Some(line2) = self.line2.as_ref().filter(|line| !line.is_empty()) {
            text_field(line2, 200, &format!("{at}/line2"), errors);
        }
        text_field(&self.city, 100, &format!("{at}/city"), errors);
        text_field(&self.postal_code, 20, &format!("{at}/postal_code"), errors);
        if self.country.len() != 2 || !self.country.bytes().all(|b| b.is_ascii_uppercase()) {
            errors.add(format!("{at}/country"), "must be an ISO 3166-1 alpha-2 code in capitals, such as DE");
        }
    }
}
