//! The unit of a user's systemd. Pure: a daemon in, the file's text out.
//!
//! Only what works in a user's own manager stands in it: what changes capabilities (`PrivateDevices`,
//! `ProtectKernelModules` and the like) would keep the service from starting there.

use std::fmt::Write as _;

use super::MARK;
use super::daemon::Daemon;

/// What the unit is called.
pub(super) const UNIT: &str = "opendialogue.service";

/// The daemon ends within 10 s by itself; systemd is to kill it only where it does not.
const STOP_SECONDS: u32 = 15;

/// The text of the unit.
pub(super) fn unit(daemon: &Daemon) -> String {
    let mut environment = String::new();
    for (name, value) in &daemon.variables {
        let assignment = quoted(&format!("{name}={value}"));
        writeln!(environment, "Environment={assignment}").expect("a String takes every write");
    }
    let arguments: Vec<String> = daemon.arguments().into_iter().map(argument).collect();
    format!(
        "# {MARK}, which writes it anew each time.
# What is to stay goes beside it: `systemctl --user edit opendialogue`.

[Unit]
Description=OpenDialogue daemon
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart={program} {arguments}
{environment}Restart=on-failure
RestartSec=10
# A wrong configuration does not mend itself.
RestartPreventExitStatus=2
TimeoutStopSec={STOP_SECONDS}
StandardOutput=journal
StandardError=journal
UMask=0077
LimitCORE=0

NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={home}
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
# MemoryDenyWriteExecute stays off: the policies' runtime compiles them to machine code.

[Install]
WantedBy=default.target
",
        program = quoted(&daemon.program),
        arguments = arguments.join(" "),
        home = quoted(&daemon.home),
    )
}

/// One value of a unit. It stands in quotes, and neither a specifier nor an escape is read in it.
fn quoted(value: &str) -> String {
    let mut quoted = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '%' => quoted.push_str("%%"),
            c if c.is_ascii_control() => {
                write!(quoted, "\\x{:02x}", u32::from(c)).expect("a String takes every write");
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// One argument of a command; there, unlike in the program's own path, `$` names a variable.
fn argument(word: &str) -> String {
    quoted(word).replace('$', "$$")
}

#[cfg(test)]
mod tests {
    use super::super::daemon::{odd, plain};
    use super::*;

    #[test]
    fn the_unit_of_a_plain_daemon() {
        insta::assert_snapshot!(unit(&plain()));
    }

    #[test]
    fn nothing_in_a_path_or_a_value_is_read_as_anything_else() {
        let unit = unit(&odd());
        let lines: Vec<&str> = unit
            .lines()
            .filter(|line| line.starts_with(['E', 'R']))
            .filter(|line| line.contains('"'))
            .collect();
        assert_eq!(
            lines,
            [
                r#"ExecStart="/opt/100%% \"new\"/open$dialogue" "daemon" "--config" "/home/ada/a $$b\\c.toml""#,
                r#"Environment="OPENDIALOGUE_HOME=/home/ada/two words & <more>""#,
                r#"Environment="HTTPS_PROXY=http://ada:50%%\x0a\"$x@proxy.example:3128""#,
                r#"ReadWritePaths="/home/ada/two words & <more>""#,
            ]
        );
    }

    #[test]
    fn systemd_waits_longer_than_the_daemon_takes() {
        let own = crate::cli::role::DEADLINE.as_secs();
        assert!(u64::from(STOP_SECONDS) > own + 1);
    }
}
