//! What the daemon counted, in Prometheus' text format: names, units and labels are public.
//!
//! Pure: how everything is and the counts in, the text out. No label holds an id or a text that
//! came from outside; policies are named as the configuration names them.

use std::time::Duration;

use prometheus::TextEncoder;
use prometheus::proto::{
    Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType,
};

use super::meter::{Counts, Durations};
use super::view::Status;
use crate::db::Health;
use crate::policy::{PolicyHealth, StepVerdict};

/// The bounds of every histogram, in microseconds: 16 µs to 67 s, each four times the one before.
/// Time is counted by powers of two of whole microseconds: what took just as long as a bound, to the
/// microsecond, counts above it.
const BOUNDS_US: [u64; 12] = [
    1 << 4,
    1 << 6,
    1 << 8,
    1 << 10,
    1 << 12,
    1 << 14,
    1 << 16,
    1 << 18,
    1 << 20,
    1 << 22,
    1 << 24,
    1 << 26,
];

/// A metric's labels.
type Labels<'a> = &'a [(&'a str, &'a str)];

/// All metrics of a daemon.
pub(super) fn text(status: &Status, disk: Health, totals: &Counts) -> String {
    let mut families = Vec::new();
    standing(&mut families, status, disk);
    // Nobody counts in a damaged database.
    if disk != Health::Damaged {
        boxes(&mut families, status);
    }
    counted(&mut families, totals);
    durations(&mut families, totals);
    // What never happened has no line.
    families.retain(|family| !family.get_metric().is_empty());
    #[expect(
        clippy::expect_used,
        reason = "only a wrong name or an empty family is refused"
    )]
    TextEncoder::new()
        .encode_to_string(&families)
        .expect("names are ours and right, and no family is empty")
}

fn standing(families: &mut Vec<MetricFamily>, status: &Status, disk: Health) {
    let flag = |is: bool| f64::from(u8::from(is));
    let version = gauge(&[("version", status.version)], 1.0);
    families.extend([
        gauges("build_info", "The program's version.", vec![version]),
        one(
            "uptime_seconds",
            "How long the daemon has been up.",
            status.uptime_seconds as f64,
        ),
        one(
            "relay_connected",
            "Whether a session with the relay is open.",
            flag(status.connected),
        ),
        one(
            "relay_clock_offset_seconds",
            "The relay's clock less this machine's.",
            status.clock_offset_ms as f64 / 1e3,
        ),
        one(
            "gateway_ready",
            "Whether the gateway takes messages.",
            flag(status.gateway_ready),
        ),
        one(
            "disk_ready",
            "Whether the database takes writes.",
            flag(disk == Health::Well),
        ),
        one(
            "policies_outdated",
            "Whether a change of the policies is not in force because it does not load.",
            flag(status.policies_problem.is_some()),
        ),
    ]);
    let policies = status.policies.iter();
    let loaded = policies.filter(|policy| policy.state != PolicyHealth::Off);
    let each = loaded.map(|policy| {
        let ready = policy.state == PolicyHealth::Ready;
        gauge(&[("policy", &policy.name)], flag(ready))
    });
    let help = "Whether the policy's last call succeeded.";
    families.push(gauges("policy_ready", help, each.collect()));
}

fn boxes(families: &mut Vec<MetricFamily>, status: &Status) {
    let waiting = [
        ("inbox", status.inbox),
        ("outbox", status.outbox),
        ("held", status.held),
        ("dead", status.dead),
    ];
    let each = waiting.map(|(name, count)| gauge(&[("box", name)], count as f64));
    let help = "Messages that wait: for the agent, for the relay, for a person; and the given up.";
    families.push(gauges("messages", help, each.into()));
}

