use super::*;

#[test]
fn a_url_is_known_by_what_stands_around_it() {
    for (text, context, label) in [
        ("see U now", Context::Text, None),
        ("<U>", Context::Text, None),
        ("[click](U)", Context::MarkdownLink, Some("click")),
        ("[a [b] c](<U>)", Context::MarkdownLink, Some("a [b] c")),
        ("![alt](U)", Context::MarkdownImage, Some("alt")),
        ("[![alt](U)](x)", Context::MarkdownImage, Some("alt")),
        ("[ref]: U", Context::MarkdownLink, None),
        (
            "<a href=\"U\">text</a>",
            Context::HtmlAttribute,
            Some("text"),
        ),
        (
            "<a class=x href=U>text</a>",
            Context::HtmlAttribute,
            Some("text"),
        ),
        ("<img alt='' src='U'>", Context::HtmlSource, None),
        (
            "<p style=\"background: url(U)\">",
            Context::HtmlSource,
            None,
        ),
        ("x = \"U\"", Context::Text, None),
        ("use `U` here", Context::Code, None),
        ("use ``a ` U`` here", Context::Code, None),
        ("```\nU\n```", Context::Code, None),
        ("```sh\n`a\nU", Context::Code, None),
        ("a ` b U", Context::Text, None),
        ("`a` U `b`", Context::Text, None),
    ] {
        let at = text.find('U').unwrap();
        let place = place(text, &(at..at + 1), &code(text));
        assert_eq!((place.context, place.label), (context, label), "{text}");
    }
}
