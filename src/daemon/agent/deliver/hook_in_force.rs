//! The hook that messages go to now: what `[gateway]` sets, and `openclaw.json` for the rest.

use crate::config;
use crate::config::HOOKS_PATH;
use crate::config::openclaw::HookSettings;
use crate::daemon::agent::gateway::Endpoint;
use crate::daemon::agent::hook;
use crate::daemon::inbound::{Admitted, is_proven};
use crate::follow::Followed;
use crate::types::ConversationId;

/// A hook that can be called.
pub(in crate::daemon) struct HookInForce {
    pub(in crate::daemon) endpoint: Endpoint,
    settings: Option<HookSettings>,
}

impl HookInForce {
    /// Finds the hook, or says why there is none and how to get one.
    pub(in crate::daemon) fn new(
        gateway: &config::Gateway,
        newest: &Followed<Option<HookSettings>>,
    ) -> Result<Self, String> {
        let settings = newest.good.as_deref().and_then(Option::as_ref);
        let token = match (&gateway.token, settings) {
            // Whoever sets the token here speaks of a gateway whose file may be elsewhere.
            (Some(token), _) => token,
            (None, Some(settings)) => token_of(settings)?,
            (None, None) => return Err(unreadable(newest.problem.as_deref())),
        };
        let path = match (&gateway.path, settings) {
            (Some(path), _) => path,
            (None, Some(settings)) => &settings.path,
            (None, None) => HOOKS_PATH,
        };
        Ok(Self {
            endpoint: Endpoint::new(&gateway.base_url, path, token),
            settings: settings.cloned(),
        })
    }

    /// The session that a message's request names, where the gateway lets it.
    ///
    /// Where the relay does not prove who sends, whoever can guess a peer's conversation could
    /// write into the session that its answers go to; so there only an id that nobody guesses
    /// leads out of the conversation's own session.
    pub(super) fn session_for(&self, message: &Admitted) -> Option<String> {
        let own = hook::session_key(message.from(), message.conversation());
        let settings = self.settings.as_ref()?;
        let is_safe = is_proven(message.annotations()) || is_unguessable(message.conversation());
        let reply_session = message.reply_session().filter(|_| is_safe);
        settings.session_key(&own, reply_session).map(str::to_owned)
    }
}

/// Whether `id` holds 128 bits as hex digits, as a UUID does and every id that this daemon makes.
fn is_unguessable(id: &ConversationId) -> bool {
    const DIGITS: usize = 32;
    let digits = id.as_str().replace('-', "");
    let mut runs = digits.split(|c: char| !c.is_ascii_hexdigit());
    runs.any(|run| run.len() >= DIGITS)
}

fn token_of(settings: &HookSettings) -> Result<&crate::types::Secret, String> {
    if !settings.enabled {
        return Err("hooks are disabled in `openclaw.json`; \
                    `openclaw config set hooks.enabled true` enables them"
            .to_owned());
    }
    settings.token.as_ref().ok_or_else(|| {
        let hint = match settings.token_elsewhere {
            true => "keeps the hooks' token elsewhere; set `token` in `[gateway]`",
            false => "has no `hooks.token`; set one with `openclaw config set hooks.token`",
        };
        format!("`openclaw.json` {hint}")
    })
}

fn unreadable(problem: Option<&str>) -> String {
    match problem {
        Some(problem) => format!("`openclaw.json` cannot be read: {problem}"),
        None => "there is no `openclaw.json`, so the hook's token is not known; set `token` in \
                 `[gateway]`, or `OPENCLAW_CONFIG_PATH`"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::random;

    #[test]
    fn an_id_that_nobody_guesses_is_a_uuid_or_of_our_own_making() {
        let own = random::conversation_id();
        for (id, unguessable) in [
            (own.as_str(), true),
            ("9b2f6c1e-54a7-4c1d-8a35-0c9d1f7be2a4", true),
            ("conv-9b2f6c1e54a74c1d8a350c9d1f7be2a4", true),
            ("c-1", false),
            ("conversation:10000001:10000002:weekly-planning", false),
            ("9b2f6c1e", false),
        ] {
            let id = ConversationId::new(id).unwrap();
            assert_eq!(is_unguessable(&id), unguessable, "{id}");
        }
    }
}
