//! The local API over loopback: the success and each refusal of every endpoint.
//!
//! The daemon has an identity from the environment and a relay that is not there, or one that
//! answers REST alone, so that nothing moves but what a test moves.

pub(crate) mod client;
mod described;
mod evaluating;
mod metrics;
mod relay;

use client::{Api, Ask};
use serde_json::{Value, json};

const PEER: &str = "10000002";

#[tokio::test]
async fn status_and_health() {
    let api = Api::start("").await;
    let mut table = Vec::new();
    for path in ["/status", "/policies", "/healthz", "/readyz"] {
        table.push(api.shown(Ask::get(path)).await);
    }
    insta::assert_snapshot!(table.join("\n"));
    let page = api.ask(Ask::get("/")).await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, Some("text/html; charset=utf-8"))
    );
    api.stop().await;
}

#[tokio::test]
async fn policies() {
    let api = Api::start("").await;
    let reload = || Ask::post("/policies/reload", &json!({}));
    let mut table = Vec::new();
    for ask in [
        Ask::get("/policies"),
        reload(),
        reload().with_token(),
        Ask::get("/policies/reload").with_token(),
    ] {
        table.push(api.shown(ask).await);
    }
    insta::assert_snapshot!(table.join("\n"));
    api.stop().await;
}

#[tokio::test]
async fn send() {
    // The same text again and again is no loop here.
    let api = Api::start("[[policy]]\nname = \"conversation\"\nsettings.loops = \"off\"\n").await;
    let hello = json!({ "to": PEER, "content": "hello" });
    let with = |name: &str, value: Value| {
        let mut body = hello.clone();
        body[name] = value;
        Ask::post("/send", &body)
    };
    let mut table = Vec::new();
    for ask in [
        Ask::post("/send", &hello),
        with("conversation_id", json!("c-1")),
        with("turn_number", json!(3)),
        with("reply_session", json!("agent:main:main")),
        with("reply_session", json!("agent:main:main")).header("authorization", "Bearer wrong"),
        with("reply_session", json!("agent:main:main")).with_token(),
        with("content", json!("x".repeat(2_000))),
        // Two units each: a thousand of them are two thousand.
        with("content", json!("👍".repeat(1_000))),
        with("content", json!("")),
        with("content", json!("x".repeat(2_001))),
        with("content", json!("👍".repeat(1_001))),
        with("content", json!(7)),
        with("to", json!("1|2")),
        with("to", Value::Null),
        with("conversation_id", json!("")),
        with("conversation_id", json!("5")),
        with("turn_number", json!(0)),
        with("turn_number", json!(-1)),
        with("unheard_of", json!(true)),
        Ask::post("/send", &json!({ "content": "to nobody" })),
        Ask::post("/send", &json!([PEER, "hello", null, null, null, null])),
        Ask::post_text("/send", ""),
        Ask::post_text("/send", "{"),
        Ask::post_text("/send", "{\"to\":\"10000002\",\"content\":\"\\ud800\"}"),
        Ask::post_text("/send", "{\"to\":\"1\",\"to\":\"2\",\"content\":\"hello\"}"),
        Ask::post_text("/send", &" ".repeat(256 * 1024 + 1)),
        Ask::post("/send", &hello).header("content-type", "text/plain"),
        Ask::get("/send"),
    ] {
        table.push(api.shown(ask).await);
    }
    insta::assert_snapshot!(table.join("\n"));
    api.stop().await;
}

#[tokio::test]
async fn a_key_makes_a_repeat_the_same_message() {
    let api = Api::start("").await;
    let body = json!({ "to": PEER, "content": "once", "idempotency_key": "k-1" });
    let first = api.ask(Ask::post("/send", &body)).await;
    let again = api.ask(Ask::post("/send", &body)).await;
    assert_eq!((first.status, &first.body), (202, &again.body));
    let other = json!({ "to": PEER, "content": "twice", "idempotency_key": "k-1" });
    insta::assert_snapshot!(api.shown(Ask::post("/send", &other)).await);
    api.stop().await;
}

#[tokio::test]
async fn outbox_messages_and_conversations() {
    let api = Api::start("").await;
    let body = json!({ "to": PEER, "content": "hello", "conversation_id": "c-1" });
    let sent = api.ask(Ask::post("/send", &body)).await.json();
    let id = sent["message_id"].as_str().unwrap();
    let mut table = Vec::new();
    for ask in [
        Ask::get("/outbox"),
        Ask::get("/outbox?limit=1"),
        Ask::get("/outbox?limit=0"),
        Ask::get("/outbox?after=1"),
        Ask::get(&format!("/messages/{id}")),
        Ask::get(&format!("/messages/{id}?from=10000001")),
        Ask::get(&format!("/messages/{id}?from={PEER}")),
        Ask::get(&format!("/messages/{id}?original=true")),
        Ask::get("/messages/unheard-of"),
        Ask::get("/messages/a%20b"),
        Ask::get("/conversations"),
        Ask::get("/inbox"),
        Ask::get("/inbox?after=0&limit=10&wait=0"),
        Ask::get("/inbox?limit=501"),
        Ask::get("/inbox?wait=61"),
        Ask::get("/inbox?after=soon"),
        Ask::get("/inbox?before=1"),
        Ask::get("/inbox?before=1&after=0"),
        Ask::get("/inbox?before=1&wait=1"),
        Ask::get("/outbox?before=1"),
        Ask::get("/inbox?unheard_of=1"),
        Ask::get("/inbox?as=fenced"),
        Ask::get("/inbox?as=prose"),
        Ask::post_text("/conversations/c-1/end?peer=10000003", ""),
        Ask::post_text("/conversations/c-1/end", ""),
        Ask::post_text("/conversations/c-1/end", ""),
        Ask::post_text("/conversations/c-2/end", ""),
        Ask::post("/send", &body),
    ] {
        table.push(api.shown(ask.with_token()).await.replace(id, "ID"));
    }
    insta::assert_snapshot!(table.join("\n"));
    api.stop().await;
}

