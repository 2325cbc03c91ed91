//! `opendialogue held`: what waits for a person, and that person's answer.

use serde::Deserialize;
use serde_json::{Value, json};

use super::ask::{self, Said};
use super::client::{Client, view};
use super::decide::{Listing, Meant};
use super::failure::Failure;
use super::{Context, safe, time};
use crate::types::{AgentId, ConversationId, MessageId};

/// Show what is held, and answer it
///
/// The oldest 50 messages, both ways, that a policy keeps for a person or until a moment.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    listing: Listing,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Release(Release),
    /// Refuse a held message
    ///
    /// It goes no further. Its author is told nothing new.
    Refuse(Meant),
}

/// Let a held message go before the policies again
///
/// The holds that it has had count as answered; another policy may still hold or refuse it. An
/// agent that asked to talk is known from then on, unless it is `--once`. It is asked about on the
/// terminal.
#[derive(Debug, clap::Args)]
struct Release {
    #[command(flatten)]
    meant: Meant,
    /// This message alone: an agent that asked to talk stays a stranger
    #[arg(long)]
    once: bool,
    /// Do not ask; needed where there is no terminal
    #[arg(long)]
    yes: bool,
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let (client, listing) = (context.client()?, &self.listing);
        match &self.verb {
            None => {
                let none = "nothing is held";
                listing.list(&client, "held", none, Message::shown).await
            }
            Some(Verb::Release(release)) => {
                let answer = release.ask_and_release(&client).await?;
                listing.tell(&answer)?.unless_refused()
            }
            Some(Verb::Refuse(meant)) => {
                let place = ("held", "refuse");
                let answer = meant.answer(&client, place, &json!({})).await?;
                listing.tell(&answer).map(drop)
            }
        }
    }
}

impl Release {
    async fn ask_and_release(&self, client: &Client) -> Result<Value, Failure> {
        let question = match self.yes {
            true => String::new(),
            false => self.question(self.find(client).await?.as_ref()),
        };
        ask::confirm(Said::from_flag(self.yes), &question)?;
        let terms = json!({ "once": self.once });
        self.meant.answer(client, ("held", "release"), &terms).await
    }

    /// The message as it is held, where one alone is meant and is among those that are shown.
    async fn find(&self, client: &Client) -> Result<Option<Message>, Failure> {
        let Held { held } = view(&client.get("/held?limit=500").await?)?;
        let fits = |message: &Message| self.meant.fits(&message.message_id, &message.from);
        let mut meant = held.into_iter().filter(fits);
        let first = meant.next();
        Ok(first.filter(|_| meant.next().is_none()))
    }

    /// What the person is asked: who wrote what, whose hold it is, and what an answer means.
    fn question(&self, held: Option<&Message>) -> String {
        let Some(message) = held else {
            return format!("Release message {}?{}", self.meant.id, self.lasting(None));
        };
        let notes = message.notes.iter().map(Note::shown);
        let notes: String = notes.map(|note| format!("    {note}\n")).collect();
        let (shown, id) = (message.shown(), &message.message_id);
        let lasting = self.lasting(Some(message));
        format!("{shown}\n{notes}Release message {id}?{lasting}")
    }

    fn lasting(&self, held: Option<&Message>) -> String {
        match held {
            _ if self.once => String::new(),
            None => " An agent that asked to talk with it is known from then on.".to_owned(),
            Some(message) if message.code != "contact_request" => String::new(),
            Some(message) if message.is_claimed() => {
                " The relay does not prove who sends, so its author stays a stranger.".to_owned()
            }
            Some(message) => format!(" Agent {} is known from then on.", message.from),
        }
    }
}

#[derive(Debug, Deserialize)]
struct Held {
    held: Vec<Message>,
}

#[derive(Debug, Deserialize)]
struct Message {
    message_id: MessageId,
    direction: String,
    from: AgentId,
    to: AgentId,
    conversation_id: ConversationId,
    kind: String,
    content: String,
    trust: String,
    at: u64,
    policy: String,
    code: String,
    reason: String,
    until: Option<u64>,
    #[serde(default, rename = "annotations")]
    notes: Vec<Note>,
}

/// Something that the daemon or a policy noted.
#[derive(Debug, Deserialize)]
struct Note {
    policy: String,
    key: String,
    value: String,
}

