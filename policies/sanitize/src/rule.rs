//! The rule: cleans the text, says what was removed, and decides where that is too much.
//!
//! Only texts are cleaned: nothing else is ever shown to an agent. What the text hid goes into
//! annotations whose keys begin with `owner.`, which are for the owner and never for the agent.

use guest::{Annotation, Decision, Kind, Message, Verdict};

use crate::clean::{self, Cleaned, Problem};
use crate::settings::{Confusables, Settings};
use crate::words;

/// The code of a rejection for a control character, where the settings ask for it.
pub const CONTROL_CHARACTER: &str = "control_character";
/// The code of a rejection for a text that goes on changing however often it is cleaned.
pub const NOT_STABLE: &str = "not_stable";
/// The code of a rejection for a text that is too long once it is clean.
pub const TOO_LONG: &str = "too_long";
/// The code of a hold for a text of which too much was removed.
pub const REMOVED_BUDGET: &str = "removed_budget";

/// What was removed, by class.
pub const REMOVED: &str = "removed";
/// The same, where nothing is changed.
pub const FOUND: &str = "found";
/// How many words imitate others.
pub const CONFUSABLES: &str = "confusables";
/// Those words.
pub const CONFUSABLE_WORDS: &str = "owner.confusables";
/// What hidden characters spelled.
pub const PAYLOAD: &str = "owner.payload";

/// Fewer removed characters than this are never too much: a short text has few to lose.
const BUDGET_FROM: usize = 8;

/// Decides about one message.
pub fn judge(settings: &Settings, message: &Message<'_>) -> Decision {
    match message.kind {
        Kind::Text => {}
        Kind::Typing | Kind::ReadReceipt | Kind::End => return Verdict::Pass.into(),
    }
    let text = message.content;
    let cleaned = match clean::clean(text, &settings.clean) {
        Ok(cleaned) => cleaned,
        Err(_) if settings.detect => Cleaned::default(),
        Err(problem) => return refused(&problem).into(),
    };
    let clean = cleaned.text.as_deref().unwrap_or(text);
    let annotations = annotations(settings, &cleaned, clean);
    let verdict = if settings.detect {
        Verdict::Pass
    } else {
        verdict(settings, message, &cleaned, clean)
    };
    Decision {
        verdict,
        annotations,
    }
}

fn verdict(settings: &Settings, message: &Message<'_>, cleaned: &Cleaned, clean: &str) -> Verdict {
    let length = utf16_length(clean);
    if length > settings.max_chars {
        let most = settings.max_chars;
        return Verdict::reject(
            TOO_LONG,
            format!("{length} UTF-16 units, at most {most} are taken"),
        );
    }
    let removed = cleaned.removed.total();
    if removed >= BUDGET_FROM && !message.released {
        let all = message.content.chars().count();
        if removed as f64 > settings.removed_budget * all as f64 {
            return Verdict::Hold {
                code: REMOVED_BUDGET,
                reason: format!("{removed} of {all} characters hide, reorder or control"),
                until: None,
            };
        }
    }
    match &cleaned.text {
        Some(text) => Verdict::Rewrite(text.clone()),
        None => Verdict::Pass,
    }
}

fn refused(problem: &Problem) -> Verdict {
    match problem {
        Problem::Control(c) => Verdict::reject(
            CONTROL_CHARACTER,
            format!("it holds the control character U+{:04X}", u32::from(*c)),
        ),
        Problem::NotStable => Verdict::reject(
            NOT_STABLE,
            format!(
                "it still changes after {} rounds of cleaning",
                clean::MAX_ROUNDS
            ),
        ),
    }
}

fn annotations(settings: &Settings, cleaned: &Cleaned, clean: &str) -> Vec<Annotation> {
    let mut annotations = Vec::new();
    let mut say = |key, value| annotations.push(Annotation { key, value });
    if cleaned.removed.total() > 0 {
        let key = if settings.detect { FOUND } else { REMOVED };
        say(key, cleaned.removed.to_string());
    }
    if let Some(payload) = cleaned.removed.payload() {
        say(PAYLOAD, payload);
    }
    match settings.confusables {
        Confusables::Off => {}
        Confusables::Tag => {
            if let Some(found) = words::look(clean, &settings.protected) {
                say(CONFUSABLES, found.summary);
                say(CONFUSABLE_WORDS, found.words);
            }
        }
    }
    annotations
}

/// How long `text` is in UTF-16, as the relay and the other clients count.
fn utf16_length(text: &str) -> usize {
    // Each unit is one byte at least that begins a character, and two where it begins four.
    let units = |byte: &u8| usize::from(byte & 0xC0 != 0x80) + usize::from(*byte >= 0xF0);
    text.as_bytes().iter().map(units).sum()
}
