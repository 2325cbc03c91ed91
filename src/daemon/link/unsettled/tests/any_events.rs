//! Whatever the relay says in whatever order: a session's messages beside a model of the outbox, of
//! writes to the disk that take a while or fail, and of connections that go.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::daemon::backoff::Jitter;
use crate::daemon::outbound::{Settlement, settlement};

proptest! {
    #[test]
    fn what_is_not_settled_goes_again_once_it_may_and_nothing_is_forgotten(
        named in any::<bool>(),
        events in prop::collection::vec(event(), 1..150),
    ) {
        let mut world = World::new(named);
        for event in events {
            world.happen(event);
            world.check();
        }
        world.drain();
    }
}

#[derive(Debug, Clone)]
enum Event {
    /// So many drafts.
    Draft(u8),
    /// A look into the outbox; what may go is written.
    Look,
    /// An answer to one that was written in this session, which may be settled long since.
    Answer(usize, Word),
    /// An answer to a message that never was.
    Foreign(Word),
    /// The oldest write to the disk comes to its end, well or not.
    Write(bool),
    /// Time passes, and answers are overdue.
    Pass(u64),
    /// Nothing was read until now.
    Unread,
    /// The connection goes, and what is unanswered is written down.
    Reconnect,
    /// The process is killed.
    Crash,
}

#[derive(Debug, Clone, Copy)]
enum Word {
    Status(Status),
    Error(ErrorCode),
    /// Of a version 1 relay, on an `end`.
    Ended,
}

fn event() -> impl Strategy<Value = Event> {
    let word = || {
        let status = prop::sample::select(&[Status::Sent, Status::Queued, Status::Rejected][..]);
        prop_oneof![
            status.prop_map(Word::Status),
            prop::sample::select(&ErrorCode::ALL[..]).prop_map(Word::Error),
            Just(Word::Ended),
        ]
    };
    prop_oneof![
        3 => (1..40_u8).prop_map(Event::Draft),
        6 => Just(Event::Look),
        8 => (any::<usize>(), word()).prop_map(|(which, word)| Event::Answer(which, word)),
        1 => word().prop_map(Event::Foreign),
        8 => any::<bool>().prop_map(Event::Write),
        2 => (0..20_000_u64).prop_map(Event::Pass),
        1 => Just(Event::Unread),
        1 => Just(Event::Reconnect),
        1 => Just(Event::Crash),
    ]
}

/// A row of the outbox.
#[derive(Debug, Default)]
struct Row {
    is_done: bool,
    next_at: Option<Timestamp>,
    attempts: Attempts,
}

struct World {
    named: bool,
    now: Timestamp,
    rows: BTreeMap<RowId, Row>,
    unsettled: Unsettled,
    /// Written in this session, each as often as it was, in order.
    written: Vec<RowId>,
    /// Written in this session, and no word on them is on disk.
    open: BTreeSet<RowId>,
    /// Writes to the disk under way.
    writes: VecDeque<(RowId, Settlement)>,
}

impl World {
    fn new(named: bool) -> Self {
        Self {
            named,
            now: NOW,
            rows: BTreeMap::new(),
            unsettled: Unsettled::new(named),
            written: Vec::new(),
            open: BTreeSet::new(),
            writes: VecDeque::new(),
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Draft(count) => {
                for _ in 0..count {
                    let row = RowId(i64::try_from(self.rows.len()).unwrap());
                    self.rows.insert(row, Row::default());
                }
            }
            Event::Look => self.look(),
            Event::Answer(which, word) => {
                if let Some(at) = which.checked_rem(self.written.len()) {
                    self.answer(self.written[at], word);
                }
            }
            Event::Foreign(word) => self.answer(RowId(-1), word),
            Event::Write(well) => self.write(well),
            Event::Pass(ms) => {
                self.now = self.now + Duration::from_millis(ms);
                for one in self.unsettled.overdue(self.now) {
                    self.settle(&one, Said::Nothing);
                }
            }
            Event::Unread => self.unsettled.restart(self.now),
            Event::Reconnect => self.reconnect(),
            Event::Crash => {
                self.writes.clear();
                self.begin_session();
            }
        }
    }

    fn reconnect(&mut self) {
        let fresh = Unsettled::new(self.named);
        for one in std::mem::replace(&mut self.unsettled, fresh).into_all() {
            self.settle(&one, Said::Gone);
        }
        while !self.writes.is_empty() {
            self.write(true);
        }
        self.begin_session();
    }

