//! Which bytes a signature covers.
//!
//! ```text
//! version 1   id|from|to|type|content|conversation_id[|turn_number]|timestamp|nonce
//! sig2        opendialogue/2 (len id) (len from) ... (len nonce)      len: 32 bits, big-endian
//! ```
//!
//! Version 1 escapes nothing, so two different messages can share one text; `sig2` cannot be read
//! two ways. The same nine fields carry a connection's proof and a REST call's.

use crate::types::{AgentId, Digest, Message, Nonce, Timestamp, TurnNumber};

/// Which of the two layouts is signed on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Fields joined with `|`.
    V1,
    /// Fields preceded by their length.
    Sig2,
}

/// The fields that a signature covers, in the order of the protocol.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// The message's id; for a connection or a REST call the agent's own.
    pub id: &'a str,
    /// Who signs for it.
    pub from: &'a str,
    /// Whom it is for; `server` for the relay itself.
    pub to: &'a str,
    /// The message's type, `connect` or `request`.
    pub kind: &'a str,
    /// The content, byte for byte as it travels.
    pub content: &'a str,
    /// The conversation, empty where there is none.
    pub conversation: &'a str,
    /// The turn number, where the frame carries one.
    pub turn: Option<TurnNumber>,
    /// When it was signed.
    pub timestamp: Timestamp,
    /// The value that makes this signing unique.
    pub nonce: &'a str,
}

impl<'a> Material<'a> {
    /// What is signed for `message` when it leaves at `timestamp` with `nonce`.
    pub fn of_message(message: &'a Message, timestamp: Timestamp, nonce: &'a Nonce) -> Self {
        Self {
            id: message.id.as_str(),
            from: message.from.as_str(),
            to: message.to.as_str(),
            kind: message.kind.as_str(),
            content: &message.content,
            conversation: message.conversation.as_ref().map_or("", |id| id.as_str()),
            turn: message.turn,
            timestamp,
            nonce: nonce.as_str(),
        }
    }

    /// What an agent signs to connect.
    pub fn of_connect(agent: &'a AgentId, timestamp: Timestamp, nonce: &'a Nonce) -> Self {
        Self::to_server(agent, "connect", "connect", timestamp, nonce)
    }

    /// What an agent signs to make a REST call; `request` is made by [`rest_request`].
    pub fn of_request(
        agent: &'a AgentId,
        request: &'a str,
        timestamp: Timestamp,
        nonce: &'a Nonce,
    ) -> Self {
        Self::to_server(agent, "request", request, timestamp, nonce)
    }

    fn to_server(
        agent: &'a AgentId,
        kind: &'a str,
        content: &'a str,
        timestamp: Timestamp,
        nonce: &'a Nonce,
    ) -> Self {
        Self {
            id: agent.as_str(),
            from: agent.as_str(),
            to: "server",
            kind,
            content,
            conversation: "",
            turn: None,
            timestamp,
            nonce: nonce.as_str(),
        }
    }

    /// Hands the bytes of this material to `sink`, piece by piece.
    pub fn feed(&self, form: Form, sink: impl FnMut(&[u8])) {
        match form {
            Form::V1 => self.feed_v1(sink),
            Form::Sig2 => self.feed_sig2(sink),
        }
    }

    fn feed_v1(&self, mut sink: impl FnMut(&[u8])) {
        for text in [
            self.id,
            self.from,
            self.to,
            self.kind,
            self.content,
            self.conversation,
        ] {
            sink(text.as_bytes());
            sink(b"|");
        }
        if let Some(turn) = self.turn {
            sink(turn.to_string().as_bytes());
            sink(b"|");
        }
        sink(self.timestamp.to_string().as_bytes());
        sink(b"|");
        sink(self.nonce.as_bytes());
    }

    fn feed_sig2(&self, mut sink: impl FnMut(&[u8])) {
        let turn = self.turn.map(|turn| turn.to_string()).unwrap_or_default();
        sink(b"opendialogue/2");
        for text in [
            self.id,
            self.from,
            self.to,
            self.kind,
            self.content,
            self.conversation,
            &turn,
            &self.timestamp.to_string(),
            self.nonce,
        ] {
            // Frames are bounded far below 4 GiB, so the length always fits.
            let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
            sink(&length.to_be_bytes());
            sink(text.as_bytes());
        }
    }
}

/// The text that stands for a REST call in the signed material:
/// `{METHOD} {path and query} {hex SHA-256 of the body}`.
pub fn rest_request(method: &str, path_and_query: &str, body: &[u8]) -> String {
    format!("{method} {path_and_query} {}", Digest::of(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn material<'a>(content: &'a str, conversation: &'a str, turn: Option<u64>) -> Material<'a> {
        Material {
            id: "m",
            from: "a",
            to: "b",
            kind: "text",
            content,
            conversation,
            turn: turn.and_then(TurnNumber::new),
            timestamp: Timestamp::from_millis(17),
            nonce: "n",
        }
    }

    fn bytes(material: Material<'_>, form: Form) -> Vec<u8> {
        let mut bytes = Vec::new();
        material.feed(form, |piece| bytes.extend_from_slice(piece));
        bytes
    }

    #[test]
    fn version_1_leaves_an_absent_turn_out_with_its_bar() {
        let with = bytes(material("hi", "c", Some(3)), Form::V1);
        let without = bytes(material("hi", "c", None), Form::V1);
        assert_eq!(with, b"m|a|b|text|hi|c|3|17|n");
        assert_eq!(without, b"m|a|b|text|hi|c|17|n");
    }

    #[test]
    fn what_version_1_confuses_sig2_tells_apart() {
        let one = material("a|b", "5", None);
        let other = material("a", "b", Some(5));
        assert_eq!(bytes(one, Form::V1), bytes(other, Form::V1));
        assert_ne!(bytes(one, Form::Sig2), bytes(other, Form::Sig2));
    }

    #[test]
    fn sig2_counts_bytes_before_each_field_and_keeps_absent_ones() {
        let expected = b"opendialogue/2\0\0\0\x01m\0\0\0\x01a\0\0\0\x01b\0\0\0\x04text\0\0\0\x02\xc3\xa9\0\0\0\0\0\0\0\0\0\0\0\x0217\0\0\0\x01n";
        assert_eq!(bytes(material("é", "", None), Form::Sig2), expected);
    }
}
