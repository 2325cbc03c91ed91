// Looks at the local page in Chromium, as a person would. Told by the environment: PAGE (the daemon's
// address), TOKEN, ME (its agent), FRIEND and STRANGER and OTHER (addresses of daemons that may send to
// it), TOOLS (where puppeteer-core is), IMAGES (where to put screenshots).

import assert from "node:assert/strict";
import path from "node:path";
import { pathToFileURL } from "node:url";

const { PAGE, TOKEN, ME, FRIEND, STRANGER, OTHER, TOOLS, IMAGES } = process.env;
const library = path.join(TOOLS, "node_modules/puppeteer-core/lib/puppeteer/puppeteer-core.js");
const { default: puppeteer } = await import(pathToFileURL(library));

const PATIENCE_MS = 30_000;
const HOSTILE = [
  "<script>document.title = 'taken'; alert(1)</script>",
  "<img src=x onerror=alert(2)><svg onload=alert(3)><a href=\"https://example.com/\">x</a>",
  "\"><style>*{display:none}</style><iframe srcdoc=\"<script>alert(4)</script>\">",
  "</title></textarea><base href=//evil.example><meta http-equiv=refresh content=0>{{7*7}}${7*7}",
  "می‌خواهم این کتاب‌ها را بخوانم. 👩‍👩‍👧 و 👍",
  "x".repeat(2000),
  "see https://user:secret@example.com:8443/a?b=c and javascript:alert(5)",
];
const VIEWS = ["overview", "messages", "waiting", "peers", "policies"];

const browser = await puppeteer.launch({
  executablePath: "/usr/bin/chromium",
  // Chromium has no sandbox for root, as whom machines that test often run.
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});
const faults = [];
const page = await open();

try {
  await step("paints at once with 10,000 messages in the inbox", paints);
  await step("asks for the token, and takes it out of the address", gate);
  await step("an address that is none of its own shows the overview", strays);
  await step("shows a message without a reload", arrives);
  await step("hostile text stays text", hostile);
  await step("what is hidden can be seen as it was received", asReceived);
  await step("a held message is released by clicking", releasedByMouse);
  await step("another is let in by keyboard alone", releasedByKeyboard);
  await step("a dead letter is tried again, another dropped", dead);
  await step("trust is asked about and set", trust);
  await step("a conversation is ended", ended);
  await step("policies are loaded anew", reloaded);
  await step("a phone scrolls one way", phone);
  await step("light and dark", pictures);
  await step("the page knows a token that is refused", refused);
  assert.deepEqual(faults, [], "no error, no violation of the policy");
} finally {
  await browser.close();
}

async function step(name, work) {
  try {
    await work();
    console.log(`ok: ${name}`);
  } catch (error) {
    await page.screenshot({ path: path.join(IMAGES, "failed.png") });
    console.log(`FAILED: ${name}\n${error.stack}\n${await page.evaluate(() => document.body.innerText.slice(0, 1500))}`);
    console.log(faults.join("\n"));
    await browser.close();
    process.exit(1);
  }
}

