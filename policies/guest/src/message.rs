//! What a rule sees of a message: borrowed, plain, and the same natively and in a component.

/// Which way a message goes, seen from this agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From a peer to this agent.
    Inbound,
    /// From this agent to a peer.
    Outbound,
}

/// What a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something said.
    Text,
    /// The author is writing.
    Typing,
    /// The author has read.
    ReadReceipt,
    /// The author closes the conversation.
    End,
}

/// How far the owner trusts the peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Not at all.
    Blocked,
    /// Nothing is said.
    Unknown,
    /// Known.
    Known,
    /// The owner's own.
    Owner,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Which way it goes.
    pub direction: Direction,
    /// What it is for.
    pub kind: Kind,
    /// The trust in the peer.
    pub trust: Trust,
    /// Whether our hold of this message was answered.
    pub released: bool,
    /// The author's name for it.
    pub id: &'a str,
    /// The author.
    pub from: &'a str,
    /// The receiver.
    pub to: &'a str,
    /// The conversation.
    pub conversation: Option<&'a str>,
    /// The author's own count of turns.
    pub turn: Option<u64>,
    /// The text, as the policies before this one left it.
    pub content: &'a str,
    /// The message's time, in Unix milliseconds.
    pub now: u64,
}

impl<'a> Message<'a> {
    /// The other agent: the author of what comes in, the receiver of what goes out.
    pub fn peer(&self) -> &'a str {
        match self.direction {
            Direction::Inbound => self.from,
            Direction::Outbound => self.to,
        }
    }
}
