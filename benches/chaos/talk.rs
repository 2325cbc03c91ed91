//! What the agents say: several lines of talk from each, one message after another in a line. A send
//! without an answer, or with one that says later, is repeated under its key.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::Method;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::agent::Agent;
use super::dice::Dice;

/// Lines of talk from each agent.
pub(crate) const LINES: u64 = 6;

/// The first lines stay in one conversation, each of the others is spread over so many.
const SPREAD: [u64; LINES as usize] = [1, 1, 1, 5, 40, 40];

/// How long a sender waits that was told to come later.
const LATER: Duration = Duration::from_millis(300);

/// A message that its author's daemon answered with 202.
#[derive(Debug, Clone)]
pub(crate) struct Accepted {
    pub(crate) id: String,
    pub(crate) conversation: String,
    pub(crate) text: String,
    /// Unix milliseconds.
    pub(crate) at_ms: u64,
}

/// What came of one line of talk.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) accepted: Vec<Accepted>,
    /// How often each other answer came.
    pub(crate) answers: BTreeMap<String, u64>,
}

/// Where and to whom a line of talk goes.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) author: Arc<Agent>,
    pub(crate) to: String,
    pub(crate) number: u64,
    pub(crate) dice: Dice,
}

impl Line {
    /// Says one thing after another until `end`.
    pub(crate) async fn talk(mut self, end: Instant) -> Said {
        let mut said = Said::default();
        let mut count = 0;
        while Instant::now() < end {
            count += 1;
            self.say(count, &mut said).await;
            let pause = match self.dice.below(5) {
                0 => self.dice.millis(0..20),
                _ => self.dice.millis(100..700),
            };
            sleep(pause).await;
        }
        said
    }

    async fn say(&mut self, count: u64, said: &mut Said) {
        let key = format!("{}-{}-{count}", self.author.id, self.number);
        let text = format!("{key}: {}", self.words());
        let talk = self.dice.below(SPREAD[self.number as usize]);
        let conversation = format!("c-{}-{}-{talk}", self.author.id, self.number);
        let request = json!({
            "to": self.to,
            "content": text,
            "conversation_id": conversation,
            "idempotency_key": key,
        });
        loop {
            let (status, answer) = self.author.ask(&Method::POST, "/send", &request).await;
            if status == 202 {
                said.accepted.push(Accepted {
                    id: answer["message_id"].as_str().unwrap_or_default().to_owned(),
                    conversation,
                    text,
                    at_ms: now_ms(),
                });
                return;
            }
            let code = answer["code"].as_str().unwrap_or_default();
            *said.answers.entry(format!("{status} {code}")).or_default() += 1;
            if !matches!(status, 429 | 500..) {
                return;
            }
            sleep(LATER).await;
        }
    }

    fn words(&mut self) -> String {
        let words = self.dice.one_of(&[
            "hello, are you there?",
            "سلام، می\u{200c}خواهم بپرسم حال شما چطور است",
            "👩\u{200d}💻 and 🎉, 👍🏽 too",
            "a sentence of some words in plain letters, and then one more of them.",
        ]);
        let times = match self.dice.below(10) {
            0 => 20,
            1..4 => 4,
            _ => 1,
        };
        vec![words; times].join(" ")
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}
