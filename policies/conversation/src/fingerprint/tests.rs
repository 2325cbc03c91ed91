use super::*;

fn resembles(a: &str, b: &str) -> bool {
    Fingerprint::of(a).resembles(&Fingerprint::of(b))
}

fn characters(text: &str) -> String {
    let mut characters = String::new();
    fold(text, |character| {
        characters.extend(char::from_u32(character))
    });
    characters
}

#[test]
fn what_is_folded_away() {
    for (text, folded) in [
        ("", ""),
        ("  Hello,\t WORLD!\n", "hello world"),
        ("He\u{200b}l\u{ad}lo 👋🏽", "hello"),
        ("retry 3 of 10 (id 3f2a9c, 12:30:05)", "retry # of # id # #"),
        ("d4f5-88aa v1.2.3", "# #"),
        ("۱۲۳ پیام تازه", "# پیام تازه"),
        ("第3次尝试失败了，第14次", "第#次尝试失败了第#次"),
        ("error[E0308]: line 40, col 7", "error# line # col #"),
        ("ÄRGER über Straße", "ärger über straße"),
        ("कोशिश २ और ३", "कोशिश # और #"),
        ("?!…", ""),
    ] {
        assert_eq!(characters(text), folded, "{text}");
    }
}

#[test]
fn near_duplicates_are_found_whatever_the_language() {
    for (a, b) in [
        (
            "Thanks a lot, that is very helpful indeed!",
            "thanks a lot — that is very helpful, indeed",
        ),
        (
            "Attempt 1 failed, trying again in 5 s",
            "Attempt 17 failed, trying again in 80 s",
        ),
        (
            "I could not reach the server. Please try once more later today.",
            "I could not reach the server. Please, try once more later today!!",
        ),
        (
            "متأسفم، نتوانستم به سرور وصل شوم. دوباره تلاش می‌کنم.",
            "متأسفم نتوانستم به سرور وصل شوم؛ دوباره تلاش می\u{200c}کنم",
        ),
        (
            "抱歉，我无法连接到服务器，请稍后再试一次。",
            "抱歉，我无法连接到服务器，请稍后再试一次！",
        ),
        (
            "क्षमा करें, मैं सर्वर से जुड़ नहीं सका, 3 बार कोशिश की।",
            "क्षमा करें, मैं सर्वर से जुड़ नहीं सका, 4 बार कोशिश की।",
        ),
        ("ok", "OK!"),
    ] {
        assert!(resembles(a, b), "{a} / {b}");
    }
}

#[test]
fn different_texts_are_different() {
    for (a, b) in [
        (
            "The parser test fails on main",
            "The parser test passes on my branch",
        ),
        (
            "Could you send me the log of the worker?",
            "Could you send me the key of the flat?",
        ),
        (
            "error: cannot find type `Foo` in this scope",
            "error: mismatched types, expected `u8`",
        ),
        ("我明天早上八点到车站。", "我后天晚上才能到机场。"),
        (
            "Der Zug fährt um acht Uhr ab.",
            "Der Bus kommt erst gegen neun an.",
        ),
        ("yes", "no"),
    ] {
        assert!(!resembles(a, b), "{a} / {b}");
    }
}

#[test]
fn numbers_are_masked_for_likeness_and_count_for_repetition() {
    let [a, b] = [
        "What is 12 times 7, do you know?",
        "What is 9 times 8, do you know?",
    ]
    .map(Fingerprint::of);
    assert!(a.resembles(&b) && !a.repeats(&b));
    assert!(a.repeats(&a));
}

#[test]
fn what_says_little_and_asks_nothing_is_slight() {
    for (text, slight) in [
        ("Thanks!", true),
        ("You're welcome 🙂", true),
        ("👍", true),
        ("谢谢你", true),
        ("خواهش می‌کنم", true),
        ("Really?", false),
        ("واقعاً؟", false),
        ("真的吗？", false),
        ("It is 42", false),
        ("Restart the server after you deploy", false),
        ("今天下午三点开会讨论方案", false),
    ] {
        assert_eq!(Fingerprint::of(text).is_slight(), slight, "{text}");
    }
}

#[test]
fn a_fingerprint_is_read_as_it_was_written() {
    for text in ["", "ok", "What is 12 times 7, do you know?"] {
        let fingerprint = Fingerprint::of(text);
        assert_eq!(
            Fingerprint::from_bytes(&fingerprint.to_bytes()),
            fingerprint
        );
    }
}

/// Texts are compared with those that an older version remembered: whoever changes this says so in the
/// changelog.
#[test]
fn a_fingerprint_stays_what_it_is() {
    for (text, bytes) in [
        (
            "",
            "0000000000000101000000000000000000000000000000000000000000000000",
        ),
        (
            "yes",
            "1df5f9d000000101000000000000000000000000000000000000000000000000",
        ),
        (
            "How is the weather up there, on 12 May?",
            "4833b4f2b62b00005700df0b2d31016e000000c92bcd00000000003fef5e3ec6",
        ),
        (
            "گزارش را خواندم، نامه‌ها رسید.",
            "b5155f4600000000008b000000af94307a0064630e00a169de0074004800fe00",
        ),
    ] {
        let hex = Fingerprint::of(text)
            .to_bytes()
            .map(|byte| format!("{byte:02x}"));
        assert_eq!(hex.concat(), bytes, "{text}");
    }
}
