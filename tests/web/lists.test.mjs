// Lists by keyboard and mouse.
import { ADMIN, ask, axe, call, ensure, expect, finish, go, keys, looksWell, MANAGER, open, REP, settled, test, token, until } from "./lib.mjs";

const LOOKS = [[1280, "dark"], [390, "light"]]; // walk.mjs sees the screens in all four
const where = (page) => page.evaluate(() => document.activeElement?.getAttribute("data-cell"));
const param = (page, name) => page.evaluate((n) => new URL(location.href).searchParams.get(n), name);
const deals = async (email, filter, more = "") => (await ask(email, `/api/v1/records/deal?limit=1000&filter=${encodeURIComponent(filter)}${more}`)).data;
const countOf = async (email, filter) => (await ask(email, `/api/v1/records/deal/count?filter=${encodeURIComponent(filter)}`)).count;

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
  await settled(page);
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
});

test("a new record needs one field; the manual's rules are shown at it", async () => {
  const page = await open(REP);
  await go(page, "/lists/account");
  await page.click("text=New account");
  await page.keyboard.type("Harbor Health");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.pathname.startsWith("/records/account/"));
  ensure((await page.textContent("h1")).includes("Harbor Health"), "not opened");
});

test("P144: many records are changed by keyboard alone, after a preview, and taken back as one", async () => {
  const page = await open(ADMIN);
  await go(page, `/lists/deal?filter=${encodeURIComponent("stage = 'Engaging' and next_step is empty")}&cols=name,next_step,stage`);
  await page.locator("[data-cell='0-0']").focus();
  await keys(page, "x", "j", "j", "Shift+X", "j", "x");
  await page.waitForSelector(".bulk-bar >> text=4 selected");
  const names = await page.$$eval(".grid-row.chosen a", (x) => x.map((a) => a.getAttribute("href").split("/")[3].split("?")[0]));
  ensure(names.length === 4, `chosen: ${names.length}`);
  await page.keyboard.press("e");
  await page.waitForSelector("dialog[open] select");
  await keys(page, "Shift+Tab", "Home");
  for (let i = 0; i < 60 && (await page.inputValue("dialog select")) !== "next_step"; i++) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  await keys(page, "=Write to them before the fair", "Enter");
  await page.waitForSelector(".bulk-outcome >> text=4 records would change");
  ensure((await deals(ADMIN, "next_step = 'Write to them before the fair'")).length === 0, "the preview changed something");
  await page.keyboard.press("Enter"); // the button that goes on has the focus
  await page.waitForSelector(".toast >> text=4 deals changed");
  await until(async () => (await deals(ADMIN, "next_step = 'Write to them before the fair'")).map((d) => d.id).sort().join() === [...names].sort().join(), "the four are changed");
  await page.keyboard.press("Control+z");
  await page.waitForSelector(".toast >> text=4 changes taken back");
  ensure((await deals(ADMIN, "next_step = 'Write to them before the fair'")).length === 0, "undo left some");
});

test("what a policy refuses is said before, record by record, with the rule; the others are changed; more than 500 go in pages", async () => {
  const page = await open(ADMIN);
  const filter = "stage in ('Engaging', 'Lost')";
  const engaging = await countOf(ADMIN, "stage = 'Engaging'");
  const lost = await countOf(ADMIN, "stage = 'Lost'");
  await go(page, `/lists/deal?filter=${encodeURIComponent(filter)}&cols=name,stage`);
  await page.locator("[data-cell='0-0']").focus();
  await page.keyboard.press("Control+a");
  await page.waitForSelector(`.bulk-bar >> text=${(engaging + lost).toLocaleString("en-US")} selected`);
  await page.keyboard.press("e");
  await page.locator("dialog select").first().selectOption("stage");
  await page.locator("dialog select").nth(1).selectOption("Lost");
  const asked = [];
  page.on("request", (r) => { if (r.url().endsWith("/bulk")) asked.push(JSON.parse(r.postData())); });
  await page.click("text=See what it would do");
  await page.waitForSelector(".bulk-outcome", { timeout: 60_000 });
  ensure(asked.length === Math.ceil((engaging + lost) / 500) && asked.every((a) => a.dry_run && a.ids.length <= 500), `asked in ${asked.length} pages`);
  const text = await page.textContent(".bulk-outcome");
  const refused = Number(/([\d,]+) refused/.exec(text)?.[1].replace(",", "") ?? 0);
  ensure(refused > 0 && text.includes(`${lost.toLocaleString("en-US")} are so already`), `it says: ${text}`);
  await page.click(".bulk-refused summary");
  ensure((await page.locator(".bulk-reason .why-link").first().getAttribute("href")).startsWith("/manual/workflow/closing"), "no way to the rule");
  ensure((await page.locator(".bulk-reason .bulk-names a").first().getAttribute("href")).startsWith("/records/deal/"), "no way to a record that is refused");
  ensure((await countOf(ADMIN, "stage = 'Engaging'")) === engaging, "the preview changed something");
  const wrong = await axe(page);
  ensure(wrong.length === 0, wrong.join("\n"));
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog[open]", { state: "detached" });
});

