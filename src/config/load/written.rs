//! The texts of the configuration that have a meaning of their own: how each is read, shown and
//! described.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::endpoint::{GatewayUrl, RelayUrl};
use crate::config::kind::{Text, pattern, quoted, read_address};
use crate::types::Secret;

pub(super) const RELAY: Text<RelayUrl> = Text {
    what: "a URL in quotes",
    read: RelayUrl::parse,
    show: |url| quoted(url.to_string()),
    schema: || pattern("^wss?://"),
};

pub(super) const GATEWAY: Text<GatewayUrl> = Text {
    what: "a URL in quotes",
    read: GatewayUrl::parse,
    show: |url| quoted(url.to_string()),
    schema: || pattern("^https?://"),
};

pub(super) const TOKEN: Text<Option<Secret>> = Text {
    what: "a token in quotes",
    read: read_token,
    show: |token| hidden(token.as_ref()),
    schema: || pattern("^[ -~]+$"),
};

pub(super) const HOOKS_PATH: Text<Option<String>> = Text {
    what: "a path in quotes",
    read: read_hooks_path,
    show: |path| path.as_ref().map_or_else(from_openclaw, quoted),
    schema: || pattern("^/[!-~]*$"),
};

pub(super) const LISTEN: Text<SocketAddr> = Text {
    what: "an address and a port in quotes, such as \"127.0.0.1:18786\"",
    read: |text| read_address(text, "127.0.0.1:18786"),
    show: |address| quoted(address.to_string()),
    schema: || pattern(r"^([0-9.]+|\[.*\]):[0-9]{1,5}$"),
};

/// Absent: the default file of the home.
pub(super) const STORE: Text<Option<PathBuf>> = Text {
    what: "`sqlite` or `sqlite:PATH` in quotes",
    read: read_store,
    show: |path| match path {
        Some(path) => quoted(format!("sqlite:{}", path.display())),
        None => quoted("sqlite"),
    },
    schema: || pattern("^sqlite(:.+)?$"),
};

fn read_token(text: &str) -> Result<Option<Secret>, String> {
    if text.is_empty() || text.chars().any(|c| c.is_control() || !c.is_ascii()) {
        return Err("a token is printable ASCII and not empty".to_owned());
    }
    Ok(Some(Secret::new(text)))
}

fn read_hooks_path(text: &str) -> Result<Option<String>, String> {
    let path = text.trim_end_matches('/');
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#');
    if !path.starts_with('/') || path.starts_with("//") || !path.chars().all(plain) {
        return Err("expected a path such as \"/hooks\"".to_owned());
    }
    Ok(Some(path.to_owned()))
}

fn read_store(text: &str) -> Result<Option<PathBuf>, String> {
    match text.split_once(':') {
        None if text == "sqlite" => Ok(None),
        Some(("sqlite", path)) if !path.is_empty() => Ok(Some(PathBuf::from(path))),
        Some(_) | None => Err("expected `sqlite` or `sqlite:PATH`".to_owned()),
    }
}

fn hidden(secret: Option<&Secret>) -> String {
    match secret {
        Some(_) => "(hidden)".to_owned(),
        None => from_openclaw(),
    }
}

fn from_openclaw() -> String {
    "(from openclaw.json)".to_owned()
}
