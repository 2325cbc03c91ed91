//! The home: its folders, the configuration, the identity, the token.

use std::path::Path;

use super::finding::{Finding, edit, mend};
use crate::config::state_file::{StateFile, StateFileError, backup_path};
use crate::config::{Config, IdentityOverride, RelayUrl, Report};
use crate::files::{FileError, shell_word};

/// The permission bits by which others than the owner may change a folder.
const WRITABLE_BY_OTHERS: u32 = 0o022;
/// All permission bits of others than the owner.
const OTHERS: u32 = 0o077;

/// A folder as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folder {
    Missing,
    Link,
    Other,
    There { owner: u32, mode: u32 },
}

/// The home itself, which is OpenClaw's as well: others may look, and not write.
pub(super) fn home(path: &Path, folder: Folder, user: u32) -> Finding {
    let rights = Rights {
        forbidden: WRITABLE_BY_OTHERS,
        wanted: "go-w",
        well: "only you may write to",
        may_be_link: true,
    };
    judge_folder("folder", path, (folder, user), &rights)
}

/// `opendialogue/` in it, which is ours alone.
pub(super) fn own_folder(path: &Path, folder: Folder, user: u32) -> Finding {
    let rights = Rights {
        forbidden: OTHERS,
        wanted: "700",
        well: "only you may look into",
        may_be_link: false,
    };
    judge_folder("own folder", path, (folder, user), &rights)
}

/// What a folder may let others do.
struct Rights {
    /// The permission bits that nobody else may have.
    forbidden: u32,
    /// What takes them away, as `chmod` has it.
    wanted: &'static str,
    /// What is so where they are not there.
    well: &'static str,
    /// Whether a link to a folder does as well.
    may_be_link: bool,
}

fn judge_folder(
    check: &'static str,
    path: &Path,
    (folder, user): (Folder, u32),
    rights: &Rights,
) -> Finding {
    let Rights {
        forbidden,
        wanted,
        well,
        may_be_link,
    } = rights;
    let (shown, word) = (path.display(), shell_word(path));
    match folder {
        Folder::Missing => Finding::ok(check, format!("`{shown}` is made at the first start")),
        Folder::Link if !may_be_link => Finding::problem(
            check,
            format!("`{shown}` is a symbolic link, which is not followed: put the folder there"),
            format!("ls -ld {word}"),
        ),
        Folder::Link => Finding::ok(check, format!("`{shown}` is a link to a folder")),
        Folder::Other => Finding::problem(
            check,
            format!("`{shown}` is no folder, so nothing can be kept there"),
            format!("mv {word} {word}.away"),
        ),
        Folder::There { owner, .. } if owner != user => Finding::problem(
            check,
            format!("`{shown}` belongs to user {owner}, not to you"),
            format!("sudo chown {user} {word}"),
        ),
        Folder::There { mode, .. } if mode & forbidden != 0 => Finding::problem(
            check,
            format!(
                "other users have rights to `{shown}` (mode {mode:04o}) by which they could take \
                 this agent's identity"
            ),
            format!("chmod {wanted} {word}"),
        ),
        Folder::There { .. } => Finding::ok(check, format!("{well} `{shown}`")),
    }
}

/// The configuration: that it loads, or each of its faults; `policies_well` says whether its policies
/// do, which are told of elsewhere.
pub(super) fn configuration(loaded: Result<&Config, &Report>, policies_well: bool) -> Vec<Finding> {
    let check = "config";
    match loaded {
        Err(report) => report
            .complaints()
            .iter()
            .map(|complaint| {
                let command = mend(complaint);
                Finding::problem(check, complaint.to_string(), command)
            })
            .collect(),
        Ok(config) => {
            let file = config.file.as_deref();
            let cautions = config.cautions.iter();
            let told: Vec<Finding> = cautions
                .map(|one| Finding::warning(check, one.sentence.as_str(), one.command.as_str()))
                .collect();
            if !told.is_empty() {
                return told;
            }
            let says = match file {
                Some(file) if policies_well => format!("`{}` is right", file.display()),
                Some(file) => format!(
                    "`{}` can be read; what is wrong with its policies stands below",
                    file.display()
                ),
                None => "there is none, so every key has its default".to_owned(),
            };
            vec![Finding::ok(check, says)]
        }
    }
}

