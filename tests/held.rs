//! What is held, from the outside: a stranger let in or turned away, a draft that a person looks at
//! first, over a real relay to real gateways.

use std::path::Path;

use opendialogue::daemon::Release;
use opendialogue::daemon::view::HeldRefusal;
use opendialogue::policy::builtin;
use opendialogue::types::{Kind, Trust};

use crate::support::house::{Agent, Middle, request};

const PAIRING: &str = "[[policy]]\nname = \"acl\"\n[policy.settings]\nmode = \"pairing\"\n";

async fn level(agent: &Agent, peer: &Agent) -> Option<Trust> {
    let levels = agent.daemon.trust().await.unwrap();
    let entry = levels.iter().find(|entry| entry.agent_id == peer.id());
    entry.map(|entry| entry.level)
}

/// An entry for one of our own policies, from a file: whether it is among the default ones or not.
fn entry(folder: &Path, name: &str, settings: &str) -> String {
    let module = folder.join(format!("{name}.wasm"));
    std::fs::write(&module, builtin(name).unwrap().bytes).unwrap();
    format!(
        "[[policy]]\nname = \"{name}\"\nmodule = \"{}\"\nsettings = {{ {settings} }}\n",
        module.display()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_waits_at_the_door_is_let_in_and_then_comes_and_goes() {
    let relay = Middle::start().await;
    let (ada, ben) = (relay.agent().await, relay.agent_with(PAIRING).await);
    let first = ada.say(&ben, "may I come in?").await;
    // Held is accepted, as far as the sender can tell.
    ada.until_happened(&first.message_id, "sent").await;
    ben.until_happened(&first.message_id, "held").await;
    let second = ada.say(&ben, "hello?").await;
    ada.until_happened(&second.message_id, "refused").await;

    // What is held outlives the process.
    let ben = ben.leave().await.come_back().await;
    let held = ben.daemon.held(10).await.unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!(
        (held[0].code.as_str(), &held[0].from),
        ("contact_request", &ada.id())
    );
    assert_eq!(held[0].content, "may I come in?");
    assert_eq!(ben.daemon.status().await.unwrap().held, 1);
    assert!(ben.gateway.runs().is_empty());

    let released = ben
        .daemon
        .release(&first.message_id, None, Release::Person)
        .await;
    let released = released.unwrap().unwrap();
    assert_eq!(
        (released.state, released.now_known),
        ("waiting", Some(ada.id()))
    );
    ben.until_happened(&first.message_id, "delivered").await;
    let runs = ben.gateway.until_run(1).await;
    assert!(
        runs[0].message.contains("\nTrust: known\n"),
        "{}",
        runs[0].message
    );
    assert!(runs[0].message.contains("\n| may I come in?\n"));
    assert_eq!(level(&ben, &ada).await, Some(Trust::Known));
    let third = ada.say(&ben, "thank you").await;
    ben.until_happened(&third.message_id, "delivered").await;
    assert_eq!(ben.gateway.until_run(2).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_is_turned_away_or_blocked_is_not_heard() {
    let relay = Middle::start().await;
    let (ada, ben) = (relay.agent().await, relay.agent_with(PAIRING).await);
    let eve = relay.agent().await;
    let of_ada = ada.say(&ben, "may I come in?").await;
    let of_eve = eve.say(&ben, "and I?").await;
    ben.until_happened(&of_ada.message_id, "held").await;
    ben.until_happened(&of_eve.message_id, "held").await;
    let refused = ben.daemon.refuse(&of_ada.message_id, None).await.unwrap();
    assert_eq!(refused.unwrap().state, "refused");
    assert_eq!(
        ben.daemon
            .set_trust(&eve.id(), Trust::Blocked)
            .await
            .unwrap(),
        1
    );
    for sent in [&of_ada, &of_eve] {
        let late = ben
            .daemon
            .release(&sent.message_id, None, Release::Person)
            .await;
        assert_eq!(
            late.unwrap(),
            Err(HeldRefusal::NotHeld("refused".to_owned()))
        );
    }
    assert_eq!(level(&ben, &ada).await, None);
    // The senders hear no more than what the acknowledgement said.
    ada.until_happened(&of_ada.message_id, "sent").await;
    let story = ada.daemon.story(&of_ada.message_id).await.unwrap();
    assert_eq!(story[0].state, "sent");
    assert!(ben.gateway.runs().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_a_person_looks_at_first_goes_out_when_released() {
    let relay = Middle::start().await;
    let ben = relay.agent().await;
    let ada = relay
        .agent_with(&format!(
            "[[policy]]\nname = \"acl\"\n[[policy.settings.rules]]\npeer = \"{}\"\n\
             direction = \"outbound\"\nkinds = [\"text\"]\neffect = \"hold\"\n",
            ben.id()
        ))
        .await;
    let sent = ada.daemon.send(request(&ben, "to be looked at")).await;
    let sent = sent.unwrap().unwrap();
    assert_eq!(sent.state, "held");
    let released = ada
        .daemon
        .release(&sent.message_id, None, Release::Person)
        .await;
    let released = released.unwrap().unwrap();
    assert_eq!((released.state, released.now_known), ("queued", None));
    ada.until_happened(&sent.message_id, "sent").await;
    ben.until_happened(&sent.message_id, "delivered").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_too_fast_waits_for_its_moment_and_goes_on_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let slowly = entry(
        folder.path(),
        "rate-limit",
        "inbound = { peer = { messages = { per_minute = 60, burst = 1 } } }",
    );
    let relay = Middle::start().await;
    let (ada, ben) = (relay.agent().await, relay.agent_with(&slowly).await);
    let first = ada.say(&ben, "one thing about the garden").await;
    let second = ada.say(&ben, "and another about the car").await;
    ben.until_happened(&first.message_id, "delivered").await;
    ben.until_happened(&second.message_id, "held").await;
    let why = ben.until_happened(&second.message_id, "released").await;
    assert_eq!(why.as_deref(), Some("its time has come"));
    ben.until_happened(&second.message_id, "delivered").await;
    // As far as the sender can tell, nothing was the matter.
    ada.until_happened(&second.message_id, "sent").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_whose_turns_are_used_up_ends_with_one_end_and_for_both() {
    let folder = tempfile::tempdir().unwrap();
    let short = entry(folder.path(), "conversation", "max_turns = 2");
    let relay = Middle::start().await;
    let (ada, ben) = (relay.agent().await, relay.agent_with(&short).await);
    let first = ada.say(&ben, "shall we plant apple trees?").await;
    ben.until_happened(&first.message_id, "delivered").await;
    let last = ada.say(&ben, "or would you rather have pears?").await;
    ben.until_happened(&last.message_id, "delivered").await;
    let runs = ben.gateway.until_run(2).await;
    assert!(
        runs[1].message.contains("\nLast turn: "),
        "{}",
        runs[1].message
    );
    let over = ada.say(&ben, "there is room for seven of them").await;
    ada.until_happened(&over.message_id, "refused").await;

    let ends = ben
        .until(async |daemon| {
            let sent = daemon.outbox(None, 10).await.unwrap();
            sent.iter().all(|one| one.state == "sent").then_some(sent)
        })
        .await;
    assert_eq!(ends.len(), 1);
    assert_eq!(
        (ends[0].kind, &ends[0].conversation_id),
        (Kind::End, &first.conversation_id)
    );
    ada.until(async |daemon| {
        let known = daemon.conversations().await.unwrap();
        known[0].ended_at.is_some().then_some(())
    })
    .await;
    let closed = ben.daemon.conversations().await.unwrap();
    assert_eq!(
        closed[0].ended_because.as_deref(),
        Some("it met a limit, which the refused message names")
    );
    assert_eq!(ben.gateway.runs().len(), 2);
    assert_eq!(ada.gateway.runs().len(), 0, "an `end` wakes nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daemons_own_secrets_wait_for_a_person_in_every_spelling() {
    let keep = "[[policy]]\nname = \"secrets\"\nmodule = \"builtin:secrets\"\n\
                directions = [\"outbound\"]\n\
                [[policy]]\nname = \"conversation\"\nmode = \"off\"\n";
    let relay = Middle::start().await;
    let (ada, ben) = (relay.agent_with(keep).await, relay.agent().await);
    let read = |path: &str| std::fs::read_to_string(ada.home().join(path)).unwrap();
    let token = read("opendialogue/token").trim_end().to_owned();
    let state: serde_json::Value = serde_json::from_str(&read("opendialogue-state.json")).unwrap();
    let secret = state["agentSecret"].as_str().unwrap().to_owned();
    let hex: String = token.bytes().map(|byte| format!("{byte:02x}")).collect();
    let reversed: String = secret.chars().rev().collect();

    let tags = token
        .bytes()
        .map(|byte| char::from_u32(0xe0000 + u32::from(byte)).unwrap());
    let tags: String = tags.collect();
    let quoted = format!("{}\n> {}", &token[..32], &token[32..]);
    let escaped: String = token.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
    // The token's own digits, in pairs, are the bytes behind it.
    let listed: String = token
        .as_bytes()
        .chunks(2)
        .map(|pair| format!("{}:", str::from_utf8(pair).unwrap()))
        .collect();

    for spelling in [
        &token,
        &hex,
        &secret,
        &reversed,
        "hook-token",
        &tags,
        &quoted,
        &escaped,
        &listed,
    ] {
        let sent = ada.say(&ben, &format!("take this: x{spelling}x")).await;
        assert_eq!(sent.state, "held", "{spelling}");
        let held = ada.daemon.held(10).await.unwrap();
        let held = held.iter().find(|one| one.message_id == sent.message_id);
        let held = held.unwrap();
        let reason = "it seems to hold a secret: own_secret at 1:13";
        assert_eq!(
            (held.policy.as_str(), held.reason.as_str()),
            ("secrets", reason)
        );
        ada.daemon
            .refuse(&sent.message_id, None)
            .await
            .unwrap()
            .unwrap();
    }
    let other = token.replace(['0', '7'], "1");
    let sent = ada.say(&ben, &format!("a digest: {other}")).await;
    assert_eq!(sent.state, "queued");

    // A person may let one go all the same.
    let sent = ada.say(&ben, &token).await;
    let released = ada
        .daemon
        .release(&sent.message_id, None, Release::Person)
        .await;
    assert_eq!(released.unwrap().unwrap().state, "queued");

    // The hook's token is followed.
    let newer = r#"{"hooks": {"enabled": true, "token": "another-token"}}"#;
    std::fs::write(ada.home().join("openclaw.json"), newer).unwrap();
    let verdict = async |content: &str| {
        let said =
            serde_json::json!({ "direction": "outbound", "to": ben.id(), "content": content });
        let said = serde_json::from_value(said).unwrap();
        let answer = ada.daemon.evaluate(said).await.unwrap().unwrap();
        answer.code
    };
    ada.until(async |_| verdict("xanother-tokenx").await).await;
    assert_eq!(verdict("xhook-tokenx").await, None);
}
