// The story of one message: its text, readable or as it was received, what was taken out of it, its
// links as text, what happened when, what each policy said.

import * as api from "./api.js";
import { button, el, faint, fill, row, unseen } from "./dom.js";
import { copy } from "./dialogs.js";
import { bytes, foreign, pill, shown, state, time, took, word } from "./text.js";

/** Stands for this agent where a message's author is named. */
export const ME = "me";

const FLAGS = {
  idn: "the host is not ASCII", mixed_script: "mixes scripts as no language does", confusable: "can be mistaken for another host",
  punycode: "written in Punycode", userinfo: "a name or password stands before the host", ip_literal: "the host is an address",
  ip_obfuscated: "the address is disguised", private: "leads into a private network", nonstandard_port: "an unusual port",
  long_query: "a long query", high_entropy_query: "a value looks random", data: "carries what it shows", app_scheme: "starts a program",
  control_in_url: "holds control characters", shortener: "another place hides behind it", credentials: "carries a password or a secret",
  text_mismatch: "its text names another host", dangerous_scheme: "runs code or reads files", remote_image: "showing it tells its host",
  too_long: "too long to explain", denied: "its host is denied",
};
const STEPS = {
  received: "came in", waiting: "waits for the agent", delivered: "handed to the agent", held: "held", refused: "refused",
  dead: "given up", dropped: "dropped", noted: "noted", queued: "waits for the relay", sent: "taken by the receiver",
  at_relay: "kept by the relay", retry: "tried in vain, goes again", released: "released", retried: "tried again",
};

