//! The hook's request, and what each answer of the gateway means for the message.
//!
//! Pure: it makes the bytes and reads the bytes. An answer is read by its status first and by its
//! body only where the status alone would mislead, such as the page that a gateway without hooks
//! gives for everything.

use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::trouble::GatewayTrouble;
use crate::types::text::visible;
use crate::types::{AgentId, ConversationId, Digest, MessageId, Timestamp};

/// The name of the task; the gateway shows it to the agent as `Task: OpenDialogue`.
const TASK_NAME: &str = "OpenDialogue";

/// The longest wait that a gateway can ask for: longer ones are more likely its fault than meant.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

/// How much of the gateway's own words is kept, in characters.
const MAX_QUOTE: usize = 200;

/// One request to the hook, but for its address and token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) struct Call {
    /// What the gateway recognises a repeat by, together with the body.
    pub(in crate::daemon) idempotency_key: String,
    /// The JSON body.
    pub(in crate::daemon) body: Vec<u8>,
}

/// What a request says beside its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::daemon) struct Manner<'a> {
    /// The session that the run belongs to; the gateway's own choice where absent.
    pub(in crate::daemon) session: Option<&'a str>,
    /// Whether the gateway starts a second turn, in the main session.
    pub(in crate::daemon) second_turn: bool,
}

/// What came back from a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) enum Reply {
    /// An HTTP answer.
    Answered {
        /// Its status.
        status: u16,
        /// The header `Retry-After`.
        retry_after: Option<String>,
        /// Whether it says that its body is JSON.
        is_json: bool,
        /// The beginning of the body; absent where it was cut on the way.
        body: Option<Vec<u8>>,
    },
    /// No connection was made, so nothing was sent.
    NoConnection,
    /// No answer in time; whether the message was taken is unknown.
    TimedOut,
    /// The connection ended before an answer; whether the message was taken is unknown.
    Cut,
}

/// What an answer means for the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) enum Answer {
    /// The gateway has it.
    Admitted {
        /// The gateway's name for the run.
        run_id: Option<String>,
    },
    /// Once more, without naming a session.
    RetryWithoutSession,
    /// This request will never be taken.
    Never {
        /// Why, for a person.
        why: String,
    },
    /// No message will be taken until the configuration is mended.
    Pause {
        /// What is wrong.
        trouble: GatewayTrouble,
        /// Why, for a person.
        why: String,
    },
    /// No message will be taken for a while; nothing was run.
    Away {
        /// What is in the way.
        trouble: GatewayTrouble,
        /// Why, for a person.
        why: String,
        /// When the gateway wants to be asked again.
        after: Option<Duration>,
    },
    /// This message may be taken later.
    Later {
        /// Why, for a person.
        why: String,
        /// When the gateway wants to be asked again.
        after: Option<Duration>,
        /// Whether it counts as one of the message's attempts.
        counts_attempt: bool,
        /// Whether the message may have been run all the same.
        outcome_unknown: bool,
    },
}

/// The key under which the gateway knows these messages of one sender again, or the one.
pub(in crate::daemon) fn idempotency_key<'a>(
    from: &AgentId,
    ids: impl IntoIterator<Item = &'a MessageId>,
) -> String {
    let mut members = from.to_string();
    for id in ids {
        members.push('\n');
        members.push_str(id.as_str());
    }
    format!("od:{}", Digest::of(members.as_bytes()))
}

/// The session of a conversation with a peer. No peer can choose it: it is a hash.
pub(in crate::daemon) fn session_key(peer: &AgentId, conversation: &ConversationId) -> String {
    let hash = Digest::of(format!("{peer}\n{conversation}").as_bytes());
    format!("hook:opendialogue:{hash}")
}

/// The request that hands `text` to the agent, known by `idempotency_key`.
pub(in crate::daemon) fn call(idempotency_key: String, text: &str, manner: Manner<'_>) -> Call {
    let body = Body {
        message: text,
        name: TASK_NAME,
        deliver: manner.second_turn,
        session_key: manner.session,
        session_mode: manner.session.map(|_| "persistent"),
    };
    #[expect(clippy::expect_used, reason = "a struct of texts always becomes JSON")]
    let body = serde_json::to_vec(&body).expect("texts become JSON");
    Call {
        idempotency_key,
        body,
    }
}

/// Reads the reply to a request that named `session`.
pub(in crate::daemon) fn read(reply: &Reply, session: Option<&str>, now: Timestamp) -> Answer {
    match reply {
        Reply::NoConnection => Answer::Away {
            trouble: GatewayTrouble::Away,
            why: "the gateway cannot be reached".to_owned(),
            after: None,
        },
        Reply::TimedOut => unknown("the gateway did not answer in time"),
        Reply::Cut => unknown("the connection to the gateway ended before its answer"),
        Reply::Answered {
            status,
            retry_after,
            is_json,
            body,
        } => {
            let after = retry_after.as_deref().and_then(|text| read_wait(text, now));
            let said = Said::read(body.as_deref(), *is_json);
            read_status(*status, after, &said, session)
        }
    }
}

