// Every screen in the states nobody likes: slow, broken, refused, cut off, and of a company that has nothing yet. What happened is said
// where the content would stand, in words, with a way on; and the way on works. (Screens full of records: walk.mjs; ten thousand
// of them: budgets.test.mjs; a filter that is refused or finds nothing: lists.test.mjs.)
import { serve, tempDir } from "../e2e/lib.mjs";
import { ADMIN, axe, call, ensure, expect, finish, firstDeal, go, MANAGER, open, PASSWORD, REP, server, settled, shot, test } from "./lib.mjs";

const SCREENS = [
  ["day", "/", REP, ".task-card"],
  ["run", "/run", REP, ".task-card.big"],
  ["team", "/?team=1", MANAGER, ".team"],
  ["list", "/lists/deal", REP, ".grid-row"],
  ["board", "/board/deal?who=me", REP, ".column"],
  ["record", async () => `/records/deal/${await firstDeal()}`, REP, ".record-side .fact"],
  ["manual", "/manual", REP, ".contents"],
  ["page", "/manual/workflow/closing", REP, ".reading-text"],
  ["versions", "/manual/versions", REP, "main >> text=The starter manual."],
  ["policies", "/policies", REP, ".policy"],
  ["figures", "/figures", REP, ".tile"],
  ["notifications", "/notifications", REP, ".empty, .notice-group"],
  ["users", "/settings/users", ADMIN, "main table"],
  ["roles", "/settings/roles", ADMIN, "main table"],
];
const address = async (path) => (typeof path === "function" ? path() : path);

// To an address by a link in the page, so that the page itself is not loaded again. Run mode takes the house away, which is no jump
// for whoever asked for it: there the link is pressed.
async function enter(page, href) {
  if (href === "/run") await page.keyboard.press("Shift");
  await page.evaluate((to) => {
    const a = document.createElement("a");
    a.href = to;
    document.body.append(a);
    a.click();
    a.remove();
  }, href);
}

// Everything the client asks of the server from now on is answered so; the stream of changes goes on.
const API = /\/api\/v1\/(?!events)/;
async function answering(page, how) {
  await page.context().route(API, how);
  return () => page.context().unroute(API);
}
const problem = (status, code, detail, way_out) => (r) => r.fulfill({ status, contentType: "application/problem+json", body: JSON.stringify({ type: `/problems/${code}`, title: detail, status, code, detail, way_out, request_id: "7" }) });

// Stands the screen as a screen should, whatever it says?
async function sound(page, name) {
  for (const w of await axe(page)) page.state.wrong.push(`${w} (${name})`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) page.state.wrong.push(`scrolls sideways by ${over} px (${name})`);
  await shot(page, name);
}

const STATES = [
  ["broken", 1280, "says that the server failed, and goes on when it works again", problem(500, "internal", "The works stopped here.", "Try again in a minute."), ["The works stopped here.", "Try again in a minute."]],
  ["refused", 390, "says that somebody may not see it, and who may", problem(403, "access.denied", "Your roles do not let you see this.", "Ask Alex Winter."), ["Your roles do not let you see this.", "Ask Alex Winter."]],
  ["cut-off", 390, "says that there is no connection, and goes on when there is", (r) => r.abort(), ["The server cannot be reached."]],
];
for (const [state, width, says, how, words] of STATES) {
  test(`each screen ${says}`, async () => {
    const pages = new Map();
    const wrong = [];
    for (const [name, path, who, ready] of SCREENS) {
      if (!pages.has(who)) pages.set(who, await open(who, { width }));
      const page = pages.get(who);
      await go(page, "/settings");
      const restore = await answering(page, how);
      await enter(page, await address(path));
      try {
        for (const w of words) await expect(page.locator("main")).toContainText(w, { timeout: 8000 });
        await expect(page.locator("h1")).toBeVisible();
        if (state === "cut-off") await expect(page.locator(".banner")).toContainText("No connection");
        if (state === "broken") await sound(page, `${name}-${state}`); // the others are the same note with other words
        await restore();
        if (state === "refused") continue;
        await page.locator("main").getByRole("button", { name: "Try again" }).first().click({ timeout: 8000 });
        await page.waitForSelector(ready, { timeout: 8000 });
        await settled(page);
        ensure((await page.locator("main [role=alert]").count()) === 0, "the trouble still stands there");
      } catch (e) {
        wrong.push(`${name}: ${e.message.split("\n")[0]}`);
        await restore();
      }
    }
    ensure(wrong.length === 0, wrong.join("\n     "));
  });
}

test("a slow answer shows nothing at first, then boxes of the final size, and nothing jumps", async () => {
  const wrong = [];
  const pages = new Map();
  for (const [name, path, who, ready] of SCREENS) {
    if (!pages.has(who)) pages.set(who, await open(who));
    const page = pages.get(who);
    await go(page, "/settings");
    let free = () => undefined;
    const wait = new Promise((done) => (free = done));
    const restore = await answering(page, async (r) => { await wait; await r.continue(); });
    await enter(page, await address(path));
    try {
      await page.waitForFunction(() => document.querySelector("main .skeleton:not(.early)") !== null, null, { timeout: 8000 });
      await expect(page.locator("h1")).toBeVisible();
    } catch {
      wrong.push(`${name}: no boxes stand where the content will`);
    }
    free();
    await page.waitForSelector(ready);
    await settled(page);
    await restore();
  }
  ensure(wrong.length === 0, wrong.join("\n     "));
});

test("a company that has nothing yet finds a way to begin on each screen", async () => {
  const mine = await serve(["start", "--empty", "--data", tempDir()]);
  const demo = { ...server };
  Object.assign(server, { base: mine.base, port: mine.port });
  try {
    const page = await open(null);
    const made = await page.context().request.post("/first-run", { form: { company: "Harbor Health", zone: "Europe/Berlin", currency: "EUR", name: "Mia Kane", email: "mia@harbor.example", password: PASSWORD, starter: "b2b-sales" }, maxRedirects: 0 });
    ensure([302, 303].includes(made.status()), `first run: ${made.status()} ${(await made.text()).slice(0, 200)}`);
    const wrong = [];
    for (const [name, path] of [["day", "/"], ["team", "/?team=1"], ["list", "/lists/deal"], ["board", "/board/deal"], ["manual", "/manual"], ["versions", "/manual/versions"], ["policies", "/policies"], ["breaches", "/policies?view=breaches"], ["figures", "/figures"], ["notifications", "/notifications"], ["users", "/settings/users"]]) {
      await go(page, path);
      const next = await page.locator("main a:visible, main button:visible").count();
      if (next === 0) wrong.push(`${name}: nothing to do there`);
      if ((await page.locator("main [role=alert]").count()) > 0) wrong.push(`${name}: trouble instead of emptiness`);
      await sound(page, `${name}-nothing`);
    }
    ensure(wrong.length === 0, wrong.join("\n     "));
    ensure((await call("GET", "/healthz")).json.manual_version === 1, "the company has a manual");
  } finally {
    Object.assign(server, demo);
    await mine.stop();
  }
});

await finish();
