// What a person decides: messages that are held, contact requests, and what was given up. Each answer
// is asked about first, in the words of what happens.

import * as api from "./api.js";
import { $, button, el, faint, keyed, row, soon } from "./dom.js";
import { attempt, confirm, toast } from "./dialogs.js";
import { bytes, foreign, many, pill, shown, state, time, word } from "./text.js";
import { setTrust } from "./peers.js";

const PAGE = 50;
/** The daemon lists no more at once. */
const MOST = 500;

/** All that a card is about: a message that was released and is held again gets another card. */
export const keyOf = ({ message_id, from, at, dead_since, policy, code, until, held_by }) =>
  [message_id, from, at ?? dead_since, policy, code, until, held_by?.length].join(" ");

export function waiting(root) {
  const held = part(root, "Held", "Nothing is held. A stranger who asks to talk, or what a policy is not sure of, waits here for your word.", refresh);
  const dead = part(root, "Given up", "Nothing was given up. What the agent's gateway will not take, waits here.", refresh);
  root.prepend(el("h1", {}, "For you to decide"));

  async function refresh() {
    try {
      const [one, other] = await Promise.all([api.get(`/held?limit=${held.limit()}`), api.get(`/dead?limit=${dead.limit()}`)]);
      held.show(one.held, (message) => heldCard(message, refresh));
      dead.show(other.dead.reverse(), (message) => deadCard(message, refresh));
    } catch (error) {
      if (error.code !== "unreachable") held.say(error.message);
    }
  }

  const again = soon(refresh, 120);
  refresh();
  return {
    refresh,
    event: (name) => (name === "message" || name === "trust") && again(),
    key(name) {
      const cards = [...root.querySelectorAll("article")];
      const at = cards.findIndex((card) => card.contains(document.activeElement));
      if (name === "j" || name === "k") {
        cards[at < 0 ? 0 : Math.max(0, Math.min(cards.length - 1, at + (name === "j" ? 1 : -1)))]?.focus();
        return cards.length > 0;
      }
      const answer = at >= 0 ? cards[at].querySelector({ r: "[data-yes]", x: "[data-no]" }[name] ?? "none") : null;
      answer?.click();
      return Boolean(answer);
    },
  };
}

function part(root, title, nothing, refresh) {
  let limit = PAGE;
  const count = faint();
  const list = el("div.cards", {});
  const empty = el("p.empty", { hidden: true }, nothing);
  const more = button("Show more", () => ((limit += PAGE), refresh()), { class: "wide", hidden: true });
  root.append(el("section", { "aria-label": title }, el("h2", {}, title, " ", count), list, empty, more));
  return {
    limit: () => limit,
    show(all, create) {
      const hadFocus = list.contains(document.activeElement);
      keyed(list, all, keyOf, create);
      const isCut = all.length >= limit;
      more.hidden = !isCut || limit >= MOST;
      count.textContent = isCut ? `the first ${limit}` : all.length ? String(all.length) : "";
      empty.hidden = all.length > 0;
      // A card that was answered takes the focus with it.
      if (hadFocus && !list.contains(document.activeElement)) (list.querySelector("article") ?? $("main")).focus();
    },
    say(text) {
      empty.hidden = false;
      empty.textContent = text;
    },
  };
}

const text = (message) => message.content
  ? el("div.content", { dir: "auto" }, shown(message.content))
  : el("p.faint", {}, message.kind === "text" ? "Its text was not kept." : `It has no text: ${message.kind}.`);

const notes = (annotations) => annotations.length === 0 ? null : el("details", {}, el("summary", {}, many(annotations.length, "note"), " on it"),
  el("dl.rows", {}, annotations.map(({ policy, key, value }) => row([word(key), faint(" by ", word(policy))], foreign(value)))));

const storyLink = (message) => el("a.more", { href: `#/messages/${api.part(message.message_id)}/${message.direction === "outbound" ? "me" : api.part(message.from)}` }, "Its story");

