//! Generates the tables of this crate from packages that carry the Unicode Character Database.
//!
//! Each subject is a file of packed lists in `OUT_DIR`: facts about each character, the canonical
//! mappings, the mappings of UTS #46, the sets of scripts, and the confusables that look like ASCII.
//! `OUT_DIR/version.rs` says which Unicode they are of.

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;

#[expect(dead_code, reason = "some are for reading alone")]
#[path = "src/bits.rs"]
mod bits;
#[path = "build/confusable.rs"]
mod confusable;
#[path = "build/facts.rs"]
mod facts;
#[path = "build/idna.rs"]
mod idna;
#[path = "build/normal.rs"]
mod normal;
#[path = "build/pack.rs"]
mod pack;
#[path = "build/script.rs"]
mod script;
#[path = "build/write.rs"]
mod write;

use write::Out;

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script so")]
fn main() -> Result<(), Box<dyn Error>> {
    for part in ["build.rs", "build", "src/bits.rs"] {
        println!("cargo::rerun-if-changed={part}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?);
    let (major, minor, patch) = unicode_security::UNICODE_VERSION;
    let version = format!("\"{major}.{minor}.{patch}\"");
    fs::write(out.join("version.rs"), version)?;
    let out = Out(out);
    facts::write(&out)?;
    normal::write(&out)?;
    script::write(&out)?;
    idna::write(&out)?;
    confusable::write(&out)?;
    Ok(())
}
