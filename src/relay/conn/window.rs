//! The messages that were written to one connection and are not acknowledged. Pure.
//!
//! A live message that is not acknowledged in time is given out once, to be stored; its place in
//! the window stays taken until the acknowledgement comes or the connection ends.

use std::collections::{HashMap, VecDeque};

use tokio::time::Instant;

use crate::relay::parcel::{Origin, Parcel};
use crate::relay::store::MailName;

/// Unacknowledged messages of one connection.
#[derive(Debug, Default)]
pub(super) struct Window {
    held: HashMap<MailName, Held>,
    deadlines: VecDeque<(Instant, u64, MailName)>,
    written: u64,
}

#[derive(Debug)]
enum Held {
    /// Only here; the number tells its deadline from those of namesakes before it.
    Live(u64, Parcel),
    /// In the store too.
    Stored,
}

/// What an acknowledgement was about.
#[derive(Debug)]
pub(super) enum Acknowledged {
    /// A message that was never stored; its sender waits.
    Live(Parcel),
    /// A message whose row can go.
    Stored,
    /// Nothing that was written here.
    Unknown,
}

impl Window {
    /// Whether that message was written and is not acknowledged.
    pub(super) fn holds(&self, name: &MailName) -> bool {
        self.held.contains_key(name)
    }

    /// A message that came again while it was unacknowledged: from now on `origin` waits for it.
    pub(super) fn replace_origin(&mut self, name: &MailName, origin: Origin) -> Option<Origin> {
        match self.held.get_mut(name) {
            Some(Held::Live(_, parcel)) => {
                parcel.origin = origin;
                None
            }
            Some(Held::Stored) | None => Some(origin),
        }
    }

    /// Holds a live message until `deadline`, or one of the store.
    pub(super) fn hold(&mut self, parcel: Parcel, deadline: Instant) {
        let name = MailName::of(&parcel.frame.message);
        let held = if parcel.stored {
            Held::Stored
        } else {
            self.written += 1;
            self.deadlines
                .push_back((deadline, self.written, name.clone()));
            Held::Live(self.written, parcel)
        };
        self.held.insert(name, held);
    }

    /// Lets go of a message that was acknowledged.
    pub(super) fn acknowledge(&mut self, name: &MailName) -> Acknowledged {
        let acknowledged = match self.held.remove(name) {
            Some(Held::Live(_, parcel)) => Acknowledged::Live(parcel),
            Some(Held::Stored) => Acknowledged::Stored,
            None => Acknowledged::Unknown,
        };
        while let Some((_, number, name)) = self.deadlines.front()
            && !self.is_live(name, *number)
        {
            self.deadlines.pop_front();
        }
        acknowledged
    }

    /// When the next message is late, if any waits.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.front().map(|(deadline, ..)| *deadline)
    }

    /// Gives out the messages that are late at `now`, in the order in which they were written.
    pub(super) fn late(&mut self, now: Instant) -> Vec<Parcel> {
        let mut late = Vec::new();
        while let Some((_, number, name)) = self.deadlines.pop_front_if(|entry| entry.0 <= now) {
            late.extend(self.give_out(&name, number));
        }
        late
    }

    /// Gives out every message that is only here, in the order in which they were written.
    pub(super) fn give_up(&mut self) -> Vec<Parcel> {
        let deadlines = std::mem::take(&mut self.deadlines);
        deadlines
            .into_iter()
            .filter_map(|(_, number, name)| self.give_out(&name, number))
            .collect()
    }

    fn give_out(&mut self, name: &MailName, number: u64) -> Option<Parcel> {
        if !self.is_live(name, number) {
            return None;
        }
        match self.held.insert(name.clone(), Held::Stored) {
            Some(Held::Live(_, parcel)) => Some(parcel),
            Some(Held::Stored) | None => None,
        }
    }

    fn is_live(&self, name: &MailName, number: u64) -> bool {
        matches!(self.held.get(name), Some(Held::Live(held, _)) if *held == number)
    }
}

#[cfg(test)]
mod any_events;
#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::relay::fixture;

    fn parcel(id: &str, stored: bool) -> Parcel {
        Parcel {
            stored,
            ..fixture::parcel(id)
        }
    }

    fn name(id: &str) -> MailName {
        MailName::of(&fixture::message(id, "hi"))
    }

    fn ids(parcels: &[Parcel]) -> Vec<&str> {
        let ids = parcels
            .iter()
            .map(|parcel| parcel.frame.message.id.as_str());
        ids.collect()
    }

    #[tokio::test]
    async fn what_is_late_is_given_out_once_and_keeps_its_place() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut window = Window::default();
        for (n, id) in (0..).zip(["a", "b", "c", "d"]) {
            window.hold(parcel(id, id == "b"), at(n));
        }
        assert!(matches!(
            window.acknowledge(&name("a")),
            Acknowledged::Live(_)
        ));
        assert_eq!(window.next_deadline(), Some(at(2)));
        assert_eq!(ids(&window.late(at(2))), ["c"]);
        assert!(window.holds(&name("c")));
        assert!(window.late(at(2)).is_empty());
        assert!(matches!(
            window.acknowledge(&name("c")),
            Acknowledged::Stored
        ));
        assert!(matches!(
            window.acknowledge(&name("b")),
            Acknowledged::Stored
        ));
        assert!(matches!(
            window.acknowledge(&name("c")),
            Acknowledged::Unknown
        ));
        assert_eq!(ids(&window.give_up()), ["d"]);
        assert_eq!(window.next_deadline(), None);
    }

    #[tokio::test]
    async fn a_deadline_is_not_that_of_a_namesake_before_it() {
        let start = Instant::now();
        let mut window = Window::default();
        window.hold(parcel("first", false), start);
        window.hold(parcel("a", false), start + Duration::from_secs(1));
        window.acknowledge(&name("a"));
        window.hold(parcel("a", false), start + Duration::from_secs(5));
        let late = window.late(start + Duration::from_secs(2));
        assert_eq!(ids(&late), ["first"]);
        assert!(window.holds(&name("a")));
    }
}
