// The palette reaches every action, also in states that no address gives (those that one gives: screens-1280.test.mjs); and the work
// of a day with keys alone.
import { ADMIN, ask, call, ensure, expect, finish, firstDeal, go, keys, MANAGER, open, REP, settled, test, token, until } from "./lib.mjs";
import { inPalette, missing } from "./palette.mjs";
import { address } from "./sweep.mjs";

// States that an address alone does not give.
const MORE = [
  { name: "selected", path: "/lists/deal", who: REP, ready: ".grid-row", then: async (page) => { await keys(page, "j", "x"); await page.waitForSelector(".bulk-bar"); } },
  { name: "peeked", path: "/lists/deal", who: REP, ready: ".grid-row", then: async (page) => { await keys(page, "j", "Space"); await page.waitForSelector(".peek .fact"); } },
  { name: "grouped", path: "/lists/deal?group=stage", who: REP, ready: ".group-row" },
  { name: "filtered", path: "/lists/deal?filter=stage%20%3D%20%27Engaging%27", who: REP, ready: ".grid-row" },
  { name: "next", path: () => newDeal(), who: REP, ready: ".record", then: async (page) => { await page.waitForSelector("[data-focus=choose-next]"); } },
  { name: "view", path: async () => `/lists/deal?view=${(await call("POST", "/api/v1/views", { token: await token(MANAGER), body: { object: "deal", name: "Large ones", shared: true, filter: "amount > 1000", sort: "", group: "", columns: [] } })).json.id}&filter=amount%20%3E%202000`, who: MANAGER, ready: ".grid-row" },
  { name: "plain", path: "/lists/deal", who: REP, ready: ".grid-row", then: async (page) => { await palette(page, "As plain pages"); await page.waitForSelector(".pager"); } },
];
async function newDeal() {
  const account = (await call("POST", "/api/v1/records/account", { token: await token(REP), body: { name: "Stepless", country: "Kenya" } })).json.id;
  const { id } = (await call("POST", "/api/v1/records/deal", { token: await token(REP), body: { name: "Without a step", account, stage: "Engaging", next_step: "They ask IT", next_step_on: "2030-01-01", expected_close: "2030-02-01", engage_date: new Date().toISOString().slice(0, 10) } })).json;
  for (const t of (await ask(REP, `/api/v1/records/deal/${id}/work`)).tasks) await call("POST", `/api/v1/tasks/${t.id}/skip`, { token: await token(REP), body: { note: "not here" } });
  return `/records/deal/${id}`;
}

// Does something by its name in the palette, with keys alone.
async function palette(page, words) {
  await keys(page, "Control+k", `=>${words}`);
  await expect(page.locator(".palette-row .grow").first()).toHaveText(words);
  await page.keyboard.press("Enter");
  await page.locator("dialog.palette").waitFor({ state: "detached" });
}

test("P145 the palette reaches every action of screens in a state that no address gives", async () => {
  const wrong = [];
  const pages = new Map();
  for (const s of MORE) {
    if (!pages.has(s.who)) pages.set(s.who, await open(s.who, { shift: false }));
    const page = pages.get(s.who);
    await go(page, await address(s));
    await page.waitForSelector(s.ready, { state: "attached" });
    await s.then?.(page);
    await settled(page);
    for (const name of await missing(page)) wrong.push(`“${name}” stands on ${s.name} and not in the palette`);
  }
  ensure(wrong.length === 0, () => [...new Set(wrong)].join("\n     "));
});

// ---- with keys alone: nothing below touches a mouse or sets the focus by script ----

