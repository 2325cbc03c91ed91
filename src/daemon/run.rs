//! Joins the rooms: opens what lasts, starts the tasks, hands out the handle.
//!
//! Nothing is opened to the outside before everything that can be wrong has been looked at: the
//! policies, the database, the port, and last the identity, for which the relay may be asked.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tracing::{info, warn};

use super::agent::{self, NoClient};
use super::api::{self, Access, BindError};
use super::handle::{Daemon, GatewayStatus, Parts};
use super::identity::{self, IdentityError, Known};
use super::inbound::{IN_HAND, Inbound, Inbox, inbox};
use super::lane::Lane;
use super::link::{ClockOffset, Link, LinkStatus};
use super::outbound::Outbox;
use super::relay_client::{RelayCallError, RelayClient};
use super::story::Events;
use super::{dialogue, follow, policies, schema};
use crate::clock::Clock;
use crate::config::Config;
use crate::config::state_file::StateFile;
use crate::db::{Database, DbError, OpenError};
use crate::files::{FileError, create_private_dir};
use crate::policy::{Chain, Engine, EngineError, LoadFailed};
use crate::tasks::Tasks;

/// Messages that wait for the relay or for a person; one more is answered 503.
const OUTBOX_MAX: u64 = 10_000;

/// How often identities that no repeat can have any more are forgotten.
const HOUSEKEEPING: Duration = Duration::from_secs(60 * 60);

/// How a daemon is run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The configuration.
    pub config: Config,
    /// What this agent is called when it is registered.
    pub name: String,
    /// Whether an identity of another relay is given up for a new one.
    pub register_again: bool,
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
    Policies(#[from] LoadFailed),
    /// Loading the policies came to no end.
    #[error("loading the policies broke off")]
    PoliciesPanicked,
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
    create_private_dir(config.paths.data_dir())?;
    let chain = Arc::new(ArcSwap::from_pointee(load_chain(config).await?));
    let db = Database::open(&config.paths.daemon_db(), schema::MIGRATIONS, tasks)?;
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
    let known =
        identity::establish(config, &client, &settings.name, settings.register_again).await?;
    take_over(&db, &known, &clock).await?;

    let me = known.identity.agent_id.clone();
    let events = Events::new();
    let inbox = Inbox::new(db.clone(), events.clone(), clock.clone());
    let outbox = Outbox::new(db.clone(), events.clone(), clock.clone(), me.clone());
    let lane = Lane::new(db.clone(), Arc::clone(&chain), clock.clone(), OUTBOX_MAX);
    let (link_status, link) = watch::channel(LinkStatus::default());
    let (received, to_judge) = mpsc::channel(2 * IN_HAND);
    let inbound = Inbound {
        me: me.clone(),
        lane: lane.clone(),
        inbox: inbox.clone(),
        events: events.clone(),
        clock: clock.clone(),
        tasks: tasks.clone(),
    };
    tasks.spawn("inbound", inbound.run(to_judge));
    let carrier = Link {
        me: me.clone(),
        secret: known.identity.agent_secret.clone(),
        relay: config.relay.url.clone(),
        proxies: config.proxies.clone(),
        client: client.clone(),
        received,
        outbox: outbox.clone(),
        db: db.clone(),
        events: events.clone(),
        clock: clock.clone(),
        offset: offset.clone(),
        status: link_status,
        stop: tasks.stopping().clone(),
    };
    tasks.spawn("link", carrier.run());
    tasks.spawn(
        "housekeeping",
        keep_house(db.clone(), clock.clone(), tasks.clone()),
    );

    let gateway = match settings.deliver {
        true => {
            let secret = &known.identity.agent_secret;
            agent::start(config, inbox.clone(), secret, clock.clone(), tasks).await?
        }
        false => watch::channel(not_delivering()).1,
    };
    let state = follow::follow(tasks, config.paths.state_file(), StateFile::read).await;
    let daemon = Daemon(Arc::new(Parts {
        me,
        secret: known.identity.agent_secret,
        relay: config.relay.url.clone(),
        client,
        db,
        lane,
        inbox,
        outbox,
        events,
        chain,
        link,
        gateway,
        state,
        offset,
        clock,
        started: Instant::now(),
        stop: tasks.stopping().clone(),
    }));
    api::serve(daemon.clone(), listener, address, access, tasks);
    info!(
        "agent {} is up, its local API on {address}",
        daemon.agent_id()
    );
    Ok(Running { daemon, address })
}

/// What stands in the place of a gateway where nothing is delivered.
fn not_delivering() -> GatewayStatus {
    GatewayStatus {
        ready: false,
        problem: Some("nothing is handed to it: messages wait in the inbox".to_owned()),
    }
}

/// Compiling takes its time and blocks, so it has a thread of its own.
async fn load_chain(config: &Config) -> Result<Chain, StartError> {
    let engine = Engine::start()?;
    let entries = config.policies.clone();
    let loaded = tokio::task::spawn_blocking(move || policies::load(&engine, &entries)).await;
    Ok(loaded.map_err(|_| StartError::PoliciesPanicked)??)
}

/// Imports what the TypeScript plugin left in the state file, once.
async fn take_over(db: &Database, known: &Known, clock: &Clock) -> Result<(), DbError> {
    let inherited = known
        .state
        .conversations
        .iter()
        .map(|(peer, conversation)| {
            let turns = known.state.conversation_turns.get(conversation.id.as_str());
            let one = dialogue::Inherited {
                conversation: conversation.id.clone(),
                reply_session: conversation.reply_session.clone(),
                turns: turns.copied().unwrap_or_default(),
            };
            (peer.clone(), one)
        })
        .collect();
    let now = clock.now();
    let count = db
        .write(move |connection| dialogue::import(connection, &inherited, now))
        .await?;
    if count > 0 {
        info!("took over {count} conversations from the state file");
    }
    Ok(())
}

async fn keep_house(db: Database, clock: Clock, tasks: Tasks) {
    let mut due = tokio::time::interval(HOUSEKEEPING);
    loop {
        tokio::select! {
            biased;
            () = tasks.stopping().cancelled() => return,
            _ = due.tick() => {}
        }
        let now = clock.now();
        let forgotten = db
            .write(move |connection| inbox::forget_old(connection, now))
            .await;
        if let Err(why) = forgotten {
            warn!("old message identities could not be forgotten: {why}");
        }
    }
}
