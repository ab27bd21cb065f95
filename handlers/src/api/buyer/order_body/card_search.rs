//! Looks for card numbers in a JSON text, in every string, name and number of it, as its reader will see them: escapes
//! can hide digits from a look at the bytes. Nothing is built of the text on the way. As it comes by every place, it notes
//! where an array stands for an object, too.

use crate::api::buyer::order_body::pointer::{MOST_POINTERS, Pointer};
use schemas::{card_number::contains_card_number, whole_number::of_float};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Where a text holds what would pass for a card number.
#[derive(Debug, Default)]
pub(in crate::api) struct Findings {
    /// JSON pointers, without whatever names the caller made up.
    pub(in crate::api) pointers: Vec<String>,
    /// SKUs with their pointers. A barcode may look like a card number: the catalogue knows which are none.
    pub(in crate::api) skus: Vec<(String, String)>,
    /// Arrays where an order has an object: serde would take an object's fields from them in turn, which the contract does
    /// not.
    pub(in crate::api) arrays: Vec<String>,
}

/// Looks through the text as far as it is JSON: whoever reads it says where it is not.
pub(in crate::api) fn search(text: &str) -> Findings {
    let mut walk = Walk::default();
    let mut json = serde_json::Deserializer::from_str(text);
    if Node(&mut walk).deserialize(&mut json).is_err() {
        tracing::trace!("the rest is no JSON");
    }
    walk.found
}

#[derive(Default)]
struct Walk {
    at: Pointer,
    found: Findings,
}

impl Walk {
    fn text(&mut self, text: &str) {
        if contains_card_number(text) {
            if self.at.is_sku() {
                self.found.skus.push((self.at.to_string(), text.to_owned()));
            } else {
                self.card();
            }
        }
    }

    fn number(&mut self, number: u64) {
        // Most are short, and not worth writing down. A SKU is a string: whoever reads the order says so, and keeps nothing.
        if number > 999_999_999_999 && !self.at.is_sku() && contains_card_number(&number.to_string()) {
            self.card();
        }
    }

    fn card(&mut self) {
        note(&mut self.found.pointers, &self.at);
    }

    fn array(&mut self) {
        if self.at.is_object() {
            note(&mut self.found.arrays, &self.at);
        }
    }
}

fn note(pointers: &mut Vec<String>, at: &Pointer) {
    let pointer = at.to_string();
    if pointers.len() < MOST_POINTERS && !pointers.contains(&pointer) {
        pointers.push(pointer);
    }
}

struct Node<'l>(&'l mut Walk);

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.text(text);
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.0.number(number);
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.0.number(number.unsigned_abs());
        Ok(())
    }

    /// One that is not whole is taken by no field, and not kept.
    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        if let Some(whole) = of_float(number) {
            self.0.number(whole.unsigned_abs());
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.0.array();
        let mut index = 0;
        loop {
            self.0.at.enter_index(index);
            let more = seq.next_element_seed(Node(&mut *self.0))?.is_some();
            self.0.at.leave();
            if !more {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if contains_card_number(&name) {
                self.0.card();
            }
            self.0.at.enter_name(&name);
            map.next_value_seed(Node(&mut *self.0))?;
            self.0.at.leave();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &str = "4242 4242 4242 4242";

    fn pointers(text: &str) -> Vec<String> {
        search(text).pointers
    }

    #[test]
    fn every_place_is_told_and_no_name_that_was_made_up() {
        let text = format!(
            r#"{{"email": "{CARD}", "lines": [{{"sku": "A"}}, {{"sku": "x", "note": "{CARD}"}}], "n": 4242424242424242,
                 "deep": {{"made up!": ["{CARD}"]}}, "{CARD}": 1, "escaped": "\u0034242424242424242"}}"#
        );
        assert_eq!(pointers(&text), ["/email", "/lines/1/note", "/n", "/deep", "", "/escaped"]);
    }

    #[test]
    fn a_sku_is_told_apart() {
        let found = search(r#"{"lines": [{"sku": "4006381310062"}, {"sku": "TEA"}], "sku": "4006381310062"}"#);
        assert_eq!(found.skus, [("/lines/0/sku".to_owned(), "4006381310062".to_owned())]);
        assert_eq!(found.pointers, ["/sku"]);
    }

    #[test]
    fn a_sku_that_is_a_number_is_left_to_who_reads_the_order() {
        let found = search(r#"{"lines": [{"sku": 4006381310062, "quantity": 4006381310062}]}"#);
        assert_eq!((found.skus, found.pointers), (Vec::new(), vec!["/lines/0/quantity".to_owned()]));
    }

    #[test]
    fn an_array_that_stands_for_an_object_is_told_by_its_place() {
        let arrays = |text: &str| search(text).arrays;
        assert_eq!(arrays(r#"["EUR", [["TEA", 1]]]"#), [""]);
        let within =
            r#"{"lines": [{"sku": ["TEA"]}, ["TEA", 1]], "payment": ["pm"], "email": [], "billing_address": []}"#;
        assert_eq!(arrays(within), ["/lines/1", "/payment", "/billing_address"]);
    }

    #[test]
    fn texts_beside_each_other_are_not_read_as_one() {
        assert_eq!(pointers(r#"["4242", "4242", "4242", "4242", 4242, 4242]"#), [""; 0]);
    }

    #[test]
    fn whole_numbers_are_looked_at() {
        assert_eq!(pointers("[4242424242424242, -4242424242424242, 378282246310005.0]"), ["/0", "/1", "/2"]);
        assert_eq!(pointers("[42424242424242420]"), [""; 0]);
    }

    #[test]
    fn what_is_no_json_is_looked_at_as_far_as_it_is() {
        assert_eq!(pointers(&format!(r#"{{"a": "{CARD}", b"#)), ["/a"]);
        assert_eq!(pointers(&"[".repeat(100_000)), [""; 0]);
    }

    #[test]
    fn few_of_many_places_are_told() {
        let all = vec![format!("\"{CARD}\""); 1_000].join(",");
        assert_eq!(pointers(&format!("[{all}]")).len(), MOST_POINTERS);
    }
}
