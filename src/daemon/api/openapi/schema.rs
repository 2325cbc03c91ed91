//! The words in which schemas are written: JSON Schema, as OpenAPI 3.1 has it.

use serde_json::{Value, json};

/// The component of this name.
pub(in crate::daemon::api) fn refer(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// An object with these fields and no other; all but the `optional` ones have to be there.
pub(in crate::daemon::api) fn object(fields: Value, optional: &[&str]) -> Value {
    let names = fields
        .as_object()
        .into_iter()
        .flat_map(|fields| fields.keys());
    let required: Vec<&String> = names
        .filter(|name| !optional.contains(&name.as_str()))
        .collect();
    json!({
        "type": "object", "required": required, "properties": fields,
        "additionalProperties": false,
    })
}

/// An object with one list under this name.
pub(in crate::daemon::api) fn listed(name: &str, entry: &str) -> Value {
    object(json!({ name: list(refer(entry)) }), &[])
}

/// A list of these.
pub(in crate::daemon::api) fn list(entry: Value) -> Value {
    json!({ "type": "array", "items": entry })
}

/// A text, such as this one.
pub(in crate::daemon::api) fn text(example: &str) -> Value {
    json!({ "type": "string", "examples": [example] })
}

/// A text, or null where there is nothing to say.
pub(in crate::daemon::api) fn maybe_text(example: &str) -> Value {
    json!({ "type": ["string", "null"], "examples": [example] })
}

/// One of these words.
pub(in crate::daemon::api) fn words(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

/// One of these words, or null where there is nothing to say.
pub(in crate::daemon::api) fn maybe_words(words: &[&str]) -> Value {
    let mut words: Vec<Value> = words.iter().map(|word| json!(word)).collect();
    words.push(Value::Null);
    json!({ "enum": words })
}

/// A number of things.
pub(in crate::daemon::api) fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

/// True or false.
pub(in crate::daemon::api) fn yes_or_no() -> Value {
    json!({ "type": "boolean" })
}

/// Always true: the call did what it says.
pub(in crate::daemon::api) fn done() -> Value {
    json!({ "type": "boolean", "const": true })
}
