// How things are written: texts of others with what hides in them made visible, times, spans, states.

import { el } from "./dom.js";

/** So many chips are drawn in one text; what comes after is written out in plain characters. */
const CHIPS_MAX = 2000;

// What hides, reorders or drives: a chip, but where languages or emoji need it.
const HIDING = /^(?![\t\n])[\p{DI}\p{Cc}\p{Cs}\u2028\u2029\ufff9-\ufffb]/u;
// Chips too in a text as received.
const BLANK = /[^\S ]/;
// A flag that is spelled in tags, or one character.
const UNIT = /\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{1,6}\u{e007f}|[^]/gu;
// What the rules of `cli/safe.rs` name.
const PICTURE = /[©®‼⁉™ℹ↔-↪⌚-⏿Ⓜ▪-➿⤴⤵⬅-⭕〰〽㊗-㊙\u{1f000}-\u{1faff}]/u;
const CURSIVE = /[\u0600-\u0dff]/;
const VIRAMA = /[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u17c9\u17ca]/;
const MONGOLIAN = /[ᠠ-ᢪ]/;
const WORD = /[\p{Alphabetic}\p{N}]/u;
const NAMES = {
  0x9: "tab", 0xa: "line feed", 0xd: "carriage return", 0x1b: "escape", 0xad: "soft hyphen",
  0x200b: "zero width space", 0x200c: "zero width non-joiner", 0x200d: "zero width joiner",
  0xfe0f: "emoji selector",
};
const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** `U+202E` of a code. */
const codeName = (code) => `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;

/** Whether one character after another stays, by the rules of `cli/safe.rs`. */
function shaping() {
  let [credit, apart, row, variants] = [32, 2, 0, 0];
  const join = (most, price) => {
    row = apart < 2 ? row + 1 : 1;
    apart = 0;
    if (row > most || credit < price) return false;
    credit -= price;
    return true;
  };
  return (c, before, after) => {
    const [b, a] = [(kind) => kind.test(before), (kind) => kind.test(after)];
    if (!HIDING.test(c)) {
      credit = Math.min(32, credit + 1);
      return ++apart;
    }
    if (c === "\u200d" && (before === "\ufe0f" || b(PICTURE)) && a(PICTURE)) return join(3, 0);
    if (/[\u200c\u200d]/.test(c)) {
      const needed = b(VIRAMA) || (b(WORD) && a(VIRAMA)) || (before === "\u0647" && !a(WORD))
        || (c === "\u200c" && b(WORD) && a(WORD) && (b(CURSIVE) || a(CURSIVE)));
      return needed && join(2, 4);
    }
    if (/[\ufe0e\ufe0f]/.test(c)) return b(PICTURE) || (b(/[0-9#*]/) && after === "\u20e3");
    if (/[\u180b-\u180f]/.test(c)) return b(MONGOLIAN) && (c !== "\u180e" || a(MONGOLIAN)) && join(2, 4);
    return /[\ufe00-\ufe0d\u{e0100}-\u{e01ef}]/u.test(c) && b(/[^\0-\x7f\s]/) && !b(HIDING) && !b(PICTURE) && ++variants <= 8;
  };
}

/**
 * The text in pieces: strings, and the codes of characters that are to be shown as chips. With
 * `everything`, also of those that languages and emoji need.
 */
export function pieces(text, everything) {
  const found = [];
  const units = everything ? [...text] : text.match(UNIT) ?? [];
  const stays = shaping();
  let run = "";
  units.forEach((unit, n) => {
    const code = unit.codePointAt(0);
    const isChip = everything ? HIDING.test(unit) || BLANK.test(unit) : !stays(unit, units[n - 1] ?? "", units[n + 1] ?? "");
    if (isChip) {
      if (run) found.push(run);
      run = code === 0x0a ? "\n" : "";
      found.push(code);
    } else run += unit;
  });
  if (run) found.push(run);
  return found;
}

/** A text of others as nodes. */
export function shown(text, everything = false) {
  const fragment = document.createDocumentFragment();
  let chips = 0;
  for (const piece of pieces(text, everything)) {
    if (typeof piece === "string") fragment.append(piece);
    else if (++chips > CHIPS_MAX) fragment.append(`⟨${codeName(piece)}⟩`);
    else fragment.append(chip(piece));
  }
  return fragment;
}

function chip(code) {
  const tag = code >= 0xe0020 && code < 0xe007f ? `hidden “${String.fromCharCode(code - 0xe0000)}”` : "";
  const name = TURNING.test(String.fromCodePoint(code)) ? "turns the direction" : NAMES[code] ?? tag;
  return el("span.chip", { dir: "ltr", title: name }, `⟨${codeName(code)}⟩`);
}

/** A sentence of ours, with what stands in backticks as code. */
export const ours = (text) => text.split("`").map((run, n) => (n % 2 ? el("code", {}, run) : run));

