//! Whatever is drafted, said and decided in whatever order: the rows of the outbox beside what they
//! were before.

mod events;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;

use super::held::Standing;
use super::*;
use crate::daemon::backoff::Jitter;
use crate::daemon::outbound::{Said, settlement};
use crate::daemon::schema;
use crate::types::{ConversationId, Digest, ErrorCode, Kind, MessageId};
use crate::wire::frame::Status;
use events::{Event, Judgement, event, ruled};

const DAY_MS: u64 = 24 * 3_600_000;
const START: Timestamp = Timestamp::from_millis(1_795_381_804_000);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_row_goes_only_where_it_may_not_before_its_time_and_none_is_lost(
        events in prop::collection::vec(event(), 1..80)
    ) {
        let mut world = World::new();
        for event in events {
            world.happen(event);
            world.check();
        }
        world.drain();
    }
}

/// What is read of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    state: String,
    recipient: String,
    next_at: Option<u64>,
    queued_at: Option<u64>,
    settled_at: Option<u64>,
    attempts: u32,
    told: Option<String>,
}

/// Where a row may go from a state, beside staying there.
fn may_become(state: &str) -> &'static [&'static str] {
    match state {
        "held" => &["queued", "refused"],
        "queued" => &["sent", "at_relay", "refused"],
        _ => &[],
    }
}

struct World {
    connection: Connection,
    now: Timestamp,
    under_way: Vec<Admitted>,
    before: BTreeMap<RowId, Seen>,
}

impl World {
    fn new() -> Self {
        let connection = Connection::open_in_memory().unwrap();
        for step in schema::MIGRATIONS {
            connection.execute_batch(step).unwrap();
        }
        Self {
            connection,
            now: START,
            under_way: Vec::new(),
            before: BTreeMap::new(),
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Draft(to, judged) => self.draft(to, judged),
            Event::Look(limit) => {
                let found = self.look(limit);
                self.under_way.extend(found);
            }
            Event::Hear(which, said) => {
                if let Some(at) = which.checked_rem(self.under_way.len()) {
                    let message = self.under_way.remove(at);
                    self.hear(&message, said);
                }
            }
            Event::HearAgain(which, said) => self.hear_again(which, said),
            Event::Pass(ms) => self.now = self.now + Duration::from_millis(ms),
            Event::Release(which, judged) => {
                if let Some(row) = self.one_of("held", which) {
                    self.release(row, judged);
                }
            }
            Event::Refuse(which) => {
                if let Some(row) = self.one_of("held", which) {
                    held::refuse(&self.connection, row, self.now, "by the owner").unwrap();
                }
            }
            Event::Block(to) => {
                let entries = refuse_all_to(&self.connection, &receiver(to), self.now, "blocked");
                assert!(entries.unwrap().len() <= self.before.len());
            }
            Event::Crash => self.under_way.clear(),
            Event::Overdue => self.refuse_overdue(),
        }
    }

    fn draft(&mut self, to: usize, judged: Judgement) {
        let conversation = ConversationId::new("c-1").unwrap();
        let message = Message {
            id: MessageId::new(&format!("m{}", self.before.len())).unwrap(),
            from: AgentId::new("41490369").unwrap(),
            to: receiver(to),
            kind: Kind::Text,
            content: "hello".to_owned(),
            conversation: Some(conversation.clone()),
            turn: None,
            max_turns: None,
        };
        let (state, ruling) = ruled(judged);
        let row = NewRow {
            message: &message,
            conversation: &conversation,
            created_at: self.now,
            state,
            reason: None,
            idempotency_key: None,
            request: Digest::of(b""),
        };
        insert(&self.connection, &row, &ruling).unwrap();
    }

    /// Looks for up to `limit` messages, and at what was found.
    fn look(&self, limit: usize) -> Vec<Admitted> {
        let busy: HashSet<RowId> = self.under_way.iter().map(|one| one.row).collect();
        let Ready { messages, next_at } = ready(&self.connection, limit, &busy, self.now).unwrap();
        let now = self.now.as_millis();
        let is_live = |seen: &Seen| seen.state == "queued" && self.age(seen) < 7 * DAY_MS;
        let waits = |seen: &Seen| is_live(seen) && seen.next_at.is_some_and(|at| at > now);
        let kept_back: BTreeSet<&str> = self
            .before
            .values()
            .filter(|seen| waits(seen))
            .map(|seen| seen.recipient.as_str())
            .collect();
        let may_go = |(row, seen): &(&RowId, &Seen)| {
            let is_queued = is_live(seen) && !kept_back.contains(seen.recipient.as_str());
            is_queued && !busy.contains(*row)
        };
        let expected = self.before.iter().filter(may_go).map(|(row, _)| *row);
        let expected: Vec<RowId> = expected.take(limit).collect();
        let found: Vec<RowId> = messages.iter().map(|message| message.row).collect();
        assert_eq!(
            found, expected,
            "the oldest that may go, all of them, and no other"
        );
        let times = self.before.values().filter(|seen| waits(seen));
        let next = times.filter_map(|seen| seen.next_at).min();
        assert_eq!(next_at.map(Timestamp::as_millis), next);
        messages
    }

    /// How long a row has waited for the relay.
    fn age(&self, seen: &Seen) -> u64 {
        self.now.as_millis() - seen.queued_at.expect("it is known since when")
    }

