//! Every default and every bound, each with its unit and its reason.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use super::kind::{Lasting, Size, Whole};
use super::policy::OnFailure;
use crate::types::Direction;

/// The public relay.
pub const RELAY_URL: &str = "wss://od.wenmsg.fun/connect";

/// Where an OpenClaw gateway listens unless it was told otherwise.
pub const GATEWAY_BASE_URL: &str = "http://127.0.0.1:18789";

/// The hook's path in a gateway that sets none.
pub const HOOKS_PATH: &str = "/hooks";

/// Hook requests at once: a gateway runs eight and lets the ninth wait until it times out.
pub const MAX_IN_FLIGHT: u32 = 8;
/// One is the least that delivers; past 64 a gateway would only refuse.
pub(super) const MAX_IN_FLIGHT_BOUNDS: Whole = Whole::new(1, 64);

/// Attempts that the gateway answered with a fault of its own: with what is waited between them, ten
/// take some nine minutes and the time of the requests. A gateway that is away counts none.
pub const DELIVERY_ATTEMPTS: u32 = 10;
/// One is the least that delivers; a thousand is more than fits into [`DELIVERY_MAX_AGE`].
pub(super) const DELIVERY_ATTEMPTS_BOUNDS: Whole = Whole::new(1, 1_000);

/// How long a message waits for an absent gateway: a day, so that a machine that sleeps at night
/// loses nothing.
pub const DELIVERY_MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// At most seven days, the age past which a message that comes in is no longer taken at all.
pub(super) const DELIVERY_MAX_AGE_BOUNDS: Lasting = Lasting::new(
    Duration::from_secs(1),
    Duration::from_secs(7 * 24 * 60 * 60),
);

/// The local HTTP: where the TypeScript plugin's status server listens, so scripts go on working.
pub const LOCAL_LISTEN: SocketAddr = loopback(18_787);

/// The relay: beside the daemon's port, outside the ports that OpenClaw keeps for itself.
pub const RELAY_LISTEN: SocketAddr = loopback(18_786);

/// Messages a minute of one agent: one a second, twice what the TypeScript plugin lets through.
pub const RATE_LIMIT_PER_MINUTE: u32 = 60;

/// Turns of one episode of a conversation: the version 1 relay's limit.
pub const MAX_TURNS: u32 = 20;

/// Registrations a minute from one address: a person needs one, a script that floods needs more.
pub const REGISTRATIONS_PER_MINUTE: u32 = 10;

/// Of the three limits above and of [`CONNECTIONS_PER_ADDRESS`]; 0 means none, and a million stands for more than one relay serves.
pub(super) const LIMIT_BOUNDS: Whole = Whole::new(0, 1_000_000);

/// Messages that wait for one agent that is away: days of talk, and at 64 KiB each 64 MiB.
pub const OFFLINE_QUEUE_MAX: u32 = 1_000;
/// One is the least that is a queue.
pub(super) const OFFLINE_QUEUE_BOUNDS: Whole = Whole::new(1, 1_000_000);

/// Size of one message in bytes, counted as version 1 does: UTF-16 units times four.
pub const MESSAGE_MAX_BYTES: u32 = 65_536;
/// The most that [`MESSAGE_MAX_BYTES`] may be: whatever is taken in must fit into a frame of 128 KiB
/// when it is handed on. JSON writes a unit in at most six bytes (`\\u001f`), and what stands around
/// the content takes less than 2 KiB: (131,072 - 2,048) / 6 units, times four.
pub const MESSAGE_MAX_BYTES_MOST: u32 = (128 * 1024 - 2 * 1024) / 6 * 4;
/// From the 2,000 units that the plugin sends to what fits into a frame.
pub(super) const MESSAGE_BOUNDS: Whole = Whole::new(8_000, MESSAGE_MAX_BYTES_MOST);

/// Connections from one address at once, or from one /64 of IPv6: an office behind one address has
/// fewer agents, and a hundred such addresses fill no more than the relay has places.
pub const CONNECTIONS_PER_ADDRESS: u32 = 256;

/// The least time between two notices to a person: soon enough for somebody who waits to be let in,
/// seldom enough for a pocket.
pub const NOTIFY_EVERY: Duration = Duration::from_secs(10 * 60);
/// A minute is the least that is no flood; what is told less than once a week nobody remembers.
pub(super) const NOTIFY_EVERY_BOUNDS: Lasting = Lasting::new(
    Duration::from_secs(60),
    Duration::from_secs(7 * 24 * 60 * 60),
);

/// What is logged: changes of state and whatever is worse.
pub const LOG_FILTER: &str = "info";

/// Time for one message in one policy: a thousand times the slowest that was measured.
pub const POLICY_TIME: Duration = Duration::from_millis(50);
/// The ticker's step is the least; ten seconds would hold up every message behind it.
pub(super) const POLICY_TIME_BOUNDS: Lasting =
    Lasting::new(Duration::from_millis(1), Duration::from_secs(10));

/// Memory of one policy in bytes: enough for tables of Unicode, too little to hurt.
pub const POLICY_MEMORY_BYTES: u64 = 16 * 1024 * 1024;
/// One page of WebAssembly is 64 KiB; a guest starts with about 17 of them.
pub(super) const POLICY_MEMORY_BOUNDS: Size = Size::new(1024 * 1024, 1024 * 1024 * 1024);

/// Entries of `[[policy]]`: each costs every message a call, and nobody needs more.
pub(super) const POLICIES_MAX: usize = 64;

/// A policy that is in the chain although no file names it.
#[derive(Debug, Clone, Copy)]
pub(super) struct DefaultPolicy {
    pub(super) name: &'static str,
    pub(super) directions: &'static [Direction],
    pub(super) on_failure: OnFailure,
}

/// What came from somebody else; a text of the owner's own agent goes out as it was written.
const INBOUND: &[Direction] = &[Direction::Inbound];
const BOTH: &[Direction] = &[Direction::Inbound, Direction::Outbound];

/// The default chain in its order, each from the module that is built in under its name.
pub(super) const POLICIES: &[DefaultPolicy] = &[
    DefaultPolicy::new("acl", BOTH),
    DefaultPolicy::new("rate-limit", BOTH),
    DefaultPolicy::new("sanitize", INBOUND),
    DefaultPolicy::new("url-tag", INBOUND),
    DefaultPolicy::new("conversation", BOTH),
];

/// The policies that are built in and in no chain until an entry names them.
pub(super) const ON_REQUEST: &[&str] = &["secrets"];

impl DefaultPolicy {
    /// A policy that holds what it could not judge: nothing is lost and nothing slips through.
    const fn new(name: &'static str, directions: &'static [Direction]) -> Self {
        Self {
            name,
            directions,
            on_failure: OnFailure::Hold,
        }
    }
}

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))
}
