//! The chains that are asked for, by number: five policies each. First such whose modules all have
//! bytes of their own, every fifth with one that cannot be loaded; then such that have one module of
//! their own and share the others with the last of the first.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

use opendialogue::daemon::Daemon;
use opendialogue::daemon::view::Event;
use opendialogue::policy::builtin;
use opendialogue::types::Digest;
use tokio::sync::broadcast::error::RecvError;

/// The default chain: one more there, and no message would be judged by a whole chain.
const DEFAULTS: [&str; 5] = ["acl", "rate-limit", "sanitize", "url-tag", "conversation"];

const NAMES: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];

/// The modules of all chains, in files.
pub(crate) struct Modules {
    /// The number of the last chain that shares no module.
    whole: usize,
    /// By the digest of its first module, the digests of a chain that can be loaded.
    good: BTreeMap<Digest, (usize, Vec<Digest>)>,
}

impl Modules {
    /// Writes those of chain 0, the first in force, of `whole` after it, and of `single` after these.
    pub(crate) fn write(home: &Path, whole: usize, single: usize) -> io::Result<Self> {
        let mut modules = Self {
            whole,
            good: BTreeMap::new(),
        };
        for chain in 0..=whole + single {
            let mut digests = Vec::new();
            for (place, name) in NAMES.iter().enumerate() {
                let of = modules.origin(chain, place);
                let bytes = match modules.is_broken(chain) && place == 3 {
                    true => broken(of, &module(of, place)),
                    false => module(of, place),
                };
                digests.push(Digest::of(&bytes));
                std::fs::write(home.join(format!("{name}-{of}.wasm")), bytes)?;
            }
            if !modules.is_broken(chain) {
                modules.good.insert(digests[0], (chain, digests));
            }
        }
        Ok(modules)
    }

    /// The chain that had the module at `place` of `chain` first.
    fn origin(&self, chain: usize, place: usize) -> usize {
        match place {
            0 => chain,
            _ => chain.min(self.whole),
        }
    }

    fn is_broken(&self, chain: usize) -> bool {
        chain < self.whole && chain % 5 == 4
    }

    /// The whole configuration with `chain`.
    pub(crate) fn configuration(&self, chain: usize, relay: &str, gateway: &str) -> String {
        format!(
            "[relay]\nurl = \"{relay}\"\n[gateway]\nbase_url = \"{gateway}\"\n\
             [local]\nlisten = \"127.0.0.1:0\"\n{}",
            self.entries(chain)
        )
    }

    /// The entries of `chain`; the default policies are out of the way.
    pub(crate) fn entries(&self, chain: usize) -> String {
        let mut entries = String::new();
        for name in DEFAULTS {
            let _ = writeln!(entries, "[[policy]]\nname = \"{name}\"\nmode = \"off\"");
        }
        for (place, name) in NAMES.iter().enumerate() {
            let of = self.origin(chain, place);
            let _ = writeln!(
                entries,
                "[[policy]]\nname = \"{name}\"\nmodule = \"{name}-{of}.wasm\"\n\
                 settings = {{ mode = \"open\" }}"
            );
        }
        entries
    }

    /// Whether these are the modules of one chain that was to be in force.
    pub(crate) fn is_whole(&self, digests: &[Digest]) -> bool {
        let chain = digests.first().and_then(|first| self.good.get(first));
        chain.is_some_and(|(_, chain)| chain == digests)
    }

    /// Waits until `chain` is in force, or was refused.
    pub(crate) async fn until_settled(&self, daemon: &Daemon, chain: usize) {
        let mut events = daemon.events();
        loop {
            let policies = daemon.policies();
            let digest = policies.iter().find(|policy| policy.name == NAMES[0]);
            let digest = digest.and_then(|policy| policy.digest.as_ref()?.parse().ok());
            let in_force = digest.and_then(|digest: Digest| self.good.get(&digest));
            let is_in_force = in_force.is_some_and(|(number, _)| *number == chain);
            let faults = daemon.policies_standing().faults;
            if is_in_force || (self.is_broken(chain) && !faults.is_empty()) {
                return;
            }
            loop {
                match events.recv().await {
                    Ok(Event::PolicyReload { .. }) | Err(RecvError::Lagged(_)) => break,
                    Ok(_) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        }
    }
}

/// A policy that passes everything, told apart by a custom section.
fn module(chain: usize, place: usize) -> Vec<u8> {
    let mut bytes = builtin("acl")
        .map(|acl| acl.bytes.to_vec())
        .unwrap_or_default();
    let [chain, place] = [chain, place].map(|number| number.to_le_bytes()[0]);
    bytes.extend_from_slice(&[0, 5, 2, b'n', b'o', chain, place]);
    bytes
}

/// Another fault each time.
fn broken(chain: usize, whole: &[u8]) -> Vec<u8> {
    match chain / 5 {
        0 => Vec::new(),
        1 => whole[..whole.len() / 2].to_vec(),
        2 => whole[..5].to_vec(),
        3 => b"#!/bin/sh".to_vec(),
        4 => b"\0asm\x01\0\0\0".to_vec(),
        5 => [&whole[..whole.len() - 7], b"\x0b\xff"].concat(),
        // A component that is whole and has nothing of the interface.
        6 => b"\0asm\x0d\0\x01\0".to_vec(),
        7 => whole[..whole.len() - 20].to_vec(),
        8 => vec![0; whole.len()],
        _ => [whole, b"rest"].concat(),
    }
}
