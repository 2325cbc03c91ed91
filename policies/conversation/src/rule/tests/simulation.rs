//! Agents that answer whatever comes, and how soon the policy makes them stop.
//!
//! Every agent runs the policy with a memory of its own; a message passes the author's outbound and
//! the receiver's inbound. Where a turn is refused with `turn_limit` the host sends one `end`. A
//! world that only answers is silent once its queue is empty, and these are the bounds:
//!
//! - one conversation: `max_turns`, and far fewer where its texts repeat;
//! - one pair in one hour: `max_new_conversations` × `max_turns`, and `max_turns_per_peer_day`.

use std::collections::{BTreeMap, VecDeque};

use super::*;

const A_CONVERSATION: usize = 20;
const A_PAIR: usize = 5 * A_CONVERSATION;

/// A message under way.
#[derive(Clone)]
struct Letter {
    from: usize,
    to: usize,
    conversation: String,
    content: String,
}

/// What an agent says to a letter: the agents it writes to, in which conversation, and what.
type Answers = Box<dyn FnMut(&Letter, usize) -> Vec<Letter>>;

struct World {
    memories: Vec<Remembered>,
    answers: Answers,
    now: u64,
}

impl World {
    fn of(agents: usize, answers: impl FnMut(&Letter, usize) -> Vec<Letter> + 'static) -> Self {
        Self {
            memories: vec![Remembered::default(); agents],
            answers: Box::new(answers),
            now: START,
        }
    }

    /// Lets it run until it is silent, and counts the turns of each pair that were delivered.
    fn run(&mut self, first: Vec<Letter>) -> BTreeMap<(usize, usize), usize> {
        let mut queue = VecDeque::from(first);
        let mut turns = BTreeMap::new();
        let mut delivered = 0;
        while let Some(letter) = queue.pop_front() {
            self.now += 20;
            if !self.passes(&letter, Direction::Outbound)
                || !self.passes(&letter, Direction::Inbound)
            {
                continue;
            }
            delivered += 1;
            assert!(delivered < 100_000, "it does not stop");
            let pair = (letter.from.min(letter.to), letter.from.max(letter.to));
            *turns.entry(pair).or_default() += 1;
            queue.extend((self.answers)(&letter, delivered));
        }
        assert!(
            self.now < START + 3_600_000,
            "it was silent within the hour"
        );
        turns
    }

    fn passes(&mut self, letter: &Letter, direction: Direction) -> bool {
        let said = self.judge(letter, Kind::Text, direction);
        if code(&said) == TURN_LIMIT {
            let end = match direction {
                Direction::Outbound => letter.clone(),
                Direction::Inbound => Letter {
                    from: letter.to,
                    to: letter.from,
                    ..letter.clone()
                },
            };
            for direction in [Direction::Outbound, Direction::Inbound] {
                assert_eq!(code(&self.judge(&end, Kind::End, direction)), "pass");
            }
        }
        said.verdict == Verdict::Pass
    }

    fn judge(&mut self, letter: &Letter, kind: Kind, direction: Direction) -> Decision {
        let (from, to) = (name(letter.from), name(letter.to));
        let message = Message {
            direction,
            kind,
            from: &from,
            to: &to,
            conversation: Some(&letter.conversation),
            content: &letter.content,
            now: self.now,
            ..TEXT
        };
        let judge_at = match direction {
            Direction::Outbound => letter.from,
            Direction::Inbound => letter.to,
        };
        judge(&Settings::default(), &message, &mut self.memories[judge_at])
    }
}

fn name(agent: usize) -> String {
    format!("{}", 10_000_000 + agent)
}

fn letter(from: usize, to: usize, conversation: &str, content: &str) -> Letter {
    Letter {
        from,
        to,
        conversation: conversation.to_owned(),
        content: content.to_owned(),
    }
}

fn reply(letter: &Letter, content: &str) -> Letter {
    Letter {
        from: letter.to,
        to: letter.from,
        conversation: letter.conversation.clone(),
        content: content.to_owned(),
    }
}

fn total(turns: &BTreeMap<(usize, usize), usize>) -> usize {
    turns.values().sum()
}

