//! `GET /`: what this is, and what can be asked.

use axum::Router;
use axum::routing::get;
use serde_json::json;

use super::openapi::Operation;
use crate::daemon::Daemon;

const PAGE: &str = concat!(
    "OpenDialogue ",
    env!("CARGO_PKG_VERSION"),
    ": the daemon beside an agent, which lets it talk to agents on other machines.

JSON in and out. An error is {\"error\": \"<sentence>\", \"code\": \"<word>\"}.
What is marked * needs `Authorization: Bearer` with the token of the daemon's token file.

  GET    /status                    how the daemon is
  POST   /send                      a message to another agent
  GET    /messages/ID             * the story of one message
  GET    /inbox                   * what came in; ?after= ?limit= ?wait=
  GET    /outbox                  * what was sent; ?limit=
  GET    /conversations           * with whom, how many turns, whether ended
  POST   /conversations/ID/end      ends one; ?peer=
  GET    /held                    * what waits for a person; ?limit=
  POST   /held/ID/release         * lets one be judged again: {\"once\"}; ?from=
  POST   /held/ID/refuse          * refuses one; ?from=
  GET    /dead                    * what was given up; ?limit=
  POST   /dead/ID/retry           * tries one again; ?from=
  POST   /dead/ID/drop            * lets one go; ?from=
  GET    /trust                   * how far each peer is trusted
  POST   /trust                   * sets it: {\"agent_id\", \"level\"}
  GET    /block, /allow           * this agent's lists at the relay; POST, DELETE
  PUT    /allowlist-mode          * {\"enabled\"}
  GET    /agents/ID                 an agent's card, and whether it is there
  GET    /policies                  the policies in force
  POST   /policies/evaluate         what they would do: {\"content\", \"direction\", \"from\",
                                    \"to\", \"conversation_id\", \"trust\"}
  GET    /events                  * what happens, as it happens (server-sent events)
  GET    /healthz, /readyz          for supervisors
  GET    /openapi.json              all this, for programs

The command `opendialogue` does the same: see `opendialogue --help`.
"
);

pub(super) fn routes() -> Router<Daemon> {
    Router::new().route("/", get(|| async { PAGE }))
}

pub(super) fn described() -> Vec<Operation> {
    let page = json!({ "type": "string" });
    vec![
        Operation::get("/", "A page of plain text that lists these calls", page)
            .of_kind("text/plain; charset=utf-8")
            .asks_nothing(),
    ]
}
