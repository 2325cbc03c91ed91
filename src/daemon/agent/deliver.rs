//! The task that hands waiting messages to the agent: it loads rows, asks the lanes what may go,
//! makes the requests and has the inbox write down what became of each.
//!
//! The database is the queue. A row that was settled is loaded no more, one that was not is loaded
//! again, whatever happened between; so nothing here needs to outlive the process.

mod ending;
mod hook_in_force;
mod request;
mod status;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use super::gateway::{Gateway, HOOK_TIMEOUT, Health, NoClient};
use super::hook::Answer;
use super::lanes::{Lanes, Moment, Next, Plan, Row, Rules};
use super::render::FenceKey;
use crate::clock::Clock;
use crate::config;
use crate::config::openclaw::HookSettings;
use crate::daemon::backoff::{Backoff, Chance};
use crate::daemon::handle::GatewayStatus;
use crate::daemon::inbound::{Admitted, Batch, Inbox, Settled};
use crate::daemon::random;
use crate::daemon::rows::RowId;
use crate::daemon::story::Events;
use crate::db::DbError;
use crate::follow::Followed;
use crate::tasks::Tasks;

pub(in crate::daemon) use hook_in_force::HookInForce;
use request::{Request, Session};

/// How long a message waits after an attempt: at first about as long as a gateway's restart takes,
/// at most five minutes; the nine waits between ten attempts are some nine minutes.
const RETRY: Backoff = Backoff {
    first: Duration::from_secs(1),
    most: Duration::from_secs(5 * 60),
    chance: Chance::Half,
};

/// How long a closed gate waits before one message tries it. A wrong token is so tried seven times
/// in the first minute; the gateway locks out at twenty.
const PROBE: Backoff = Backoff {
    first: Duration::from_secs(1),
    most: Duration::from_secs(60),
    chance: Chance::Half,
};

/// How often the gateway is asked whether it lives: rarely while all is well, since each request
/// tells as much, and often enough otherwise to go on soon after it came back.
const HEALTH_WHEN_OPEN: Duration = Duration::from_secs(15);
const HEALTH_WHEN_CLOSED: Duration = Duration::from_secs(5);

/// How long a failed database is left alone.
const DATABASE_REST: Duration = Duration::from_secs(1);

/// The rows are looked at so often even where nothing tells of a change.
const LONGEST_REST: Duration = Duration::from_secs(60 * 60);

/// At a stop, what is under way has so long to end; a daemon has ten seconds in all.
const GRACE: Duration = Duration::from_secs(4);

/// What delivery goes by.
#[derive(Debug, Clone)]
pub(in crate::daemon) struct Terms {
    /// `[gateway]` of the configuration.
    pub(in crate::daemon) gateway: config::Gateway,
    /// The bounds and waits.
    pub(in crate::daemon) rules: Rules,
    /// How long a hook request may take.
    pub(in crate::daemon) hook_timeout: Duration,
    /// How long what is under way may take to end at a stop.
    pub(in crate::daemon) grace: Duration,
}

/// Starts delivery: from `inbox`, to the gateway of `terms`, by the hook that `hooks` describes.
pub(in crate::daemon) fn start(
    tasks: &Tasks,
    inbox: Inbox,
    terms: Terms,
    hooks: watch::Receiver<Followed<Option<HookSettings>>>,
    fences: FenceKey,
    clock: Clock,
    events: Events,
) -> Result<watch::Receiver<GatewayStatus>, NoClient> {
    let gateway = Gateway::new(terms.gateway.base_url.clone())?;
    let (status, told) = status::channel(events);
    let deliver = Deliver {
        wakes: inbox.wakes(),
        inbox,
        gateway,
        lanes: Lanes::new(terms.rules),
        terms,
        hooks,
        hook: None,
        fences,
        clock,
        under_way: FuturesUnordered::new(),
        status,
    };
    let stop = tasks.stopping().clone();
    tasks.spawn("deliver", deliver.run(stop));
    Ok(told)
}

