//! Whatever is offered, written, drained and acknowledged in whatever order: a connection's window
//! and its room beside a model of the mailbox.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::relay::conversation::ConnectionId;
use crate::relay::directory::tests::resident;
use crate::relay::fixture;
use crate::relay::hub::{Live, Order, Orders};
use crate::wire::Features;

/// What stands unacknowledged on a connection at the most, by the protocol.
const MOST: usize = 128;

/// How long a receiver has, in this model.
const WITHIN: Duration = Duration::from_secs(5);

proptest! {
    #[test]
    fn at_most_128_stand_unacknowledged_and_none_is_lost(
        events in prop::collection::vec(event(), 1..150)
    ) {
        let mut world = World::new();
        for event in events {
            world.happen(event);
            world.check();
        }
        world.end();
    }
}

#[derive(Debug, Clone)]
enum Event {
    /// So many new messages for this connection.
    Offer(u8),
    /// A message that is not acknowledged yet comes again.
    Again(usize),
    /// So many orders are obeyed.
    Write(u8),
    /// So much mail of the mailbox is written.
    Drain(u8),
    /// The receiver acknowledges one that was written, perhaps once more.
    Acknowledge(usize),
    /// It acknowledges what nobody sent.
    Foreign,
    Pass(u64),
}

fn event() -> impl Strategy<Value = Event> {
    let any = any::<usize>;
    prop_oneof![
        5 => (1..60_u8).prop_map(Event::Offer),
        1 => any().prop_map(Event::Again),
        5 => (1..60_u8).prop_map(Event::Write),
        3 => (1..60_u8).prop_map(Event::Drain),
        6 => any().prop_map(Event::Acknowledge),
        1 => Just(Event::Foreign),
        2 => (0..4_000_u64).prop_map(Event::Pass),
    ]
}

struct World {
    now: Instant,
    live: Arc<Live>,
    orders: Orders,
    window: Window,
    queued: usize,
    offered: usize,
    written: Vec<String>,
    mailbox: Vec<String>,
    acknowledged: HashSet<String>,
}

impl World {
    fn new() -> Self {
        let features = Features {
            ack: true,
            ..Features::default()
        };
        let resident = Arc::new(resident(fixture::BOB));
        let (live, orders) = Live::new(ConnectionId(1), resident, features);
        live.set_drained(live.resident.gate.announced());
        Self {
            now: Instant::now(),
            live,
            orders,
            window: Window::default(),
            queued: 0,
            offered: 0,
            written: Vec::new(),
            mailbox: Vec::new(),
            acknowledged: HashSet::new(),
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Offer(count) => {
                for _ in 0..count {
                    let id = format!("m{}", self.offered);
                    self.offered += 1;
                    self.offer(id);
                }
            }
            Event::Again(which) => {
                let Some(at) = which.checked_rem(self.written.len()) else {
                    return;
                };
                let id = self.written[at].clone();
                if !self.acknowledged.contains(&id) {
                    self.offer(id);
                }
            }
            Event::Write(count) => {
                for _ in 0..count {
                    self.obey();
                }
            }
            Event::Drain(count) => self.drain(count.into()),
            Event::Acknowledge(which) => {
                if let Some(at) = which.checked_rem(self.written.len()) {
                    self.acknowledge(at);
                }
            }
            Event::Foreign => {
                let said = self.window.acknowledge(&name("foreign"));
                assert!(matches!(said, Acknowledged::Unknown));
            }
            Event::Pass(ms) => {
                self.now += Duration::from_millis(ms);
                for late in self.window.late(self.now) {
                    self.store(late);
                }
                assert!(self.window.next_deadline().is_none_or(|at| at > self.now));
            }
        }
    }

    /// A message comes: it is taken for the connection, or goes into the mailbox.
    fn offer(&mut self, id: String) {
        match self.live.offer(parcel(&id, false)) {
            Ok(()) => self.queued += 1,
            Err(parcel) => self.store(parcel),
        }
    }

    fn obey(&mut self) {
        let Ok(order) = self.orders.try_recv() else {
            return;
        };
        let Order::Deliver(parcel) = order else {
            panic!("{order:?}");
        };
        self.queued -= 1;
        self.live.give_bytes(parcel.bytes());
        self.write(parcel);
    }

    fn drain(&mut self, most: usize) {
        let waiting: Vec<String> = self.mailbox.clone();
        let waiting = waiting
            .into_iter()
            .filter(|id| !self.window.holds(&name(id)));
        for id in waiting.take(most).collect::<Vec<_>>() {
            if self.live.take_room() {
                self.write(parcel(&id, true));
            }
        }
    }

    /// As the writer does: nothing is written twice while it is unacknowledged.
    fn write(&mut self, parcel: Parcel) {
        let name = MailName::of(&parcel.frame.message);
        if self.window.holds(&name) {
            self.live.give_room();
            let _ = self.window.replace_origin(&name, parcel.origin);
            return;
        }
        self.written.push(name.id.as_str().to_owned());
        self.window.hold(parcel, self.now + WITHIN);
    }

    fn acknowledge(&mut self, at: usize) {
        let id = self.written[at].clone();
        match self.window.acknowledge(&name(&id)) {
            Acknowledged::Live(parcel) => {
                assert_eq!(parcel.frame.message.id.as_str(), id);
                self.live.give_room();
            }
            Acknowledged::Stored => {
                assert!(self.mailbox.contains(&id), "{id} was nowhere");
                self.live.give_room();
            }
            Acknowledged::Unknown => assert!(self.acknowledged.contains(&id), "{id} was let go"),
        }
        self.mailbox.retain(|mail| *mail != id);
        self.acknowledged.insert(id);
    }

    /// The mailbox knows mail by its name.
    fn store(&mut self, parcel: Parcel) {
        assert!(!parcel.stored);
        let id = parcel.frame.message.id.as_str().to_owned();
        if !self.mailbox.contains(&id) {
            self.mailbox.push(id);
        }
    }

    fn check(&self) {
        let held = self.window.held.len();
        assert!(held <= MOST, "{held} are unacknowledged");
        assert_eq!(self.live.room() + self.queued + held, MOST);
    }

    /// The connection ends: what is nowhere else is given out, and then everything that came was
    /// acknowledged or waits.
    fn end(mut self) {
        self.live.close(crate::relay::hub::CloseReason::Gone);
        while let Ok(Order::Deliver(parcel)) = self.orders.try_recv() {
            self.store(parcel);
        }
        for parcel in self.window.give_up() {
            self.store(parcel);
        }
        assert!(self.window.give_up().is_empty(), "given out once");
        for id in (0..self.offered).map(|number| format!("m{number}")) {
            let is_safe = self.acknowledged.contains(&id) || self.mailbox.contains(&id);
            assert!(is_safe, "{id} is lost");
        }
    }
}

fn parcel(id: &str, stored: bool) -> Parcel {
    Parcel {
        stored,
        ..fixture::parcel(id)
    }
}

fn name(id: &str) -> MailName {
    MailName::of(&fixture::message(id, "hi"))
}
