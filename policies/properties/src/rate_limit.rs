//! `rate-limit`: no window of time has more than burst + rate × time of a peer's messages, a refusal
//! changes nothing, and a moment that is named lies ahead.

use std::collections::BTreeMap;

use guest::{Direction, Kind, Message, Verdict};
use rate_limit::RateLimit;
use rate_limit::settings::{Rate, Settings};

use crate::play::play;

/// What a token counts in the bucket's units.
const TOKEN: i128 = 60_000;

/// Settings, then messages.
pub fn holds(input: &[u8]) {
    let mut windows: BTreeMap<_, Window> = BTreeMap::new();
    play::<RateLimit>(input, |settings, scene| {
        let Kinded { signal, rate } = Kinded::of(settings, &scene.message);
        let goes_at = match &scene.decision.verdict {
            Verdict::Pass => Some(scene.message.now),
            Verdict::Hold { until, .. } => {
                assert!(!signal, "a signal never waits");
                let until = until.expect("the host releases it by itself");
                assert!(until > scene.message.now);
                Some(until)
            }
            Verdict::Reject { retry_after_ms, .. } => {
                assert_eq!(&scene.before, scene.after, "a refusal changes nothing");
                assert_ne!(*retry_after_ms, Some(0));
                None
            }
            Verdict::Rewrite(_) => panic!("it does not look at what is said"),
        };
        // What waited was counted when it came.
        if let (Some(at), Some(rate), false) = (goes_at, rate, scene.message.released) {
            let direction = scene.message.direction == Direction::Inbound;
            let key = (scene.message.peer().to_owned(), direction, signal);
            windows.entry(key).or_default().take(at, rate);
        }
    });
}

/// By which bucket a message goes.
struct Kinded {
    signal: bool,
    rate: Option<Rate>,
}

impl Kinded {
    fn of(settings: &Settings, message: &Message<'_>) -> Self {
        let rates = &settings.of(message.direction).peer;
        match message.kind {
            Kind::Text | Kind::End => Self {
                signal: false,
                rate: rates.messages,
            },
            Kind::Typing | Kind::ReadReceipt => Self {
                signal: true,
                rate: rates.signals,
            },
        }
    }
}

/// What went so far, as far as it bounds what may go: the window that leaves least room.
#[derive(Default)]
struct Window {
    count: i128,
    fullest: Option<i128>,
}

impl Window {
    fn take(&mut self, at: u64, rate: Rate) {
        let given = i128::from(at) * i128::from(rate.per_minute);
        let used = self.count * TOKEN - given;
        let fullest = self.fullest.map_or(used, |fullest| fullest.min(used));
        self.fullest = Some(fullest);
        self.count += 1;
        let in_window = used + TOKEN - fullest;
        assert!(in_window <= i128::from(rate.burst) * TOKEN, "at {at}");
    }
}
