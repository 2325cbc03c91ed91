//! `opendialogue tail`: what happens, as it happens.

use futures_util::{StreamExt, pin_mut};
use serde_json::Value;

use super::failure::Failure;
use super::{Context, print, safe, time};

/// Show what happens, as it happens
///
/// States of messages, trust, relay and gateway, until it is stopped or the daemon ends. It shows
/// no text; `inbox` and `messages ID` do.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print JSON, one event a line
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let events = context.client()?.events().await?;
        pin_mut!(events);
        while let Some(event) = events.next().await {
            let event = event?;
            match self.json {
                true => print::json(&event)?,
                false => print::line(shown(&event))?,
            }
        }
        Err(Failure::NoDaemon("the daemon has ended".to_owned()))
    }
}

/// One event on one line. An event of a later daemon is shown as it came.
fn shown(event: &Value) -> String {
    let word = |name: &str| match event.get(name) {
        Some(Value::String(text)) => safe::line(text),
        Some(other) => safe::line(&other.to_string()),
        None => String::new(),
    };
    let detail = match event.get("detail") {
        Some(_) => format!(": {}", word("detail")),
        None => String::new(),
    };
    match event.get("event").and_then(Value::as_str) {
        Some("message") => {
            let at = event.get("at").and_then(Value::as_u64).unwrap_or_default();
            let way = if word("direction") == "outbound" {
                "to"
            } else {
                "from"
            };
            format!(
                "{} {}  message {} {way} {}{detail}",
                time::time_of_day(at),
                word("what"),
                word("message_id"),
                word("peer"),
            )
        }
        Some("live") => format!("{} from {}", word("kind"), word("peer")),
        Some("link") => format!("relay {}{detail}", word("state")),
        Some("gateway") => match event.get("ready") {
            Some(Value::Bool(true)) => format!("gateway ready{detail}"),
            Some(_) | None => format!("gateway not ready{detail}"),
        },
        Some("policy_reload") => match (event.get("ok"), event.get("changed")) {
            (Some(Value::Bool(true)), Some(Value::Array(changed))) => {
                let changed: Vec<String> = changed
                    .iter()
                    .filter_map(Value::as_str)
                    .map(safe::line)
                    .collect();
                match changed.is_empty() {
                    true => "policies loaded".to_owned(),
                    false => format!("policies loaded: {}", changed.join(", ")),
                }
            }
            (Some(_) | None, _) => format!("policies not loaded{detail}"),
        },
        Some("trust") => format!("{} is {} now", word("agent_id"), word("level")),
        Some("lagged") => format!("{} events were missed", word("missed")),
        Some(_) | None => safe::json(&event.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_event_is_one_line() {
        let events = [
            json!({ "event": "message", "direction": "inbound", "message_id": "m-1",
                "peer": "10000002", "conversation_id": "c-1", "what": "held",
                "detail": "a stranger\n\u{1b}[2J", "at": 1_709_210_096_000u64 }),
            json!({ "event": "message", "direction": "outbound", "message_id": "m-2",
                "peer": "10000002", "conversation_id": "c-1", "what": "sent", "at": 0 }),
            json!({ "event": "live", "peer": "10000002", "kind": "typing", "conversation_id": "c-1" }),
            json!({ "event": "link", "state": "waiting", "detail": "no route" }),
            json!({ "event": "gateway", "ready": true }),
            json!({ "event": "gateway", "ready": false, "detail": "401" }),
            json!({ "event": "trust", "agent_id": "10000002", "level": "known" }),
            json!({ "event": "policy_reload", "ok": true, "changed": ["acl", "mine"] }),
            json!({ "event": "policy_reload", "ok": true, "changed": [] }),
            json!({ "event": "policy_reload", "ok": false, "changed": [], "detail": "cut\nshort" }),
            json!({ "event": "lagged", "missed": 3 }),
            json!({ "event": "of a later version", "x": "\u{202e}" }),
        ];
        let shown: Vec<String> = events.iter().map(shown).collect();
        insta::assert_snapshot!(shown.join("\n"));
    }
}
