//! The characters that look like ASCII, by the confusables of UTS #39.

use std::io;

use unicode_security::confusable_detection::skeleton;

use crate::pack::Lists;
use crate::write::{self, Distinct, Out};

/// Writes `looks`: characters, for each the place of the text that it looks like, where the texts
/// end, and the texts.
///
/// Characters that look like something else than ASCII are left out: they can make no word of
/// ASCII, which is all that is asked.
pub(crate) fn write(out: &Out) -> io::Result<()> {
    let mut texts = Distinct::default();
    let (mut codes, mut places) = (Vec::new(), Vec::new());
    for c in write::characters().filter(|c| !c.is_control()) {
        let like: String = skeleton(&c.to_string()).collect();
        if like.is_empty() || !like.is_ascii() || like == c.to_string() {
            continue;
        }
        codes.push(u32::from(c));
        places.push(u32::from(texts.number(like)));
    }
    let mut lists = Lists::default();
    lists.sums(codes).sums(places);
    lists.sums(write::ends(&texts.0));
    lists.sums(write::characters_of(&texts.0));
    out.write("looks", &lists)
}
