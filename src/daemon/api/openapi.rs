//! `GET /openapi.json`: the description of all this, for programs.
//!
//! Each file of `api/` says beside its routes what they take and answer, as [`Operation`]s; `components`
//! has the schemas of what they have in common, `schema` the words to write schemas in. Every answer in
//! the tests is held against it. Which calls need the token it asks `guard`, and what every call may be
//! refused for it adds by itself.

mod components;
pub(super) mod schema;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use super::{
    agents, conversations, dead, events, guard, health, held, history, inbox, lists, messages,
    metrics, outbox, page, policies, send, status, trust,
};
use crate::daemon::Daemon;
use schema::{refer, text};

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/openapi.json", get(|| async { Json(&*DOCUMENT) }))
}

fn described() -> Vec<Operation> {
    vec![
        Operation::get(
            "/openapi.json",
            "The description of all this",
            json!({ "type": "object" }),
        )
        .asks_nothing(),
    ]
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// The methods that the route of this path takes, as a sentence names them.
pub(super) fn methods_of(route: &str) -> String {
    let methods = DOCUMENT["paths"][route].as_object();
    let methods = methods.into_iter().flat_map(Map::keys);
    let named: Vec<String> = methods
        .map(|method| format!("`{}`", method.to_uppercase()))
        .collect();
    match named.as_slice() {
        // A part of the page.
        [] => "`GET`".to_owned(),
        named => named.join(", "),
    }
}

fn document() -> Value {
    let operations = [
        status::described(),
        send::described(),
        messages::described(),
        inbox::described(),
        outbox::described(),
        held::described(),
        dead::described(),
        conversations::described(),
        trust::described(),
        lists::described(),
        agents::described(),
        policies::described(),
        events::described(),
        history::described(),
        metrics::described(),
        health::described(),
        described(),
        page::described(),
    ];
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations.into_iter().flatten() {
        let (path, method) = (operation.path.to_owned(), operation.method.to_owned());
        let methods = paths.entry(path).or_insert_with(|| json!({}));
        methods[method] = operation.written();
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "OpenDialogue", "version": env!("CARGO_PKG_VERSION"),
            "summary": "The local HTTP of the daemon beside an agent.",
            "description": "On loopback alone. Times are Unix milliseconds. Unknown, repeated and \
                            mistyped names in a body or a query are refused.",
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": components::schemas(),
            "securitySchemes": {
                "token": {
                    "type": "http", "scheme": "bearer",
                    "description": "What the daemon's token file holds.",
                },
            },
        },
    })
}

/// One call.
#[derive(Debug)]
pub(super) struct Operation {
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    parameters: Vec<Value>,
    /// The schema of the body, and whether it has to be there.
    body: Option<(Value, bool)>,
    status: u16,
    /// The kind of the answer's content, and its schema.
    answer: (&'static str, Value),
    refusals: BTreeMap<u16, Vec<&'static str>>,
    /// The status that says no with an answer of its own, and its schema.
    no: Option<(u16, Value)>,
    asks_daemon: bool,
}

impl Operation {
    pub(super) fn get(path: &'static str, summary: &'static str, answer: Value) -> Self {
        Self::new("get", path, summary, answer)
    }

    pub(super) fn post(path: &'static str, summary: &'static str, answer: Value) -> Self {
        Self::new("post", path, summary, answer)
    }

    pub(super) fn new(
        method: &'static str,
        path: &'static str,
        summary: &'static str,
        answer: Value,
    ) -> Self {
        let operation = Self {
            method,
            path,
            summary,
            parameters: Vec::new(),
            body: None,
            status: 200,
            answer: ("application/json", answer),
            refusals: BTreeMap::new(),
            no: None,
            asks_daemon: true,
        };
        let part = path
            .split_once('{')
            .and_then(|(_, rest)| rest.split('}').next());
        match part {
            Some("id") => operation.takes("path", "id", refer("Id"), "Its id."),
            Some(part) => operation.takes("path", part, text("style.css"), "Its name."),
            None => operation,
        }
    }

    /// Takes this in the query.
    pub(super) fn query(self, name: &str, schema: Value, description: &str) -> Self {
        self.takes("query", name, schema, description)
    }

    /// Takes `?from=`, where an id may be two authors'.
    pub(super) fn names_author(self) -> Self {
        self.query(
            "from",
            refer("Id"),
            "The author, where two gave a message this id.",
        )
        .refuses(404, &["not_found"])
        .refuses(409, &["ambiguous"])
    }

    /// Takes `?limit=`.
    pub(super) fn limited(self) -> Self {
        let limit = json!({ "type": "integer", "minimum": 1, "maximum": 500, "default": 50 });
        self.query("limit", limit, "At most so many.")
    }

    /// Takes `?before=`.
    pub(super) fn looks_back(self) -> Self {
        let seq = json!({ "type": "integer" });
        self.query(
            "before",
            seq,
            "What came before this `seq`, the newest of it.",
        )
    }

    fn takes(mut self, place: &str, name: &str, schema: Value, description: &str) -> Self {
        self.parameters.push(json!({
            "name": name, "in": place, "required": place == "path", "schema": schema,
            "description": description,
        }));
        self
    }

