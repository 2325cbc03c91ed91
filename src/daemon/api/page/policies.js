// The chain in force, in its order: what each policy is, what it said in the last hour and how long
// it took; and loading them anew.

import * as api from "./api.js";
import { button, el, faint, fill, keyed, soon } from "./dom.js";
import { attempt } from "./dialogs.js";
import { foreign, pill, shown, state, time, took, word } from "./text.js";
import { digest } from "./story.js";

const READ_MS = 20_000;
/** Every module may have to be compiled. */
const RELOAD_MS = 90_000;

export function policies(root, app) {
  const problem = el("div", { "aria-live": "polite" });
  const list = el("ol.chain", {});
  const anew = button("Load anew", reload);
  fill(root, el("div.title", {}, el("h1", {}, "Policies"), anew),
    el("p.faint", {}, "Each message goes through them from top to bottom, until one says no. Changed files are taken up by themselves, within two seconds."),
    problem, list);

  async function refresh() {
    if (document.hidden) return;
    try {
      const [chain, history] = await Promise.all([api.get("/policies"), api.get("/history")]);
      draw(chain, history);
    } catch (error) {
      if (error.code !== "unreachable") fill(problem, el("p.problem", {}, error.message));
    }
  }

  function draw(chain, history) {
    const last = app.reload;
    fill(problem,
      chain.problem && el("div.problem-card", { "data-tone": "bad" }, el("p", {}, el("strong", {}, "What is wanted is not in force.")),
        el("p.detail", { dir: "auto" }, shown(chain.problem)), el("p.faint", {}, "The chain below goes on judging. Correct what is named, then load anew.")),
      last && el("p.faint", {}, "Last loaded ", time(last.at), last.ok ? `: ${last.changed.length ? `${last.changed.join(", ")} changed` : "nothing changed"}.` : ": it failed."));
    const all = chain.policies.map((policy) => ({ policy, counted: history.policies[policy.name] }));
    keyed(list, all, JSON.stringify, ({ policy, counted }) => card(policy, counted));
  }

  function card(policy, counted) {
    const said = Object.entries(counted?.verdicts ?? {});
    const sum = said.reduce((all, [, count]) => all + count, 0);
    const numbers = counted?.elapsed_us
      ? [el("span", {}, el("b", {}, String(sum)), " judged in the last hour"), el("span", {}, el("b", {}, took(counted.elapsed_us.p50)), " median"), el("span", {}, el("b", {}, took(counted.elapsed_us.p99)), " at 99 %")]
      : [el("span", {}, policy.state === "off" ? "It is not asked." : "Nothing judged in the last hour.")];
    return el("li.card", {},
      el("header", {}, el("h2", {}, word(policy.name)), policy.version && faint("version ", word(policy.version)), state(policy.state),
        policy.mode === "monitor" && pill("note", "only listens")),
      policy.error && el("p.problem", {}, foreign(policy.error)),
      el("p.numbers", {}, numbers),
      said.length > 0 && el("p.marks", {}, said.map(([verdict, count]) => el("span.pair", {}, state(verdict), " ", String(count)))),
      policy.digest && el("p.faint", {}, "module ", digest(policy.digest)));
  }

  async function reload() {
    anew.disabled = true;
    await attempt(() => api.post("/policies/reload", {}, RELOAD_MS), ({ changed }) => (changed.length ? `In force: ${changed.join(", ")} changed.` : "In force; nothing has changed."));
    anew.disabled = false;
    anew.focus();
    refresh();
  }

  const again = soon(refresh, 400);
  const timer = setInterval(refresh, READ_MS);
  refresh();
  return {
    refresh,
    event: (name) => (name === "policy_reload" || name === "message") && again(),
    leave: () => clearInterval(timer),
  };
}