fn counted(families: &mut Vec<MetricFamily>, totals: &Counts) {
    let steps = totals.all_steps().map(|(direction, step, count)| {
        counter(&[("direction", direction), ("step", step)], count as f64)
    });
    families.push(counters(
        "message_steps_total",
        "What happened to messages, by the words of their stories.",
        steps.collect(),
    ));
    let verdicts = totals.policies().flat_map(|(policy, counts)| {
        let verdicts = counts.verdicts().iter();
        verdicts.map(move |(verdict, count)| {
            let labels = [("policy", policy), ("verdict", word(*verdict))];
            counter(&labels, *count as f64)
        })
    });
    families.push(counters(
        "policy_verdicts_total",
        "What policies said, each time that they were asked.",
        verdicts.collect(),
    ));
    families.push(counters(
        "judging_processor_seconds_total",
        "How long judging had a processor, all policies and the host together.",
        vec![counter(&[], totals.processor.as_secs_f64())],
    ));
}

fn durations(families: &mut Vec<MetricFamily>, totals: &Counts) {
    families.push(histograms(
        "judging_seconds",
        "How long the chain took for a message.",
        vec![histogram(&[], &totals.judging)],
    ));
    let policies = totals.policies();
    let each = policies.map(|(policy, counts)| histogram(&[("policy", policy)], &counts.elapsed));
    families.push(histograms(
        "policy_seconds",
        "How long a policy took for a message.",
        each.collect(),
    ));
    families.push(histograms(
        "handing_over_seconds",
        "How long a message took from its judging to the gateway's word that it is taken.",
        vec![histogram(&[], &totals.handing_over)],
    ));
}

fn word(verdict: StepVerdict) -> &'static str {
    match verdict {
        StepVerdict::Pass => "pass",
        StepVerdict::Rewrite => "rewrite",
        StepVerdict::Reject => "reject",
        StepVerdict::Hold => "hold",
        StepVerdict::PolicyError => "policy_error",
    }
}

fn one(name: &str, help: &str, value: f64) -> MetricFamily {
    gauges(name, help, vec![gauge(&[], value)])
}

fn gauges(name: &str, help: &str, metrics: Vec<Metric>) -> MetricFamily {
    family(MetricType::GAUGE, name, help, metrics)
}

fn counters(name: &str, help: &str, metrics: Vec<Metric>) -> MetricFamily {
    family(MetricType::COUNTER, name, help, metrics)
}

fn histograms(name: &str, help: &str, metrics: Vec<Metric>) -> MetricFamily {
    family(MetricType::HISTOGRAM, name, help, metrics)
}

fn family(kind: MetricType, name: &str, help: &str, metrics: Vec<Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(format!("opendialogue_{name}"));
    family.set_help(help.to_owned());
    family.set_field_type(kind);
    family.set_metric(metrics);
    family
}

fn gauge(labels: Labels<'_>, value: f64) -> Metric {
    let mut gauge = Gauge::default();
    gauge.set_value(value);
    let mut metric = labelled(labels);
    metric.set_gauge(gauge);
    metric
}

fn counter(labels: Labels<'_>, value: f64) -> Metric {
    let mut counter = Counter::default();
    counter.set_value(value);
    let mut metric = labelled(labels);
    metric.set_counter(counter);
    metric
}

fn histogram(labels: Labels<'_>, durations: &Durations) -> Metric {
    let buckets = BOUNDS_US.map(|bound| {
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(Duration::from_micros(bound).as_secs_f64());
        bucket.set_cumulative_count(durations.under(bound));
        bucket
    });
    let mut histogram = Histogram::default();
    histogram.set_bucket(buckets.into());
    histogram.set_sample_count(durations.count());
    histogram.set_sample_sum(durations.sum().as_secs_f64());
    let mut metric = labelled(labels);
    metric.set_histogram(histogram);
    metric
}

fn labelled(labels: Labels<'_>) -> Metric {
    let pairs = labels.iter().map(|(name, value)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value((*value).to_owned());
        pair
    });
    Metric::from_label(pairs.collect())
}

#[cfg(test)]
mod tests;
