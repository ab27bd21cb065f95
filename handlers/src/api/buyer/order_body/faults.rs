//! What is wrong with the shape of a body that is no order: as much of it as can be found at once, so that whoever builds a
//! checkout mends it once. It is found by mending the body: each fault gets a stand-in, until the rest can be read. Only a
//! body that was refused pays for that.

use crate::api::{
    buyer::order_body::pointer::{MOST_POINTERS, Pointer},
    http::problem::Refusal,
};
use schemas::{
    api::order_request::OrderRequest,
    fields::FieldError,
    whole_number::{QUANTITY, WHOLE_NUMBER},
};
use serde_json::{Value, error::Category, json};
use serde_path_to_error::Path;

/// The largest body in which more than one fault is looked for: mending it takes many times the room of its bytes.
const LARGEST_MENDED: usize = 32 * 1024;
/// How often it is mended at most; a missing object takes some rounds, though it is told once.
const MOST_MENDED: usize = 60;

/// Says where and what without the value. `arrays` are the places of those that stand where an object belongs.
pub(in crate::api) fn explain(text: &str, error: &serde_json::Error, arrays: &[String]) -> Refusal {
    match error.classify() {
        Category::Syntax | Category::Eof | Category::Io if text.trim().is_empty() => {
            whole_body("the body is empty: send the order as JSON")
        }
        Category::Syntax | Category::Eof | Category::Io if text.starts_with('\u{FEFF}') => {
            // RFC 8259, 8.1.
            whole_body("the body begins with a byte order mark, which nobody sees: send JSON without it")
        }
        Category::Syntax | Category::Eof | Category::Io => syntax(error),
        Category::Data if !arrays.is_empty() => no_objects(text, arrays),
        Category::Data => {
            let mut json = serde_json::Deserializer::from_str(text);
            match serde_path_to_error::deserialize::<_, OrderRequest>(&mut json) {
                Ok(_) => whole_body("something follows the order"),
                Err(error) => {
                    let first = fault(error.path(), error.inner()).told;
                    Refusal::of_body(with_others(text, vec![first], &[]))
                }
            }
        }
    }
}

/// A body with arrays in the places of objects.
pub(in crate::api) fn no_objects(text: &str, arrays: &[String]) -> Refusal {
    let detail = "must be an object";
    let told = arrays.iter().map(|pointer| FieldError { pointer: pointer.clone(), detail: detail.to_owned() });
    Refusal::of_body(with_others(text, told.collect(), arrays))
}

pub(in crate::api) fn whole_body(detail: &'static str) -> Refusal {
    Refusal::of_body(vec![FieldError { pointer: String::new(), detail: detail.to_owned() }])
}

/// Notes a member that no order has.
pub(in crate::api) fn note_unknown(unknown: &mut Vec<FieldError>, path: &serde_ignored::Path<'_>) {
    if unknown.len() < MOST_POINTERS {
        let pointer = Pointer::from(path);
        let detail = if pointer.is_told() { "is not known" } else { "has a member that is not known" };
        unknown.push(FieldError { pointer: pointer.to_string(), detail: detail.to_owned() });
    }
}

fn syntax(error: &serde_json::Error) -> Refusal {
    let detail = if error.to_string().starts_with("recursion limit exceeded") {
        "the body is nested too deeply".to_owned()
    } else {
        format!("the body is not valid JSON: see line {} column {}", error.line(), error.column())
    };
    Refusal::of_body(vec![FieldError { pointer: String::new(), detail }])
}

