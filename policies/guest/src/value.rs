//! Settings as they were said: JSON in memory, as small a model of it as settings need.
//!
//! `serde_json` reads it; its own model would be a tenth of a small policy.

use std::fmt;

use serde_core::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that is not below zero.
    Whole(u64),
    /// Any other number.
    Number(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A table.
    Table(Table),
}

/// A table, in the order in which it was written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table(Vec<(String, Value)>);

impl Table {
    /// What stands under `key`; the last, where it was written twice.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let mut last_first = self.0.iter().rev();
        let found = last_first.find(|(name, _)| name == key);
        found.map(|(_, value)| value)
    }

    /// Whether anything stands under `key`.
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Its keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_str())
    }
}

impl Value {
    /// The text that it is.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// The list that it is.
    pub fn as_list(&self) -> Option<&[Value]> {
        if let Self::List(list) = self {
            Some(list)
        } else {
            None
        }
    }

    /// The table that it is.
    pub fn as_table(&self) -> Option<&Table> {
        if let Self::Table(table) = self {
            Some(table)
        } else {
            None
        }
    }

    /// The whole number that it is, from zero on.
    pub fn as_u64(&self) -> Option<u64> {
        if let Self::Whole(number) = self {
            Some(*number)
        } else {
            None
        }
    }

    /// The number that it is.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Whole(number) => Some(*number as f64),
            Self::Number(number) => Some(*number),
            Self::Null | Self::Bool(_) | Self::Text(_) | Self::List(_) | Self::Table(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Reading)
    }
}

struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = Value;

    fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Whole(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut table = Table::default();
        while let Some(entry) = entries.next_entry()? {
            table.0.push(entry);
        }
        Ok(Value::Table(table))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_as_it_was_said() {
        let json = r#"{ "b": [null, true, 7, -7, 0.5, "x\n"], "a": { "k": 1, "k": 2 } }"#;
        let value: Value = serde_json::from_str(json).unwrap();
        let table = value.as_table().unwrap();
        assert_eq!(table.keys().collect::<Vec<_>>(), ["b", "a"]);
        let list = [
            Value::Null,
            Value::Bool(true),
            Value::Whole(7),
            Value::Number(-7.0),
            Value::Number(0.5),
            Value::Text("x\n".to_owned()),
        ];
        assert_eq!(table.get("b").and_then(Value::as_list), Some(&list[..]));
        let inner = table.get("a").and_then(Value::as_table).unwrap();
        assert_eq!(inner.get("k").and_then(Value::as_u64), Some(2));
        assert_eq!(inner.get("m"), None);
    }

    #[test]
    fn numbers_are_whole_or_not() {
        for (json, whole, number) in [
            ("0", Some(0), Some(0.0)),
            (
                "18446744073709551615",
                Some(u64::MAX),
                Some(u64::MAX as f64),
            ),
            ("-1", None, Some(-1.0)),
            ("1.0", None, Some(1.0)),
            ("1e400", None, None),
            ("\"1\"", None, None),
        ] {
            let value = serde_json::from_str(json).unwrap_or(Value::Null);
            assert_eq!((value.as_u64(), value.as_f64()), (whole, number), "{json}");
        }
    }
}
