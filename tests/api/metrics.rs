//! What a daemon counts of itself: by the minute in `GET /history`, and in `GET /metrics` for Prometheus.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::PEER;
use super::client::{Api, Ask};

#[tokio::test]
async fn the_last_hour_is_counted_by_the_minute() {
    let api = Api::start("").await;
    let history = async || api.ask(Ask::get("/history").with_token()).await.json();
    let sum = |history: &Value, name: &str| -> u64 {
        let minutes = history["minutes"].as_array().unwrap();
        assert_eq!(minutes.len(), 60);
        minutes.iter().map(|m| m[name].as_u64().unwrap()).sum()
    };
    let before = history().await;
    assert_eq!((sum(&before, "queued"), sum(&before, "refused")), (0, 0));
    assert_eq!(before["policies"], json!({}));

    let block = json!({ "agent_id": "10000003", "level": "blocked" });
    api.ask(Ask::post("/trust", &block).with_token()).await;
    for to in [PEER, PEER, "10000003"] {
        api.ask(Ask::post("/send", &json!({ "to": to, "content": "hello" })))
            .await;
    }
    let after = history().await;
    assert_eq!((sum(&after, "queued"), sum(&after, "refused")), (2, 1));
    let acl = &after["policies"]["acl"];
    assert_eq!(acl["verdicts"], json!({ "pass": 2, "reject": 1 }));
    assert_eq!(acl["elapsed_us"]["count"], 3);
    assert_eq!(after["since_start"]["outbound"]["queued"], 2);
    // Trying the policies out counts nothing.
    let trial = Ask::post("/policies/evaluate", &json!({ "content": "hello" }));
    assert_eq!(api.ask(trial).await.status, 200);
    assert_eq!(history().await["policies"], after["policies"]);
    api.stop().await;
}

#[tokio::test]
async fn what_was_counted_is_told_to_prometheus() {
    let api = Api::start("").await;
    for content in ["hello", "are you there?"] {
        let message = json!({ "to": PEER, "content": content });
        assert_eq!(api.ask(Ask::post("/send", &message)).await.status, 202);
    }
    let metrics = api.ask(Ask::get("/metrics")).await;
    assert_eq!(
        (metrics.status, metrics.header("content-type")),
        (200, Some("text/plain; version=0.0.4"))
    );
    let text = metrics.body;
    for line in [
        "opendialogue_message_steps_total{direction=\"outbound\",step=\"queued\"} 2",
        "opendialogue_policy_verdicts_total{policy=\"acl\",verdict=\"pass\"} 2",
        "opendialogue_policy_ready{policy=\"conversation\"} 1",
        "opendialogue_messages{box=\"outbox\"} 2",
        "opendialogue_judging_seconds_count 2",
        "opendialogue_relay_connected 0",
    ] {
        assert!(text.lines().any(|told| told == line), "{line}\n{text}");
    }
    assert!(!text.contains(PEER) && !text.contains("hello"), "{text}");
    check_with_promtool(&text);
    api.stop().await;
}

#[tokio::test]
async fn with_require_token_metrics_need_it() {
    let api = Api::start("[local]\nrequire_token = true\n").await;
    assert_eq!(api.ask(Ask::get("/metrics")).await.status, 401);
    let shown = api.ask(Ask::get("/metrics").with_token()).await;
    assert_eq!(shown.status, 200);
    api.stop().await;
}

/// Has Prometheus' own tool read the text and complain of names and types, where it is installed.
fn check_with_promtool(text: &str) {
    let tool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut tool) = tool else {
        eprintln!("SKIPPED: the metrics were not checked by promtool, which is not installed");
        return;
    };
    let mut input = tool.stdin.take().unwrap();
    input.write_all(text.as_bytes()).unwrap();
    drop(input);
    let done = tool.wait_with_output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(done.status.success() && said.is_empty(), "{said}\n{text}");
}
