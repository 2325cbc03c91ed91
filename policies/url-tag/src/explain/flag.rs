//! What a reader should know of a URL, by name.

/// One thing to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// The host is not ASCII.
    Idn,
    /// A label of the host mixes scripts as no language does.
    MixedScript,
    /// A label of the host can be mistaken for ASCII.
    Confusable,
    /// The host is written in Punycode.
    Punycode,
    /// A user's name stands before the host.
    Userinfo,
    /// The host is an address.
    IpLiteral,
    /// The host is an address that is not written like one, or holds another.
    IpObfuscated,
    /// It leads into a private network or back to this machine.
    Private,
    /// It names a port that is not its scheme's.
    NonstandardPort,
    /// Its query is long.
    LongQuery,
    /// Something in its query looks random.
    HighEntropyQuery,
    /// It carries what it shows.
    Data,
    /// It starts a program.
    AppScheme,
    /// It holds control characters, plain or encoded.
    ControlInUrl,
    /// Where it leads is not seen.
    Shortener,
    /// It carries a secret by name.
    Credentials,
    /// The text of its link names another host.
    TextMismatch,
    /// It runs a script or reaches into this machine.
    DangerousScheme,
    /// Showing it fetches it.
    RemoteImage,
    /// It is too long to be explained, or one of too many.
    TooLong,
    /// Its domain is denied.
    Denied,
}

/// Every flag with its name, in the order in which they are said.
pub const FLAGS: [(&str, Flag); 21] = [
    ("idn", Flag::Idn),
    ("mixed_script", Flag::MixedScript),
    ("confusable", Flag::Confusable),
    ("punycode", Flag::Punycode),
    ("userinfo", Flag::Userinfo),
    ("ip_literal", Flag::IpLiteral),
    ("ip_obfuscated", Flag::IpObfuscated),
    ("private", Flag::Private),
    ("nonstandard_port", Flag::NonstandardPort),
    ("long_query", Flag::LongQuery),
    ("high_entropy_query", Flag::HighEntropyQuery),
    ("data", Flag::Data),
    ("app_scheme", Flag::AppScheme),
    ("control_in_url", Flag::ControlInUrl),
    ("shortener", Flag::Shortener),
    ("credentials", Flag::Credentials),
    ("text_mismatch", Flag::TextMismatch),
    ("dangerous_scheme", Flag::DangerousScheme),
    ("remote_image", Flag::RemoteImage),
    ("too_long", Flag::TooLong),
    ("denied", Flag::Denied),
];

/// Some flags.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags(u32);

impl From<Flag> for Flags {
    fn from(flag: Flag) -> Self {
        let mut flags = Self::default();
        flags.add(flag);
        flags
    }
}

impl Flags {
    /// Adds `flag`.
    pub fn add(&mut self, flag: Flag) {
        self.0 |= 1 << flag as u32;
    }

    /// Adds `flag` where it `holds`.
    pub fn set(&mut self, flag: Flag, holds: bool) {
        if holds {
            self.add(flag);
        }
    }

    /// Whether `flag` is among them.
    pub fn has(self, flag: Flag) -> bool {
        self.0 & 1 << flag as u32 != 0
    }

    /// The flags with their names.
    pub fn named(self) -> impl Iterator<Item = (&'static str, Flag)> {
        FLAGS.into_iter().filter(move |(_, flag)| self.has(*flag))
    }
}
