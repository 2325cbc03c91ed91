//! A text is tried out: what the chain would do, for whom, and that nothing is left of it.

use serde_json::json;

use super::PEER;
use super::client::{Api, Ask};

#[tokio::test]
async fn evaluate() {
    let pairing = "[[policy]]\nname = \"acl\"\n[policy.settings]\nmode = \"pairing\"\n";
    let api = Api::start(pairing).await;
    let mut table = Vec::new();
    for body in [
        json!({ "content": "hello" }),
        json!({ "content": "hello", "trust": "known" }),
        json!({ "content": "hello", "trust": "blocked", "from": PEER, "conversation_id": "c-1" }),
        json!({ "content": "hello", "direction": "outbound", "to": PEER }),
        json!({ "content": "hello", "direction": "sideways" }),
        json!({ "content": "hello", "from": "a|b" }),
        json!({ "content": "hello", "unheard_of": 1 }),
        json!({ "direction": "inbound" }),
    ] {
        let ask = Ask::post("/policies/evaluate", &body);
        table.push(format!("{body} {}", api.shown(ask).await));
    }
    // What could not come is not tried, and no page of another origin tries anything.
    let long = json!({ "content": "x".repeat(64 * 1024 + 1) });
    let refused = api.ask(Ask::post("/policies/evaluate", &long)).await;
    assert_eq!(refused.status, 400);
    let page = Ask::post("/policies/evaluate", &json!({ "content": "hello" }));
    let refused = api.ask(page.header("origin", "https://page.example")).await;
    assert_eq!(refused.status, 403);
    let status = api.ask(Ask::get("/status")).await.json();
    assert_eq!((&status["held"], &status["inbox"]), (&json!(0), &json!(0)));
    insta::assert_snapshot!(table.join("\n"));
    api.stop().await;
}

#[tokio::test]
async fn who_guesses_at_the_daemons_secrets_shows_the_token() {
    let secrets = "[[policy]]\nname = \"keep\"\nmodule = \"builtin:secrets\"\n\
                   directions = [\"outbound\"]\n";
    let api = Api::start(secrets).await;
    let ask = || Ask::post("/policies/evaluate", &json!({ "content": "hello" }));
    let refused = api.ask(ask()).await;
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (401, &json!("token_missing"))
    );
    assert_eq!(api.ask(ask().with_token()).await.status, 200);
    api.stop().await;
}
