//! A word of a list.

use crate::config::report::did_you_mean;

/// The one of `all` that `text` names.
pub(in crate::config) fn read_word<T: Copy>(
    text: &str,
    all: &[T],
    as_str: fn(T) -> &'static str,
) -> Result<T, String> {
    let words = || all.iter().map(|value| as_str(*value));
    let found = all.iter().find(|value| as_str(**value) == text);
    found.copied().ok_or_else(|| {
        let listed: Vec<String> = words().map(|word| format!("`{word}`")).collect();
        let near = did_you_mean(text, words()).map_or_else(String::new, |near| format!("; {near}"));
        format!("expected one of {}{near}", listed.join(", "))
    })
}
