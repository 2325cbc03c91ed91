//! What the two agents say while a process dies: in five conversations, each way, one after another
//! within a conversation and all of them at once.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use super::role::Agent;
use crate::support::gateway::Script;

/// How many messages each agent has for each conversation.
const SHARES: [usize; 5] = [60, 10, 10, 10, 10];

/// A message that its author's daemon took: answered with 202.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) id: String,
    pub(crate) conversation: String,
    pub(crate) text: String,
}

/// Which part of its messages an agent sends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    /// The first two fifths of each conversation.
    First,
    /// What the first leaves.
    Rest,
    /// All.
    All,
}

/// Has `author` send this part of its messages to `to`, and gives what was accepted, in the order in
/// which it was said. What got no answer is asked again under its key.
pub(crate) async fn say(author: &Arc<Agent>, to: &str, part: Part) -> Vec<Accepted> {
    let talks = SHARES.into_iter().enumerate().map(|(n, share)| {
        let first = share * 2 / 5;
        let numbers = match part {
            Part::First => 0..first,
            Part::Rest => first..share,
            Part::All => 0..share,
        };
        let (author, to) = (Arc::clone(author), to.to_owned());
        async move {
            let mut accepted = Vec::new();
            for number in numbers {
                match say_one(&author, &to, n, number).await {
                    Some(taken) => accepted.push(taken),
                    None => break,
                }
            }
            accepted
        }
    });
    join_all(talks).await.concat()
}

/// Nothing where the conversation is over.
async fn say_one(author: &Agent, to: &str, talk: usize, number: usize) -> Option<Accepted> {
    let mark = format!("{}-{talk}-{number}", author.id);
    let text = match number % 4 {
        0 => format!("{mark}: hello"),
        1 => format!("{mark}: سلام، می\u{200c}خواهم بپرسم"),
        2 => format!("{mark}: 👩\u{200d}💻 and 🎉"),
        _ => format!(
            "{mark}: {}",
            "a longer one, with words and words. ".repeat(20)
        ),
    };
    let request = json!({
        "to": to,
        "content": text,
        "conversation_id": format!("talk-{talk}"),
        "idempotency_key": mark,
    });
    let (status, answer) = author.ask(Method::POST, "/send", &request).await;
    match status {
        202 => Some(Accepted {
            id: answer["message_id"].as_str().unwrap().to_owned(),
            conversation: answer["conversation_id"].as_str().unwrap().to_owned(),
            text,
        }),
        // Only where a policy counts turns.
        403 | 409 => None,
        other => panic!("{mark}: {other} {answer}"),
    }
}

/// What a gateway does with the first hundred requests: mostly what it always does.
pub(crate) fn moods() -> impl Iterator<Item = Script> {
    let answer = |status, headers, body: &str| Script::Answer {
        status,
        headers,
        body: body.to_owned(),
    };
    let busy = r#"{"ok":false,"error":"hook session busy"}"#;
    (0..100).map(move |n| match n {
        9 | 60 => answer(503, vec![], busy),
        30 => answer(429, vec![("retry-after", "1".to_owned())], "slow down"),
        n if n == RUN_UNHEARD => Script::RunAndHangUp,
        n if n % 5 == 0 => Script::RunAndAnswerLate(Duration::from_millis(60)),
        _ => USUAL,
    })
}

/// What a gateway always does.
pub(crate) const USUAL: Script = Script::RunAndAnswerLate(Duration::ZERO);

/// The request after which the gateway runs the message and hangs up.
const RUN_UNHEARD: usize = 46;
