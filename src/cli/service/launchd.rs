//! The agent of macOS's launchd. Pure: a daemon in, the file's text out.

use super::MARK;
use super::daemon::Daemon;
use crate::telemetry::STANDARD_ERROR;

/// What the agent is called.
pub(super) const LABEL: &str = "opendialogue.daemon";

/// The text of the property list.
pub(super) fn plist(daemon: &Daemon) -> String {
    let words = [daemon.program.as_str()]
        .into_iter()
        .chain(daemon.arguments())
        .chain(["--log-to", "file"]);
    let words: Vec<String> = words.map(|word| line(2, "string", word)).collect();
    let variables = daemon.variables.iter();
    let variables: Vec<String> = variables
        .map(|(name, value)| line(2, "key", name) + &line(2, "string", value))
        .collect();
    // launchd keeps no journal: the daemon logs to files, and what it says elsewhere goes beside them.
    let standard_error = format!("{}/{STANDARD_ERROR}", daemon.log);
    // 63 is 0077: launchd takes the number in decimal.
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- {MARK}, which writes it anew each time. -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>{LABEL}</string>
  <key>ProgramArguments</key>
  <array>
{words}  </array>
  <key>EnvironmentVariables</key>
  <dict>
{variables}  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>30</integer>
  <key>ExitTimeOut</key>
  <integer>15</integer>
  <key>Umask</key>
  <integer>63</integer>
  <key>StandardOutPath</key>
  <string>/dev/null</string>
  <key>StandardErrorPath</key>
{standard_error}</dict>
</plist>
"#,
        words = words.concat(),
        variables = variables.concat(),
        standard_error = line(1, "string", &standard_error),
    )
}

/// One element on a line of its own.
fn line(depth: usize, element: &str, text: &str) -> String {
    let indent = "  ".repeat(depth);
    format!("{indent}<{element}>{}</{element}>\n", escaped(text))
}

/// Text that XML reads as it is; a control character, which XML cannot hold, becomes a space.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c if c.is_ascii_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::daemon::{odd, plain};
    use super::*;

    #[test]
    fn the_list_of_a_plain_daemon() {
        insta::assert_snapshot!(plist(&plain()));
    }

    #[test]
    fn the_list_of_a_daemon_with_odd_names() {
        insta::assert_snapshot!(plist(&odd()));
    }
}
