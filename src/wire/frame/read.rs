//! From text to a checked [`Frame`].
//!
//! A well-formed frame is read in one pass that borrows from the text. Where that pass fails, a
//! second and slower look at the fields one by one finds out which is wrong, so that the sentence
//! names it without quoting what the peer wrote.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Visitor};
use serde_json::value::RawValue;

use super::{
    Ack, AckOutcome, ConversationEnded, EndReason, ErrorFrame, Features, Frame, FrameError,
    KeyOffer, MessageFrame, SessionFrame, Status, StatusFrame,
};
use crate::types::{
    AgentId, ConversationId, ErrorCode, InvalidId, Kind, Message, MessageId, Nonce, Secret,
    Timestamp, TurnNumber,
};

/// Reads one frame.
pub fn read(text: &str) -> Result<Frame, FrameError> {
    match serde_json::from_str::<Fields<'_>>(text) {
        Ok(fields) => fields.into_frame(),
        Err(_) => Err(explain(text)),
    }
}

/// Every field that a frame of either side may have.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    from: Option<Text<'a>>,
    #[serde(borrow)]
    to: Option<Text<'a>>,
    #[serde(borrow)]
    content: Option<Text<'a>>,
    #[serde(borrow)]
    conversation_id: Option<Text<'a>>,
    turn_number: Option<TurnNumber>,
    max_turns: Option<TurnNumber>,
    timestamp: Option<u64>,
    #[serde(borrow)]
    nonce: Option<Text<'a>>,
    #[serde(borrow)]
    signature: Option<Text<'a>>,
    delivered_at: Option<u64>,
    received_at: Option<u64>,
    #[serde(borrow)]
    message_id: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    note: Option<Text<'a>>,
    #[serde(borrow)]
    code: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    #[serde(borrow)]
    reason: Option<Text<'a>>,
    #[serde(borrow)]
    peer: Option<Text<'a>>,
    #[serde(borrow)]
    outcome: Option<Text<'a>>,
    #[serde(borrow)]
    session_key: Option<Text<'a>>,
    #[serde(borrow)]
    salt: Option<Text<'a>>,
    expires_in: Option<u64>,
    features: Option<Vec<String>>,
}

/// The fields of [`Fields`] by the JSON that each must hold.
const TEXT_FIELDS: [&str; 18] = [
    "type",
    "id",
    "from",
    "to",
    "content",
    "conversation_id",
    "nonce",
    "signature",
    "message_id",
    "status",
    "note",
    "code",
    "message",
    "reason",
    "peer",
    "outcome",
    "session_key",
    "salt",
];
const POSITIVE_FIELDS: [&str; 2] = ["turn_number", "max_turns"];
const NUMBER_FIELDS: [&str; 4] = ["timestamp", "delivered_at", "received_at", "expires_in"];

