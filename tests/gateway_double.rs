//! The double of the gateway answers as the real one was observed to.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::gateway::{Gateway, Script, Settings};

#[tokio::test]
async fn health_and_readiness_are_told_apart() {
    let gateway = Gateway::start().await;
    let get = |path: &str| client().get(format!("{}{path}", gateway.base_url())).send();
    let health = get("/health").await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(health, json!({"ok": true, "status": "live"}));
    let ready = get("/readyz").await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(ready["ready"], true);
    gateway.drain();
    assert_eq!(get("/health").await.unwrap().status(), StatusCode::OK);
    let ready = get("/readyz").await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    let (status, body) = post(&gateway, &json!({"message": "hi"})).await;
    assert_eq!(status, 503);
    assert!(body["error"].is_object(), "{body}");
}

#[tokio::test]
async fn a_request_is_checked_in_the_observed_order() {
    let gateway = Gateway::start().await;
    gateway.set(|settings| settings.allowed_session_key_prefixes = Some(vec!["hook:".to_owned()]));
    let url = format!("{}/hooks/agent", gateway.base_url());
    let good = json!({"message": "hi", "metadata": {"more": 1}}).to_string();
    let big = json!({"message": "x".repeat(256 * 1024)}).to_string();
    let client = client();
    let token = "hook-token";
    for (case, request, status) in [
        (
            "good",
            client.post(&url).bearer_auth(token).body(good.clone()),
            200,
        ),
        (
            "other header",
            client
                .post(&url)
                .header("x-openclaw-token", token)
                .body(good.clone()),
            200,
        ),
        (
            "bearer wins",
            client
                .post(&url)
                .bearer_auth("no")
                .header("x-openclaw-token", token)
                .body(good.clone()),
            401,
        ),
        ("no token", client.post(&url).body(good.clone()), 401),
        (
            "token in the query",
            client
                .post(format!("{url}?token={token}"))
                .body(good.clone()),
            400,
        ),
        ("a GET", client.get(&url).bearer_auth(token), 405),
        (
            "no JSON",
            client.post(&url).bearer_auth(token).body("{"),
            400,
        ),
        (
            "no message",
            client.post(&url).bearer_auth(token).body("{}"),
            400,
        ),
        (
            "too big",
            client.post(&url).bearer_auth(token).body(big),
            413,
        ),
        (
            "another prefix",
            client
                .post(&url)
                .bearer_auth(token)
                .body(json!({"message": "hi", "sessionKey": "agent:main"}).to_string()),
            400,
        ),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{case}");
    }
    assert_eq!(gateway.runs().len(), 2);
}

#[tokio::test]
async fn without_hooks_a_get_is_a_page_and_a_post_is_lost() {
    let gateway = Gateway::start().await;
    gateway.set(|settings| settings.enabled = false);
    let page = client()
        .get(format!("{}/hooks/agent", gateway.base_url()))
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.unwrap().starts_with("<!doctype html>"));
    assert_eq!(post(&gateway, &json!({"message": "hi"})).await.0, 404);
}

#[tokio::test]
async fn a_session_key_is_refused_by_name_unless_the_gateway_opts_in() {
    let gateway = Gateway::start().await;
    gateway.set(|settings| settings.allow_request_session_key = false);
    let body = json!({"message": "hi", "sessionKey": "hook:x", "sessionMode": "persistent"});
    let (status, answer) = post(&gateway, &body).await;
    assert_eq!(status, 400);
    assert!(answer["error"].as_str().unwrap().contains("sessionKey"));
    gateway.set(|settings| settings.allow_request_session_key = true);
    assert_eq!(post(&gateway, &body).await.0, 200);
    let asked = &gateway.until_asked(2).await[1];
    assert_eq!(asked.session_key.as_deref(), Some("hook:x"));
    assert_eq!(asked.session_mode.as_deref(), Some("persistent"));
    assert!(asked.authorized);
}

#[tokio::test]
async fn the_twenty_first_wrong_try_is_locked_out_and_the_right_token_is_not() {
    let gateway = Gateway::start().await;
    let url = format!("{}/hooks/agent", gateway.base_url());
    for attempt in 1..=21 {
        let answer = client()
            .post(&url)
            .bearer_auth("wrong")
            .send()
            .await
            .unwrap();
        let (status, retry_after) = match attempt {
            21 => (StatusCode::TOO_MANY_REQUESTS, Some("60")),
            _ => (StatusCode::UNAUTHORIZED, None),
        };
        assert_eq!(answer.status(), status, "{attempt}");
        let header = answer
            .headers()
            .get("retry-after")
            .map(|value| value.to_str().unwrap());
        assert_eq!(header, retry_after, "{attempt}");
    }
    assert_eq!(post(&gateway, &json!({"message": "hi"})).await.0, 200);
}

