//! Held messages, both directions: what waits for a person or for a moment, and what becomes of it.
//!
//! A held row keeps the content as it came. A release brings it before the whole chain again, in
//! the lane's transaction, with the message's own time; only the chain lets it go on. A refusal
//! settles it, and its author hears nothing new. Each release is a job of its own in the lane, so
//! that whatever else waits to be judged comes first.

mod keeper;
mod release;
mod room;
mod rows;

use rusqlite::Connection;
use tracing::{info, warn};

use super::called::{Missed, Place, the_one};
use super::inbound::{self, Inbox, inbox};
use super::lane::{Bench, Lane};
use super::outbound::{self, Outbox, outbox};
use super::story::{self, About, Entry, Events};
use super::view::{Event, HeldAnswer, HeldMessage, HeldRefusal};
use super::{stories, trust};
use crate::clock::Clock;
use crate::db::{Database, DbError};
use crate::policy::Hold;
use crate::types::{AgentId, Direction, MessageId, Timestamp, Trust};

pub(super) use room::wait_for_room;

use release::{Acquaintance, Author};

pub use release::Release;

/// A handle on what is held. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct HeldBox {
    pub(super) me: AgentId,
    pub(super) db: Database,
    pub(super) lane: Lane,
    pub(super) inbox: Inbox,
    pub(super) outbox: Outbox,
    pub(super) events: Events,
    pub(super) clock: Clock,
}

/// What judging a held message again came to, to be acted on once it is on disk.
#[derive(Debug)]
pub(super) struct Again {
    /// The word for the row's state now.
    pub(super) state: &'static str,
    /// Why it is not admitted.
    pub(super) reason: Option<String>,
    pub(super) story: Vec<Entry>,
    pub(super) wakes_agent: bool,
    pub(super) wakes_link: bool,
}

/// A held message that was released, to be told of once it is on disk.
#[derive(Debug)]
struct Returned {
    about: About,
    again: Again,
    peer: Acquaintance,
}

impl HeldBox {
    /// What is held, the oldest first, at most `limit`.
    pub(super) async fn list(&self, limit: usize) -> Result<Vec<HeldMessage>, DbError> {
        let me = self.me.clone();
        self.db
            .read(move |connection| rows::list(connection, &me, limit))
            .await
    }

    /// Has the message called `id` judged again, as `release` allows. Where two authors' messages
    /// of that name are held, `from` says whose.
    pub(super) async fn release(
        &self,
        id: &MessageId,
        from: Option<&AgentId>,
        release: Release,
    ) -> Result<Result<HeldAnswer, HeldRefusal>, DbError> {
        let (me, id, from) = (self.me.clone(), id.clone(), from.cloned());
        let returned = self
            .lane
            .bring_back(move |bench| {
                let called = stories::called(bench.connection, &id)?;
                match the_one(called, from.as_ref(), HELD) {
                    Ok(place) => bring_back(bench, &me, place, release)
                        .map(|back| back.ok_or(HeldRefusal::NotFound)),
                    Err(missed) => Ok(Err(missed.into())),
                }
            })
            .await?;
        Ok(returned.map(|returned| self.conclude(returned)))
    }

    /// Refuses the message called `id`; its author hears nothing of it.
    pub(super) async fn refuse(
        &self,
        id: &MessageId,
        from: Option<&AgentId>,
    ) -> Result<Result<HeldAnswer, HeldRefusal>, DbError> {
        let (id, from) = (id.clone(), from.cloned());
        let now = self.clock.now();
        let refused = self
            .db
            .write(move |connection| {
                let called = stories::called(connection, &id)?;
                let place = match the_one(called, from.as_ref(), HELD) {
                    Ok(place) => place,
                    Err(missed) => return Ok(Err(missed.into())),
                };
                let about = settle_refused(connection, place, now)?;
                let detail = Some(REFUSED_BY_OWNER.to_owned());
                let entry = story::write(connection, &about, now, "refused", detail)?;
                Ok(Ok((about, entry)))
            })
            .await?;
        Ok(refused.map(|(about, entry)| {
            self.events.tell_all(vec![entry]);
            answer(
                &self.me,
                about,
                "refused",
                Some(REFUSED_BY_OWNER.to_owned()),
            )
        }))
    }

    /// Has everything that is held because a policy failed judged again, once another chain is
    /// published. It answers no hold: a policy that still fails holds its messages again.
    pub(super) async fn judge_again_after_reload(&self) -> Result<(), DbError> {
        let places = self.db.read(rows::failed).await?;
        for place in places {
            if let Err(why) = self.return_to_chain(place, Release::Reload).await {
                warn_of(place, &why);
            }
        }
        Ok(())
    }

