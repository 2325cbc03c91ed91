//! Whether the relay proves who sends, and still does: `sig2` once used is not given up in silence.
//!
//! Whoever stands between can take an extension out of an offer, and messages would then count as
//! anybody's. So a relay that once opened a session in that form is remembered in the database,
//! and an offer that falls behind it opens none, until the owner says otherwise.

use rusqlite::Connection;

use super::SessionEnd;
use crate::config::RelayUrl;
use crate::daemon::link::Link;
use crate::daemon::rows::{keep_note, note};
use crate::wire::Form;
use crate::wire::frame::{KeyOffer, SessionFrame};

/// Why an offer is not taken, and what a person may do.
const FALLS_BEHIND: &str = "it proved who sends before (`sig2`) and offers a session without that \
    now: somebody may stand between; if the relay itself has changed, start the daemon once with \
    `--accept-unproven`";

/// How an offer stands to what is remembered of its relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// As it always was.
    AsBefore,
    /// It proves who sends for the first time.
    First,
    /// It no longer proves who sends.
    Behind,
}

/// The form in which a session that begins like this is signed.
pub(super) fn form(offer: &SessionFrame) -> Form {
    match offer.key {
        KeyOffer::Key(_) => Form::V1,
        KeyOffer::Salt(_) => Form::Sig2,
    }
}

/// Remembers a relay that proves who sends; ends a session in which one no longer does.
pub(super) async fn check(link: &Link, offer: &SessionFrame) -> Result<(), SessionEnd> {
    let (relay, form) = (link.relay.clone(), form(offer));
    let unreadable = |why| SessionEnd::Lost(format!("what is known of the relay: {why}"));
    let proved = {
        let relay = relay.clone();
        let read = link
            .db
            .read(move |connection| has_proved(connection, &relay));
        read.await.map_err(unreadable)?
    };
    match standing(form, proved) {
        Standing::AsBefore => Ok(()),
        Standing::First => {
            let write = move |connection: &Connection| remember(connection, &relay);
            link.db.write(write).await.map_err(unreadable)
        }
        Standing::Behind => Err(SessionEnd::Unproven(FALLS_BEHIND.to_owned())),
    }
}

/// Forgets that `relay` ever proved who sends: its owner goes on with it as it is.
pub(in crate::daemon) fn forget(connection: &Connection, relay: &RelayUrl) -> rusqlite::Result<()> {
    keep_note(connection, &key(relay), "no")
}

fn remember(connection: &Connection, relay: &RelayUrl) -> rusqlite::Result<()> {
    keep_note(connection, &key(relay), "yes")
}

fn has_proved(connection: &Connection, relay: &RelayUrl) -> rusqlite::Result<bool> {
    let known: Option<String> = note(connection, &key(relay))?;
    Ok(known.is_some_and(|known| known == "yes"))
}

fn key(relay: &RelayUrl) -> String {
    format!("relay_proves_senders {relay}")
}

fn standing(form: Form, proved_before: bool) -> Standing {
    match (form, proved_before) {
        (Form::Sig2, true) | (Form::V1, false) => Standing::AsBefore,
        (Form::Sig2, false) => Standing::First,
        (Form::V1, true) => Standing::Behind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::schema;
    use crate::db::Database;
    use crate::tasks::Tasks;

    #[test]
    fn an_offer_that_falls_behind_what_the_relay_proved_is_known() {
        for (form, proved_before, expected) in [
            (Form::V1, false, Standing::AsBefore),
            (Form::Sig2, false, Standing::First),
            (Form::Sig2, true, Standing::AsBefore),
            (Form::V1, true, Standing::Behind),
        ] {
            assert_eq!(standing(form, proved_before), expected, "{form:?}");
        }
    }

    #[tokio::test]
    async fn what_a_relay_proved_is_remembered_for_it_alone_until_the_owner_forgets_it() {
        let home = tempfile::tempdir().unwrap();
        let tasks = Tasks::new();
        let path = home.path().join("daemon.db");
        let db = Database::open(&path, schema::MIGRATIONS, &tasks).unwrap();
        let ours = RelayUrl::parse("wss://relay.example").unwrap();
        let other = RelayUrl::parse("wss://other.example").unwrap();
        let known = db
            .write(move |connection| {
                let mut known = vec![has_proved(connection, &ours)?];
                remember(connection, &ours)?;
                known.push(has_proved(connection, &ours)?);
                known.push(has_proved(connection, &other)?);
                forget(connection, &ours)?;
                known.push(has_proved(connection, &ours)?);
                Ok(known)
            })
            .await;
        assert_eq!(known.unwrap(), [false, true, false, false]);
        tasks.cancel();
    }
}
