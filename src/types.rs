//! Floor 0: what things mean. No I/O, no clock, no framework; every other module may import it.
//!
//! A value of one of these types has been checked: the rest of the program never checks it again.

pub mod code;
pub mod digest;
pub mod id;
pub mod message;
pub mod network;
pub mod secret;
pub mod text;
pub mod time;
pub mod trust;

pub use code::{ErrorCode, Refusal};
pub use digest::Digest;
pub use id::{AgentId, ConversationId, InvalidId, MessageId, Nonce};
pub use message::{Direction, Kind, Message, TurnNumber};
pub use network::{InvalidNetwork, Network};
pub use secret::Secret;
pub use time::Timestamp;
pub use trust::Trust;
