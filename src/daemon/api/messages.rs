//! `GET /messages/:id`: the story of one message, for a person or, `?as=fenced`, for a model.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::error::ApiError;
use super::extract::{Asking, Form, Part};
use super::openapi::Operation;
use super::openapi::schema::{refer, words, yes_or_no};
use crate::daemon::Daemon;
use crate::daemon::view::Story;
use crate::types::{AgentId, Direction, MessageId};

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/messages/{id}", get(story))
}

pub(super) fn described() -> Vec<Operation> {
    let story = json!({ "oneOf": [refer("Story"), refer("FencedStory")] });
    vec![
        Operation::get("/messages/{id}", "The story of one message", story)
            .names_author()
            .query(
                "original",
                yes_or_no(),
                "Whether the text is wanted as it came, too.",
            )
            .query(
                "as",
                words(&["fenced"]),
                "For a model: the text behind a fence.",
            ),
    ]
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    from: Option<AgentId>,
    /// Whether the text is wanted as it came, too. What the policies took out of it was not meant for
    /// an agent's eyes, so it is never shown unasked.
    #[serde(default)]
    original: bool,
    #[serde(rename = "as")]
    form: Option<Form>,
}

async fn story(
    State(daemon): State<Daemon>,
    Part(id): Part<MessageId>,
    Asking(wanted): Asking<Wanted>,
) -> Result<Response, ApiError> {
    let stories = daemon.story(&id).await?;
    let mut story = the_one(stories, wanted.from.as_ref())?;
    story.original = story.original.filter(|_| wanted.original);
    Ok(match wanted.form {
        None => Json(story).into_response(),
        Some(Form::Fenced) => Json(daemon.reader().story(story)).into_response(),
    })
}

fn the_one(mut stories: Vec<Story>, author: Option<&AgentId>) -> Result<Story, ApiError> {
    if let Some(author) = author {
        stories.retain(|story| story.from == *author);
    }
    match stories.pop() {
        None => Err(ApiError::not_found("no message of this name is known")),
        Some(story) if stories.is_empty() => Ok(story),
        // To oneself: of the two halves, the one that went out.
        Some(last) if stories.iter().all(|story| story.from == last.from) => {
            stories.push(last);
            let sent = stories
                .into_iter()
                .find(|story| story.direction == Direction::Outbound);
            sent.ok_or_else(|| ApiError::not_found("no message of this name is known"))
        }
        Some(last) => {
            stories.push(last);
            let authors = stories.into_iter().map(|story| story.from).collect();
            Err(ApiError::ambiguous(
                "several agents gave a message this name; name one with `?from=`",
                authors,
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{ConversationId, Kind, Timestamp};

    #[test]
    fn two_authors_of_one_name_are_told_apart() {
        let ours = AgentId::new("10000001").unwrap();
        let peer = AgentId::new("10000002").unwrap();
        let stranger = AgentId::new("10000003").unwrap();
        let both = || vec![story_of(&ours), story_of(&peer)];
        assert_eq!(the_one(both(), Some(&peer)).unwrap().from, peer);
        assert_eq!(the_one(vec![story_of(&ours)], None).unwrap().from, ours);
        let to_oneself = || {
            let sent = Direction::Outbound;
            let [out, back] = [sent, Direction::Inbound].map(|direction| Story {
                direction,
                ..story_of(&ours)
            });
            vec![out, back]
        };
        for author in [None, Some(&ours)] {
            let half = the_one(to_oneself(), author).unwrap();
            assert_eq!(half.direction, Direction::Outbound);
        }
        let unclear = the_one(both(), None).unwrap_err();
        let sentence = "several agents gave a message this name; name one with `?from=`";
        assert_eq!(
            unclear,
            ApiError::ambiguous(sentence, vec![ours.clone(), peer.clone()])
        );
        for (stories, author) in [(vec![], None), (both(), Some(&stranger))] {
            let none = the_one(stories, author).unwrap_err();
            assert_eq!(
                none,
                ApiError::not_found("no message of this name is known")
            );
        }
    }

    fn story_of(from: &AgentId) -> Story {
        Story {
            message_id: MessageId::new("m-1").unwrap(),
            direction: Direction::Inbound,
            from: from.clone(),
            to: AgentId::new("10000009").unwrap(),
            conversation_id: ConversationId::new("c-1").unwrap(),
            kind: Kind::Text,
            state: "waiting".to_owned(),
            content: String::new(),
            original: None,
            content_bytes: 0,
            trust: None,
            taken_at: Timestamp::from_millis(0),
            annotations: Vec::new(),
            verdicts: Vec::new(),
            events: Vec::new(),
            may_repeat: false,
        }
    }
}
