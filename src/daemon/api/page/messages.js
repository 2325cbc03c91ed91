// What came in and what went out, the newest first, a page at a time; beside it the story of one.

import * as api from "./api.js";
import { button, el, fill, keyed, soon, unseen } from "./dom.js";
import { cut, many, shown, state, time, word } from "./text.js";
import { ME, story } from "./story.js";

const PAGE = 50;
/** So many rows stand here while nobody looks back; what is older comes back at a click. */
const KEPT = 200;
const PREVIEW = 180;
/** Words of a story that are states, too. */
const STATES = new Set(["waiting", "delivered", "held", "refused", "dead", "dropped", "noted", "queued", "sent", "at_relay"]);

export function messages(root, app) {
  const boxes = { inbound: box("/inbox", "received_at", "from"), outbound: box("/outbox", "created_at", "to") };
  const both = Object.values(boxes);
  let way = "all";
  let chosen = null;

  const list = el("ol.messages", { "aria-label": "Messages, the newest first" });
  const older = button("Show older", loadOlder, { class: "wide" });
  const empty = el("p.empty", { hidden: true });
  const filter = el("input", { type: "search", id: "filter", placeholder: "Filter what is shown", "aria-label": "Filter what is shown", spellcheck: "false" });
  filter.addEventListener("input", soon(draw, 80));
  const ways = el("div.segments", { role: "group", "aria-label": "Which way" },
    [["all", "All"], ["inbound", "In"], ["outbound", "Out"]].map(([name, label]) =>
      button(label, () => go(name), { "data-way": name, "aria-pressed": String(name === way) })));
  const pane = el("section.pane", { "aria-label": "The story of a message", tabindex: "-1", hidden: true });
  const lists = el("div.list", {}, el("div.tools", {}, ways, filter), list, empty, older);
  fill(root, el("h1", {}, "Messages"), el("div.split", {}, lists, pane));
  const detail = story(pane, app, close);

  function go(name) {
    way = name;
    for (const one of ways.children) one.setAttribute("aria-pressed", String(one.dataset.way === name));
    draw();
  }

  function draw() {
    const words = filter.value.trim().toLowerCase();
    // Nothing is shown from before where one of the two boxes has not been read yet.
    const edge = Math.max(...both.map((one) => (one.isWhole ? 0 : one.rows.at(-1)?.at ?? 0)));
    const rows = both.flatMap((one) => one.rows)
      .filter((row) => row.at >= edge && (way === "all" || row.direction === way))
      .filter((row) => !words || `${row.peer} ${row.state} ${row.content} ${row.conversation_id}`.toLowerCase().includes(words))
      .sort((one, other) => other.at - one.at || other.seq - one.seq);
    keyed(list, rows, (row) => row.key, create, update);
    older.hidden = both.every((one) => one.isWhole);
    empty.hidden = rows.length > 0 || !both.every((one) => one.isRead);
    empty.textContent = words ? "Nothing that is shown fits." : "No messages yet. What comes in or goes out appears here at once.";
    mark();
  }

  function create(row) {
    const link = el("a.message", { href: `#/messages/${api.part(row.message_id)}/${api.part(row.author)}` });
    const item = el("li", {}, link);
    update(item, row);
    return item;
  }

  function update(item, row) {
    const stamp = `${row.state} ${row.attempts}`;
    if (item.dataset.stamp === stamp) return;
    item.dataset.stamp = stamp;
    const isIn = row.direction === "inbound";
    fill(item.firstElementChild,
      el("span.way", { "data-way": row.direction, title: isIn ? "came in" : "went out" }, el("span", { "aria-hidden": "true" }, isIn ? "↓" : "↑"),
        unseen(isIn ? "from " : "to ")),
      el("span.peer", {}, word(row.peer)), el("span.when", {}, time(row.at)),
      preview(row),
      el("span.marks", {}, state(row.state), notes(row)));
  }

  async function read(one, query = "") {
    const { messages } = await api.get(`${one.path}?limit=${PAGE}${query}`);
    return messages.map((message) => rowOf(message, one));
  }

  async function refresh() {
    try {
      await Promise.all(both.map(async (one) => {
        const newest = one.rows[0]?.seq;
        const rows = (await read(one)).reverse();
        const meets = newest === undefined || rows.length < PAGE || rows.at(-1).seq <= newest;
        const kept = meets ? one.rows.filter((row) => row.seq < (rows.at(-1)?.seq ?? 0)) : [];
        one.rows = [...rows, ...kept];
        if (!one.isRead || !meets) one.isWhole = rows.length < PAGE;
        one.isRead = true;
        trim(one);
      }));
      draw();
    } catch (error) {
      told(error);
    }
  }

  /** At the top of the list, what is far below is let go. */
  function trim(one) {
    if (one.rows.length <= KEPT || scrollY > 600) return;
    one.rows.length = KEPT;
    one.isWhole = false;
  }

  async function loadOlder() {
    older.disabled = true;
    try {
      const open = both.filter((one) => !one.isWhole && (way === "all" || one === boxes[way]));
      const next = open.sort((one, other) => (other.rows.at(-1)?.at ?? 0) - (one.rows.at(-1)?.at ?? 0))[0] ?? both.find((one) => !one.isWhole);
      const rows = (await read(next, `&before=${next.rows.at(-1)?.seq ?? 0}`)).reverse();
      next.rows.push(...rows);
      next.isWhole = rows.length < PAGE;
      draw();
    } catch (error) {
      told(error);
    }
    older.disabled = false;
  }

  function told(error) {
    if (error.code === "unreachable") return;
    empty.hidden = false;
    empty.textContent = error.message;
  }

  function mark() {
    for (const link of list.querySelectorAll("a")) {
      link.parentElement.dataset.key === chosen ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
    }
  }

  function close() {
    const back = chosen;
    app.show("messages");
    const link = [...list.children].find((item) => item.dataset.key === back);
    link?.firstElementChild.focus();
  }

  const again = soon(refresh, 120);
  refresh();
  return {
    refresh,
    event(name, event) {
      if (name !== "message") return;
      const row = boxes[event.direction].rows.find((one) => one.message_id === event.message_id && one.peer === event.peer);
      // What is further down is not read again.
      if (row && STATES.has(event.what)) row.state = event.what;
      again();
      if (detail.isOf(event.message_id)) detail.refresh();
    },
    opened(id, author) {
      chosen = id ? `${id} ${author ?? ""}` : null;
      root.classList.toggle("has-story", Boolean(id));
      pane.hidden = !id;
      mark();
      if (!id) return detail.close();
      detail.open(id, author);
      pane.focus({ preventScroll: true });
    },
    escape: () => chosen && close(),
    key(name) {
      if (name === "/") return filter.focus(), true;
      if (name !== "j" && name !== "k") return false;
      const links = [...list.querySelectorAll("a")];
      const at = links.findIndex((link) => link === document.activeElement || link.hasAttribute("aria-current"));
      const next = links[Math.max(0, Math.min(links.length - 1, at + (name === "j" ? 1 : -1)))];
      if (chosen && next) next.click();
      next?.focus();
      next?.scrollIntoView({ block: "nearest" });
      return true;
    },
    leave: () => detail.close(),
  };
}

