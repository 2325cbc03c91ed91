//! OpenClaw's own configuration: what its hooks let us do. Read, followed, never written.
//!
//! The file is JSON5 and belongs to somebody else, so only the keys below are looked at and
//! everything else may be as it likes. No sentence quotes a value: one of them is a token.

use std::io;
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::defaults::HOOKS_PATH;
use super::own_file::{read_text, unreadable};
use super::report::{Complaint, Origin, Position};
use crate::files::shell_word;
use crate::types::Secret;

/// What every session key begins with that we make for a conversation.
pub const SESSION_PREFIX: &str = "hook:opendialogue:";

/// What a gateway that we set up is told to allow: its own default key begins so as well, and
/// without it the gateway does not start.
const ALLOWED_PREFIX: &str = "hook:";

/// Deeper nesting is refused: the parser goes down by recursion.
const MAX_DEPTH: usize = 64;

/// `hooks` in `openclaw.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookSettings {
    /// Whether there are hooks at all.
    pub enabled: bool,
    /// The token, where the file itself holds it.
    pub token: Option<Secret>,
    /// Whether the file says that the token is somewhere else, where we cannot read it: then it
    /// has to be set in `[gateway]`.
    pub token_elsewhere: bool,
    /// The path of the hooks; begins with a slash and ends in none.
    pub path: String,
    /// Whether a request may name its session.
    pub allow_request_session_key: bool,
    /// What such a session's key must begin with; absent where anything goes.
    pub allowed_session_key_prefixes: Option<Vec<String>>,
    /// The session of requests that name none, where the file names one.
    pub default_session_key: Option<String>,
}

/// A setting of the file that delivery needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookSetting {
    /// `hooks.token`.
    Token,
    /// `hooks.allowedSessionKeyPrefixes`.
    AllowedSessionKeyPrefixes,
    /// `hooks.allowRequestSessionKey`.
    AllowRequestSessionKey,
    /// `hooks.enabled`.
    Enabled,
}

/// What the file lacks, and the command that mends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingSetting {
    /// Which.
    pub setting: HookSetting,
    /// One line for a shell.
    pub command: String,
    /// What it is good for.
    pub reason: &'static str,
    /// Whether nothing can be delivered without it.
    pub is_required: bool,
}

/// The text is not such a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct OpenclawError {
    /// Where, if that is known.
    pub position: Option<Position>,
    /// What is wrong.
    pub reason: String,
}

impl HookSettings {
    /// Reads the file; `None` where there is none.
    pub fn read(path: &Path) -> Result<Option<Self>, Complaint> {
        let text = match read_text(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let origin = Origin::WholeFile(path.to_owned());
                return Err(Complaint::new(origin, unreadable(&error)));
            }
        };
        Self::parse(&text).map(Some).map_err(|error| {
            let path = path.to_owned();
            let origin = match error.position {
                Some(position) => Origin::File(path, position),
                None => Origin::WholeFile(path),
            };
            let sentence = error.reason;
            Complaint::new(origin, sentence)
        })
    }

    /// Reads the text of the file.
    pub fn parse(text: &str) -> Result<Self, OpenclawError> {
        check_depth(text)?;
        let written: File = json5::from_str(text).map_err(|error| explain(&error))?;
        let hooks = written.hooks.unwrap_or_default();
        let (token, token_elsewhere) = match hooks.token {
            Some(Token::Text(text)) if text.contains("${") => (None, true),
            Some(Token::Text(text)) if text.is_empty() => (None, false),
            Some(Token::Text(text)) => (Some(Secret::new(text)), false),
            Some(Token::Reference(_)) => (None, true),
            None => (None, false),
        };
        Ok(Self {
            enabled: hooks.enabled.unwrap_or(false),
            token,
            token_elsewhere,
            path: normal_path(hooks.path.as_deref()),
            allow_request_session_key: hooks.allow_request_session_key.unwrap_or(false),
            allowed_session_key_prefixes: hooks.allowed_session_key_prefixes,
            default_session_key: hooks
                .default_session_key
                .filter(|key| !key.trim().is_empty()),
        })
    }

    /// Which session key a request may carry: the `reply_session` that the agent itself asked for
    /// where the gateway allows it, else the conversation's `own` one, else none.
    pub fn session_key<'k>(&self, own: &'k str, reply_session: Option<&'k str>) -> Option<&'k str> {
        if !self.allow_request_session_key {
            return None;
        }
        let wishes = reply_session.into_iter().chain([own]);
        wishes.into_iter().find(|key| self.allows(key))
    }

    /// The commands for what is missing, in the order in which to give them: the gateway applies
    /// each at once, and refuses hooks without a token.
    pub fn missing(&self) -> Vec<MissingSetting> {
        let mut missing = Vec::new();
        let mut need = |setting, is_required, reason, command| {
            missing.push(MissingSetting {
                setting,
                command,
                reason,
                is_required,
            });
        };
        if self.token.is_none() && !self.token_elsewhere {
            let command = r#"openclaw config set hooks.token "$(openssl rand -hex 32)""#;
            need(
                HookSetting::Token,
                true,
                "hooks are refused without a token",
                command.to_owned(),
            );
        }
        if !self.allows(SESSION_PREFIX) || self.is_unset() || self.stops_gateway() {
            let mut prefixes = self.prefixes().to_vec();
            let default = self.default_session_key.as_deref();
            prefixes.extend(default.filter(|key| !self.allows(key)).map(str::to_owned));
            if !prefixes
                .iter()
                .any(|prefix| ALLOWED_PREFIX.starts_with(prefix.as_str()))
            {
                prefixes.push(ALLOWED_PREFIX.to_owned());
            }
            let list = serde_json::Value::from(prefixes).to_string();
            let list = shell_word(Path::new(&list));
            let command = format!("openclaw config set hooks.allowedSessionKeyPrefixes {list}");
            need(
                HookSetting::AllowedSessionKeyPrefixes,
                false,
                "names the sessions that a conversation may have",
                command,
            );
        }
        if !self.allow_request_session_key {
            let command = "openclaw config set hooks.allowRequestSessionKey true";
            need(
                HookSetting::AllowRequestSessionKey,
                false,
                "gives each conversation a session of its own",
                command.to_owned(),
            );
        }
        if !self.enabled {
            let command = "openclaw config set hooks.enabled true";
            need(
                HookSetting::Enabled,
                true,
                "messages are delivered by the hooks",
                command.to_owned(),
            );
        }
        missing
    }

    /// Whether the gateway passes the file and then does not start: the session that it names by
    /// itself is not among those that it allows.
    pub fn stops_gateway(&self) -> bool {
        let by_itself = self.default_session_key.as_deref();
        let names_prefixes = self.prefixes().iter().any(|prefix| !prefix.is_empty());
        names_prefixes && !self.allows(by_itself.unwrap_or(ALLOWED_PREFIX))
    }

    fn prefixes(&self) -> &[String] {
        self.allowed_session_key_prefixes
            .as_deref()
            .unwrap_or_default()
    }

    fn allows(&self, key: &str) -> bool {
        match &self.allowed_session_key_prefixes {
            Some(prefixes) => prefixes
                .iter()
                .any(|prefix| !prefix.is_empty() && key.starts_with(prefix.as_str())),
            None => true,
        }
    }

    /// Opening the sessions with no prefix named would open all of them.
    fn is_unset(&self) -> bool {
        !self.allow_request_session_key && self.allowed_session_key_prefixes.is_none()
    }
}