// Tab until the control of this name has the focus.
async function tabTo(page, name, max = 60) {
  const here = () => page.evaluate(() => {
    const el = document.activeElement;
    const clone = (el?.labels?.[0] ?? el)?.cloneNode(true);
    for (const x of clone?.querySelectorAll("[aria-hidden=true]") ?? []) x.remove();
    return (el?.getAttribute("aria-label") ?? clone?.textContent ?? "").replace(/\s+/g, " ").trim();
  });
  const seen = [];
  for (let i = 0; i < max; i++) {
    await page.keyboard.press("Tab");
    const at = await here();
    seen.push(at.slice(0, 30));
    if (typeof name === "string" ? at === name : name.test(at)) return;
  }
  throw new Error(`Tab does not reach ${name}: ${seen.join(" | ")}`);
}
const row = (id) => ask(REP, `/api/v1/records/deal/${id}`);

test("P145 the palette, with keys alone: sort, theme, a refused export, a field, a decision, a stage, undo, sign out", async () => {
  const id = (await newDeal()).split("/").pop();
  const page = await open(REP);
  await go(page, "/lists/deal");
  await palette(page, "Sort down");
  await page.waitForFunction(() => /sort=\w+(%20|\+)desc/.test(location.search));
  await palette(page, "Export as CSV"); // a sales rep may not
  await expect(page.getByRole("dialog")).toContainText("Not exported");
  await page.keyboard.press("Escape");
  await palette(page, "Dark");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await palette(page, "Columns");
  await expect(page.getByRole("group", { name: "Columns" }).first()).toBeVisible();
  await page.keyboard.press("Escape");
  await keys(page, "Control+k", "=#Without a step");
  await expect(page.locator(".palette-row .grow").first()).toHaveText("Without a step");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/records/deal/*");
  await settled(page);
  await palette(page, "Edit Next step");
  await keys(page, "Control+a", "=KEYS-1", "Enter");
  await until(async () => (await row(id)).next_step === "KEYS-1", "the field is saved");
  await palette(page, "Log a decision");
  await keys(page, "=They take two", "Control+Enter");
  await expect(page.locator(".event.activity", { hasText: "Decision: They take two" })).toBeVisible();
  await palette(page, "Prospecting");
  await until(async () => (await row(id)).stage === "Prospecting", "the stage is moved");
  await palette(page, "Undo");
  await until(async () => (await row(id)).stage === "Engaging", "the stage is taken back");
  await palette(page, "Sign out");
  await page.waitForURL("**/sign-in");
});

test("P145 actions that do not fit are not in the palette", async () => {
  const page = await open(REP);
  await go(page, "/lists/deal");
  const without = await inPalette(page);
  ensure(!without.includes("Undo") && !without.includes("Archive") && !without.includes("Clear the filter"), without.join());
  await keys(page, "j", "x");
  await page.waitForSelector(".bulk-bar");
  ensure((await inPalette(page)).includes("Change"), "rows are selected and cannot be changed");
  await go(page, "/board/deal?who=me");
  await page.waitForSelector("[data-card]");
  ensure(!(await inPalette(page)).includes("Move to…"), "no card has the focus, and one is offered to be moved");
  await page.keyboard.press("j");
  ensure((await inPalette(page)).includes("Move to…"), "a card has the focus and cannot be moved");
});

test("P145 with keys alone: a record is created, a stage moved by its menu, a fact edited, a task answered", async () => {
  const page = await open(REP);
  await go(page, "/lists/account");
  await palette(page, "New account");
  await keys(page, "=Keys and Sons", "Enter");
  await page.waitForFunction(() => location.pathname.startsWith("/records/account/"));
  await expect(page.locator("h1")).toContainText("Keys and Sons");
  const id = (await newDeal()).split("/").pop();
  const title = "Send the drawing";
  const task = (await call("POST", "/api/v1/tasks", { token: await token(REP), body: { record: id, title } })).json;
  await go(page, `/records/deal/${id}`);
  await keys(page, "s");
  await expect(page.getByRole("menuitemradio").first()).toBeFocused();
  await keys(page, "Enter"); // the first of the stages
  await until(async () => (await row(id)).stage === "Prospecting", "the stage is moved");
  await tabTo(page, "Edit Next step");
  await keys(page, "Enter", "Control+a", "=They call on Friday", "Enter");
  await until(async () => (await row(id)).next_step === "They call on Friday", "the fact is saved");
  await expect(page.locator(".task-title")).toHaveText(title);
  await palette(page, "Done");
  await until(async () => (await ask(REP, `/api/v1/tasks/${task.id}`)).closed_as === "done", "the task is answered");
});

