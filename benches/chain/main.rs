//! What judging costs: the chain of five against five policies that do nothing, against the same
//! rules as native code, and with limits against without; how long an endless loop lives, and how
//! large each default component is.
//!
//! `cargo bench --bench chain` lets criterion measure each by itself; for the ratios at the end two are
//! measured in turns.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints its figures and reads the real clock"
)]

mod bare;
mod letter;
mod modules;
mod native;
mod times;

use std::error::Error;
use std::time::Instant;

use criterion::Criterion;
use opendialogue::policy::{Chain, Engine, Outcome, PolicySpec, PolicyState, builtins};

use letter::{Post, Text};
use modules::Modules;
use times::Times;

/// The default chain, in its order.
const NAMES: [&str; 5] = ["acl", "rate-limit", "sanitize", "url-tag", "conversation"];
/// How often the endless loop is let loose.
const LOOPS: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let modules = Modules::build()?;
    let engine = Engine::start()?;
    let five = Chain::load(&engine, &NAMES.map(PolicySpec::of_builtin))?;
    let nothing = Chain::load(&engine, &NAMES.map(|name| modules.noop(name)))?;
    let mut criterion = Criterion::default().configure_from_args();
    let mut times = Times::default();
    for text in Text::ALL {
        let name = text.name();
        times.measure(
            &mut criterion,
            &format!("five/{name}"),
            judging(&five, text),
        );
        times.measure(
            &mut criterion,
            &format!("no-ops/{name}"),
            judging(&nothing, text),
        );
        times.measure(
            &mut criterion,
            &format!("native/{name}"),
            native::judging(text),
        );
        for limits in [bare::Limits::None, bare::Limits::All] {
            let calls = bare::calling(limits, text)?;
            times.measure(&mut criterion, &format!("{}/{name}", limits.name()), calls);
        }
    }
    criterion.final_summary();

    println!();
    for text in Text::ALL {
        let of = |what: &str| format!("{what}/{}", text.name());
        let (chain, nothing_done) = (of("five"), of("no-ops"));
        times.ratio(
            (&chain, judging(&five, text)),
            (&nothing_done, judging(&nothing, text)),
        );
        times.ratio(
            (&chain, judging(&five, text)),
            (&of("native"), native::judging(text)),
        );
        let [none, all] = [bare::Limits::None, bare::Limits::All];
        times.ratio(
            (&of(all.name()), bare::calling(all, text)?),
            (&of(none.name()), bare::calling(none, text)?),
        );
    }
    endless(&engine, &modules)?;
    for builtin in builtins() {
        println!("{:<14}{:>8} bytes", builtin.name, builtin.bytes.len());
    }
    Ok(())
}

/// Judges one message after the other, each of them admitted.
fn judging(chain: &Chain, text: Text) -> impl FnMut() {
    let mut post = Post::of(text);
    let mut state = PolicyState::default();
    move || {
        let judged = chain.judge(post.next_letter(), &mut state);
        let ruling = judged.ruling();
        assert!(
            matches!(ruling.outcome, Outcome::Admitted { .. }),
            "{:?}",
            ruling.outcome
        );
    }
}

/// How long a policy lives that never answers, at the default limit.
fn endless(engine: &Engine, modules: &Modules) -> Result<(), Box<dyn Error>> {
    let chain = Chain::load(engine, &[modules.endless()])?;
    let mut post = Post::of(Text::Short);
    let mut took = Vec::new();
    for _ in 0..LOOPS {
        // Each in a chain of its own: one that failed too often is left alone.
        let chain = match took.len() % 4 {
            0 => &Chain::load(engine, &[modules.endless()])?,
            _ => &chain,
        };
        let begun = Instant::now();
        let judged = chain.judge(post.next_letter(), &mut PolicyState::default());
        took.push(begun.elapsed());
        assert!(matches!(judged.ruling().outcome, Outcome::Held(_)));
    }
    took.sort_unstable();
    let worst = took.last().copied().unwrap_or_default();
    let median = took.get(took.len() / 2).copied().unwrap_or_default();
    println!(
        "endless loop at 50 ms: stopped after {:.1} ms at the median, {:.1} ms at worst of {LOOPS}",
        median.as_secs_f64() * 1e3,
        worst.as_secs_f64() * 1e3
    );
    Ok(())
}
