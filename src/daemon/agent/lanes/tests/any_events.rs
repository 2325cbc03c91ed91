//! Whatever comes in whatever order: lanes beside a model of the database, which binds batches, is
//! all that outlives a crash, and is changed by a person meanwhile.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn whatever_happens_order_holds_and_nothing_is_forgotten(
        events in prop::collection::vec(event(), 1..120)
    ) {
        let mut world = World::new();
        for event in events {
            world.happen(event);
        }
        world.drain();
    }
}

#[derive(Debug, Clone)]
enum Event {
    Arrive(u8),
    Pass(u64),
    Plan,
    Answer(usize, Answer),
    HookChanged,
    HookMissing,
    Back,
    /// The process is killed and started again: the rows are all that is left.
    Crash,
    /// A person has a dead letter tried again.
    Retry(usize),
    /// A person lets a dead letter go.
    Drop(usize),
    /// A person blocks the peer of a conversation, whatever is under way.
    Block(u8),
}

fn event() -> impl Strategy<Value = Event> {
    let unknown = |(counts, unknown, seconds): (bool, bool, Option<u64>)| {
        later(counts, unknown, seconds.map(Duration::from_secs))
    };
    let answer = prop_oneof![
        3 => Just(admitted()),
        1 => Just(never()),
        1 => Just(pause()),
        1 => Just(away(None)),
        1 => Just(away(Some(Duration::from_secs(30)))),
        1 => Just(Answer::RetryWithoutSession),
        3 => (any::<bool>(), any::<bool>(), prop::option::of(0..90_u64)).prop_map(unknown),
    ];
    prop_oneof![
        6 => (0..4_u8).prop_map(Event::Arrive),
        3 => (0..30_000_u64).prop_map(Event::Pass),
        6 => Just(Event::Plan),
        8 => (any::<usize>(), answer).prop_map(|(which, answer)| Event::Answer(which, answer)),
        1 => Just(Event::HookChanged),
        1 => Just(Event::HookMissing),
        1 => Just(Event::Back),
        1 => Just(Event::Crash),
        1 => any::<usize>().prop_map(Event::Retry),
        1 => any::<usize>().prop_map(Event::Drop),
        1 => (0..4_u8).prop_map(Event::Block),
    ]
}

/// A row that waits, and the first of the batch that it is bound in, if it is.
#[derive(Debug, Clone)]
struct Waiting {
    row: Row,
    batch: Option<RowId>,
}

/// Lanes with a model of the database: the rows that wait, those that were given up, those that are
/// done.
struct World {
    lanes: Lanes,
    now: Timestamp,
    waiting: BTreeMap<RowId, Waiting>,
    dead: Vec<Row>,
    done: Vec<RowId>,
    arrived: i64,
    under_way: Vec<Row>,
}

impl World {
    fn new() -> Self {
        Self {
            lanes: Lanes::new(RULES),
            now: START,
            waiting: BTreeMap::new(),
            dead: Vec::new(),
            done: Vec::new(),
            arrived: 0,
            under_way: Vec::new(),
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrive(lane) => {
                self.arrived += 1;
                let mut row = row(self.arrived, char::from(b'a' + lane));
                row.stored_at = self.now;
                self.waiting.insert(row.id, Waiting { row, batch: None });
            }
            Event::Pass(ms) => self.now = self.now + Duration::from_millis(ms),
            Event::Plan => {
                self.plan();
            }
            Event::Answer(which, answer) => {
                if let Some(at) = which.checked_rem(self.under_way.len()) {
                    self.answer(at, answer);
                }
            }
            Event::HookChanged => self.lanes.hook_changed(self.now),
            Event::HookMissing => self.lanes.hook_missing("gone".to_owned()),
            Event::Back => self.lanes.gateway_lives(self.now),
            Event::Crash => {
                self.lanes = Lanes::new(RULES);
                self.under_way.clear();
            }
            Event::Retry(which) => self.retry(which),
            Event::Drop(which) => {
                if let Some(at) = which.checked_rem(self.dead.len()) {
                    self.done.push(self.dead.remove(at).id);
                }
            }
            Event::Block(lane) => {
                let lane = row(0, char::from(b'a' + lane)).lane;
                let refused = self.waiting.extract_if(.., |_, one| one.row.lane == lane);
                self.done.extend(refused.map(|(id, _)| id));
            }
        }
    }

