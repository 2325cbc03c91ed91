// The way to the daemon: the token, and one request at a time with it.

const KEY = "opendialogue.token";
const TIMEOUT_MS = 30_000;

let token = sessionStorage.getItem(KEY) ?? "";

/** The daemon said no, or said nothing. */
class ApiError extends Error {
  constructor(code, sentence) {
    super(sentence);
    this.code = code;
  }
}

/** Takes the token out of the address, where nobody who looks over a shoulder or at a log sees it. */
export function takeTokenFromAddress() {
  const found = /^#token=(.*)$/.exec(location.hash);
  if (!found) return;
  history.replaceState(null, "", `${location.pathname}#/overview`);
  setToken(found[1]);
}

export function setToken(text) {
  token = text.trim();
  sessionStorage.setItem(KEY, token);
}

export function forgetToken() {
  token = "";
  sessionStorage.removeItem(KEY);
}

export const hasToken = () => /^[\x21-\x7e]+$/.test(token);

export const headers = () => ({ Authorization: `Bearer ${token}` });

async function call(method, path, body, timeoutMs = TIMEOUT_MS) {
  const asked = {
    method,
    headers: headers(),
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    signal: AbortSignal.timeout(timeoutMs),
  };
  if (body !== undefined) {
    asked.headers["Content-Type"] = "application/json";
    asked.body = JSON.stringify(body);
  }
  let response;
  let answer;
  try {
    response = await fetch(path, asked);
    answer = await response.json();
  } catch {
    throw new ApiError("unreachable", "The daemon does not answer.");
  }
  if (response.ok) return answer;
  if (response.status === 401) dispatchEvent(new Event("token-refused"));
  throw new ApiError(answer.code, answer.error);
}

export const get = (path) => call("GET", path);
export const post = (path, body = {}, timeoutMs) => call("POST", path, body, timeoutMs);
export const remove = (path, body) => call("DELETE", path, body);

/** A part of a path. */
export const part = encodeURIComponent;
