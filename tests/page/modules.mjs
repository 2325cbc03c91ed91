// The page's pure parts, in tables: how a stream is read, what of a text is made visible, how long it
// waits, what the note of a URL says. Needs node alone.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const none = { getItem: () => null, setItem() {}, removeItem() {} };
globalThis.sessionStorage = none;
globalThis.localStorage = none;
const page = new URL("../../src/daemon/api/page/", import.meta.url);
const { parser, backoff, follow } = await import(new URL("stream.js", page));
const { pieces, cut, span, took, brief } = await import(new URL("text.js", page));
const { urlOf } = await import(new URL("story.js", page));
const { problemsOf } = await import(new URL("overview.js", page));
const { keyOf } = await import(new URL("waiting.js", page));

// Every way of cutting a stream into pieces gives the same events.
const events = (chunks) => {
  const seen = [];
  const feed = parser((name, data) => seen.push([name, data]));
  chunks.forEach((chunk) => feed(chunk));
  return seen;
};
for (const [stream, expected] of [
  ["event: link\ndata: {}\n\n", [["link", "{}"]]],
  ["data: a\ndata: b\n\n", [["message", "a\nb"]]],
  [": heartbeat\n\n", []],
  ["event: x\r\ndata:no space\r\n\r\n", [["x", "no space"]]],
  ["event: lost\n\ndata: a\n\n", [["message", "a"]]],
  ["data: a\r\rdata: b\r\r", [["message", "a"], ["message", "b"]]],
  ["data\n\n", [["message", ""]]],
  ["data: not ended\n", []],
]) {
  assert.deepEqual(events([stream]), expected, stream);
  assert.deepEqual(events([...stream]), expected, `one by one: ${stream}`);
  for (let at = 1; at < stream.length; at++) {
    assert.deepEqual(events([stream.slice(0, at), stream.slice(at)]), expected, `${at}: ${stream}`);
  }
}

for (const [failures, chance, expected] of [[0, 1, 500], [0, 0, 250], [3, 1, 4000], [5, 1, 15000], [99, 1, 15000], [99, 0, 7500]]) {
  assert.equal(backoff(failures, chance), expected, `${failures} ${chance}`);
}

// A view that fails is told to the console, and the stream goes on.
const seen = [];
globalThis.window = globalThis.document = new EventTarget();
globalThis.fetch = async () => new Response("data: 1\n\ndata: 2\n\n");
const complain = console.error;
console.error = (error) => seen.push(error.message);
let stop;
await new Promise((resolve) => {
  const onEvent = (_, number) => {
    seen.push(number);
    if (number === 1) throw new Error("a view failed");
  };
  stop = follow({ onOpen: () => seen.push("opened"), onEvent, onLost: resolve });
});
stop();
console.error = complain;
assert.deepEqual(seen, ["opened", 1, "a view failed", 2]);

const family = "\u{1f469}\u{200d}\u{1f467}";
const scotland = "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";
for (const [text, everything, expected] of [
  ["plain", false, ["plain"]],
  ["a\u{202e}b", false, ["a", 0x202e, "b"]],
  ["a\u{200b}\u{feff}", false, ["a", 0x200b, 0xfeff]],
  ["line\nline\ttab", false, ["line\nline\ttab"]],
  ["line\nline", true, ["line", 0x0a, "\nline"]],
  ["می\u{200c}خواهم", false, ["می\u{200c}خواهم"]],
  ["می\u{200c}خواهم", true, ["می", 0x200c, "خواهم"]],
  [family, false, [family]],
  [family, true, ["\u{1f469}", 0x200d, "\u{1f467}"]],
  [scotland, false, [scotland]],
  [scotland, true, ["\u{1f3f4}", 0xe0067, 0xe0062, 0xe0073, 0xe0063, 0xe0074, 0xe007f]],
  ["a\u{a0}b c", true, ["a", 0xa0, "b c"]],
  ["x\u{e0041}", false, ["x", 0xe0041]],
  ["\u{1b}[2J\u{7f}\u{9b}", false, [0x1b, "[2J", 0x7f, 0x9b]],
  ["\u{d800}x", false, [0xd800, "x"]],
  ["<b>&amp;", true, ["<b>&amp;"]],
]) {
  assert.deepEqual(pieces(text, everything), expected, JSON.stringify(text));
}

