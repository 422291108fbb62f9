// What the browser tests share: a demo company, a browser, pages that are watched, and looking at a screen.
//
//   import { call, ensure, finish, go, open, REP, server, test, token, until } from "./lib.mjs";
//   test("the sentence that holds", async () => {
//     const page = await open(REP, { width: 390, theme: "dark" });   // signed in; closed when the test ends
//     await go(page, "/lists/deal");                                 // stands still: nothing travels, no skeleton
//     await page.click("text=New deal");
//     await until(async () => (await call("GET", "/api/v1/…", { token: await token(REP) })).json.count === 1, "one deal");
//   });
//   await finish();
//
// Each file has a company of its own: a fresh copy of the demo, so files do not depend on each other; the tests of one file
// share it and run in order. A test fails if one of its pages threw an error, was reported against the content security policy
// or Trusted Types, or let something jump while it loaded (layout shift before the first key or touch). Wait for what should be there, never for time: the machine is busy.
// A file is a program: node tests/web/day.test.mjs; TEST=regex picks tests. run.mjs runs all.
import { createRequire } from "node:module";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { BIN, call as callAt, PASSWORD, ROOT, run, serve, Skip, skip, signIn, tempDir } from "../e2e/lib.mjs";

export { PASSWORD, ROOT, skip };
export const ADMIN = "alex.winter@demo.example";
export const MANAGER = "celia.rouche@demo.example"; // of vicki
export const REP = "vicki.laflamme@demo.example";

const require = createRequire(join(ROOT, "web/package.json"));
const { chromium, expect: expectSoon } = require("@playwright/test");
export const expect = expectSoon.configure({ timeout: 20_000 }); // expect(locator).toBeVisible() and the like wait, also here
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const SHOTS = process.env.WEB_SHOTS ?? join(dirname(BIN), "shots");
mkdirSync(SHOTS, { recursive: true });

// ---- the company ----

// Of the file whose tests run: { base, port }. Changes with the file, so read server.base inside tests only.
export const server = { base: "", port: 0 };
let running = null;

// A folder with the demo company in it, made once and kept for a day: its dates are shifted to the day it is made on. moment: make
// it then, by the clock of the program, and not today.
async function preparedDemo(moment) {
  if (process.env.WEB_DEMO && !moment) return process.env.WEB_DEMO;
  const s = statSync(BIN);
  const key = createHash("sha256").update([BIN, s.size, s.mtimeMs, moment ?? new Date().toISOString().slice(0, 10)].join()).digest("hex").slice(0, 16);
  const all = join(tmpdir(), `fairlead-web-${userInfo().uid}`);
  const dir = join(all, key);
  if (existsSync(dir)) return dir;
  mkdirSync(all, { recursive: true, mode: 0o700 });
  for (const old of readdirSync(all)) if (Date.now() - statSync(join(all, old)).mtimeMs > 86_400_000) rmSync(join(all, old), { recursive: true, force: true });
  const fresh = mkdtempSync(join(all, "new-"));
  const first = await serve(["start", "--data", fresh, ...(moment ? ["--now", moment, "--clock", moment] : [])]);
  await first.stop();
  try {
    renameSync(fresh, dir);
  } catch {
    rmSync(fresh, { recursive: true, force: true }); // somebody else was first
  }
  return dir;
}

// What a file wants done to its company before the server starts: fn(cli), where cli("user", "add", ...) runs a command of the
// program there; cli.file(name, text) lays a file beside it and gives its path back.
// clock: { made, served, shown }, moments: the demo is made at the first, the server's clock starts at the second, and the browser's
// stands still at the third. None: the day it is.
// flags: more of them for the server.
let preparing = null;
let clock = null;
let more = [];
export function prepare(fn, clocks = null, flags = []) {
  preparing = fn;
  clock = clocks;
  more = flags;
}

