//! Nothing is lost and nothing runs twice, whenever a process dies.
//!
//! Two agents talk by a relay, the three of them processes, 100 messages each way, at first with one
//! of them away. One process kills itself at a named point somewhere in the middle and is started
//! again. Then what the gateways admitted is counted against what the daemons accepted.

mod count;
mod role;
mod talk;

use std::sync::Arc;
use std::time::Duration;

use opendialogue::fault::Point;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::interval;

use count::{Tally, Way};
use role::{Agent, Fault, Role};
use talk::{Accepted, Part, USUAL, moods, say};

use crate::support::gateway::Script;
use crate::support::relay_v1::{AGENT, PEER, RelayV1, SECRET};

/// Longer than anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often it is asked whether something has happened.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// Policies that let all of the talk pass; `rate-limit` still counts each message.
const OPEN: &str = r#"
[[policy]]
name = "conversation"
mode = "off"
[[policy]]
name = "rate-limit"
[policy.settings.inbound]
peer = { messages = { per_minute = 100_000 } }
everyone = { messages = { per_minute = 100_000 } }
[policy.settings.outbound]
peer = { messages = { per_minute = 100_000 } }
everyone = { messages = { per_minute = 100_000 } }
"#;

/// The two have so many turns a day, a limit that no relay knows of.
const CLOSING: &str = r#"
[[policy]]
name = "rate-limit"
mode = "off"
[[policy]]
name = "conversation"
[policy.settings]
max_turns_per_peer_day = 30
max_new_conversations = 0
loops = "off"
"#;

/// Who dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    Relay,
    /// Sends the first messages, while the other is away.
    Ada,
    /// Comes later, to what waits for it.
    Ben,
}

/// What the victim's gateway remembers when the victim comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Memory {
    Kept,
    Lost,
}

macro_rules! crashes {
    ($($name:ident: $victim:ident at $point:ident $times:literal, gateway $memory:ident;)*) => {
        /// The points that are tried here; `EndWritten` has a test of its own.
        const TRIED: &[Point] = &[$(Point::$point,)* Point::EndWritten];

        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            crash(Victim::$victim, (Point::$point, $times), Memory::$memory).await;
        })*
    };
}

crashes! {
    inbox_written: Ben at InboxWritten 50, gateway Kept;
    inbox_committed: Ben at InboxCommitted 50, gateway Kept;
    ack_ready: Ben at AckReady 50, gateway Kept;
    ack_written: Ben at AckWritten 5, gateway Kept;
    hook_ready: Ben at HookReady 6, gateway Kept;
    hook_asked: Ben at HookAsked 3, gateway Lost;
    hook_answered: Ben at HookAnswered 6, gateway Lost;
    delivery_written: Ben at DeliveryWritten 6, gateway Lost;
    delivery_committed: Ben at DeliveryCommitted 6, gateway Kept;
    outbox_written: Ada at OutboxWritten 50, gateway Kept;
    outbox_committed: Ada at OutboxCommitted 50, gateway Kept;
    frame_ready: Ada at FrameReady 50, gateway Kept;
    frame_written: Ada at FrameWritten 5, gateway Kept;
    receipt_read: Ada at ReceiptRead 50, gateway Kept;
    receipt_written: Ada at ReceiptWritten 50, gateway Kept;
    receipt_committed: Ada at ReceiptCommitted 50, gateway Kept;
    policy_state_written: Ben at PolicyStateWritten 60, gateway Kept;
    mail_written: Relay at MailWritten 20, gateway Kept;
    mail_committed: Relay at MailCommitted 20, gateway Kept;
    forward_ready: Relay at ForwardReady 60, gateway Kept;
    forwarded: Relay at Forwarded 5, gateway Kept;
    ack_read: Relay at AckRead 60, gateway Kept;
    mail_deleted: Relay at MailDeleted 20, gateway Kept;
    mail_gone: Relay at MailGone 20, gateway Kept;
    receipt_ready: Relay at ReceiptReady 60, gateway Kept;
}

#[test]
fn every_point_is_tried_and_stands_in_the_document() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/references/reliability.md");
    let document = std::fs::read_to_string(path).unwrap();
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `"));
    let named: Vec<_> = rows.filter_map(|row| row.split('`').next()).collect();
    let points: Vec<_> = Point::ALL.iter().map(|point| point.name()).collect();
    assert_eq!(named, points);
    for point in Point::ALL {
        assert!(TRIED.contains(point), "{point:?}");
    }
}

#[test]
fn a_point_that_is_none_is_refused_with_the_names_of_all() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_opendialogue"));
    let command = command.args(["relay"]).env("OPENDIALOGUE_FAULT", "no-such");
    let ended = command.output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    let told = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(told.trim().lines().count(), 1, "{told}");
    for point in Point::ALL {
        assert!(told.contains(&format!("`{}`", point.name())), "{told}");
    }
}

