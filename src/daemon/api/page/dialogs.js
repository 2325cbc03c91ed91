// What is asked, told and announced: confirmations that name what happens, short notes, the list of
// shortcuts.

import { $, button, el } from "./dom.js";

/** Asks before something happens; true where the reader wants it. */
export function confirm({ title, lines, verb, danger = false, body = null }) {
  return new Promise((resolve) => {
    const yes = el("button", { type: "submit", class: danger ? "main danger" : "main", value: "yes" }, verb);
    const no = button("Cancel", () => dialog.close(""));
    const list = el("ul.happens", {}, lines.filter(Boolean).map((line) => el("li", {}, line)));
    const id = `ask-${Date.now()}`;
    const form = el("form", {}, el("h2", { id }, title), list, body, el("p.buttons", {}, no, yes));
    const dialog = el("dialog", { "aria-labelledby": id }, form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      dialog.close("yes");
    });
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"));
    open(dialog, no);
  });
}

function open(dialog, first) {
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  first.focus();
}

/** A short note that goes by itself; what went wrong stays longer. */
export function toast(text, tone = "good") {
  const note = el("p.toast", { "data-tone": tone }, text);
  const notes = $("toasts");
  notes.append(note);
  if (notes.children.length > 3) notes.firstElementChild.remove();
  setTimeout(() => note.remove(), tone === "bad" ? 12_000 : 5000);
}

let announced = [];
let announcing = 0;
/** Says something to who listens to the page; what comes in a rush is told in one sentence. */
export function announce(text) {
  announced.push(text);
  if (announcing) return;
  announcing = setTimeout(() => {
    $("live").textContent = announced.length > 3 ? `${announced.length} things happened; the last: ${announced.at(-1)}` : announced.join(" ");
    announced = [];
    announcing = 0;
  }, 1000);
}

export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`Copied ${what}.`);
  } catch {
    toast(`The browser did not let this page copy ${what}.`, "bad");
  }
}

/** Does what was asked for, and says how it went. */
export async function attempt(work, done) {
  try {
    const answer = await work();
    toast(typeof done === "function" ? done(answer) : done);
    return answer;
  } catch (error) {
    toast(error.message, "bad");
    return null;
  }
}

const SHORTCUTS = [
  ["1 … 5", "go to a view"],
  ["j, k", "the next message, the one before; the next card"],
  ["Enter", "open the message"],
  ["Esc", "close the message, or a question"],
  ["r, x", "release or try again; refuse or drop (asks first)"],
  ["/", "filter the messages"],
  ["c", "colours: system, light, dark"],
  ["?", "this list"],
];
const KEY = "opendialogue.shortcuts";

export const shortcutsOn = () => localStorage.getItem(KEY) !== "off";

export function showHelp() {
  const rows = SHORTCUTS.map(([keys, what]) =>
    el("tr", {}, el("th", { scope: "row" }, keys.split(", ").map((key, n) => [n ? " " : "", el("kbd", {}, key)])), el("td", {}, what)));
  const on = el("input", { type: "checkbox", id: "shortcuts-on", checked: shortcutsOn() });
  on.addEventListener("change", () => localStorage.setItem(KEY, on.checked ? "on" : "off"));
  const close = button("Close", () => dialog.close(), { class: "main" });
  const dialog = el("dialog", { "aria-labelledby": "help-title" },
    el("h2", { id: "help-title" }, "Keyboard shortcuts"),
    el("table.keys", {}, el("tbody", {}, rows)),
    el("p", {}, el("label.check", {}, on, " single keys are shortcuts")),
    el("p.buttons", {}, close));
  open(dialog, close);
}
