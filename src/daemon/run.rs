//! Joins the rooms: opens what lasts, starts the tasks, hands out the handle.
//!
//! Nothing is opened to the outside before everything that can be wrong has been looked at: the
//! state file, before anything is made; the policies, the database, the port, and last the identity,
//! for which the relay may be asked.

mod before;
mod ending;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tracing::{info, warn};

use super::agent::{self, GatewayTrouble, NoClient, Notifier};
use super::api::{self, Access, BindError};
use super::handle::{Daemon, GatewayStatus, Parts};
use super::held::HeldBox;
use super::identity::{self, IdentityError};
use super::inbound::{IN_HAND, Inbound, Inbox, Received};
use super::lane::{Lane, Room};
use super::link::session::proof;
use super::link::{ClockOffset, Link, LinkStatus};
use super::outbound::Outbox;
use super::relay_client::{RelayCallError, RelayClient};
use super::room::Load;
use super::story::Events;
use super::{keeping, policies, schema};
use crate::clock::Clock;
use crate::config::Config;
use crate::config::state_file::{Identity, StateFile};
use crate::db::{Database, DbError, OpenError};
use crate::files::{FileError, create_private_dir};
use crate::follow;
use crate::policy::watch::NotLoaded;
use crate::policy::{Engine, EngineError};
use crate::tasks::Tasks;

use before::{leave_behind, mark_unheard, take_over};
use ending::{close, close_when_damaged};

/// A gateway that is away for a night leaves this much behind at the most: of texts of usual length the
/// number counts, of long ones the bytes. On disk a text takes up to twice its bytes.
const ROOM: Room = Room {
    inbox: Load {
        messages: 10_000,
        bytes: 64 * MIB,
    },
    outbox: Load {
        messages: 10_000,
        bytes: 32 * MIB,
    },
    held: Load {
        messages: 10_000,
        bytes: 32 * MIB,
    },
};

const MIB: u64 = 1024 * 1024;

/// How a daemon is run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The configuration.
    pub config: Config,
    /// What this agent is called when it is registered.
    pub name: String,
    /// Whether an identity of another relay is given up for a new one.
    pub register_again: bool,
    /// Whether the relay is taken as it is where it no longer proves who sends.
    pub accept_unproven: bool,
    /// Whether messages are handed to the gateway; else they wait in the inbox and are shown.
    pub deliver: bool,
}

