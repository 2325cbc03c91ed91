//! `opendialogue up`: relay, daemon and a guest to talk to, in one process on this machine, to try
//! it. Everything is kept in `<home>/opendialogue/up/`; the identity of the home, its relay and its
//! databases are not touched.

mod guest;

use std::io::{self, IsTerminal};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::client::{Client, view};
use super::daemon::{AGENT_NAME, why};
use super::failure::Failure;
use super::inbox::{self, Message, Page};
use super::{Context, print, relay, role};
use crate::clock::Clock;
use crate::config::{Config, IdentityOverride, Overrides, RelayStore, RelayUrl};
use crate::daemon::{self, Running};
use crate::files::shell_word;
use crate::tasks::Tasks;

/// What is logged unless `OPENDIALOGUE_LOG` says otherwise: the terminal is for the messages.
const QUIET: &str = "warn";
/// How long one look into the inbox waits for the next message.
const LOOK: Duration = Duration::from_secs(30);

/// Try it: relay, daemon and a guest to talk to, all on this machine
///
/// Prints a line to paste that sends a message to the guest and shows its answer. Messages wait in
/// the inbox and are shown here.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Hand messages to the OpenClaw gateway as well
    #[arg(long)]
    deliver: bool,
}

impl Arguments {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        let config = on_this_machine(context.load(&Overrides::default())?);
        role::start_logging(context, &config, "up", Some(QUIET))?;
        let mut lock = role::take_lock(&config.paths)?;
        let mut signals = role::Signals::listen()?;
        let relay = relay::start(&config.relay_server).await?;
        let config = with_relay(config, relay.local_addr)?;

        let tasks = Tasks::new();
        let agent = start_agent(&config, self.deliver, &tasks).await?;
        let guest = guest::start(&config, &tasks).await?;
        let token_file = config.paths.token_file();
        lock.publish(agent.address, &token_file)
            .map_err(anyhow::Error::from)?;

        let client = Client::at(agent.address, &token_file)?;
        // With the token in it, so for eyes alone.
        let page = match io::stdout().is_terminal() {
            true => client.page(),
            false => format!("http://{}", agent.address),
        };
        print::announce(welcome(
            &config,
            &agent,
            &guest,
            (&page, &paste_line(context, &guest)),
        ));
        // The databases close with the last handles to them.
        drop((agent, guest));
        let shown = show_inbox(client, tasks.stopping().clone());
        let ended = tokio::select! {
            () = signals.wait(tasks.stopping()) => Ok(()),
            () = relay.stopping().cancelled() => Ok(()),
            shown = shown => shown,
        };
        // Together, since both have to be done within one deadline.
        let (agents_ended, relay_ended) = tokio::join!(role::end(&tasks), relay::end(relay));
        agents_ended.and(relay_ended).and(ended)
    }
}

/// The configuration of `up`: files of its own, nothing but loopback, no identity but its own.
fn on_this_machine(mut config: Config) -> Config {
    config.paths = config.paths.for_up();
    config.identity = IdentityOverride::default();
    config.notify.enabled = false;
    config.relay_server.store = RelayStore::Sqlite(config.paths.relay_db());
    if !config.relay_server.listen.ip().is_loopback() {
        config
            .relay_server
            .listen
            .set_ip(Ipv4Addr::LOCALHOST.into());
    }
    config
}

/// The same, with the relay that was started.
fn with_relay(mut config: Config, relay: SocketAddr) -> Result<Config, Failure> {
    config.relay.url = RelayUrl::parse(&format!("ws://{relay}")).map_err(Failure::failed)?;
    Ok(config)
}

async fn start_agent(config: &Config, deliver: bool, tasks: &Tasks) -> Result<Running, Failure> {
    let settings = daemon::Settings {
        config: config.clone(),
        name: AGENT_NAME.to_owned(),
        // On another port the relay counts as another one, although its store is the same.
        register_again: true,
        accept_unproven: false,
        deliver,
    };
    daemon::start(settings, Clock::system(), tasks)
        .await
        .map_err(why)
}

fn welcome(
    config: &Config,
    agent: &Running,
    guest: &Running,
    (page, paste): (&str, &str),
) -> String {
    let (agent_id, guest_id) = (agent.daemon.agent_id(), guest.daemon.agent_id());
    format!(
        "OpenDialogue is up: a relay, this agent and a guest, all on this machine.

  agent   {agent_id}
  guest   {guest_id}, which answers each message once
  page    {page}
  files   {}

Paste this into another terminal; it sends a message to the guest and shows the answer:

  {paste}

What comes in is shown here. Ctrl-C ends it.
",
        config.paths.data_dir().display()
    )
}

/// The line to paste. It works from every folder, and for this home.
fn paste_line(context: &Context, guest: &Running) -> String {
    let program = std::env::current_exe();
    let program = program.map_or_else(|_| "opendialogue".to_owned(), |path| shell_word(&path));
    let home = match context.environment.raw("OPENDIALOGUE_HOME") {
        Some(home) => format!("OPENDIALOGUE_HOME={} ", shell_word(Path::new(home))),
        None => String::new(),
    };
    let guest = guest.daemon.agent_id();
    format!("{home}{program} send --to {guest} --wait \"Hello, is anybody there?\"")
}

/// Shows each message as it comes in, until `stopping`.
async fn show_inbox(client: Client, stopping: CancellationToken) -> Result<(), Failure> {
    let newest = inbox::fetch(&client, &Page::newest(1)).await?.pop();
    let mut seen = match newest {
        Some(value) => view::<Message>(&value)?.seq,
        None => 0,
    };
    loop {
        let page = Page::after(seen).waiting(LOOK);
        let look = stopping.run_until_cancelled(inbox::fetch(&client, &page));
        let Some(messages) = look.await else {
            return Ok(());
        };
        for value in messages? {
            let message: Message = view(&value)?;
            seen = message.seq;
            print::line(message.shown())?;
        }
    }
}
