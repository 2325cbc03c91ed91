//! The link to the relay: connects, keeps the session alive, and goes on doing so.
//!
//! Owns the socket and the session's key. One session after another: dial, prove who we are, read
//! the session frame, then `session` carries frames both ways until it ends. Between sessions this
//! file decides when to try again, and says how things are for `status`.

mod backoff;
mod clock_offset;
pub(super) mod dial;
pub(super) mod session;
mod unsettled;

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::inbound::Received;
use super::outbound::Outbox;
use super::random;
use super::relay_client::RelayClient;
use super::story::Events;
use super::view::Event;
use crate::clock::Clock;
use crate::config::{ProxySettings, RelayUrl};
use crate::db::Database;
use crate::types::{AgentId, Nonce, Secret};
use crate::wire::{Features, Form, Material, SigningKey};

use backoff::{FOR_A_PERSON, Reconnecting, STEADY};
pub(super) use clock_offset::ClockOffset;
use dial::DialError;
use session::SessionEnd;

/// Everything that the link works with.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) me: AgentId,
    pub(super) secret: Secret,
    pub(super) relay: RelayUrl,
    pub(super) proxies: ProxySettings,
    pub(super) client: RelayClient,
    pub(super) received: mpsc::Sender<Received>,
    pub(super) outbox: Outbox,
    pub(super) db: Database,
    pub(super) events: Events,
    pub(super) clock: Clock,
    pub(super) offset: ClockOffset,
    pub(super) status: watch::Sender<LinkStatus>,
    pub(super) stop: CancellationToken,
}

/// How the link is, for whoever asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LinkStatus {
    pub(super) state: LinkState,
    /// Why, for a person.
    pub(super) detail: Option<String>,
    /// Whether the relay proves who sends; known after the first session.
    pub(super) authenticates: Option<bool>,
}

/// How the link is, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkState {
    /// A socket is being opened.
    Connecting,
    /// A session is open.
    Connected,
    /// Connecting went wrong; it is tried again by itself.
    Waiting,
    /// The relay does not know this agent or its signature: a person has to act.
    Refused,
    /// The relay no longer proves who sends, so it is refused: a person has to act.
    Unproven,
    /// Another process connected as this agent.
    Replaced,
    /// There will be no session until the daemon is started again.
    Stopped,
}

impl LinkState {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            LinkState::Connecting => "connecting",
            LinkState::Connected => "connected",
            LinkState::Waiting => "waiting",
            LinkState::Refused | LinkState::Unproven => "refused",
            LinkState::Replaced => "replaced",
            LinkState::Stopped => "stopped",
        }
    }
}

impl Default for LinkStatus {
    fn default() -> Self {
        Self {
            state: LinkState::Connecting,
            detail: None,
            authenticates: None,
        }
    }
}

/// What to do after a session, or an attempt at one, ended.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// Connect again after the usual wait.
    BackOff(String),
    /// Connect again at once, unless that was tried just now.
    AtOnce(String),
    /// Wait for a person in this state, and try now and then.
    Refused(LinkState, String),
    /// Another process is connected as this agent.
    Replaced,
    /// The daemon stops.
    Stop,
}

impl Link {
    /// Keeps a session open until it is to stop.
    pub(super) async fn run(self) {
        self.keep_connected().await;
        self.show(LinkState::Stopped, None);
    }

    async fn keep_connected(&self) {
        let mut reconnecting = Reconnecting::default();
        while !self.stop.is_cancelled() {
            self.show(LinkState::Connecting, None);
            match self.connect_once(&mut reconnecting).await {
                Next::AtOnce(why) => {
                    let wait = reconnecting.soon(random::jitter());
                    self.wait(wait, why).await;
                }
                Next::BackOff(why) => {
                    let wait = reconnecting.next(random::jitter());
                    self.wait(wait, why).await;
                }
                Next::Refused(state, why) => {
                    warn!("there is no session with the relay until a person acts: {why}");
                    self.show(state, Some(why));
                    self.pause(FOR_A_PERSON).await;
                }
                Next::Replaced => self.wait_until_offline().await,
                Next::Stop => return,
            }
        }
    }

