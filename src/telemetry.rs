//! Floor 1: logs, on standard error or in files, as text or JSON. Owns what may reach them.
//!
//! The filter is that of `OPENDIALOGUE_LOG`, in the words of `tracing`'s filters, for example
//! `info,opendialogue::daemon::link=debug`; the word `json` among them asks for JSON too. Libraries
//! below us write frames and headers at their finer levels, so of theirs nothing finer than INFO
//! passes, whatever the filter says: message text and keys never reach a log.

mod files;

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Mutex;

use tracing::level_filters::LevelFilter;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::{EnvFilter, FilterFn, ParseError, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::files::FileError;
use files::LogFiles;

pub use files::STANDARD_ERROR;

/// The word in the filter that asks for JSON.
const JSON: &str = "json";

/// Logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not one.
    #[error("`OPENDIALOGUE_LOG`: expected a filter such as `info` or `json,debug`: {0}")]
    Filter(#[from] ParseError),
    /// The file to log to cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Something else in this process logs already.
    #[error("logging is set up already")]
    Twice(#[from] TryInitError),
}

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A line for a person.
    Text,
    /// A JSON object in each line.
    Json,
}

/// Where a log goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// To standard error.
    StandardError,
    /// To private files of bounded size and number.
    Files {
        /// The folder, made where it is missing.
        folder: PathBuf,
        /// The name of the file that is written; those before it have a number behind it.
        name: String,
    },
}

/// Logs what `filter` lets through, from now on.
pub fn init(filter: &str, format: Format, place: Place) -> Result<(), TelemetryError> {
    let registry = tracing_subscriber::registry();
    match place {
        Place::StandardError => {
            let is_terminal = io::stderr().is_terminal();
            let layer = layer(filter, format, io::stderr, is_terminal)?;
            Ok(registry.with(layer).try_init()?)
        }
        Place::Files { folder, name } => {
            let files = Mutex::new(LogFiles::open(&folder, &name)?);
            let layer = layer(filter, format, files, false)?;
            Ok(registry.with(layer).try_init()?)
        }
    }
}

fn layer<S, W>(
    filter: &str,
    format: Format,
    writer: W,
    ansi: bool,
) -> Result<impl Layer<S>, ParseError>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let words: Vec<&str> = filter.split(',').map(str::trim).collect();
    let is_json = format == Format::Json || words.contains(&JSON);
    let words: Vec<&str> = words.into_iter().filter(|word| *word != JSON).collect();
    let chosen = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse(words.join(","))?;
    let written = tracing_subscriber::fmt::layer().with_writer(writer);
    let written = match is_json {
        true => written.json().flatten_event(true).boxed(),
        false => written.with_ansi(ansi).boxed(),
    };
    Ok(written
        .with_filter(chosen)
        .with_filter(libraries_at_most_info()))
}

fn libraries_at_most_info() -> FilterFn<fn(&Metadata<'_>) -> bool> {
    fn passes(metadata: &Metadata<'_>) -> bool {
        let is_ours = metadata.target().split("::").next() == Some(env!("CARGO_CRATE_NAME"));
        is_ours || *metadata.level() <= LevelFilter::INFO
    }
    filter_fn(passes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use tracing::{debug, info, trace};

    use super::*;

    #[test]
    fn libraries_never_log_finer_than_info_and_we_do_when_asked() {
        for (filter, expected) in [
            ("trace", &["ours at trace", "theirs at info"][..]),
            ("debug,tungstenite=trace", &["theirs at info"][..]),
            ("warn", &[][..]),
            ("", &["theirs at info"][..]),
            ("warn,opendialogue=trace", &["ours at trace"][..]),
        ] {
            let log = logged(filter);
            let seen: Vec<&str> = ["ours at trace", "theirs at info", "theirs at debug"]
                .into_iter()
                .filter(|sentence| log.contains(sentence))
                .collect();
            assert_eq!(seen, expected, "{filter}");
        }
    }

    #[test]
    fn json_is_one_object_a_line() {
        for (filter, format) in [("json,info", Format::Text), ("info", Format::Json)] {
            let log = logged_as(filter, format);
            let line: serde_json::Value = serde_json::from_str(log.trim_end()).unwrap();
            assert_eq!(line["message"], "theirs at info");
            assert_eq!(line["agent.id"], "7");
        }
    }

    #[test]
    fn a_value_cannot_drive_the_terminal() {
        let (layer, log) = capture("info", Format::Text);
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || info!("said \u{1b}[2J"));
        assert!(!text(&log).contains('\u{1b}'));
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        let read = |filter| {
            layer::<tracing_subscriber::Registry, _>(filter, Format::Text, io::sink, false).is_ok()
        };
        assert!(read("opendialogue=info") && !read("opendialogue=loud"));
    }

    fn logged(filter: &str) -> String {
        logged_as(filter, Format::Text)
    }

    fn logged_as(filter: &str, format: Format) -> String {
        let (layer, log) = capture(filter, format);
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            trace!("ours at trace");
            info!(target: "tungstenite::protocol", { agent.id = "7" }, "theirs at info");
            debug!(target: "tungstenite::protocol", "theirs at debug");
        });
        text(&log)
    }

    type Log = Arc<Mutex<Vec<u8>>>;

    fn capture(
        filter: &str,
        format: Format,
    ) -> (
        Box<dyn Layer<tracing_subscriber::Registry> + Send + Sync>,
        Log,
    ) {
        let log = Log::default();
        let writer = Writer(Arc::clone(&log));
        let layer = layer(filter, format, move || writer.clone(), false).unwrap();
        (layer.boxed(), log)
    }

    fn text(log: &Log) -> String {
        String::from_utf8(log.lock().unwrap().clone()).unwrap()
    }

    #[derive(Clone)]
    struct Writer(Log);

    impl Write for Writer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut log = self.0.lock().map_err(|_| io::ErrorKind::Other)?;
            log.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