#[tokio::test]
async fn a_model_reads_a_text_behind_its_fence_and_nowhere_else() {
    let api = Api::start("").await;
    let body = json!({ "to": PEER, "content": "hello\n--- ends ---" });
    let sent = api.ask(Ask::post("/send", &body)).await.json();
    let path = format!("/messages/{}", sent["message_id"].as_str().unwrap());
    let told = api.ask(Ask::get(&format!("{path}?as=fenced")).with_token());
    let story = told.await.json();
    let fenced = story["fenced"].as_str().unwrap();
    assert!(
        fenced.contains("\n| hello\n| --- ends ---\n--- "),
        "{fenced}"
    );
    let fields = story.as_object().unwrap();
    assert!(!fields.contains_key("content") && !fields.contains_key("annotations"));
    // The mark is the same for the same text, so that a repeat reads the same.
    let again = api.ask(Ask::get(&format!("{path}?as=fenced&from=10000001")).with_token());
    assert_eq!(again.await.json()["fenced"], story["fenced"]);
    api.stop().await;
}

#[tokio::test]
async fn trust() {
    let api = Api::start("").await;
    let set = |level: &str| {
        let body = json!({ "agent_id": PEER, "level": level });
        Ask::post("/trust", &body).with_token()
    };
    let hello = json!({ "to": PEER, "content": "hello" });
    let mut table = Vec::new();
    for ask in [
        Ask::get("/trust").with_token(),
        Ask::post("/send", &hello),
        set("blocked"),
        Ask::get("/trust").with_token(),
        Ask::post("/send", &hello),
        set("owner"),
        Ask::post("/send", &hello),
        set("friend"),
        Ask::post("/trust", &json!({ "agent_id": PEER })).with_token(),
        Ask::post("/trust", &json!({ "agent_id": PEER, "level": "owner" })),
    ] {
        table.push(api.shown(ask).await);
    }
    insta::assert_snapshot!(table.join("\n"));
    api.stop().await;
}

#[tokio::test]
async fn held() {
    let rule = "[[policy]]\nname = \"acl\"\n[[policy.settings.rules]]\npeer = \"*\"\n\
                direction = \"outbound\"\nkinds = [\"text\"]\neffect = \"hold\"\n";
    let api = Api::start(rule).await;
    let mut table = Vec::new();
    let mut ids = Vec::new();
    for content in ["first", "second"] {
        let body = json!({ "to": PEER, "content": content, "conversation_id": "c-1" });
        let sent = api.ask(Ask::post("/send", &body)).await.json();
        assert_eq!(sent["state"], "held");
        ids.push(sent["message_id"].as_str().unwrap().to_owned());
    }
    let [first, second] = [&ids[0], &ids[1]].map(|id| format!("/held/{id}"));
    for ask in [
        Ask::get("/held"),
        Ask::get("/held?limit=1"),
        Ask::get("/held?limit=0"),
        Ask::post(&format!("{first}/release"), &json!({ "twice": true })),
        Ask::post_text(&format!("{first}/release"), "[]"),
        Ask::post_text(&format!("{first}/release?from={PEER}"), ""),
        Ask::post_text(&format!("{first}/release?from=10000001"), ""),
        Ask::post(&format!("{first}/release"), &json!({ "once": true })),
        Ask::post(&format!("{second}/refuse"), &json!({})),
        Ask::post_text(&format!("{second}/refuse"), ""),
        Ask::post_text("/held/unheard-of/refuse", ""),
        Ask::post_text("/held/a%20b/release", ""),
        Ask::get("/held"),
    ] {
        let shown = api.shown(ask.with_token()).await;
        table.push(shown.replace(&ids[0], "FIRST").replace(&ids[1], "SECOND"));
    }
    table.push(api.shown(Ask::get("/held")).await);
    table.push(api.shown(Ask::post_text("/held/m-1/release", "")).await);
    table.push(api.shown(Ask::post_text("/held/m-1/refuse", "")).await);
    insta::assert_snapshot!(table.join("\n"));
    api.stop().await;
}

