// Who may write: how far each peer is trusted, who is blocked; and the conversations with them.

import * as api from "./api.js";
import { button, el, fill, keyed, soon, unseen } from "./dom.js";
import { attempt, confirm, toast } from "./dialogs.js";
import { foreign, many, state, time, word } from "./text.js";

const PAGE = 50;
const LEVELS = ["blocked", "unknown", "known", "owner"];

/** The setting has no word for "no limit": its highest value stands for it. */
const TURNS_MOST = 1_000_000;
export const hasTurnLimit = (most) => most < TURNS_MOST;

const MEANS = {
  blocked: (peer) => [`Nothing from ${peer} reaches your agent, and nothing goes to it.`, "Whatever waits or is held from it or for it is refused, and its text deleted.", "The relay is asked to turn it away, too."],
  unknown: (peer) => [`${peer} is a stranger: what it writes first is held for you.`],
  known: (peer) => [`${peer} may write to your agent. The policies still judge each message.`],
  owner: (peer) => [`Your agent takes ${peer} for one of your own. Choose this for agents that are yours alone.`],
};

/** Asks, then sets how far a peer is trusted; with the relay's list, as the command `block` does. */
export async function setTrust(peer, level, was = null) {
  const unblocks = was === "blocked" && level !== "blocked";
  const yes = await confirm({
    title: level === "blocked" ? `Block ${peer}?` : `Make ${peer} ${level}?`,
    lines: [...MEANS[level](peer), unblocks && "The relay is asked to let it write again."],
    verb: level === "blocked" ? "Block" : `Make ${level}`, danger: level === "blocked",
  });
  if (!yes) return false;
  const answer = await attempt(() => api.post("/trust", { agent_id: peer, level }),
    ({ refused }) => `${peer} is ${level} now.${refused ? ` ${many(refused, "message")} refused.` : ""}`);
  if (!answer) return false;
  try {
    if (level === "blocked") await api.post("/block", { blocked_id: peer });
    else if (unblocks) await api.remove("/block", { blocked_id: peer });
  } catch (error) {
    toast(`Trust is set here. The relay's list is not: ${error.message}`, "bad");
  }
  return true;
}