/// The faults that were met first, and those behind them.
fn with_others(text: &str, mut told: Vec<FieldError>, arrays: &[String]) -> Vec<FieldError> {
    let body = if text.len() <= LARGEST_MENDED { serde_json::from_str::<Value>(text).ok() } else { None };
    let Some(mut body) = body else { return told };
    for array in arrays {
        mend(&mut body, array, json!({}));
    }
    for _ in 0..MOST_MENDED {
        let error = match serde_path_to_error::deserialize::<_, OrderRequest>(&body) {
            Ok(order) => {
                let values = values_of(order, &told);
                told.extend(unknown_members(&body).into_iter().chain(values));
                break;
            }
            Err(error) => error,
        };
        let Fault { told: fault, stand_in } = fault(error.path(), error.inner());
        let mended = stand_in.is_some_and(|stand_in| mend(&mut body, &fault.pointer, stand_in));
        if !told.iter().any(|known| is_within(&fault.pointer, &known.pointer)) {
            told.push(fault);
        }
        if !mended || told.len() == MOST_POINTERS {
            break;
        }
    }
    told.truncate(MOST_POINTERS);
    told
}

/// What is wrong with the values of an order that was mended, but for those that were put in: of these more was told.
fn values_of(order: OrderRequest, told: &[FieldError]) -> Vec<FieldError> {
    let is_mended = |pointer: &str| told.iter().any(|known| is_within(pointer, &known.pointer));
    let any_currency = is_mended("/currency");
    let mut errors = order.without_empty().errors();
    errors.retain(|error| {
        let of_stand_in = any_currency && error.pointer == "/expected_total/currency";
        !is_mended(&error.pointer) && !of_stand_in
    });
    errors
}

fn unknown_members(body: &Value) -> Vec<FieldError> {
    let mut unknown = Vec::new();
    let read: serde_json::Result<OrderRequest> =
        serde_ignored::deserialize(body, |path| note_unknown(&mut unknown, &path));
    if read.is_ok() { unknown } else { Vec::new() }
}

/// Whether a place is that one or lies in it: of what is missing nothing more is told.
fn is_within(pointer: &str, outer: &str) -> bool {
    pointer.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Puts the stand-in where the fault is; says whether there is such a place.
fn mend(body: &mut Value, pointer: &str, stand_in: Value) -> bool {
    if let Some(wrong) = body.pointer_mut(pointer) {
        *wrong = stand_in;
        return true;
    }
    let missing = pointer.rsplit_once('/').and_then(|(parent, name)| Some((body.pointer_mut(parent)?, name)));
    match missing {
        Some((Value::Object(members), name)) => {
            members.insert(name.to_owned(), stand_in);
            true
        }
        Some(_) | None => false,
    }
}

/// What is told of a fault, and what could stand there instead.
struct Fault {
    told: FieldError,
    stand_in: Option<Value>,
}

/// Serde's messages quote what they found; only what they expected is passed on, which is ours.
fn fault(path: &Path, error: &serde_json::Error) -> Fault {
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    let mut pointer = Pointer::from(path).to_string();
    let (detail, stand_in) = if let Some(name) = quoted_after(message, "missing field `") {
        pointer = format!("{}/{name}", pointer.trim_end_matches(&format!("/{name}")));
        // What it should be is said by the next round.
        ("is required".to_owned(), Some(Value::Null))
    } else if let Some(name) = quoted_after(message, "duplicate field `") {
        pointer = format!("{}/{name}", pointer.trim_end_matches(&format!("/{name}")));
        ("stands here twice".to_owned(), None)
    } else if message.starts_with("must be an active ISO 4217 currency code") {
        (message.to_owned(), Some(json!("EUR")))
    } else {
        let expected = message.rsplit_once(", expected ").map(|(_, kind)| kind);
        let (words, stand_in) = expected.map_or(UNNAMED, expectation);
        (format!("must be {words}"), stand_in.map(|stand_in| stand_in()))
    };
    Fault { told: FieldError { pointer, detail }, stand_in }
}

fn quoted_after<'a>(message: &'a str, opening: &str) -> Option<&'a str> {
    message.strip_prefix(opening)?.strip_suffix('`')
}