struct Deliver {
    inbox: Inbox,
    wakes: watch::Receiver<u64>,
    gateway: Gateway,
    terms: Terms,
    hooks: watch::Receiver<Followed<Option<HookSettings>>>,
    hook: Option<Arc<HookInForce>>,
    fences: FenceKey,
    clock: Clock,
    lanes: Lanes,
    under_way: FuturesUnordered<BoxFuture<'static, Event>>,
    status: status::Teller,
}

/// Something under way has come to an end.
enum Event {
    /// A request was answered.
    Answered { batch: Arc<Batch>, answer: Answer },
    /// A row is written, or nothing is to become of it now.
    Settled(RowId),
}

impl Terms {
    /// The terms of a configuration.
    pub(in crate::daemon) fn new(gateway: config::Gateway) -> Self {
        let rules = Rules {
            max_in_flight: usize::try_from(gateway.max_in_flight.get()).unwrap_or(usize::MAX),
            attempts: gateway.delivery_attempts.get(),
            max_age: gateway.delivery_max_age,
            retry: RETRY,
            probe: PROBE,
        };
        Self {
            gateway,
            rules,
            hook_timeout: HOOK_TIMEOUT,
            grace: GRACE,
        }
    }
}

impl Deliver {
    async fn run(mut self, stop: CancellationToken) {
        self.take_hook();
        let mut health = ask(self.gateway.clone(), Duration::ZERO);
        loop {
            self.wakes.mark_unchanged();
            let rest = self.start_due().await;
            self.status.gate(self.lanes.closed());
            tokio::select! {
                biased;
                // A stop comes first, then what frees a place, then what fills one.
                () = stop.cancelled() => break,
                Some(event) = self.under_way.next() => self.take_all(event),
                Ok(()) = self.hooks.changed() => self.take_hook(),
                health_now = &mut health => {
                    health = ask(self.gateway.clone(), self.take_health(health_now));
                }
                Ok(()) = self.wakes.changed() => {}
                () = sleep(rest) => {}
            }
        }
        self.finish().await;
    }

    /// Starts what may go now, and gives the time after which to look again.
    async fn start_due(&mut self) -> Duration {
        let places = self.terms.rules.max_in_flight;
        if self.lanes.under_way().count() >= places {
            return LONGEST_REST;
        }
        match self.inbox.deliverable(places.saturating_mul(4)).await {
            Ok(messages) => self.start(messages).unwrap_or(LONGEST_REST),
            Err(error) => {
                error!("nothing is delivered now, the inbox cannot be read: {error}");
                DATABASE_REST
            }
        }
    }

    fn start(&mut self, messages: Vec<Admitted>) -> Option<Duration> {
        let now = self.clock.now();
        let rows: Vec<Row> = messages.iter().map(Row::from).collect();
        let Plan {
            send,
            expired,
            wake_at,
        } = self.lanes.plan(&rows, now);
        for message in &messages {
            let row = message.row();
            if send.contains(&row) {
                self.request(row, move |request| request.bind_and_send(row).boxed());
            } else if expired.contains(&row) {
                self.give_up(message);
            }
        }
        wake_at.map(|at| at.since(now))
    }

    /// Starts a request for the conversation in which `row` is under way, where there is a hook.
    fn request(&mut self, row: RowId, start: impl FnOnce(Request) -> BoxFuture<'static, Event>) {
        let Some(hook) = self.hook.clone() else {
            self.lanes.leave(row);
            return;
        };
        self.under_way.push(start(Request {
            inbox: self.inbox.clone(),
            gateway: self.gateway.clone(),
            hook,
            fences: self.fences.clone(),
            second_turn: self.terms.gateway.second_turn,
            timeout: self.terms.hook_timeout,
            clock: self.clock.clone(),
        }));
    }

    /// Takes what has come to an end, and whatever else has by now: one look at the rows serves
    /// all of it.
    fn take_all(&mut self, event: Event) {
        self.take(event);
        while let Some(Some(event)) = self.under_way.next().now_or_never() {
            self.take(event);
        }
    }