    /// Needs this body.
    pub(super) fn body(mut self, schema: Value) -> Self {
        self.body = Some((schema, true));
        self
    }

    /// Takes this body, which may be left out.
    pub(super) fn may_have_body(mut self, schema: Value) -> Self {
        self.body = Some((schema, false));
        self
    }

    /// Answers with this status in place of 200.
    pub(super) fn answers(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Answers with content of this kind in place of JSON.
    pub(super) fn of_kind(mut self, kind: &'static str) -> Self {
        self.answer.0 = kind;
        self
    }

    /// May be refused with this status and one of these words.
    pub(super) fn refuses(mut self, status: u16, words: &[&'static str]) -> Self {
        self.refusals.entry(status).or_default().extend(words);
        self
    }

    /// Is signed and passed on to the relay.
    pub(super) fn passed_on(self) -> Self {
        self.refuses(403, &["relay_refused"])
            .refuses(404, &["unknown_agent"])
            .refuses(429, &["relay_busy"])
            .refuses(502, &["relay_failed"])
            .refuses(503, &["relay_unreachable"])
    }

    /// Says no with this status and an answer of this schema, where it does not fail.
    pub(super) fn says_no(mut self, status: u16, schema: Value) -> Self {
        self.no = Some((status, schema));
        self
    }

    /// Answers by itself: neither database nor end of the daemon can spoil it.
    pub(super) fn asks_nothing(mut self) -> Self {
        self.asks_daemon = false;
        self
    }

    fn written(self) -> Value {
        let (needs_token, is_bare) = (guard::needs_token(self.path), guard::is_bare(self.path));
        let refused = self.with_the_doors_refusals(is_bare);
        let (kind, schema) = refused.answer;
        let mut responses = Map::new();
        responses.insert(
            refused.status.to_string(),
            json!({ "description": refused.summary, "content": { kind: { "schema": schema } } }),
        );
        for (status, words) in refused.refusals {
            let mut response = refusal(&words);
            if let Some((_, own)) = refused.no.as_ref().filter(|(no, _)| *no == status) {
                let either = json!({ "anyOf": [own, refer("Error")] });
                response["content"]["application/json"]["schema"] = either;
            }
            responses.insert(status.to_string(), response);
        }
        let mut written = json!({ "summary": refused.summary, "responses": responses });
        if !refused.parameters.is_empty() {
            written["parameters"] = refused.parameters.into();
        }
        if let Some((schema, required)) = refused.body {
            written["requestBody"] = json!({
                "required": required, "content": { "application/json": { "schema": schema } },
            });
        }
        // Where `require_token` is off, the open ones take no token; an empty entry says that one may
        // be shown all the same.
        written["security"] = match (needs_token, is_bare) {
            (true, _) => json!([{ "token": [] }]),
            (false, false) => json!([{}, { "token": [] }]),
            (false, true) => json!([]),
        };
        written
    }

    /// What no call says by itself, since it is decided before it or below it.
    fn with_the_doors_refusals(self, is_bare: bool) -> Self {
        let mut operation = self.refuses(403, &["foreign_host", "foreign_origin"]);
        if !is_bare {
            operation = operation.refuses(401, &["token_missing", "token_wrong"]);
        }
        if !operation.parameters.is_empty() || operation.body.is_some() {
            operation = operation.refuses(400, &["malformed"]);
        }
        if operation.body.is_some() {
            operation = operation
                .refuses(408, &["timeout"])
                .refuses(413, &["too_large"])
                .refuses(415, &["not_json"]);
        }
        if operation.asks_daemon {
            operation = operation
                .refuses(500, &["internal", "database_damaged"])
                .refuses(503, &["stopping"])
                .refuses(507, &["disk_full"]);
        }
        operation
    }
}

fn refusal(words: &[&str]) -> Value {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    json!({
        "description": words.join(", "),
        "content": { "application/json": { "schema": refer("Error") } },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_that_is_referred_to_is_there_and_none_is_spare() {
        let known = DOCUMENT["components"]["schemas"].as_object().unwrap();
        let known: BTreeSet<String> = known.keys().cloned().collect();
        let mut referred = BTreeSet::new();
        gather(&DOCUMENT, &mut referred);
        assert_eq!(referred, known);
    }

    #[test]
    fn what_needs_the_token_says_so() {
        for (path, method, expected) in [
            ("/inbox", "get", json!([{ "token": [] }])),
            ("/send", "post", json!([{}, { "token": [] }])),
            ("/healthz", "get", json!([])),
        ] {
            assert_eq!(
                DOCUMENT["paths"][path][method]["security"], expected,
                "{path}"
            );
        }
    }

    fn gather(value: &Value, referred: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let text = value.as_str().filter(|_| name == "$ref");
                    let name = text.and_then(|text| text.rsplit('/').next());
                    referred.extend(name.map(str::to_owned));
                    gather(value, referred);
                }
            }
            Value::Array(values) => values.iter().for_each(|value| gather(value, referred)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}