function heldCard(message, refresh) {
  const isIn = message.direction === "inbound";
  const peer = isIn ? message.from : message.to;
  const isRequest = message.code === "contact_request" && isIn;
  const isProven = !message.annotations.some(({ policy, key }) => policy === "host" && key === "unauthenticated_relay");
  const path = `/held/${api.part(message.message_id)}`;
  const from = `?from=${api.part(message.from)}`;

  async function release(once) {
    const introduces = isRequest && !once;
    const yes = await confirm({
      title: introduces ? `Let ${peer} in?` : "Release this message?",
      lines: [
        "All policies judge it again. Another may still hold or refuse it.",
        isIn ? "Where they let it pass, your agent reads it." : `Where they let it pass, it is sent to ${peer}.`,
        introduces && isProven && `${peer} becomes known: its next messages are not held for this.`,
        introduces && !isProven && `${peer} stays unknown, since the relay does not prove who sends.`,
        isRequest && once && `${peer} stays a stranger: its next message is held again.`,
      ],
      verb: introduces ? "Let in" : "Release",
    });
    if (!yes) return;
    // The question was about the hold on this card.
    if (!card.isConnected) return toast("It is held for another reason now, or no longer.", "bad");
    await attempt(() => api.post(`${path}/release${from}`, { once }), (answer) => {
      const now = { waiting: "It waits for the agent now.", queued: "It waits for the relay now.", noted: "It is noted.", held: "Another policy holds it now", refused: "The policies refuse it now" }[answer.state];
      const why = answer.reason ? `: ${answer.reason}` : "";
      return `${now}${why}${answer.now_known ? ` ${answer.now_known} is known from now on.` : ""}`;
    });
    refresh();
  }

  async function refuse() {
    const yes = await confirm({
      title: "Refuse this message?",
      lines: ["Its text is deleted.", isIn ? "Your agent never reads it, and its author is told nothing new." : "It is never sent."],
      verb: "Refuse", danger: true,
    });
    if (yes && await attempt(() => api.post(`${path}/refuse${from}`), "It is refused.")) refresh();
  }

  const answers = isRequest
    ? [button("Let in", () => release(false), { class: "main", "data-yes": true }), button("This one only", () => release(true))]
    : [button("Release", () => release(false), { class: "main", "data-yes": true })];
  const card = el("article.card", { tabindex: "-1", "aria-label": `${isRequest ? "Contact request" : "Held message"} ${isIn ? "from" : "to"} ${peer}` },
    el("header", {}, el("h3", {}, isRequest ? "Contact request from " : isIn ? "From " : "To ", word(peer)), state(message.trust), time(message.at)),
    el("p.why", {}, pill("hold", "held by ", word(message.policy)), " ", foreign(message.reason),
      message.until && [" It goes on by itself at ", time(message.until), "."]),
    text(message), notes(message.annotations),
    el("footer", {}, answers, button("Refuse", refuse, { "data-no": true }),
      isIn && button("Block the peer", () => setTrust(peer, "blocked").then((done) => done && refresh()), { class: "danger" }),
      storyLink(message), faint(bytes(new TextEncoder().encode(message.content).length))));
  return card;
}

function deadCard(message, refresh) {
  const path = `/dead/${api.part(message.message_id)}`;
  const from = `?from=${api.part(message.from)}`;

  async function retry() {
    const yes = await confirm({
      title: "Try this message again?",
      lines: ["It waits for your agent as if it had come now.", message.may_repeat && "It may have reached the agent before: then it comes twice.", "What came too late for the policies goes before them first."],
      verb: "Try again",
    });
    if (yes && await attempt(() => api.post(`${path}/retry${from}`), (answer) => `It is ${answer.state} now${answer.reason ? `: ${answer.reason}` : "."}`)) refresh();
  }

  async function drop() {
    const yes = await confirm({ title: "Drop this message?", lines: ["Its text is deleted. That it came stays on record.", "Your agent never reads it, and its author is told nothing."], verb: "Drop", danger: true });
    if (yes && await attempt(() => api.post(`${path}/drop${from}`), "It is dropped.")) refresh();
  }

  return el("article.card", { tabindex: "-1", "aria-label": `Given up, from ${message.from}` },
    el("header", {}, el("h3", {}, "From ", word(message.from)), state(message.trust), time(message.received_at)),
    el("p.why", {}, pill("bad", "given up"), " ", message.reason && foreign(message.reason),
      message.may_repeat && el("span.detail", {}, "It may have reached the agent all the same.")),
    text(message), notes(message.annotations),
    el("footer", {}, button("Try again", retry, { class: "main", "data-yes": true }), button("Drop", drop, { "data-no": true, class: "danger" }), storyLink(message)));
}
