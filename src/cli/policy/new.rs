//! `opendialogue policy new`: a policy in Rust that builds and passes its tests as it stands.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::super::failure::Failure;
use super::super::print;

/// Start a policy of one's own in Rust, which builds and passes its tests as it stands
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Its name: `a-z`, `0-9` and `-`, a letter first
    #[arg(value_parser = name)]
    name: String,
    /// The folder to make, instead of one of the policy's name here
    #[arg(long, value_name = "FOLDER")]
    path: Option<PathBuf>,
}

/// What a new policy consists of. `{name}` is its name.
const FILES: [(&str, &str); 9] = [
    ("Cargo.toml", include_str!("new/Cargo.toml.in")),
    (".gitignore", "/target\n/*.wasm\n"),
    ("README.md", include_str!("new/README.md.in")),
    ("src/lib.rs", include_str!("new/lib.rs.in")),
    ("src/glue.rs", include_str!("new/glue.rs.in")),
    ("src/rule.rs", include_str!("new/rule.rs.in")),
    (
        "src/settings.schema.json",
        include_str!("new/settings.schema.json.in"),
    ),
    ("cases/words.toml", include_str!("new/words.toml.in")),
    (
        "wit/policy.wit",
        include_str!("../../../wit/v0.1/policy.wit"),
    ),
];

impl Arguments {
    pub(super) fn run(self) -> Result<(), Failure> {
        let folder = self.path.unwrap_or_else(|| PathBuf::from(&self.name));
        let taken = fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some());
        if taken {
            let shown = folder.display();
            return Err(Failure::Words(format!("`{shown}` is there and not empty")));
        }
        for (file, text) in FILES {
            let path = folder.join(file);
            write(&path, &text.replace("{name}", &self.name))
                .with_context(|| format!("`{}`", path.display()))?;
        }
        print::line(format_args!(
            "{shown} is there; build and try it:\n\n  \
             cargo test --manifest-path {shown}/Cargo.toml\n  \
             opendialogue policy build {shown}\n  \
             opendialogue policy test {shown}",
            shown = folder.display(),
        ))
    }
}

/// Writes a file that must not be there yet.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}

fn name(text: &str) -> Result<String, String> {
    let plain = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-');
    let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
    if !begins || text.len() > 64 || !text.chars().all(plain) || text == "host" {
        return Err(
            "a policy's name is 1 to 64 of `a-z`, `0-9` and `-`, a letter first".to_owned(),
        );
    }
    Ok(text.to_owned())
}