test("archiving and deleting many show what they would do first, and are taken back", async () => {
  const page = await open(ADMIN);
  const before = await countOf(ADMIN, "stage = 'Prospecting'");
  for (const [word, done] of [["Archive", "archived"], ["Delete", "moved to the bin"]]) {
    await go(page, `/lists/deal?filter=${encodeURIComponent("stage = 'Prospecting'")}&sort=name`);
    await page.locator(".grid-row .check-box").nth(0).click();
    await page.locator(".grid-row .check-box").nth(2).click({ modifiers: ["Shift"] });
    await page.click(`.bulk-bar button:has-text("${word}")`);
    await page.waitForSelector(".bulk-outcome >> text=3 records would change");
    await page.keyboard.press("Enter");
    await page.waitForSelector(`.toast >> text=3 deals ${done}`);
    ensure((await countOf(ADMIN, "stage = 'Prospecting'")) === before - 3, `${word}: still there`);
    await page.click(".toast button:has-text('Undo')");
    await page.waitForSelector(".toast >> text=3 changes taken back");
    ensure((await countOf(ADMIN, "stage = 'Prospecting'")) === before, `${word}: not back`);
  }
});

test("P144: a cell that was edited is as it was after Ctrl+Z", async () => {
  const page = await open(REP);
  await go(page, `/lists/deal?filter=${encodeURIComponent("owner = me and stage = 'Engaging' and next_step is empty")}&cols=name,next_step`);
  await page.locator("[data-cell='0-1']").focus();
  const id = await page.locator(".grid-row a").first().getAttribute("href").then((h) => h.split("/")[3].split("?")[0]);
  await keys(page, "e", "=Call on Monday", "Enter");
  await until(async () => (await ask(REP, `/api/v1/records/deal/${id}`)).next_step === "Call on Monday", "saved");
  await page.keyboard.press("Control+z");
  await until(async () => (await ask(REP, `/api/v1/records/deal/${id}`)).next_step === null, "taken back");
});

test("dates are typed in words, in the grid too", async () => {
  const page = await open(REP);
  await go(page, `/lists/deal?filter=${encodeURIComponent("owner = me and stage = 'Engaging'")}&cols=name,expected_close`);
  const id = await page.locator(".grid-row a").first().getAttribute("href").then((h) => h.split("/")[3].split("?")[0]);
  await page.locator("[data-cell='0-1']").focus();
  await keys(page, "e", "Control+a", "=9 mar 2031");
  await page.waitForSelector(".date-say >> text=Sunday, March 9, 2031");
  await page.keyboard.press("Enter");
  await until(async () => (await ask(REP, `/api/v1/records/deal/${id}`)).expected_close === "2031-03-09", "saved");
  await keys(page, "k", "e", "Control+a", "=whenever it suits");
  await page.waitForSelector(".date-say.bad");
  await page.keyboard.press("Escape");
});

