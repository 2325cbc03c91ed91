//! A list of networks, as `["127.0.0.1", "10.0.0.0/8"]`.

use serde_json::{Value, json};
use toml::de::DeValue;

use super::{Describe, Kind, Raw, expected, quoted, text_of};
use crate::types::Network;

/// More than anybody has proxies.
const NETWORKS_MAX: usize = 64;

const WHAT: &str = "a list of addresses or blocks, such as [\"127.0.0.1\", \"10.0.0.0/8\"]";

/// Addresses and blocks of addresses.
#[derive(Debug, Clone, Copy)]
pub(in crate::config) struct Networks;

impl Describe for Networks {
    fn schema(&self) -> Value {
        let network = json!({ "type": "string", "pattern": "^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$" });
        json!({ "type": "array", "maxItems": NETWORKS_MAX, "items": network })
    }
}

impl Kind for Networks {
    type Value = Vec<Network>;

    fn read(&self, raw: Raw<'_>) -> Result<Vec<Network>, String> {
        let list = match raw {
            Raw::Toml(DeValue::Array(list)) => list,
            Raw::Toml(other) => return Err(expected(WHAT, other)),
            Raw::Text(_) => return Err(format!("expected {WHAT}")),
        };
        if list.len() > NETWORKS_MAX {
            return Err(format!("has more than {NETWORKS_MAX} entries"));
        }
        list.iter()
            .map(|entry| {
                let text = text_of(Raw::Toml(entry.get_ref()), WHAT)?;
                text.parse()
                    .map_err(|why| format!("{}: {why}", quoted(text)))
            })
            .collect()
    }

    fn show(&self, value: &Vec<Network>) -> String {
        let shown: Vec<String> = value
            .iter()
            .map(|network| quoted(network.to_string()))
            .collect();
        format!("[{}]", shown.join(", "))
    }
}
