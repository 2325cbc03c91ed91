//! Policies are swapped while messages flow: none is lost, none judged twice, none by half a chain.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use opendialogue::daemon::view::SendRequest;
use opendialogue::policy::{builtin, builtins};
use opendialogue::types::{ConversationId, Digest, MessageId};

use crate::support::house::{Agent, Middle, request};

/// What is wrong with every third chain: no file at all, a part of one, another one.
const BROKEN: [&str; 3] = ["cannot be read", "it is cut short", "it is not WebAssembly"];

/// How often the chain is replaced, or is to be and cannot.
const SWAPS: usize = 9;

#[tokio::test(flavor = "multi_thread")]
async fn messages_flow_while_policies_are_swapped() {
    let relay = Middle::start().await;
    let ada = relay.agent_with(&others_off()).await;
    let ben = relay.agent_with(&others_off()).await;
    let before = std::fs::read_to_string(config_of(&ben)).unwrap();
    let mut good = BTreeSet::new();
    for generation in 0..SWAPS {
        good.extend(write_modules(ben.home(), generation));
    }

    let done = AtomicBool::new(false);
    let swapping = async {
        for generation in 0..SWAPS {
            let wanted = format!("{before}{}", entries(generation));
            let beside = ben.home().join("beside.toml");
            std::fs::write(&beside, wanted).unwrap();
            std::fs::rename(&beside, config_of(&ben)).unwrap();
            until_settled(&ben, generation).await;
        }
        done.store(true, Ordering::SeqCst);
    };
    let talking = async {
        let mut sent = Vec::new();
        // The last one is for the last chain, since nobody waited for a message after it.
        while !done.load(Ordering::SeqCst) {
            // The relay ends a conversation after 20 turns, and word of that may come after the next.
            let conversation = format!("talk-{}", sent.len() / 10);
            let ask = SendRequest {
                conversation_id: Some(ConversationId::new(&conversation).unwrap()),
                ..request(&ben, &format!("message {}", sent.len()))
            };
            let id = ada.daemon.send(ask).await.unwrap().unwrap().message_id;
            ben.until_happened(&id, "received").await;
            sent.push(id);
        }
        sent.push(ada.say(&ben, "the last").await.message_id);
        sent
    };
    let ((), sent) = tokio::join!(swapping, talking);
    assert!(sent.len() > 2 * SWAPS, "only {} messages", sent.len());

    let mut served = BTreeSet::new();
    for id in &sent {
        ben.until_happened(id, "delivered").await;
        served.insert(judged_by(&ben, id).await);
    }
    // Some may have waited and gone together.
    let runs = ben.gateway.runs();
    let lines = runs.iter().flat_map(|run| run.message.lines());
    let ran = lines
        .filter(|line| line.starts_with("Message id: "))
        .count();
    assert_eq!(ran, sent.len(), "each ran once");
    let served: Vec<[Digest; 2]> = served.into_iter().flatten().collect();
    assert!(served.len() >= 2, "{served:?}");
    for pair in served {
        assert!(good.contains(&pair), "{pair:?} is no chain that was wanted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_on_turns_is_told_once_its_chain_is_in_force() {
    let relay = Middle::start().await;
    let ben = relay.agent().await;
    let before = std::fs::read_to_string(config_of(&ben)).unwrap();
    let limited = |turns: u8| {
        format!(
            "{before}[[policy]]\nname = \"conversation\"\nsettings = {{ max_turns = {turns} }}\n"
        )
    };
    std::fs::write(config_of(&ben), limited(7)).unwrap();
    ben.until(async |daemon| {
        let told = daemon.status().await.unwrap().max_turns_per_conversation;
        (told == 7).then_some(())
    })
    .await;

    let broken = "[[policy]]\nname = \"own\"\nmodule = \"missing.wasm\"\n";
    std::fs::write(config_of(&ben), limited(9) + broken).unwrap();
    let told = ben
        .until(async |daemon| {
            let status = daemon.status().await.unwrap();
            status
                .policies_problem
                .map(|_| status.max_turns_per_conversation)
        })
        .await;
    assert_eq!(told, 7, "the limit of a chain that does not load");
}

/// The digests of the two policies that judged the message, none where it was before there were
/// any; nobody else judged it, and these once.
async fn judged_by(ben: &Agent, id: &MessageId) -> Option<[Digest; 2]> {
    let stories = ben.daemon.story(id).await.unwrap();
    assert_eq!(stories.len(), 1);
    let received = |story: &&opendialogue::daemon::view::StoryEvent| story.what == "received";
    assert_eq!(stories[0].events.iter().filter(received).count(), 1);
    let verdicts = &stories[0].verdicts;
    let names: Vec<&str> = verdicts.iter().map(|step| step.policy.as_str()).collect();
    match names.as_slice() {
        [] => None,
        ["first", "second"] => Some([verdicts[0].digest, verdicts[1].digest]),
        other => panic!("judged by {other:?}"),
    }
}

/// Waits until the chain of `generation` is in force, or was refused where it is a broken one.
async fn until_settled(ben: &Agent, generation: usize) {
    let module = std::fs::read(ben.home().join(format!("first-{generation}.wasm"))).unwrap();
    let wanted = Digest::of(&module).to_string();
    ben.until(async |daemon| {
        let status = daemon.status().await.unwrap();
        let problem = status.policies_problem.unwrap_or_default();
        let mut digests = status.policies.iter().filter_map(|one| one.digest.as_ref());
        let is_settled = match is_broken(generation) {
            true => problem.contains(BROKEN[generation / 3]),
            false => digests.any(|digest| *digest == wanted),
        };
        is_settled.then_some(())
    })
    .await;
}

fn is_broken(generation: usize) -> bool {
    generation % 3 == 2
}

/// Writes the two modules of `generation`, and gives their digests where both can be loaded.
fn write_modules(home: &Path, generation: usize) -> Option<[Digest; 2]> {
    let write = |name: &str, bytes: &[u8]| {
        let path = home.join(format!("{name}-{generation}.wasm"));
        std::fs::write(path, bytes).unwrap();
        Digest::of(bytes)
    };
    let good = module(generation);
    let first = write("first", &good);
    if !is_broken(generation) {
        return Some([first, write("second", &module(generation + SWAPS))]);
    }
    match generation / 3 {
        0 => {}
        1 => drop(write("second", &good[..good.len() / 2])),
        _ => drop(write("second", b"#!/bin/sh")),
    }
    None
}

/// A policy that passes everything, with bytes of its own: a custom section tells it apart.
fn module(number: usize) -> Vec<u8> {
    let mut bytes = builtin("acl").unwrap().bytes.to_vec();
    let number = u8::try_from(number).unwrap();
    bytes.extend_from_slice(&[0, 4, 2, b'n', b'o', number]);
    bytes
}

fn entries(generation: usize) -> String {
    let mut entries = String::new();
    for name in ["first", "second"] {
        writeln!(
            entries,
            "[[policy]]\nname = \"{name}\"\nmodule = \"{name}-{generation}.wasm\"\n\
             settings = {{ mode = \"open\" }}"
        )
        .unwrap();
    }
    entries
}

/// The policies of the program out of the way.
fn others_off() -> String {
    let mut entries = String::new();
    for builtin in builtins() {
        let name = builtin.name;
        writeln!(
            entries,
            "[[policy]]\nname = \"{name}\"\nmodule = \"builtin:{name}\"\nmode = \"off\""
        )
        .unwrap();
    }
    entries
}

fn config_of(agent: &Agent) -> std::path::PathBuf {
    agent.home().join("opendialogue.toml")
}
