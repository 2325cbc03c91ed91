//! Compiled code on disk, so that a start and a change do not have to compile again.
//!
//! Compiled code is run without another check, so nothing is taken from here that was not written
//! by us: the folder is this user's alone, each entry is a private file under its own MAC, made
//! with a key that lies outside the folder, and bound to the engine and to the digest of the module.
//! An entry that does not hold is not used, said, and overwritten by the next one. The folder is
//! bounded in number and bytes; what was used least recently goes.

use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use hmac::{Hmac, KeyInit, Mac};
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_NOW, utimensat};
use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::files::{
    FileError, create_private, create_private_dir, read_private, read_private_text,
    replace_disposable, replace_private,
};
use crate::types::Digest;
use crate::types::digest::{decode_hex, encode_hex};

/// What an entry begins with, and what its MAC is made for.
const KIND: &[u8] = b"opendialogue compiled policy 1\n";
/// The length of a MAC, in bytes.
const MAC_LEN: usize = 32;
/// The largest entry that is kept, in bytes: an interpreter with its library compiles to half of it.
const MAX_ENTRY_BYTES: u64 = 128 * 1024 * 1024;
/// The room of the folder: some tens of chains, or a few interpreters.
const ROOM: Room = Room {
    entries: 64,
    bytes: 256 * 1024 * 1024,
};
/// More than a key file holds, in bytes.
const MAX_KEY_BYTES: u64 = 1024;

/// The folder of compiled code.
pub(crate) struct Cache {
    folder: PathBuf,
    key: Hmac<Sha256>,
    /// The engine that wrote an entry, and alone may read it.
    engine: Digest,
}

/// Compiled code is not kept, or one piece of it is not used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CacheProblem {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the system gives no randomness for the key of the cache")]
    NoRandomness,
    #[error("`{}` is not what was written there", .0.display())]
    NotOurs(PathBuf),
    #[error("`{}` does not fit: {reason}", .path.display())]
    Unfit { path: PathBuf, reason: String },
}

/// What a folder may hold.
#[derive(Debug, Clone, Copy)]
struct Room {
    entries: usize,
    bytes: u64,
}

/// One file of the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    used: SystemTime,
    bytes: u64,
    path: PathBuf,
}

impl Cache {
    /// Opens the cache in `folder` for `engine`; the key in `key_file` is made where there is none.
    pub(crate) fn open(
        engine: &Engine,
        folder: &Path,
        key_file: &Path,
    ) -> Result<Self, CacheProblem> {
        create_private_dir(folder)?;
        let key = match read_key(key_file)? {
            Some(key) => key,
            None => make_key(folder, key_file)?,
        };
        sweep_up(folder);
        Ok(Self {
            folder: folder.to_owned(),
            key: mac_key(&key),
            engine: fingerprint(engine),
        })
    }

    /// The code of `module` where it is here, written by us for this engine.
    pub(crate) fn find(
        &self,
        engine: &Engine,
        module: &Digest,
    ) -> Result<Option<Component>, CacheProblem> {
        let path = self.path(module);
        let Some(bytes) = read_private(&path, MAX_ENTRY_BYTES)? else {
            return Ok(None);
        };
        let Some(code) = self.authentic(module, &bytes) else {
            return Err(CacheProblem::NotOurs(path));
        };
        // Where this fails the entry only seems older than it is.
        let _ = utimensat(CWD, &path, &NOW, AtFlags::SYMLINK_NOFOLLOW);
        thaw(engine, code)
            .map(Some)
            .map_err(|error| CacheProblem::Unfit {
                path,
                reason: error.root_cause().to_string(),
            })
    }

    /// Keeps the code of `module`, and lets go what there is no room for.
    pub(crate) fn keep(&self, module: &Digest, code: &[u8]) -> Result<(), CacheProblem> {
        let mut entry = KIND.to_vec();
        entry.extend_from_slice(&self.mac(module, code).finalize().into_bytes());
        entry.extend_from_slice(code);
        if u64::try_from(entry.len()).unwrap_or(u64::MAX) > MAX_ENTRY_BYTES {
            return Ok(());
        }
        // A sync of this much would keep the messages' own commits waiting for the disk; an entry
        // that a power cut tore does not pass its MAC.
        replace_disposable(&self.path(module), &entry)?;
        for path in surplus(entries(&self.folder), ROOM) {
            // Whoever removed it before us did what was wanted.
            let _ = fs::remove_file(path);
        }
        Ok(())
    }

