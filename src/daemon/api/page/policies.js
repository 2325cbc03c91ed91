// The chain in force, in its order: what each policy is, what it said in the last hour and how long
// it took; and loading them anew.

import * as api from "./api.js";
import { el, fill, keyed, soon } from "./dom.js";
import { attempt } from "./dialogs.js";
import { foreign, shown, state, time, took, word } from "./text.js";
import { digest } from "./story.js";

const READ_MS = 20_000;
/** Every module may have to be compiled. */
const RELOAD_MS = 90_000;

export function policies(root, app) {
  const problem = el("div", { "aria-live": "polite" });
  const list = el("ol", { class: "chain" });
  const button = el("button", { type: "button", onclick: reload }, "Load anew");
  fill(root, el("div", { class: "title" }, el("h1", {}, "Policies"), button),
    el("p", { class: "faint" }, "Each message goes through them from top to bottom, until one says no. Changed files are taken up by themselves, within two seconds."),
    problem, list);

  async function refresh() {
    if (document.hidden) return;
    try {
      const [chain, history] = await Promise.all([api.get("/policies"), api.get("/history")]);
      draw(chain, history);
    } catch (error) {
      if (error.code !== "unreachable") fill(problem, el("p", { class: "problem" }, error.message));
    }
  }

  function draw(chain, history) {
    const last = app.reload;
    fill(problem,
      chain.problem ? el("div", { class: "problem-card", "data-tone": "bad" }, el("p", {}, el("strong", {}, "What is wanted is not in force.")),
        el("p", { class: "detail", dir: "auto" }, shown(chain.problem)), el("p", { class: "todo" }, "The chain below goes on judging. Correct what is named, then load anew.")) : null,
      last ? el("p", { class: "faint" }, "Last loaded ", time(last.at), last.ok ? `: ${last.changed.length ? `${last.changed.join(", ")} changed` : "nothing changed"}.` : ": it failed.") : null);
    const all = chain.policies.map((policy) => ({ policy, counted: history.policies[policy.name] }));
    keyed(list, all, JSON.stringify, ({ policy, counted }) => card(policy, counted));
  }

  function card(policy, counted) {
    const said = Object.entries(counted?.verdicts ?? {});
    const sum = said.reduce((all, [, count]) => all + count, 0);
    const numbers = counted?.elapsed_us
      ? [el("span", {}, el("b", {}, String(sum)), " judged in the last hour"), el("span", {}, el("b", {}, took(counted.elapsed_us.p50)), " median"), el("span", {}, el("b", {}, took(counted.elapsed_us.p99)), " at 99 %")]
      : [el("span", {}, policy.state === "off" ? "It is not asked." : "Nothing judged in the last hour.")];
    return el("li", { class: "card" },
      el("header", {}, el("h2", {}, word(policy.name)), el("span", { class: "faint" }, policy.version ? ["version ", word(policy.version)] : null), state(policy.state),
        policy.mode === "monitor" ? el("span", { class: "pill", "data-tone": "note" }, "only listens") : null),
      policy.error ? el("p", { class: "problem" }, foreign(policy.error)) : null,
      el("p", { class: "numbers" }, numbers),
      said.length ? el("p", { class: "marks" }, said.map(([verdict, count]) => el("span", { class: "pair" }, state(verdict), " ", String(count)))) : null,
      policy.digest ? el("p", { class: "faint" }, "module ", digest(policy.digest)) : null);
  }

  async function reload() {
    button.disabled = true;
    await attempt(() => api.post("/policies/reload", {}, RELOAD_MS), ({ changed }) => (changed.length ? `In force: ${changed.join(", ")} changed.` : "In force; nothing has changed."));
    button.disabled = false;
    button.focus();
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
