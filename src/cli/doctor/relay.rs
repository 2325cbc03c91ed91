//! The relay: whether it can be reached and how, whose clock is wrong, how the link stands.

use std::time::Duration;

use super::super::time;
use super::daemon::{Link, Status};
use super::finding::Finding;
use crate::config::RelayUrl;

/// A difference between the clocks that is worth mending.
const SKEW: Duration = Duration::from_secs(60);

/// What the protocol refuses: a signature is good for so long.
const SKEW_REFUSED: Duration = Duration::from_secs(5 * 60);

/// The command that sets this machine's clock.
const SET_CLOCK: &str = if cfg!(target_os = "macos") {
    "sudo systemsetup -setusingnetworktime on"
} else {
    "sudo timedatectl set-ntp true"
};

/// What came of asking the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reached {
    /// Nothing came back.
    No(String),
    /// It answered.
    Yes {
        /// Its clock less ours, in milliseconds, where it told the time.
        clock_offset_ms: Option<i64>,
        /// What it says is wrong with itself.
        trouble: Option<String>,
    },
}

/// Everything about the relay at `url`; without `status` no daemon runs.
pub(super) fn judge(url: &RelayUrl, reached: &Reached, status: Option<&Status>) -> Vec<Finding> {
    let offset = match reached {
        Reached::Yes {
            clock_offset_ms, ..
        } => *clock_offset_ms,
        Reached::No(_) => None,
    };
    let link = status.map(|status| link(status, reached));
    let proof = match status.map(|status| status.relay_authenticates) {
        Some(proves) => proof(proves),
        None => None,
    };
    [
        Some(answers(url, reached)),
        plain(url),
        offset.map(clock),
        link,
        proof,
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn answers(url: &RelayUrl, reached: &Reached) -> Finding {
    let check = "address";
    let try_it = format!(
        "curl -sS -o /dev/null -w '%{{http_code}}\\n' {}/healthz",
        url.rest_base()
    );
    match reached {
        Reached::No(why) => {
            Finding::problem(check, format!("{url} does not answer: {why}"), try_it)
        }
        Reached::Yes {
            trouble: Some(trouble),
            ..
        } => Finding::problem(
            check,
            format!("{url} answers and says that it is not well ({trouble}): tell who runs it"),
            try_it,
        ),
        Reached::Yes { trouble: None, .. } => Finding::ok(check, format!("{url} answers")),
    }
}

fn plain(url: &RelayUrl) -> Option<Finding> {
    (!url.is_secure() && !url.is_loopback()).then(|| {
        Finding::warning(
            "encryption",
            format!(
                "everybody on the way to {url} can read and change what is said, unless a tunnel \
                 of yours encrypts it: the relay needs TLS, and `[relay] url` to begin with `wss`"
            ),
            "opendialogue config show --origin",
        )
    })
}

fn clock(offset_ms: i64) -> Finding {
    let check = "clock";
    let off = Duration::from_millis(offset_ms.unsigned_abs());
    let way = if offset_ms < 0 { "ahead of" } else { "behind" };
    let says = |meaning: &str| {
        let off = time::span(off);
        format!("this machine's clock is {off} {way} the relay's{meaning}")
    };
    match off {
        off if off > SKEW_REFUSED => Finding::problem(
            check,
            says(": a relay refuses what is so far off, and other programs will go wrong too"),
            SET_CLOCK,
        ),
        off if off > SKEW => {
            Finding::warning(check, says(", which the daemon allows for"), SET_CLOCK)
        }
        _ => Finding::ok(check, "it goes with the relay's"),
    }
}

fn link(status: &Status, reached: &Reached) -> Finding {
    let check = "link";
    let why = status.last_error.as_deref();
    let because = why.map(|why| format!(": {why}")).unwrap_or_default();
    match status.link {
        Link::Connected => Finding::ok(check, "a session is open"),
        Link::Connecting => Finding::warning(
            check,
            "a connection is being made: look again",
            "opendialogue doctor",
        ),
        Link::Refused if status.relay_proof_lost => Finding::problem(
            check,
            format!("no session is opened{because}"),
            "opendialogue daemon --accept-unproven",
        ),
        Link::Refused => Finding::problem(
            check,
            format!(
                "the relay does not take this agent{because}; bring its identity back, or become \
                 a new agent: stop the daemon first"
            ),
            "opendialogue daemon --register",
        ),
        Link::Replaced => Finding::problem(
            check,
            "another program is connected as this agent, and gets its messages: stop that one",
            "openclaw plugins list; pgrep -af opendialogue",
        ),
        Link::Stopped => Finding::problem(
            check,
            format!("the daemon opens no session any more{because}"),
            "opendialogue status",
        ),
        Link::Waiting => waiting(check, &because, reached),
    }
}

/// There is no session, and the daemon tries again by itself: where the relay answers by now, that is
/// all; else the relay is away, or named wrongly.
fn waiting(check: &'static str, because: &str, reached: &Reached) -> Finding {
    match reached {
        Reached::Yes { .. } => Finding::warning(
            check,
            format!(
                "there is no session{because}; the relay answers now, and it is tried again by \
                 itself: look again"
            ),
            "opendialogue doctor",
        ),
        Reached::No(_) => Finding::problem(
            check,
            format!(
                "there is no session{because}; it is tried again by itself: where the relay should \
                 be up, see that `[relay] url` names it"
            ),
            "opendialogue config show --origin",
        ),
    }
}

fn proof(proves: Option<bool>) -> Option<Finding> {
    let check = "proof";
    match proves {
        Some(true) => Some(Finding::ok(check, "the relay proves who sends")),
        Some(false) => Some(Finding::warning(
            check,
            "this relay does not prove who sends, so nobody counts as known; one that does is \
             named in `[relay] url`, and there you become a new agent",
            "opendialogue daemon --register",
        )),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::daemon::tests::status;
    use super::super::finding::Level;
    use super::*;

    fn answered(clock_offset_ms: Option<i64>, trouble: Option<&str>) -> Reached {
        Reached::Yes {
            clock_offset_ms,
            trouble: trouble.map(str::to_owned),
        }
    }

    #[test]
    fn a_relay_is_reached_or_not_and_may_be_unwell() {
        let url = RelayUrl::parse("wss://relay.example").unwrap();
        for (reached, level, says) in [
            (answered(None, None), Level::Ok, "answers"),
            (
                answered(None, Some("store_full")),
                Level::Problem,
                "(store_full)",
            ),
            (
                Reached::No("refused".to_owned()),
                Level::Problem,
                "wss://relay.example/connect does not answer: refused",
            ),
        ] {
            let found = judge(&url, &reached, None);
            assert_eq!((found.len(), found[0].level), (1, level));
            assert!(found[0].says.contains(says), "{found:?}");
            let is_tried = found[0]
                .command
                .as_deref()
                .is_some_and(|command| command.ends_with("https://relay.example/healthz"));
            assert_eq!(is_tried, level == Level::Problem);
        }
    }

    #[test]
    fn only_a_plain_way_to_another_machine_is_told() {
        for (url, told) in [
            ("ws://127.0.0.1:1", false),
            ("wss://relay.example", false),
            ("ws://relay.example", true),
        ] {
            assert_eq!(
                plain(&RelayUrl::parse(url).unwrap()).is_some(),
                told,
                "{url}"
            );
        }
    }

    #[test]
    fn a_clock_is_warned_of_after_a_minute_and_a_problem_where_the_protocol_refuses() {
        for (offset_ms, level, says) in [
            (0, Level::Ok, "goes with"),
            (60_000, Level::Ok, "goes with"),
            (60_001, Level::Warning, "1 min 0 s behind"),
            (-90_000, Level::Warning, "1 min 30 s ahead of"),
            (300_000, Level::Warning, "5 min 0 s behind"),
            (-300_001, Level::Problem, "5 min 0 s ahead of"),
            (i64::MIN, Level::Problem, "ahead of"),
        ] {
            let finding = clock(offset_ms);
            assert_eq!(finding.level, level, "{offset_ms}");
            assert!(finding.says.contains(says), "{finding:?}");
            let mended = finding.command.as_deref() == Some(SET_CLOCK);
            assert_eq!(mended, level != Level::Ok);
        }
    }

    #[test]
    fn the_link_is_told_as_the_daemon_has_it() {
        let url = RelayUrl::parse("wss://relay.example").unwrap();
        let here = || answered(Some(0), None);
        let away = || Reached::No("connection refused".to_owned());
        let (register, accept) = (
            "opendialogue daemon --register",
            "opendialogue daemon --accept-unproven",
        );
        for (state, is_proof_lost, reached, level, command) in [
            ("connected", false, here(), Level::Ok, ""),
            (
                "connecting",
                false,
                here(),
                Level::Warning,
                "opendialogue doctor",
            ),
            (
                "waiting",
                false,
                here(),
                Level::Warning,
                "opendialogue doctor",
            ),
            (
                "waiting",
                false,
                away(),
                Level::Problem,
                "opendialogue config show --origin",
            ),
            ("refused", false, here(), Level::Problem, register),
            ("refused", true, here(), Level::Problem, accept),
            (
                "replaced",
                false,
                here(),
                Level::Problem,
                "openclaw plugins list; pgrep -af opendialogue",
            ),
            (
                "stopped",
                false,
                here(),
                Level::Problem,
                "opendialogue status",
            ),
        ] {
            let why = match state {
                "connected" | "connecting" | "replaced" => Value::Null,
                _ => json!("--accept-unproven is a word here"),
            };
            let told = status(json!({
                "link": state, "last_error": why, "relay_proof_lost": is_proof_lost,
            }));
            let found = judge(&url, &reached, Some(&told));
            let link = found.iter().find(|one| one.check == "link").unwrap();
            assert_eq!(link.level, level, "{state}");
            assert_eq!(
                link.command.as_deref().unwrap_or_default(),
                command,
                "{state}"
            );
            assert!(
                link.says.contains(why.as_str().unwrap_or_default()),
                "{link:?}"
            );
        }
    }

    #[test]
    fn a_relay_that_proves_nothing_is_told() {
        for (proves, level) in [
            (Some(true), Some(Level::Ok)),
            (Some(false), Some(Level::Warning)),
            (None, None),
        ] {
            assert_eq!(proof(proves).map(|finding| finding.level), level);
        }
    }
}