impl Fields<'_> {
    fn into_frame(self) -> Result<Frame, FrameError> {
        let known_id = self.id_of_message();
        self.sort_by_type().map_err(|wrong| FrameError {
            code: wrong.code,
            reason: wrong.reason,
            message_id: known_id,
        })
    }

    fn id_of_message(&self) -> Option<MessageId> {
        let id = self.id.as_ref().or(self.message_id.as_ref())?;
        MessageId::new(id.as_str()).ok()
    }

    fn sort_by_type(self) -> Result<Frame, Wrong> {
        let kind = required(&self.kind, "type")?;
        match kind {
            "text" => self.into_message(Kind::Text),
            "end" => self.into_message(Kind::End),
            "typing" => self.into_message(Kind::Typing),
            "read_receipt" => self.into_message(Kind::ReadReceipt),
            "ack" => self.into_ack(),
            "status" => self.into_status(),
            "error" => self.into_error(),
            "conversation_ended" => self.into_conversation_ended(),
            "session" => self.into_session(),
            "ping" => Ok(Frame::Ping),
            "pong" => Ok(Frame::Pong),
            // Shaped like a message, it is a message of a kind that we do not carry; its sender
            // waits for a word. Anything else is a frame of a later version.
            _ if self.id.is_some() && self.content.is_some() => Err(Wrong::new(
                ErrorCode::InvalidMessageType,
                "`type` is `text`, `typing`, `read_receipt` or `end`",
            )),
            other => Ok(Frame::Unknown(other.chars().take(64).collect())),
        }
    }

    fn into_message(self, kind: Kind) -> Result<Frame, Wrong> {
        let conversation = match required(&self.conversation_id, "conversation_id")? {
            "" => None,
            text => Some(id("conversation_id", ConversationId::new(text))?),
        };
        let message = Message {
            id: id("id", MessageId::new(required(&self.id, "id")?))?,
            from: id("from", AgentId::new(required(&self.from, "from")?))?,
            to: id("to", AgentId::new(required(&self.to, "to")?))?,
            kind,
            content: required(&self.content, "content")?.to_owned(),
            conversation,
            turn: self.turn_number,
            max_turns: self.max_turns,
        };
        Ok(Frame::Message(Box::new(MessageFrame {
            message,
            timestamp: Timestamp::from_millis(self.timestamp.ok_or_else(|| missing("timestamp"))?),
            nonce: id("nonce", Nonce::new(required(&self.nonce, "nonce")?))?,
            signature: required(&self.signature, "signature")?.to_owned(),
            delivered_at: self.delivered_at.map(Timestamp::from_millis),
            received_at: self.received_at.map(Timestamp::from_millis),
        })))
    }

    fn into_ack(self) -> Result<Frame, Wrong> {
        let outcome = required(&self.outcome, "outcome")?;
        Ok(Frame::Ack(Ack {
            message_id: self.required_message_id()?,
            from: id("from", AgentId::new(required(&self.from, "from")?))?,
            outcome: one_of(AckOutcome::ALL, AckOutcome::as_str, outcome, "outcome")?,
        }))
    }

    fn into_status(self) -> Result<Frame, Wrong> {
        let status = required(&self.status, "status")?;
        Ok(Frame::Status(StatusFrame {
            message_id: self.required_message_id()?,
            status: one_of(Status::ALL, Status::as_str, status, "status")?,
            note: self.note.map(Text::into_string),
        }))
    }

    fn into_error(self) -> Result<Frame, Wrong> {
        let code = required(&self.code, "code")?;
        let message_id = match &self.message_id {
            Some(text) => Some(id("message_id", MessageId::new(text.as_str()))?),
            None => None,
        };
        Ok(Frame::Error(ErrorFrame {
            code: code.parse().map_err(|()| code.chars().take(64).collect()),
            message: self.message.map(Text::into_string).unwrap_or_default(),
            message_id,
            note: self.note.map(Text::into_string),
        }))
    }

    fn into_conversation_ended(self) -> Result<Frame, Wrong> {
        let reason = required(&self.reason, "reason")?;
        let conversation = required(&self.conversation_id, "conversation_id")?;
        let peer = match &self.peer {
            Some(text) => Some(id("peer", AgentId::new(text.as_str()))?),
            None => None,
        };
        Ok(Frame::ConversationEnded(ConversationEnded {
            conversation: id("conversation_id", ConversationId::new(conversation))?,
            peer,
            reason: one_of(EndReason::ALL, EndReason::as_str, reason, "reason")?,
        }))
    }

    fn into_session(self) -> Result<Frame, Wrong> {
        let key = match (self.salt, self.session_key) {
            (Some(salt), _) => KeyOffer::Salt(salt.into_string()),
            (None, Some(key)) => KeyOffer::Key(Secret::new(key.into_string())),
            (None, None) => return Err(missing("session_key")),
        };
        Ok(Frame::Session(SessionFrame {
            key,
            expires_in: self.expires_in.unwrap_or_default(),
            features: self
                .features
                .map(|names| Features::from_names(names.iter().map(String::as_str))),
        }))
    }

    fn required_message_id(&self) -> Result<MessageId, Wrong> {
        let text = required(&self.message_id, "message_id")?;
        id("message_id", MessageId::new(text))
    }
}

