//! That a member is added to a kept shape with a default only: what an earlier release wrote lacks it.

use crate::{
    files::{MAKE, THIS, earlier_files, files_of},
    full::full,
    shapes::{SHAPES, shape_of},
};
use serde_json::Value;
use std::collections::BTreeSet;

/// The names on the way to an object or a member; those of all items of a list are one.
type Path = Vec<String>;

/// Where objects stand in a value, and where members do.
#[derive(Default)]
struct Places {
    objects: BTreeSet<Path>,
    members: BTreeSet<Path>,
}

impl Places {
    fn of<'v>(values: impl IntoIterator<Item = &'v Value>) -> Self {
        let mut places = Self::default();
        values.into_iter().for_each(|value| places.note(value, &mut Path::new()));
        places
    }

    fn note(&mut self, value: &Value, here: &mut Path) {
        if let Value::Object(_) = value {
            self.objects.insert(here.clone());
        }
        for (name, inner) in inside(value) {
            here.push(name.clone());
            if value.is_object() {
                self.members.insert(here.clone());
            }
            self.note(inner, here);
            here.pop();
        }
    }
}

fn inside(value: &Value) -> Vec<(String, &Value)> {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().map(|item| ("*".to_owned(), item)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// The value without that member, wherever it stands.
fn without(value: &Value, path: &[String]) -> Value {
    let Some((name, rest)) = path.split_first() else { return value.clone() };
    match value {
        Value::Object(members) => {
            let members = members.iter().filter(|(member, _)| !rest.is_empty() || *member != name);
            let inner = |member: &String, value| if member == name { without(value, rest) } else { value.clone() };
            Value::Object(members.map(|(member, value)| (member.clone(), inner(member, value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| without(item, rest)).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// The members of today's value that stand in objects which were written before, without these members, and that cannot be
/// read without them.
fn added_without_default(
    today: &Value,
    before: &[Value],
    reads: impl Fn(Value) -> Result<Value, serde_json::Error>,
) -> Vec<String> {
    let (known, places) = (Places::of(before), Places::of([today]));
    let is_new = |path: &&Path| known.objects.contains(&path[..path.len() - 1]) && !known.members.contains(*path);
    let breaks = |path: &&Path| reads(without(today, path)).is_err();
    places.members.iter().filter(is_new).filter(breaks).map(|path| path.join("/")).collect()
}

#[test]
fn what_is_added_to_a_kept_shape_has_a_default() {
    let earlier = earlier_files();
    for (name, today) in full() {
        let shape = SHAPES.iter().find(|shape| shape.name == name.split('.').next().unwrap()).unwrap();
        let before: Vec<Value> = earlier
            .iter()
            .filter(|file| file.shape() == shape.name)
            .map(|file| serde_json::from_str(&file.text).unwrap())
            .collect();
        let added = added_without_default(&today, &before, shape.rewritten);
        assert_eq!(added, [""; 0], "{name} has members that what is kept lacks: give each a default");
    }
}

/// Or else the test above would not know of a release that it had a member, and what it wrote without one.
#[test]
fn the_files_of_this_release_have_every_member_of_every_kept_shape() {
    let mine = files_of(THIS);
    let full = full();
    for (name, today) in &full {
        let file = mine.iter().find(|file| file.name == *name);
        let file = file.unwrap_or_else(|| panic!("{name} is missing in {THIS}: {MAKE}"));
        assert_eq!(shape_of(file).written(name, &file.text), *today, "{name}: {MAKE}");
    }
    let kept = SHAPES.iter().filter(|shape| shape.folder != "api").map(|shape| shape.name);
    let has_full = full.iter().map(|(name, _)| name.split('.').next().unwrap());
    assert_eq!(kept.collect::<BTreeSet<_>>(), has_full.collect());
}

/// The judge itself, on shapes of which one has what must not be.
mod judge {
    use super::*;
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    #[derive(Serialize, Deserialize)]
    struct Today {
        sku: String,
        #[serde(default)]
        name: Option<String>,
        prices: Vec<Price>,
        #[serde(default)]
        carrier: Option<Carrier>,
    }

    #[derive(Serialize, Deserialize)]
    struct Price {
        amount: i64,
        currency: String,
    }

    #[derive(Serialize, Deserialize)]
    struct Carrier {
        code: String,
    }

    fn found(before: Value) -> Vec<String> {
        let price = || Price { amount: 1, currency: "EUR".to_owned() };
        let carrier = Some(Carrier { code: "X".to_owned() });
        let today =
            Today { sku: "TEA".to_owned(), name: Some("Tea".to_owned()), prices: vec![price(), price()], carrier };
        let reads = |value| serde_json::to_value(serde_json::from_value::<Today>(value)?);
        added_without_default(&serde_json::to_value(today).unwrap(), &[before], reads)
    }

    #[test]
    fn a_member_that_no_release_wrote_and_that_must_be_there_is_found_however_deep_it_stands() {
        assert_eq!(found(json!({ "sku": "A", "prices": [{ "amount": 1, "currency": "EUR" }] })), [""; 0]);
        assert_eq!(found(json!({ "sku": "A", "prices": [{ "amount": 1 }] })), ["prices/*/currency"]);
        assert_eq!(found(json!({ "prices": [] })), ["sku"]);
        assert_eq!(found(json!({ "sku": "A", "prices": [], "carrier": {} })), ["carrier/code"]);
    }
}
