// Manners in JavaScript: words are covered, a peer pauses between two texts, a text ends somewhere.
// See ../README.md for the rule.

import log from "opendialogue:policy/log@0.1.0";
import state from "opendialogue:policy/state@0.1.0";
import time from "opendialogue:policy/time@0.1.0";

const SETTINGS_SCHEMA = JSON.stringify({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Settings of the policy manners",
  type: "object",
  additionalProperties: false,
  properties: {
    words: {
      type: "array",
      items: { type: "string", minLength: 1, maxLength: 32 },
      maxItems: 16,
      default: [],
    },
    cover: { type: "string", maxLength: 8, default: "▇▇▇" },
    pause_ms: { type: "integer", minimum: 0, maximum: 3600000, default: 0 },
    longest: { type: "integer", minimum: 1, maximum: 2000, default: 2000 },
  },
});

let settings;

export function describe() {
  return {
    name: "manners",
    version: "0.1.0",
    directions: ["inbound"],
    mayPassOnFailure: true,
    settingsSchema: SETTINGS_SCHEMA,
    notes: [{ key: "language", value: "javascript" }],
  };
}

// A result's error is thrown, its value returned.
export function configure(settingsJson) {
  const read = { words: [], cover: "▇▇▇", pause_ms: 0, longest: 2000 };
  const problems = [];
  const complain = (setting, problem) => problems.push({ setting, problem });
  const table = JSON.parse(settingsJson);
  if (table === null || typeof table !== "object" || Array.isArray(table)) {
    throw [{ setting: "settings", problem: "must be a table" }];
  }
  for (const [setting, value] of Object.entries(table)) {
    switch (setting) {
      case "words":
        if (!Array.isArray(value) || value.length > 16) {
          complain(setting, "must be a list of 16 texts at most");
          break;
        }
        value.forEach((word, index) => {
          if (!isText(word, 1, 32)) {
            complain(`words[${index}]`, "must be a text of 1 to 32 characters");
          }
        });
        read.words = value;
        break;
      case "cover":
        if (!isText(value, 0, 8)) complain(setting, "must be a text of 8 characters at most");
        read.cover = value;
        break;
      case "pause_ms":
        if (!isWhole(value, 0, 3600000)) {
          complain(setting, "must be a whole number from 0 to 3600000");
        }
        read.pause_ms = value;
        break;
      case "longest":
        if (!isWhole(value, 1, 2000)) complain(setting, "must be a whole number from 1 to 2000");
        read.longest = value;
        break;
      default:
        complain(setting, "is no setting; there are `words`, `cover`, `pause_ms` and `longest`");
    }
  }
  if (problems.length > 0) throw problems;
  settings = read;
}

export function evaluate(message) {
  if (message.kind !== "text") return { verdict: { tag: "pass" }, annotations: [] };

  const length = characters(message.content);
  if (length > settings.longest) {
    const reason = `${length} characters; at most ${settings.longest} are taken`;
    return rejected("too_long", reason);
  }

  const now = time.now();
  const past = remembered(message.from);
  const until = past.last + settings.pause_ms;
  if (past.texts > 0 && now < until && !message.released) {
    const reason = `${now - past.last} ms after the one before; the pause is ${settings.pause_ms} ms`;
    return { verdict: { tag: "hold", val: { code: "too_soon", reason, until } }, annotations: [] };
  }

  const texts = past.texts + 1;
  remember(message.from, { texts, last: now });
  const annotations = [{ key: "texts", value: String(texts) }];
  const { content, found } = covered(message.content);
  if (found.length === 0) return { verdict: { tag: "pass" }, annotations };
  annotations.push({ key: "covered", value: found.join(", ") });
  return { verdict: { tag: "rewrite", val: content }, annotations };
}

function rejected(code, reason) {
  const val = { code, reason, retryAfterMs: null };
  return { verdict: { tag: "reject", val }, annotations: [] };
}

// The text with each word covered, and the words that were found, in the order of the settings.
function covered(text) {
  const found = new Set();
  let content = "";
  let at = 0;
  while (at < text.length) {
    const word = settings.words.find((word) => text.startsWith(word, at));
    if (word === undefined) {
      content += text[at];
      at += 1;
    } else {
      found.add(word);
      content += settings.cover;
      at += word.length;
    }
  }
  return { content, found: [...new Set(settings.words)].filter((word) => found.has(word)) };
}

// What is remembered of a peer is plain ASCII, and so is its id.
function remembered(peer) {
  const value = state.get(bytes(peer));
  if (value === null || value === undefined) return { texts: 0, last: 0 };
  const [texts, last] = String.fromCharCode(...value).split(" ").map(Number);
  return { texts, last };
}

function remember(peer, { texts, last }) {
  try {
    state.set(bytes(peer), bytes(`${texts} ${last}`));
  } catch (why) {
    log.write("warn", `nothing more can be remembered: ${why}`);
  }
}

function bytes(ascii) {
  return Uint8Array.from(ascii, (character) => character.charCodeAt(0));
}

// JavaScript counts UTF-16 units; a character of the rule is a code point.
function characters(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function isText(value, least, most) {
  if (typeof value !== "string") return false;
  const length = characters(value);
  return length >= least && length <= most;
}

function isWhole(value, least, most) {
  return Number.isInteger(value) && value >= least && value <= most;
}
