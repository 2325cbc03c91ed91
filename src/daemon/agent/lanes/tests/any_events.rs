//! Whatever comes in whatever order: lanes beside a model of the database.

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
}

fn event() -> impl Strategy<Value = Event> {
    let answer = prop_oneof![
        3 => Just(admitted()),
        1 => Just(never()),
        1 => Just(pause()),
        1 => Just(away(None)),
        1 => Just(away(Some(Duration::from_secs(30)))),
        1 => Just(Answer::RetryWithoutSession),
        2 => (any::<bool>(), any::<bool>()).prop_map(|(counts, unknown)| later(counts, unknown, None)),
    ];
    prop_oneof![
        6 => (0..4_u8).prop_map(Event::Arrive),
        3 => (0..30_000_u64).prop_map(Event::Pass),
        6 => Just(Event::Plan),
        8 => (0..8_usize, answer).prop_map(|(which, answer)| Event::Answer(which, answer)),
        1 => Just(Event::HookChanged),
        1 => Just(Event::HookMissing),
        1 => Just(Event::Back),
    ]
}

/// Lanes with a model of the database: the rows that wait, and those that are done.
struct World {
    lanes: Lanes,
    now: Timestamp,
    waiting: BTreeMap<RowId, Row>,
    done: Vec<RowId>,
    arrived: i64,
    under_way: Vec<RowId>,
}

impl World {
    fn new() -> Self {
        Self {
            lanes: Lanes::new(RULES),
            now: START,
            waiting: BTreeMap::new(),
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
                self.waiting.insert(row.id, row);
            }
            Event::Pass(ms) => self.now = self.now + Duration::from_millis(ms),
            Event::Plan => {
                self.plan();
            }
            Event::Answer(which, answer) => {
                if !self.under_way.is_empty() {
                    self.answer(which % self.under_way.len(), answer);
                }
            }
            Event::HookChanged => self.lanes.hook_changed(self.now),
            Event::HookMissing => self.lanes.hook_missing("gone".to_owned()),
            Event::Back => self.lanes.gateway_lives(self.now),
        }
    }

    fn plan(&mut self) -> Option<Timestamp> {
        let rows: Vec<Row> = self.waiting.values().cloned().collect();
        let plan = self.lanes.plan(&rows, self.now);
        for id in plan.expired {
            assert!(self.now.since(self.waiting[&id].stored_at) >= RULES.max_age);
            self.finish(id);
        }
        for id in plan.send {
            let row = &self.waiting[&id];
            let oldest = self.waiting.values().find(|other| other.lane == row.lane);
            assert_eq!(
                oldest,
                Some(row),
                "the oldest of its conversation goes first"
            );
            assert!(
                row.next_attempt_at.is_none_or(|at| at <= self.now),
                "not before its time"
            );
            assert!(!self.under_way.contains(&id));
            self.under_way.push(id);
        }
        let lanes: HashSet<&Lane> = self
            .under_way
            .iter()
            .map(|id| &self.waiting[id].lane)
            .collect();
        assert_eq!(lanes.len(), self.under_way.len(), "one of a conversation");
        assert!(self.under_way.len() <= RULES.max_in_flight);
        assert!(plan.wake_at.is_none_or(|at| at > self.now));
        plan.wake_at
    }

    fn answer(&mut self, which: usize, answer: Answer) {
        let id = self.under_way[which];
        match self.lanes.answered(id, 1, answer, moment(self.now)) {
            Next::AgainWithoutSession => return,
            Next::Wait => {}
            Next::Settle(Settled::Delivered { .. } | Settled::Dead { .. }) => {
                self.waiting.remove(&id);
                self.done.push(id);
            }
            // One alone is never taken apart.
            Next::Settle(Settled::Apart { .. }) => panic!("it was alone"),
            Next::Settle(Settled::Retry {
                attempts,
                next_attempt_at,
                ..
            }) => {
                let row = self.waiting.get_mut(&id).unwrap();
                row.attempts = attempts;
                row.next_attempt_at = Some(next_attempt_at);
            }
        }
        self.under_way.remove(which);
        self.lanes.leave(id);
    }

    fn finish(&mut self, id: RowId) {
        self.waiting.remove(&id);
        self.done.push(id);
        self.lanes.leave(id);
    }

    /// From here on all goes well: everything that came must come to an end.
    fn drain(&mut self) {
        self.lanes.hook_changed(self.now);
        while !self.waiting.is_empty() {
            let wake_at = self.plan();
            if self.under_way.is_empty() && !self.waiting.is_empty() {
                self.now = wake_at.expect("something waits, so there is a time to look again");
            }
            while !self.under_way.is_empty() {
                self.answer(0, admitted());
            }
        }
        self.done.sort();
        let all: Vec<RowId> = (1..=self.arrived).map(RowId).collect();
        assert_eq!(self.done, all, "each came to one end");
    }
}