    fn plan(&mut self) -> Option<Timestamp> {
        let mut heads: BTreeMap<&str, Row> = BTreeMap::new();
        for one in self.waiting.values() {
            let conversation = one.row.lane.conversation.as_str();
            heads.entry(conversation).or_insert(one.row.clone());
        }
        let heads: Vec<Row> = heads.into_values().collect();
        let plan = self.lanes.plan(&heads, self.now);
        for id in plan.expired {
            let age = self.now.since(self.waiting[&id].row.stored_at);
            assert!(age >= RULES.max_age, "given up before its time");
            self.give_up(id);
        }
        for id in plan.send {
            let row = &self.waiting[&id].row;
            assert!(
                row.next_attempt_at.is_none_or(|at| at <= self.now),
                "not before its time"
            );
            assert!(
                heads.contains(row),
                "the oldest of its conversation goes first"
            );
            let is_free = |other: &Row| other.lane != row.lane;
            assert!(self.under_way.iter().all(is_free), "one of a conversation");
            self.under_way.push(row.clone());
            self.bind(id);
        }
        assert!(self.under_way.len() <= RULES.max_in_flight);
        assert!(plan.wake_at.is_none_or(|at| at > self.now));
        plan.wake_at
    }

    /// Binds what waits of the conversation of `head` from there on, up to three, unless it is bound.
    fn bind(&mut self, head: RowId) {
        if self.waiting[&head].batch == Some(head) {
            return;
        }
        let lane = self.waiting[&head].row.lane.clone();
        let behind = self.waiting.range_mut(head..).map(|(_, one)| one);
        behind
            .filter(|one| one.row.lane == lane)
            .take_while(|one| one.row.id == head || one.batch.is_none())
            .take(3)
            .for_each(|one| one.batch = Some(head));
    }

    fn members(&self, head: RowId) -> Vec<RowId> {
        let bound = self.waiting.values().filter(|one| one.batch == Some(head));
        bound.map(|one| one.row.id).collect()
    }

    fn answer(&mut self, at: usize, answer: Answer) {
        let id = self.under_way[at].id;
        let members = self.members(id);
        let after = match &answer {
            Answer::Later { after, .. } => after.unwrap_or_default(),
            Answer::Admitted { .. }
            | Answer::RetryWithoutSession
            | Answer::Never { .. }
            | Answer::Pause { .. }
            | Answer::Away { .. } => Duration::ZERO,
        };
        match self
            .lanes
            .answered(id, members.len(), answer, moment(self.now))
        {
            Next::AgainWithoutSession => return,
            Next::Wait => {}
            Next::Settle(settled) => {
                for member in members {
                    self.settle(member, &settled, after);
                }
            }
        }
        self.under_way.remove(at);
        self.lanes.leave(id);
    }

    fn settle(&mut self, id: RowId, settled: &Settled, after: Duration) {
        let Some(one) = self.waiting.get_mut(&id) else {
            return;
        };
        match settled {
            Settled::Delivered { .. } => {
                self.waiting.remove(&id);
                self.done.push(id);
            }
            Settled::Dead { .. } => {
                self.dead
                    .extend(self.waiting.remove(&id).map(|one| one.row));
            }
            Settled::Apart { .. } => one.batch = Some(id),
            Settled::Retry {
                attempts,
                next_attempt_at,
                ..
            } => {
                assert!(*attempts < RULES.attempts, "attempts are bounded");
                let wait = next_attempt_at.since(self.now);
                assert!(wait >= after.max(RULES.retry.first / 2), "{wait:?}");
                assert!(wait <= after.max(RULES.retry.most), "{wait:?}");
                one.row.attempts = *attempts;
                one.row.next_attempt_at = Some(*next_attempt_at);
            }
        }
    }

    fn give_up(&mut self, id: RowId) {
        let batch = self.waiting[&id].batch;
        self.dead
            .extend(self.waiting.remove(&id).map(|one| one.row));
        for one in self.waiting.values_mut() {
            if batch.is_some() && one.batch == batch {
                one.batch = Some(one.row.id);
            }
        }
        self.lanes.leave(id);
    }

    fn retry(&mut self, which: usize) {
        let Some(at) = which.checked_rem(self.dead.len()) else {
            return;
        };
        let row = Row {
            stored_at: self.now,
            attempts: 0,
            next_attempt_at: None,
            ..self.dead.remove(at)
        };
        let batch = Some(row.id);
        self.waiting.insert(row.id, Waiting { row, batch });
    }

    /// From here on all goes well: everything that came must come to an end.
    fn drain(&mut self) {
        self.lanes.hook_changed(self.now);
        while !self.waiting.is_empty() || !self.under_way.is_empty() {
            let wake_at = self.plan();
            if self.under_way.is_empty() && !self.waiting.is_empty() {
                self.now = wake_at.expect("something waits, so there is a time to look again");
            }
            while !self.under_way.is_empty() {
                self.answer(0, admitted());
            }
        }
        self.done.extend(self.dead.iter().map(|row| row.id));
        self.done.sort();
        let all: Vec<RowId> = (1..=self.arrived).map(RowId).collect();
        assert_eq!(self.done, all, "each came to one end");
    }
}