    fn begin_session(&mut self) {
        self.unsettled = Unsettled::new(self.named);
        self.written.clear();
        self.open.clear();
    }

    /// Takes what the outbox gives, within the room that there is.
    fn look(&mut self) {
        let (room, busy, now) = (self.unsettled.room(), self.unsettled.busy(), self.now);
        let may_go = |row: &Row| !row.is_done && row.next_at.is_none_or(|at| at <= now);
        let ready: Vec<RowId> = self
            .rows
            .iter()
            .filter(|(id, row)| may_go(row) && !busy.contains(id))
            .map(|(id, _)| *id)
            .take(room)
            .collect();
        for id in ready {
            assert!(self.open.insert(id), "{id:?} went twice in a session");
            self.written.push(id);
            self.unsettled.add(UnderWay {
                attempts: self.rows[&id].attempts,
                sent_at: self.now,
                ..under_way(id.0, kind(id))
            });
        }
    }

    fn answer(&mut self, row: RowId, word: Word) {
        let name = format!("m{}", row.0);
        let (one, said) = match word {
            Word::Status(status) => {
                let frame = StatusFrame {
                    status,
                    ..status_frame(&name)
                };
                (self.unsettled.status(&frame), Said::Status(status, None))
            }
            Word::Error(code) => {
                let frame = ErrorFrame {
                    code: Ok(code),
                    ..error(self.named.then_some(name.as_str()))
                };
                (self.unsettled.error(&frame), said(frame))
            }
            Word::Ended => {
                let frame = ended("c1", EndReason::ParticipantEnded);
                (self.unsettled.ended(&frame), Said::Ended)
            }
        };
        let Some(one) = one else { return };
        match word {
            Word::Ended => assert_eq!((self.named, one.kind), (false, Kind::End)),
            // It names nothing: the one that is under way is meant, whichever it is.
            Word::Error(_) if !self.named => {}
            Word::Status(_) | Word::Error(_) => assert_eq!(one.row, row, "another's answer"),
        }
        assert!(self.open.contains(&one.row), "{one:?} was settled before");
        self.settle(&one, said);
    }

    fn settle(&mut self, one: &UnderWay, said: Said) {
        let settlement = settlement(said, one.attempts, Jitter::new(1.0));
        self.writes.push_back((one.row, settlement));
    }

    fn write(&mut self, well: bool) {
        let Some((id, settlement)) = self.writes.pop_front().filter(|_| well) else {
            return;
        };
        let row = self.rows.get_mut(&id).unwrap();
        assert!(!row.is_done, "{id:?} came to two ends");
        match settlement {
            Settlement::Again(again) => {
                row.next_at = Some(self.now + again.after);
                row.attempts.count += 1;
                row.attempts.last = again.word.or(row.attempts.last);
            }
            Settlement::Sent
            | Settlement::AtRelay
            | Settlement::Refused(_)
            | Settlement::ConversationEnded(_) => row.is_done = true,
        }
        self.open.remove(&id);
        self.unsettled.kept(id);
    }

    fn check(&self) {
        let window = if self.named { WINDOW } else { 1 };
        let under_way = self.unsettled.under_way.len();
        assert!(under_way <= window, "{under_way} under way");
        assert_eq!(self.unsettled.room(), window - under_way);
        let busy: BTreeSet<RowId> = self.unsettled.busy().into_iter().collect();
        assert_eq!(busy, self.open);
    }

    /// From here on all goes well, on a new connection: everything comes to its end.
    fn drain(&mut self) {
        self.reconnect();
        while self.rows.values().any(|row| !row.is_done) {
            self.look();
            if self.written.is_empty() {
                let waiting = self.rows.values().filter(|row| !row.is_done);
                let next = waiting.filter_map(|row| row.next_at).min();
                let next = next.filter(|at| *at > self.now);
                self.now = next.expect("something waits, so there is a time when it goes");
            }
            for row in std::mem::take(&mut self.written) {
                self.answer(row, Word::Status(Status::Sent));
                self.write(true);
            }
            self.check();
        }
    }
}

fn kind(row: RowId) -> Kind {
    match row.0 % 4 {
        0 => Kind::End,
        _ => Kind::Text,
    }
}