export function peers(root, app) {
  const people = el("ul.cards", {});
  const nobody = el("p.empty", { hidden: true }, "Nobody yet. Whoever writes to you, or you to them, appears here.");
  const talks = el("tbody", {});
  const table = el("div.scroll", {}, el("table.talks", {}, el("thead", {}, el("tr", {},
    ["peer", "conversation", "turns", "last", ""].map((name) => el("th", { scope: "col" }, name || unseen("end it"))))), talks));
  const more = button("Show more", () => ((shownTalks += PAGE), draw()), { class: "wide", hidden: true });
  const morePeers = button("Show more", () => ((shownPeers += PAGE), draw()), { class: "wide", hidden: true });
  fill(root, el("h1", {}, "Peers"),
    el("section", { "aria-label": "Trust" }, el("h2", {}, "Who may write"), people, nobody, morePeers, add()),
    el("section", { "aria-label": "Conversations" }, el("h2", {}, "Conversations"), table, more));
  let shownTalks = PAGE;
  let shownPeers = PAGE;
  let levels = new Map();
  let conversations = [];

  function add() {
    const input = el("input", { type: "text", id: "peer-id", placeholder: "id of an agent", spellcheck: "false", autocomplete: "off", maxlength: "128" });
    const form = el("form.inline", {}, el("label", { for: "peer-id" }, "Another agent"), input,
      el("button", { type: "submit" }, "Trust it"));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const id = input.value.trim();
      if (id && await setTrust(id, "known", levels.get(id)?.level)) {
        input.value = "";
        refresh();
      }
    });
    return form;
  }

  async function refresh() {
    try {
      const [trust, talked] = await Promise.all([api.get("/trust"), api.get("/conversations")]);
      levels = new Map(trust.trust.map((one) => [one.agent_id, one]));
      conversations = talked.conversations;
      draw();
    } catch (error) {
      if (error.code !== "unreachable") toast(error.message, "bad");
    }
  }

  function draw() {
    const last = new Map();
    for (const { peer, last_at } of conversations) if (!(last.get(peer) > last_at)) last.set(peer, last_at);
    const ids = [...new Set([...last.keys(), ...levels.keys()])];
    const all = ids.map((id) => ({ id, level: levels.get(id)?.level ?? "unknown", at: last.get(id) ?? levels.get(id)?.changed_at ?? 0 }))
      .sort((one, other) => other.at - one.at);
    keyed(people, all.slice(0, shownPeers), ({ id, level }) => `${id} ${level}`, person);
    nobody.hidden = all.length > 0;
    morePeers.hidden = all.length <= shownPeers;
    keyed(talks, conversations.slice(0, shownTalks), JSON.stringify, talk);
    table.hidden = conversations.length === 0;
    more.hidden = conversations.length <= shownTalks;
  }

  function person({ id, level }) {
    const set = async (wanted) => {
      if (await setTrust(id, wanted, level)) refresh();
    };
    const select = el("select", { "aria-label": `How far ${id} is trusted` },
      LEVELS.map((name) => el("option", { value: name, selected: name === level }, name)));
    select.addEventListener("change", () => {
      const wanted = select.value;
      select.value = level;
      set(wanted);
    });
    const card = el("p.faint", { hidden: true });
    const ask = button("Look up", () => lookUp(id, card));
    const block = level === "blocked"
      ? button("Unblock", () => set("unknown"))
      : button("Block", () => set("blocked"), { class: "danger" });
    return el("li.card", {}, el("header", {}, el("h3", {}, word(id)), level === "blocked" && state(level), select), card, el("footer", {}, ask, block));
  }

  function talk(one) {
    const left = one.turns_left ?? 0;
    const most = app.status?.max_turns_per_conversation || left || 1;
    const meter = el("meter", { min: 0, max: most, value: Math.min(left, most), "aria-label": `${left} of ${most} turns left` });
    const end = async () => {
      const yes = await confirm({
        title: "End this conversation?",
        lines: [`It is closed here at once, and ${one.peer} is told.`, "What is said next begins a new one."], verb: "End it", danger: true,
      });
      const path = `/conversations/${api.part(one.conversation_id)}/end?peer=${api.part(one.peer)}`;
      if (yes && await attempt(() => api.post(path), "The conversation has ended.")) refresh();
    };
    return el("tr", {}, el("th", { scope: "row" }, word(one.peer)), el("td.id", {}, word(one.conversation_id),
      one.reply_session && el("span.detail", {}, "answers go to ", word(one.reply_session))),
      el("td", {}, one.ended_at ? [many(one.turns, "turn"), el("span.detail", {}, "ended: ", foreign(one.ended_because ?? ""))] : hasTurnLimit(most) ? [`${one.turns}, ${left} left `, meter] : [many(one.turns, "turn"), ", no limit"]),
      el("td", {}, time(one.last_at)),
      el("td", {}, one.ended_at ? null : button("End", end, { "aria-label": `End the conversation with ${one.peer}` })));
  }

  const again = soon(refresh, 300);
  refresh();
  return { refresh, event: (name) => (name === "trust" || name === "message") && again() };
}

/** Asks the relay for an agent's card: its own words about itself. */
async function lookUp(id, place) {
  place.hidden = false;
  place.textContent = "Asking the relay…";
  try {
    const { card, online } = await api.get(`/agents/${api.part(id)}`);
    fill(place, online ? "Online. " : "Not online. ", "It calls itself ", foreign(card.name ?? "nothing"), card.description ? [": ", foreign(card.description)] : ".");
  } catch (error) {
    place.textContent = error.message;
  }
}