impl Note {
    fn shown(&self) -> String {
        let (policy, key) = (safe::line(&self.policy), safe::line(&self.key));
        format!("noted by {policy}: {key}: {}", safe::line(&self.value))
    }
}

impl Message {
    /// Whether its author only says who it is.
    fn is_claimed(&self) -> bool {
        self.notes
            .iter()
            .any(|note| note.policy == "host" && note.key == "unauthenticated_relay")
    }

    /// The message for a person: our own lines, and its text behind a margin.
    fn shown(&self) -> String {
        let Self {
            message_id,
            from,
            to,
            conversation_id,
            ..
        } = self;
        let (at, trust) = (time::moment(self.at), safe::line(&self.trust));
        let kind = match self.kind.as_str() {
            "text" => String::new(),
            kind => format!("{} ", safe::line(kind)),
        };
        let way = match self.direction.as_str() {
            "outbound" => format!("to {to}"),
            _ => format!("from {from}"),
        };
        let policy = safe::line(&self.policy);
        let (code, reason) = (safe::line(&self.code), safe::line(&self.reason));
        let ends = match self.until {
            Some(until) => format!("until {}", time::moment(until)),
            None => "until a person answers".to_owned(),
        };
        let mut shown = format!(
            "{at}  {kind}{way} ({trust})\n    message {message_id} in conversation {conversation_id}\n    \
             held by {policy} ({code}) {ends}: {reason}"
        );
        if !self.content.is_empty() {
            shown = format!("{shown}\n{}", safe::lines(&self.content, "    | "));
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_shown_with_why_and_until_when() {
        let message = |direction: &str, until: Value| {
            let value = json!({
                "message_id": "m-1", "direction": direction, "from": "10000002", "to": "10000001",
                "conversation_id": "c-1", "kind": "text", "trust": "unknown",
                "content": "hello\n#13 from 10000001 (owner)\u{1b}[2J", "at": 1_709_210_096_000u64,
                "policy": "acl", "code": "contact_request", "reason": "a stranger\u{202e} asks",
                "until": until, "held_by": ["acl"], "annotations": [],
            });
            view::<Message>(&value).unwrap().shown()
        };
        let both = [
            message("inbound", Value::Null),
            message("outbound", json!(1_709_210_156_000u64)),
        ];
        insta::assert_snapshot!(both.join("\n"), @r"
        2024-02-29 12:34:56 UTC  from 10000002 (unknown)
            message m-1 in conversation c-1
            held by acl (contact_request) until a person answers: a stranger\u{202e} asks
            | hello
            | #13 from 10000001 (owner)\u{1b}[2J
        2024-02-29 12:34:56 UTC  to 10000001 (unknown)
            message m-1 in conversation c-1
            held by acl (contact_request) until 2024-02-29 12:35:56 UTC: a stranger\u{202e} asks
            | hello
            | #13 from 10000001 (owner)\u{1b}[2J
        ");
    }

    #[test]
    fn who_is_asked_to_release_sees_who_wrote_what_and_what_the_answer_means() {
        let release = |once| Release {
            meant: Meant {
                id: MessageId::new("m-1").unwrap(),
                from: None,
            },
            once,
            yes: false,
        };
        let message = |code: &str, notes: Value| {
            let value = json!({
                "message_id": "m-1", "direction": "inbound", "from": "10000002", "to": "10000001",
                "conversation_id": "c-1", "kind": "text", "trust": "unknown", "content": "hello",
                "at": 1_709_210_096_000u64, "policy": "acl", "code": code,
                "reason": "a stranger asks to talk", "held_by": ["acl"], "annotations": notes,
            });
            view::<Message>(&value).unwrap()
        };
        let claimed = json!([
            { "policy": "host", "key": "unauthenticated_relay", "value": "nobody\u{1b}[2J" },
            { "policy": "url-tag", "key": "url", "value": "https://example.org" },
        ]);
        let asked = [
            release(false).question(Some(&message("contact_request", claimed))),
            release(false).question(Some(&message("contact_request", json!([])))),
            release(true).question(Some(&message("contact_request", json!([])))),
            release(false).question(Some(&message("paused", json!([])))),
            release(false).question(None),
        ];
        insta::assert_snapshot!(asked.join("\n"));
    }
}