test("a view is saved by one person and seen by another as far as it is shared; changes to it stay one's own", async () => {
  const page = await open(MANAGER);
  await go(page, `/lists/deal?filter=${encodeURIComponent("stage = 'Won'")}&sort=amount%20desc&group=owner`);
  const save = async (name, everyone) => {
    await page.click("[data-focus=view-menu]");
    await page.click("[role=menuitem]:has-text('Save')");
    await page.waitForSelector("dialog[open] input[required]");
    await page.keyboard.press("Control+a");
    await page.keyboard.type(name);
    if (everyone) await page.click("dialog label:has-text('Everyone')");
    await page.keyboard.press("Enter");
    await page.waitForSelector(`.toast >> text=“${name}” is saved`);
  };
  await save("Won, biggest first", true);
  const shared = await param(page, "view");
  ensure(/^\d+$/.test(shared ?? "") && (await param(page, "filter")) === null, `the address is ${page.url()}`);
  await page.fill("[data-focus=filter]", "stage = 'Won' and amount > 5000");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".view-tabs [aria-current] >> text=changed by you");
  await page.click("[data-focus=view-menu]");
  await page.click("[role=menuitem]:has-text('Save as another view')");
  await page.waitForSelector("dialog[open] input[required]");
  await keys(page, "Control+a", "=Only mine, big", "Enter");
  await page.waitForSelector(".toast >> text=“Only mine, big” is saved for you");

  const other = await open(REP);
  await go(other, "/lists/deal");
  await expect(other.locator(".view-tabs a", { hasText: "Won, biggest first" })).toBeVisible();
  ensure((await other.locator(".view-tabs a", { hasText: "Only mine" }).count()) === 0, "a private view is seen by others");
  await other.click(".view-tabs a:has-text('Won, biggest first')");
  await settled(other);
  await other.waitForSelector(".group-row");
  ensure((await other.inputValue("[data-focus=filter]")) === "stage = 'Won'", "another filter");
  await other.click(".head-button >> nth=0");
  await other.click("[role=menuitem]:has-text('Sort up')");
  await other.waitForSelector(".view-tabs [aria-current] >> text=changed by you");
  await go(other, "/lists/deal");
  await other.click(".view-tabs a:has-text('Won, biggest first')");
  await other.waitForSelector(".view-tabs [aria-current] >> text=changed by you");
  ensure((await param(other, "sort")) === "name", "the change was not kept");
  await other.click("[data-focus=view-menu]");
  ensure((await other.locator("[role=menuitem]:has-text('Save for everyone')").count()) === 0, "somebody else may change it for everyone");
  await other.click("[role=menuitem]:has-text('Put back as saved')");
  await other.waitForFunction(() => !document.querySelector(".view-tabs .chip"));
  await other.click("[data-focus=view-menu]");
  await other.click("[role=menuitem]:has-text('Pin to the navigation')");
  await other.waitForSelector(".rail >> text=Won, biggest first");

  await page.click(".view-tabs a:has-text('Won, biggest first')");
  await page.waitForSelector(".group-row");
  await page.fill("[data-focus=filter]", "stage = 'Won' and amount > 1000");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".view-tabs [aria-current] >> text=changed by you");
  await page.click("[data-focus=view-menu]");
  await page.click("[role=menuitem]:has-text('Save for everyone')");
  await page.waitForSelector("dialog >> text=Vicki Laflamme");
  const wrong = await axe(page);
  ensure(wrong.length === 0, wrong.join("\n"));
  await page.click("dialog button.primary");
  await page.waitForSelector(".toast >> text=changed for everyone");
  ensure((await ask(REP, "/api/v1/views?object=deal")).data.find((v) => v.id === shared).filter === "stage = 'Won' and amount > 1000", "not saved");
  await page.click("[data-focus=view-menu]");
  await page.click("[role=menuitem]:has-text('Delete the view')");
  await page.waitForSelector("dialog >> text=They lose it");
  await page.click("dialog button.primary");
  await page.waitForSelector(".toast >> text=is deleted");
  await go(other, `/lists/deal?view=${shared}`);
  await other.waitForSelector("text=This view is not here any more");
  await go(other, "/lists/deal");
  ensure((await other.locator(".rail >> text=Won, biggest first").count()) === 0, "the pin stayed");
});