const box = (path, at, peer) => ({ path, at, peer, rows: [], isWhole: false, isRead: false });

function rowOf(message, one) {
  const direction = one.path === "/inbox" ? "inbound" : "outbound";
  const author = direction === "inbound" ? message.from : ME;
  return { ...message, direction, author, peer: message[one.peer], at: message[one.at], key: `${message.message_id} ${author}` };
}

function preview(row) {
  if (row.kind !== "text") return el("span.text.faint", {}, row.kind === "end" ? "ends the conversation" : row.kind);
  if (!row.content) return el("span.text.faint", {}, `${many(row.content_bytes, "byte")}, not kept`);
  return el("span.text", { dir: "auto" }, shown(cut(row.content, PREVIEW).replace(/\s+/g, " ")));
}

/** What policies found, in a word each. */
function notes(row) {
  const found = [];
  const keys = (row.annotations ?? []).map(({ key }) => key);
  if (keys.includes("removed") || keys.includes("owner.payload")) found.push("cleaned");
  const urls = keys.filter((key) => key === "url").length;
  if (urls) found.push(many(urls, "link"));
  if (keys.includes("confusables")) found.push("look-alikes");
  if (keys.includes("unauthenticated_relay")) found.push("author not proven");
  if (row.attempts && ["waiting", "queued", "dead"].includes(row.state)) found.push(many(row.attempts, "attempt"));
  return found.map((name) => el("span.mark", {}, name));
}
