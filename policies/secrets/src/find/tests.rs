use super::shape::{Check, Shape};
use super::*;
use crate::bytes::{Alphabet, is};
use crate::settings::ENTROPY;

/// What is found in `text`, as a name and the text that it is.
fn found(text: &str) -> Vec<(&'static str, String)> {
    let found = find(&View::written(text), Some(ENTROPY)).into_iter();
    found
        .map(|found| (found.detector.name(), text[found.at].to_owned()))
        .collect()
}

/// `length` characters of `alphabet` that look random, always the same.
fn random(alphabet: Alphabet, length: usize) -> String {
    let characters: Vec<u8> = (0..128).filter(|byte| is(*byte, alphabet)).collect();
    let mut state = 0x2545_f491_u64;
    let next = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        characters[(state >> 33) as usize % characters.len()]
    });
    next.take(length).map(char::from).collect()
}

fn token(shape: &Shape, longest: bool) -> String {
    let pieces = std::iter::once(&shape.first).chain(shape.more);
    let pieces = pieces.map(|piece| {
        let length = if longest { piece.most } else { piece.least };
        random(piece.alphabet & !crate::bytes::EQUALS, length)
    });
    let between = char::from(shape.between).to_string();
    let mut body = pieces.collect::<Vec<_>>().join(&between);
    if shape.check == Check::Checksum {
        body.truncate(body.len() - checksum::LENGTH);
        let sum = checksum::checksum(body.as_bytes());
        body.extend(sum.map(char::from));
    }
    format!("{}{body}", shape.prefix)
}

#[test]
fn every_shape_is_found_at_both_its_lengths_and_no_shorter() {
    for shape in table::SHAPES
        .iter()
        .filter(|shape| shape.check != Check::Pair)
    {
        for longest in [false, true] {
            let token = token(shape, longest);
            let expected = vec![(shape.detector.name(), token.clone())];
            assert_eq!(found(&token), expected, "{}", shape.prefix);
            for (before, after) in [("(", ")"), ("\"", "\","), ("line\\n", "\\n"), ("x=", " y")] {
                let text = format!("{before}{token}{after}");
                let names: Vec<_> = found(&text).into_iter().map(|found| found.0).collect();
                assert_eq!(names, [shape.detector.name()], "{text}");
            }
        }
        let token = token(shape, false);
        let shorter = View::written(&token[..token.len() - 1]);
        assert_eq!(find(&shorter, None), [], "{}", shape.prefix);
    }
}

#[test]
fn what_follows_a_prefix_in_documents_is_none() {
    for shape in table::SHAPES {
        let length = shape.first.least;
        for body in [
            "x".repeat(length),
            "EXAMPLE_KEY_HERE".repeat(length / 16 + 1),
        ] {
            let text = format!("{}{}", shape.prefix, &body[..length]);
            assert_eq!(found(&text), [], "{text}");
        }
        assert_eq!(found(&format!("begins with `{}`, and", shape.prefix)), []);
    }
}

#[test]
fn a_token_is_no_part_of_a_word_unless_its_prefix_is_none() {
    let body = random(crate::bytes::UPPER | crate::bytes::DIGIT, 16);
    assert_eq!(found(&format!("MAKIA{body}")), []);
    let body = random(crate::bytes::ALNUM, 20);
    let glued = format!("keyglpat-{body}");
    assert_eq!(found(&glued)[0].0, "gitlab_token");
}

#[test]
fn a_checksum_tells_a_token_whatever_follows_it() {
    let shape = table::SHAPES
        .iter()
        .find(|shape| shape.prefix == "ghp_")
        .unwrap();
    let token = token(shape, false);
    assert_eq!(
        found(&format!("{token}and more")),
        [("github_token", token.clone())]
    );
    let last = if token.ends_with('A') { "B" } else { "A" };
    let wrong = format!("{}{last}", &token[..token.len() - 1]);
    assert_eq!(found(&wrong), []);
}

#[test]
fn private_keys_are_found_in_every_armour() {
    let body = random(crate::bytes::BASE64, 64);
    let kinds = [
        "",
        "RSA ",
        "EC ",
        "DSA ",
        "OPENSSH ",
        "ENCRYPTED ",
        "SSH2 ENCRYPTED ",
    ];
    for kind in kinds {
        for breaks in ["\n", "\r\n", "\\n", " ", "\",\n  \""] {
            let text = format!("-----BEGIN {kind}PRIVATE KEY-----{breaks}{body}{breaks}");
            assert_eq!(found(&text)[0].0, "private_key", "{text}");
        }
        let named = format!("-----BEGIN {kind}PRIVATE KEY-----\n...\n-----END");
        assert_eq!(found(&named), [], "{named}");
    }
    let halves = format!("{}\n{}", &body[..32], &body[32..]);
    for text in [
        format!("-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n{halves}"),
        format!(
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n{halves}"
        ),
        format!("---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: \"k\"\n{halves}"),
        format!("PuTTY-User-Key-File-3: ssh-rsa\nPublic-Lines: 0\nPrivate-Lines: 14\n{halves}"),
        format!(
            "key {}{body}{body}",
            "MIIEvQIBADANBgkq".to_owned() + "hkiG9w0BAQ"
        ),
        format!("key {}{body}", "MC4CAQAwBQYDK2Vw".to_owned() + "BCIEI"),
        format!("{}{body}{body}", "b3BlbnNzaC1r".to_owned() + "ZXktdjEA"),
    ] {
        assert_eq!(found(&text)[0].0, "private_key", "{text}");
    }
    assert_eq!(
        found(&format!("-----BEGIN PUBLIC KEY-----\n{body}\n{body}")),
        []
    );
    assert_eq!(
        found(&format!("-----BEGIN CERTIFICATE-----\n{body}\n{body}")),
        []
    );
}

#[test]
fn runs_are_read_once() {
    let mut runs = Runs::default();
    let text = b"abc def";
    let ends = [0, 1, 4, 2].map(|from| runs.end(text, from, crate::bytes::ALNUM));
    assert_eq!(ends, [3, 3, 7, 3]);
}
