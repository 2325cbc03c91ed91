//! Who this agent is: from the environment, from `opendialogue-state.json`, or newly registered.
//!
//! The file is the TypeScript plugin's and is taken over as it is. A file that cannot be read is
//! left alone: the daemon stops rather than become somebody else.

use std::path::PathBuf;

use tracing::{info, warn};

use super::relay_client::{RelayCallError, RelayClient};
use crate::config::state_file::{HalfIdentity, Identity, StateFile, StateFileError};
use crate::config::{Config, RelayUrl};
use crate::files::FileError;
use crate::types::{AgentId, TurnNumber};

/// Why it is not known who this agent is.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The state file cannot be used.
    #[error(transparent)]
    State(#[from] StateFileError),
    /// Half an identity is no identity.
    #[error(transparent)]
    Half(#[from] HalfIdentity),
    /// The identity belongs to another relay.
    #[error(
        "`{}` holds an identity of the relay {theirs}, but the configuration names {ours}; \
         set `[relay] url` back, or start once with `--register` to become a new agent there",
        path.display()
    )]
    OtherRelay {
        /// The state file.
        path: PathBuf,
        /// The relay that knows the identity.
        theirs: Box<RelayUrl>,
        /// The relay in the configuration.
        ours: Box<RelayUrl>,
    },
    /// The relay did not register a new agent.
    #[error("a new agent could not be registered: {0}")]
    Register(#[from] RelayCallError),
    /// The state file cannot be written.
    #[error(transparent)]
    Write(#[from] FileError),
}

/// Who this agent is, and what the state file holds beside that.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) identity: Identity,
    pub(super) state: StateFile,
    /// Who the state file said that this agent was when the daemon started.
    pub(super) before: Option<AgentId>,
}

/// What is known of this agent before the relay is asked.
#[derive(Debug)]
pub(super) struct Found {
    state: StateFile,
    /// None where it is to be registered.
    identity: Option<Identity>,
    /// Whether the identity is the environment's, which is never written down.
    is_lent: bool,
}

/// Finds out who this agent is. Reads, and changes nothing.
pub(super) fn find(config: &Config, register_again: bool) -> Result<Found, IdentityError> {
    let path = config.paths.state_file();
    let state = StateFile::read(&path)?.unwrap_or_else(StateFile::empty);
    for complaint in &state.complaints {
        warn!("in `{}`: {complaint}", path.display());
    }
    let identity = state.identity(&config.identity)?;
    let lent = &config.identity;
    if lent.agent_id.is_some() || lent.agent_secret.is_some() {
        return Ok(Found {
            state,
            identity,
            is_lent: true,
        });
    }
    let ours = &config.relay.url;
    let elsewhere = state.relay_url.clone().filter(|theirs| theirs != ours);
    let identity = match (identity, elsewhere) {
        (Some(_), Some(theirs)) if !register_again => {
            return Err(IdentityError::OtherRelay {
                path,
                theirs: Box::new(theirs),
                ours: Box::new(ours.clone()),
            });
        }
        (Some(identity), None) => Some(identity),
        (None, _) | (Some(_), Some(_)) => None,
    };
    Ok(Found {
        state,
        identity,
        is_lent: false,
    })
}

impl Found {
    /// The owner's limit on turns.
    pub(super) fn max_turns(&self) -> Option<TurnNumber> {
        self.state.max_turns_per_conversation
    }

    /// Registers this agent as `name` where nobody knows it yet, and writes down who it is.
    pub(super) async fn establish(
        self,
        config: &Config,
        client: &RelayClient,
        name: &str,
    ) -> Result<Known, IdentityError> {
        let (state, ours) = (self.state, &config.relay.url);
        let before = state.agent_id.clone();
        let identity = match self.identity {
            Some(identity) => identity,
            None => {
                let identity = client.register(name).await?;
                info!("registered as agent {} at {ours}", identity.agent_id);
                identity
            }
        };
        let is_written = state.relay_url.as_ref() == Some(ours)
            && state.agent_id.as_ref() == Some(&identity.agent_id);
        if self.is_lent || is_written {
            return Ok(Known {
                identity,
                state,
                before,
            });
        }
        let state = state
            .with_identity(identity.clone())
            .with_relay_url(ours.clone());
        state.write(&config.paths.state_file())?;
        Ok(Known {
            identity,
            state,
            before,
        })
    }
}
