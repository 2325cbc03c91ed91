// How the daemon is: who it is, what is wrong and what to do about it, what waits, the last hour.

import * as api from "./api.js";
import { charts } from "./charts.js";
import { button, el, faint, fill, row } from "./dom.js";
import { copy } from "./dialogs.js";
import { hasTurnLimit } from "./peers.js";
import { many, ours, pill, shown, span, state, word } from "./text.js";

const HISTORY_MS = 20_000;

export function overview(root, app) {
  const parts = el("div.facts", {});
  const problems = el("section.problems", { "aria-label": "What is wrong" });
  const counts = el("div.tiles", {});
  const hour = charts();
  fill(root, el("h1", {}, "Overview"), problems, counts, el("section.card", { "aria-labelledby": "parts-title" },
    el("h2", { id: "parts-title" }, "This agent"), parts), hour.root);

  async function history() {
    if (document.hidden) return;
    try {
      hour.show(await api.get("/history"));
    } catch {
      // The banner says that the daemon does not answer.
    }
  }
  const timer = setInterval(history, HISTORY_MS);
  history();

  const view = {
    status(status) {
      fill(parts, facts(status));
      fill(problems, problemsOf(status).map(problem));
      fill(counts, tiles(status));
    },
    refresh: history,
    leave() {
      clearInterval(timer);
      hour.leave();
    },
  };
  if (app.status) view.status(app.status);
  return view;
}

function facts(status) {
  const id = button([word(status.agent_id), " ", faint("copy")], () => copy(status.agent_id, "this agent's id"), { class: "link" });
  return el("dl.rows", {},
    row("Agent", id),
    row("Running", `for ${span(status.uptime_seconds)}, version ${status.version}`),
    row("Relay", status.link === "waiting" ? pill("bad", "not reached") : state(status.link), " ", word(status.server_url),
      status.relay_authenticates && faint(" proves who sends")),
    row("Turns", hasTurnLimit(status.max_turns_per_conversation) ? `at most ${status.max_turns_per_conversation} in a conversation` : "no limit"),
    row("Gateway", status.gateway_ready ? state("ready") : pill("wait", "not ready")),
    row("Disk", status.database_problem ? pill("bad", "not well") : pill("good", "takes writes")));
}

function tiles(status) {
  const tile = (count, name, href, tone) =>
    el("a.tile", { href, "data-tone": count ? tone : "idle" }, el("b", {}, String(count)), el("span", {}, name));
  return [
    tile(status.inbox, "wait for the agent", "#/messages", "wait"),
    tile(status.outbox, "wait for the relay", "#/messages", "wait"),
    tile(status.held, "held for you", "#/waiting", "hold"),
    tile(status.dead, "given up", "#/waiting", "bad"),
  ];
}

function problem({ tone, what, detail, todo }) {
  return el("div.problem-card", { "data-tone": tone }, el("p", {}, el("strong", {}, what)),
    detail && el("p.detail", { dir: "auto" }, shown(sentence(detail))), todo && el("p.faint", {}, ours(todo)));
}

/** What a program says as a fragment, as a sentence. */
function sentence(text) {
  const first = /^[a-z]/.test(text) ? text[0].toUpperCase() + text.slice(1) : text;
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** What `/status` says is wrong, each with what to do. */
export function problemsOf(status) {
  const found = [];
  const add = (tone, what, detail, todo) => found.push({ tone, what, detail, todo });
  if (status.database_problem) {
    const isFull = status.disk === "full";
    add("bad", isFull ? "The disk is full." : "The database is damaged.", status.database_problem,
      isFull ? "Make room on the disk: the daemon goes on by itself." : "Stop the daemon, put a backup of daemon.db in its place, and start it again.");
  }
  const links = {
    waiting: ["The relay cannot be reached.", "It is tried again by itself, later each time. What you send waits in the outbox."],
    refused: ["The relay turns this agent away.", "Check `[relay] url` and the identity; `opendialogue config check` helps. It is tried again every ten minutes."],
    replaced: ["Another daemon is connected as this agent.", "Stop the other one. This one takes over once the other is gone."],
    stopped: ["The link to the relay has stopped.", "Start the daemon again, once what is said here is mended."],
  };
  const link = links[status.link];
  if (link) add("bad", link[0], status.database_problem ? null : status.last_error, link[1]);
  if (status.relay_authenticates === false) {
    add("note", "This relay does not prove who sends.", null, "Nobody counts as known here, since anybody may claim any name. A relay that you run yourself proves it.");
  }
  if (status.gateway_problem) {
    const isOff = status.gateway_trouble === "not_wanted";
    add(isOff ? "note" : "bad", isOff ? "Nothing is handed to an agent." : "Messages do not reach the agent.", isOff ? null : status.gateway_problem,
      isOff ? "Messages wait in the inbox and are shown here. `opendialogue up --deliver` hands them on."
        : "They wait in the inbox. Check that the gateway runs and that `hooks` is enabled in openclaw.json; it is tried again by itself.");
  }
  if (status.inbox_problem) add("bad", "The inbox is getting full.", status.inbox_problem, "Start the gateway, so that the agent takes what waits.");
  if (status.notify_problem) {
    add("bad", "Nobody can be told what waits.", status.notify_problem, "Correct what is named; it is tried again by itself. Until then, look here.");
  }
  if (status.policies_problem) {
    add("bad", "The policies that are wanted are not in force.", status.policies_problem, "Those from before go on judging. Correct what is named, then load them anew under Policies.");
  }
  for (const policy of status.policies) {
    if (policy.state !== "failing") continue;
    add("bad", `The policy ${policy.name} fails.`, policy.error, "What it fails on is held or refused, as its entry says. Look at it under Policies.");
  }
  if (status.policy_cache_problem) add("note", "Compiled policies are not kept.", status.policy_cache_problem, "A start takes a moment longer; nothing else.");
  if (status.waiting_for_restart.length) {
    const keys = status.waiting_for_restart;
    add("note", `${many(keys.length, "change waits", "changes wait")} for a restart.`, keys.join(", "), "Start the daemon again to put them in force.");
  }
  if (Math.abs(status.clock_offset_ms) >= 2000) {
    const way = status.clock_offset_ms < 0 ? "ahead of" : "behind";
    add("note", `This machine's clock is ${span(Math.round(Math.abs(status.clock_offset_ms) / 1000))} ${way} the relay's.`, null, "It is allowed for. Set the clock right all the same.");
  }
  const told = [status.database_problem, status.gateway_problem, status.policies_problem];
  if (status.last_error && !link && !told.includes(status.last_error)) add("note", "The last thing that went wrong:", status.last_error, null);
  return found;
}
