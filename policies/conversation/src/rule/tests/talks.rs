//! Genuine talks, `talks/*.txt`: none of them is a loop.

use std::fs;
use std::path::Path;

use super::*;

#[test]
fn no_genuine_talk_is_stopped() {
    let mut talks = 0;
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("talks")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        for talk in text.split("\n# ").skip(1) {
            goes_through(talk);
            talks += 1;
        }
    }
    assert_eq!(talks, 64);
}

/// A title, then a line for each text, `A:` or `B:` before it.
fn goes_through(talk: &str) {
    let (title, lines) = talk.split_once('\n').unwrap();
    let mut memory = Remembered::default();
    let mut turns = 0;
    for line in lines.lines().filter(|line| !line.is_empty()) {
        let (message, content) = match line.split_once(": ").unwrap() {
            ("A", content) => (TEXT, content),
            ("B", content) => (OUT, content),
            _ => panic!("{title}: {line}"),
        };
        turns += 1;
        let now = START + turns * 20_000;
        let said = judge(
            &Settings::default(),
            &Message {
                content,
                now,
                ..message
            },
            &mut memory,
        );
        assert_eq!(said.verdict, Verdict::Pass, "{title}: {line}");
    }
    assert!((5..=20).contains(&turns), "{title}: {turns} turns");
}
