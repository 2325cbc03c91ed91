//! A policy's `settings`: from TOML to the JSON that the policy reads, each part with its place.

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::DeValue;

use super::PolicyEntry;
use crate::config::document::Written;
use crate::config::kind::expected;
use crate::config::layers::Layers;

/// Takes the written settings into `entry`, or complains of what JSON cannot say.
pub(super) fn read(layers: &mut Layers<'_>, entry: &mut PolicyEntry, written: &Written<'_>) {
    let mut reader = Reader { layers, entry };
    let DeValue::Table(_) = written.value else {
        let sentence = expected("a table", written.value);
        reader.complain("settings", written, &sentence);
        return;
    };
    let settings = reader.json("settings", written);
    reader.entry.settings = settings;
}

struct Reader<'r, 'l> {
    layers: &'r mut Layers<'l>,
    entry: &'r mut PolicyEntry,
}

impl Reader<'_, '_> {
    /// The value as JSON. The parser bounds how deep a value can be nested.
    fn json(&mut self, path: &str, written: &Written<'_>) -> Value {
        self.entry
            .origins
            .insert(path.to_owned(), written.origin.clone());
        match written.value {
            DeValue::String(text) => Value::from(text.as_ref()),
            DeValue::Boolean(value) => Value::from(*value),
            DeValue::Datetime(date) => Value::from(date.to_string()),
            DeValue::Integer(number) => {
                let number = i64::from_str_radix(number.as_str(), number.radix());
                number.map_or_else(
                    |_| self.complain(path, written, "the number is too large"),
                    Value::from,
                )
            }
            DeValue::Float(number) => {
                let number = number.as_str().parse().ok().and_then(Number::from_f64);
                number.map_or_else(
                    || self.complain(path, written, "JSON has no such number"),
                    Value::Number,
                )
            }
            DeValue::Array(items) => {
                let items = items.iter().enumerate();
                items
                    .map(|(index, item)| self.inner(path, index, item))
                    .collect()
            }
            DeValue::Table(table) => {
                let keys = table.iter();
                let pairs = keys.map(|(key, value)| {
                    let key = key.get_ref().as_ref();
                    (key.to_owned(), self.inner(path, key, value))
                });
                Value::Object(pairs.collect::<Map<_, _>>())
            }
        }
    }

    fn inner(
        &mut self,
        path: &str,
        name: impl std::fmt::Display,
        value: &Spanned<DeValue<'_>>,
    ) -> Value {
        let written = self.layers.document.written(value);
        self.json(&format!("{path}.{name}"), &written)
    }

    fn complain(&mut self, path: &str, written: &Written<'_>, sentence: &str) -> Value {
        let path = format!("{}.{path}", self.entry.path());
        self.layers
            .complain(&path, written.origin.clone(), sentence);
        Value::Null
    }
}
