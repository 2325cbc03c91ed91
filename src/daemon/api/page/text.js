// How things are written: texts of others with what hides in them made visible, times, spans, states.

import { el } from "./dom.js";

/** So many chips are drawn in one text; what comes after is written out in plain characters. */
const CHIPS_MAX = 2000;

// What hides, reorders or drives: shown in every view.
const HIDING = [
  [0x00, 0x08], [0x0b, 0x1f], [0x7f, 0x9f], [0xad, 0xad], [0x34f, 0x34f], [0x115f, 0x1160],
  [0x17b4, 0x17b5], [0x180b, 0x180f], [0x200b, 0x200b], [0x2028, 0x202e], [0x2060, 0x206f],
  [0x3164, 0x3164], [0xfeff, 0xfeff], [0xffa0, 0xffa0], [0xfff0, 0xfffb], [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a], [0xd800, 0xdfff], [0xe0000, 0xe0fff],
];
// What languages and emoji need: shown where a text is looked at as it was received.
const JOINING = [
  [0x09, 0x0a], [0xa0, 0xa0], [0x61c, 0x61c], [0x2000, 0x200a], [0x200c, 0x200f], [0x202f, 0x202f],
  [0x205f, 0x205f], [0x3000, 0x3000], [0xfe00, 0xfe0f],
];
const NAMES = new Map([
  [0x09, "tab"], [0x0a, "line feed"], [0x0d, "carriage return"], [0x1b, "escape"],
  [0xa0, "no-break space"], [0xad, "soft hyphen"], [0x61c, "Arabic letter mark"],
  [0x200b, "zero width space"], [0x200c, "zero width non-joiner"], [0x200d, "zero width joiner"],
  [0x200e, "left-to-right mark"], [0x200f, "right-to-left mark"], [0x2028, "line separator"],
  [0x2029, "paragraph separator"], [0x202a, "left-to-right embedding"],
  [0x202b, "right-to-left embedding"], [0x202c, "end of embedding or override"],
  [0x202d, "left-to-right override"], [0x202e, "right-to-left override"], [0x2060, "word joiner"],
  [0x2066, "left-to-right isolate"], [0x2067, "right-to-left isolate"],
  [0x2068, "first strong isolate"], [0x2069, "end of isolate"], [0xfe0f, "emoji selector"],
  [0xfeff, "byte order mark"],
]);

const among = (ranges, code) => ranges.some(([first, last]) => code >= first && code <= last);

/** `U+202E` of a code. */
const codeName = (code) => `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;

/**
 * The text in pieces: strings, and the codes of characters that are to be shown as chips. With
 * `everything`, also of those that languages and emoji need.
 */
export function pieces(text, everything) {
  const found = [];
  let run = "";
  let inFlag = false;
  for (const character of text) {
    const code = character.codePointAt(0);
    // The flags of England, Scotland and Wales are spelled in tags behind a black flag.
    inFlag = code === 0x1f3f4 || (inFlag && code >= 0xe0020 && code <= 0xe007f);
    const plainTag = inFlag && !everything;
    if (!plainTag && (among(HIDING, code) || (everything && among(JOINING, code)))) {
      if (run) found.push(run);
      run = code === 0x0a ? "\n" : "";
      found.push(code);
    } else run += character;
  }
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
  const name = NAMES.get(code) ?? tag;
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
