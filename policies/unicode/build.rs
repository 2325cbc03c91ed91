//! Generates the tables of this crate from packages that carry the Unicode Character Database.
//!
//! Everything is written to `OUT_DIR/tables.rs`: facts about each character as tries, the canonical
//! mappings, the mappings of UTS #46, the sets of scripts, and the confusables that look like ASCII.

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
#[path = "build/script.rs"]
mod script;
#[path = "build/write.rs"]
mod write;

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script so")]
fn main() -> Result<(), Box<dyn Error>> {
    for part in ["build.rs", "build", "src/bits.rs"] {
        println!("cargo::rerun-if-changed={part}");
    }
    let out = env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?;
    let (major, minor, patch) = unicode_security::UNICODE_VERSION;
    let mut text = format!("pub const VERSION: &str = \"{major}.{minor}.{patch}\";\n");
    facts::write(&mut text);
    normal::write(&mut text);
    script::write(&mut text)?;
    idna::write(&mut text);
    confusable::write(&mut text)?;
    fs::write(PathBuf::from(out).join("tables.rs"), text)?;
    Ok(())
}