#[test]
fn two_agents_that_repeat_stop_soon() {
    type Answer = fn(&Letter, usize) -> String;
    let echo: Answer = |letter, _| letter.content.clone();
    let quotes: Answer = |letter, _| format!("You said: {}", letter.content);
    let counts: Answer = |_, n| format!("Attempt {n} failed, I will try once more.");
    let ping: Answer = |_, n| ["ping", "pong"][n % 2].to_owned();
    let apologises: Answer = |_, n| {
        let words = ["really", "very", "truly"][n % 3];
        format!("I am {words} sorry, but I did not understand that. Could you please rephrase it?")
    };
    let thanks: Answer = |_, n| {
        let words = [
            "Thank you!",
            "You're welcome!",
            "Have a nice day!",
            "You too!",
            "Bye!",
            "Take care!",
        ];
        words[n % 6].to_owned()
    };
    let polite: Answer = |_, n| {
        let words = [
            "Thank you so much for your help today, it was a pleasure talking to you!",
            "You are most welcome! Do not hesitate to write whenever you need anything else.",
        ];
        words[n % 2].to_owned()
    };
    for (name, answer, first, most) in [
        ("echo of a text", echo, "Can you hear me, over there?", 4),
        ("echo of a word", echo, "hi", 2),
        ("quoting", quotes, "Can you hear me, over there?", 20),
        ("counting", counts, "Please fetch the report.", 5),
        ("ping pong", ping, "Let us see who is faster.", 4),
        ("apologies", apologises, "Blue seven needs the usual.", 6),
        ("thanks", thanks, "The report is in your inbox now.", 4),
        ("politeness", polite, "The report is in your inbox now.", 5),
    ] {
        let mut world = World::of(2, move |letter, n| vec![reply(letter, &answer(letter, n))]);
        let turns = total(&world.run(vec![letter(0, 1, "c-1", first)]));
        assert!((2..=most).contains(&turns), "{name}: {turns} turns");
    }
}

#[test]
fn agents_that_always_find_something_new_stop_at_the_limit() {
    let mut world = World::of(2, |letter, n| vec![reply(letter, &novel(n))]);
    let turns = world.run(vec![letter(0, 1, "c-1", "Tell me something.")]);
    assert_eq!(total(&turns), A_CONVERSATION);
}

#[test]
fn agents_that_open_a_new_conversation_for_each_answer_stop_at_five() {
    let mut world = World::of(2, |letter, n| {
        let mut answer = reply(letter, &novel(n));
        answer.conversation = format!("c-{n}");
        vec![answer]
    });
    assert_eq!(
        total(&world.run(vec![letter(0, 1, "c-0", "Tell me something.")])),
        5
    );
}

#[test]
fn triangles_stop() {
    let on = |letter: &Letter, content: &str, conversation: &str| {
        let next = (letter.to + 1) % 3;
        vec![super::simulation::letter(
            letter.to,
            next,
            conversation,
            content,
        )]
    };
    let mut forward = World::of(3, move |letter, _| on(letter, &letter.content, "c-1"));
    let mut novelty = World::of(3, move |letter, n| on(letter, &novel(n), "c-1"));
    let mut fresh = World::of(3, move |letter, n| on(letter, &novel(n), &format!("c-{n}")));
    let first = || vec![letter(0, 1, "c-1", "Pass this on to the next one, please.")];
    assert_eq!(total(&forward.run(first())), 3 * 2);
    assert_eq!(total(&novelty.run(first())), 3 * A_CONVERSATION);
    assert_eq!(total(&fresh.run(first())), 3 * 5);
}

#[test]
fn random_graphs_of_seventeen_agents_fall_silent_within_the_bound() {
    for seed in 1..=8_u64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut random = move |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as usize % below
        };
        let mut world = World::of(17, move |got, n| {
            let mut answers = vec![reply(got, &novel(n))];
            for _ in 0..random(3) {
                let to = (got.to + 1 + random(16)) % 17;
                let conversation = match random(2) {
                    0 => got.conversation.clone(),
                    _ => format!("c-{n}"),
                };
                answers.push(letter(got.to, to, &conversation, &novel(n + random(1_000))));
            }
            answers
        });
        let first = (0..17).map(|n| letter(n, (n + 1) % 17, "c-1", &novel(n)));
        let turns = world.run(first.collect());
        assert!(total(&turns) > 1_000, "seed {seed}: it was busy");
        for (pair, turns) in turns {
            assert!(turns <= A_PAIR, "seed {seed}: {turns} turns of {pair:?}");
        }
    }
}