    /// Has the message at `place` judged again, if it is still held.
    async fn return_to_chain(&self, place: Place, release: Release) -> Result<(), DbError> {
        let me = self.me.clone();
        let returned = self
            .lane
            .bring_back(move |bench| bring_back(bench, &me, place, release))
            .await?;
        if let Some(returned) = returned {
            self.conclude(returned);
        }
        Ok(())
    }

    /// Tells of what is on disk.
    fn conclude(&self, returned: Returned) -> HeldAnswer {
        let Returned { about, again, peer } = returned;
        let (id, state) = (&about.id, again.state);
        info!(message.id = %id, "message {id}, which was held, was judged again: {state}");
        if peer == Acquaintance::Known {
            self.events.tell(Event::Trust {
                agent_id: about.peer.clone(),
                level: Trust::Known,
            });
        }
        self.events.tell_all(again.story);
        if again.wakes_agent {
            self.inbox.wake();
        }
        if again.wakes_link {
            self.outbox.wake();
        }
        let named = |wanted| (peer == wanted).then(|| about.peer.clone());
        let (now_known, stays_unknown) = (
            named(Acquaintance::Known),
            named(Acquaintance::StaysUnknown),
        );
        HeldAnswer {
            now_known,
            stays_unknown,
            ..answer(&self.me, about, state, again.reason)
        }
    }
}

/// The word for the state of what is held, in both boxes.
const HELD: &str = "held";

const REFUSED_BY_OWNER: &str = "refused by the owner";

/// Judges the message at `place` again; nothing where it is no longer held.
fn bring_back(
    bench: &mut Bench<'_>,
    me: &AgentId,
    place: Place,
    release: Release,
) -> rusqlite::Result<Option<Returned>> {
    match place.direction {
        Direction::Inbound => {
            let Some((original, hold)) = inbox::held::load(bench.connection, place.row)? else {
                return Ok(None);
            };
            let about = original.about.clone();
            let author = match inbound::is_proven(&original.annotations) {
                true => Author::Proven,
                false => Author::Claimed,
            };
            let opening = open(bench, &about, &hold, (release, author))?;
            let again = inbound::judge_again(bench, me, original, release.answered(&hold))?;
            Ok(Some(opening.returned(about, again)))
        }
        Direction::Outbound => {
            let Some(held) = outbox::held::load(bench.connection, place.row)? else {
                return Ok(None);
            };
            let (about, hold) = (held.about.clone(), held.hold.clone());
            let opening = open(bench, &about, &hold, (release, Author::Proven))?;
            let again = outbound::judge_again(bench, me, held, release.answered(&hold))?;
            Ok(Some(opening.returned(about, again)))
        }
    }
}

/// What happens at a release before the message is judged.
struct Opening {
    released: Entry,
    peer: Acquaintance,
}

fn open(
    bench: &Bench<'_>,
    about: &About,
    hold: &Hold,
    (release, author): (Release, Author),
) -> rusqlite::Result<Opening> {
    let level = trust::level(bench.connection, &about.peer)?;
    let peer = release.introduces(hold, level, author);
    if peer == Acquaintance::Known {
        trust::set(bench.connection, &about.peer, Trust::Known, bench.now)?;
    }
    let detail = Some(release.told().to_owned());
    let released = story::write(bench.connection, about, bench.now, "released", detail)?;
    Ok(Opening { released, peer })
}

impl Opening {
    fn returned(self, about: About, mut again: Again) -> Returned {
        again.story.insert(0, self.released);
        Returned {
            about,
            again,
            peer: self.peer,
        }
    }
}

fn settle_refused(
    connection: &Connection,
    place: Place,
    now: Timestamp,
) -> rusqlite::Result<About> {
    match place.direction {
        Direction::Inbound => inbox::held::refuse(connection, place.row, now, REFUSED_BY_OWNER),
        Direction::Outbound => outbox::held::refuse(connection, place.row, now, REFUSED_BY_OWNER),
    }
}

fn answer(me: &AgentId, about: About, state: &'static str, reason: Option<String>) -> HeldAnswer {
    let (from, to) = match about.direction {
        Direction::Inbound => (about.author, me.clone()),
        Direction::Outbound => (about.author, about.peer),
    };
    HeldAnswer {
        ok: true,
        message_id: about.id,
        direction: about.direction,
        from,
        to,
        state,
        reason,
        now_known: None,
        stays_unknown: None,
    }
}

impl From<Missed> for HeldRefusal {
    fn from(missed: Missed) -> Self {
        match missed {
            Missed::Unknown => HeldRefusal::NotFound,
            Missed::Elsewhere(state) => HeldRefusal::NotHeld(state),
            Missed::Several(authors) => HeldRefusal::Ambiguous(authors),
        }
    }
}

/// Says that a held message could not be judged again; it stays held.
fn warn_of(place: Place, why: &DbError) {
    let Place { direction, row } = place;
    warn!("the held {direction} message at {row:?} could not be judged again: {why}");
}

#[cfg(test)]
mod tests;
