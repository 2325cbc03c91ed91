//! What happens when, from the seed alone. It touches nothing; `havoc` does what stands here.

use std::collections::BTreeMap;
use std::iter;
use std::time::Duration;

use super::dice::Dice;
use super::gateway::Script;

/// A process that may be killed, or whose disk may fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    Relay,
    Ada,
    Ben,
}

/// One of the two agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Ada,
    Ben,
}

/// How a link is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    /// All passes at once.
    Clear,
    /// Every connection ends where it is, and none is opened.
    Down,
    /// Nothing passes, and nobody is told.
    Silent,
    /// So many bytes pass, then a pause.
    Slow { bytes: usize, pause: Duration },
}

/// How a disk is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lack {
    /// Nothing more fits (`ENOSPC`).
    Room,
    /// No file may be written beyond a few KiB (`EFBIG`): for SQLite a failure of the disk.
    Size,
}

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// SIGKILL, and another start when it has been down so long.
    Kill(Who),
    /// The gateway ends and comes back knowing nothing.
    Gateway(Side),
    /// The link of the agent to the relay is so.
    Link(Side, Weather),
    /// The disk is full.
    Disk(Who, Lack),
}

/// A mishap in its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Planned {
    pub(crate) at: Duration,
    pub(crate) lasts: Duration,
    pub(crate) mishap: Mishap,
}

/// What only one mishap has at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Seat {
    Process(Who),
    Disk(Who),
    Gateway(Side),
    Link(Side),
}

/// Everything that goes wrong in `time`; the last of it is over by then.
pub(crate) fn mishaps(seed: u64, time: Duration) -> Vec<Planned> {
    let mut dice = Dice::new(seed, 1);
    let mut free: BTreeMap<Seat, Duration> = BTreeMap::new();
    let mut plan = Vec::new();
    let mut at = dice.millis(1_000..3_000);
    while at < time {
        let mishap = one(&mut dice);
        let lasts = how_long(&mut dice, mishap);
        let free_at = free.entry(seat(mishap)).or_default();
        if *free_at <= at && at + lasts <= time {
            *free_at = at + lasts;
            plan.push(Planned { at, lasts, mishap });
        }
        at += dice.millis(200..3_500);
    }
    plan
}

fn one(dice: &mut Dice) -> Mishap {
    let who = dice.one_of(&[Who::Relay, Who::Ada, Who::Ben]);
    let side = dice.one_of(&[Side::Ada, Side::Ben]);
    match dice.below(100) {
        0..34 => Mishap::Kill(who),
        34..49 => Mishap::Gateway(side),
        49..66 => Mishap::Link(side, Weather::Down),
        66..72 => Mishap::Link(side, Weather::Silent),
        72..86 => {
            let bytes = dice.one_of(&[16, 128, 512, 2_048]);
            let pause = dice.millis(5..60);
            Mishap::Link(side, Weather::Slow { bytes, pause })
        }
        86..93 => Mishap::Disk(who, Lack::Room),
        _ => Mishap::Disk(who, Lack::Size),
    }
}

fn how_long(dice: &mut Dice, mishap: Mishap) -> Duration {
    let is_long = dice.below(8) == 0;
    match mishap {
        Mishap::Kill(_) | Mishap::Gateway(_) if is_long => dice.millis(3_000..12_000),
        Mishap::Kill(_) | Mishap::Gateway(_) => dice.millis(0..1_500),
        Mishap::Link(_, Weather::Down) if is_long => dice.millis(3_000..15_000),
        Mishap::Link(_, Weather::Down) => dice.millis(0..300),
        // Beyond 20 s a daemon takes a silent relay for gone, beyond 75 s the relay a daemon.
        Mishap::Link(_, Weather::Silent) if is_long => dice.millis(20_000..30_000),
        Mishap::Link(_, _) => dice.millis(1_000..8_000),
        Mishap::Disk(_, _) => dice.millis(500..6_000),
    }
}

fn seat(mishap: Mishap) -> Seat {
    match mishap {
        Mishap::Kill(who) => Seat::Process(who),
        Mishap::Gateway(side) => Seat::Gateway(side),
        Mishap::Link(side, _) => Seat::Link(side),
        Mishap::Disk(who, _) => Seat::Disk(who),
    }
}

/// What a gateway does with one request after another: mostly what it always does.
pub(crate) fn moods(seed: u64, side: Side) -> impl Iterator<Item = Script> {
    let mut dice = Dice::new(seed, 2 + side as u64);
    iter::repeat_with(move || mood(&mut dice))
}

fn mood(dice: &mut Dice) -> Script {
    let answer = |status, headers, body: &str| Script::Answer {
        status,
        headers,
        body: body.to_owned(),
    };
    match dice.below(1_000) {
        0..20 => answer(503, vec![], r#"{"ok":false,"error":"hook session busy"}"#),
        20..30 => answer(503, vec![], r#"{"ok":false,"error":{"code":"draining"}}"#),
        30..40 => {
            let retry_after = vec![("retry-after", "1".to_owned())];
            answer(429, retry_after, "Too Many Requests")
        }
        40..45 => answer(500, vec![], r#"{"ok":false,"error":"it broke"}"#),
        45..60 => Script::HangUp,
        60..80 => Script::RunAndHangUp,
        // Longer than a daemon waits.
        80..81 => Script::RunAndAnswerLate(Duration::from_secs(33)),
        81..180 => Script::RunAndAnswerLate(dice.millis(200..2_000)),
        _ => Script::RunAndAnswerLate(dice.millis(0..20)),
    }
}
