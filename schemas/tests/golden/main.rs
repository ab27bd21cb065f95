//! Shapes that outlive a deploy: what is stored, queued or told today is read by the code of every later day, and by the
//! release before it beside it. Each release has a folder in `golden/` with what it wrote; files are added, never changed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod defaults;
mod files;
mod full;
mod release_0_1_0;
mod shapes;
mod words;

use files::{File, MAKE, THIS, files, files_of, golden, listed};
use schemas::api::order_request::OrderRequest;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use shapes::{SHAPES, shape_of};
use std::{collections::BTreeSet, fs};

fn shapes_of(files: &[File]) -> BTreeSet<&str> {
    files.iter().map(File::shape).collect()
}

#[test]
fn what_every_release_wrote_is_read_whatever_a_later_one_added_and_written_so_that_the_first_can_read_it() {
    let files = files();
    for file in &files {
        shape_of(file).written(&file.name, &file.text);
    }
    assert_eq!(shapes_of(&files), SHAPES.iter().map(|shape| shape.name).collect());
}

/// What earlier releases wrote is written again under the same name; what only this one writes stands there besides.
#[test]
fn what_this_release_writes_is_in_its_folder() {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        assert!(!listed().iter().any(|release| release == THIS), "{THIS} is out: its files are not changed any more");
        let folder = golden().join(THIS);
        let write = |name: &str, shape: &shapes::Shape, value: &Value| {
            fs::create_dir_all(folder.join(shape.folder)).unwrap();
            let pretty = serde_json::to_string_pretty(value).unwrap();
            fs::write(folder.join(shape.folder).join(format!("{name}.json")), pretty + "\n").unwrap();
        };
        for file in listed().iter().map(String::as_str).chain([THIS]).flat_map(files_of) {
            let shape = shape_of(&file);
            write(&file.name, shape, &shape.written(&file.name, &file.text));
        }
        for (name, value) in full::full() {
            write(&name, SHAPES.iter().find(|shape| name.split('.').next() == Some(shape.name)).unwrap(), &value);
        }
    }
    let mine = files_of(THIS);
    for file in &mine {
        let kept: Value = serde_json::from_str(&file.text).unwrap();
        let written = shape_of(file).written(&file.name, &file.text);
        assert_eq!(written, kept, "{} is not as {THIS} writes it: {MAKE}", file.name);
    }
    assert_eq!(shapes_of(&mine), shapes_of(&files()), "a shape is missing in {THIS}: {MAKE}");
}

/// What a body can leave out today is written as release 0.1.0 wants to have it.
#[test]
fn an_address_without_a_postal_code_is_read_by_the_first_release() {
    let address = serde_json::json!({"name": "Chan", "line1": "1 Nathan Road", "city": "Hong Kong", "country": "HK"});
    for empty in [None, Some(Value::Null), Some("".into()), Some("  ".into())] {
        let mut body = serde_json::json!({
            "currency": "HKD", "lines": [{"sku": "TEA", "quantity": 1}], "email": "chan@example.com",
            "shipping_address": address, "billing_address": address, "payment": {"method": "pm_card_visa"}
        });
        if let Some(empty) = empty {
            body["shipping_address"]["postal_code"] = empty;
        }
        let request = serde_json::from_value::<OrderRequest>(body).unwrap().without_empty();
        assert_eq!(request.errors(), []);
        assert_eq!(serde_json::to_value(&request.shipping_address).unwrap()["postal_code"], "");
        is_read_by_0_1_0::<release_0_1_0::OrderRequest>(&request);
        is_read_by_0_1_0::<release_0_1_0::Address>(&request.shipping_address);
    }
}

/// That release 0.1.0 can read it.
fn is_read_by_0_1_0<T: DeserializeOwned>(written: &impl Serialize) {
    let written = serde_json::to_value(written).unwrap();
    if let Err(error) = serde_json::from_value::<T>(written.clone()) {
        panic!("release 0.1.0 cannot read it: {error}: {written}");
    }
}
