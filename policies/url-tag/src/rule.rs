//! The rule: finds, explains, and does for each URL what its strictest flag asks for.
//!
//! What is said of a URL shows it as it stands in the text that goes on: what was disarmed there is
//! disarmed in the facts too.

use std::ops::Range;

use guest::{Annotation, Decision, Kind, Message, Verdict};

use crate::context;
use crate::defang::defang;
use crate::explain::{self, Explained, Flag, Flags};
use crate::find::{self, Found, MAX_FOUND};
use crate::settings::{Action, Domain, Settings};

/// The code of a rejection.
pub const URL_REJECTED: &str = "url_rejected";
/// The code of a hold.
pub const URL_HELD: &str = "url_held";

/// How many URLs there are, and how many of them are not described.
pub const URLS: &str = "urls";
/// One URL.
pub const URL: &str = "url";

/// How much of a URL, and of the form that a browser gives it, a fact shows, in bytes.
const SHOWN: usize = 1_024;
/// How much of a host or a scheme: all of one that there can be. With what stands between, all of a
/// fact fits into an annotation, whatever the URL.
const HOST_SHOWN: usize = 256;

/// How often a text is looked at: what is disarmed may bare what it held, which is then disarmed.
const MAX_ROUNDS: usize = 4;

/// A URL with what becomes of it.
struct Judged {
    at: Range<usize>,
    action: Action,
    by: Option<&'static str>,
    /// Nothing where it is one of too many.
    told: Option<Box<Told>>,
}

/// What is said of a URL.
struct Told {
    context: context::Context,
    explained: Explained,
}

/// Decides about one message.
pub fn judge(settings: &Settings, message: &Message<'_>) -> Decision {
    match message.kind {
        Kind::Text => {}
        Kind::Typing | Kind::ReadReceipt | Kind::End => return Verdict::Pass.into(),
    }
    let text = message.content;
    let urls = urls(settings, text);
    if urls.is_empty() {
        return Verdict::Pass.into();
    }
    let (disarmed, annotations) = disarm(text, settings, &urls);
    let verdict = refusal(&urls, message.released).unwrap_or_else(|| {
        match disarmed.map(|text| settle(text, settings)) {
            Some(text) => Verdict::Rewrite(text),
            None => Verdict::Pass,
        }
    });
    Decision {
        verdict,
        annotations,
    }
}

/// The URLs of `text`, each with what becomes of it.
fn urls(settings: &Settings, text: &str) -> Vec<Judged> {
    let found = find::find(text, settings.max_url_length);
    if found.is_empty() {
        return Vec::new();
    }
    let code = context::code(text);
    let unread = settings.action(Flags::from(Flag::TooLong));
    let found = found.into_iter().enumerate();
    let judged = found.map(|(place, found)| {
        let is_described = place < settings.max_urls;
        if is_described || found.url.is_some() {
            return judged(settings, text, &code, found, is_described);
        }
        Judged {
            at: found.at,
            action: unread.0,
            by: unread.1,
            told: None,
        }
    });
    judged.collect()
}

/// One URL that was read, or is described.
fn judged(
    settings: &Settings,
    text: &str,
    code: &[Range<usize>],
    found: Found,
    is_described: bool,
) -> Judged {
    let written = &text[found.at.clone()];
    let place = context::place(text, &found.at, code);
    let mut explained = explain::explain(&found, written, &place);
    // What is not described is disarmed: nobody is told what it is.
    explained.flags.set(Flag::TooLong, !is_described);
    let host = explained.host.as_deref();
    let is_in =
        |list: &[Domain]| host.is_some_and(|host| list.iter().any(|domain| domain.holds(host)));
    explained.flags.set(Flag::Denied, is_in(&settings.denied));
    let (mut action, mut by) = settings.action(explained.flags);
    if is_in(&settings.allowed) && !explained.flags.has(Flag::Denied) {
        (action, by) = (Action::Tag, None);
    }
    let context = place.context;
    Judged {
        at: found.at,
        action,
        by,
        told: is_described.then(|| Box::new(Told { context, explained })),
    }
}