export async function startCompany() {
  const dir = tempDir();
  cpSync(await preparedDemo(clock?.made), dir, { recursive: true });
  if (preparing) {
    const cli = (...args) => run([...args, "--data", dir, "--log", "error", ...(clock ? ["--now", clock.served, "--clock", clock.served] : [])], { input: `${PASSWORD}\n` }).out;
    cli.file = (name, text) => {
      writeFileSync(join(dir, name), text);
      return join(dir, name);
    };
    preparing(cli);
  }
  running = await serve(["start", "--data", dir, ...(clock ? ["--clock", clock.served] : []), ...more]);
  Object.assign(server, { base: running.base, port: running.port, dir });
  tokens.clear();
}

export async function stopCompany() {
  await running?.stop();
  running = null;
}

// One request to the API; { status, headers, text, json }. how: { token, body, headers }.
export const call = (method, path, how) => callAt(server.base, method, path, how);

const tokens = new Map();
export async function token(email, password = PASSWORD) {
  if (!tokens.has(email)) tokens.set(email, await signIn(server.base, email, password));
  return tokens.get(email);
}

// What the API answers somebody; fails unless it is a success.
export async function ask(email, path) {
  const r = await call("GET", path, { token: await token(email) });
  ensure(r.status === 200, `${path}: ${r.status} ${r.text}`);
  return r.json;
}

// The record of the first task of somebody's day: a deal of the demo that has something to do.
export async function firstDeal(email = REP) {
  return (await ask(email, "/api/v1/my-day?limit=1")).data[0].record.id;
}

export function ensure(ok, what) {
  if (!ok) throw new Error(typeof what === "function" ? what() : what);
}

// Asks again and again until the answer is truthy, and gives it back.
export async function until(ask, what, ms = 20_000) {
  const end = Date.now() + ms;
  let last;
  for (;;) {
    try {
      const got = await ask();
      if (got) return got;
      last = undefined;
    } catch (e) {
      last = e;
    }
    if (Date.now() > end) throw new Error(`not within ${ms / 1000} s: ${typeof what === "function" ? what() : what}${last ? ` (${last.message})` : ""}`);
    await new Promise((done) => setTimeout(done, 40));
  }
}

// ---- the browser ----

// The shell is the same Chromium without the window around it: half the work for the same pages.
const BROWSERS = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];
let launched = null;
export async function browser() {
  if (launched && !(await launched).isConnected()) launched = null; // it died: that fails one test, not all behind it
  launched ??= chromium.launch({
    executablePath: process.env.CHROMIUM ?? BROWSERS.find(existsSync),
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
      "--font-render-hinting=none", "--force-color-profile=srgb", "--disable-lcd-text", "--hide-scrollbars"],
  });
  return launched;
}

const opened = new Set();
let traffic = 0;
export const requestsSeen = () => traffic;

