//! A million random arrivals, against what the limit promises for every window of time.

use super::*;

const ARRIVALS: usize = 1_000_000;

#[test]
fn outbound_passes_whatever_an_exact_bucket_has_room_for_and_nothing_else() {
    let mut memory = Remembered::default();
    let mut buckets = vec![Exact::new(30); 20];
    let mut everyone = Exact::new(300);
    let mut passed = vec![Vec::new(); 20];
    for (now, peer) in arrivals() {
        let to = NAMES[peer];
        let said = verdict(Message { to, now, ..OUT }, &mut memory);
        let room = buckets[peer].has_room(now) && everyone.has_room(now);
        assert_eq!(
            said.word(),
            if room { "pass" } else { "reject" },
            "at {now}"
        );
        if room {
            buckets[peer].take();
            everyone.take();
            passed[peer].push(now);
        }
    }
    let mut all: Vec<_> = passed.iter().flatten().copied().collect();
    all.sort_unstable();
    holds_in_every_window(&all, 300);
    for times in passed {
        assert!(
            times.len() > 1_000,
            "the peers are busy enough to be limited"
        );
        holds_in_every_window(&times, 30);
    }
}

#[test]
fn inbound_lets_each_peer_through_at_its_rate_and_in_its_order() {
    let settings = r#"{"inbound": {"everyone": {"messages": {"per_minute": 0}}}}"#;
    let settings = Settings::from_json(settings).unwrap();
    let mut memory = Remembered::default();
    let mut through = vec![Vec::new(); 20];
    let mut refused = 0;
    for (now, peer) in arrivals() {
        let from = NAMES[peer];
        match judge(&settings, &Message { from, now, ..TEXT }, &mut memory) {
            Verdict::Pass => through[peer].push(now),
            Verdict::Hold { until, .. } => through[peer].push(until.unwrap()),
            Verdict::Reject { .. } => refused += 1,
            Verdict::Rewrite(_) => panic!("nothing is rewritten"),
        }
    }
    assert!(refused > 0, "some have a hundred waiting");
    for times in through {
        assert!(times.is_sorted(), "nobody overtakes");
        holds_in_every_window(&times, 30);
    }
}

const NAMES: [&str; 20] = [
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s",
    "t",
];

/// Rushes and pauses, from a fixed seed.
fn arrivals() -> impl Iterator<Item = (u64, usize)> {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    let mut now = START;
    (0..ARRIVALS).map(move |_| {
        now += match next(1_000) {
            0 => next(120_000),
            1..=300 => next(400),
            _ => 0,
        };
        (now, next(20) as usize)
    })
}

/// A bucket worked out the other way round: what is left, as a fraction of sixty thousandths.
#[derive(Clone)]
struct Exact {
    per_minute: u128,
    left: u128,
    at: u128,
}

impl Exact {
    fn new(per_minute: u128) -> Self {
        Self {
            per_minute,
            left: per_minute * 60_000,
            at: 0,
        }
    }

    fn has_room(&mut self, now: u64) -> bool {
        let now = u128::from(now);
        let full = self.per_minute * 60_000;
        self.left = full.min(self.left + (now - self.at) * self.per_minute);
        self.at = now;
        self.left >= 60_000
    }

    fn take(&mut self) {
        self.left -= 60_000;
    }
}

/// Never more than burst + rate × t: of any run of messages, all after the first `burst` took their
/// time. It is enough to look at the window that leaves least room, which the running maximum of
/// `time × rate - messages` finds.
fn holds_in_every_window(times: &[u64], per_minute: i128) {
    let mut least = i128::MAX;
    for (count, time) in times.iter().enumerate() {
        let slack = |count: usize| i128::from(*time) * per_minute - count as i128 * 60_000;
        least = least.min(-slack(count));
        let used = -slack(count + 1) - least;
        assert!(used <= per_minute * 60_000, "message {count} at {time}");
    }
}