/// In words, and something that is of that kind.
type Expectation = (&'static str, Option<fn() -> Value>);

const UNNAMED: Expectation = ("of another kind", None);

fn expectation(expected: &str) -> Expectation {
    match expected {
        WHOLE_NUMBER => (WHOLE_NUMBER, Some(|| json!(1))),
        QUANTITY => (QUANTITY, Some(|| json!(1))),
        "a string" | "string" => ("a string", Some(|| json!(""))),
        "a sequence" => ("an array", Some(|| json!([]))),
        text if text.starts_with("struct ") => ("an object", Some(|| json!({}))),
        _ => UNNAMED,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn told(body: &str) -> Vec<(String, String)> {
        let error = serde_json::from_str::<OrderRequest>(body).unwrap_err();
        let errors = explain(body, &error, &[]).document("r").errors;
        errors.into_iter().map(|error| (error.pointer, error.detail)).collect()
    }

    fn pointers(body: &Value) -> Vec<String> {
        let mut pointers: Vec<_> = told(&body.to_string()).into_iter().map(|(pointer, _)| pointer).collect();
        pointers.sort();
        pointers
    }

    #[test]
    fn whatever_is_wrong_is_told_at_once() {
        let body = json!({
            "currency": "euro", "lines": [{ "sku": 7, "quantity": "two" }, { "colour": "blue" }, "TEA"], "email": null,
            "shipping_address": { "name": "Zoe", "line2": 5, "city": [], "country": "DE", "planet": "Earth" },
            "billing_address": "the same", "coupon": "X",
        });
        assert_eq!(
            pointers(&body),
            [
                "/billing_address",
                "/coupon",
                "/currency",
                "/email",
                "/lines/0/quantity",
                "/lines/0/sku",
                "/lines/1/colour",
                "/lines/1/quantity",
                "/lines/1/sku",
                "/lines/2",
                "/payment",
                "/shipping_address/city",
                "/shipping_address/line1",
                "/shipping_address/line2",
                "/shipping_address/planet",
                "/shipping_address/postal_code",
            ]
        );
        let said = told(&body.to_string());
        let of = |sought: &str| said.iter().find(|(pointer, _)| pointer == sought).unwrap().1.as_str();
        assert_eq!(of("/payment"), "is required");
        assert!(of("/email").starts_with("must be one e-mail address"));
        assert_eq!(of("/lines/0/sku"), "must be a string");
        assert_eq!(of("/lines/0/quantity"), "must be a whole number from 1 to 1000000");
        assert_eq!(of("/lines/2"), "must be an object");
        assert_eq!(of("/coupon"), "is not known");
    }

    #[test]
    fn faults_of_values_are_told_beside_those_of_shape() {
        let address =
            json!({ "name": "Zoe", "line1": "1", "city": "London", "postal_code": "N1 1AA", "country": "UK" });
        let mut body = json!({
            "currency": "EUR", "lines": [{ "sku": "", "quantity": 0 }, { "quantity": 1 }], "email": "no",
            "shipping_address": address, "payment": { "method": "pm_card_visa" },
        });
        let values = ["/email", "/lines/0/quantity", "/lines/0/sku", "/lines/1/sku", "/shipping_address/country"];
        assert_eq!(pointers(&body), values);
        // What was put in for a currency is not the order's.
        body["currency"] = json!(7);
        body["expected_total"] = json!({ "amount": -1, "currency": "USD" });
        let others = ["/currency", "/email", "/expected_total/amount"];
        assert_eq!(pointers(&body), [&others[..], &values[1..]].concat());
    }

    #[test]
    fn of_what_is_missing_as_a_whole_nothing_more_is_told() {
        assert_eq!(pointers(&json!({})), ["/currency", "/email", "/lines", "/payment", "/shipping_address"]);
        for body in [json!(null), json!("order"), json!(7), json!([])] {
            assert_eq!(told(&body.to_string()), [(String::new(), "must be an object".to_owned())], "{body}");
        }
    }

    #[test]
    fn few_of_many_faults_are_told_and_of_a_large_body_the_first() {
        let lines = |count: usize| json!({ "lines": vec![json!({ "sku": 1 }); count] });
        assert_eq!(pointers(&lines(200)).len(), MOST_POINTERS);
        assert_eq!(pointers(&lines(LARGEST_MENDED / 8)).len(), 1);
    }
}
