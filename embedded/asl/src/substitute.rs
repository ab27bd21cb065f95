//! Puts the deployment's values into a file: `${Name}`, as `DefinitionSubstitutions` of a deployment template does.

use serde_json::Value;

use crate::read::{Reader, within};

impl Reader<'_> {
    /// Puts in the values of `${Name}` wherever a string has one.
    pub(super) fn substitute(&mut self, value: &mut Value, pointer: &str) {
        match value {
            Value::String(text) if text.contains("${") => *text = self.substituted(text, pointer),
            Value::Array(items) => {
                items.iter_mut().enumerate().for_each(|(index, item)| self.substitute(item, &within(pointer, index)));
            }
            Value::Object(fields) => {
                fields.iter_mut().for_each(|(name, field)| self.substitute(field, &within(pointer, name)));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn substituted(&mut self, text: &str, pointer: &str) -> String {
        let mut done = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            done.push_str(before);
            let Some((name, tail)) = after.split_once('}') else {
                self.problem(pointer, "a substitution without its end");
                return done;
            };
            match self.surroundings.substitutions.get(name) {
                Some(value) => done.push_str(value),
                None => self.problem(pointer, format!("the substitution ${{{name}}} has no value")),
            }
            rest = tail;
        }
        done.push_str(rest);
        done
    }
}
