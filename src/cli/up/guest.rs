//! The guest of `up`: an agent like any other, with a daemon and files of its own, that answers
//! each text once.
//!
//! It is talked to by people who try the same line again, and the policies that they try stop who
//! goes in circles. So its answers differ, and a conversation in which it hears the same twice
//! running is ended by it: what comes next opens another.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tracing::warn;

use super::super::daemon::why;
use super::super::failure::Failure;
use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::view::{InboxMessage, SendRequest};
use crate::daemon::{self, Daemon, Running};
use crate::db::DbError;
use crate::tasks::Tasks;
use crate::types::{ConversationId, Kind};

/// How long one look into the inbox waits for the next message.
const LOOK: Duration = Duration::from_secs(60);
/// How many messages are read at a time.
const AT_A_TIME: usize = 50;
/// How much of a message the answer repeats, in characters: not so much that it outweighs the rest.
const REPEATED: usize = 80;
/// How an answer begins, in turn: unlike enough that what is repeated makes none like another.
const BEGINNINGS: [&str; 8] = [
    "Your message arrived. You wrote:",
    "This one came through as well, there and back:",
    "Got it. Whoever looks into my inbox now reads:",
    "Nothing was lost on the way here. These were your words:",
    "An answer from the other end of the relay, to:",
    "Signed, sent, stored and answered, every letter of:",
    "I am the guest and only say back what I am told:",
    "Once more the whole way round, and here it is again:",
];

/// Starts the guest at the relay of `config`, in the scope of `tasks`.
pub(super) async fn start(config: &Config, tasks: &Tasks) -> Result<Running, Failure> {
    // The policies that are being tried are this agent's.
    let mut config = config.clone().without_policies();
    config.paths = config.paths.for_guest();
    // Nobody is meant to ask the guest anything but by a message.
    config.local.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    config.local.require_token = true;
    let settings = daemon::Settings {
        config,
        name: "Guest".to_owned(),
        register_again: true,
        accept_unproven: false,
        deliver: false,
    };
    let guest = daemon::start(settings, Clock::system(), tasks)
        .await
        .map_err(why)?;
    let answering = guest.daemon.clone();
    tasks.spawn("guest", async move {
        if let Err(error) = answer_each(answering).await {
            warn!("the guest answers no longer: {error}");
        }
    });
    Ok(guest)
}

/// Answers what comes from now on, until the daemon stops.
async fn answer_each(guest: Daemon) -> Result<(), DbError> {
    let stopping = guest.stopping();
    let newest = guest.inbox(None, 1).await?;
    let mut seen = newest.last().map_or(0, |message| message.seq);
    let mut heard = Heard::default();
    while let Some(waited) = stopping
        .run_until_cancelled(guest.wait_for_inbox(seen, LOOK))
        .await
    {
        waited?;
        for message in guest.inbox(Some(seen), AT_A_TIME).await? {
            seen = message.seq;
            if message.kind == Kind::Text {
                let reply = heard.reply(&message);
                say(&guest, &message, reply).await?;
            }
        }
    }
    Ok(())
}

/// The text that was heard last, and where.
#[derive(Debug, Default)]
struct Heard {
    last: Option<(ConversationId, String)>,
}

/// What the guest does about a text.
#[derive(Debug, PartialEq, Eq)]
struct Reply {
    text: String,
    /// Whether the conversation is over with it.
    ends: bool,
}

impl Heard {
    fn reply(&mut self, message: &InboxMessage) -> Reply {
        let place = message.seq.unsigned_abs().wrapping_sub(1) % BEGINNINGS.len() as u64;
        let beginning = BEGINNINGS[place as usize];
        let mut repeated: String = message.content.chars().take(REPEATED).collect();
        if repeated.len() < message.content.len() {
            repeated.push('…');
        }
        let now = (message.conversation_id.clone(), message.content.clone());
        let ends = self.last.as_ref() == Some(&now);
        self.last = (!ends).then_some(now);
        Reply {
            text: format!("{beginning} {repeated}"),
            ends,
        }
    }
}

