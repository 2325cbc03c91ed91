//! How many sockets and files this process may have open: as many as the system allows at all.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::{debug, info};

use super::places::CONNECTIONS_MAX;

/// Files beside sockets: the store, its readers, logs, listeners.
const BESIDE_SOCKETS: u64 = 256;

/// Raises the soft limit to the hard one, and says so where that is less than the relay's own
/// bound on connections.
pub(super) fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(why) = setrlimit(Resource::Nofile, raised) {
        debug!("the limit on open files stays as it is: {why}");
    }
    let wanted = CONNECTIONS_MAX as u64 + BESIDE_SOCKETS;
    if let Some(open_max) = getrlimit(Resource::Nofile).current
        && open_max < wanted
    {
        info!(
            relay.open_files_max = open_max,
            "this process may open {open_max} files, fewer than {wanted} for all of \
             {CONNECTIONS_MAX} connections; the system's limit (`ulimit -Hn`) says so"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_on_open_files_is_raised_to_what_the_system_allows() {
        let before = getrlimit(Resource::Nofile);
        let Some(most) = before.maximum else {
            return;
        };
        // One less than the most does no harm to what runs beside this test.
        let lowered = Rlimit {
            current: Some(most - 1),
            maximum: Some(most),
        };
        setrlimit(Resource::Nofile, lowered).unwrap();
        raise_limit();
        assert_eq!(getrlimit(Resource::Nofile).current, Some(most));
    }
}
