//! `opendialogue allowlist on|off`: whether only those on the allow list may write.

use axum::http::Method;
use clap::ValueEnum;
use serde_json::json;

use super::failure::Failure;
use super::{Context, print};

/// Switch the relay's allow list on or off
///
/// On, the relay takes messages for this agent only from those that `allow` put on the list.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Whether it counts
    switch: Switch,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let mode = json!({ "enabled": self.switch == Switch::On });
        let answer = context
            .client()?
            .send(Method::PUT, "/allowlist-mode", &mode)
            .await?;
        if self.json {
            return print::json(&answer);
        }
        print::line(match self.switch {
            Switch::On => "only agents on the allow list reach this one now",
            Switch::Off => "every agent that is not blocked reaches this one now",
        })
    }
}