/// What is known of who this agent is.
#[derive(Debug)]
pub(super) struct Identity<'a> {
    /// The state file.
    pub(super) path: &'a Path,
    pub(super) read: &'a Result<Option<StateFile>, StateFileError>,
    /// Whether the file before the last is there.
    pub(super) has_backup: bool,
    /// What the environment says over it.
    pub(super) lent: &'a IdentityOverride,
    /// The relay of the configuration, where the identity has to be one of its.
    pub(super) relay: Option<&'a RelayUrl>,
}

/// Who this agent is, and whether its relay is the one that knows it.
pub(super) fn identity(facts: &Identity<'_>) -> Vec<Finding> {
    let check = "identity";
    let path = facts.path.display();
    let state = match facts.read {
        Ok(Some(state)) => state.clone(),
        Ok(None) => StateFile::empty(),
        Err(StateFileError::File(error)) => return vec![Finding::of_file(check, error)],
        Err(StateFileError::Content { fault, .. }) => {
            let says = format!("`{path}`: {fault}, so nobody knows who this agent is");
            return vec![Finding::problem(check, says, facts.bring_back())];
        }
    };
    let identity = match state.identity(facts.lent) {
        Ok(identity) => identity,
        Err(half) => {
            let says = format!("`{path}`: {half}");
            return vec![Finding::problem(check, says, facts.bring_back())];
        }
    };
    let is_lent = facts.lent.agent_id.is_some() || facts.lent.agent_secret.is_some();
    let of_another = |ours: &&RelayUrl| state.relay_url.as_ref().is_some_and(|one| one != *ours);
    let judged = match (identity, facts.relay.filter(of_another)) {
        (None, _) => Finding::ok(check, "the first start registers a new agent"),
        (Some(identity), _) if is_lent => Finding::ok(
            check,
            format!("agent {}, by the environment", identity.agent_id),
        ),
        (Some(identity), None) => Finding::ok(check, format!("agent {}", identity.agent_id)),
        (Some(identity), Some(ours)) => {
            let theirs = state.relay_url.as_ref().map(ToString::to_string);
            let says = format!(
                "agent {} is known at {} and the configuration names {ours}, so the daemon does \
                 not start: set `[relay] url` back, or become a new agent there",
                identity.agent_id,
                theirs.unwrap_or_default()
            );
            Finding::problem(check, says, "opendialogue daemon --register")
        }
    };
    let passed_over = state.complaints.iter().map(|complaint| {
        let says = format!("in `{path}`: {complaint}");
        Finding::warning(check, says, edit(facts.path, None))
    });
    std::iter::once(judged).chain(passed_over).collect()
}

impl Identity<'_> {
    fn bring_back(&self) -> String {
        let path = shell_word(self.path);
        match self.has_backup {
            true => format!("cp -p {} {path}", shell_word(&backup_path(self.path))),
            false => format!("mv {path} {path}.broken"),
        }
    }
}

/// The token of the local HTTP: whether the file is there, where a daemon runs that needs it.
pub(super) fn token(path: &Path, is_there: Result<bool, &FileError>, runs: bool) -> Finding {
    let check = "token";
    match is_there {
        Err(error) => Finding::of_file(check, error),
        Ok(true) => Finding::ok(check, format!("`{}` is yours alone", path.display())),
        Ok(false) if runs => Finding::problem(
            check,
            format!(
                "`{}` is gone, so no command can reach the daemon: stop it, and start it again",
                path.display()
            ),
            "opendialogue daemon",
        ),
        Ok(false) => Finding::ok(check, "it is made at the first start"),
    }
}

/// Whether others on this machine may send as this agent.
pub(super) fn neighbours(users: usize, require_token: bool) -> Option<Finding> {
    (users > 1 && !require_token).then(|| {
        Finding::warning(
            "neighbours",
            format!(
                "{users} users have a shell on this machine and may send as this agent; \
                 `require_token = true` in `[local]` keeps them out"
            ),
            "opendialogue config show --origin",
        )
    })
}

#[cfg(test)]
mod tests;
