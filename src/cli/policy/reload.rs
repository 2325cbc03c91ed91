//! `opendialogue policy reload`: every policy anew, as the configuration says now.

use std::time::Duration;

use axum::http::Method;
use serde::Deserialize;
use serde_json::json;

use super::super::client::view;
use super::super::failure::Failure;
use super::super::{Context, print, safe};
use super::{Policy, table};

/// How long the daemon may compile before it gives up.
const COMPILING: Duration = Duration::from_secs(60);

/// Load every policy anew, without waiting for a change
///
/// A policy that failed too often gets a new start. Where something is wrong the policies in force
/// stay, and what is wrong is said.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Deserialize)]
struct Loaded {
    changed: Vec<String>,
    policies: Vec<Policy>,
    waiting_for_restart: Vec<String>,
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let nothing = json!({});
        let asked = client.send_waiting(Method::POST, "/policies/reload", &nothing, COMPILING);
        let answer = asked.await?;
        if self.json {
            return print::json(&answer);
        }
        print::line(view::<Loaded>(&answer)?.shown())
    }
}

impl Loaded {
    fn shown(&self) -> String {
        let listed = |names: &[String]| {
            let names: Vec<String> = names.iter().map(|name| safe::line(name)).collect();
            names.join(", ")
        };
        let changed = match self.changed.as_slice() {
            [] => "loaded anew, none was changed".to_owned(),
            changed => format!("loaded anew, changed: {}", listed(changed)),
        };
        let waiting = match self.waiting_for_restart.as_slice() {
            [] => String::new(),
            waiting => format!("\nwaiting for a restart: {}", listed(waiting)),
        };
        format!("{changed}\n{}{waiting}", table(&self.policies))
    }
}
