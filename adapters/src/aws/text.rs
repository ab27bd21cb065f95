//! JSON in the characters that messages of SQS and SNS may have, which are those of XML 1.0.

use serde_json::Value;

/// The value as text. JSON escapes by itself all that XML does not know but for two characters.
pub(super) fn text_of(value: &Value) -> String {
    let text = value.to_string();
    if !text.contains(['\u{fffe}', '\u{ffff}']) {
        return text;
    }
    text.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn is_known_to_xml(character: char) -> bool {
        matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    }

    proptest! {
        #[test]
        fn any_text_can_be_sent_and_is_read_as_it_was(
            before in ".*",
            odd in "[\u{0}\u{1f}\u{7f}\u{fffd}\u{fffe}\u{ffff}\u{10ffff}\\\\]{0,3}",
            after in ".*",
        ) {
            let text = before + &odd + &after;
            let value = json!({ text.clone(): text });
            let sent = text_of(&value);
            prop_assert!(sent.chars().all(is_known_to_xml));
            prop_assert_eq!(serde_json::from_str::<Value>(&sent).unwrap(), value);
        }
    }
}
