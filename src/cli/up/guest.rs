//! The guest of `up`: an agent like any other, with a daemon and files of its own, that answers
//! each text once.

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
use crate::types::Kind;

/// How long one look into the inbox waits for the next message.
const LOOK: Duration = Duration::from_secs(60);
/// How many messages are read at a time.
const AT_A_TIME: usize = 50;
/// How much of a message the answer repeats, in characters.
const REPEATED: usize = 200;

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
    while let Some(waited) = stopping
        .run_until_cancelled(guest.wait_for_inbox(seen, LOOK))
        .await
    {
        waited?;
        for message in guest.inbox(Some(seen), AT_A_TIME).await? {
            seen = message.seq;
            if message.kind == Kind::Text {
                answer(&guest, &message).await?;
            }
        }
    }
    Ok(())
}

async fn answer(guest: &Daemon, message: &InboxMessage) -> Result<(), DbError> {
    let heard: String = message.content.chars().take(REPEATED).collect();
    let request = SendRequest {
        to: message.from.clone(),
        content: format!("Your message arrived. You wrote: {heard}"),
        conversation_id: Some(message.conversation_id.clone()),
        turn_number: None,
        reply_session: None,
        idempotency_key: Some(format!("answer:{}", message.message_id)),
    };
    if let Err(refusal) = guest.send(request).await? {
        warn!("the guest's answer was not taken: {refusal:?}");
    }
    Ok(())
}