async fn say(guest: &Daemon, message: &InboxMessage, reply: Reply) -> Result<(), DbError> {
    let conversation = &message.conversation_id;
    let request = SendRequest {
        to: message.from.clone(),
        content: reply.text,
        conversation_id: Some(conversation.clone()),
        turn_number: None,
        reply_session: None,
        idempotency_key: Some(format!("answer:{}", message.message_id)),
    };
    if let Err(refusal) = guest.send(request).await? {
        warn!("the guest's answer was not taken: {refusal:?}");
        return Ok(());
    }
    if reply.ends {
        let ended = guest.end_conversation(conversation, Some(&message.from));
        if let Err(refusal) = ended.await? {
            warn!("the guest's conversation could not be ended: {refusal:?}");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ::conversation::rule::judge;
    use ::conversation::settings::Settings;
    use ::guest::{Direction, Message, Remembered, Trust as Trusted, Verdict};

    use super::*;
    use crate::types::{AgentId, MessageId, Timestamp, Trust};

    const EXCHANGES: i64 = 10;

    /// Has a person say what `text` gives for each number, and tells at which exchange the policy
    /// `conversation` of that person's daemon refused a text or its answer.
    fn refused_at(text: impl Fn(i64) -> String) -> Option<String> {
        let mut heard = Heard::default();
        let mut memory = Remembered::default();
        let mut conversation = 0;
        for exchange in 1..=EXCHANGES {
            let id = format!("c-{conversation}");
            let said = text(exchange);
            let mut judged = |direction, kind, content: &str| {
                let (from, to) = match direction {
                    Direction::Outbound => ("me", "guest"),
                    Direction::Inbound => ("guest", "me"),
                };
                let message = Message {
                    direction,
                    kind,
                    trust: Trusted::Unknown,
                    released: false,
                    id: "m-1",
                    from,
                    to,
                    conversation: Some(&id),
                    turn: None,
                    content,
                    now: 1_795_381_200_000 + exchange.unsigned_abs() * 1_000,
                };
                let decision = judge(&Settings::default(), &message, &mut memory);
                let passes = decision.verdict == Verdict::Pass;
                (!passes).then(|| format!("{exchange} {direction:?}: {:?}", decision.verdict))
            };
            let reply = heard.reply(&inbox_message(exchange, &id, &said));
            let text = ::guest::Kind::Text;
            let refused = judged(Direction::Outbound, text, &said)
                .or_else(|| judged(Direction::Inbound, text, &reply.text));
            if refused.is_some() {
                return refused;
            }
            if reply.ends {
                judged(Direction::Inbound, ::guest::Kind::End, "");
                conversation += 1;
            }
        }
        None
    }

    #[test]
    fn whoever_tries_the_same_again_is_answered_again() {
        let long = "The same long text of somebody who has nothing new to say. ".repeat(5);
        let numbers = ["one", "two", "three", "four", "five", "six", "seven"];
        let texts: [(&str, &dyn Fn(i64) -> String); 4] = [
            ("the line of `up`", &|_| {
                "Hello, is anybody there?".to_owned()
            }),
            ("a word", &|_| "hi".to_owned()),
            ("a long text", &|_| long.clone()),
            ("new words", &|n| numbers[n as usize % 7].to_owned()),
        ];
        for (what, text) in texts {
            assert_eq!(refused_at(text), None, "{what}");
        }
    }

    #[test]
    fn only_the_same_twice_running_ends_a_conversation() {
        let mut heard = Heard::default();
        for (seq, conversation, text, ends) in [
            (1, "c-1", "hello", false),
            (2, "c-1", "hello", true),
            (3, "c-2", "hello", false),
            (4, "c-2", "and now?", false),
            (5, "c-2", "hello", false),
            (6, "c-3", "hello", false),
            (7, "c-3", "hello", true),
        ] {
            let reply = heard.reply(&inbox_message(seq, conversation, text));
            assert_eq!(reply.ends, ends, "{seq}");
            assert!(reply.text.ends_with(text), "{reply:?}");
        }
        let first = Heard::default().reply(&inbox_message(1, "c-1", "hello"));
        assert_eq!(first.text, "Your message arrived. You wrote: hello");
    }

    fn inbox_message(seq: i64, conversation: &str, content: &str) -> InboxMessage {
        InboxMessage {
            seq,
            message_id: MessageId::new("m-1").unwrap(),
            from: AgentId::new("10000001").unwrap(),
            conversation_id: ConversationId::new(conversation).unwrap(),
            kind: Kind::Text,
            state: "waiting".to_owned(),
            content: content.to_owned(),
            content_bytes: content.len() as u64,
            trust: Trust::Unknown,
            received_at: Timestamp::default(),
            annotations: Vec::new(),
            reason: None,
            attempts: 0,
        }
    }
}
