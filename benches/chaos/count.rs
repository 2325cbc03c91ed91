//! The counting, once all is left in peace: what each gateway admitted of what the daemons accepted.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::agent::Agent;
use super::gateway::Run;
use super::talk::Accepted;

/// How often it is asked whether all is settled.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// How long that may take: what goes again does so after five minutes at most.
const PATIENCE: Duration = Duration::from_secs(420);

/// How many of what went wrong are told with their stories.
const TOLD: usize = 5;

/// What became of one way of the talk.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) accepted: usize,
    /// Runs of the agent, and those of several messages among them.
    pub(crate) runs: usize,
    pub(crate) batches: usize,
    /// Never admitted, and visibly refused, held or given up.
    pub(crate) visible: usize,
    pub(crate) lost: usize,
    /// Admitted more than once, and marked that it may be so.
    pub(crate) explained: usize,
    pub(crate) unexplained: usize,
    /// Marked, admitted once or more.
    pub(crate) marked: usize,
    /// Admitted with another text than was sent.
    pub(crate) changed: usize,
    /// Admitted though no daemon said that it was accepted.
    pub(crate) unasked: usize,
    /// Admitted, for the first time, before one that was accepted earlier in its conversation.
    pub(crate) overtook: usize,
    /// The longest from the 202 to the gateway's answer.
    pub(crate) longest: Duration,
}

/// Messages that went one way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way<'a> {
    pub(crate) author: &'a Agent,
    pub(crate) receiver: &'a Agent,
    pub(crate) accepted: &'a [Accepted],
}

impl Tally {
    /// Whether nothing was lost, run again without a mark, changed or made up. What overtook is counted
    /// alone: a message that the relay could not store goes again behind those under way with it.
    pub(crate) fn is_clean(&self) -> bool {
        self.lost + self.unexplained + self.changed + self.unasked == 0
    }
}

impl Way<'_> {
    /// Waits until each message has come to its end and both daemons know; whether that came about.
    pub(crate) async fn until_over(&self) -> bool {
        let end = Instant::now() + PATIENCE;
        let mut open: Vec<&Accepted> = self.accepted.iter().collect();
        loop {
            let admitted = admitted_ids(&self.runs().await);
            open.retain(|one| !admitted.contains(&one.id));
            let mut left = Vec::new();
            for one in open {
                if !self.is_visible(one).await {
                    left.push(one);
                }
            }
            open = left;
            let is_quiet = self.is_quiet().await;
            if open.is_empty() && is_quiet {
                return true;
            }
            if Instant::now() > end {
                return false;
            }
            sleep(ASK_EVERY).await;
        }
    }

    /// Counts, and tells the stories of the first that went wrong.
    pub(crate) async fn count(&self) -> Tally {
        let runs = self.runs().await;
        let mut seen: BTreeMap<&str, Vec<&Run>> = BTreeMap::new();
        let mut order: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for run in &runs {
            for (id, conversation) in ids(run) {
                let of_it = seen.entry(id).or_default();
                of_it.push(run);
                if of_it.len() == 1 {
                    order.entry(conversation).or_default().push(id);
                }
            }
        }
        let mut tally = Tally {
            accepted: self.accepted.len(),
            runs: runs.len(),
            batches: runs.iter().filter(|run| ids(run).count() > 1).count(),
            ..Tally::default()
        };
        let mut expected: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for one in self.accepted {
            let of_it = seen.remove(one.id.as_str()).unwrap_or_default();
            self.count_one(one, &of_it, &mut tally).await;
            if !of_it.is_empty() {
                let talk = expected.entry(&one.conversation).or_default();
                talk.push(&one.id);
            }
        }
        for (id, of_it) in &seen {
            tally.unasked += 1;
            println!("UNASKED: {id}: {of_it:?}");
        }
        for (conversation, talk) in &expected {
            let admitted = order.get(conversation).map_or(&[][..], Vec::as_slice);
            tally.overtook += overtook(talk, admitted);
        }
        tally
    }

    async fn count_one(&self, one: &Accepted, of_it: &[&Run], tally: &mut Tally) {
        if of_it.is_empty() {
            match self.is_visible(one).await {
                true => tally.visible += 1,
                false => {
                    tally.lost += 1;
                    self.tell("LOST", one, tally.lost).await;
                }
            }
            return;
        }
        let story = self.receiver.story(&one.id).await;
        let is_marked = story["may_repeat"] == true;
        tally.marked += usize::from(is_marked);
        match (of_it.len() > 1, is_marked) {
            (true, true) => tally.explained += 1,
            (true, false) => {
                tally.unexplained += 1;
                self.tell("REPEATED", one, tally.unexplained).await;
                for run in of_it {
                    println!("  {} under {:?}", run.id, run.idempotency_key);
                }
            }
            (false, _) => {}
        }
        if !of_it.iter().all(|run| run.message.contains(&one.text)) {
            tally.changed += 1;
            self.tell("CHANGED", one, tally.changed).await;
        }
        if let Some(at_ms) = delivered_at_ms(&story) {
            let took = Duration::from_millis(at_ms.saturating_sub(one.at_ms));
            tally.longest = tally.longest.max(took);
        }
    }

    /// Whether a person can see that it goes no further.
    async fn is_visible(&self, one: &Accepted) -> bool {
        let sent = self.author.story(&one.id).await;
        if matches!(sent["state"].as_str(), Some("refused" | "held")) {
            return true;
        }
        let came = self.receiver.story(&one.id).await;
        matches!(
            came["state"].as_str(),
            Some("refused" | "held" | "dead" | "dropped")
        )
    }

    async fn is_quiet(&self) -> bool {
        for agent in [self.author, self.receiver] {
            let status = agent.get("/status").await;
            if status["inbox"] != 0 || status["outbox"] != 0 {
                return false;
            }
        }
        true
    }

    async fn runs(&self) -> Vec<Run> {
        self.receiver.gateway.lock().await.runs()
    }

    async fn tell(&self, what: &str, one: &Accepted, nth: usize) {
        if nth > TOLD {
            return;
        }
        println!("{what}: {one:?}");
        println!("  author: {}", self.author.story(&one.id).await);
        println!("  receiver: {}", self.receiver.story(&one.id).await);
    }
}

/// How many came before one that should have come before them.
fn overtook(talk: &[&str], admitted: &[&str]) -> usize {
    let place: BTreeMap<&str, usize> = talk.iter().enumerate().map(|(n, id)| (*id, n)).collect();
    let places = admitted.iter().filter_map(|id| place.get(id));
    let places: Vec<_> = places.collect();
    places.windows(2).filter(|two| two[0] > two[1]).count()
}

fn admitted_ids(runs: &[Run]) -> BTreeSet<String> {
    let all = runs.iter().flat_map(ids);
    all.map(|(id, _)| id.to_owned()).collect()
}

/// The messages of a run, each with its conversation. No content has a line that begins so.
fn ids(run: &Run) -> impl Iterator<Item = (&str, &str)> {
    let lines = run.message.lines();
    let conversation = lines
        .clone()
        .find_map(|line| line.strip_prefix("Conversation: "));
    lines
        .filter_map(|line| line.strip_prefix("Message id: "))
        .map(move |id| (id, conversation.unwrap_or_default()))
}

fn delivered_at_ms(story: &Value) -> Option<u64> {
    let events = story["events"].as_array()?;
    let delivered = events.iter().rfind(|event| event["what"] == "delivered");
    delivered?["at"].as_u64()
}
