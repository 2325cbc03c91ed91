//! Of what the daemon shows: what it counted in the last hour; `GET /history`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::daemon::meter::{Counts, Durations, MINUTE_MS, PolicyCounts};
use crate::policy::StepVerdict;
use crate::types::{Direction, Timestamp};

/// The last hour.
#[derive(Debug, Clone, Serialize)]
pub struct History {
    /// How long a minute is.
    pub minute_ms: u64,
    /// Sixty minutes, the oldest first; the last one is not over.
    pub minutes: Vec<Minute>,
    /// What each policy did in them, by name.
    pub policies: BTreeMap<String, PolicyHistory>,
    /// How often what happened to messages since the daemon's start, by direction and word.
    pub since_start: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
}

/// One minute.
#[derive(Debug, Clone, Serialize)]
pub struct Minute {
    /// When it began.
    pub at: Timestamp,
    /// Messages that came in and were judged.
    pub received: u64,
    /// Messages that were put into the outbox to be sent.
    pub queued: u64,
    /// Messages that the gateway took.
    pub delivered: u64,
    /// Messages that were held, both ways.
    pub held: u64,
    /// Messages that were refused, both ways.
    pub refused: u64,
    /// Messages that were given up.
    pub dead: u64,
    /// What policies said, by name and verdict.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub verdicts: BTreeMap<String, BTreeMap<StepVerdict, u64>>,
    /// How long the chain took for a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judging_us: Option<Spread>,
    /// How long messages took from the lane to the gateway's word that they are taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handing_over_us: Option<Spread>,
}

/// One policy in the last hour.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyHistory {
    /// How often it said what.
    pub verdicts: BTreeMap<StepVerdict, u64>,
    /// How long it took for a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elapsed_us: Option<Spread>,
}

/// How long something took, in microseconds; percentiles are exact to an eighth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// How many there were.
    pub count: u64,
    /// How long they took together.
    pub sum: u64,
    /// What half of them did not exceed.
    pub p50: u64,
    /// What all but one of a hundred did not exceed.
    pub p99: u64,
}

impl History {
    /// What is shown of an hour that was counted.
    pub(in crate::daemon) fn of(hour: &[(Timestamp, Counts)], totals: &Counts) -> Self {
        let mut since_start: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for (direction, what, count) in totals.all_steps() {
            since_start
                .entry(direction)
                .or_default()
                .insert(what, count);
        }
        let mut all = Counts::default();
        for (_, counts) in hour {
            all.add(counts);
        }
        let policies = all.policies();
        let policies = policies.map(|(name, counts)| (name.to_owned(), policy(counts)));
        Self {
            minute_ms: MINUTE_MS,
            minutes: hour
                .iter()
                .map(|(at, counts)| minute(*at, counts))
                .collect(),
            policies: policies.collect(),
            since_start,
        }
    }
}

fn minute(at: Timestamp, counts: &Counts) -> Minute {
    let both =
        |what| counts.steps(Direction::Inbound, what) + counts.steps(Direction::Outbound, what);
    let verdicts = counts.policies();
    let verdicts = verdicts.map(|(name, counts)| (name.to_owned(), counts.verdicts().clone()));
    Minute {
        at,
        received: counts.steps(Direction::Inbound, "received"),
        queued: counts.steps(Direction::Outbound, "queued"),
        delivered: counts.steps(Direction::Inbound, "delivered"),
        held: both("held"),
        refused: both("refused"),
        dead: counts.steps(Direction::Inbound, "dead"),
        verdicts: verdicts.collect(),
        judging_us: spread(&counts.judging),
        handing_over_us: spread(&counts.handing_over),
    }
}

fn policy(counts: &PolicyCounts) -> PolicyHistory {
    PolicyHistory {
        verdicts: counts.verdicts().clone(),
        elapsed_us: spread(&counts.elapsed),
    }
}

fn spread(durations: &Durations) -> Option<Spread> {
    let us = |elapsed: Duration| u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    Some(Spread {
        count: durations.count(),
        sum: us(durations.sum()),
        p50: us(durations.percentile(50)?),
        p99: us(durations.percentile(99)?),
    })
}
