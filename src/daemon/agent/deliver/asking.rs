//! When the hook is asked without a message, so that what is wrong is known before the first one: once
//! for each hook and each time the gateway comes back, and now and then while it refuses us.
//!
//! A wrong token uses up one of the twenty tries that the gateway allows in a minute, so this stays
//! rare: the messages that try a closed gate need some of them too.

use std::future::pending;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::HookInForce;
use crate::daemon::agent::gateway::{Endpoint, Gateway, Health};
use crate::daemon::agent::hook::Reply;
use crate::daemon::agent::probe;

/// How long a hook that refused us is left alone.
const AGAIN: Duration = Duration::from_secs(60);

/// Who is asked, and what is under way.
#[derive(Default)]
pub(super) struct Asking {
    whom: Option<(Gateway, Endpoint)>,
    /// Whether the gateway lived when it last told; a hook is asked where it does.
    lives: bool,
    asked_at: Option<Instant>,
    under_way: Option<BoxFuture<'static, Reply>>,
}

impl Asking {
    /// There is a hook, another one than before.
    pub(super) fn about(&mut self, gateway: &Gateway, hook: &HookInForce) {
        let (whom, lives) = (Some((gateway.clone(), hook.endpoint.clone())), self.lives);
        *self = Self {
            whom,
            lives,
            ..Self::default()
        };
        if lives {
            self.ask();
        }
    }

    /// The gateway told of its health; `is_refused` says whether messages are known to be refused.
    pub(super) fn health(&mut self, health: &Health, is_refused: bool) {
        let lived = self.lives;
        self.lives = *health == Health::Live;
        if !self.lives {
            // What a gateway says that has gone since says nothing.
            self.under_way = None;
        }
        let is_back = self.lives && !lived;
        let rested = self.asked_at.is_none_or(|at| at.elapsed() >= AGAIN);
        if self.lives && (is_back || (is_refused && rested)) {
            self.ask();
        }
    }

    /// Whether a reply is to come.
    pub(super) fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// The next reply. It may be asked for anew without losing one.
    pub(super) async fn reply(&mut self) -> Reply {
        let Some(under_way) = &mut self.under_way else {
            return pending().await;
        };
        let reply = under_way.await;
        self.under_way = None;
        reply
    }

    fn ask(&mut self) {
        let Some((gateway, hook)) = self.whom.clone() else {
            return;
        };
        self.asked_at = Some(Instant::now());
        self.under_way = Some(async move { probe::ask(&gateway, &hook).await }.boxed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::GatewayUrl;
    use crate::daemon::agent::trouble::GatewayTrouble;
    use crate::types::Secret;

    fn away() -> Health {
        Health::Not {
            trouble: GatewayTrouble::Away,
            why: "it is away".to_owned(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_hook_is_asked_when_the_gateway_comes_back_and_rarely_while_it_refuses() {
        let base = GatewayUrl::parse("http://127.0.0.1:1").unwrap();
        let hook = Endpoint::new(&base, "/hooks", &Secret::new("t"));
        let mut asking = Asking {
            whom: Some((Gateway::new(base).unwrap(), hook)),
            ..Asking::default()
        };
        for (after_s, health, is_refused, is_asked) in [
            (0, away(), false, false),
            (5, Health::Live, false, true),
            (15, Health::Live, false, false),
            (15, Health::Live, true, false),
            (60, Health::Live, true, true),
            (5, Health::Live, true, false),
            (5, away(), true, false),
            (5, Health::Live, true, true),
            (99, Health::Live, false, false),
        ] {
            tokio::time::advance(Duration::from_secs(after_s)).await;
            // Whoever was asked has answered.
            asking.under_way = None;
            asking.health(&health, is_refused);
            assert_eq!(asking.is_under_way(), is_asked, "{after_s} {health:?}");
        }
        // One under way ends with the gateway.
        asking.ask();
        asking.health(&away(), true);
        assert!(!asking.is_under_way());
        let mut nobody = Asking::default();
        nobody.health(&Health::Live, false);
        assert!(!nobody.is_under_way());
    }
}
