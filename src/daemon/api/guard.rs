//! Who may ask the local API what: one pure decision over a request's outer words.
//!
//! A web page must not reach it (by DNS rebinding, or across origins), nor a process without the
//! token what shows content or changes trust. It reads no body and touches no socket; a route that
//! is not listed as open needs the token, so that forgetting one closes it.

use std::net::SocketAddr;

use axum::http::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, ORIGIN, TRANSFER_ENCODING,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

use crate::types::Secret;

/// The largest body, in bytes.
pub(super) const MAX_BODY_BYTES: usize = 256 * 1024;

/// Routes that tell no content and change no trust.
const OPEN_ROUTES: [&str; 8] = [
    "/openapi.json",
    "/metrics",
    "/status",
    "/policies",
    "/policies/evaluate",
    "/send",
    "/agents/{id}",
    "/conversations/{id}/end",
];

/// Routes that need no token even where everything does: a supervisor has none, and a browser shows
/// none when it opens the page, whose files tell nothing of this daemon.
const BARE_ROUTES: [&str; 4] = ["/healthz", "/readyz", "/", "/page/{file}"];

/// Whether a call at this route always needs the token.
pub(super) fn needs_token(route: &str) -> bool {
    !OPEN_ROUTES.contains(&route) && !is_bare(route)
}

/// Whether a call at this route needs no token even where everything does.
pub(super) fn is_bare(route: &str) -> bool {
    BARE_ROUTES.contains(&route)
}

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The rules of one listener.
#[derive(Debug)]
pub(super) struct Guard {
    hosts: [String; 4],
    token: Secret,
    require_token: bool,
}

/// What a request showed of the token, whether or not its route needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown(Result<(), Denied>);

impl Shown {
    /// Nothing more is asked of who showed the token.
    pub(super) fn check(self) -> Result<(), Denied> {
        self.0
    }
}

/// What the rules look at.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asked<'a> {
    /// The route that fits the path; none where no route does.
    pub(super) route: Option<&'a str>,
    pub(super) host: Option<&'a str>,
    pub(super) origin: Option<&'a str>,
    /// By which a browser says whose page asks, also where it sends no `Origin`: for an image, say.
    pub(super) site: Option<&'a str>,
    pub(super) content_type: Option<&'a str>,
    /// The announced length; none where there is no body or its length is not known yet.
    pub(super) content_length: Option<u64>,
    pub(super) has_body: bool,
    pub(super) authorization: Option<&'a str>,
}

/// Why a request goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    /// `Host` is not one of ours: 403.
    Host,
    /// A page of another origin asks: 403.
    Origin,
    /// No token, or not in the words of a bearer token: 401.
    NoToken,
    /// Another token: 401.
    WrongToken,
    /// The body is not `application/json`: 415.
    NotJson,
    /// The body is larger than [`MAX_BODY_BYTES`]: 413.
    TooLarge,
}

impl Guard {
    /// The rules of a listener at `address`.
    pub(super) fn new(address: SocketAddr, token: Secret, require_token: bool) -> Self {
        let port = address.port();
        Self {
            hosts: [
                format!("127.0.0.1:{port}"),
                format!("localhost:{port}"),
                format!("[::1]:{port}"),
                // Another address of 127.0.0.0/8, where that is what was configured.
                address.to_string(),
            ],
            token,
            require_token,
        }
    }

    /// Decides. The order is that of what a stranger may learn: whose door it is comes first.
    pub(super) fn judge(&self, asked: &Asked<'_>) -> Result<(), Denied> {
        if !asked.host.is_some_and(|host| self.is_own_host(host)) {
            return Err(Denied::Host);
        }
        if asked
            .origin
            .is_some_and(|origin| !self.is_own_origin(origin))
        {
            return Err(Denied::Origin);
        }
        if asked
            .site
            .is_some_and(|site| !["none", "same-origin"].contains(&site))
        {
            return Err(Denied::Origin);
        }
        if self.needs_token(asked.route) {
            self.check_token(asked.authorization)?;
        }
        if asked.has_body && !asked.content_type.is_some_and(is_json) {
            return Err(Denied::NotJson);
        }
        if asked
            .content_length
            .is_some_and(|length| length > MAX_BODY_BYTES as u64)
        {
            return Err(Denied::TooLarge);
        }
        Ok(())
    }

    /// What a request shows of the token, for what only some bodies need it for.
    pub(super) fn shown(&self, asked: &Asked<'_>) -> Shown {
        Shown(self.check_token(asked.authorization))
    }

    fn is_own_host(&self, host: &str) -> bool {
        self.hosts.iter().any(|own| own == host)
    }

    fn is_own_origin(&self, origin: &str) -> bool {
        origin
            .strip_prefix("http://")
            .is_some_and(|host| self.is_own_host(host))
    }

    /// A path without a route tells nothing but that; it is answered 404 by what comes after.
    fn needs_token(&self, route: Option<&str>) -> bool {
        let among = |routes: &[&str]| route.is_some_and(|route| routes.contains(&route));
        if among(&BARE_ROUTES) {
            return false;
        }
        self.require_token || (route.is_some() && !among(&OPEN_ROUTES))
    }

    fn check_token(&self, authorization: Option<&str>) -> Result<(), Denied> {
        let (scheme, token) = authorization
            .and_then(|header| header.split_once(' '))
            .ok_or(Denied::NoToken)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Denied::NoToken);
        }
        match self.token.matches(token.trim()) {
            true => Ok(()),
            false => Err(Denied::WrongToken),
        }
    }
}

impl<'a> Asked<'a> {
    /// The outer words of a request for `route`.
    pub(super) fn of(parts: &'a Parts, route: Option<&'a str>) -> Self {
        let headers = &parts.headers;
        let content_length = only(headers, CONTENT_LENGTH).and_then(|text| text.parse().ok());
        let host = only(headers, HOST);
        // A request line with a host of its own has to name the one of the header.
        let named = parts.uri.authority().map(|authority| authority.as_str());
        Self {
            route,
            host: if named.is_none() || named == host {
                host
            } else {
                None
            },
            origin: only(headers, ORIGIN),
            site: only(headers, SITE),
            content_type: only(headers, CONTENT_TYPE),
            content_length,
            has_body: content_length.is_some_and(|length| length > 0)
                || headers.contains_key(TRANSFER_ENCODING),
            authorization: only(headers, AUTHORIZATION),
        }
    }
}

/// The one value of a header. Two of them, or one that is no text, read as an empty value, which
/// no rule takes.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    match values.next() {
        None => Some(first.to_str().unwrap_or_default()),
        Some(_) => Some(""),
    }
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests;
