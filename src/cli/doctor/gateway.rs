//! OpenClaw's gateway: what its configuration lets us do, whether it lives and takes our token, and
//! why nothing is handed over.

use std::path::Path;

use super::daemon::Status;
use super::finding::{Finding, edit, mend};
use crate::config::Complaint;
use crate::config::openclaw::{HookSetting, HookSettings};
use crate::daemon::{GatewayHealth, GatewayTrouble, HookAnswer};

const START: &str = "openclaw gateway start";
const ENABLE: &str = "openclaw config set hooks.enabled true";
const NEW_TOKEN: &str = r#"openclaw config set hooks.token "$(openssl rand -hex 32)""#;
const SHOW: &str = "opendialogue config show --origin";

/// What is set up, on both sides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setup<'a> {
    /// `openclaw.json`, or what is wrong with it; none where there is none.
    pub(super) hooks: Result<Option<&'a HookSettings>, &'a Complaint>,
    /// Where that is.
    pub(super) openclaw_json: &'a Path,
    /// Whether `[gateway] token` is set, which goes before the one of `openclaw.json`.
    pub(super) has_own_token: bool,
    /// Our own configuration.
    pub(super) config_file: &'a Path,
}

/// What `openclaw.json` lacks, each with the command that sets it.
pub(super) fn setup(setup: Setup<'_>) -> Vec<Finding> {
    let check = "hooks";
    let path = setup.openclaw_json.display();
    let hooks = match setup.hooks {
        Ok(Some(hooks)) => hooks,
        Ok(None) if setup.has_own_token => {
            let says = format!("there is no `{path}`; `[gateway] token` is used");
            return vec![Finding::ok(check, says)];
        }
        Ok(None) => {
            let says = format!("there is no `{path}`, so the hook's token is not known");
            return vec![Finding::problem(check, says, NEW_TOKEN)];
        }
        Err(why) => {
            let says = format!("what the gateway allows is not known: {why}");
            return vec![Finding::problem(check, says, mend(why))];
        }
    };
    let mut found = Vec::new();
    if hooks.token.is_none() && hooks.token_elsewhere && !setup.has_own_token {
        found.push(Finding::problem(
            check,
            format!("`{path}` keeps the hook's token elsewhere: set `token` in `[gateway]`"),
            edit(setup.config_file, None),
        ));
    }
    for missing in hooks.missing() {
        if missing.setting == HookSetting::Token && setup.has_own_token {
            continue;
        }
        let is_prefixes = missing.setting == HookSetting::AllowedSessionKeyPrefixes;
        let lacks = format!("`{path}` lacks a setting that {}", missing.reason);
        found.push(match missing.is_required {
            _ if is_prefixes && hooks.stops_gateway() => Finding::problem(
                check,
                format!(
                    "with `allowedSessionKeyPrefixes` as it is in `{path}` the gateway does not \
                     start again: the sessions that it names by itself are not among them"
                ),
                missing.command,
            ),
            true => Finding::problem(
                check,
                format!("`{path}` lacks a setting: {}", missing.reason),
                missing.command,
            ),
            false => Finding::warning(check, lacks, missing.command),
        });
    }
    if found.is_empty() {
        let says = "they are enabled, with a token, and each conversation has its own session";
        found.push(Finding::ok(check, says));
    }
    found
}

/// Whether the gateway lives, at `address`.
pub(super) fn health(address: &str, health: &GatewayHealth) -> Finding {
    let check = "gateway";
    match health {
        GatewayHealth::Ready => Finding::ok(check, format!("{address} answers")),
        GatewayHealth::Draining => Finding::warning(
            check,
            format!("{address} takes nothing before it has restarted: look again"),
            "opendialogue doctor",
        ),
        GatewayHealth::Foreign(why) => Finding::problem(
            check,
            format!("{address}: {why}; name the gateway in `[gateway] base_url`"),
            SHOW,
        ),
        GatewayHealth::Away => Finding::problem(check, format!("{address} does not answer"), START),
    }
}

