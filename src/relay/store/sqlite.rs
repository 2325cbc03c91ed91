//! The store in one SQLite file.
//!
//! Writes go through the one writer and commit together. Reads for sessions and cards run on
//! readers; the list of what waits in a mailbox is read by the writer, so that it sees everything
//! that was submitted before it.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use futures_util::FutureExt;
use rusqlite::Connection;

use super::{
    AgentRecord, CardChange, Commit, Enqueued, History, HistoryQuery, KeptTurn, List, Listed,
    MailName, MailRow, MailboxRoom, NewAgent, Store, StoreError, StoredMail, Waiting,
};
use crate::db::{Database, Health, OpenError};
use crate::files::{self, FileError};
use crate::relay::conversation::{Conversation, Key};
use crate::tasks::Tasks;
use crate::types::{AgentId, Nonce, Timestamp};
use crate::wire::Features;

mod agent;
mod mail;
mod row;
mod schema;
mod talk;
#[cfg(test)]
mod tests;

/// A store in a SQLite file.
#[derive(Debug)]
pub(in crate::relay) struct SqliteStore {
    database: Database,
}

impl SqliteStore {
    /// Opens the store that [`create_file`] made room for.
    pub(in crate::relay) fn open(path: &Path, tasks: &Tasks) -> Result<Self, OpenError> {
        let database = Database::open(path, schema::MIGRATIONS, tasks)?;
        Ok(Self { database })
    }

    async fn commit<T, F>(&self, work: F) -> Commit<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let pending = self.database.submit(work).await;
        pending.map(|done| done.map_err(StoreError::from)).boxed()
    }
}

/// Creates the folder of the file where it is missing, its owner's alone.
pub(in crate::relay) fn create_folder(path: &Path) -> Result<(), FileError> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty() && !folder.exists())
    {
        files::create_private_dir(folder)?;
    }
    Ok(())
}

/// Creates the file, readable by its owner alone whatever the umask, before SQLite opens it; SQLite
/// gives its other files the same mode. A file that others can read is refused.
pub(in crate::relay) fn create_file(path: &Path) -> Result<(), FileError> {
    files::ensure_private(path)?;
    for suffix in ["-wal", "-shm"] {
        let beside = beside(path, suffix);
        if beside.exists() {
            files::ensure_private(&beside)?;
        }
    }
    Ok(())
}

/// The file that goes with the one at `path` under its name and `suffix`.
pub(in crate::relay) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[async_trait]
impl Store for SqliteStore {
    async fn register(&self, new: NewAgent) -> Result<bool, StoreError> {
        Ok(self
            .database
            .write(move |c| agent::register(c, &new))
            .await?)
    }

    async fn agent(&self, id: &AgentId) -> Result<Option<AgentRecord>, StoreError> {
        let id = id.clone();
        Ok(self.database.read(move |c| agent::load(c, &id)).await?)
    }

    async fn change_card(
        &self,
        id: &AgentId,
        change: CardChange,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let id = id.clone();
        let work = move |c: &Connection| agent::change_card(c, &id, &change, now);
        Ok(self.database.write(work).await?)
    }

    async fn note_features(&self, id: &AgentId, features: Features) -> Result<(), StoreError> {
        let id = id.clone();
        let work = move |c: &Connection| agent::note_features(c, &id, features);
        Ok(self.database.write(work).await?)
    }

    async fn enlist(
        &self,
        list: List,
        id: &AgentId,
        peer: Listed,
        max: usize,
    ) -> Result<bool, StoreError> {
        let id = id.clone();
        let work = move |c: &Connection| agent::enlist(c, list, &id, &peer, max);
        Ok(self.database.write(work).await?)
    }

    async fn delist(&self, list: List, id: &AgentId, peer: &AgentId) -> Result<(), StoreError> {
        let (id, peer) = (id.clone(), peer.clone());
        let work = move |c: &Connection| agent::delist(c, list, &id, &peer);
        Ok(self.database.write(work).await?)
    }

    async fn listed(&self, list: List, id: &AgentId) -> Result<Vec<Listed>, StoreError> {
        let id = id.clone();
        Ok(self
            .database
            .read(move |c| agent::listed(c, list, &id))
            .await?)
    }

    async fn set_allowlist(&self, id: &AgentId, enabled: bool) -> Result<(), StoreError> {
        let id = id.clone();
        let work = move |c: &Connection| agent::set_allowlist(c, &id, enabled);
        Ok(self.database.write(work).await?)
    }

    async fn claim_nonce(
        &self,
        agent: &AgentId,
        nonce: &Nonce,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let (agent, nonce) = (agent.clone(), nonce.clone());
        let work = move |c: &Connection| agent::claim_nonce(c, &agent, &nonce, until);
        Ok(self.database.write(work).await?)
    }

    async fn enqueue(&self, mail: StoredMail, room: MailboxRoom) -> Commit<Enqueued> {
        self.commit(move |c| mail::enqueue(c, &mail, room)).await
    }

    async fn waiting(&self, agent: &AgentId) -> Result<Vec<Waiting>, StoreError> {
        let agent = agent.clone();
        Ok(self
            .database
            .write(move |c| mail::waiting(c, &agent))
            .await?)
    }

    async fn mail(&self, rows: Vec<MailRow>) -> Result<Vec<StoredMail>, StoreError> {
        Ok(self.database.read(move |c| mail::load(c, &rows)).await?)
    }

    async fn remove(&self, agent: &AgentId, names: Vec<MailName>) -> Commit<()> {
        let agent = agent.clone();
        self.commit(move |c| mail::remove(c, &agent, &names)).await
    }

    async fn mark_may_repeat(&self, agent: &AgentId, names: Vec<MailName>) -> Commit<()> {
        let agent = agent.clone();
        self.commit(move |c| mail::mark_may_repeat(c, &agent, &names))
            .await
    }

    async fn conversation(&self, key: &Key) -> Result<Option<Conversation>, StoreError> {
        let key = key.clone();
        Ok(self.database.read(move |c| talk::load(c, &key)).await?)
    }

    async fn keep_turn(&self, turn: KeptTurn) -> Commit<()> {
        self.commit(move |c| talk::keep(c, &turn)).await
    }

    async fn history(&self, query: HistoryQuery) -> Result<Option<History>, StoreError> {
        Ok(self
            .database
            .read(move |c| talk::history(c, &query))
            .await?)
    }

    async fn health(&self) -> Health {
        if self.database.health() == Health::Full {
            // That there is still no room is noted as it is of any other write.
            let _ = self.database.write(agent::try_room).await;
        }
        self.database.health()
    }

    async fn forget_nonces(&self, now: Timestamp) -> Result<(), StoreError> {
        let step = move |c: &Connection| agent::forget_some_nonces(c, now);
        while self.database.write(step).await? > 0 {}
        Ok(())
    }

    async fn forget_history(&self, since: Timestamp) -> Result<(), StoreError> {
        // In small steps, so that no message waits long behind the broom.
        let step = move |c: &Connection| talk::forget_some(c, since);
        while self.database.write(step).await? > 0 {}
        Ok(())
    }
}
