use super::*;

const EVERY: Duration = Duration::from_secs(600);

/// What happens at a second of the test, in its order.
#[derive(Debug, Clone, Copy)]
enum Happens {
    /// So many are held, so many of them of strangers, so many dead; the newest is so new.
    Stands(u64, u64, u64, u64),
    Pauses,
    GoesOn,
    /// Telling fails from now on.
    Breaks,
    Mends,
}
use Happens::{Breaks, GoesOn, Mends, Pauses, Stands};

#[test]
fn a_person_is_told_what_is_new_gathered_and_not_too_often() {
    for (name, happens, expected) in [
        ("nothing waits", vec![], vec![]),
        (
            "what waits from before is told once, and late",
            vec![(0, Stands(2, 0, 1, 3))],
            vec![(600, "2 held, 0 strangers, 1 dead")],
        ),
        (
            "what is new soon after the start does not wait, and tells the rest",
            vec![(0, Stands(2, 0, 0, 2)), (7, Stands(3, 0, 0, 3))],
            vec![(12, "3 held, 0 strangers, 0 dead")],
        ),
        (
            "the first of a rush waits for the others",
            vec![
                (1_000, Stands(1, 1, 0, 1)),
                (1_002, Stands(2, 1, 0, 2)),
                (1_004, Stands(3, 1, 0, 3)),
            ],
            vec![(1_005, "3 held, 1 strangers, 0 dead")],
        ),
        (
            "what comes soon after waits for its time",
            vec![(1_000, Stands(1, 0, 0, 1)), (1_100, Stands(2, 0, 0, 2))],
            vec![
                (1_005, "1 held, 0 strangers, 0 dead"),
                (1_605, "2 held, 0 strangers, 0 dead"),
            ],
        ),
        (
            "what was decided meanwhile is not told",
            vec![
                (1_000, Stands(1, 0, 0, 1)),
                (1_100, Stands(2, 0, 0, 2)),
                (1_200, Stands(0, 0, 0, 0)),
            ],
            vec![(1_005, "1 held, 0 strangers, 0 dead")],
        ),
        (
            "one that goes while another comes is new, however few they are",
            vec![(1_000, Stands(1, 0, 0, 1)), (2_000, Stands(1, 0, 0, 2))],
            vec![
                (1_005, "1 held, 0 strangers, 0 dead"),
                (2_005, "1 held, 0 strangers, 0 dead"),
            ],
        ),
        (
            "a gateway that restarts is nobody's trouble",
            vec![
                (1_000, Pauses),
                (1_200, GoesOn),
                (1_300, Pauses),
                (1_500, GoesOn),
            ],
            vec![],
        ),
        (
            "a pause is told once",
            vec![(1_000, Pauses), (9_000, GoesOn), (9_100, Pauses)],
            vec![(1_300, "paused"), (9_400, "paused")],
        ),
        (
            "what is new during a pause names it",
            vec![(1_000, Pauses), (3_000, Stands(1, 0, 0, 1))],
            vec![
                (1_300, "paused"),
                (3_005, "1 held, 0 strangers, 0 dead, paused"),
            ],
        ),
        (
            "what could not be told is told when its time comes again",
            vec![(900, Breaks), (1_000, Stands(1, 0, 0, 1)), (1_700, Mends)],
            vec![(2_205, "1 held, 0 strangers, 0 dead")],
        ),
    ] {
        assert_eq!(told(&happens), expected, "{name}");
    }
}

#[test]
fn a_clock_that_is_set_back_silences_nobody() {
    let now = Timestamp::from_millis(1_795_373_464_750);
    let mut notices = Notices::begin(EVERY, now);
    notices.failed(now);
    let yesterday = now - Duration::from_secs(86_400);
    assert_eq!(notices.wait(yesterday), Some(Duration::ZERO));
}

#[test]
fn a_notice_counts_and_names_the_command_and_nothing_of_a_message() {
    let me: AgentId = "10079218".parse().unwrap();
    for (held, contacts, dead, is_paused, expected) in [
        (
            1,
            1,
            0,
            false,
            "a stranger asks to talk (`opendialogue held`)",
        ),
        (
            1,
            0,
            0,
            false,
            "1 message waits for your decision (`opendialogue held`)",
        ),
        (
            3,
            2,
            0,
            false,
            "3 messages wait for your decision, 2 of strangers who ask to talk (`opendialogue held`)",
        ),
        (
            2,
            0,
            1,
            true,
            "2 messages wait for your decision (`opendialogue held`); 1 message was given up on the \
             way to your agent (`opendialogue dead`); nothing reaches your agent at present \
             (`opendialogue status`)",
        ),
    ] {
        let notice = Notice {
            waiting: waiting(held, contacts, dead, 0),
            is_paused,
        };
        let expected = format!("OpenDialogue, agent 10079218: {expected}.");
        assert_eq!(notice.text(&me), expected);
    }
}

/// What is told, and at which second, until three hours are over.
fn told(happens: &[(u64, Happens)]) -> Vec<(u64, &'static str)> {
    let begin = Timestamp::from_millis(1_795_373_464_750);
    let mut notices = Notices::begin(EVERY, begin);
    let (mut standing, mut is_broken, mut is_paused) = (Waiting::default(), false, false);
    let mut told = Vec::new();
    for second in 0..3 * 3_600 {
        let now = begin + Duration::from_secs(second);
        for (_, one) in happens.iter().filter(|(at, _)| *at == second) {
            match *one {
                Stands(held, contacts, dead, newest) => {
                    standing = waiting(held, contacts, dead, newest);
                    if second > 0 {
                        notices.stir(now);
                    }
                }
                Pauses => is_paused = true,
                GoesOn => is_paused = false,
                Breaks => is_broken = true,
                Mends => is_broken = false,
            }
        }
        notices.delivery(is_paused, now);
        if notices.wait(now) != Some(Duration::ZERO) {
            continue;
        }
        let Some(notice) = notices.decide(now, standing) else {
            continue;
        };
        if is_broken {
            notices.failed(now);
            continue;
        }
        notices.told(now, &notice);
        told.push((second, shown(&notice)));
    }
    told
}

fn waiting(held: u64, contacts: u64, dead: u64, newest: u64) -> Waiting {
    Waiting {
        held,
        contacts,
        dead,
        newest_in: newest,
        newest_out: 0,
        newest_dead: if dead > 0 { newest } else { 0 },
    }
}

fn shown(notice: &Notice) -> &'static str {
    let Waiting {
        held,
        contacts,
        dead,
        ..
    } = notice.waiting;
    let counts = format!("{held} held, {contacts} strangers, {dead} dead");
    let text = match (held + dead, notice.is_paused) {
        (0, _) => "paused".to_owned(),
        (_, true) => format!("{counts}, paused"),
        (_, false) => counts,
    };
    text.leak()
}
