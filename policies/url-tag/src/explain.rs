//! Says what a URL is: its parts as a browser sees them, and everything about it that a reader
//! should know before anybody follows it.

use url::{Host, Url};

use crate::context::{Context, Place};
use crate::find::Found;

mod address;
pub mod flag;
mod label;
mod name;
mod query;
mod written;

pub use flag::{Flag, Flags};

/// Schemes that a browser itself follows, or hands to where one writes and calls.
const PLAIN_SCHEMES: [&str; 8] = ["http", "https", "ws", "wss", "ftp", "mailto", "tel", "sms"];
/// Schemes that have a flag of their own.
const OTHER_SCHEMES: [&str; 5] = ["javascript", "vbscript", "livescript", "file", "data"];

/// What a URL is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The scheme, nothing where it is taken from where the URL is opened.
    pub scheme: Option<String>,
    /// The host as it goes over the wire.
    pub host: Option<String>,
    /// The host as a person would write it, where that is something else.
    pub host_unicode: Option<String>,
    /// The whole as a browser writes it.
    pub form: Option<String>,
    /// What a reader should know.
    pub flags: Flags,
}

/// Explains what was found: `written` is the URL in the text, `place` where it stands.
pub fn explain(found: &Found, written: &str, place: &Place<'_>) -> Explained {
    let mut flags = Flags::default();
    let Some(url) = &found.url else {
        flags.add(Flag::TooLong);
        return Explained {
            scheme: None,
            host: None,
            host_unicode: None,
            form: None,
            flags,
        };
    };
    if !found.relative {
        flag_scheme(url, &mut flags);
    }
    let parts = written::parts(written, found.relative);
    let host_unicode = flag_host(url, &parts, &mut flags);
    flag_rest(url, written, &mut flags);
    let fetched = matches!(place.context, Context::MarkdownImage | Context::HtmlSource);
    flags.set(Flag::RemoteImage, fetched && url.has_host());
    let mismatch = place
        .label
        .is_some_and(|label| label::names_another(label, url));
    flags.set(Flag::TextMismatch, mismatch);
    let form = url.as_str();
    Explained {
        scheme: (!found.relative).then(|| url.scheme().to_owned()),
        host: url.host_str().map(str::to_owned),
        host_unicode,
        form: (form != written && !found.relative).then(|| form.to_owned()),
        flags,
    }
}

fn flag_scheme(url: &Url, flags: &mut Flags) {
    let scheme = url.scheme();
    let path = url.path().trim_start();
    let starts = |kind: &str| {
        path.get(..kind.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(kind))
    };
    flags.set(Flag::Data, scheme == "data");
    // What a browser runs as a page, and what reaches into the machine.
    let page = [
        "text/html",
        "image/svg+xml",
        "application/xhtml+xml",
        "text/xml",
        "application/xml",
    ];
    let runs = matches!(scheme, "javascript" | "vbscript" | "livescript" | "file")
        || (scheme == "data" && page.into_iter().any(starts))
        || (matches!(scheme, "view-source" | "jar" | "mk" | "blob") && holds_dangerous(path));
    flags.set(Flag::DangerousScheme, runs);
    let is_app = !PLAIN_SCHEMES.contains(&scheme) && !OTHER_SCHEMES.contains(&scheme);
    flags.set(Flag::AppScheme, is_app);
}

/// Whether what a scheme wraps begins with one that runs something.
fn holds_dangerous(path: &str) -> bool {
    let wrapped = path.split_once(':').map_or("", |(scheme, _)| scheme);
    ["javascript", "vbscript", "file", "data"]
        .into_iter()
        .any(|scheme| wrapped.eq_ignore_ascii_case(scheme))
}

/// Flags the host, and gives it in Unicode where that is something else.
fn flag_host(url: &Url, parts: &written::Parts<'_>, flags: &mut Flags) -> Option<String> {
    let (is_address, is_private, is_obscure) = match host(url)? {
        Host::Ipv4(address) => (
            true,
            address::is_private_v4(address),
            parts.host != address.to_string(),
        ),
        Host::Ipv6(address) => (
            true,
            address::is_private_v6(address),
            address::embedded(address).is_some() || parts.host.contains('%'),
        ),
        Host::Domain(name) => {
            // What a program calls by a scheme of its own has no dots either, nor a port.
            let is_network = is_of_the_web(url) || url.port().is_some();
            let is_private = name::is_private(&name) || (is_network && name::is_local(&name));
            (false, is_private, false)
        }
    };
    flags.set(Flag::IpLiteral, is_address);
    flags.set(Flag::IpObfuscated, is_obscure);
    flags.set(Flag::Private, is_private);
    flags.set(
        Flag::Userinfo,
        !url.username().is_empty() || url.password().is_some(),
    );
    flags.set(Flag::NonstandardPort, url.port().is_some());
    let host = url.host_str()?;
    flags.set(Flag::Shortener, name::is_shortener(host));
    flags.set(
        Flag::Punycode,
        parts
            .host
            .to_ascii_lowercase()
            .split('.')
            .any(|label| label.starts_with("xn--")),
    );
    let unicode = url::quirks::domain_to_unicode(host);
    if is_address || unicode.is_empty() || unicode == host {
        return None;
    }
    flags.add(Flag::Idn);
    flags.set(Flag::MixedScript, name::mixes_scripts(&unicode));
    flags.set(Flag::Confusable, name::looks_like_ascii(&unicode));
    Some(unicode)
}

/// The host of `url`. The URL standard reads an address in it for schemes of the web alone; programs
/// read one for any.
fn host(url: &Url) -> Option<Host> {
    let host = url.host()?.to_owned();
    match &host {
        Host::Domain(name) if !is_of_the_web(url) => Some(Host::parse(name).unwrap_or(host)),
        Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_) => Some(host),
    }
}

fn is_of_the_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https" | "ws" | "wss" | "ftp")
}

fn flag_rest(url: &Url, written: &str, flags: &mut Flags) {
    flags.set(Flag::ControlInUrl, query::has_control(written));
    flags.set(
        Flag::Credentials,
        url.password().is_some() || query::has_credentials(url),
    );
    flags.set(Flag::LongQuery, query::is_long(url));
    flags.set(Flag::HighEntropyQuery, query::has_high_entropy(url));
}

#[cfg(test)]
mod tests;