test("rows stand in groups with counts and totals; groups fold by keyboard and are chosen as a whole", async () => {
  const page = await open(ADMIN);
  await go(page, "/lists/deal?cols=name,amount,stage");
  await page.click("[data-focus=group]");
  await page.click("label:has-text('Stage')");
  await page.waitForSelector(".group-row");
  ensure((await param(page, "group")) === "stage", "the address does not say it");
  ensure((await page.locator("[role=treegrid]").count()) === 1, "no treegrid");
  await until(async () => (await page.locator("[role=status].sr").filter({ hasText: "rows are here" }).count()) === 0, "all rows are here");
  await page.locator("[data-cell='0-0']").focus();
  const line = () => page.evaluate(() => document.activeElement?.closest(".grid-row")?.textContent ?? "");
  for (const [name, count] of [["Prospecting", "500"], ["Engaging", "1,589"], ["Won", "4,238"]]) {
    const text = await line();
    ensure(text.includes(name) && text.includes(count), `${name}: ${text}`);
    if (name === "Won") break;
    await keys(page, "ArrowLeft", "ArrowDown");
  }
  ensure((await line()).includes("$10,005,534"), `no total: ${await line()}`);
  ensure((await page.textContent(".grid-foot")).includes("$10,005,534"), "no total of the column");
  await keys(page, "ArrowLeft", "x");
  await page.waitForSelector(".bulk-bar >> text=4,238 selected");
  await keys(page, "Escape", "ArrowDown");
  ensure((await line()).includes("Lost") && (await page.locator(".bulk-bar").count()) === 0, `after Won: ${await line()}`);
  ensure((await page.locator(".grid-row").count()) <= 60, "too many rows in the page");
});

test("the panel beside the list walks with j and k, stands in the address, gives the focus back, is made wider by keys", async () => {
  const page = await open(REP);
  await go(page, "/lists/deal?sort=name");
  await page.locator("[data-cell='2-0']").focus();
  await page.keyboard.press("Space");
  await page.waitForSelector(".peek .fact");
  const first = await param(page, "peek");
  ensure((await where(page)) === "2-0", "the focus left the list");
  await page.keyboard.press("j");
  await page.waitForFunction((id) => new URL(location.href).searchParams.get("peek") !== id, first);
  await page.keyboard.press("k");
  await page.waitForFunction((id) => new URL(location.href).searchParams.get("peek") === id, first);
  await page.locator(".peek [role=separator]").focus();
  await keys(page, "ArrowLeft", "ArrowLeft");
  ensure((await page.locator(".peek").boundingBox()).width === 480, "not wider");
  await keys(page, "End");
  await page.locator(".peek .fact-edit").first().focus();
  await page.keyboard.press("j");
  await page.waitForFunction((id) => new URL(location.href).searchParams.get("peek") !== id, first);
  ensure(await page.evaluate(() => document.activeElement === document.body || document.activeElement?.closest(".peek") !== null), "j took the focus out of the panel");
  await page.locator(".peek .icon-button[aria-label='Close the panel']").focus();
  await page.keyboard.press("Escape");
  await page.waitForSelector(".peek", { state: "detached" });
  await until(async () => (await where(page)) === "3-0", "the focus is back at the row");
  await page.keyboard.press("Space");
  await page.waitForSelector(".peek .fact");
  const at = await param(page, "peek");
  await page.reload();
  await page.waitForSelector(".peek .fact");
  ensure((await param(page, "peek")) === at, "a reload forgets it");
  await page.waitForSelector(".grid-row.peeked");
  await page.locator(".grid-row.peeked [data-cell$='-0']").focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction((id) => location.pathname === `/records/deal/${id}`, at);

  const phone = await open(REP, { width: 390 });
  await go(phone, "/lists/deal");
  await phone.locator(".cell-peek").first().tap();
  await phone.waitForSelector("dialog.sheet .fact");
  await looksWell(phone, "list-peek");
  await phone.locator("dialog.sheet button[aria-label=Close]").tap();
  await phone.waitForSelector("dialog.sheet", { state: "detached" });
});

test("all deals scroll in their groups with at most sixty rows in the page", async () => {
  const page = await open(ADMIN);
  await go(page, "/lists/deal?group=owner");
  await until(async () => (await page.locator("[role=status].sr").filter({ hasText: "rows are here" }).count()) === 0, "all rows are here");
  await page.locator("[data-cell='0-0']").focus();
  await page.keyboard.press("ArrowDown");
  const seen = await page.evaluate(async () => {
    const grid = document.querySelector(".grid");
    let most = 0;
    for (let y = 0; y < grid.scrollHeight; y += 7000) {
      grid.scrollTop = y;
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      most = Math.max(most, document.querySelectorAll(".grid-row").length);
    }
    grid.scrollTop = grid.scrollHeight;
    await new Promise((done) => setTimeout(done, 200));
    return { most, rows: Number(grid.getAttribute("aria-rowcount")), last: Math.max(...[...document.querySelectorAll(".grid-row")].map((r) => Number(r.getAttribute("aria-rowindex")))), waits: document.querySelectorAll(".cell-wait").length };
  });
  ensure(seen.most <= 60, `${seen.most} rows in the page`);
  ensure(seen.rows > 8830 && seen.last >= seen.rows - 1 && seen.waits === 0, JSON.stringify(seen));
});