    fn take(&mut self, event: Event) {
        let (batch, answer) = match event {
            Event::Answered { batch, answer } => (batch, answer),
            Event::Settled(row) => return self.lanes.leave(row),
        };
        if let Answer::Admitted { .. } = answer {
            self.status.health(Health::Live);
        }
        let moment = Moment {
            now: self.clock.now(),
            jitter: random::jitter(),
        };
        match self
            .lanes
            .answered(batch.row(), batch.count(), answer, moment)
        {
            Next::Settle(settled) => self.settle(&batch, settled),
            Next::Wait => {}
            Next::AgainWithoutSession => self.request(batch.row(), move |request| {
                request.send(batch, Session::Unnamed).boxed()
            }),
        }
    }

    /// Has the inbox write down what became of a batch.
    fn settle(&mut self, batch: &Batch, settled: Settled) {
        for message in batch.messages() {
            log(message, &settled);
        }
        let (inbox, row) = (self.inbox.clone(), batch.row());
        self.write_down(row, move || {
            let (inbox, settled) = (inbox.clone(), settled.clone());
            async move { inbox.settle(row, settled).await }.boxed()
        });
    }

    /// Has the inbox write down that a message waited too long.
    fn give_up(&mut self, message: &Admitted) {
        let (inbox, row, age) = (self.inbox.clone(), message.row(), self.terms.rules.max_age);
        let why = format!("it waited longer than {} minutes", age.as_secs() / 60);
        log_dead(message);
        self.write_down(row, move || {
            let (inbox, why) = (inbox.clone(), why.clone());
            async move { inbox.give_up(row, why).await }.boxed()
        });
    }

    /// Has `write` done until it is: a row that still seemed to wait would be delivered again.
    fn write_down(
        &mut self,
        row: RowId,
        write: impl Fn() -> BoxFuture<'static, Result<(), DbError>> + Send + 'static,
    ) {
        let written = async move {
            loop {
                match write().await {
                    Ok(()) | Err(DbError::Closing) => return Event::Settled(row),
                    Err(error) => error!("what became of a message is not written yet: {error}"),
                }
                sleep(DATABASE_REST).await;
            }
        };
        self.under_way.push(written.boxed());
    }

    fn take_hook(&mut self) {
        let newest = self.hooks.borrow_and_update();
        match HookInForce::new(&self.terms.gateway, &newest) {
            Ok(hook) => {
                drop(newest);
                self.hook = Some(Arc::new(hook));
                self.lanes.hook_changed(self.clock.now());
            }
            Err(why) => {
                drop(newest);
                self.hook = None;
                self.lanes.hook_missing(why);
            }
        }
    }

    /// Takes what the gateway said of its health, and says when to ask again.
    fn take_health(&mut self, health: Health) -> Duration {
        if health == Health::Live {
            self.lanes.gateway_lives(self.clock.now());
        }
        let is_well = health == Health::Live && self.lanes.closed().is_none();
        self.status.health(health);
        match is_well {
            true => HEALTH_WHEN_OPEN,
            false => HEALTH_WHEN_CLOSED,
        }
    }
}

/// Asks the gateway for its health after a while.
fn ask(gateway: Gateway, after: Duration) -> BoxFuture<'static, Health> {
    async move {
        sleep(after).await;
        gateway.health().await
    }
    .boxed()
}

fn log(message: &Admitted, settled: &Settled) {
    let (id, peer) = (message.message_id(), message.from());
    match settled {
        Settled::Delivered { .. } => {
            let may_repeat = message.may_repeat();
            info!(message.id = %id, peer.id = %peer, may_repeat, "delivered message {id} of {peer}");
        }
        Settled::Retry { attempts, .. } => {
            debug!(message.id = %id, peer.id = %peer, attempts, "message {id} of {peer} goes again");
        }
        Settled::Apart { .. } => {
            debug!(message.id = %id, peer.id = %peer, "message {id} of {peer} goes again alone");
        }
        Settled::Dead { .. } => log_dead(message),
    }
}

fn log_dead(message: &Admitted) {
    let (id, peer) = (message.message_id(), message.from());
    warn!(message.id = %id, peer.id = %peer, "gave up message {id} of {peer}");
}

#[cfg(test)]
mod tests;
