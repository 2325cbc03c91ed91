//! `[log]`: where the log goes and how it is written. What is logged, `OPENDIALOGUE_LOG` says.

use tracing_subscriber::EnvFilter;

use super::kind::{Text, quoted, read_word, words};
use super::layers::Layers;
use super::report::Origin;
use super::{defaults, schema};

/// `[log]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Where it goes.
    pub to: LogTo,
    /// How it is written.
    pub format: LogFormat,
    /// What is logged, in the words of `tracing`'s filters.
    pub filter: String,
}

/// Where the log goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogTo {
    /// To standard error, for whoever started the program to keep.
    StandardError,
    /// To files in `opendialogue/log` of the home.
    File,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogFormat {
    /// A line for a person.
    Text,
    /// A JSON object in each line.
    Json,
}

impl LogTo {
    /// Every place.
    pub const ALL: [LogTo; 2] = [LogTo::StandardError, LogTo::File];

    /// The word in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            LogTo::StandardError => "stderr",
            LogTo::File => "file",
        }
    }
}

impl LogFormat {
    /// Every format.
    pub const ALL: [LogFormat; 2] = [LogFormat::Text, LogFormat::Json];

    /// The word in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        }
    }
}

const TO: Text<LogTo> = Text {
    what: "a word in quotes",
    read: |text| read_word(text, &LogTo::ALL, LogTo::as_str),
    show: |to| quoted(to.as_str()),
    schema: || words(LogTo::ALL.map(LogTo::as_str)),
};

const FORMAT: Text<LogFormat> = Text {
    what: "a word in quotes",
    read: |text| read_word(text, &LogFormat::ALL, LogFormat::as_str),
    show: |format| quoted(format.as_str()),
    schema: || words(LogFormat::ALL.map(LogFormat::as_str)),
};

const FILTER: &str = "OPENDIALOGUE_LOG";

pub(super) fn read(layers: &mut Layers<'_>) -> Log {
    Log {
        to: layers
            .decide(&schema::LOG_TO, &TO, LogTo::StandardError)
            .value,
        format: layers
            .decide(&schema::LOG_FORMAT, &FORMAT, LogFormat::Text)
            .value,
        filter: filter(layers),
    }
}

fn filter(layers: &mut Layers<'_>) -> String {
    let written = layers.variable_text(FILTER);
    let filter = written.filter(|text| match EnvFilter::try_new(text) {
        Ok(_) => true,
        Err(_) => {
            let sentence = "expected a filter such as `debug` or `info,opendialogue::daemon=trace`";
            layers.report.add(Origin::Environment(FILTER), sentence);
            false
        }
    });
    filter.unwrap_or_else(|| defaults::LOG_FILTER.to_owned())
}
