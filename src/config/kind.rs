//! Kinds of values: how each is read from TOML or from the text of a variable or flag, which
//! bounds it has, and how it is shown. A fault is one sentence without the key's name.

mod describe;
mod networks;
mod word;

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use toml::de::DeValue;

pub(super) use describe::{Describe, pattern, words};
pub(super) use networks::Networks;
pub(super) use word::read_word;

/// A value as somebody wrote it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Raw<'a> {
    /// In the file.
    Toml(&'a DeValue<'a>),
    /// In a variable or a flag.
    Text(&'a str),
}

/// Reads and shows one kind of value.
pub(super) trait Kind: Describe {
    type Value;

    /// The checked value, or what is wrong with the written one.
    fn read(&self, raw: Raw<'_>) -> Result<Self::Value, String>;

    /// The value as it would stand in the file.
    fn show(&self, value: &Self::Value) -> String;

    /// The value that a variable makes of what stood `below` it; most replace it.
    fn read_variable(&self, text: &str, _below: &Self::Value) -> Result<Self::Value, String> {
        self.read(Raw::Text(text))
    }
}

/// `true` or `false`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Switch;

impl Kind for Switch {
    type Value = bool;

    fn read(&self, raw: Raw<'_>) -> Result<bool, String> {
        match raw {
            Raw::Toml(DeValue::Boolean(value)) => Ok(*value),
            Raw::Toml(other) => Err(expected("`true` or `false`", other)),
            Raw::Text("true") => Ok(true),
            Raw::Text("false") => Ok(false),
            Raw::Text(_) => Err("expected `true` or `false`".to_owned()),
        }
    }

    fn show(&self, value: &bool) -> String {
        value.to_string()
    }
}

/// A whole number within bounds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whole {
    at_least: u32,
    at_most: u32,
}

impl Whole {
    pub(super) const fn new(at_least: u32, at_most: u32) -> Self {
        Self { at_least, at_most }
    }
}

impl Kind for Whole {
    type Value = u32;

    fn read(&self, raw: Raw<'_>) -> Result<u32, String> {
        let number = match raw {
            Raw::Toml(DeValue::Integer(number)) => {
                i128::from_str_radix(number.as_str(), number.radix()).ok()
            }
            Raw::Toml(other) => return Err(expected("a whole number", other)),
            Raw::Text(text) => Some(text.parse().map_err(|_| "expected a whole number")?),
        };
        let Self { at_least, at_most } = *self;
        number
            .and_then(|number| u32::try_from(number).ok())
            .filter(|number| (at_least..=at_most).contains(number))
            .ok_or_else(|| format!("must be from {at_least} to {at_most}"))
    }

    fn show(&self, value: &u32) -> String {
        value.to_string()
    }
}

/// A duration within bounds, written with its unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lasting {
    at_least: Duration,
    at_most: Duration,
}

const TIME_UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

impl Lasting {
    pub(super) const fn new(at_least: Duration, at_most: Duration) -> Self {
        Self { at_least, at_most }
    }

    /// A day is said in hours, as the defaults have it.
    fn bare(value: Duration) -> String {
        let ms = u64::try_from(value.as_millis()).unwrap_or(u64::MAX);
        let [days, smaller @ ..] = &TIME_UNITS;
        match ms < 2 * days.1 {
            true => in_largest_unit(ms, smaller),
            false => in_largest_unit(ms, &TIME_UNITS),
        }
    }
}

impl Kind for Lasting {
    type Value = Duration;

    fn read(&self, raw: Raw<'_>) -> Result<Duration, String> {
        let text = text_of(raw, "a duration in quotes, such as \"24h\"")?;
        let ms = with_unit(text, &TIME_UNITS)
            .ok_or("expected a whole number of `ms`, `s`, `m`, `h` or `d`, such as \"24h\"")?;
        let value = Duration::from_millis(ms);
        if value < self.at_least || value > self.at_most {
            let (least, most) = (Self::bare(self.at_least), Self::bare(self.at_most));
            return Err(format!("must be from \"{least}\" to \"{most}\""));
        }
        Ok(value)
    }

    fn show(&self, value: &Duration) -> String {
        quoted(Self::bare(*value))
    }
}

/// A number of bytes within bounds, written with its unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    at_least: u64,
    at_most: u64,
}

const SIZE_UNITS: [(&str, u64); 4] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
];

impl Size {
    pub(super) const fn new(at_least: u64, at_most: u64) -> Self {
        Self { at_least, at_most }
    }
}

impl Kind for Size {
    type Value = u64;

    fn read(&self, raw: Raw<'_>) -> Result<u64, String> {
        let text = text_of(raw, "a size in quotes, such as \"16MiB\"")?;
        let bytes = with_unit(text, &SIZE_UNITS)
            .ok_or("expected a whole number of `B`, `KiB`, `MiB` or `GiB`, such as \"16MiB\"")?;
        if bytes < self.at_least || bytes > self.at_most {
            let least = in_largest_unit(self.at_least, &SIZE_UNITS);
            let most = in_largest_unit(self.at_most, &SIZE_UNITS);
            return Err(format!("must be from \"{least}\" to \"{most}\""));
        }
        Ok(bytes)
    }

    fn show(&self, value: &u64) -> String {
        quoted(in_largest_unit(*value, &SIZE_UNITS))
    }
}

