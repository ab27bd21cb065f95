//! Checks of a body's fields, for all that has such fields: each error says where it is and what is allowed.

use crate::text::is_blank;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// One field of a body that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Where, as a JSON pointer (RFC 6901) into the body; empty for the whole of it.
    #[schema(example = "/lines/0/quantity")]
    pub pointer: String,
    /// What is wrong and what is allowed.
    #[schema(example = "must be 1 to 1000000")]
    pub detail: String,
}

/// Collects what is wrong with a body, each with its place.
#[derive(Debug, Default)]
pub(crate) struct Checker(Vec<FieldError>);

impl Checker {
    pub(crate) fn add(&mut self, pointer: String, detail: &str) {
        self.0.push(FieldError { pointer, detail: detail.to_owned() });
    }

    pub(crate) fn into_errors(self) -> Vec<FieldError> {
        self.0
    }
}

/// A text that may be sent as null: what has to be there is told by the rule of its field then, as of an empty one.
pub(crate) fn null_is_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Free text of at most `max` characters without control characters, which may say nothing.
pub(crate) fn optional_text_field(text: &str, max: usize, at: &str, errors: &mut Checker) {
    if text.chars().count() > max {
        errors.add(at.to_owned(), &format!("must be at most {max} characters"));
    } else if text.chars().any(char::is_control) {
        errors.add(at.to_owned(), "must not contain control characters");
    }
}

/// Free text of 1 to `max` characters without control characters.
pub(crate) fn text_field(text: &str, max: usize, at: &str, errors: &mut Checker) {
    let length = text.chars().count();
    if is_blank(text) || length > max {
        errors.add(at.to_owned(), &format!("must be 1 to {max} characters and not blank"));
    } else if text.chars().any(char::is_control) {
        errors.add(at.to_owned(), "must not contain control characters");
    }
}