/// Has `victim` die at `fault` in the middle of the talk and come back.
async fn crash(victim: Victim, fault: (Point, u32), memory: Memory) {
    let death = Death {
        victim,
        fault,
        memory,
    };
    let house = House::new(OPEN, Some(death)).await;
    let [to_ben, to_ada] = house.talk_through().await;
    for tally in [&to_ben, &to_ada] {
        assert_eq!(tally.refused, [Value::Null; 0], "{tally:?}");
    }
    assert_eq!(to_ada.repeated, 0, "{to_ada:?}");
    match memory {
        Memory::Kept => assert_eq!(to_ben.repeated, 0, "{to_ben:?}"),
        // What had been run when the victim died is run again: the test would see it unmarked.
        Memory::Lost => assert!(to_ben.repeated > 0, "{to_ben:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn end_written() {
    let death = Death {
        victim: Victim::Ada,
        fault: (Point::EndWritten, 2),
        memory: Memory::Kept,
    };
    let house = House::new(CLOSING, Some(death)).await;
    let tallies = house.talk_through().await;
    assert_eq!(tallies.map(|tally| tally.repeated), [0, 0]);
    let sent = house.ada.get("/outbox?limit=500").await;
    let messages = sent["messages"].as_array().unwrap().iter();
    let ends = messages.filter(|message| message["kind"] == "end");
    let mut closed: Vec<_> = ends
        .map(|end| end["conversation_id"].as_str().unwrap())
        .collect();
    closed.sort_unstable();
    let all: Vec<_> = (0..5).map(|n| format!("talk-{n}")).collect();
    assert_eq!(
        closed, all,
        "one `end` for each conversation that is used up"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_dies_runs_again_only_what_is_marked() {
    let house = House::new(OPEN, None).await;
    let gateway = &house.ben.gateway;
    let late = (0..3).map(|_| Script::RunAndAnswerLate(PATIENCE));
    let script = (0..8).map(|_| USUAL).chain(late);
    gateway.lock().await.script(script);
    let dies = async {
        let mut again = interval(ASK_EVERY);
        while gateway.lock().await.asked().len() < 11 {
            again.tick().await;
        }
        gateway.lock().await.restart().await;
    };
    let ([to_ben, to_ada], ()) = tokio::join!(house.talk_through(), dies);
    assert!(to_ben.repeated > 0, "{to_ben:?}");
    assert_eq!(to_ada.repeated, 0, "{to_ada:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_1_relay_that_heard_a_message_twice_is_told_of_in_its_row() {
    let mut relay = RelayV1::start().await;
    let ada = Agent::known(relay.address, AGENT, SECRET, OPEN).await;
    ada.role.start(Some((Point::FrameWritten, 1))).await;
    let mut connection = relay.connection().await;
    let request = json!({"to": PEER, "content": "once?"});
    let (status, answer) = ada.ask(Method::POST, "/send", &request).await;
    assert_eq!(status, 202, "{answer}");
    let first = connection.message().await;
    ada.role.until_killed().await;

    ada.role.start(None).await;
    let mut connection = relay.connection().await;
    let second = connection.message().await;
    assert_eq!(first["id"], second["id"]);
    connection.say_status(&second, "sent").await;
    let id = second["id"].as_str().unwrap();
    let mut again = interval(ASK_EVERY);
    let mut story = ada.story(id).await;
    while story["state"] != "sent" {
        again.tick().await;
        story = ada.story(id).await;
    }
    assert_eq!(story["may_repeat"], true, "{story}");
}

/// A death in the middle of the talk.
#[derive(Debug, Clone, Copy)]
struct Death {
    victim: Victim,
    fault: (Point, u32),
    memory: Memory,
}

/// A relay and two agents around it, all of them processes.
struct House {
    relay: Role,
    ada: Arc<Agent>,
    ben: Arc<Agent>,
    death: Option<Death>,
}

impl House {
    async fn new(policies_of_ada: &str, death: Option<Death>) -> Self {
        let relay = Role::relay();
        relay.start(fault_of(death, Victim::Relay)).await;
        let ada = Arc::new(Agent::registered(&relay, policies_of_ada).await);
        let ben = Arc::new(Agent::registered(&relay, OPEN).await);
        Self {
            relay,
            ada,
            ben,
            death,
        }
    }

    /// Has both say all that they have, and counts once all is over: what came to Ben, and what came
    /// to Ada.
    async fn talk_through(&self) -> [Tally; 2] {
        for agent in [&self.ada, &self.ben] {
            agent.gateway.lock().await.script(moods());
        }
        let [by_ada, by_ben] = tokio::join!(self.talk(), self.bring_back()).0;
        let to_ben = Way {
            author: &self.ada,
            receiver: &self.ben,
            accepted: &by_ada,
        };
        let to_ada = Way {
            author: &self.ben,
            receiver: &self.ada,
            accepted: &by_ben,
        };
        to_ben.until_over().await;
        to_ada.until_over().await;
        [to_ben.count().await, to_ada.count().await]
    }

    async fn talk(&self) -> [Vec<Accepted>; 2] {
        let (ada, ben) = (&self.ada, &self.ben);
        ada.role.start(fault_of(self.death, Victim::Ada)).await;
        let mut by_ada = say(ada, &ben.id, Part::First).await;
        ben.role.start(fault_of(self.death, Victim::Ben)).await;
        let (rest, by_ben) =
            tokio::join!(say(ada, &ben.id, Part::Rest), say(ben, &ada.id, Part::All));
        by_ada.extend(rest);
        [by_ada, by_ben]
    }

    /// Starts who died again, once that is so.
    async fn bring_back(&self) {
        let Some(death) = self.death else { return };
        let role = match death.victim {
            Victim::Relay => &self.relay,
            Victim::Ada => &self.ada.role,
            Victim::Ben => &self.ben.role,
        };
        role.until_killed().await;
        if death.memory == Memory::Lost {
            self.ben.gateway.lock().await.restart().await;
        }
        role.start(None).await;
    }
}

fn fault_of(death: Option<Death>, who: Victim) -> Fault {
    let death = death.filter(|death| death.victim == who);
    death.map(|death| death.fault)
}
