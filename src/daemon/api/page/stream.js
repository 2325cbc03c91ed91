// Server-sent events by fetch, since an EventSource shows no token. A stream that breaks off or falls
// silent is opened again, later each time; whoever listens then reads anew what it may have missed.

import { headers } from "./api.js";

const FIRST_MS = 500;
const MOST_MS = 15_000;
/** The daemon says something every 15 seconds. */
const SILENCE_MS = 40_000;
/** A page that nobody sees gives its connection back after a while: a browser has six. */
const HIDDEN_MS = 60_000;

/** Reads the lines of a stream in whatever pieces they come, and hands on each whole event. */
export function parser(take) {
  let rest = "";
  let endedWithCr = false;
  let event = { name: "", data: [] };
  const line = (text) => {
    if (text === "") {
      if (event.data.length) take(event.name || "message", event.data.join("\n"));
      event = { name: "", data: [] };
      return;
    }
    const colon = text.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (field === "data") event.data.push(value);
    else if (field === "event") event.name = value;
  };
  return (chunk) => {
    if (endedWithCr && chunk.startsWith("\n")) chunk = chunk.slice(1);
    if (chunk === "") return;
    endedWithCr = chunk.endsWith("\r");
    const lines = (rest + chunk).split(/\r\n|\r|\n/);
    rest = lines.pop();
    lines.forEach(line);
  };
}

/** How long to wait before the next try: longer each time, and not all pages at once. */
export const backoff = (failures, chance) =>
  Math.round(Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(failures, 10)) * (0.5 + chance / 2));

/**
 * Follows `/events` until the page is left. `onOpen` is called each time a stream begins, `onEvent`
 * with each event, `onLost` when one has ended, with the milliseconds to the next try.
 */
export function follow({ onOpen, onEvent, onLost }) {
  let failures = 0;
  let current = null;
  let timer = 0;
  let hiddenTimer = 0;
  let isResting = false;

  /** What fails where an event is shown is a fault of the page, and the stream goes on. */
  function tell(name, event) {
    try {
      onEvent(name, event);
    } catch (error) {
      console.error(error);
    }
  }

  async function run() {
    const mine = (current = new AbortController());
    let silence = 0;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => mine.abort(), SILENCE_MS);
    };
    heard();
    let status = 0;
    try {
      const response = await fetch("/events", {
        headers: { ...headers(), Accept: "text/event-stream" },
        cache: "no-store", credentials: "omit", redirect: "error", signal: mine.signal,
      });
      status = response.status;
      if (response.ok) {
        failures = 0;
        onOpen();
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        const feed = parser((name, data) => tell(name, JSON.parse(data)));
        for (;;) {
          const { value, done } = await reader.read();
          if (done) break;
          heard();
          feed(value);
        }
      }
    } catch {
      // Told below, whatever it was.
    }
    clearTimeout(silence);
    if (current !== mine || isResting) return;
    if (status === 401) return dispatchEvent(new Event("token-refused"));
    const wait = backoff(failures++, Math.random());
    onLost(wait);
    timer = setTimeout(run, wait);
  }

  function rest() {
    isResting = true;
    clearTimeout(timer);
    clearTimeout(hiddenTimer);
    current?.abort();
  }

  function wake() {
    if (!isResting) return;
    isResting = false;
    run();
  }

  const listeners = new AbortController();
  const listen = (target, name, work) => target.addEventListener(name, work, { signal: listeners.signal });
  listen(document, "visibilitychange", () => {
    clearTimeout(hiddenTimer);
    if (document.hidden) hiddenTimer = setTimeout(rest, HIDDEN_MS);
    else wake();
  });
  // A page that was left is kept by the browser for a while, and so would be its connection.
  listen(window, "pagehide", rest);
  listen(window, "pageshow", wake);
  run();
  return () => {
    listeners.abort();
    rest();
  };
}
