//! Messages through the lane, both ways, on a database of their own: what each test says in its
//! name. Frames come in by the inbound task, drafts by the lane itself; no socket is near.

mod again;
mod closing;
mod dead;
mod failing;
mod held;
mod inbound;
mod outbound;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex};

use serde_json::json;
use tempfile::TempDir;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::daemon::held::HeldBox;
use crate::daemon::inbound::{Inbound, Inbox, Received, Session};
use crate::daemon::outbound::Outbox;
use crate::daemon::story::Events;
use crate::daemon::view::{
    ConversationView, Event, InboxMessage, OutboxMessage, SendAnswer, SendRefusal,
};
use crate::daemon::{dialogue, schema, trust};
use crate::policy::tests::Module;
use crate::policy::{Engine, ModuleSource, PolicySpec};
use crate::tasks::Tasks;
use crate::types::{
    AgentId, ConversationId, Direction, Kind, Message, MessageId, Nonce, Secret, Timestamp, Trust,
    TurnNumber,
};
use crate::wire::frame::Ack;
use crate::wire::{Features, Form, Material, MessageFrame, NonceMemory, SigningKey};

pub(super) const NOW: Timestamp = Timestamp::from_millis(1_795_373_464_750);
pub(super) const ME: &str = "41490369";
pub(super) const PEER: &str = "10079218";

/// Compiled once for all tests; each test has its own memory of what they remember.
pub(super) static OPEN: LazyLock<Arc<Chain>> = LazyLock::new(|| acl("open"));
static PAIRING: LazyLock<Arc<Chain>> = LazyLock::new(|| acl("pairing"));

fn acl(mode: &str) -> Arc<Chain> {
    let mut spec = PolicySpec::of_builtin("acl");
    spec.settings = json!({ "mode": mode });
    Arc::new(Chain::load(&Engine::start().unwrap(), &[spec]).unwrap())
}

/// A chain of policies by hand, each for one direction.
pub(super) fn by_hand(policies: &[(&str, Direction, Module)]) -> Arc<Chain> {
    let folder = tempfile::tempdir().unwrap();
    let spec = |(name, direction, module): &(&str, Direction, Module)| {
        let path = folder.path().join(format!("{name}.wasm"));
        std::fs::write(&path, module.bytes()).unwrap();
        PolicySpec {
            module: ModuleSource::Path(path),
            directions: vec![*direction],
            ..PolicySpec::of_builtin(name)
        }
    };
    let specs: Vec<PolicySpec> = policies.iter().map(spec).collect();
    Arc::new(Chain::load(&Engine::start().unwrap(), &specs).unwrap())
}

/// The rooms around one lane.
pub(super) struct Rooms {
    dir: TempDir,
    pub(super) db: Database,
    pub(super) lane: Lane,
    pub(super) inbox: Inbox,
    pub(super) outbox: Outbox,
    pub(super) held: HeldBox,
    pub(super) events: broadcast::Receiver<Event>,
    pub(super) clock: Clock,
    inbound: Inbound,
}

impl Rooms {
    pub(super) fn open() -> Self {
        Self::of(&OPEN)
    }

    pub(super) fn pairing() -> Self {
        Self::of(&PAIRING)
    }

    pub(super) fn of(chain: &Arc<Chain>) -> Self {
        let room = Room {
            inbox: Load::messages(100),
            outbox: Load::messages(100),
            held: Load::messages(100),
        };
        Self::with(chain, room)
    }

    pub(super) fn narrow(room: Room) -> Self {
        Self::with(&Arc::new(Chain::empty()), room)
    }

    fn with(chain: &Arc<Chain>, room: Room) -> Self {
        Self::in_dir(
            tempfile::tempdir().unwrap(),
            chain,
            room,
            Clock::manual(NOW),
        )
    }

    fn in_dir(dir: TempDir, chain: &Arc<Chain>, room: Room, clock: Clock) -> Self {
        let path = dir.path().join("daemon.db");
        let db = Database::open(&path, schema::MIGRATIONS, &Tasks::new()).unwrap();
        let events = Events::new();
        let chain = Arc::new(ArcSwap::new(Arc::clone(chain)));
        let lane = Lane::new(
            db.clone(),
            chain,
            clock.clone(),
            room,
            events.meter().clone(),
        );
        let inbox = Inbox::new(db.clone(), events.clone(), clock.clone());
        let me = AgentId::new(ME).unwrap();
        let outbox = Outbox::new(db.clone(), events.clone(), clock.clone());
        Self {
            inbound: Inbound {
                me: me.clone(),
                lane: lane.clone(),
                inbox: inbox.clone(),
                outbox: outbox.clone(),
                events: events.clone(),
                stop: CancellationToken::new(),
            },
            held: HeldBox {
                me,
                db: db.clone(),
                lane: lane.clone(),
                inbox: inbox.clone(),
                outbox: outbox.clone(),
                events: events.clone(),
                clock: clock.clone(),
            },
            outbox,
            events: events.listen(),
            dir,
            db,
            lane,
            inbox,
            clock,
        }
    }

    /// Publishes another chain.
    pub(super) fn publish(&self, chain: &Arc<Chain>) {
        self.lane.chain.store(Arc::clone(chain));
    }

