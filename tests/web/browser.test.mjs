// The web client in a real browser, on the real demo company.
import { createRequire } from "node:module";
import { mkdirSync, mkdtempSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { call, finish, PASSWORD, ROOT, serve, signIn, tempDir, test } from "../e2e/lib.mjs";

const require = createRequire(join(ROOT, "web/package.json"));
const { chromium } = require("@playwright/test");
const { AxeBuilder } = require("@axe-core/playwright");

const REP = "vicki.laflamme@demo.example";
const MANAGER = "celia.rouche@demo.example";
const shots = process.env.WEB_SHOTS ?? mkdtempSync(join(tmpdir(), "fairlead-shots-"));
mkdirSync(shots, { recursive: true });

const server = await serve(["start", "--data", tempDir()]);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const admin = await signIn(server.base, "alex.winter@demo.example", PASSWORD);
const rep = await signIn(server.base, REP, PASSWORD);
const firstTask = (await call(server.base, "GET", "/api/v1/my-day?limit=1", { token: rep })).json.data[0];
const dealId = firstTask.record.id;

function ensure(ok, what) {
  if (!ok) throw new Error(what);
}

// What every page of every test must not do.
const reports = [];
let traffic = 0;
async function open(email, { width = 1280, theme = "light", touch = width < 640 } = {}) {
  const context = await browser.newContext({ viewport: { width, height: width < 640 ? 844 : 860 }, colorScheme: theme, hasTouch: touch, locale: "en-US", reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.addInitScript(() => {
    window.shift = 0;
    window.violations = [];
    new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) window.shift += e.value; }).observe({ type: "layout-shift", buffered: true });
    document.addEventListener("securitypolicyviolation", (e) => window.violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
  });
  page.on("console", (m) => { if (/Content Security Policy|TrustedHTML|TrustedScript/.test(m.text())) reports.push(`${page.url()}: ${m.text()}`); });
  page.on("pageerror", (e) => reports.push(`${page.url()}: ${e.message}`));
  page.on("request", () => traffic++);
  if (email) {
    await page.goto(`${server.base}/sign-in`);
    const button = page.locator(`button[value="${email}"]`);
    if (await button.count()) await button.click();
    else {
      await page.fill("#email", email);
      await page.fill("#password", PASSWORD);
      await page.click("button.primary");
    }
    await page.waitForSelector("h1");
  }
  page.close_ = async () => {
    reports.push(...(await page.evaluate(() => window.violations).catch(() => [])));
    await context.close();
  };
  return page;
}
async function go(page, path) {
  await page.goto(server.base + path);
  await page.waitForSelector("h1");
  await page.waitForFunction(() => !document.querySelector(".skeleton"), null, { timeout: 8000 });
  await page.waitForTimeout(250);
}

const SCREENS = [
  ["day", "/", REP], ["run", "/run", REP], ["team", "/?team=1", MANAGER], ["list", "/lists/deal", REP], ["list-empty", "/lists/deal?filter=name%20%3D%20%27nix%27", REP],
  ["list-refused", "/lists/deal?filter=stag%20%3D%201", REP], ["record", `/records/deal/${dealId}`, REP], ["history", `/records/deal/${dealId}?tab=history`, REP],
  ["record-gone", "/records/deal/1", REP], ["manual", "/manual", REP], ["page", "/manual/workflow/closing", REP], ["policy", "/manual/policy/first-reply", REP],
];
for (const width of [1280, 390]) {
  for (const theme of ["light", "dark"]) {
    test(`every screen is accessible and stands still: ${theme}, ${width} px`, async () => {
      const wrong = [];
      for (const who of [REP, MANAGER]) {
        const page = await open(who, { width, theme });
        for (const [name, path, whose] of SCREENS) {
          if (whose !== who) continue;
          await go(page, path);
          await page.screenshot({ path: join(shots, `${name}-${theme}-${width}.png`) });
          const shift = await page.evaluate(() => window.shift);
          if (shift > 0) wrong.push(`${name}: layout shift ${shift}`);
          if ((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) > 0) wrong.push(`${name}: scrolls sideways`);
          const axe = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
          for (const v of axe.violations) wrong.push(`${name}: ${v.id}: ${v.nodes[0].target} ${v.nodes[0].failureSummary?.split("\n")[1] ?? ""}`);
        }
        await page.close_();
      }
      const page = await open(null, { width, theme });
      for (const [name, path] of [["sign-in", "/sign-in"], ["about", "/about"], ["error", "/nothing-here"]]) {
        await page.goto(server.base + path);
        await page.screenshot({ path: join(shots, `${name}-${theme}-${width}.png`) });
        const axe = await new AxeBuilder({ page }).analyze();
        for (const v of axe.violations) wrong.push(`${name}: ${v.id}: ${v.nodes[0].target}`);
      }
      await page.close_();
      ensure(wrong.length === 0, wrong.join("\n     "));
    });
  }
}

test("dialogs, menus and the palette are accessible", async () => {
  const wrong = [];
  for (const theme of ["light", "dark"]) {
    const page = await open(REP, { theme });
    const look = async (name) => {
      await page.waitForTimeout(150);
      await page.screenshot({ path: join(shots, `${name}-${theme}-1280.png`) });
      const axe = await new AxeBuilder({ page }).analyze();
      for (const v of axe.violations) wrong.push(`${name} ${theme}: ${v.id}: ${v.nodes[0].target}`);
      await page.keyboard.press("Escape");
    };
    await go(page, "/");
    await page.keyboard.press("Control+k");
    await page.keyboard.type("isd");
    await page.waitForSelector(".palette-row");
    await look("palette");
    await page.keyboard.press("?");
    await look("keys");
    await page.keyboard.press("c");
    await look("create");
    await page.click(".rail-me");
    await look("me");
    await page.click("text=Not now");
    await look("not-now");
    await go(page, `/records/deal/${dealId}`);
    await page.keyboard.press("l");
    await look("log");
    await go(page, "/lists/deal");
    await page.click("text=Add a condition");
    await look("condition");
    await page.click(".head-button >> nth=1");
    await look("column");
    await page.close_();
  }
  ensure(wrong.length === 0, wrong.join("\n     "));
});

test("signing in works without script, refuses kindly and keeps what was typed", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.base}/manual/workflow/closing`);
  ensure(page.url().includes("/sign-in?next="), `not led to the sign-in page: ${page.url()}`);
  await page.fill("#email", REP);
  await page.fill("#password", "wrong wrong wrong");
  await page.click("button.primary");
  ensure((await page.textContent(".trouble")).includes("do not match"), "no reason given");
  ensure((await page.inputValue("#email")) === REP, "the address was lost");
  await page.fill("#password", PASSWORD);
  await page.click("button.primary");
  ensure(page.url().endsWith("/manual/workflow/closing"), `not brought back: ${page.url()}`);
  await context.close();
  const evil = await fetch(`${server.base}/sign-in`, { method: "POST", redirect: "manual", headers: { "content-type": "application/x-www-form-urlencoded" }, body: `demo=${encodeURIComponent(REP)}&next=${encodeURIComponent("//evil.example/")}` });
  ensure(evil.headers.get("location") === "/", `leads elsewhere: ${evil.headers.get("location")}`);
});

test("files are compressed beforehand, never change, and pages carry the strict policy", async () => {
  const html = await (await fetch(`${server.base}/sign-in`)).text();
  const css = /href="(\/assets\/main-[^"]+\.css)"/.exec(html)?.[1];
  const js = /href="(\/assets\/main-[^"]+\.js)"/.exec(html)?.[1];
  ensure(css && js, "the page names no files");
  for (const [coding, want] of [["br, gzip", "br"], ["gzip", "gzip"], ["br;q=0, gzip;q=0.5", "gzip"], ["identity", null]]) {
    const r = await fetch(server.base + js, { headers: { "accept-encoding": coding } });
    ensure(r.headers.get("content-encoding") === want, `${coding}: ${r.headers.get("content-encoding")}`);
    ensure((await r.text()).length > 10_000, `${coding}: the body is short`);
    ensure(/immutable/.test(r.headers.get("cache-control") ?? ""), "not immutable");
  }
  const tag = (await fetch(server.base + css)).headers.get("etag");
  ensure((await fetch(server.base + css, { headers: { "if-none-match": tag } })).status === 304, "the tag does not hold");
  const policy = (await fetch(`${server.base}/sign-in`)).headers.get("content-security-policy") ?? "";
  for (const word of ["script-src 'self'", "style-src 'self'", "require-trusted-types-for 'script'", "frame-ancestors 'none'"]) ensure(policy.includes(word), `policy lacks ${word}`);
  ensure(!policy.includes("unsafe"), "policy has unsafe");
  ensure((await fetch(`${server.base}/assets/main-nix.js`)).status === 404, "unknown files are not 404");
});

test("the theme is there before the first paint, and stays", async () => {
  const page = await open(REP, { theme: "light" });
  await go(page, "/");
  await page.click(".rail-me");
  await page.click("label:has-text('Dark')");
  const html = await (await page.context().request.get(`${server.base}/`)).text();
  ensure(/<html lang="en" data-theme="dark">/.test(html), "the server does not write it");
  await page.reload();
  ensure((await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--bg").trim())) === "#111518", "not dark");
  await page.close_();
});

test("my day by keyboard: next task, fill in what a step asks for, back later, undo", async () => {
  const page = await open(REP);
  await go(page, "/");
  const title = () => page.textContent(".task-card .task-title");
  const record = () => page.textContent(".task-card .task-record a");
  const before = [await title(), await record()];
  await page.keyboard.press("j");
  ensure((await page.evaluate(() => document.activeElement?.classList.contains("task-card"))) === true, "the card does not take the focus");
  ensure((await page.evaluate(() => new URL(location.href).searchParams.get("task"))) !== null, "the address does not say which task");
  await page.keyboard.press("k");
  ensure([await title(), await record()].join() === before.join(), "not back at the first");
  await page.click("text=Not now");
  await page.keyboard.press("ArrowDown");
  await page.click(".not-now .menu-item >> nth=1");
  await page.waitForSelector(".toast");
  ensure([await title(), await record()].join() !== before.join(), "the task is still first");
  await page.keyboard.press("Control+z");
  await page.waitForFunction(([a]) => document.querySelector(".task-card .task-title")?.textContent === a, before);
  ensure(before[0] === "Find the account", `the demo begins with ${before[0]}`);
  const task = (await call(server.base, "GET", "/api/v1/my-day?limit=1", { token: rep })).json.data[0];
  await page.click(".task-card .fact-edit");
  await page.keyboard.type("Isdom");
  await page.waitForSelector(".option[aria-selected=true]");
  await page.keyboard.press("Enter");
  await page.waitForFunction(([a, b]) => document.querySelector(".task-card .task-title")?.textContent + document.querySelector(".task-card .task-record a")?.textContent !== a + b, before, { timeout: 5000 });
  const closed = (await call(server.base, "GET", `/api/v1/tasks/${task.id}`, { token: rep })).json;
  ensure(closed.closed_as === "done", `the step is ${closed.closed_as || "open"}`);
  await page.close_();
});

test("run the queue: one card at a time, leave with Escape", async () => {
  const page = await open(REP);
  await go(page, "/");
  await page.keyboard.press("r");
  await page.waitForSelector(".task-card.big");
  const first = await page.getAttribute(".task-card", "aria-label");
  await page.keyboard.press("n");
  await page.waitForFunction((a) => document.querySelector(".task-card")?.getAttribute("aria-label") !== a, first);
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => location.pathname === "/");
  await page.close_();
});

test("an outcome closes in place, can be taken back, and is sent", async () => {
  const asked = await call(server.base, "POST", "/api/v1/tasks", { token: rep, body: { record: dealId, title: "Send the price list", due: new Date(Date.now() - 3_600_000).toISOString() } });
  ensure(asked.status === 201, asked.text);
  const page = await open(REP);
  await go(page, `/?task=${asked.json.id}`);
  const label = "Send the price list";
  ensure((await page.textContent(".task-card .task-title")) === label, "the address does not open the task");
  await page.keyboard.press("Control+Enter");
  await page.waitForFunction((x) => document.querySelector(".task-card .task-title")?.textContent !== x, label);
  await page.keyboard.press("Control+z");
  await page.waitForFunction((x) => document.querySelector(".task-card .task-title")?.textContent === x, label);
  await page.keyboard.press("Control+Enter");
  await page.waitForFunction((x) => document.querySelector(".task-card .task-title")?.textContent !== x, label);
  for (let i = 0; ; i++) {
    const r = await call(server.base, "GET", `/api/v1/tasks/${asked.json.id}`, { token: rep });
    if (r.json.closed_as === "done") break;
    ensure(i < 40, "not sent after 8 s");
    await new Promise((done) => setTimeout(done, 200));
  }
  await page.close_();
});

test("a call is logged in three actions and stands on the timeline", async () => {
  const page = await open(REP);
  await go(page, `/records/deal/${dealId}`);
  await page.keyboard.press("l");
  await page.keyboard.type("They asked for two quotes");
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector(".event.activity >> text=They asked for two quotes", { timeout: 4000 });
  await page.close_();
});

test("facts are edited in place; a refusal keeps what was typed", async () => {
  const page = await open(REP);
  await go(page, `/records/deal/${dealId}`);
  const edit = (label) => page.locator(`.record-side .fact:has(.fact-label:text-is("${label}")) .fact-edit`);
  await edit("Opportunity number").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("WEB-1");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => [...document.querySelectorAll(".record-side .fact")].some((f) => f.textContent.includes("WEB-1")));
  await edit("Amount").click();
  await page.keyboard.type("-5");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".record-side .field-error");
  ensure((await page.inputValue(".record-side .fact.editing input")) === "-5", "what was typed is gone");
  await page.keyboard.press("Escape");
  await page.keyboard.press("h");
  await page.waitForSelector(".history td >> text=WEB-1", { timeout: 5000 }).catch(async (e) => { await page.screenshot({ path: join(shots, "facts-failed.png") }); throw e; });
  await page.click(".history tr:has-text('WEB-1') button");
  await page.waitForSelector(".toast >> text=Taken back");
  await page.close_();
});

test("a change by somebody else shows within a second and does not disturb typing", async () => {
  const page = await open(REP);
  await go(page, `/records/deal/${dealId}`);
  await page.locator('.record-side .fact:has(.fact-label:text-is("Name")) .fact-edit').click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("half a na");
  const now = await call(server.base, "GET", `/api/v1/records/deal/${dealId}`, { token: admin });
  const t0 = Date.now();
  const r = await call(server.base, "PATCH", `/api/v1/records/deal/${dealId}`, { token: admin, body: { next_step: "Ms Okafor calls back", amount: { amount: "77", currency: "USD" } }, headers: { "if-match": now.headers.get("etag") } });
  ensure(r.status === 200, r.text);
  await page.waitForFunction(() => [...document.querySelectorAll(".record-side .fact")].some((f) => f.textContent.includes("Ms Okafor calls back")), null, { timeout: 3000, polling: 20 });
  ensure(Date.now() - t0 < 1000, `it took ${Date.now() - t0} ms`);
  ensure((await page.evaluate(() => document.activeElement?.value)) === "half a na", "typing was disturbed");
  await page.keyboard.press("Escape");
  await page.close_();
});

test("two people change different fields: both stay; the same field: one chooses", async () => {
  const page = await open(REP);
  await go(page, `/records/deal/${dealId}`);
  await page.route("**/api/v1/events", (r) => r.abort());
  await page.reload();
  await page.waitForSelector(".record-side .fact-edit");
  await page.waitForTimeout(400);
  const patch = async (body) => {
    const now = await call(server.base, "GET", `/api/v1/records/deal/${dealId}`, { token: admin });
    const r = await call(server.base, "PATCH", `/api/v1/records/deal/${dealId}`, { token: admin, body, headers: { "if-match": now.headers.get("etag") } });
    ensure(r.status === 200, r.text);
  };
  await patch({ next_step: "Theirs" });
  const edit = async (label, text) => {
    await page.locator(`.record-side .fact:has(.fact-label:text-is("${label}")) .fact-edit`).click();
    await page.keyboard.press("Control+a");
    await page.keyboard.type(text);
    await page.keyboard.press("Enter");
  };
  await edit("Opportunity number", "MINE-2");
  await page.waitForFunction(() => document.body.textContent.includes("Theirs"));
  let row = (await call(server.base, "GET", `/api/v1/records/deal/${dealId}`, { token: admin })).json;
  for (let i = 0; row.number !== "MINE-2" && i < 20; i++) {
    await page.waitForTimeout(100);
    row = (await call(server.base, "GET", `/api/v1/records/deal/${dealId}`, { token: admin })).json;
  }
  ensure(row.number === "MINE-2" && row.next_step === "Theirs", "not both are there");
  await patch({ number: "ADMIN-3" });
  await edit("Opportunity number", "MINE-4");
  await page.waitForSelector("dialog >> text=changed by two people");
  await page.screenshot({ path: join(shots, "conflict-light-1280.png") });
  await page.click(".choice >> text=MINE-4");
  for (let i = 0; i < 20; i++) {
    row = (await call(server.base, "GET", `/api/v1/records/deal/${dealId}`, { token: admin })).json;
    if (row.number === "MINE-4") break;
    await page.waitForTimeout(100);
  }
  ensure(row.number === "MINE-4", `the choice was not saved: ${row.number}`);
  await page.close_();
});

test("without a connection changes wait, survive a closed page, and are sent", async () => {
  const page = await open(REP);
  await go(page, `/records/deal/${dealId}`);
  await page.context().setOffline(true);
  await page.locator('.record-side .fact:has(.fact-label:text-is("Opportunity number")) .fact-edit').click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("OFFLINE-5");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".banner >> text=1 change waits", { timeout: 8000 });
  await page.screenshot({ path: join(shots, "offline-light-1280.png") });
  await page.context().setOffline(false);
  await page.reload();
  for (let i = 0; ; i++) {
    const row = (await call(server.base, "GET", `/api/v1/records/deal/${dealId}`, { token: admin })).json;
    if (row.number === "OFFLINE-5") break;
    ensure(i < 60, "not sent after 12 s");
    await page.waitForTimeout(200);
  }
  await page.close_();
});

test("all deals scroll without a stutter, with at most sixty rows in the page", async () => {
  const page = await open("alex.winter@demo.example");
  await go(page, "/lists/deal");
  ensure((await page.textContent(".screen-meta")).includes("8,800"), `count: ${await page.textContent(".screen-meta")}`);
  await page.waitForFunction(() => document.querySelector("[role=status].sr") === null, null, { timeout: 20_000 });
  await page.waitForTimeout(300);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  const busy = async () => (await cdp.send("Performance.getMetrics")).metrics.find((m) => m.name === "TaskDuration").value;
  const before = await busy();
  const r = await page.evaluate(async () => {
    const grid = document.querySelector(".grid");
    const passes = [];
    let most = 0;
    const idle = [];
    for (let i = 0, last = performance.now(); i < 60; i++) {
      await new Promise(requestAnimationFrame);
      idle.push(performance.now() - last);
      last = performance.now();
    }
    // The best of three passes: other programs on the machine cost frames too.
    for (let pass = 0; pass < 3; pass++) {
      const frames = [];
      let last = performance.now();
      for (let i = 0; i < 60; i++) {
        grid.scrollTop += 200; // twelve thousand pixels a second: a hard fling
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        frames.push(now - last);
        last = now;
        most = Math.max(most, document.querySelectorAll(".grid-row").length);
      }
      passes.push(frames.sort((a, b) => a - b)[Math.floor(frames.length * 0.95)]);
    }
    grid.scrollTop = grid.scrollHeight;
    await new Promise((done) => setTimeout(done, 300));
    return { p95: Math.min(...passes), idle: idle.sort((a, b) => a - b)[57], most, end: [...document.querySelectorAll(".grid-row")].map((x) => x.getAttribute("aria-rowindex")).includes("8801"), waits: document.querySelectorAll(".cell-wait").length };
  });
  const cost = ((await busy()) - before) * 1000 / 240; // of the page's thread, in processor time, for each frame
  console.log(`     frames while scrolling, p95: ${r.p95.toFixed(1)} ms, with nothing to do: ${r.idle.toFixed(1)} ms; ${cost.toFixed(1)} ms of work each; rows in the page: ${r.most}`);
  ensure(r.most <= 60, `${r.most} rows in the page`);
  ensure(r.end, "the last row is not reached");
  ensure(r.waits === 0, "rows are missing at the end");
  // Where more programs want to run than there are cores, frames come late whatever the page does: then its own work is judged.
  ensure(cost <= 17, `${cost} ms of work for each frame`);
  ensure(r.p95 <= 34 || loadavg()[0] > cpus().length, `p95 of frames is ${r.p95} ms`);
  await page.close_();
});

test("a list by keyboard: filter with an error while typing, move, edit a cell, open, back", async () => {
  const page = await open(REP);
  await go(page, "/lists/deal");
  await page.keyboard.press("f");
  await page.keyboard.type("stag = 'Won'");
  await page.waitForSelector(".filter-say.bad >> text=Did you mean stage?");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("owner = me and stage = 'Engaging'");
  await page.waitForSelector(".filter-say:not(.bad) >> text=Enter shows them");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.search.includes("Engaging"));
  await page.waitForTimeout(400);
  await page.locator("[data-cell='0-0']").focus();
  await page.keyboard.press("ArrowDown");
  for (let i = 0; i < 6; i++) await page.keyboard.press("ArrowRight");
  ensure((await page.evaluate(() => document.activeElement?.getAttribute("data-cell"))) === "1-6", "arrows do not move the focus");
  await page.keyboard.press("e");
  await page.keyboard.type("They send the plan");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector("[data-cell='1-6']")?.textContent === "They send the plan");
  ensure((await page.evaluate(() => document.activeElement?.getAttribute("data-cell"))) === "2-6", "Enter does not go down");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.pathname.startsWith("/records/deal/"));
  await page.waitForSelector(".walk >> text=/3 of/");
  await page.goBack();
  await page.waitForFunction(() => location.search.includes("Engaging"));
  ensure((await page.evaluate(() => history.length)) > 1, "no way back");
  await page.close_();
});

test("columns move, widen and hide, and stand in the address", async () => {
  const page = await open(REP);
  await go(page, "/lists/deal");
  const heads = () => page.$$eval(".head-button span.cut", (x) => x.map((y) => y.textContent));
  const was = await heads();
  await page.click(".head-button >> nth=1");
  await page.click("[role=menuitem]:has-text('Move to the left')");
  ensure((await heads())[0] === was[1], "did not move");
  const grip = await page.locator(".head-grip >> nth=0").boundingBox();
  await page.mouse.move(grip.x + 4, grip.y + 8);
  await page.mouse.down();
  await page.mouse.move(grip.x + 104, grip.y + 8, { steps: 5 });
  await page.mouse.up();
  const cols = await page.evaluate(() => new URL(location.href).searchParams.get("cols"));
  ensure(/^account:\d+,name/.test(cols ?? ""), `the address says ${cols}`);
  await page.reload();
  await page.waitForSelector(".head-button");
  ensure((await heads())[0] === was[1], "a reload forgets it");
  await page.close_();
});

test("Back gives the place and the focus back", async () => {
  const page = await open(REP, { width: 1280 });
  await go(page, "/");
  const link = page.locator(".task-card .task-record a");
  await link.focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.pathname.startsWith("/records/"));
  ensure((await page.evaluate(() => document.activeElement?.tagName)) === "H1", "the heading does not take the focus");
  await page.goBack();
  await page.waitForSelector(".task-card");
  await page.waitForFunction(() => document.activeElement?.closest(".task-record") !== null, null, { timeout: 3000 });
  await page.close_();
});

test("single keys can be switched off", async () => {
  const page = await open(REP);
  await go(page, "/");
  await page.keyboard.press("?");
  await page.click("dialog >> text=Single keys as shortcuts");
  await page.keyboard.press("Escape");
  await page.keyboard.press("r");
  await page.waitForTimeout(200);
  ensure((await page.evaluate(() => location.pathname)) === "/", "a single key still acts");
  await page.keyboard.press("Control+k");
  await page.waitForSelector("dialog.palette");
  await page.close_();
});

test("a new record needs one field; the manual's rules are shown at it", async () => {
  const page = await open(REP);
  await go(page, "/lists/account");
  await page.click("text=New account");
  await page.keyboard.type("Harbor Health");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.pathname.startsWith("/records/account/"));
  ensure((await page.textContent("h1")).includes("Harbor Health"), "not opened");
  await page.close_();
});

test("the manual: search, my role, a section by its link", async () => {
  const page = await open(REP);
  await go(page, "/manual/workflow/closing#agree-the-next-step");
  await page.waitForFunction(() => document.activeElement?.id === "agree-the-next-step");
  await page.fill("#manual-search", "coffee");
  await page.waitForSelector(".contents li a >> text=Closing");
  await page.fill("#manual-search", "");
  const mine = await page.locator(".contents li").count();
  await page.click("text=Everything");
  ensure((await page.locator(".contents li").count()) > mine, "my role shows everything");
  await page.close_();
});

test("nothing was reported against the security policy, and no error was thrown", async () => {
  ensure(traffic > 100, "nothing was loaded");
  ensure(reports.length === 0, [...new Set(reports)].slice(0, 10).join("\n     "));
});

console.log(`screenshots: ${shots}`);
await finish();