async function open() {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.setViewport({ width: 1280, height: 860 });
  page.on("console", (message) => {
    // That a token is refused is what some steps are about.
    const isFault = ["error", "warn"].includes(message.type()) && !message.text().includes("401");
    if (isFault) faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    faults.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${PAGE}/`)) faults.push(`it asks elsewhere: ${request.url()}`);
  });
  await page.evaluateOnNewDocument(() => {
    addEventListener("securitypolicyviolation", (event) => console.error(`violation: ${event.violatedDirective} ${event.blockedURI}`));
  });
  return page;
}

/**
 * Opened, the browser makes a new process for the page; reloaded, it has one, and the time is that of the
 * daemon and the page.
 */
async function paints() {
  const opened = [];
  const reloaded = [];
  for (let load = 0; load < 5; load++) {
    // A new document each time, not only another fragment.
    await page.goto("about:blank");
    await page.goto(`${PAGE}/#token=${TOKEN}`);
    await page.evaluate(() => (location.hash = "#/messages"));
    opened.push(await painted());
    await page.reload();
    reloaded.push(await painted());
  }
  // Not each time: on a busy machine the rows may come before a frame is shown.
  assert.ok([...opened, ...reloaded].some(({ paint, rows }) => paint < rows), "the paint waits for the rows");
  const sorted = (all) => all.map(({ paint }) => Math.round(paint)).toSorted((one, other) => one - other);
  console.log(`first contentful paint in ms, opened ${sorted(opened)}, reloaded ${sorted(reloaded)}`);
  const { shown, nodes } = await page.evaluate(() => ({
    shown: document.querySelectorAll("ol.messages li").length,
    nodes: document.querySelectorAll("*").length,
  }));
  assert.ok(shown <= 100 && nodes < 2500, `never all rows: ${shown} rows, ${nodes} elements`);
  await click("text/Show older");
  await page.waitForFunction((before) => document.querySelectorAll("ol.messages li").length > before, {}, shown);
  await page.evaluate(() => sessionStorage.clear());
}

/** When something was first painted, and when rows were there: the paint does not wait for them. */
async function painted() {
  await page.waitForSelector("ol.messages li");
  const rows = await page.evaluate(() => performance.now());
  const entry = await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  return { paint: await entry.jsonValue(), rows };
}

async function gate() {
  await page.goto("about:blank");
  await page.goto(`${PAGE}/`);
  await page.waitForSelector("#gate:not([hidden])");
  await page.type("#token", "not the token");
  await page.keyboard.press("Enter");
  await says("#gate-problem", "token");
  await page.evaluate(() => (location.hash = "#token=%"));
  await says("#gate-problem", "does not take this token");
  assert.equal(await page.$eval("#view", (view) => view.textContent), "", "nothing is shown without it");
  await page.goto("about:blank");
  await page.goto(`${PAGE}/#token=${TOKEN}`);
  await says("#link", "Connected");
  assert.equal(await page.evaluate(() => location.hash), "#/overview");
  assert.ok(!(await page.content()).includes(TOKEN));
  assert.equal(await page.evaluate(() => sessionStorage.getItem("opendialogue.token")), TOKEN);
  assert.equal(await page.$eval("#me", (me) => me.textContent.includes("agent")), true);
}

async function strays() {
  for (const stray of ["#/constructor", "#/__proto__", "#/%", "#/nothing/at/all"]) {
    await go("policies");
    await page.evaluate((stray) => (location.hash = stray), stray);
    await page.waitForSelector(".view.overview h1");
  }
}

async function arrives() {
  await go("messages");
  await page.evaluate(() => (globalThis.isStillHere = true));
  await send(FRIEND, "Good morning from next door");
  await says("ol.messages", "Good morning from next door");
  assert.ok(await page.evaluate(() => isStillHere), "it was not loaded anew");
}

async function hostile() {
  await page.waitForSelector("ol.messages li");
  for (const text of HOSTILE) {
    await send(FRIEND, text);
    await says("ol.messages", text.includes("javascript:") ? "javascript[:]alert(5)" : text.slice(0, 60));
  }
  for (const item of await page.$$("ol.messages li")) {
    const text = await item.evaluate((node) => node.textContent);
    if (!HOSTILE.some((one) => text.includes(one.slice(0, 12)))) continue;
    await item.$eval("a", (link) => link.click());
    await page.waitForFunction((start) => document.querySelector(".pane .content")?.textContent.includes(start), {}, text.match(/(<script|<img|"><st|<\/tit|می|xxxx|see )/)[0]);
  }
  const foreign = await page.evaluate(() => {
    const inside = document.querySelectorAll("#view :is(script, img, iframe, style, base, meta, svg, object, embed)");
    const links = [...document.querySelectorAll("#view a")].filter((link) => !link.getAttribute("href").startsWith("#/"));
    return inside.length + links.length;
  });
  assert.equal(foreign, 0, "nothing of it is an element, and no link leads out");
  assert.ok((await page.title()).includes("OpenDialogue"));
  const directions = await page.$$eval("ol.messages .text:not(.faint)", (all) => all.every((one) => one.dir === "auto"));
  assert.ok(directions, "every text finds its own direction");
  const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(width <= 0, "the long one does not widen the page");
}

async function asReceived() {
  await send(FRIEND, "pay\u{202e}lapyap\u{202c} ze\u{200b}ro \u{e0068}\u{e0069} to me");
  await says("ol.messages", "paylapyap");
  await choose("paylapyap");
  await says(".pane", "taken out of the text");
  await says(".pane", "what hidden characters spelled");
  assert.equal(await page.$$eval(".pane .content .chip", (chips) => chips.length), 0, "the agent reads none of it");
  await click(".pane .segments button:nth-child(2)");
  await page.waitForSelector(".pane .content.raw .chip");
  const chips = await page.$$eval(".pane .content.raw .chip", (all) => all.map((chip) => chip.textContent));
  assert.deepEqual(chips, ["⟨U+202E⟩", "⟨U+202C⟩", "⟨U+200B⟩", "⟨U+E0068⟩", "⟨U+E0069⟩"]);
  await says(".pane", "The agent reads another");
}

async function releasedByMouse() {
  await go("waiting");
  await send(STRANGER, "May I come in?");
  await says(".cards", "May I come in?");
  await says("#count", "3");
  await click("text/Let in");
  await says("dialog", "becomes known");
  await shot("question");
  await click("dialog button.main");
  await says("#toasts", "It waits for the agent now");
  await gone(".cards", "May I come in?");
}

/** Not one click: the number of the view, the next card, release, the button of the question. */
async function releasedByKeyboard() {
  await page.keyboard.press("1");
  await says("h1", "Overview");
  await send(OTHER, "And may I?");
  await says("#count", "3");
  await page.keyboard.press("3");
  await says(".cards", "And may I?");
  await page.keyboard.press("j");
  const focused = await page.evaluate(() => document.activeElement.textContent);
  assert.ok(focused.includes("And may I?"), focused);
  await page.keyboard.press("r");
  await page.waitForSelector("dialog[open]");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !document.querySelector("dialog"));
  await says(".cards", "And may I?");
  await page.keyboard.press("r");
  await page.waitForSelector("dialog[open]");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Cancel", "the safe answer comes first");
  await page.keyboard.press("Tab");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.equal(outline, "solid", "the focus is seen");
  await page.keyboard.press("Enter");
  await gone(".cards", "And may I?");
  await page.keyboard.press("?");
  await says("dialog", "Keyboard shortcuts");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !document.querySelector("dialog"));
}

async function dead() {
  await says("#view", "after 10 attempts");
  await click("text/Try again");
  await says("dialog", "then it comes twice");
  await click("dialog button.main");
  await says("#toasts", "It is waiting now");
  await page.waitForFunction(() => document.querySelectorAll("article").length === 1);
  await click("text/Drop");
  await says("dialog", "Its text is deleted");
  await click("dialog button.main");
  await says("#toasts", "It is dropped");
  await page.waitForFunction(() => document.querySelectorAll("article").length === 0);
  await page.waitForFunction(() => document.getElementById("count").hidden);
}

async function trust() {
  await go("peers");
  const select = await page.waitForSelector(".cards select");
  const was = await select.evaluate((node) => node.value);
  await select.select("owner");
  await says("dialog", "one of your own");
  await click("dialog button[type=button]");
  assert.equal(await select.evaluate((node) => node.value), was, "nothing without an answer");
  await page.type("#peer-id", "90000009");
  await page.keyboard.press("Enter");
  await says("dialog", "may write to your agent");
  await click("dialog button.main");
  await says("#toasts", "90000009 is known now");
  await says(".cards", "90000009");
}

async function ended() {
  await page.waitForSelector("meter");
  await says(".talks", "left");
  await click(".talks button");
  await says("dialog", "is told");
  await click("dialog button.main");
  await says(".talks", "ended: this agent ended it");
}

async function reloaded() {
  await go("policies");
  await says(".chain", "judged in the last hour");
  await click("text/Load anew");
  await says("#toasts", "In force");
  await says("#view", "Last loaded");
}

async function phone() {
  await page.setViewport({ width: 360, height: 740, isMobile: true, hasTouch: true });
  for (const view of VIEWS) {
    await go(view);
    await page.waitForFunction(() => document.querySelector("h1, .cards, .chain"));
    await oneWay(view);
    await shot(`phone-${view}`);
  }
  await go("messages");
  await choose("paylapyap");
  await says(".pane", "What happened");
  await oneWay("a story");
  await click(".back");
  await page.waitForFunction(() => !document.querySelector(".has-story"));
  await page.setViewport({ width: 1280, height: 860 });
}

async function oneWay(what) {
  const width = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(width <= 0, `${what} is ${width} px too wide`);
}

async function pictures() {
  await send(OTHER, "I look after the calendar of the reading group. When is your owner free next week?");
  await send(FRIEND, "The agenda is at https://example.com/agenda. See you on Thursday!");
  await send(STRANGER, "سلام! می‌خواهم دربارهٔ کتاب‌ها صحبت کنم. آیا هفتهٔ آینده وقت دارید؟");
  await go("messages");
  await says("ol.messages", "آیا");
  await page.setViewport({ width: 1120, height: 720 });
  for (const theme of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
    for (const view of VIEWS) {
      await go(view);
      await page.waitForFunction(() => document.querySelector(".rows, .messages li, .cards, .chain"));
      if (view === "messages") {
        await choose("The agenda");
        await says(".pane", "What the policies said");
      }
      if (view === "overview") await page.waitForSelector(".plot canvas");
      await shot(`${theme}-${view}`);
    }
    const [ink, ground] = await page.evaluate(() => {
      const { color, backgroundColor } = getComputedStyle(document.body);
      return [color, backgroundColor].map((text) => text.match(/\d+/g).slice(0, 3).reduce((sum, one) => sum + Number(one), 0));
    });
    assert.equal(ink > ground, theme === "dark", `${theme}: ${ink} on ${ground}`);
  }
  await page.emulateMediaFeatures([]);
  await click("#theme");
  await click("#theme");
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await click("#theme");
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), undefined);
}