export function story(pane, app, close) {
  let of = null;
  let asReceived = false;

  async function refresh() {
    const mine = of;
    if (!mine) return;
    const author = mine.author === ME ? app.status?.agent_id : mine.author;
    const query = [author && `from=${api.part(author)}`, asReceived && "original=true"].filter(Boolean).join("&");
    try {
      const told = await api.get(`/messages/${api.part(mine.id)}${query && `?${query}`}`);
      if (of === mine) draw(told);
    } catch (error) {
      if (of === mine) fill(pane, head("Message"), el("p.empty", {}, error.message));
    }
  }

  const head = (title, ...more) =>
    el("header", {}, button([el("span", { "aria-hidden": "true" }, "←"), " Back"], close, { class: "back" }), el("h2", {}, title), more);

  function draw(told) {
    const focused = pane.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    const isIn = told.direction === "inbound";
    fill(pane,
      head([isIn ? "From " : "To ", word(isIn ? told.from : told.to)], state(told.state)),
      text(told), found(told), links(told), steps(told), verdicts(told), facts(told, isIn));
    if (focused) pane.querySelector(`[data-focus="${focused}"]`)?.focus();
  }

  function text(told) {
    if (told.kind !== "text") return el("p.empty", {}, told.kind === "end" ? "It ends the conversation, and has no text." : `A ${told.kind.replace("_", " ")}; it has no text.`);
    if (!told.content) return el("p.empty", {}, `Its text, ${bytes(told.content_bytes)}, was not kept.`);
    const choice = (value, label) =>
      button(label, () => ((asReceived = value), refresh()), { "aria-pressed": String(asReceived === value), "data-focus": label });
    const raw = told.original ?? told.content;
    return el("section", { "aria-label": "Text" },
      el("div.segments", { role: "group", "aria-label": "How the text is shown" }, choice(false, "Readable"), choice(true, "As received")),
      asReceived
        ? el("p.faint.note", {}, told.original ? "The text as it came, with everything that cannot be seen. The agent reads another: see Readable." : "With everything that cannot be seen. No policy changed it.")
        : null,
      el("div", { class: asReceived ? "content raw" : "content", dir: "auto" }, asReceived ? shown(raw, true) : shown(told.content)));
  }

  function found({ annotations }) {
    const notes = annotations.filter(({ key }) => key !== "url" && key !== "urls");
    if (!notes.length) return null;
    const says = {
      removed: "taken out of the text", found: "found in the text", "owner.payload": "what hidden characters spelled",
      confusables: "words that imitate others", "owner.confusables": "those words", turns_left: "turns left",
    };
    return el("section", {}, el("h3", {}, "What was noted"), el("dl.rows", {}, notes.map(({ policy, key, value }) => [
      el("dt", {}, says[key] ?? word(key), faint(" by ", word(policy))),
      el("dd", { class: key.startsWith("owner.") ? "payload" : null }, foreign(value)),
    ])));
  }

  function links({ annotations }) {
    const urls = annotations.filter(({ key }) => key === "url").map(({ value }) => urlOf(value));
    if (!urls.length) return null;
    return el("section", {}, el("h3", {}, "Links, as text"), el("ul.urls", {}, urls.map((url) => el("li", {},
      el("code", { dir: "ltr" }, shown(url.url)),
      url.host && el("p.faint", {}, "leads to ", word(url.host), url.looks && [", which may be shown as ", word(url.looks)]),
      el("p.marks", {}, url.isDisarmed && pill("bad", "disarmed"),
        url.flags.map((flag) => el("span.mark", { title: flag }, FLAGS[flag] ?? flag)))))));
  }

  function steps({ events }) {
    return el("section", {}, el("h3", {}, "What happened"), el("ol.steps", {}, events.map((event, n) => {
      const since = n ? event.at - events[n - 1].at : 0;
      return el("li", {}, time(event.at), el("span", {}, STEPS[event.what] ?? event.what,
        since > 0 && faint(` after ${took(since * 1000)}`),
        event.detail && el("span.detail", {}, foreign(event.detail))));
    })));
  }

  function verdicts({ verdicts }) {
    if (!verdicts.length) return null;
    const judged = (step) => el("tr", {},
      el("th", { scope: "row" }, word(step.policy), step.monitored && faint(" only listens")),
      el("td", {}, state(step.verdict), step.released && faint(" answered"),
        step.reason && el("span.detail", {}, step.code && [word(step.code), ": "], foreign(step.reason))),
      el("td.number", {}, took(step.elapsed_us)),
      el("td", {}, digest(step.digest)));
    return el("section", {}, el("h3", {}, "What the policies said"), el("div.scroll", {}, el("table", {},
      el("thead", {}, el("tr", {}, ["policy", "verdict", "took", "module"].map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, verdicts.map(judged)))));
  }

  function facts(told, isIn) {
    return el("section", {}, el("h3", {}, "Names"), el("dl.rows", {},
      row("message", word(told.message_id)), row("conversation", word(told.conversation_id)),
      row("from", word(told.from), !isIn && " (this agent)"), row("to", word(told.to), isIn && " (this agent)"),
      row("size", `${bytes(told.content_bytes)} as it ${isIn ? "came" : "was drafted"}`),
      told.may_repeat && row("twice", "it may have reached its receiver twice")));
  }

  return {
    open(id, author) {
      if (of?.id !== id || of.author !== author) asReceived = false;
      of = { id, author };
      fill(pane, head("Message"));
      refresh();
    },
    close() {
      of = null;
      fill(pane);
    },
    isOf: (id) => of?.id === id,
    refresh,
  };
}

/** The first digits of a module's digest; a click takes all of them. */
export function digest(hex) {
  const start = [el("code", {}, hex.slice(0, 12)), unseen(", copy the whole digest")];
  return button(start, () => copy(hex, "the digest"), { class: "link", title: hex });
}

/** What the note of a URL says: the URL, where it leads, its flags. */
export function urlOf(value) {
  const [place, ...facts] = value.split("; ");
  const fact = (name) => facts.find((one) => one.startsWith(`${name} `))?.slice(name.length + 1);
  const [, host, looks] = /^(\S*)(?: \((.*)\))?$/.exec(fact("host") ?? "") ?? [];
  return {
    url: /^(.*) at \d+ in \w+$/.exec(place)?.[1] ?? place,
    host: host || null,
    looks: looks || null,
    flags: fact("flags")?.split(", ") ?? [],
    isDisarmed: facts.includes("disarmed"),
  };
}
