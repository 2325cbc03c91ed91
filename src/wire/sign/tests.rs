//! The signatures of `tests/golden/vectors.json`, which two independent implementations agree on.

use serde_json::Value;

use super::*;
use crate::types::{ConversationId, Kind, Message, MessageId, Timestamp, TurnNumber};
use crate::wire::canonical::rest_request;

const VECTORS: &str = include_str!("../../../tests/golden/vectors.json");

#[test]
fn a_connection_is_signed_as_in_the_vectors() {
    for vector in vectors("connect") {
        let agent = AgentId::new(text(&vector, "agent_id")).unwrap();
        let nonce = Nonce::new(text(&vector, "nonce")).unwrap();
        let material = Material::of_connect(&agent, timestamp(&vector), &nonce);
        let mut bytes = Vec::new();
        material.feed(Form::V1, |piece| bytes.extend_from_slice(piece));
        assert_eq!(bytes, text(&vector, "material").as_bytes());
        assert_eq!(
            key(&vector, "agent_secret").sign(&material, Form::V1),
            text(&vector, "signature")
        );
    }
}

#[test]
fn messages_are_signed_as_in_the_vectors_in_both_forms() {
    for (name, form) in [("message_v1", Form::V1), ("message_sig2", Form::Sig2)] {
        for vector in vectors(name) {
            let key = key(&vector, "session_key");
            let (message, timestamp, nonce) = message(&vector["message"]);
            let material = Material::of_message(&message, timestamp, &nonce);
            let signature = text(&vector, "signature");
            assert_eq!(key.sign(&material, form), signature);
            assert!(key.verifies(&material, form, signature));
        }
    }
}

#[test]
fn any_change_to_a_signed_field_is_noticed() {
    let vector = &vectors("message_v1")[1];
    let key = key(vector, "session_key");
    let signature = text(vector, "signature");
    let (honest, timestamp, nonce) = message(&vector["message"]);
    let changed = |change: fn(&mut Message)| {
        let mut message = honest.clone();
        change(&mut message);
        message
    };
    let forgeries = [
        changed(|m| m.id = MessageId::new("other").unwrap()),
        changed(|m| m.from = AgentId::new("1").unwrap()),
        changed(|m| m.to = AgentId::new("1").unwrap()),
        changed(|m| m.kind = Kind::End),
        changed(|m| m.content.push(' ')),
        changed(|m| m.conversation = None),
        changed(|m| m.turn = TurnNumber::new(8)),
        changed(|m| m.turn = None),
    ];
    for form in [Form::V1, Form::Sig2] {
        for forged in &forgeries {
            let material = Material::of_message(forged, timestamp, &nonce);
            assert!(!key.verifies(&material, form, signature), "{forged:?}");
        }
    }
    let honest = Material::of_message(&honest, timestamp, &nonce);
    assert!(!key.verifies(&honest, Form::V1, &signature.to_uppercase()));
    assert!(!key.verifies(&honest, Form::V1, &signature[1..]));
    assert!(!SigningKey::new(&Secret::new("other")).verifies(&honest, Form::V1, signature));
}

#[test]
fn a_rest_call_is_signed_as_in_the_vectors() {
    for vector in vectors("rest") {
        let agent = AgentId::new("10079218").unwrap();
        let nonce = Nonce::new(text(&vector, "nonce")).unwrap();
        let request = rest_request(
            text(&vector, "method"),
            text(&vector, "path"),
            text(&vector, "body").as_bytes(),
        );
        let material = Material::of_request(&agent, &request, timestamp(&vector), &nonce);
        assert_eq!(
            key(&vector, "agent_secret").sign(&material, Form::V1),
            text(&vector, "signature")
        );
    }
}

#[test]
fn a_session_key_is_derived_as_in_the_vectors() {
    for vector in vectors("session_sig2") {
        let agent = AgentId::new(text(&vector, "agent_id")).unwrap();
        let nonce = Nonce::new(text(&vector, "connect_nonce")).unwrap();
        let derived =
            key(&vector, "agent_secret").derive_session_key(&agent, &nonce, text(&vector, "salt"));
        assert_eq!(derived.expose(), text(&vector, "session_key"));
    }
}

fn vectors(name: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(VECTORS).unwrap();
    let vectors = all[name].as_array().unwrap().clone();
    assert!(!vectors.is_empty());
    vectors
}

fn message(fields: &Value) -> (Message, Timestamp, Nonce) {
    let message = Message {
        id: MessageId::new(text(fields, "id")).unwrap(),
        from: AgentId::new(text(fields, "from")).unwrap(),
        to: AgentId::new(text(fields, "to")).unwrap(),
        kind: text(fields, "type").parse().unwrap(),
        content: text(fields, "content").to_owned(),
        conversation: Some(ConversationId::new(text(fields, "conversation_id")).unwrap()),
        turn: fields["turn_number"].as_u64().and_then(TurnNumber::new),
        max_turns: None,
    };
    let nonce = Nonce::new(text(fields, "nonce")).unwrap();
    (message, timestamp(fields), nonce)
}

fn key(vector: &Value, name: &str) -> SigningKey {
    SigningKey::new(&Secret::new(text(vector, name)))
}

fn timestamp(vector: &Value) -> Timestamp {
    Timestamp::from_millis(vector["timestamp"].as_u64().unwrap())
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap()
}