/// Why the daemon did not start. Nothing is left running.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file or folder of ours is not private.
    #[error(transparent)]
    File(#[from] FileError),
    /// The policies' runtime did not start.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The policies are not usable.
    #[error(transparent)]
    Policies(#[from] NotLoaded),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database cannot be written.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The port is not to be had.
    #[error(transparent)]
    Listen(#[from] BindError),
    /// It is not known who this agent is.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The relay's REST cannot be used.
    #[error(transparent)]
    Relay(#[from] RelayCallError),
    /// The gateway cannot be spoken to.
    #[error(transparent)]
    Gateway(#[from] NoClient),
}

/// A daemon that runs.
#[derive(Debug)]
pub struct Running {
    /// Its handle.
    pub daemon: Daemon,
    /// Where its local API listens.
    pub address: SocketAddr,
}

/// Starts a daemon in the scope of `tasks`.
pub async fn start(settings: Settings, clock: Clock, tasks: &Tasks) -> Result<Running, StartError> {
    let config = &settings.config;
    let found = identity::find(config, settings.register_again)?;
    create_private_dir(config.paths.data_dir())?;
    let engine = start_engine(config)?;
    let policies = policies::open(config, engine, found.max_turns()).await?;
    let db = Database::open(&config.paths.daemon_db(), schema::MIGRATIONS, tasks)?;
    keeping::overwrite_deleted(&db).await?;
    let listener = api::bind(config.local.listen).await?;
    let address = listener.local_addr().unwrap_or(config.local.listen);
    let access = Access::open(&config.paths.token_file(), config.local.require_token)?;

    let offset = ClockOffset::default();
    let client = RelayClient::new(
        config.relay.url.clone(),
        &config.proxies,
        clock.clone(),
        offset.clone(),
    )?;
    let relay = &config.relay.url;
    if !relay.is_secure() && !relay.is_loopback() {
        warn!(
            "everybody on the way to {relay} can read and change what is said: it is not encrypted"
        );
    }
    let known = found.establish(config, &client, &settings.name).await?;
    let secrets = vec![known.identity.agent_secret.clone(), access.token()];
    let policies = policies.knowing(secrets, config).await?;
    take_over(&db, &known, &clock).await?;
    if settings.accept_unproven {
        let relay = config.relay.url.clone();
        db.write(move |connection| proof::forget(connection, &relay))
            .await?;
    }
    leave_behind(&db, &known, &clock).await?;
    mark_unheard(&db, &clock).await?;

    let foundation = Foundation {
        identity: known.identity,
        policies,
        db,
        client,
        offset,
        clock,
        events: Events::new(),
    };
    let daemon = foundation
        .open_rooms(&settings, tasks, (listener, address, access))
        .await?;
    info!(
        "agent {} is up, its local API on {address}",
        daemon.agent_id()
    );
    Ok(Running { daemon, address })
}

/// What every room stands on.
struct Foundation {
    identity: Identity,
    policies: policies::Opened,
    db: Database,
    client: RelayClient,
    offset: ClockOffset,
    clock: Clock,
    events: Events,
}

impl Foundation {
    /// Starts the rooms, and last the door by which the local agent comes in.
    async fn open_rooms(
        self,
        settings: &Settings,
        tasks: &Tasks,
        (listener, address, access): (TcpListener, SocketAddr, Access),
    ) -> Result<Daemon, StartError> {
        let config = &settings.config;
        let (db, events, clock) = (&self.db, &self.events, &self.clock);
        let (rooms, door) = (tasks.part(), tasks.part());
        let me = self.identity.agent_id.clone();
        let inbox = Inbox::new(db.clone(), events.clone(), clock.clone());
        let outbox = Outbox::new(db.clone(), events.clone(), clock.clone());
        let lane = Lane::new(
            db.clone(),
            self.policies.chain(),
            clock.clone(),
            ROOM,
            events.meter().clone(),
        )
        .handing_on(settings.deliver);
        let gateway = if settings.deliver {
            let secret = &self.identity.agent_secret;
            agent::start(
                config,
                inbox.clone(),
                secret,
                clock.clone(),
                events.clone(),
                &rooms,
            )
            .await?
        } else {
            watch::channel(not_delivering()).1
        };
        let (received, to_judge) = mpsc::channel(2 * IN_HAND);
        let inbound = Inbound {
            me: me.clone(),
            lane: lane.clone(),
            inbox: inbox.clone(),
            outbox: outbox.clone(),
            events: events.clone(),
            stop: rooms.stopping().clone(),
        };
        rooms.spawn("inbound", inbound.run(to_judge));
        let held = HeldBox {
            me: me.clone(),
            db: db.clone(),
            lane: lane.clone(),
            inbox: inbox.clone(),
            outbox: outbox.clone(),
            events: events.clone(),
            clock: clock.clone(),
        };
        let link = self.start_link(config, received, &outbox, &rooms);
        rooms.spawn(
            "database-watch",
            close_when_damaged(db.clone(), rooms.clone()),
        );
        rooms.spawn(
            "housekeeping",
            keeping::keep(
                db.clone(),
                outbox.clone(),
                events.clone(),
                clock.clone(),
                rooms.stopping().clone(),
            ),
        );
        let state = follow::follow(&rooms, config.paths.state_file(), StateFile::read).await;
        let max_turns = self.policies.max_turns();
        let policies = self
            .policies
            .follow(&rooms, state.clone(), self.events.clone());
        let keeping_held = held
            .clone()
            .keep(policies.published(), rooms.stopping().clone());
        rooms.spawn("held", keeping_held);
        let notifier = Notifier {
            me: me.clone(),
            terms: config.notify,
            db: db.clone(),
            events: events.clone(),
            gateway: gateway.clone(),
            state: state.clone(),
            clock: clock.clone(),
        };
        let notices = notifier.start(&rooms);
        let daemon = Daemon(Arc::new(Parts {
            me,
            secret: self.identity.agent_secret,
            relay: config.relay.url.clone(),
            client: self.client,
            db: self.db.clone(),
            lane,
            inbox,
            outbox,
            held,
            events: self.events,
            policies,
            max_turns,
            link,
            gateway,
            state,
            notices,
            offset: self.offset,
            clock: self.clock,
            started: Instant::now(),
            stop: tasks.stopping().clone(),
        }));
        api::serve(daemon.clone(), listener, address, access, &door);
        tasks.spawn("close", close(rooms, door, self.db));
        Ok(daemon)
    }

    fn start_link(
        &self,
        config: &Config,
        received: mpsc::Sender<Received>,
        outbox: &Outbox,
        rooms: &Tasks,
    ) -> watch::Receiver<LinkStatus> {
        let (status, link) = watch::channel(LinkStatus::default());
        let carrier = Link {
            me: self.identity.agent_id.clone(),
            secret: self.identity.agent_secret.clone(),
            relay: config.relay.url.clone(),
            proxies: config.proxies.clone(),
            client: self.client.clone(),
            received,
            outbox: outbox.clone(),
            db: self.db.clone(),
            events: self.events.clone(),
            clock: self.clock.clone(),
            offset: self.offset.clone(),
            status,
            stop: rooms.stopping().clone(),
        };
        rooms.spawn("link", carrier.run());
        link
    }
}

/// What stands in the place of a gateway where nothing is delivered.
fn not_delivering() -> GatewayStatus {
    GatewayStatus {
        ready: false,
        problem: Some("nothing is handed to it: messages wait in the inbox".to_owned()),
        trouble: Some(GatewayTrouble::NotWanted),
    }
}

/// The policies' runtime, with what it compiled before.
fn start_engine(config: &Config) -> Result<Engine, EngineError> {
    let paths = &config.paths;
    Engine::start_with_cache(&paths.cache_dir(), &paths.cache_key_file())
}