/** A short text of others, in a line of ours. */
export const foreign = (text) => el("bdi", { dir: "auto" }, shown(String(text)));

/** An id or another word of a program. */
export const word = (text) => el("bdi.word", { dir: "ltr" }, shown(String(text)));

/** The first `most` characters, cut between whole ones. */
export function cut(text, most) {
  const start = text.slice(0, most * 2);
  const characters = Array.from(start);
  const isCut = characters.length > most || start.length < text.length;
  return isCut ? characters.slice(0, most).join("") + "…" : start;
}

const two = (number) => String(number).padStart(2, "0");

export function clock(ms) {
  const at = new Date(ms);
  const time = at.toTimeString().slice(0, 8);
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const isToday = new Date().toDateString() === at.toDateString();
  return isToday ? time : `${day} ${time}`;
}

export function time(ms) {
  const iso = new Date(ms).toISOString();
  return el("time", { datetime: iso, title: iso }, clock(ms));
}

export function span(seconds) {
  const units = [["day", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const at = units.findIndex(([, length]) => seconds >= length);
  if (at < 0) return "0 s";
  const [unit, length] = units[at];
  const count = Math.floor(seconds / length);
  const first = `${count} ${unit === "day" && count !== 1 ? "days" : unit}`;
  const next = units[at + 1];
  const rest = next ? Math.floor((seconds % length) / next[1]) : 0;
  return rest ? `${first} ${rest} ${next[0]}` : first;
}

export function took(us) {
  if (us < 1000) return `${us} µs`;
  if (us < 1e6) return `${(us / 1000).toFixed(us < 1e4 ? 1 : 0)} ms`;
  return span(Math.round(us / 1e6));
}

/** The same in one unit, for the edge of a chart. */
export function brief(us) {
  if (us < 1e6) return took(us).replace(".0", "");
  const seconds = us / 1e6;
  const [unit, length] = seconds < 600 ? ["s", 1] : seconds < 36_000 ? ["min", 60] : ["h", 3600];
  return `${Math.round(seconds / length)} ${unit}`;
}

export const bytes = (count) => (count < 1024 ? `${count} B` : `${(count / 1024).toFixed(1)} KiB`);

export const many = (count, one, more = `${one}s`) => `${count} ${count === 1 ? one : more}`;

const TONES = {
  waiting: "wait", queued: "wait", at_relay: "wait", held: "hold", delivered: "good", sent: "good",
  refused: "bad", dead: "bad", ready: "good", failing: "bad", connected: "good", connecting: "wait",
  replaced: "bad", stopped: "bad", pass: "good", rewrite: "note", hold: "hold", reject: "bad",
  policy_error: "bad", blocked: "bad", known: "note", owner: "good",
};
const WORDS = {
  at_relay: "at the relay", dead: "given up", policy_error: "failed", waiting: "waits for the agent",
};

export const pill = (tone, ...words) => el("span.pill", { "data-tone": tone }, words);

/** A state in its colour; the word says it too. */
export const state = (name) => pill(TONES[name] ?? "idle", WORDS[name] ?? name);
