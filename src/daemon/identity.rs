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
        theirs: RelayUrl,
        /// The relay in the configuration.
        ours: RelayUrl,
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
}

/// Finds out who this agent is, registering it as `name` where nobody knows it yet.
pub(super) async fn establish(
    config: &Config,
    client: &RelayClient,
    name: &str,
    register_again: bool,
) -> Result<Known, IdentityError> {
    let path = config.paths.state_file();
    let state = StateFile::read(&path)?.unwrap_or_else(StateFile::empty);
    for complaint in &state.complaints {
        warn!("in `{}`: {complaint}", path.display());
    }
    let ours = &config.relay.url;
    if config.identity.agent_id.is_some() || config.identity.agent_secret.is_some() {
        if let Some(identity) = state.identity(&config.identity)? {
            return Ok(Known { identity, state });
        }
    }
    let elsewhere = state.relay_url.clone().filter(|theirs| theirs != ours);
    let identity = match (state.identity(&config.identity)?, elsewhere) {
        (Some(_), Some(theirs)) if !register_again => {
            return Err(IdentityError::OtherRelay {
                path,
                theirs,
                ours: ours.clone(),
            });
        }
        (Some(identity), None) => identity,
        (None, _) | (Some(_), Some(_)) => {
            let identity = client.register(name).await?;
            info!("registered as agent {} at {ours}", identity.agent_id);
            identity
        }
    };
    let known_here = state.relay_url.as_ref() == Some(ours);
    let unchanged = known_here && state.agent_id.as_ref() == Some(&identity.agent_id);
    let state = state
        .with_identity(identity.clone())
        .with_relay_url(ours.clone());
    if !unchanged {
        state.write(&path)?;
    }
    Ok(Known { identity, state })
}