/// A JSON string, borrowed unless it holds an escape.
///
/// `Option<Cow<str>>` would copy: serde borrows only for a bare `Cow` field.
struct Text<'a>(Cow<'a, str>);

impl Text<'_> {
    fn as_str(&self) -> &str {
        &self.0
    }

    fn into_string(self) -> String {
        self.0.into_owned()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

/// What is wrong, before it is known which message it is about.
struct Wrong {
    code: ErrorCode,
    reason: String,
}

impl Wrong {
    fn new(code: ErrorCode, reason: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
        }
    }
}

fn required<'t>(field: &'t Option<Text<'_>>, name: &str) -> Result<&'t str, Wrong> {
    field
        .as_ref()
        .map(Text::as_str)
        .ok_or_else(|| missing(name))
}

fn missing(name: &str) -> Wrong {
    let code = match name {
        "type" => ErrorCode::InvalidMessageType,
        _ => ErrorCode::InvalidContent,
    };
    Wrong::new(code, format!("`{name}` is missing"))
}

fn id<T>(name: &str, id: Result<T, InvalidId>) -> Result<T, Wrong> {
    id.map_err(|why| Wrong::new(ErrorCode::InvalidContent, format!("`{name}`: {why}")))
}

fn one_of<T: Copy, const N: usize>(
    all: [T; N],
    word: fn(T) -> &'static str,
    text: &str,
    name: &str,
) -> Result<T, Wrong> {
    all.into_iter()
        .find(|value| word(*value) == text)
        .ok_or_else(|| {
            let reason = format!("`{name}` is not a word that this version knows");
            Wrong::new(ErrorCode::InvalidContent, reason)
        })
}

/// Finds out what is wrong with a text that the first pass refused.
fn explain(text: &str) -> FrameError {
    let Ok(fields) = serde_json::from_str::<HashMap<String, &RawValue>>(text) else {
        return FrameError {
            code: ErrorCode::InvalidContent,
            reason: "the frame is not a JSON object".to_owned(),
            message_id: None,
        };
    };
    let message_id = fields
        .get("id")
        .or_else(|| fields.get("message_id"))
        .and_then(|raw| serde_json::from_str::<MessageId>(raw.get()).ok());
    FrameError {
        code: ErrorCode::InvalidContent,
        reason: first_wrong_field(&fields),
        message_id,
    }
}

fn first_wrong_field(fields: &HashMap<String, &RawValue>) -> String {
    for name in TEXT_FIELDS {
        match fields.get(name).map(|raw| raw.get()) {
            Some(raw) if raw.starts_with('"') && !reads_as::<String>(raw) => {
                return format!("`{name}` is not valid Unicode text");
            }
            Some(raw) if !reads_as::<Option<String>>(raw) => {
                return format!("`{name}` must be a string");
            }
            _ => {}
        }
    }
    for name in POSITIVE_FIELDS {
        if fields
            .get(name)
            .is_some_and(|raw| !reads_as::<Option<TurnNumber>>(raw.get()))
        {
            return format!("`{name}` must be a positive integer");
        }
    }
    for name in NUMBER_FIELDS {
        if fields
            .get(name)
            .is_some_and(|raw| !reads_as::<Option<u64>>(raw.get()))
        {
            return format!("`{name}` must be a whole number of milliseconds or seconds");
        }
    }
    if fields
        .get("features")
        .is_some_and(|raw| !reads_as::<Option<Vec<String>>>(raw.get()))
    {
        return "`features` must be a list of strings".to_owned();
    }
    "a field stands twice".to_owned()
}

fn reads_as<'a, T: Deserialize<'a>>(raw: &'a str) -> bool {
    serde_json::from_str::<T>(raw).is_ok()
}