/// Whether the hook takes our token.
pub(super) fn token(answer: &HookAnswer, setup: Setup<'_>) -> Finding {
    let check = "hook token";
    match answer {
        HookAnswer::TokenRight => Finding::ok(check, "the hook takes it"),
        HookAnswer::TokenWrong => Finding::problem(
            check,
            "the hook does not take our token, so nothing can be handed over",
            new_token(setup),
        ),
        HookAnswer::NoHooks => Finding::problem(
            check,
            "the gateway has no hooks, or has them below another path",
            ENABLE,
        ),
        HookAnswer::NoHookThere => Finding::problem(
            check,
            "what answers at the hook's path is no hook: see `[gateway] path` and `base_url`",
            SHOW,
        ),
        HookAnswer::Unsaid(why) => Finding::unknown(check, why.as_str()),
    }
}

/// The command that gives both sides the same token.
fn new_token(setup: Setup<'_>) -> String {
    match setup.has_own_token {
        true => edit(setup.config_file, None),
        false => NEW_TOKEN.to_owned(),
    }
}

/// Whether messages are handed over, and why not where they are not.
pub(super) fn delivery(status: &Status, setup: Setup<'_>) -> Finding {
    let check = "delivery";
    if status.gateway_ready {
        return Finding::ok(check, "messages are handed over");
    }
    let Some(why) = &status.gateway_problem else {
        let says = "the daemon has not asked the gateway yet: look again";
        return Finding::warning(check, says, "opendialogue doctor");
    };
    let says = format!("nothing is handed over, {} wait: {why}", status.inbox);
    match status.gateway_trouble {
        Some(GatewayTrouble::NotWanted) => {
            Finding::warning(check, says, "opendialogue up --deliver")
        }
        Some(GatewayTrouble::Busy) => Finding::warning(check, says, "opendialogue doctor"),
        Some(GatewayTrouble::Away) => Finding::problem(check, says, START),
        Some(GatewayTrouble::Token) => Finding::problem(check, says, new_token(setup)),
        Some(GatewayTrouble::NoHooks) => Finding::problem(check, says, ENABLE),
        Some(GatewayTrouble::NoGateway) => Finding::problem(check, says, SHOW),
        Some(GatewayTrouble::Settings) => {
            let missing = setup.hooks.ok().flatten().map(HookSettings::missing);
            let first = missing.unwrap_or_default().into_iter().next();
            let command = first.map_or_else(|| new_token(setup), |missing| missing.command);
            Finding::problem(check, says, command)
        }
        // A daemon of another version.
        None => Finding::problem(check, says, "opendialogue status"),
    }
}

/// Whether the daemon was started to hand nothing over.
pub(super) fn is_unwanted(status: &Status) -> bool {
    status.gateway_trouble == Some(GatewayTrouble::NotWanted)
}

/// Whether our token may be shown to the hook: a wrong one uses up one of a few tries, so not where
/// the daemon has met its answer already, and not where nobody is there or nothing is set up.
pub(super) fn may_try(setup: Setup<'_>, health: &GatewayHealth, status: Option<&Status>) -> bool {
    let has_token = match setup.hooks {
        _ if setup.has_own_token => true,
        Ok(Some(hooks)) => hooks.enabled && hooks.token.is_some(),
        Ok(None) | Err(_) => false,
    };
    let has_met_it = match status.and_then(|status| status.gateway_trouble) {
        Some(
            GatewayTrouble::Token
            | GatewayTrouble::NoHooks
            | GatewayTrouble::NoGateway
            | GatewayTrouble::Busy,
        ) => true,
        Some(GatewayTrouble::NotWanted | GatewayTrouble::Away | GatewayTrouble::Settings)
        | None => false,
    };
    *health == GatewayHealth::Ready && has_token && !has_met_it
}

#[cfg(test)]
mod tests;