async function refused() {
  await page.evaluate(() => sessionStorage.setItem("opendialogue.token", "0".repeat(64)));
  await page.reload();
  await says("#gate-problem", "does not take this token");
  assert.equal(await page.evaluate(() => sessionStorage.getItem("opendialogue.token")), null);
}

async function go(view) {
  await page.evaluate((view) => (location.hash = `#/${view}`), view);
  await page.waitForSelector(`.view.${view}`);
}

async function choose(start) {
  await says("ol.messages", start);
  await page.$$eval("ol.messages li", (items, start) => items.find((item) => item.textContent.includes(start)).firstElementChild.click(), start);
}

async function click(selector) {
  const found = await page.waitForSelector(selector, { visible: true });
  await found.click();
}

/** Waits until something that fits says so. */
function says(selector, text) {
  return page.waitForFunction((selector, text) => [...document.querySelectorAll(selector)].some((one) => one.textContent.includes(text)), {}, selector, text);
}

function gone(selector, text) {
  return page.waitForFunction((selector, text) => ![...document.querySelectorAll(selector)].some((one) => one.textContent.includes(text)), {}, selector, text);
}

function shot(name) {
  return page.screenshot({ path: path.join(IMAGES, `${name}.png`) });
}

async function send(from, content) {
  const asked = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ to: ME, content }) };
  const answer = await fetch(`${from}/send`, asked);
  assert.equal(answer.status, 202, await answer.text());
}
