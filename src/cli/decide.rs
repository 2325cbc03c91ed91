//! What `held` and `dead` have in common: messages that wait for a person, listed, named and answered.

use axum::http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::client::{Client, view};
use super::failure::Failure;
use super::{print, safe};
use crate::types::{AgentId, MessageId};

/// How messages and answers are shown.
#[derive(Debug, clap::Args)]
pub(super) struct Listing {
    /// At most so many
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: Option<u32>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

/// Which message is meant.
#[derive(Debug, clap::Args)]
pub(super) struct Meant {
    /// The message
    pub(super) id: MessageId,
    /// Its author, where messages of two agents have this id
    #[arg(long, value_name = "ID")]
    pub(super) from: Option<AgentId>,
}

/// Where a message is after a person decided.
#[derive(Debug, Deserialize)]
pub(super) struct Answered {
    message_id: MessageId,
    state: String,
    reason: Option<String>,
    now_known: Option<AgentId>,
    stays_unknown: Option<AgentId>,
}

impl Listing {
    /// Prints the messages that the daemon gives under the name `place`, or `none`.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        client: &Client,
        place: &str,
        none: &str,
        shown: impl Fn(&T) -> String,
    ) -> Result<(), Failure> {
        let path = match self.limit {
            Some(limit) => format!("/{place}?limit={limit}"),
            None => format!("/{place}"),
        };
        let answer = client.get(&path).await?;
        if self.json {
            return print::json(&answer);
        }
        let messages: Vec<T> = view(&answer[place])?;
        if messages.is_empty() {
            return print::line(none);
        }
        messages
            .iter()
            .try_for_each(|message| print::line(shown(message)))
    }

    /// Prints what became of a message.
    pub(super) fn tell(&self, answer: &Value) -> Result<Answered, Failure> {
        let answered: Answered = view(answer)?;
        match self.json {
            true => print::json(answer)?,
            false => print::line(answered.shown())?,
        }
        Ok(answered)
    }
}

impl Meant {
    /// Does `verb` to the message of this id in `place`.
    pub(super) async fn answer(
        &self,
        client: &Client,
        (place, verb): (&str, &str),
        terms: &Value,
    ) -> Result<Value, Failure> {
        let id = &self.id;
        let path = match &self.from {
            Some(from) => format!("/{place}/{id}/{verb}?from={from}"),
            None => format!("/{place}/{id}/{verb}"),
        };
        client.send(Method::POST, &path, terms).await
    }

    /// Whether the message `id` of `from` may be this one.
    pub(super) fn fits(&self, id: &MessageId, from: &AgentId) -> bool {
        self.id == *id && self.from.as_ref().is_none_or(|meant| meant == from)
    }
}

impl Answered {
    /// That a policy refused the message is no success of who wanted it to go on.
    pub(super) fn unless_refused(&self) -> Result<(), Failure> {
        match self.state.as_str() {
            "refused" => Err(Failure::Refused("a policy refused the message".to_owned())),
            _ => Ok(()),
        }
    }

    fn shown(&self) -> String {
        let (id, state) = (&self.message_id, safe::line(&self.state));
        let mut shown = match &self.reason {
            Some(reason) => format!("message {id} is {state} now: {}", safe::line(reason)),
            None => format!("message {id} is {state} now"),
        };
        if let Some(peer) = &self.now_known {
            shown = format!("{shown}\n{peer} is known now");
        }
        if let Some(peer) = &self.stays_unknown {
            shown = format!("{shown}\n{peer} stays a stranger: the relay does not prove who sends");
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_says_where_the_message_is_and_who_is_known() {
        for (answer, shown, refused) in [
            (
                json!({ "message_id": "m-1", "state": "waiting", "now_known": "10000002" }),
                "message m-1 is waiting now\n10000002 is known now",
                false,
            ),
            (
                json!({ "message_id": "m-1", "state": "waiting", "stays_unknown": "10000002" }),
                "message m-1 is waiting now\n\
                 10000002 stays a stranger: the relay does not prove who sends",
                false,
            ),
            (
                json!({ "message_id": "m-1", "state": "dropped", "reason": "by\u{202e} you" }),
                "message m-1 is dropped now: by\\u{202e} you",
                false,
            ),
            (
                json!({ "message_id": "m-1", "state": "refused", "reason": "by `acl`" }),
                "message m-1 is refused now: by `acl`",
                true,
            ),
        ] {
            let answered = view::<Answered>(&answer).unwrap();
            assert_eq!(answered.shown(), shown);
            assert_eq!(answered.unless_refused().is_err(), refused);
        }
    }

    #[test]
    fn a_message_is_meant_by_its_id_and_where_it_is_named_its_author() {
        let (id, other) = (
            MessageId::new("m-1").unwrap(),
            MessageId::new("m-2").unwrap(),
        );
        let agent = |id: &str| AgentId::new(id).unwrap();
        for (from, of, author, fits) in [
            (None, &id, "1", true),
            (None, &other, "1", false),
            (Some("1"), &id, "1", true),
            (Some("1"), &id, "2", false),
        ] {
            let meant = Meant {
                id: id.clone(),
                from: from.map(agent),
            };
            assert_eq!(meant.fits(of, &agent(author)), fits, "{from:?} {author}");
        }
    }
}
