//! The JSON Schema of the configuration, for editors, from the same tables that a load reads by.

use serde_json::{Map, Value, json};

use super::environment::Environment;
use super::layers::Described;
use super::paths::Paths;
use super::schema::{self, KEYS, POLICY, TABLES};
use super::{load, policy};

/// Where it stands for whoever has only the schema.
const TITLE: &str = "opendialogue.toml";

/// The schema of a whole file.
pub fn document() -> Value {
    // The schema says of no path where it leads, so any home will do.
    let environment = Environment::from_pairs([("OPENDIALOGUE_HOME", "/")]);
    let described = Paths::new(&environment).map(|paths| load::described(&paths));
    let described = described.unwrap_or_default();
    let table = |name: &str| {
        let keys = KEYS.iter().filter(|key| key.table == name);
        let keys = keys.filter_map(|key| {
            let Described {
                schema, default, ..
            } = described.iter().find(|one| one.key == *key)?;
            let schema = about(schema.clone(), key.means, Some(default));
            Some((key.name.to_owned(), schema))
        });
        let keys: Map<String, Value> = keys.collect();
        json!({ "type": "object", "additionalProperties": false, "properties": keys })
    };
    let tables = TABLES.iter().map(|name| match *name {
        POLICY => (POLICY.to_owned(), policy::described()),
        name => (
            name.to_owned(),
            about(table(name), schema::table_means(name), None),
        ),
    });
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": TITLE,
        "type": "object",
        "additionalProperties": false,
        "properties": tables.collect::<Map<String, Value>>(),
    })
}

/// `schema` with what it is for before what it says by itself, and with the default where there is one.
pub(super) fn about(mut schema: Value, description: &str, default: Option<&str>) -> Value {
    let more = schema.get("description").and_then(Value::as_str);
    let description = match more {
        Some(more) => format!("{description} {more}"),
        None => description.to_owned(),
    };
    schema["description"] = description.into();
    // What is no TOML, such as a hidden secret, is no default.
    let default =
        default.and_then(|text| toml::from_str::<Map<String, Value>>(&format!("x = {text}")).ok());
    if let Some(value) = default.and_then(|mut table| table.remove("x")) {
        schema["default"] = value;
    }
    schema
}
