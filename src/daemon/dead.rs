//! Dead letters: what was given up, until a person has it tried again or lets it go.
//!
//! One that is tried again waits as a message does that came just now, under its old name, so that
//! the gateway still knows a repeat. What the policies were never asked about, since it came too
//! late, goes before them first. The outbox gives nothing up.

use super::called::{Missed, the_one};
use super::held::Again;
use super::inbound::inbox::dead::DeadLetter;
use super::inbound::{self, Inbox, inbox};
use super::lane::{Bench, Lane};
use super::outbound::Outbox;
use super::rows::RowId;
use super::story::{self, About, Events};
use super::view::{DeadAnswer, DeadMessage, DeadRefusal};
use super::{stories, trust};
use crate::clock::Clock;
use crate::db::{Database, DbError};
use crate::types::{AgentId, Direction, MessageId, Trust};

/// A handle on what was given up. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct DeadLetters {
    pub(super) me: AgentId,
    pub(super) db: Database,
    pub(super) lane: Lane,
    pub(super) inbox: Inbox,
    pub(super) outbox: Outbox,
    pub(super) events: Events,
    pub(super) clock: Clock,
}

const BY_OWNER: &str = "by the owner";
const DROPPED_BY_OWNER: &str = "dropped by the owner";

impl DeadLetters {
    /// The newest `limit`, the oldest of them first.
    pub(super) async fn list(&self, limit: usize) -> Result<Vec<DeadMessage>, DbError> {
        self.db
            .read(move |connection| inbox::dead::list(connection, limit))
            .await
    }

    /// Has the dead letter called `id` tried again. Where two authors' of that name were given up,
    /// `from` says whose.
    pub(super) async fn retry(
        &self,
        id: &MessageId,
        from: Option<&AgentId>,
    ) -> Result<Result<DeadAnswer, DeadRefusal>, DbError> {
        let (me, id, from) = (self.me.clone(), id.clone(), from.cloned());
        let tried = self
            .lane
            .bring_back(move |bench| {
                let row = match find(bench.connection, &id, from.as_ref())? {
                    Ok(row) => row,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                try_again(bench, &me, row)
            })
            .await?;
        Ok(tried.map(|(about, again)| {
            self.events.tell_all(again.story);
            if again.wakes_agent {
                self.inbox.wake();
            }
            if again.wakes_link {
                self.outbox.wake();
            }
            answer(about, again.state, again.reason)
        }))
    }

    /// Lets the dead letter called `id` go, with its text.
    pub(super) async fn let_go(
        &self,
        id: &MessageId,
        from: Option<&AgentId>,
    ) -> Result<Result<DeadAnswer, DeadRefusal>, DbError> {
        let (id, from) = (id.clone(), from.cloned());
        let now = self.clock.now();
        let dropped = self
            .db
            .write(move |connection| {
                let row = match find(connection, &id, from.as_ref())? {
                    Ok(row) => row,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                let about = inbox::dead::let_go(connection, row, now, DROPPED_BY_OWNER)?;
                let detail = Some(BY_OWNER.to_owned());
                let entry = story::write(connection, &about, now, "dropped", detail)?;
                Ok(Ok((about, entry)))
            })
            .await?;
        Ok(dropped.map(|(about, entry)| {
            self.events.tell_all(vec![entry]);
            let state = inbox::RowState::Dropped.as_str();
            answer(about, state, Some(DROPPED_BY_OWNER.to_owned()))
        }))
    }
}

/// The row of the dead letter that is meant.
fn find(
    connection: &rusqlite::Connection,
    id: &MessageId,
    from: Option<&AgentId>,
) -> rusqlite::Result<Result<RowId, DeadRefusal>> {
    let mut called = stories::called(connection, id)?;
    // A message to oneself has one name in both boxes.
    called.sort_by_key(|one| one.place.direction == Direction::Outbound);
    let dead = inbox::RowState::Dead.as_str();
    Ok(the_one(called, from, dead)
        .map(|place| place.row)
        .map_err(DeadRefusal::from))
}

fn try_again(
    bench: &mut Bench<'_>,
    me: &AgentId,
    row: RowId,
) -> rusqlite::Result<Result<(About, Again), DeadRefusal>> {
    let (connection, now) = (bench.connection, bench.now);
    let Some(letter) = inbox::dead::load(connection, row)? else {
        return Ok(Err(DeadRefusal::NotFound));
    };
    let about = letter.about().clone();
    if trust::level(connection, &about.peer)? == Trust::Blocked {
        return Ok(Err(DeadRefusal::Blocked(about.peer)));
    }
    let retried = story::write(
        connection,
        &about,
        now,
        "retried",
        Some(BY_OWNER.to_owned()),
    )?;
    let mut again = match letter {
        DeadLetter::Admitted(_) => {
            inbox::dead::revive(connection, row, now)?;
            let state = inbox::RowState::Waiting.as_str();
            Again {
                state,
                reason: None,
                story: vec![story::write(connection, &about, now, state, None)?],
                wakes_agent: true,
                wakes_link: false,
            }
        }
        DeadLetter::Unjudged(original) => inbound::judge_again(bench, me, original, Vec::new())?,
    };
    again.story.insert(0, retried);
    Ok(Ok((about, again)))
}

fn answer(about: About, state: &'static str, reason: Option<String>) -> DeadAnswer {
    DeadAnswer {
        ok: true,
        message_id: about.id,
        from: about.author,
        state,
        reason,
    }
}

impl From<Missed> for DeadRefusal {
    fn from(missed: Missed) -> Self {
        match missed {
            Missed::Unknown => DeadRefusal::NotFound,
            Missed::Elsewhere(state) => DeadRefusal::NotDead(state),
            Missed::Several(authors) => DeadRefusal::Ambiguous(authors),
        }
    }
}