fn read_status(status: u16, after: Option<Duration>, said: &Said, session: Option<&str>) -> Answer {
    match status {
        200..=299 => read_good(status, said),
        300..=399 => pause(
            status,
            GatewayTrouble::NoGateway,
            "redirects are not followed: check `[gateway] base_url`",
        ),
        400 if session.is_some() && said.names_session_key() => Answer::RetryWithoutSession,
        400 | 413 => Answer::Never {
            why: quoted(status, said),
        },
        401 => pause(
            status,
            GatewayTrouble::Token,
            "the hook's token is not the gateway's: check `[gateway] token`, or where that is not \
             set `hooks.token` in `openclaw.json`",
        ),
        403 => pause(
            status,
            GatewayTrouble::NoGateway,
            "something before the gateway forbids the hook: check `[gateway] base_url` and what \
             listens there",
        ),
        404 => pause(
            status,
            GatewayTrouble::NoHooks,
            "hooks are disabled or have another path: `openclaw config set hooks.enabled true` \
             enables them, `[gateway] path` names the path",
        ),
        405 => pause(
            status,
            GatewayTrouble::NoGateway,
            "the path is no hook's: check `[gateway] path`",
        ),
        429 => away(status, after, "too many requests"),
        503 => match said {
            Said::Error(_) => Answer::Later {
                why: "the gateway answered 503: the session is busy".to_owned(),
                after,
                counts_attempt: false,
                outcome_unknown: false,
            },
            Said::Taken { .. } | Said::Object | Said::Nothing | Said::Foreign => {
                away(status, after, "it is restarting")
            }
        },
        _ => Answer::Later {
            why: quoted(status, said),
            after,
            counts_attempt: true,
            outcome_unknown: status >= 500,
        },
    }
}

fn read_good(status: u16, said: &Said) -> Answer {
    match said {
        Said::Taken { run_id } => Answer::Admitted {
            run_id: run_id.clone(),
        },
        Said::Nothing => Answer::Admitted { run_id: None },
        Said::Error(_) | Said::Object | Said::Foreign => pause(
            status,
            GatewayTrouble::NoHooks,
            "the answer is no hook's: `openclaw config set hooks.enabled true` enables hooks; else \
             `[gateway] base_url` names another program",
        ),
    }
}

fn unknown(why: &str) -> Answer {
    Answer::Later {
        why: why.to_owned(),
        after: None,
        counts_attempt: true,
        outcome_unknown: true,
    }
}

fn pause(status: u16, trouble: GatewayTrouble, why: &str) -> Answer {
    Answer::Pause {
        trouble,
        why: format!("the gateway answered {status}: {why}"),
    }
}

fn away(status: u16, after: Option<Duration>, why: &str) -> Answer {
    Answer::Away {
        trouble: GatewayTrouble::Busy,
        why: format!("the gateway answered {status}: {why}"),
        after,
    }
}

fn quoted(status: u16, said: &Said) -> String {
    match said {
        Said::Error(error) => format!("the gateway answered {status}: {error}"),
        Said::Taken { .. } | Said::Object | Said::Nothing | Said::Foreign => {
            format!("the gateway answered {status}")
        }
    }
}

/// `Retry-After`: seconds, or a date.
fn read_wait(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = httpdate::parse_http_date(text).ok()?;
            let date = Timestamp::default() + date.duration_since(UNIX_EPOCH).ok()?;
            date.since(now)
        }
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    message: &'a str,
    name: &'static str,
    deliver: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_mode: Option<&'static str>,
}

/// What a body says, as far as it matters.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    /// `{"ok": true}`, with the run's id if it has one.
    Taken { run_id: Option<String> },
    /// `{"error": "..."}`, cut to a length and with nothing invisible.
    Error(String),
    /// JSON of the gateway in another shape, such as an `error` that is an object.
    Object,
    /// A body that says it is JSON and was cut on the way.
    Nothing,
    /// A body that is no gateway's: a page, plain text, nothing at all.
    Foreign,
}

impl Said {
    fn read(body: Option<&[u8]>, is_json: bool) -> Self {
        let Some(body) = body else {
            return if is_json {
                Said::Nothing
            } else {
                Said::Foreign
            };
        };
        let Ok(said) = serde_json::from_slice::<AnswerBody>(body) else {
            return Said::Foreign;
        };
        match (said.ok, said.error) {
            (Some(true), _) => Said::Taken {
                run_id: said.run_id.as_ref().and_then(|id| id.as_str()).map(quote),
            },
            (_, Some(serde_json::Value::String(error))) => Said::Error(quote(&error)),
            (_, Some(_) | None) => Said::Object,
        }
    }

    fn names_session_key(&self) -> bool {
        match self {
            Said::Error(error) => error.contains("sessionKey"),
            Said::Taken { .. } | Said::Object | Said::Nothing | Said::Foreign => false,
        }
    }
}

#[derive(Deserialize)]
struct AnswerBody {
    ok: Option<bool>,
    #[serde(rename = "runId")]
    run_id: Option<serde_json::Value>,
    error: Option<serde_json::Value>,
}

fn quote(text: &str) -> String {
    let head: String = text.chars().take(MAX_QUOTE).collect();
    visible(&head)
}

#[cfg(test)]
mod tests;