// The command line shows the same characters, by the same cases.
const golden = JSON.parse(readFileSync(new URL("../golden/shown.json", import.meta.url)));
const written = (text) => pieces(text, false).map((piece) => typeof piece === "string" ? piece : `\\u{${piece.toString(16)}}`).join("");
for (const text of golden.stays) assert.equal(written(text), text);
for (const [text, expected] of golden.seen) assert.equal(written(text), expected);
for (let code = 0; code <= 0x10ffff; code++) {
  const isUnseen = golden.unseen.some(([first, last]) => first <= code && code <= last) && code !== 0x09 && code !== 0x0a;
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  assert.equal(pieces(String.fromCodePoint(code), false)[0] === code, isUnseen || isSurrogate, code.toString(16));
}
// A line feed gives no new room.
assert.equal(pieces("漢\u{e0100}\n".repeat(9), false).length, 3);

assert.equal(cut("👍👍👍", 2), "👍👍…");
assert.equal(cut("short", 9), "short");
assert.deepEqual([0, 59, 61, 3700, 90000].map(span), ["0 s", "59 s", "1 min 1 s", "1 h 1 min", "1 day 1 h"]);
assert.deepEqual([7, 1500, 25_000, 3e6].map(took), ["7 µs", "1.5 ms", "25 ms", "3 s"]);

assert.deepEqual([100, 1e3, 1e5, 1e7, 1e9, 1e10, 1e11].map(brief), ["100 µs", "1 ms", "100 ms", "10 s", "17 min", "167 min", "28 h"]);

assert.deepEqual(urlOf("https://a.example/x at 7 in text; scheme https; host a.example; flags idn, userinfo"), {
  url: "https://a.example/x", host: "a.example", looks: null, flags: ["idn", "userinfo"], isDisarmed: false,
});
assert.equal(urlOf("https://xn--x/ at 0 in text; scheme https; host xn--x (аx); flags idn").looks, "аx");
assert.deepEqual(urlOf("javascript[:]x at 0 in text; scheme javascript; flags dangerous_scheme; disarmed"), {
  url: "javascript[:]x", host: null, looks: null, flags: ["dangerous_scheme"], isDisarmed: true,
});

// A message that is held again by another policy is not decided about on the card of the first hold.
const held = { message_id: "m-1", from: "10000002", at: 7, policy: "acl", code: "contact_request", held_by: ["acl"] };
assert.equal(keyOf({ ...held }), keyOf(held));
for (const again of [
  { from: "10000003" }, { at: 8 }, { policy: "rate-limit" }, { code: "too_many" }, { until: 9000 }, { held_by: ["acl", "acl"] },
]) {
  assert.notEqual(keyOf({ ...held, ...again }), keyOf(held), JSON.stringify(again));
}
const dead = { message_id: "m-1", from: "10000002", dead_since: 7 };
assert.notEqual(keyOf({ ...dead, dead_since: 8 }), keyOf(dead));

// Each problem is told once, with what to do.
const well = {
  link: "connected", relay_authenticates: true, gateway_ready: true, gateway_problem: null, notify_problem: null, inbox_problem: null,
  disk: "well", database_problem: null, policies_problem: null, policy_cache_problem: null, waiting_for_restart: [],
  clock_offset_ms: 40, last_error: null, policies: [{ name: "acl", state: "ready" }],
};
assert.deepEqual(problemsOf(well), []);
for (const [wrong, count, word] of [
  [{ link: "waiting", last_error: "connection refused" }, 1, "relay"],
  [{ gateway_problem: "it answers 401", gateway_trouble: "token", last_error: "it answers 401" }, 1, "reach the agent"],
  [{ gateway_problem: "for nobody", gateway_trouble: "not_wanted", last_error: "for nobody" }, 1, "--deliver"],
  [{ database_problem: "the disk is full", disk: "full", last_error: "the disk is full", link: "stopped" }, 2, "disk"],
  [{ database_problem: "no room is left", disk: "full" }, 1, "Make room"],
  [{ database_problem: "`full.db` is damaged", disk: "damaged" }, 1, "backup"],
  [{ notify_problem: "`notifyTarget` is not set in the state file" }, 1, "told"],
  [{ policies_problem: "policy `acl`: empty", last_error: "policy `acl`: empty" }, 1, "polic"],
  [{ policies: [{ name: "acl", state: "failing", error: "out of time" }] }, 1, "acl"],
  [{ waiting_for_restart: ["relay.url"] }, 1, "restart"],
  [{ relay_authenticates: false }, 1, "prove"],
  [{ clock_offset_ms: -75_000 }, 1, "clock"],
  [{ last_error: "the state file cannot be read" }, 1, "wrong"],
]) {
  const told = problemsOf({ ...well, ...wrong });
  assert.equal(told.length, count, JSON.stringify(wrong));
  assert.ok(JSON.stringify(told).includes(word), JSON.stringify(told));
}
console.log("the page's parts are as they should be");