#[tokio::test]
async fn a_repeat_is_folded_until_a_restart() {
    let mut gateway = Gateway::start().await;
    let body = json!({"message": "hi"});
    let first = keyed(&gateway, &body).await;
    assert_eq!(keyed(&gateway, &body).await, first);
    assert_eq!(gateway.runs().len(), 1);
    keyed(&gateway, &json!({"message": "other"})).await;
    assert_eq!(gateway.runs().len(), 2, "the key counts for the same body");
    gateway.restart().await;
    keyed(&gateway, &body).await;
    assert_eq!(gateway.until_run(3).await.len(), 3);
}

#[tokio::test]
async fn a_busy_session_waits_and_is_then_refused() {
    let settings = Settings {
        busy_wait: Duration::from_millis(50),
        ..Settings::default()
    };
    let gateway = Gateway::start_with(settings).await;
    gateway.hold_runs();
    let body = json!({"message": "hi", "sessionKey": "hook:x"});
    assert_eq!(post(&gateway, &body).await.0, 200);
    let (status, answer) = post(&gateway, &body).await;
    assert_eq!(status, 503);
    assert!(answer["error"].is_string(), "{answer}");
    for _ in 0..7 {
        assert_eq!(post(&gateway, &json!({"message": "hi"})).await.0, 200);
    }
    assert_eq!(gateway.most_active(), 8);
    assert_eq!(
        post(&gateway, &json!({"message": "hi"})).await.0,
        503,
        "a ninth"
    );
    gateway.finish_runs();
    assert_eq!(post(&gateway, &body).await.0, 200);
}

#[tokio::test]
async fn a_sender_that_hangs_up_has_its_message_run() {
    let gateway = Gateway::start().await;
    gateway.hold_runs();
    let body = json!({"message": "first", "sessionKey": "hook:x"});
    assert_eq!(post(&gateway, &body).await.0, 200);
    let waiting = client()
        .post(format!("{}/hooks/agent", gateway.base_url()))
        .bearer_auth("hook-token")
        .body(json!({"message": "second", "sessionKey": "hook:x"}).to_string())
        .timeout(Duration::from_millis(200))
        .send()
        .await;
    assert!(waiting.unwrap_err().is_timeout());
    gateway.finish_runs();
    let runs = gateway.until_run(2).await;
    assert_eq!(runs[1].message, "second");
}

#[tokio::test]
async fn a_body_that_never_ends_is_timed_out() {
    let settings = Settings {
        body_wait: Duration::from_millis(50),
        ..Settings::default()
    };
    let gateway = Gateway::start_with(settings).await;
    let address = gateway.base_url().replace("http://", "");
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST /hooks/agent HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer hook-token\r\n\
         content-length: 100\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
}

#[tokio::test]
async fn a_script_is_played_once() {
    let gateway = Gateway::start().await;
    let teapot = Script::Answer {
        status: 418,
        headers: vec![("retry-after", "7".to_owned())],
        body: "{}".to_owned(),
    };
    gateway.script([
        teapot,
        Script::HangUp,
        Script::RunAndHangUp,
        Script::RunAndAnswerLate(Duration::ZERO),
    ]);
    let body = json!({"message": "hi"});
    assert_eq!(post(&gateway, &body).await.0, 418);
    for runs in [0, 1] {
        let cut = client()
            .post(format!("{}/hooks/agent", gateway.base_url()))
            .bearer_auth("hook-token")
            .body(body.to_string())
            .send()
            .await;
        assert!(cut.is_err());
        assert_eq!(gateway.runs().len(), runs);
    }
    assert_eq!(post(&gateway, &body).await.0, 200);
    assert_eq!(post(&gateway, &body).await.0, 200);
    assert_eq!(gateway.runs().len(), 3);
}

#[tokio::test]
async fn its_settings_read_as_openclaws_own() {
    let mut gateway = Gateway::start().await;
    let hooks = opendialogue::config::openclaw::HookSettings::parse(&gateway.openclaw_json());
    let hooks = hooks.unwrap();
    assert!(hooks.enabled && hooks.allow_request_session_key);
    assert!(hooks.token.unwrap().matches("hook-token"));
    assert_eq!(gateway.asked(), []);
    gateway.stop().await;
    let refused = client()
        .get(format!("{}/health", gateway.base_url()))
        .send()
        .await;
    assert!(refused.unwrap_err().is_connect());
}

async fn post(gateway: &Gateway, body: &Value) -> (u16, Value) {
    let url = format!("{}/hooks/agent", gateway.base_url());
    let request = client()
        .post(url)
        .bearer_auth("hook-token")
        .body(body.to_string());
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

async fn keyed(gateway: &Gateway, body: &Value) -> String {
    let answer = client()
        .post(format!("{}/hooks/agent", gateway.base_url()))
        .bearer_auth("hook-token")
        .header("idempotency-key", "od:1")
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    let answer: Value = answer.json().await.unwrap();
    answer["runId"].as_str().unwrap().to_owned()
}

fn client() -> Client {
    let tls = opendialogue::tls::trusting_nobody().unwrap();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .build()
        .unwrap()
}