// Runs in the page before anything else of it.
function watch() {
  window.seen = { shift: [], policy: [] };
  // What moves after somebody touched a key or the screen answers them, however late a busy machine makes it.
  let touched = false;
  for (const kind of ["keydown", "pointerdown", "input"]) addEventListener(kind, () => (touched = true), { capture: true, once: true });
  const name = (n) => (n instanceof Element ? `${n.localName}${n.id ? `#${n.id}` : ""}${[...n.classList].map((c) => `.${c}`).join("")}` : n?.parentElement ? `the words "${n.textContent.trim().slice(0, 20)}" in ${name(n.parentElement)}` : "?");
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) if (!e.hadRecentInput && !touched) window.seen.shift.push(`${e.value.toFixed(4)} of ${e.sources.map((s) => `${name(s.node)} from ${[s.previousRect.x, s.previousRect.y]} to ${[s.currentRect.x, s.currentRect.y]}`).join(", ")}`);
  }).observe({ type: "layout-shift", buffered: true });
  // What was asked of the server and is not answered to the last byte.
  window.flying = 0;
  const counted = (f) => function (...a) {
    window.flying++;
    return f.apply(this, a).finally(() => window.flying--);
  };
  window.fetch = counted(window.fetch).bind(window);
  for (const read of ["text", "json", "blob", "arrayBuffer"]) Response.prototype[read] = counted(Response.prototype[read]);
  document.addEventListener("securitypolicyviolation", (e) => window.seen.policy.push(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
}

export async function collect(page) {
  const s = page.state;
  const seen = await page.evaluate(() => { const x = window.seen; if (x) window.seen = { shift: [], policy: [] }; return x; }).catch(() => null);
  const at = page.url().slice(server.base.length) || "/";
  for (const p of seen?.policy ?? []) s.wrong.push(`${at}: against the policy: ${p}`);
  if (s.shiftCounts) for (const v of seen?.shift ?? []) s.wrong.push(`${at}: layout shift ${v}`);
}

// A page of its own in a context of its own, signed in as somebody of the demo company (null: nobody).
//   width, height  of the window; below 640 a phone: touch, mobile
//   theme          light or dark, as the system says
//   touch          fingers instead of a mouse
//   cpu            how many times slower the processor is to be
//   motion         "reduce" (default) or "no-preference"
//   shift          false: do not fail when something jumps (only where jumping is what is tested)
//   script         false: without JavaScript
export async function open(email, { width = 1280, height = width < 640 ? 844 : 860, theme = "light", touch = width < 640, cpu = 1, motion = "reduce", shift = true, script = true, ...more } = {}) {
  const context = await (await browser()).newContext({ baseURL: server.base, viewport: { width, height }, colorScheme: theme, hasTouch: touch, isMobile: touch, locale: "en-US", timezoneId: "UTC", reducedMotion: motion, javaScriptEnabled: script, ...more });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  page.state = { wrong: [], shiftCounts: shift, theme, width };
  opened.add(page);
  await context.addInitScript(watch);
  if (clock) await page.clock.setFixedTime(clock.shown); // Date alone: timers run as ever
  page.on("console", (m) => { if (/Content Security Policy|TrustedHTML|TrustedScript/.test(m.text())) page.state.wrong.push(`${page.url()}: ${m.text()}`); });
  page.on("pageerror", (e) => page.state.wrong.push(`${page.url()}: ${e.stack ?? e.message}`));
  page.on("request", () => traffic++);
  if (email) {
    const r = await context.request.post("/api/v1/demo-sign-in", { data: { email } });
    ensure(r.status() === 200, `sign-in of ${email}: ${r.status()}`);
  }
  if (cpu !== 1) await slowDown(page, cpu);
  return page;
}

export async function slowDown(page, rate) {
  const cdp = (page.state.cdp ??= await page.context().newCDPSession(page));
  await cdp.send("Emulation.setCPUThrottlingRate", { rate });
  page.state.rate = rate;
}

// Waits until the page stands: a heading, no skeleton, nothing on its way, and two frames later still so.
export async function settled(page, ms = 30_000) {
  let why = "";
  await until(async () => {
    why = await page.evaluate(() => new Promise((done) => {
      const waits = () => (document.readyState !== "complete" ? "still loads" : !document.querySelector("h1") ? "has no heading" : document.querySelector(".skeleton") ? "shows a skeleton" : document.fonts.status !== "loaded" ? "waits for fonts" : window.flying > 0 ? `waits for ${window.flying} answers` : "");
      const first = waits();
      if (first) done(first);
      else requestAnimationFrame(() => requestAnimationFrame(() => done(waits())));
    }));
    return why === "";
  }, () => `${page.url()} stands still: it ${why}`, ms);
}

// Opens an address and waits until it stands.
export async function go(page, path) {
  await collect(page);
  await page.goto(server.base + path);
  await settled(page);
}

// A picture of the window, named <name>-<theme>-<width>.png.
export async function shot(page, name) {
  await page.screenshot({ path: join(SHOTS, `${name}-${page.state.theme}-${page.state.width}.png`), animations: "disabled", caret: "hide" });
}

// Rules of axe that look at colours: what a theme can break.
export const COLOURS = ["color-contrast", "link-in-text-block"];

// What axe finds wrong (WCAG 2.2 A and AA, best practice), one line each. rules: these alone. Of an open dialog or panel, with the
// button that opened it; of the whole page where none is open.
export async function axe(page, { rules } = {}) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axeSource); // not as a script of the page: its policy would refuse that
  return page.evaluate(async (rules) => {
    const parts = [...document.querySelectorAll("dialog[open], .popover:popover-open")];
    if (parts.length && !document.querySelector("dialog[open]")) parts.push(...document.querySelectorAll("[aria-expanded=true]"));
    const found = await window.axe.run(parts.length ? { include: parts } : document, {
      runOnly: rules ? { type: "rule", values: rules } : { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] },
      resultTypes: ["violations"], preload: false, performanceTimer: false,
    });
    return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target}: ${n.failureSummary?.split("\n")[1]?.trim() ?? v.help}`));
  }, rules ?? null);
}

// Looks at a screen as it stands: takes a picture; no finding of axe, nothing wider than the window. What is wrong fails the test,
// and is given back.
export async function looksWell(page, name) {
  await settled(page);
  await shot(page, name);
  const wrong = await axe(page);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) wrong.push(`scrolls sideways by ${over} px`);
  for (const w of wrong) page.state.wrong.push(`${w} (${name})`);
  return wrong;
}

// Sends a key to the page again and again, as somebody who does not wait: no pause, no look at the page in between.
export async function keys(page, ...names) {
  for (const k of names) {
    if (k.startsWith("=")) await page.keyboard.type(k.slice(1));
    else await page.keyboard.press(k);
  }
}

// ---- tests ----

const TEST_MS = 480_000; // of one test: the walk through all screens takes two minutes, and more on a machine that does much else
const registered = [];
export function test(name, fn) {
  registered.push({ name, fn });
}

// What is wrong, each thing once with the places it was seen at.
function short(wrong) {
  const places = new Map();
  for (const w of wrong) {
    const [, what, where] = /^(.*?)(?: \(([\w-]+)\))?$/s.exec(w);
    places.set(what, [...(places.get(what) ?? []), ...(where ? [where] : [])]);
  }
  return [...places].slice(0, 20).map(([what, where]) => (where.length ? `${what} (${[...new Set(where)].join(", ")})` : what)).join("\n     ");
}

async function runOne(t) {
  let trouble = null;
  let limit;
  try {
    await Promise.race([t.fn(), new Promise((_, fail) => { limit = setTimeout(() => fail(new Error(`not at its end after ${TEST_MS / 1000} s`)), TEST_MS); })]);
  } catch (e) {
    trouble = e;
  }
  clearTimeout(limit);
  const wrong = [];
  let n = 0;
  for (const page of opened) {
    await collect(page);
    wrong.push(...page.state.wrong);
    if (trouble && !(trouble instanceof Skip)) await page.screenshot({ path: join(SHOTS, `failed-${t.name.replace(/[^a-z0-9]+/gi, "-").slice(0, 60)}-${n++}.png`), timeout: 5000 }).catch(() => undefined);
    await page.context().close();
  }
  opened.clear();
  if (trouble instanceof Skip || (trouble && wrong.length === 0)) throw trouble;
  if (trouble) throw new Error(`${trouble.stack}\n     also: ${short(wrong)}`);
  if (wrong.length) throw new Error(short(wrong));
}

// At the end of each file: runs its tests in order, on a company of their own. The last line counts them.
export async function finish() {
  const only = process.env.TEST && new RegExp(process.env.TEST);
  const chosen = registered.filter((t) => !only || only.test(t.name));
  const count = { passed: 0, failed: 0, skipped: 0 };
  if (chosen.length) await startCompany();
  for (const t of chosen) {
    const begun = Date.now();
    const took = () => `(${((Date.now() - begun) / 1000).toFixed(1)} s)`;
    try {
      await runOne(t);
      count.passed++;
      console.log(`ok   ${t.name} ${took()}`);
    } catch (e) {
      if (e instanceof Skip) {
        count.skipped++;
        console.log(`skip ${t.name}: ${e.message}`);
      } else {
        count.failed++;
        console.log(`FAIL ${t.name} ${took()}: ${e.stack ?? e}`);
      }
    }
  }
  if (chosen.length) await stopCompany();
  await (await launched)?.close();
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  process.exit(count.failed ? 1 : 0);
}
