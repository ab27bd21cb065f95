//! A postal address as the checkout gives it and the invoice prints it.

use crate::{
    country::{NAMES, country_name, has_postal_codes, hint},
    fields::{Checker, null_is_empty, optional_text_field, text_field},
    text::is_blank,
};
use serde::{Deserialize, Deserializer, Serialize, de};
use unicode_normalization::UnicodeNormalization;
use utoipa::{
    ToSchema,
    openapi::{
        Ref,
        schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type},
    },
};

/// A postal address. Free text is kept as it was written, in whatever script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Address {
    /// Who receives: 1 to 200 characters.
    #[serde(deserialize_with = "null_is_empty")]
    #[schema(
        min_length = 1,
        max_length = 200,
        example = "Zoë Müller",
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u2800\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub name: String,
    /// Street and number: 1 to 200 characters.
    #[serde(deserialize_with = "null_is_empty")]
    #[schema(
        min_length = 1,
        max_length = 200,
        example = "Lange Straße 12",
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u2800\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub line1: String,
    /// Flat, floor, company: at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    pub line2: Option<String>,
    /// City: 1 to 100 characters.
    #[serde(deserialize_with = "null_is_empty")]
    #[schema(
        min_length = 1,
        max_length = 100,
        example = "Hannover",
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u2800\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub city: String,
    /// Postal code, empty where there is none: a string all the same, because what is kept is read by releases that want
    /// one.
    #[serde(default, deserialize_with = "null_is_empty")]
    #[schema(schema_with = postal_code_schema)]
    pub postal_code: String,
    /// ISO 3166-1 alpha-2.
    #[serde(deserialize_with = "null_is_empty")]
    #[schema(schema_with = country_schema)]
    pub country: String,
}

impl Address {
    /// The same without fields that were sent empty, as checkouts send what the buyer left so.
    #[must_use]
    pub(crate) fn without_empty(mut self) -> Self {
        self.line2 = self.line2.filter(|line| !is_blank(line));
        if is_blank(&self.postal_code) {
            self.postal_code.clear();
        }
        self
    }

    pub(crate) fn check(&self, at: &str, errors: &mut Checker) {
        text_field(&self.name, 200, &format!("{at}/name"), errors);
        text_field(&self.line1, 200, &format!("{at}/line1"), errors);
        if let Some(line2) = &self.line2 {
            optional_text_field(line2, 200, &format!("{at}/line2"), errors);
        }
        text_field(&self.city, 100, &format!("{at}/city"), errors);
        let known = country_name(&self.country).is_some();
        if !self.postal_code.is_empty() {
            optional_text_field(&self.postal_code, 20, &format!("{at}/postal_code"), errors);
        } else if known && has_postal_codes(&self.country) {
            errors.add(format!("{at}/postal_code"), "is required in this country: 1 to 20 characters");
        }
        if !known {
            let rule = "must be an officially assigned ISO 3166-1 alpha-2 code in capitals, such as DE";
            let hint = hint(&self.country.to_ascii_uppercase()).map(|hint| format!("; {hint}")).unwrap_or_default();
            errors.add(format!("{at}/country"), &format!("{rule}{hint}"));
        }
    }
}

/// The letters and digits of a postal code, in capitals and of the ordinary width: two spellings that a carrier takes for one
/// code are one here, wherever blanks and hyphens were put.
#[must_use]
pub fn postal_code_signs(written: &str) -> String {
    written.nfkc().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// An address as a form sends it, of which nobody may have filled in anything.
#[derive(Deserialize)]
struct Form {
    #[serde(default, deserialize_with = "sent")]
    name: Option<String>,
    #[serde(default, deserialize_with = "sent")]
    line1: Option<String>,
    line2: Option<String>,
    #[serde(default, deserialize_with = "sent")]
    city: Option<String>,
    postal_code: Option<String>,
    #[serde(default, deserialize_with = "sent")]
    country: Option<String>,
}

/// What was sent as null was sent, and is empty.
fn sent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    null_is_empty(deserializer).map(Some)
}

/// An address that need not be there: one of which no field has anything in it is none, whichever fields were sent.
pub(crate) fn unless_blank<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Address>, D::Error> {
    let Some(form) = Option::<Form>::deserialize(deserializer)? else { return Ok(None) };
    let Form { name, line1, line2, city, postal_code, country } = form;
    if [&name, &line1, &line2, &city, &postal_code, &country].into_iter().flatten().all(|text| is_blank(text)) {
        return Ok(None);
    }
    let missing: fn(&'static str) -> D::Error = de::Error::missing_field;
    Ok(Some(Address {
        name: name.ok_or_else(|| missing("name"))?,
        line1: line1.ok_or_else(|| missing("line1"))?,
        line2,
        city: city.ok_or_else(|| missing("city"))?,
        postal_code: postal_code.unwrap_or_default(),
        country: country.ok_or_else(|| missing("country"))?,
    }))
}

/// What a billing address may be: an address, or nothing in any form.
pub(crate) fn unless_blank_schema() -> OneOfBuilder {
    let nothing =
        || ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Null])).max_length(Some(0));
    let mut blank = ObjectBuilder::new()
        .description(Some("Nothing in any of its fields: the same as no address."))
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)));
    for field in ["name", "line1", "line2", "city", "postal_code", "country"] {
        blank = blank.property(field, nothing());
    }
    OneOfBuilder::new()
        .description(Some(
            "Who is billed, if somebody else or somewhere else. With nothing in any of its fields it is absent.",
        ))
        .item(Ref::from_schema_name("Address"))
        .item(blank)
        .item(ObjectBuilder::new().schema_type(Type::Null))
}

fn postal_code_schema() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some(
            "Postal code: 1 to 20 characters. May be absent, null or empty where the country has no postal codes or does \
             without them (as Hong Kong and the United Arab Emirates); required elsewhere.",
        ))
        .max_length(Some(20))
        .pattern(Some(r"^[^\u0000-\u001f\u007f-\u009f]*$"))
        .examples(["30159"])
}

fn country_schema() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("ISO 3166-1 alpha-2, in capitals: one of the officially assigned codes."))
        .enum_values(Some(NAMES.iter().map(|(code, _)| *code)))
        .examples(["DE"])
}
