// Begins, and joins the views together: who is looked at, what the daemon tells, which view is shown.

import * as api from "./api.js";
import { $, el, fill, soon } from "./dom.js";
import { announce, copy, shortcutsOn, showHelp } from "./dialogs.js";
import { follow } from "./stream.js";
import { word } from "./text.js";
import { messages } from "./messages.js";
import { overview } from "./overview.js";
import { peers } from "./peers.js";
import { policies } from "./policies.js";
import { waiting } from "./waiting.js";

const VIEWS = { overview, messages, waiting, peers, policies };
const STATUS_MS = 15_000;

/** What the views share. */
const app = {
  status: null,
  reload: null,
  show(...parts) {
    location.hash = `#/${parts.map(api.part).join("/")}`;
  },
};
let view = null;
let unfollow = null;

function begin() {
  api.takeTokenFromAddress();
  chrome();
  addEventListener("token-refused", () => closeGate("The daemon does not take this token."));
  addEventListener("hashchange", () => {
    const hadToken = location.hash.startsWith("#token=");
    api.takeTokenFromAddress();
    hadToken ? start() : route();
  });
  start();
}

function start() {
  if (!api.hasToken()) return closeGate("");
  $("gate").hidden = true;
  route();
  refreshStatus();
  unfollow?.();
  unfollow = follow({
    onOpen() {
      banner("");
      refreshStatus();
      view?.refresh?.();
    },
    onEvent: told,
    onLost(wait) {
      link("bad", "No daemon");
      banner(`The daemon does not answer. What stands here may be old. Next try in ${Math.ceil(wait / 1000)} s.`);
    },
  });
}

function closeGate(why) {
  api.forgetToken();
  unfollow?.();
  unfollow = null;
  leave();
  banner("");
  link("idle", "Locked");
  $("me").hidden = true;
  $("gate").hidden = false;
  $("gate-problem").textContent = why;
  document.title = "OpenDialogue";
  $("token").focus();
}

function leave() {
  view?.leave?.();
  view = null;
  fill($("view"));
}

function route() {
  if (!api.hasToken()) return;
  const [name, ...rest] = location.hash.replace(/^#\//, "").split("/").map(decode);
  const next = Object.hasOwn(VIEWS, name) ? name : "overview";
  for (const item of document.querySelectorAll("#rail a")) {
    item.dataset.view === next ? item.setAttribute("aria-current", "page") : item.removeAttribute("aria-current");
  }
  if (view?.name === next) return view.opened?.(...rest);
  leave();
  const root = el("div", { class: `view ${next}` });
  $("view").append(root);
  view = VIEWS[next](root, app);
  view.name = next;
  view.opened?.(...rest);
  titled();
  if (document.activeElement?.closest("#rail, .brand")) return;
  $("main").focus({ preventScroll: true });
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

const refreshSoon = soon(refreshStatus, 250);

async function refreshStatus() {
  try {
    app.status = await api.get("/status");
  } catch {
    return;
  }
  const { link: state, agent_id, held, dead } = app.status;
  const words = { connected: "Connected", connecting: "Connecting", waiting: "No relay", refused: "Refused", replaced: "Replaced", stopped: "Stopped" };
  link(state === "connected" ? "good" : state === "connecting" ? "wait" : "bad", words[state] ?? state);
  $("me").hidden = false;
  fill($("me-id"), word(agent_id));
  const open = held + dead;
  $("count").hidden = open === 0;
  $("count").textContent = open > 99 ? "99+" : String(open);
  $("count").setAttribute("aria-label", `${open} for you to decide`);
  titled();
  view?.status?.(app.status);
}

function titled() {
  const open = (app.status?.held ?? 0) + (app.status?.dead ?? 0);
  const name = document.querySelector("#rail a[aria-current] span")?.textContent;
  document.title = `${open ? `(${open}) ` : ""}${name ? `${name} · ` : ""}OpenDialogue`;
}

function told(name, event) {
  if (name === "policy_reload") app.reload = { ...event, at: Date.now() };
  if (name !== "live") refreshSoon();
  if (name === "lagged") view?.refresh?.();
  if (name === "message") announceMessage(event);
  if (name === "link") announce(`The link to the relay is ${event.state}.`);
  view?.event?.(name, event);
}

function announceMessage({ direction, what, peer }) {
  const way = direction === "inbound" ? "from" : "to";
  const said = {
    received: "came in", held: "is held for you", delivered: "reached the agent", refused: "was refused", dead: "was given up",
  }[what];
  if (said) announce(`A message ${way} ${peer} ${said}.`);
}

function link(tone, text) {
  $("link").dataset.tone = tone;
  $("link").firstElementChild.textContent = text;
}

function banner(text) {
  $("banner").hidden = text === "";
  $("banner").textContent = text;
}

function chrome() {
  $("skip").addEventListener("click", (event) => {
    event.preventDefault();
    $("main").focus();
  });
  $("gate").addEventListener("submit", (event) => {
    event.preventDefault();
    api.setToken($("token").value);
    $("token").value = "";
    $("gate-problem").textContent = "";
    api.hasToken() ? start() : closeGate("A token is 64 characters from 0 to 9 and a to f.");
  });
  $("me").addEventListener("click", () => copy(app.status.agent_id, "this agent's id"));
  $("help").addEventListener("click", showHelp);
  $("theme").addEventListener("click", nextTheme);
  showTheme();
  document.addEventListener("keydown", key);
  setInterval(() => document.hidden || !api.hasToken() || refreshStatus(), STATUS_MS);
}

/** Each with its sign; without a name, the system's. */
const THEMES = { "": "◐", light: "☀", dark: "☾" };

function nextTheme() {
  const now = document.documentElement.dataset.theme ?? "";
  const all = Object.keys(THEMES);
  const next = all[(all.indexOf(now) + 1) % all.length];
  if (next) document.documentElement.dataset.theme = next;
  else delete document.documentElement.dataset.theme;
  localStorage.setItem("opendialogue.colours", next);
  showTheme();
  dispatchEvent(new Event("colours"));
}

function showTheme() {
  const now = document.documentElement.dataset.theme ?? "";
  const words = `Colours: ${now || "as the system"}`;
  $("theme").textContent = THEMES[now];
  $("theme").setAttribute("aria-label", words);
  $("theme").title = words;
}

function key(event) {
  const target = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return view?.escape?.();
  if (target.closest("input, textarea, select") || !shortcutsOn()) return;
  if (event.key === "?") showHelp();
  else if (event.key === "c") nextTheme();
  else if (/^[1-5]$/.test(event.key) && api.hasToken()) app.show(Object.keys(VIEWS)[event.key - 1]);
  else if (!view?.key?.(event.key)) return;
  event.preventDefault();
}

begin();
