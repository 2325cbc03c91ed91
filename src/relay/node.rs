//! What every part of one relay shares: its settings, its clock, and the owners of its state.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::api::Addresses;
use super::bus::Bus;
use super::conversation::book::Book;
use super::directory::Directory;
use super::hub::Hub;
use super::places::{CONNECTIONS_MAX, Places};
use super::settings::Settings;
use super::store::{MailboxRoom, Store};
use crate::clock::Clock;
use crate::tasks::Tasks;
use crate::types::Timestamp;

/// How many bytes of text one mailbox holds: a thousand messages of usual length many times over.
const MAILBOX_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// How many bits of a sequence count within one millisecond.
const SEQUENCE_BITS: u32 = 20;

/// One relay's parts.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) settings: Settings,
    pub(super) clock: Clock,
    pub(super) tasks: Tasks,
    pub(super) store: Arc<dyn Store>,
    pub(super) bus: Arc<dyn Bus>,
    pub(super) hub: Arc<Hub>,
    pub(super) directory: Directory,
    pub(super) book: Book,
    pub(super) registrations: Addresses,
    pub(super) open_calls: Addresses,
    pub(super) places: Arc<Places>,
    sequence: AtomicU64,
}

impl Node {
    /// A relay over `store`, alone on its bus.
    pub(super) fn new(
        settings: Settings,
        clock: Clock,
        tasks: Tasks,
        store: Arc<dyn Store>,
    ) -> Self {
        let hub = Arc::new(Hub::default());
        // Begins above every number that an earlier run gave, so order survives a restart.
        let first = clock.now().as_millis() << SEQUENCE_BITS;
        Self {
            bus: Arc::<Hub>::clone(&hub),
            hub,
            directory: Directory::new(Arc::clone(&store), settings.rate_limit_per_minute),
            book: Book::default(),
            registrations: Addresses::default(),
            open_calls: Addresses::default(),
            places: Places::new(CONNECTIONS_MAX, settings.connections_per_address),
            sequence: AtomicU64::new(first),
            settings,
            clock,
            tasks,
            store,
        }
    }

    /// The time now.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The place of the next message among all that this relay takes in.
    pub(super) fn next_sequence(&self) -> u64 {
        self.sequence.fetch_add(1, Ordering::Relaxed)
    }

    /// How much a mailbox holds: one sender has at most a fifth of it, and half of what is left.
    pub(super) fn mailbox_room(&self) -> MailboxRoom {
        let total = self.settings.offline_queue_max;
        MailboxRoom {
            total,
            of_one_sender: (total / 5).max(1),
            bytes: MAILBOX_BYTES_MAX,
        }
    }
}
