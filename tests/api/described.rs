//! `/openapi.json` says what is answered: every answer that a test of the API gets is held against it,
//! and every call that is routed is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::client::{Api, Ask};

/// What the daemon says of its API.
#[derive(Debug)]
pub(super) struct Description(Value);

impl Description {
    pub(super) fn new(document: Value) -> Self {
        assert_eq!(document["openapi"], "3.1.0");
        Self(document)
    }

    /// Complains of an answer that is not as described, and of a request that was taken and is not.
    pub(super) fn check(&self, asked: &Asked<'_>, status: u16, kind: &str, answer: &str) {
        let name = format!("{} {} → {status} {answer}", asked.method, asked.path);
        let Some(operation) = self.operation(asked) else {
            // No such call: one of the errors of the door.
            assert!((400..500).contains(&status), "{name}");
            self.holds(
                &json!({ "$ref": "#/components/schemas/Error" }),
                answer,
                &name,
            );
            return;
        };
        let response = &operation["responses"][status.to_string()];
        assert!(response.is_object(), "not described: {name}");
        let content = response["content"].as_object().unwrap();
        let (described, content) = content.iter().next().unwrap();
        assert!(described == kind || described == "*/*", "{name}: {kind}");
        if kind == "application/json" {
            self.holds(&content["schema"], answer, &name);
        }
        if (200..300).contains(&status) {
            self.check_request(operation, asked, &name);
        }
    }

    fn check_request(&self, operation: &Value, asked: &Asked<'_>, name: &str) {
        let known: Vec<&str> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        let query = asked.path.split_once('?').map(|(_, query)| query);
        for pair in query.into_iter().flat_map(|query| query.split('&')) {
            let key = pair.split('=').next().unwrap();
            assert!(known.contains(&key), "`{key}` is not described: {name}");
        }
        let body = asked.body.filter(|body| !body.is_empty());
        if let Some(body) = body {
            let described = &operation["requestBody"]["content"]["application/json"]["schema"];
            self.holds(described, body, name);
        }
    }

    /// The call that fits, if there is one.
    fn operation(&self, asked: &Asked<'_>) -> Option<&Value> {
        let path = asked.path.split('?').next()?;
        let paths = self.0["paths"].as_object()?;
        let fits = |described: &str| {
            let (described, asked) = (described.split('/'), path.split('/'));
            described.clone().count() == asked.clone().count()
                && described
                    .zip(asked)
                    .all(|(described, asked)| described.starts_with('{') || described == asked)
        };
        // `/policies/reload` is no `{id}`.
        let mut fitting: Vec<&String> = paths.keys().filter(|described| fits(described)).collect();
        fitting.sort_by_key(|described| described.contains('{'));
        let methods = paths[*fitting.first()?].as_object()?;
        methods.get(&asked.method.to_lowercase())
    }

    fn holds(&self, schema: &Value, answer: &str, name: &str) {
        let mut whole = schema.clone();
        whole["components"] = self.0["components"].clone();
        let validator = jsonschema::validator_for(&whole).unwrap();
        let answer = serde_json::from_str(answer).unwrap();
        let wrong: Vec<String> = validator
            .iter_errors(&answer)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{name}\n{wrong:#?}");
    }
}

/// What of a request is described.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) body: Option<&'a str>,
}

#[tokio::test]
async fn every_call_that_is_routed_is_described_and_no_other() {
    let api = Api::start("").await;
    let answer = api.ask(Ask::get("/openapi.json")).await;
    let document = answer.json();
    let described: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(described, routed());
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            if path == "/events" {
                continue;
            }
            let path = path
                .replace("{id}", "unheard-of")
                .replace("{file}", "style.css");
            let ask = match method.as_str() {
                "get" => Ask::get(&path),
                method => Ask::post_text(&path, "{}").method(&method.to_uppercase()),
            };
            let answer = api.ask(ask.with_token()).await;
            let word = answer.header("content-type") == Some("application/json");
            let code = word.then(|| answer.json()["code"].clone());
            assert_ne!(code, Some(json!("method_not_allowed")), "{method} {path}");
        }
    }
    api.stop().await;
}

#[tokio::test]
async fn the_description_needs_no_token_and_bounds_what_is_sent() {
    let api = Api::start("").await;
    let document = api.ask(Ask::get("/openapi.json")).await.json();
    let body = &document["paths"]["/send"]["post"]["requestBody"];
    let content = &body["content"]["application/json"]["schema"]["properties"]["content"];
    assert_eq!(
        (&content["minLength"], &content["maxLength"]),
        (&json!(1), &json!(2000))
    );
    let needs = &document["paths"]["/trust"]["post"]["security"];
    assert_eq!(needs, &json!([{ "token": [] }]));
    let closed = Api::start("[local]\nrequire_token = true").await;
    assert_eq!(closed.ask(Ask::get("/openapi.json")).await.status, 401);
    closed.stop().await;
    api.stop().await;
}

/// The paths in the sources of the API.
fn routed() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/daemon/api");
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let text = fs::read_to_string(path).unwrap();
            let routes = text.split(".route(").skip(1);
            found.extend(routes.map(|rest| rest.split('"').nth(1).unwrap().to_owned()));
        }
    }
    assert!(found.len() > 20, "the routes were not found");
    found
}