/// A text with a meaning of its own: an address, a URL, a word of a list.
#[derive(Clone, Copy)]
pub(super) struct Text<T> {
    /// What it is, as in "expected ..., found an integer".
    pub(super) what: &'static str,
    pub(super) read: fn(&str) -> Result<T, String>,
    pub(super) show: fn(&T) -> String,
    /// Its JSON Schema, as far as a schema can say it.
    pub(super) schema: fn() -> Value,
}

impl<T> fmt::Debug for Text<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({})", self.what)
    }
}

impl<T> Kind for Text<T> {
    type Value = T;

    fn read(&self, raw: Raw<'_>) -> Result<T, String> {
        (self.read)(text_of(raw, self.what)?)
    }

    fn show(&self, value: &T) -> String {
        (self.show)(value)
    }
}

/// An address of this machine alone. Its variable names only the port.
#[derive(Debug, Clone, Copy)]
pub(super) struct LoopbackAddress;

impl Kind for LoopbackAddress {
    type Value = SocketAddr;

    fn read(&self, raw: Raw<'_>) -> Result<SocketAddr, String> {
        let address = read_address(text_of(raw, ADDRESS)?, "127.0.0.1:18787")?;
        if !address.ip().to_canonical().is_loopback() {
            return Err(format!(
                "`{}` can be reached from other machines, and there is no TLS here yet; only a \
                 loopback address such as `127.0.0.1:{}` is taken",
                address.ip(),
                address.port()
            ));
        }
        Ok(address)
    }

    fn show(&self, value: &SocketAddr) -> String {
        quoted(value.to_string())
    }

    fn read_variable(&self, text: &str, below: &SocketAddr) -> Result<SocketAddr, String> {
        let port = text
            .parse()
            .map_err(|_| "expected a port from 0 to 65535".to_owned())?;
        Ok(SocketAddr::new(below.ip(), port))
    }
}

const ADDRESS: &str = "an address and a port in quotes, such as \"127.0.0.1:18787\"";

/// Reads an address; `such` is one that its key often has.
pub(super) fn read_address(text: &str, such: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| format!("expected an address and a port, such as `{such}`"))
}

/// "expected X, found Y" for a value of the wrong type.
pub(super) fn expected(what: &str, found: &DeValue<'_>) -> String {
    format!("expected {what}, found {}", type_name(found))
}

/// `value` in quotes, as it would stand in the file.
pub(super) fn quoted(value: impl AsRef<str>) -> String {
    format!("{:?}", value.as_ref())
}

fn text_of<'a>(raw: Raw<'a>, what: &str) -> Result<&'a str, String> {
    match raw {
        Raw::Text(text) => Ok(text),
        Raw::Toml(DeValue::String(text)) => Ok(text),
        Raw::Toml(other) => Err(expected(what, other)),
    }
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

fn with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = text[digits.len()..].trim_start_matches(' ');
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(*factor)
}

fn in_largest_unit(value: u64, units: &[(&str, u64)]) -> String {
    let exact = units
        .iter()
        .find(|(_, factor)| value >= *factor && value.is_multiple_of(*factor));
    match exact {
        Some((name, factor)) => format!("{}{name}", value / factor),
        None => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_are_read_with_their_unit_and_shown_the_same() {
        let lasting = Lasting::new(Duration::ZERO, Duration::from_secs(30 * 86_400));
        for (text, ms) in [
            ("24h", 86_400_000),
            ("50ms", 50),
            ("90s", 90_000),
            ("7 d", 604_800_000),
        ] {
            let value = lasting.read(Raw::Text(text)).unwrap();
            assert_eq!(value, Duration::from_millis(ms), "{text}");
            assert_eq!(lasting.show(&value), quoted(text.replace(' ', "")));
        }
        let size = Size::new(0, u64::MAX);
        for (text, bytes) in [
            ("16MiB", 16 << 20),
            ("64KiB", 65_536),
            ("7B", 7),
            ("2GiB", 2 << 30),
        ] {
            assert_eq!(size.read(Raw::Text(text)), Ok(bytes), "{text}");
            assert_eq!(size.show(&bytes), format!("{text:?}"));
        }
        for bad in [
            "",
            "h",
            "24",
            "-1h",
            "1.5h",
            "1e3s",
            "24hours",
            "99999999999999999999d",
            "१h",
        ] {
            assert!(lasting.read(Raw::Text(bad)).is_err(), "{bad}");
            assert!(size.read(Raw::Text(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn bounds_are_inclusive_and_told() {
        let whole = Whole::new(1, 64);
        for (text, expected) in [
            ("1", Ok(1)),
            ("64", Ok(64)),
            ("0", Err("must be from 1 to 64".to_owned())),
            ("65", Err("must be from 1 to 64".to_owned())),
            ("-3", Err("must be from 1 to 64".to_owned())),
            ("many", Err("expected a whole number".to_owned())),
        ] {
            assert_eq!(whole.read(Raw::Text(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_local_address_stays_on_this_machine() {
        for (text, taken) in [
            ("127.0.0.1:0", true),
            ("127.8.8.8:1", true),
            ("[::1]:18787", true),
            ("0.0.0.0:18787", false),
            ("[::]:18787", false),
            ("192.168.1.2:18787", false),
            ("localhost:18787", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(
                LoopbackAddress.read(Raw::Text(text)).is_ok(),
                taken,
                "{text}"
            );
        }
        let below = "[::1]:18787".parse().unwrap();
        let moved = LoopbackAddress.read_variable("9", &below);
        assert_eq!(moved, Ok("[::1]:9".parse().unwrap()));
        assert!(LoopbackAddress.read_variable("65536", &below).is_err());
    }
}