#[tokio::test]
async fn the_relays_lists() {
    let relay = relay::Scripted::start().await;
    let api = Api::start(&relay.setting()).await;
    let delete = |path: &str, body: &Value| Ask::post(path, body).method("DELETE").with_token();
    let blocked = json!({ "blocked_id": PEER, "reason": "noise" });
    let allowed = json!({ "allowed_id": PEER });
    let mut table = Vec::new();
    for ask in [
        Ask::get("/block").with_token(),
        Ask::post("/block", &blocked).with_token(),
        delete("/block", &json!({ "blocked_id": PEER })),
        Ask::get("/allow").with_token(),
        Ask::post("/allow", &allowed).with_token(),
        delete("/allow", &allowed),
        Ask::post("/allowlist-mode", &json!({ "enabled": true }))
            .method("PUT")
            .with_token(),
        Ask::get(&format!("/agents/{PEER}")),
        Ask::get("/agents/404"),
        Ask::get("/agents/401"),
        Ask::get("/agents/429"),
        Ask::get("/agents/500"),
        Ask::get("/agents/a%7Cb"),
        Ask::post("/block", &json!({ "blocked_id": "a|b" })).with_token(),
        Ask::post("/block", &allowed).with_token(),
        Ask::post("/allowlist-mode", &json!({ "enabled": 1 }))
            .method("PUT")
            .with_token(),
    ] {
        table.push(api.shown(ask).await);
    }
    table.push("asked of the relay:".to_owned());
    table.extend(relay.asked());
    insta::assert_snapshot!(table.join("\n"));
    api.stop().await;
}

#[tokio::test]
async fn a_relay_that_is_not_there_is_told() {
    let api = Api::start("").await;
    for path in ["/block", "/allow", "/agents/10000002"] {
        let answer = api.ask(Ask::get(path).with_token()).await;
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (503, Some("relay_unreachable"))
        );
    }
    api.stop().await;
}

#[tokio::test]
async fn the_door() {
    let api = Api::start("").await;
    let port = api.address.port();
    let mut table = Vec::new();
    for ask in [
        Ask::get("/status").header("host", "evil.example"),
        Ask::get("/status").header("host", &format!("evil.example:{port}")),
        Ask::get("/status").header("origin", "http://evil.example"),
        Ask::get("/status").header("origin", "null"),
        Ask::get("/inbox"),
        Ask::get("/inbox").header("authorization", "Bearer wrong"),
        Ask::get("/events"),
        Ask::get("/no-such-path"),
        Ask::get("/status/"),
        Ask::post("/status", &json!({})),
    ] {
        table.push(api.shown(ask).await);
    }
    insta::assert_snapshot!(table.join("\n"));
    let answer = api.ask(Ask::get("/status")).await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    for (path, methods) in [
        ("/status", "GET,HEAD"),
        ("/block", "DELETE,GET,HEAD,POST"),
        ("/allowlist-mode", "PUT"),
    ] {
        let answer = api.ask(Ask::get(path).method("PATCH").with_token()).await;
        let mut allowed: Vec<&str> = answer.header("allow").unwrap().split(',').collect();
        allowed.sort_unstable();
        assert_eq!(
            (answer.status, allowed.join(",")),
            (405, methods.to_owned())
        );
    }
    api.stop().await;
}

#[tokio::test]
async fn with_require_token_everything_but_health_needs_it() {
    let api = Api::start("[local]\nrequire_token = true").await;
    let hello = json!({ "to": PEER, "content": "hello" });
    for (ask, status) in [
        (Ask::get("/healthz"), 200),
        (Ask::get("/readyz"), 503),
        (Ask::get("/"), 200),
        (Ask::get("/page/main.js"), 200),
        (Ask::get("/page/no-such-file"), 404),
        (Ask::get("/history"), 401),
        (Ask::get("/status"), 401),
        (Ask::post("/send", &hello), 401),
        (Ask::get("/no-such-path"), 401),
        (Ask::get("/status").with_token(), 200),
        (Ask::post("/send", &hello).with_token(), 202),
    ] {
        assert_eq!(api.ask(ask.clone()).await.status, status, "{ask:?}");
    }
    api.stop().await;
}

#[tokio::test]
async fn events_tell_of_a_message_and_end_with_the_daemon() {
    let api = Api::start("").await;
    let mut events = api.open(Ask::get("/events").with_token()).await;
    let hello = json!({ "to": PEER, "content": "a text that no event shows" });
    assert_eq!(api.ask(Ask::post("/send", &hello)).await.status, 202);
    let told = events.read_until("event: message").await;
    api.stop().await;
    let all = told + &events.read_to_end().await;
    assert!(
        all.contains(PEER) && !all.contains("a text that no event shows"),
        "{all}"
    );
}

#[tokio::test]
async fn a_wait_for_the_inbox_ends_with_the_daemon() {
    let api = Api::start("").await;
    let mut waiting = api.open(Ask::get("/inbox?wait=60").with_token()).await;
    // Answered after the wait has begun: the connections are served in turn by one runtime.
    assert_eq!(api.ask(Ask::get("/healthz")).await.status, 200);
    api.stop().await;
    assert!(waiting.read_to_end().await.ends_with("{\"messages\":[]}"));
}
