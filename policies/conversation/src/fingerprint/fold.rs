//! Folding a text so that only what it says is compared.
//!
//! Lower case, letters and marks alone, one space between words, `#` for a number. Punctuation,
//! symbols, emoji and everything invisible goes, so that none of them makes the same text another
//! one. A run of ASCII letters with a digit among them is a number (`0x3f`, `d4f5`).

use std::sync::LazyLock;

use ascii::Run;

mod ascii;

/// What stands for a number.
const NUMBER: u32 = '#' as u32;
const SPACE: u32 = ' ' as u32;

/// How many characters are remembered that had to be looked up.
const RECENT: usize = 64;

/// What a folded text is like.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Folded {
    /// How many words there are.
    pub(super) words: u32,
    /// How much it says: a letter 1, a syllable or an ideograph 3.
    pub(super) weight: u32,
    /// Whether there is a question mark, in any script.
    pub(super) asks: bool,
    /// The hash of its numbers, where there are any.
    pub(super) numbers: Option<u32>,
}

/// Hands the characters of `text`, folded, to `sink`.
pub(super) fn fold(text: &str, sink: impl FnMut(u32)) -> Folded {
    let mut folding = Folding {
        folded: Folded::default(),
        sink,
        last: SPACE,
        in_word: false,
        recent: Vec::new(),
    };
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let taken = match first.is_ascii() {
            true => folding.ascii(rest.as_bytes()),
            false => folding.other(first),
        };
        rest = &rest[taken..];
    }
    folding.folded
}

struct Folding<S> {
    folded: Folded,
    sink: S,
    last: u32,
    in_word: bool,
    /// What was looked up last, by the low bits: a script's letters stand close together. Empty until
    /// the first one.
    recent: Vec<(u32, Class)>,
}

impl<S: FnMut(u32)> Folding<S> {
    /// Takes the run of ASCII letters and digits at the start of `bytes`, and the ASCII behind it;
    /// gives how much that was.
    fn ascii(&mut self, bytes: &[u8]) -> usize {
        let Run { length, has_digit } = Run::at_start_of(bytes);
        let (run, behind) = bytes.split_at(length);
        if has_digit {
            self.number(run.iter().copied());
        } else {
            self.letters(run);
        }
        match behind.first() {
            Some(mark) if mark.is_ascii() => {
                self.in_word &= !mark.is_ascii_whitespace();
                self.folded.asks |= *mark == b'?';
                length + 1
            }
            Some(_) | None => length,
        }
    }

    /// Takes ASCII letters, four in one turn.
    fn letters(&mut self, run: &[u8]) {
        let Some(last) = run.last() else { return };
        self.begin_word();
        let (fours, rest) = run.as_chunks();
        for [a, b, c, d] in fours {
            self.sink_all([a, b, c, d]);
        }
        match rest {
            [a, b, c] => self.sink_all([a, b, c]),
            [a, b] => self.sink_all([a, b]),
            [a] => self.sink_all([a]),
            _ => {}
        }
        self.last = small(*last);
        self.folded.weight += run.len() as u32;
    }

    fn sink_all<const N: usize>(&mut self, letters: [&u8; N]) {
        for letter in letters {
            (self.sink)(small(*letter));
        }
    }

    fn other(&mut self, character: char) -> usize {
        match self.class(character) {
            Class::Letter(letter) => self.push(letter, weight(letter)),
            Class::Digit => self.number(u32::from(character).to_be_bytes().into_iter()),
            Class::Space => self.in_word = false,
            Class::Question => self.folded.asks = true,
            Class::Nothing => {}
        }
        character.len_utf8()
    }

    fn class(&mut self, character: char) -> Class {
        let code = u32::from(character);
        if let Some(class) = class(code) {
            return class;
        }
        if self.recent.is_empty() {
            self.recent = vec![(0, Class::Nothing); RECENT];
        }
        let recent = &mut self.recent[code as usize % RECENT];
        if recent.0 != code {
            *recent = (code, looked_up(code));
        }
        recent.1
    }

    fn push(&mut self, character: u32, weight: u32) {
        self.begin_word();
        (self.sink)(character);
        self.last = character;
        self.folded.weight += weight;
    }

    fn begin_word(&mut self) {
        if !self.in_word {
            if self.folded.words > 0 {
                (self.sink)(SPACE);
            }
            self.folded.words += 1;
            self.in_word = true;
        }
    }

    /// Numbers that follow one another in a word are one: `12:30`, `d4f5-88aa`.
    fn number(&mut self, digits: impl Iterator<Item = u8>) {
        let before = self.folded.numbers.unwrap_or_default();
        self.folded.numbers = Some(digits.fold(before, |numbers, digit| {
            let numbers = (numbers ^ u32::from(digit)).wrapping_mul(0x9e37_79b1);
            numbers.rotate_left(11)
        }));
        if !self.in_word || self.last != NUMBER {
            self.push(NUMBER, 1);
        }
    }
}

/// An ASCII letter in lower case.
fn small(letter: u8) -> u32 {
    u32::from(letter.to_ascii_lowercase())
}

/// What a character is to a folded text.
#[derive(Debug, Clone, Copy)]
enum Class {
    /// A letter or mark, in lower case.
    Letter(u32),
    Digit,
    Space,
    Question,
    Nothing,
}

/// The class of what is known without a look.
fn class(code: u32) -> Option<Class> {
    /// Most scripts with an alphabet, and what is invisible, so that each is looked up once and for
    /// all. Not in place: a component would carry its zeros.
    static ALPHABETS: LazyLock<Vec<Class>> = LazyLock::new(|| (0..0x3100).map(looked_up).collect());
    match ALPHABETS.get(code as usize) {
        Some(class) => Some(*class),
        None => is_syllable_or_ideograph(code).then_some(Class::Letter(code)),
    }
}

fn looked_up(code: u32) -> Class {
    let Some(character) = char::from_u32(code) else {
        return Class::Nothing;
    };
    if character.is_numeric() {
        Class::Digit
    } else if character.is_alphabetic() {
        let lower = character.to_lowercase().next();
        Class::Letter(lower.map_or(code, u32::from))
    } else if character.is_whitespace() {
        Class::Space
    } else if QUESTION_MARKS.contains(&character) {
        Class::Question
    } else {
        Class::Nothing
    }
}

const QUESTION_MARKS: [char; 14] = [
    '¿', '\u{37e}', '՞', '؟', '፧', '᥅', '⁇', '⁈', '⁉', '❓', '❔', '⸮', '？', '﹖',
];

/// The common ideographs and the Korean syllables, which have no case.
fn is_syllable_or_ideograph(code: u32) -> bool {
    matches!(code, 0x4e00..=0x9fff | 0xac00..=0xd7a3)
}

/// One character of these scripts says about as much as three letters.
fn weight(code: u32) -> u32 {
    match code {
        0x2e80..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff => 3,
        _ => 1,
    }
}