    fn refuse_overdue(&mut self) {
        let told = expiry::refuse_overdue(&self.connection, self.now).unwrap();
        let overdue = self.before.values();
        let overdue = overdue.filter(|seen| seen.state == "queued" && self.age(seen) > 7 * DAY_MS);
        // The last minutes are for the relay's word on the last attempt.
        let overdue: Vec<u64> = overdue.map(|seen| self.age(seen) - 7 * DAY_MS).collect();
        let certain = overdue.iter().filter(|late| **late >= 10 * 60_000).count();
        assert_eq!(told.len(), certain);
    }

    fn hear(&self, message: &Admitted, said: Said) {
        let settlement = settlement(said.clone(), message.attempts, Jitter::new(0.0));
        let entry = settle(&self.connection, message.row, &settlement, self.now).unwrap();
        let seen = self.seen(message.row);
        let before = &self.before[&message.row];
        if before.state != "queued" {
            assert_eq!((entry, &seen), (None, before), "a person was first");
            return;
        }
        assert_eq!(seen.attempts, before.attempts + 1);
        if said == Said::Error(Ok(ErrorCode::RateLimited), "slower".to_owned()) {
            let at = seen.next_at.expect("it goes again");
            assert!(at >= (self.now + Duration::from_millis(2_500)).as_millis());
        }
        let word = match seen.state.as_str() {
            "queued" => "retry",
            state => state,
        };
        assert_eq!(seen.told.as_deref(), Some(word), "the story tells it");
    }

    /// What comes for a message that is settled, or was never sent, changes nothing.
    fn hear_again(&self, which: usize, said: Said) {
        let rows: Vec<RowId> = self.before.keys().copied().collect();
        let Some(at) = which.checked_rem(rows.len()) else {
            return;
        };
        let before = &self.before[&rows[at]];
        if before.state == "queued" {
            return;
        }
        let settlement = settlement(said, Attempts::default(), Jitter::new(0.0));
        let entry = settle(&self.connection, rows[at], &settlement, self.now).unwrap();
        assert_eq!((entry, &self.seen(rows[at])), (None, before));
    }

    fn release(&self, row: RowId, judged: Judgement) {
        let (state, ruling) = ruled(judged);
        let standing = Standing {
            state,
            turn: None,
            max_turns: None,
            reason: None,
        };
        held::judged_again(&self.connection, row, &standing, &ruling, self.now).unwrap();
    }

    fn one_of(&self, state: &str, which: usize) -> Option<RowId> {
        let rows = self.before.iter().filter(|(_, seen)| seen.state == state);
        let rows: Vec<RowId> = rows.map(|(row, _)| *row).collect();
        let at = which.checked_rem(rows.len())?;
        Some(rows[at])
    }

    /// Looks at every row beside what it was.
    fn check(&mut self) {
        let after = self.all();
        for (row, before) in &self.before {
            let now = &after[row];
            if now.state == before.state {
                let is_open = matches!(before.state.as_str(), "queued" | "held");
                assert!(is_open || now == before, "{before:?} became {now:?}");
            } else {
                let allowed = may_become(&before.state).contains(&now.state.as_str());
                assert!(allowed, "{before:?} became {now:?}");
            }
        }
        for seen in after.values() {
            let is_at_its_end = may_become(&seen.state).is_empty();
            assert_eq!(seen.settled_at.is_some(), is_at_its_end, "{seen:?}");
        }
        self.before = after;
    }

    /// From here on all goes well: everything but what is held comes to its end.
    fn drain(&mut self) {
        self.happen(Event::Crash);
        while self.before.values().any(|seen| seen.state == "queued") {
            let found = self.look(100);
            if found.is_empty() {
                let waits = self.before.values().filter(|seen| seen.state == "queued");
                let next = waits.filter_map(|seen| seen.next_at).max();
                match next.filter(|next| *next > self.now.as_millis()) {
                    Some(next) => self.now = Timestamp::from_millis(next),
                    None => {
                        self.now = self.now + Duration::from_secs(10 * 60);
                        self.refuse_overdue();
                        self.check();
                        let is_open = |seen: &Seen| seen.state == "queued";
                        let left = self.before.values().filter(|seen| is_open(seen)).count();
                        assert_eq!(left, 0, "nothing goes and nothing will");
                    }
                }
            }
            for message in found {
                self.hear(&message, Said::Status(Status::Sent, None));
            }
            self.check();
        }
    }

    fn seen(&self, row: RowId) -> Seen {
        self.all().remove(&row).unwrap()
    }

    fn all(&self) -> BTreeMap<RowId, Seen> {
        let sql = "SELECT *, (SELECT what FROM story WHERE story.id = outbox.id
                              ORDER BY seq DESC LIMIT 1) AS told FROM outbox";
        let mut query = self.connection.prepare_cached(sql).unwrap();
        let rows = query.query_map([], |row| {
            let seen = Seen {
                state: row.get("state")?,
                recipient: row.get("recipient")?,
                next_at: row.get("next_attempt_at")?,
                queued_at: row.get("queued_at")?,
                settled_at: row.get("settled_at")?,
                attempts: row.get("attempts")?,
                told: row.get("told")?,
            };
            Ok((RowId(row.get("row")?), seen))
        });
        rows.unwrap().map(Result::unwrap).collect()
    }
}

fn receiver(which: usize) -> AgentId {
    AgentId::new(["10000001", "10000002", "10000003"][which]).unwrap()
}
