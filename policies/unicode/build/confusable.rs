//! The characters that look like ASCII, by the confusables of UTS #39.

use std::error::Error;

use unicode_security::confusable_detection::skeleton;

use crate::bits;
use crate::write::{self, Distinct};

/// Writes `LOOKS`, each a character with the place of the text that it looks like, and the texts.
///
/// Characters that look like something else than ASCII are left out: they can make no word of
/// ASCII, which is all that is asked.
pub(crate) fn write(text: &mut String) -> Result<(), Box<dyn Error>> {
    let mut texts = Distinct::default();
    let mut looks = Vec::new();
    for c in write::characters().filter(|c| !c.is_control()) {
        let like: String = skeleton(&c.to_string()).collect();
        if like.is_empty() || !like.is_ascii() || like == c.to_string() {
            continue;
        }
        let place = u32::from(texts.number(like));
        if place >= 1 << bits::LOOK_PLACE {
            return Err("more looks than their places have room for".into());
        }
        looks.push(u32::from(c) << bits::LOOK_PLACE | place);
    }
    write::list(text, "LOOKS", "u32", &looks);
    let quoted: Vec<_> = texts.0.iter().map(|one| format!("{one:?}")).collect();
    write::list(text, "LOOK_TEXTS", "&str", &quoted);
    Ok(())
}