#[derive(Default, Deserialize)]
struct File {
    hooks: Option<Hooks>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hooks {
    enabled: Option<bool>,
    token: Option<Token>,
    path: Option<String>,
    allow_request_session_key: Option<bool>,
    allowed_session_key_prefixes: Option<Vec<String>>,
    default_session_key: Option<String>,
}

enum Token {
    Text(String),
    /// An object that says where the secret is kept.
    Reference(IgnoredAny),
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Token;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a token in quotes or a reference to one")
            }

            fn visit_str<E>(self, text: &str) -> Result<Token, E> {
                Ok(Token::Text(text.to_owned()))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Token, A::Error> {
                IgnoredAny.visit_map(map).map(Token::Reference)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

fn normal_path(written: Option<&str>) -> String {
    let path = written.unwrap_or_default().trim().trim_matches('/');
    if path.is_empty() {
        return HOOKS_PATH.to_owned();
    }
    format!("/{path}")
}

fn explain(error: &json5::Error) -> OpenclawError {
    let position = error.position().map(|position| Position {
        line: position.line + 1,
        column: position.column + 1,
    });
    let reason = match error.code() {
        Some(code) => format!("it cannot be read: {code}"),
        None => explain_type(error),
    };
    OpenclawError { position, reason }
}

/// The part of a fault of type that quotes nothing from the file.
fn explain_type(error: &json5::Error) -> String {
    let whole = error.to_string();
    let place = error.position().map(|position| format!(" at {position}"));
    let text = place
        .and_then(|place| whole.strip_suffix(&place))
        .unwrap_or(&whole);
    match text.rsplit_once(", expected ") {
        Some((_, what)) => format!("expected {what}"),
        None if text.starts_with("duplicate field") => text.to_owned(),
        None => "a value is not of the type that OpenClaw gives it".to_owned(),
    }
}

/// Refuses a text whose brackets are nested too deeply, outside strings and comments.
fn check_depth(text: &str) -> Result<(), OpenclawError> {
    let mut depth = 0_usize;
    let mut chars = text.char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            '"' | '\'' => skip_string(&mut chars, c),
            '/' => skip_comment(&mut chars),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(OpenclawError {
                position: Some(Position::of(text, offset)),
                reason: format!("nested more than {MAX_DEPTH} deep"),
            });
        }
    }
    Ok(())
}

type Chars<'t> = std::iter::Peekable<std::str::CharIndices<'t>>;

fn skip_string(chars: &mut Chars<'_>, quote: char) {
    while let Some((_, c)) = chars.next() {
        if c == quote {
            return;
        }
        if c == '\\' {
            chars.next();
        }
    }
}

fn skip_comment(chars: &mut Chars<'_>) {
    match chars.peek() {
        Some((_, '/')) => {
            let line_end = |c: char| matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}');
            while chars.next().is_some_and(|(_, c)| !line_end(c)) {}
        }
        Some((_, '*')) => {
            chars.next();
            let mut last = ' ';
            for (_, c) in chars.by_ref() {
                if last == '*' && c == '/' {
                    return;
                }
                last = c;
            }
        }
        Some(_) | None => {}
    }
}

#[cfg(test)]
mod tests;
