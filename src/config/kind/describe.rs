//! Kinds of values as JSON Schema, for editors: the form of a value and its bounds. What a schema cannot
//! say, such as the bounds of a duration in any unit, stands in its description and is checked at a load
//! alone.

use serde_json::{Value, json};

use super::{
    Lasting, LoopbackAddress, SIZE_UNITS, Size, Switch, TIME_UNITS, Text, Whole, in_largest_unit,
};

/// Says what a kind of value may be.
pub(in crate::config) trait Describe {
    /// The JSON Schema of a value in the file.
    fn schema(&self) -> Value;
}

/// A text of this form.
pub(in crate::config) fn pattern(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": pattern })
}

/// One of these words.
pub(in crate::config) fn words<const N: usize>(words: [&str; N]) -> Value {
    json!({ "enum": words.as_slice() })
}

impl Describe for Switch {
    fn schema(&self) -> Value {
        json!({ "type": "boolean" })
    }
}

impl Describe for Whole {
    fn schema(&self) -> Value {
        json!({ "type": "integer", "minimum": self.at_least, "maximum": self.at_most })
    }
}

impl Describe for Lasting {
    fn schema(&self) -> Value {
        let (least, most) = (Self::bare(self.at_least), Self::bare(self.at_most));
        with_units(&TIME_UNITS, &least, &most)
    }
}

impl Describe for Size {
    fn schema(&self) -> Value {
        let least = in_largest_unit(self.at_least, &SIZE_UNITS);
        let most = in_largest_unit(self.at_most, &SIZE_UNITS);
        with_units(&SIZE_UNITS, &least, &most)
    }
}

impl<T> Describe for Text<T> {
    fn schema(&self) -> Value {
        (self.schema)()
    }
}

impl Describe for LoopbackAddress {
    fn schema(&self) -> Value {
        pattern(r"^(127\.[0-9.]+|\[.*\]):[0-9]{1,5}$")
    }
}

fn with_units(units: &[(&str, u64)], least: &str, most: &str) -> Value {
    let names: Vec<&str> = units.iter().map(|(name, _)| *name).collect();
    let mut schema = pattern(&format!("^[0-9]+ *({})$", names.join("|")));
    schema["description"] = format!("From \"{least}\" to \"{most}\".").into();
    schema
}
