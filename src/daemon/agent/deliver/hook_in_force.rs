//! The hook that messages go to now: what `[gateway]` sets, and `openclaw.json` for the rest.

use crate::config;
use crate::config::HOOKS_PATH;
use crate::config::openclaw::HookSettings;
use crate::daemon::agent::gateway::Endpoint;
use crate::daemon::agent::hook;
use crate::daemon::inbound::Admitted;
use crate::follow::Followed;

/// A hook that can be called.
pub(super) struct HookInForce {
    pub(super) endpoint: Endpoint,
    settings: Option<HookSettings>,
}

impl HookInForce {
    /// Finds the hook, or says why there is none and how to get one.
    pub(super) fn new(
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
    pub(super) fn session_for(&self, message: &Admitted) -> Option<String> {
        let own = hook::session_key(message.from(), message.conversation());
        let settings = self.settings.as_ref()?;
        settings
            .session_key(&own, message.reply_session())
            .map(str::to_owned)
    }
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
        None => "there is no `openclaw.json`, so the hook's token is not known".to_owned(),
    }
}
