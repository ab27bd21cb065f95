//! A template as a tree: the short tags of CloudFormation are read as their long form, `!Ref X` as `{"Ref": "X"}`.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Number, Value, json};
use std::{collections::BTreeSet, path::Path};

/// A template.
#[derive(Clone)]
pub(super) struct Template(pub(super) Value);

impl Template {
    pub(super) fn read(file: &str) -> Self {
        let text = std::fs::read_to_string(path(file)).unwrap();
        let documents = Yaml::load_from_str(&text).unwrap();
        assert_eq!(documents.len(), 1, "the template is one document");
        Self(plain(&documents[0]))
    }

    /// The resource of that logical id; nothing of it if there is none.
    pub(super) fn resource(&self, id: &str) -> &Value {
        &self.0["Resources"][id]
    }

    /// The properties of a resource.
    pub(super) fn properties(&self, id: &str) -> &Value {
        &self.resource(id)["Properties"]
    }

    /// The logical ids of all resources of a type.
    pub(super) fn all(&self, kind: &str) -> Vec<&str> {
        let resources = self.0["Resources"].as_object().unwrap();
        resources.iter().filter(|(_, resource)| resource["Type"] == kind).map(|(id, _)| id.as_str()).collect()
    }

    /// The logical id of the resource of a type whose property has the value `<stage>-<name>`.
    pub(super) fn named(&self, kind: &str, property: &str, name: &str) -> Option<&str> {
        self.all(kind).into_iter().find(|id| self.name(id, property) == Some(name))
    }

    /// What follows the stage in a property.
    pub(super) fn name(&self, id: &str, property: &str) -> Option<&str> {
        after_stage(&self.properties(id)[property])
    }

    /// A property of a function, or what holds for all functions.
    pub(super) fn of_function(&self, id: &str, property: &str) -> &Value {
        let own = &self.properties(id)[property];
        if own.is_null() { &self.0["Globals"]["Function"][property] } else { own }
    }
}

/// A file of the repository.
pub(super) fn path(file: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(file)
}

/// The name in a value `<stage>-<name>`.
pub(super) fn after_stage(value: &Value) -> Option<&str> {
    value["Fn::Sub"].as_str()?.strip_prefix("${Stage}-")
}

/// The one resource, parameter or attribute that a value refers to, such as `Bus`, `Bus.Arn` or `ApiFunction.Alias`.
pub(super) fn target(value: &Value) -> Option<&str> {
    value["Ref"].as_str().or_else(|| value["Fn::GetAtt"].as_str())
}

/// The logical ids of all that a value refers to.
pub(super) fn references(value: &Value) -> BTreeSet<String> {
    let id = |text: &str| text.split('.').next().unwrap_or_default().to_owned();
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match (name.as_str(), value) {
                ("Ref" | "Fn::GetAtt", Value::String(text)) => BTreeSet::from([id(text)]),
                ("Fn::Sub", Value::String(text)) => {
                    text.split("${").skip(1).map(|part| id(up_to_brace(part))).collect()
                }
                // What follows the name of the condition.
                ("Fn::If", Value::Array(parts)) => parts.iter().skip(1).flat_map(references).collect(),
                _ => references(value),
            })
            .filter(|name| !name.starts_with("AWS::") && name != "Stage")
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => BTreeSet::new(),
    }
}

fn up_to_brace(text: &str) -> &str {
    text.split('}').next().unwrap_or_default()
}

/// One or several, as policies write them.
pub(super) fn several(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |items| items.iter().collect())
}

/// Says so if a property is not what it should be.
pub(super) fn expect(differences: &mut Vec<String>, what: &str, is: &Value, should: &Value) {
    if is != should {
        differences.push(format!("{what} is {is} and should be {should}"));
    }
}

fn plain(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(scalar) => match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(value) => json!(value),
            Scalar::Integer(value) => json!(value),
            Scalar::FloatingPoint(value) => Number::from_f64(value.into_inner()).map_or(Value::Null, Value::Number),
            Scalar::String(value) => json!(value),
        },
        Yaml::Sequence(items) => items.iter().map(plain).collect(),
        Yaml::Mapping(fields) => {
            let named = |(name, value): (&Yaml<'_>, &Yaml<'_>)| (name.as_str().unwrap().to_owned(), plain(value));
            Value::Object(fields.iter().map(named).collect())
        }
        Yaml::Tagged(tag, inner) => {
            let name = match tag.suffix.as_str() {
                name @ ("Ref" | "Condition") => name.to_owned(),
                name => format!("Fn::{name}"),
            };
            Value::Object(Map::from_iter([(name, plain(inner))]))
        }
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => panic!("not plain YAML: {yaml:?}"),
    }
}