    /// The same rooms as a new process finds them.
    pub(super) async fn restart(self) -> Self {
        self.db.close().await;
        let (chain, room) = (self.lane.chain.load_full(), self.lane.room);
        Self::in_dir(self.dir, &chain, room, self.clock)
    }

    /// Has the inbound task take `frames` in their order, to the end.
    pub(super) async fn bring(&self, frames: impl IntoIterator<Item = Received>) {
        let (link, received) = mpsc::channel(512);
        for frame in frames {
            link.try_send(frame).unwrap();
        }
        drop(link);
        self.inbound.clone().run(received).await;
    }

    /// Asks the lane to send `draft`.
    pub(super) async fn send(
        &self,
        draft: crate::daemon::outbound::Draft,
    ) -> Result<SendAnswer, SendRefusal> {
        self.lane.draft(draft).await.unwrap().answer
    }

    pub(super) async fn set_trust(&self, peer: &str, level: Trust) {
        let peer = AgentId::new(peer).unwrap();
        self.db
            .write(move |connection| trust::set(connection, &peer, level, NOW))
            .await
            .unwrap();
    }

    /// The conversations, the latest first.
    pub(super) async fn dialogues(&self) -> Vec<ConversationView> {
        let limit = TurnNumber::new(20).unwrap();
        let list = move |c: &Connection| dialogue::list(c, 9, limit, Timestamp::default());
        self.db.read(list).await.unwrap()
    }

    pub(super) async fn inbox(&self) -> Vec<InboxMessage> {
        self.inbox.list(Some(0), 1000).await.unwrap()
    }

    pub(super) async fn outbox(&self) -> Vec<OutboxMessage> {
        self.outbox.list(None, 1000).await.unwrap()
    }

    /// The states of the inbox's rows, in order.
    pub(super) async fn inbox_states(&self) -> Vec<String> {
        self.inbox()
            .await
            .into_iter()
            .map(|row| row.state)
            .collect()
    }

    /// The states of the outbox's rows, in order.
    pub(super) async fn outbox_states(&self) -> Vec<String> {
        self.outbox()
            .await
            .into_iter()
            .map(|row| row.state)
            .collect()
    }

    /// Whether the database's files hold `word` anywhere.
    pub(super) fn files_hold(&self, word: &str) -> bool {
        let files = std::fs::read_dir(self.dir.path()).unwrap();
        files.into_iter().any(|file| {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            bytes
                .windows(word.len())
                .any(|part| part == word.as_bytes())
        })
    }

    pub(super) async fn count(&self, table: &'static str) -> u64 {
        let sql = format!("SELECT count(*) FROM {table}");
        let count = move |connection: &Connection| connection.query_row(&sql, [], |row| row.get(0));
        self.db.read(count).await.unwrap()
    }
}

/// A session with a relay, and the acknowledgements that it is sent.
pub(super) struct Line {
    pub(super) session: Arc<Session>,
    pub(super) acks: mpsc::Receiver<Ack>,
}

impl Line {
    /// With a relay that knows all extensions.
    pub(super) fn new() -> Self {
        Self::of(Some(Features::OURS))
    }

    pub(super) fn version_1() -> Self {
        Self::of(None)
    }

    fn of(features: Option<Features>) -> Self {
        let (acks, taken) = mpsc::channel(512);
        let session = Session {
            key: SigningKey::new(&Secret::new("key")),
            form: match features {
                Some(_) => Form::Sig2,
                None => Form::V1,
            },
            features,
            nonces: Mutex::new(NonceMemory::new(NOW)),
            acks,
        };
        Self {
            session: Arc::new(session),
            acks: taken,
        }
    }

    /// What was acknowledged since the last look: `id outcome`.
    pub(super) fn acked(&mut self) -> Vec<String> {
        let mut acked = Vec::new();
        while let Ok(ack) = self.acks.try_recv() {
            acked.push(format!("{} {}", ack.message_id, ack.outcome.as_str()));
        }
        acked
    }

    /// A text `id` from [`PEER`], changed by `change` and then signed.
    pub(super) fn text(&self, id: &str, change: impl FnOnce(&mut MessageFrame)) -> Received {
        static NONCES: AtomicU32 = AtomicU32::new(0);
        let nonce = format!("n{}", NONCES.fetch_add(1, Ordering::Relaxed));
        let mut frame = MessageFrame {
            message: Message {
                id: MessageId::new(id).unwrap(),
                from: AgentId::new(PEER).unwrap(),
                to: AgentId::new(ME).unwrap(),
                kind: Kind::Text,
                content: format!("content of {id}"),
                conversation: ConversationId::new("c1").ok(),
                turn: None,
                max_turns: None,
            },
            timestamp: NOW,
            nonce: Nonce::new(&nonce).unwrap(),
            signature: String::new(),
            delivered_at: None,
            received_at: None,
        };
        change(&mut frame);
        let material = Material::of_message(&frame.message, frame.timestamp, &frame.nonce);
        frame.signature = self.session.key.sign(&material, self.session.form);
        Received {
            frame,
            session: Arc::clone(&self.session),
            read_at: NOW,
            read_here_at: NOW,
        }
    }
}