test("plain pages: a table of fifty rows, pages in the address, rows chosen and looked at without the grid", async () => {
  const page = await open(ADMIN);
  await go(page, "/lists/deal?sort=name");
  await page.click("[data-focus=list-menu]");
  await page.click("[role=menuitem]:has-text('As plain pages')");
  await page.waitForSelector("table.plain-list");
  ensure((await page.locator("table.plain-list tbody tr").count()) === 50 && (await page.locator("[role=grid]").count()) === 0, "not fifty rows");
  const first = await page.textContent("table.plain-list tbody th");
  await page.click("text=Next page");
  await page.waitForSelector("text=Page 2 of 176");
  ensure((await param(page, "page")) === "2" && (await page.textContent("table.plain-list tbody th")) !== first, "the same page");
  await page.reload();
  await page.waitForSelector("text=Page 2 of 176");
  await page.locator("table.plain-list tbody .check-box").nth(0).click();
  await page.waitForSelector(".bulk-bar >> text=1 selected");
  await page.locator("table.plain-list tbody .icon-button").first().click();
  await page.waitForSelector(".peek .fact");
  await page.click("[data-focus=list-menu]");
  await page.click("[role=menuitem]:has-text('As a grid')");
  await page.waitForSelector("[role=grid]");
});

test("an export is what is shown; where it is not allowed, the reason and the way out are", async () => {
  const page = await open(ADMIN);
  await go(page, `/lists/deal?filter=${encodeURIComponent("stage = 'Won' and amount > 20000")}&sort=amount%20desc&cols=name,amount`);
  const rows = await page.$$eval(".grid-row a", (x) => x.map((a) => a.textContent));
  await page.click("[data-focus=list-menu]");
  const [file] = await Promise.all([page.waitForEvent("download"), page.click("[role=menuitem]:has-text('Export as CSV')")]);
  const text = await (await import("node:fs/promises")).readFile(await file.path(), "utf8");
  const lines = text.trim().split(/\r?\n/);
  ensure(lines.length === rows.length + 1 && lines[0].includes("name") && lines[1].includes(rows[0]), `${lines.length} lines: ${lines.slice(0, 2).join(" / ")}`);
  const rep = await open(REP);
  await go(rep, "/lists/deal");
  await rep.click("[data-focus=list-menu]");
  await rep.click("[role=menuitem]:has-text('Export as CSV')");
  await rep.waitForSelector("dialog >> text=do not allow you to export");
  await rep.waitForSelector("dialog >> text=sales manager");
});

test("lists are accessible in groups, as plain pages, with rows chosen, with a panel beside them and with dialogs open", async () => {
  for (const [width, theme] of LOOKS) {
    const page = await open(ADMIN, { width, theme });
    await go(page, "/lists/deal?group=stage&cols=name,amount,stage,probability");
    await page.waitForSelector(".group-row");
    await page.locator(".grid-row .check-box").nth(1).click();
    await looksWell(page, "list-grouped");
    await page.click(".bulk-bar button:has-text('Change')");
    await page.waitForSelector("dialog[open] select");
    await looksWell(page, "list-bulk");
    await page.locator("dialog select").first().selectOption("expected_close");
    await page.waitForSelector("dialog .date-field");
    await looksWell(page, "list-bulk-date");
    await page.keyboard.press("Escape");
    await page.click("[data-focus=view-menu]");
    await page.click("[role=menuitem]:has-text('Save')");
    await page.waitForSelector("dialog[open] input[required]");
    await looksWell(page, "list-save");
    await page.keyboard.press("Escape");
    await page.evaluate(() => localStorage.setItem("fairlead.plain-pages", "true"));
    await go(page, "/lists/deal?group=stage&cols=name,amount,stage");
    await page.waitForSelector(".plain-group");
    await looksWell(page, "list-plain");
    await page.evaluate(() => localStorage.removeItem("fairlead.plain-pages"));
    if (width > 639) {
      const some = (await deals(ADMIN, "stage = 'Engaging'"))[0].id;
      await go(page, `/lists/deal?peek=${some}`);
      await page.waitForSelector(".peek .fact");
      await looksWell(page, "list-peek");
    }
  }
});

await finish();
