// The last hour in three drawings, by uPlot, each with its sums in words for who does not see them.

import { el, fill } from "./dom.js";
import { brief, took } from "./text.js";

const HEIGHT = 150;

const FLOW = [
  { key: "received", name: "came in", colour: "--series-1" },
  { key: "queued", name: "went out", colour: "--series-2" },
];
const VERDICTS = [
  { key: "pass", name: "pass", colour: "--series-1" },
  { key: "rewrite", name: "rewrite", colour: "--series-4" },
  { key: "hold", name: "hold", colour: "--series-3" },
  { key: "reject", name: "reject", colour: "--series-5" },
  { key: "policy_error", name: "failed", colour: "--series-6" },
];
const LATENCY = [
  { key: "judging_us", at: "p50", name: "judging, median", colour: "--series-1" },
  { key: "judging_us", at: "p99", name: "99 %", colour: "--series-1", dash: [4, 3] },
  { key: "handing_over_us", at: "p50", name: "to the agent, median", colour: "--series-3" },
  { key: "handing_over_us", at: "p99", name: "99 %", colour: "--series-3", dash: [4, 3] },
];

/** The three charts; `show` takes what `/history` answers. */
export function charts() {
  const all = [
    chart("Messages a minute", FLOW, bars, (minute, { key }) => minute[key], String),
    chart("Verdicts a minute", VERDICTS, bars, (minute, { key }) => verdictsOf(minute, key), String),
    chart("How long it takes", LATENCY, lines, (minute, { key, at }) => minute[key]?.[at] ?? null, took),
  ];
  const root = el("section.charts", { "aria-label": "The last hour" }, all.map((one) => one.root));
  let last = null;
  const again = () => last && all.forEach((one) => one.show(last));
  const wide = new ResizeObserver(() => all.forEach((one) => one.fit()));
  wide.observe(root);
  const listeners = new AbortController();
  const listen = (target, name) => target.addEventListener(name, again, { signal: listeners.signal });
  listen(matchMedia("(prefers-color-scheme: dark)"), "change");
  listen(window, "colours");
  listen(window, "load");
  return {
    root,
    show(history) {
      last = history;
      again();
    },
    leave() {
      wide.disconnect();
      listeners.abort();
      all.forEach((one) => one.leave());
    },
  };
}

const clock = (seconds) => new Date(seconds * 1000).toTimeString().slice(0, 5);

function verdictsOf(minute, verdict) {
  let sum = 0;
  for (const counts of Object.values(minute.verdicts ?? {})) sum += counts[verdict] ?? 0;
  return sum;
}

function chart(title, series, draw, valueOf, write) {
  const legend = el("ul.legend", {});
  const box = el("div.plot", { role: "img" });
  const root = el("figure.card.chart", {}, el("figcaption", {}, el("h2", {}, title), legend), box);
  const isSum = draw === bars;
  let plot = null;
  let values = [];
  let minutes = [];

  function tell(at) {
    const cells = series.map((one, n) => {
      const all = values[n].filter((value) => value !== null);
      const value = at !== null ? values[n][at] : isSum ? all.reduce((sum, one) => sum + one, 0) : all.at(-1) ?? null;
      const item = el("li", { class: one.dash ? "series dashed" : "series" }, `${one.name} `, el("b", {}, value === null ? "–" : write(value)));
      item.style.setProperty("--mark", `var(${one.colour})`);
      return item;
    });
    const when = at === null ? (isSum ? "in the last hour" : "the latest") : clock(minutes[at]);
    fill(legend, cells, el("li.faint", {}, when));
    if (at === null) box.setAttribute("aria-label", `${title}, ${legend.textContent}`);
  }

  return {
    root,
    show(history) {
      minutes = history.minutes.map((minute) => minute.at / 1000);
      values = series.map((one) => history.minutes.map((minute) => valueOf(minute, one)));
      tell(null);
      plot?.destroy();
      plot = null;
      if (typeof uPlot === "undefined" || !box.isConnected) return;
      const frame = base(box.clientWidth, write);
      const drawn = draw(series, values);
      const options = { ...frame, ...drawn, scales: { ...frame.scales, ...drawn.scales } };
      options.hooks = { setCursor: [(it) => tell(it.cursor.idx ?? null)] };
      plot = new uPlot(options, [minutes, ...options.data], box);
    },
    fit() {
      if (plot && box.clientWidth && plot.width !== box.clientWidth) plot.setSize({ width: box.clientWidth, height: HEIGHT });
    },
    leave: () => plot?.destroy(),
  };
}

/** A colour of the style sheet, as a canvas takes it. */
function colour(name) {
  const probe = el("span", { hidden: true });
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function base(width, write) {
  const ink = colour("--faint");
  const grid = { stroke: colour("--line"), width: 1, filter: whole };
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  return {
    width: width || 300,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    padding: [8, 4, 0, 0],
    scales: { x: { range: (_, from, to) => [from - 30, to + 30] } },
    axes: [
      { stroke: ink, font, grid: { show: false }, ticks: { show: false }, size: 24, space: 70,
        values: (_, times) => times.map(clock) },
      { stroke: ink, font, grid, ticks: { show: false }, size: 52, space: 36, filter: whole, values: (_, all) => all.map((value) => (value === null ? "" : write === took ? brief(value) : write(value))) },
    ],
  };
}

/** Of a logarithmic scale, the powers of ten alone are drawn. */
const whole = (plot, splits) =>
  plot.scales.y.distr === 3 ? splits.map((value) => (Number.isInteger(Math.log10(value)) ? value : null)) : splits;

/** Stacked: each series is drawn as the sum of those up to it, the tallest first. */
function bars(series, values) {
  const sums = values.map((_, n) => values[n].map((_, at) => values.slice(0, n + 1).reduce((sum, one) => sum + one[at], 0)));
  const order = series.map((_, n) => n).reverse();
  const most = Math.max(4, ...sums.at(-1));
  return {
    data: order.map((n) => sums[n]),
    scales: { y: { range: [0, most * 1.1] } },
    series: [{}, ...order.map((n) => ({
      fill: colour(series[n].colour), width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.72, 14, 1] }),
    }))],
  };
}

function lines(series, values) {
  const all = values.flat().filter((value) => value !== null);
  const least = Math.min(100, ...all);
  const most = Math.max(10_000, ...all);
  return {
    data: values,
    scales: { y: { distr: 3, range: [10 ** Math.floor(Math.log10(Math.max(1, least))), 10 ** Math.ceil(Math.log10(most))] } },
    series: [{}, ...series.map((one) => ({
      stroke: colour(one.colour), width: 1.5, dash: one.dash, spanGaps: true, points: { show: !one.dash, size: 4, fill: colour(one.colour) },
    }))],
  };
}