/// Why the message does not go on, where it does not.
fn refusal(urls: &[Judged], released: bool) -> Option<Verdict> {
    let first = |action| {
        urls.iter()
            .find(|url| url.action == action)
            .and_then(|url| url.by)
    };
    if let Some(flag) = first(Action::Reject) {
        return Some(Verdict::reject(
            URL_REJECTED,
            format!("a URL in it is `{flag}`"),
        ));
    }
    let flag = first(Action::Hold).filter(|_| !released)?;
    Some(Verdict::Hold {
        code: URL_HELD,
        reason: format!("a URL in it is `{flag}`"),
        until: None,
    })
}

/// The text with what is to be disarmed, where there is any, and what is said of all URLs.
fn disarm(text: &str, settings: &Settings, urls: &[Judged]) -> (Option<String>, Vec<Annotation>) {
    let mut out = String::with_capacity(text.len() + text.len() / 2);
    let mut annotations = vec![Annotation {
        key: URLS,
        value: counted(urls.len(), settings.max_urls),
    }];
    let mut from = 0;
    let mut changed = false;
    for url in urls {
        let written = &text[url.at.clone()];
        out.push_str(&text[from..url.at.start]);
        from = url.at.end;
        let at = out.len();
        match url.action {
            Action::Tag | Action::Hold => out.push_str(written),
            Action::Defang | Action::Reject => {
                changed = true;
                defang(written, &mut out);
            }
        }
        if let Some(told) = &url.told {
            annotations.push(Annotation {
                key: URL,
                value: described(told, url.action, &out[at..], at),
            });
        }
    }
    out.push_str(&text[from..]);
    (changed.then_some(out), annotations)
}

/// Disarms what came to light, so that a text that was judged stays as it is when judged again.
fn settle(text: String, settings: &Settings) -> String {
    let mut text = text;
    for _ in 1..MAX_ROUNDS {
        let urls = urls(settings, &text);
        let (Some(next), _) = disarm(&text, settings, &urls) else {
            break;
        };
        text = next;
    }
    text
}

fn counted(all: usize, described: usize) -> String {
    let others = all.saturating_sub(described);
    if all > MAX_FOUND {
        return format!(
            "more than {MAX_FOUND}, all but {described} of them disarmed and not described"
        );
    }
    match others {
        0 => all.to_string(),
        others => format!("{all}, {others} of them disarmed and not described"),
    }
}

/// What is said of one URL, in one line.
fn described(told: &Told, action: Action, shown: &str, at: usize) -> String {
    let Explained {
        scheme,
        host,
        host_unicode,
        form,
        flags,
    } = &told.explained;
    let disarmed = matches!(action, Action::Defang | Action::Reject);
    let mut line = format!("{} at {at} in {}", cut(shown, SHOWN), told.context.name());
    if let Some(scheme) = scheme {
        line.push_str("; scheme ");
        line.push_str(cut(scheme, HOST_SHOWN));
    }
    if let Some(host) = host {
        line.push_str("; host ");
        line.push_str(cut(host, HOST_SHOWN));
    }
    if let Some(unicode) = host_unicode {
        line.push_str(" (");
        line.push_str(cut(unicode, HOST_SHOWN));
        line.push(')');
    }
    // The form of what is disarmed would bring back what was taken apart.
    if let Some(form) = form.as_deref().filter(|_| !disarmed) {
        line.push_str("; form ");
        line.push_str(cut(form, SHOWN));
    }
    let mut separator = "; flags ";
    for (name, _) in flags.named() {
        line.push_str(separator);
        line.push_str(name);
        separator = ", ";
    }
    if disarmed {
        line.push_str("; disarmed");
    }
    line
}

/// The beginning of `text`, `most` bytes of it.
fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests;
