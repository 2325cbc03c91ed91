//! The counting: what each gateway admitted of what the daemons accepted, once nothing is on its way.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio::time::{interval, timeout};

use super::role::Agent;
use super::talk::Accepted;
use super::{ASK_EVERY, PATIENCE};

/// What became of one way of the talk.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Messages that the gateway ran more than once.
    pub(crate) repeated: usize,
    /// The stories of messages that the receiver or the relay refused.
    pub(crate) refused: Vec<Value>,
}

/// Messages that went one way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way<'a> {
    pub(crate) author: &'a Agent,
    pub(crate) receiver: &'a Agent,
    pub(crate) accepted: &'a [Accepted],
}

/// Where a message is, by its author and by its receiver.
type Stand<'a> = (Option<&'a str>, Option<&'a str>);

impl Way<'_> {
    /// Waits until each message has come to its end: nothing waits in either daemon, and what the
    /// relay keeps has come out.
    pub(crate) async fn until_over(&self) {
        let mut again = interval(ASK_EVERY);
        let over = async {
            while !self.is_over().await {
                again.tick().await;
            }
        };
        if timeout(PATIENCE, over).await.is_err() {
            panic!("{}", self.told().await);
        }
    }

    async fn is_over(&self) -> bool {
        for agent in [self.author, self.receiver] {
            let status = agent.get("/status").await;
            if status["inbox"] != 0 || status["outbox"] != 0 {
                return false;
            }
        }
        let (sent, came) = self.boxes().await;
        let mut stands = self.accepted.iter().map(|one| stand(one, &sent, &came));
        stands.all(|stand| end_of(stand).is_some())
    }

    /// Counts at the gateway, and holds that everything which was accepted was admitted: once, or
    /// again where nobody can know whether it was and its row says so.
    pub(crate) async fn count(&self) -> Tally {
        let (sent, came) = self.boxes().await;
        let runs = self.receiver.gateway.lock().await.runs();
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        let mut order: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for run in &runs {
            // What waited goes together, and all of it is of one conversation.
            let conversation = lines(&run.message, "Conversation: ").next().unwrap();
            for id in lines(&run.message, "Message id: ") {
                let count = times.entry(id).or_default();
                *count += 1;
                if *count == 1 {
                    order.entry(conversation).or_default().push(id);
                }
            }
        }
        let mut tally = Tally::default();
        let mut expected: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for one in self.accepted {
            let count = times.remove(one.id.as_str()).unwrap_or_default();
            let end = end_of(stand(one, &sent, &came)).unwrap();
            if end == End::Refused {
                assert_eq!(count, 0, "{one:?}");
                tally.refused.push(self.author.story(&one.id).await);
                continue;
            }
            let talk = expected.entry(&one.conversation).or_default();
            talk.push(&one.id);
            assert!(count > 0, "lost: {one:?}: {}", self.told().await);
            let run = runs.iter().find(|run| run.message.contains(&one.id));
            assert!(run.unwrap().message.contains(&one.text), "{one:?}");
            assert!(
                count == 1 || self.may_repeat(one).await,
                "{count} times: {one:?}"
            );
            tally.repeated += usize::from(count > 1);
        }
        assert_eq!(
            times,
            BTreeMap::new(),
            "run, though nobody was told that it is accepted"
        );
        assert_eq!(order, expected, "the order within a conversation");
        tally
    }

    /// Whether its row says that it may have been run twice.
    async fn may_repeat(&self, one: &Accepted) -> bool {
        let story = self.receiver.story(&one.id).await;
        story["may_repeat"].as_bool().unwrap()
    }

    async fn boxes(&self) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
        let sent = states(&self.author.get("/outbox?limit=500").await);
        (sent, states(&self.receiver.get("/inbox?limit=500").await))
    }

    /// Everything that helps to understand what went wrong.
    async fn told(&self) -> String {
        let (sent, came) = self.boxes().await;
        let left = self
            .accepted
            .iter()
            .map(|one| (one, stand(one, &sent, &came)));
        let left: Vec<_> = left.filter(|(_, stand)| end_of(*stand).is_none()).collect();
        format!(
            "not over: {left:?}\nauthor: {}\nreceiver: {}\n{}\n{}",
            self.author.get("/status").await,
            self.receiver.get("/status").await,
            self.author.role.log(),
            self.receiver.role.log(),
        )
    }
}

/// How a message came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Delivered,
    Refused,
}

fn end_of(stand: Stand<'_>) -> Option<End> {
    match stand {
        (Some("sent" | "at_relay"), Some("delivered")) => Some(End::Delivered),
        (Some("refused"), None | Some("refused")) => Some(End::Refused),
        (Some("at_relay"), Some("refused")) => Some(End::Refused),
        _ => None,
    }
}

fn stand<'a>(
    one: &Accepted,
    sent: &'a BTreeMap<String, String>,
    came: &'a BTreeMap<String, String>,
) -> Stand<'a> {
    let state = |states: &'a BTreeMap<String, String>| states.get(&one.id).map(String::as_str);
    (state(sent), state(came))
}

fn states(listed: &Value) -> BTreeMap<String, String> {
    let messages = listed["messages"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    messages
        .map(|message| (text(&message["message_id"]), text(&message["state"])))
        .collect()
}

fn lines<'a>(message: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    message
        .lines()
        .filter_map(move |line| line.strip_prefix(name))
}