    async fn connect_once(&self, reconnecting: &mut Reconnecting) -> Next {
        let nonce = random::nonce();
        let dialled = tokio::select! {
            biased;
            () = self.stop.cancelled() => return Next::Stop,
            dialled = dial::dial(&self.relay, &self.proxies, self.proof(&nonce)) => dialled,
        };
        match dialled {
            Ok(dialled) => {
                self.offset.learn(dialled.date, self.clock.now());
                let opened = Instant::now();
                let end = session::run(self, dialled.socket, &nonce).await;
                if opened.elapsed() >= STEADY {
                    reconnecting.reset();
                }
                self.after_session(end)
            }
            Err(refused) => self.after_refusal(refused),
        }
    }

    /// The headers that prove who connects.
    fn proof(&self, nonce: &Nonce) -> HeaderMap {
        let now = self.offset.apply(self.clock.now());
        let material = Material::of_connect(&self.me, now, nonce);
        let signature = SigningKey::new(&self.secret).sign(&material, Form::V1);
        let headers = [
            ("x-agent-id", self.me.as_str().to_owned()),
            ("x-timestamp", now.to_string()),
            ("x-nonce", nonce.as_str().to_owned()),
            ("x-signature", signature),
            ("x-opendialogue-features", Features::OURS.names().join(", ")),
        ];
        headers
            .into_iter()
            .filter_map(|(name, value)| {
                let value = HeaderValue::from_str(&value).ok()?;
                Some((HeaderName::from_static(name), value))
            })
            .collect()
    }

    fn after_refusal(&self, refused: DialError) -> Next {
        let why = refused.to_string();
        match refused {
            // A wrong time is the one fault that mends itself. The body that names it may come too
            // late to be read, so any clock that differs counts.
            DialError::Refused {
                status: 401, date, ..
            } if self.offset.learn(date, self.clock.now()) => {
                Next::AtOnce("our clock differs from the relay's; going by the relay's".to_owned())
            }
            DialError::Refused {
                status: 401, body, ..
            } if body.contains("clock_skew") => Next::BackOff(why),
            DialError::Refused {
                status: 401 | 400, ..
            } => Next::Refused(LinkState::Refused, why),
            DialError::Refused { .. } | DialError::Unreachable(_) => Next::BackOff(why),
        }
    }

    fn after_session(&self, end: SessionEnd) -> Next {
        match end {
            SessionEnd::Lost(why) => Next::BackOff(why),
            SessionEnd::TooLong => {
                Next::BackOff("the relay sent a frame of more than 128 KiB".to_owned())
            }
            SessionEnd::Renew(why) => Next::AtOnce(why),
            SessionEnd::Unproven(why) => Next::Refused(LinkState::Unproven, why),
            SessionEnd::Replaced => Next::Replaced,
            SessionEnd::Stopped => Next::Stop,
        }
    }

    /// Another process is connected as this agent: look now and then whether it is gone.
    async fn wait_until_offline(&self) {
        let why = "another process connected as this agent; it has the relay now";
        warn!("{why}");
        self.show(LinkState::Replaced, Some(why.to_owned()));
        let gone = async {
            loop {
                tokio::time::sleep(FOR_A_PERSON).await;
                match self.client.is_online(&self.me).await {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(why) => warn!("the relay does not say whether this agent is online: {why}"),
                }
            }
        };
        self.stop.run_until_cancelled(gone).await;
    }

    async fn wait(&self, wait: Duration, why: String) {
        warn!(
            link.wait_ms = wait.as_millis(),
            "no session with the relay: {why}"
        );
        self.show(LinkState::Waiting, Some(why));
        self.pause(wait).await;
    }

    async fn pause(&self, wait: Duration) {
        self.stop
            .run_until_cancelled(tokio::time::sleep(wait))
            .await;
    }

    fn show(&self, state: LinkState, detail: Option<String>) {
        self.status.send_modify(|status| {
            status.state = state;
            status.detail.clone_from(&detail);
        });
        // Last, so that whoever looks because of the event sees what it tells of.
        self.events.tell(Event::Link {
            state: state.as_str(),
            detail,
        });
    }

    fn show_connected(&self, authenticates: bool) {
        self.status
            .send_modify(|status| status.authenticates = Some(authenticates));
        self.show(LinkState::Connected, None);
    }
}