test("P145 with keys alone: a list is filtered, many records are changed at once", async () => {
  const mine = "name contains 'Without a step' and stage = 'Engaging'";
  for (let i = 0; i < 2; i++) await newDeal();
  const page = await open(REP);
  await go(page, "/lists/deal");
  await keys(page, "f", `=${mine}`);
  await page.waitForSelector(".filter-say:not(.bad) >> text=Enter shows them");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.search.includes("Without"));
  await settled(page);
  const cell = () => page.evaluate(() => document.activeElement?.dataset.cell);
  for (let i = 0; i < 40 && !(await cell()); i++) await page.keyboard.press("Tab");
  await keys(page, "x", "j", "x");
  await page.waitForSelector(".bulk-bar >> text=2 selected");
  await page.keyboard.press("e");
  await page.waitForSelector("dialog[open] select");
  await keys(page, "Shift+Tab", "Home");
  for (let i = 0; i < 60 && (await page.inputValue("dialog select")) !== "next_step"; i++) await page.keyboard.press("ArrowDown");
  await keys(page, "Tab", "=Ring them both", "Enter");
  await page.waitForSelector(".bulk-outcome >> text=2 records would change");
  await page.keyboard.press("Enter");
  await until(async () => (await ask(REP, `/api/v1/records/deal/count?filter=${encodeURIComponent("next_step = 'Ring them both'")}`)).count === 2, "both are changed");
});

test("P145 with keys alone: help is called, a record is handed over", async () => {
  const id = (await newDeal()).split("/").pop();
  const page = await open(MANAGER);
  await go(page, `/records/deal/${id}`);
  await page.keyboard.press("!");
  await page.locator(".level").first().waitFor();
  await tabTo(page, /^Deal that doesn't move: Call for help$/);
  await page.keyboard.press("Enter");
  await until(async () => (await ask(MANAGER, `/api/v1/escalations?record=${id}`)).data.length > 0, "help is called");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.keyboard.press("a");
  await tabTo(page, "To whom");
  await keys(page, "=Markita");
  await page.getByRole("option", { name: "Markita Hansen" }).waitFor();
  await page.keyboard.press("Enter");
  await tabTo(page, "Hand over");
  await page.keyboard.press("Enter");
  await until(async () => (await ask(MANAGER, `/api/v1/records/deal/${id}`)).owner.name === "Markita Hansen", "it is handed over");
});

test("P145 with keys alone: the manual is searched and read, notices are looked at, put off and done", async () => {
  const page = await open(MANAGER);
  await go(page, "/");
  await keys(page, "g", "m");
  await page.waitForURL("**/manual");
  await settled(page);
  await keys(page, "f", "=proposal");
  await palette(page, "Everything");
  await page.keyboard.press("f");
  await tabTo(page, /^Closing/);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/manual/workflow/closing**");
  await expect(page.locator("h1").last()).toBeFocused();
  const to = (await ask(MANAGER, "/api/v1/me")).id;
  const deal = await firstDeal();
  for (const title of ["Look at the price", "Look at the date"]) await call("POST", "/api/v1/tasks", { token: await token(REP), body: { record: deal, title, owed_by: to } });
  await keys(page, "g", "n");
  await expect(page.locator(".notice")).toHaveCount(1); // of one record, as one
  await keys(page, "j");
  await palette(page, "Later");
  await expect(page.getByText("Tomorrow morning")).toBeVisible();
  await keys(page, "Enter");
  await expect(page.locator(".notice")).toHaveCount(0);
  await keys(page, "Control+z");
  await expect(page.locator(".notice")).toHaveCount(1);
  await keys(page, "e");
  await expect(page.locator(".notice")).toHaveCount(0);
});

await finish();
