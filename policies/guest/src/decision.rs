//! What a rule decides.

/// The longest value of an annotation that the host takes, in bytes.
pub const MAX_ANNOTATION_VALUE_LEN: usize = 4 * 1024;

/// What is decided about one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What is to be done with it.
    pub verdict: Verdict,
    /// What later policies, the agent and the owner are to know.
    pub annotations: Vec<Annotation>,
}

/// What is to be done with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on as it is.
    Pass,
    /// It goes on with this content.
    Rewrite(String),
    /// It goes no further.
    Reject {
        /// The word for why.
        code: &'static str,
        /// Why, for this side.
        reason: String,
        /// In how many milliseconds it may be tried again.
        retry_after_ms: Option<u64>,
    },
    /// It waits.
    Hold {
        /// The word for why.
        code: &'static str,
        /// Why, for this side.
        reason: String,
        /// When the host releases it by itself, in Unix milliseconds.
        until: Option<u64>,
    },
}

/// A fact about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// What it is about.
    pub key: &'static str,
    /// What it says.
    pub value: String,
}

impl Verdict {
    /// A rejection that says nothing about another try.
    pub fn reject(code: &'static str, reason: impl Into<String>) -> Self {
        Self::Reject {
            code,
            reason: reason.into(),
            retry_after_ms: None,
        }
    }

    /// The word that the interface has for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Rewrite(_) => "rewrite",
            Self::Reject { .. } => "reject",
            Self::Hold { .. } => "hold",
        }
    }
}

impl From<Verdict> for Decision {
    fn from(verdict: Verdict) -> Self {
        Self {
            verdict,
            annotations: Vec::new(),
        }
    }
}
