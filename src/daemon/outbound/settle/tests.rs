//! Each word of the relay, after each that may have come before it.

use super::*;
use ErrorCode::*;

#[test]
fn each_word_of_the_relay_has_its_settlement() {
    let error = |code| Said::Error(Ok(code), "so".to_owned());
    let unknown = Said::Error(Err("LATER".to_owned()), String::new());
    let after = |code| Some(Word::Code(code));
    let silence = Some(Word::Silence);
    let cases = [
        (Said::Status(Status::Sent, None), None, "sent"),
        (Said::Status(Status::Queued, None), None, "at the relay"),
        (Said::Status(Status::Rejected, None), None, "refused"),
        (Said::Ended, None, "sent"),
        (Said::Nothing, None, "at once"),
        (Said::Nothing, after(RateLimited), "at once"),
        (Said::Nothing, silence, "later"),
        (Said::Gone, None, "at once"),
        (Said::Gone, silence, "at once"),
        (error(RateLimited), None, "later"),
        (error(InternalError), after(InternalError), "later"),
        (error(ReplayAttack), None, "at once"),
        (error(ReplayAttack), after(ReplayAttack), "later"),
        (error(TimestampExpired), None, "at once, reconnected"),
        (error(TimestampExpired), silence, "at once, reconnected"),
        (error(TimestampExpired), after(TimestampExpired), "later"),
        (error(InvalidSignature), None, "at once, reconnected"),
        (error(InvalidSignature), silence, "at once, reconnected"),
        (error(InvalidSignature), after(InvalidSignature), "refused"),
        (error(ConversationEnded), None, "ended"),
        (error(MessageTooLarge), None, "refused"),
        (error(InvalidMessageType), None, "refused"),
        (error(InvalidContent), None, "refused"),
        (error(AgentNotFound), None, "refused"),
        (error(AgentBlocked), None, "refused"),
        (error(NotInAllowlist), None, "refused"),
        (error(Unauthorized), None, "refused"),
        (unknown, None, "refused"),
    ];
    for (said, last, expected) in cases {
        let attempts = Attempts { count: 3, last };
        let settled = settlement(said.clone(), attempts, Jitter::new(1.0));
        assert_eq!(shown(&settled), expected, "{said:?} after {last:?}");
    }
}

#[test]
fn only_silence_leaves_it_open_whether_the_receiver_has_it() {
    let error = Said::Error(Ok(RateLimited), String::new());
    for (said, expected) in [(Said::Nothing, true), (Said::Gone, true), (error, false)] {
        let settled = settlement(said.clone(), Attempts::default(), Jitter::new(1.0));
        let Settlement::Again(again) = settled else {
            panic!("{settled:?}");
        };
        assert_eq!(again.may_repeat, expected, "{said:?}");
    }
}

#[test]
fn waiting_grows_and_is_bounded() {
    for (attempts, seconds) in [(0, 5), (1, 10), (6, 320), (7, 600), (u32::MAX, 600)] {
        let longest = Duration::from_secs(seconds);
        assert_eq!(wait(attempts, Jitter::new(1.0)), longest);
        assert_eq!(wait(attempts, Jitter::new(0.0)), longest / 2);
    }
}

#[test]
fn a_word_reads_back_as_itself() {
    for word in ErrorCode::ALL
        .map(Word::Code)
        .into_iter()
        .chain([Word::Silence])
    {
        assert_eq!(word.as_str().parse(), Ok(word));
    }
}

fn shown(settlement: &Settlement) -> &'static str {
    match settlement {
        Settlement::Sent => "sent",
        Settlement::AtRelay => "at the relay",
        Settlement::Refused(_) => "refused",
        Settlement::ConversationEnded(_) => "ended",
        Settlement::Again(again) => match (again.after.is_zero(), again.reconnect) {
            (true, true) => "at once, reconnected",
            (true, false) => "at once",
            (false, true) => "later, reconnected",
            (false, false) => "later",
        },
    }
}