    fn path(&self, module: &Digest) -> PathBuf {
        self.folder.join(format!("{}-{module}", self.engine))
    }

    /// The code in an entry of ours.
    fn authentic<'a>(&self, module: &Digest, entry: &'a [u8]) -> Option<&'a [u8]> {
        let (mac, code) = entry.strip_prefix(KIND)?.split_at_checked(MAC_LEN)?;
        self.mac(module, code).verify_slice(mac).ok()?;
        Some(code)
    }

    /// Over the engine, the module and the code; the first two are of fixed length.
    fn mac(&self, module: &Digest, code: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.key.clone();
        mac.update(KIND);
        mac.update(self.engine.as_bytes());
        mac.update(module.as_bytes());
        mac.update(code);
        mac
    }
}

fn mac_key(key: &[u8; 32]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    Hmac::new_from_slice(key).expect("HMAC takes any key")
}

const NOW: Timestamps = {
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: UTIME_NOW,
    };
    Timestamps {
        last_access: now,
        last_modification: now,
    }
};

/// Makes compiled code runnable. Private, and called on what [`Cache::authentic`] let through only.
#[expect(
    unsafe_code,
    reason = "wasmtime runs what it is given; these bytes carry our MAC for this very engine"
)]
fn thaw(engine: &Engine, authentic: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `deserialize` asks for bytes that `Component::serialize` gave, unchanged, in a
    // compatible version. They were written by `Cache::keep`, whose one caller serialises, under a
    // key that only this user can read; they are in our memory since before the MAC was checked,
    // so nobody changes them between check and use; and the MAC covers the engine's fingerprint,
    // which differs wherever version, target or settings do.
    unsafe { Component::deserialize(engine, authentic) }
}

/// What makes code of one engine useless to another: the runtime's version, target and settings.
fn fingerprint(engine: &Engine) -> Digest {
    struct Fingerprint(Sha256);
    impl Hasher for Fingerprint {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }

        /// Never asked for: the digest is taken in its place.
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut hasher = Fingerprint(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    Digest::from_bytes(hasher.0.finalize().into())
}

fn read_key(file: &Path) -> Result<Option<[u8; 32]>, FileError> {
    let text = read_private_text(file, MAX_KEY_BYTES)?;
    // One that was cut off by a crash is as good as none.
    Ok(text.and_then(|text| decode_hex(text.trim()).ok()))
}

/// Makes a new key. What another key vouched for can no longer be told from what nobody did.
fn make_key(folder: &Path, file: &Path) -> Result<[u8; 32], CacheProblem> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|_| CacheProblem::NoRandomness)?;
    for entry in entries(folder) {
        let _ = fs::remove_file(entry.path);
    }
    let text = encode_hex(&key);
    match create_private(file, text.as_bytes()) {
        Ok(()) => {}
        Err(_) => replace_private(file, text.as_bytes())?,
    }
    Ok(key)
}

/// Removes what a process left behind that ended while it wrote.
fn sweep_up(folder: &Path) {
    let left = entries(folder).into_iter().filter(|entry| {
        let name = entry.path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with('.') && name.ends_with(".tmp")
    });
    for entry in left {
        let _ = fs::remove_file(entry.path);
    }
}

/// The files of `folder`. One that vanishes meanwhile is left out.
fn entries(folder: &Path) -> Vec<Entry> {
    let Ok(files) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let files = files.filter_map(|file| {
        let path = file.ok()?.path();
        let metadata = fs::symlink_metadata(&path).ok()?;
        Some(Entry {
            used: metadata.modified().ok()?,
            bytes: metadata.len(),
            path,
        })
    });
    files.collect()
}

/// What has to go so that the rest fits into `room`: what was used least recently first.
fn surplus(mut entries: Vec<Entry>, room: Room) -> Vec<PathBuf> {
    entries.sort_by(|one, other| other.used.cmp(&one.used).then(one.path.cmp(&other.path)));
    let mut bytes = 0_u64;
    let fits = entries.iter().take(room.entries).take_while(|entry| {
        bytes = bytes.saturating_add(entry.bytes);
        bytes <= room.bytes
    });
    let fits = fits.count();
    let gone = entries.into_iter().skip(fits);
    gone.map(|entry| entry.path).collect()
}

#[cfg(test)]
mod tests;
