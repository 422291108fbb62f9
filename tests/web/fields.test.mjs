// Fields that come while the program runs, columns the server works out, and views of other layouts.
import { ADMIN, ask, call, ensure, expect, finish, go, looksWell, MANAGER, open, REP, test, token } from "./lib.mjs";

test("P53 who contacted a record last, when to the second, and how: as columns and as filters", async () => {
  const mine = await token(REP);
  await call("PATCH", "/api/v1/me", { token: mine, body: { zone: "UTC" } });
  const make = async (last) => {
    const r = await call("POST", "/api/v1/records/contact", { token: mine, body: { first_name: "Lin", last_name: last } });
    ensure(r.status === 201, r.text);
    return r.json.id;
  };
  const [early, late] = [await make("Earlier"), await make("Later")];
  const log = async (who, id, kind, at) => {
    const r = await call("POST", "/api/v1/records/activity", { token: await token(who), body: { kind, at, direction: "out", subject: kind, links: [id] } });
    ensure(r.status === 201, r.text);
  };
  await log(REP, early, "email", "2026-03-01T10:00:05Z");
  await log(REP, early, "call", "2026-03-02T11:22:32Z");
  await log(REP, late, "call", "2026-03-01T08:00:00Z");
  await log(MANAGER, late, "email", "2026-03-02T11:22:33Z");
  const page = await open(REP);
  await go(page, `/lists/contact?filter=${encodeURIComponent("first_name = 'Lin'")}`);
  await page.getByRole("button", { name: "Columns" }).click();
  for (const label of ["Last contact", "Last contact by", "Last contact channel"]) await page.locator(".columns-panel").getByLabel(label, { exact: true }).check();
  await page.keyboard.press("Escape");
  const row = (name) => page.locator(".grid-row", { hasText: name });
  await expect(row("Earlier")).toContainText("Vicki Laflamme");
  await expect(row("Earlier")).toContainText("Call");
  await expect(row("Later")).toContainText("Celia Rouche");
  await expect(row("Later")).toContainText("Email");
  await expect(row("Later").locator("[title*='11:22:33']").last()).toBeVisible();
  await looksWell(page, "list-computed");
  // By the form that puts a filter together: by whom, how, and from which second on.
  const add = async (field, condition, value) => {
    await page.getByRole("button", { name: "Add a condition" }).click();
    const form = page.locator("form.builder");
    await form.getByLabel("Field").selectOption({ label: field });
    await form.getByLabel("Condition").selectOption({ label: condition });
    await value?.(form.getByLabel("Value"));
    await form.getByRole("button", { name: "Add" }).click();
  };
  const base = page.url();
  for (const [field, condition, value] of [
    ["Last contact", "at or after", (v) => v.fill("2026-03-02T11:22:33")],
    ["Last contact channel", "is", (v) => v.selectOption({ label: "Email" })],
  ]) {
    await page.goto(base);
    await add(field, condition, value);
    await expect(page.locator(".grid-body .grid-row")).toHaveCount(1);
    await expect(row("Later")).toBeVisible();
  }
  await page.goto(base);
  await add("Last contact by", "is me");
  await expect(page.locator(".grid-body .grid-row")).toHaveCount(1);
  await expect(row("Earlier")).toBeVisible();
  // A second later there is nobody.
  await page.goto(base);
  await add("Last contact", "at or after", (v) => v.fill("2026-03-02T11:22:34"));
  await expect(page.getByText("Nothing matches this filter.")).toBeVisible();
});

test("P59 a field of any type is published while the program runs, and is at once in form, columns, filter and record", async () => {
  const admin = await token(ADMIN);
  const page = await open(ADMIN);
  await go(page, "/lists/contact");
  const before = await ask(ADMIN, "/api/v1/manual/pages/object/contact");
  const fields = { coffee: "choice, options: [Black, White]", birthday: "date", shoe: "number", nickname: "text", likes: "multi-choice, options: [Tea, Cake]", owes: "money, currency: EUR", vip: "yes/no", seen: "date-time", site: "url" };
  const label = (n) => `My ${n}`;
  const lines = Object.entries(fields).map(([n, type]) => `  ${n}: { type: ${type}, label: ${label(n)} }\n`).join("");
  const text = before.text.replace("fields:\n", `fields:\n${lines}`).replace("form: [first_name,", `form: [${Object.keys(fields).join(", ")}, first_name,`);
  const r = await call("POST", "/api/v1/manual/publish", { token: admin, body: { pages: [{ path: "object/contact", text }], reason: "What our customers like" } });
  ensure(r.status < 300, r.text);
  // Without a reload: the open page hears of the new version.
  await page.getByRole("button", { name: "Columns" }).click();
  await expect(page.locator(".columns-panel").getByLabel("My coffee", { exact: true })).toBeVisible({ timeout: 20_000 });
  for (const n of Object.keys(fields)) await expect(page.locator(".columns-panel").getByLabel(label(n), { exact: true })).toHaveCount(1);
  await page.locator(".columns-panel").getByLabel("My coffee", { exact: true }).check();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Add a condition" }).click();
  for (const n of Object.keys(fields)) await expect(page.locator("form.builder").getByLabel("Field").locator("option", { hasText: label(n) })).toHaveCount(1);
  await page.keyboard.press("Escape");
  // The form of a new record.
  await page.getByRole("button", { name: "New contact" }).click();
  const form = page.getByRole("dialog");
  await form.locator("summary").first().click();
  await form.getByLabel("Last name").fill("Custom");
  await form.getByLabel("My coffee").selectOption({ label: "Black" });
  await form.getByLabel("My nickname").fill("Bo");
  await form.getByLabel("My shoe").fill("43");
  await form.getByLabel("My birthday").first().fill("29 Feb 1980");
  await form.getByLabel("My owes").first().fill("12.50");
  await form.getByLabel("My site").fill("https://bo.example/x");
  await looksWell(page, "custom-fields-form");
  await form.getByRole("button", { name: "Create" }).click();
  await page.waitForURL("**/records/contact/**");
  const id = /contact\/(\d+)/.exec(page.url())[1];
  const made = await ask(ADMIN, `/api/v1/records/contact/${id}`);
  for (const [k, v] of Object.entries({ coffee: "Black", nickname: "Bo", shoe: 43, birthday: "1980-02-29", site: "https://bo.example/x" })) ensure(made[k] === v, `${k}: ${JSON.stringify(made[k])}`);
  ensure(made.owes.amount === "12.50" && made.owes.currency === "EUR", JSON.stringify(made.owes));
  await expect(page.locator(".record-side")).toContainText("My nickname");
  // List and filter find it by the new field.
  await go(page, `/lists/contact?cols=name,coffee,shoe&filter=${encodeURIComponent("coffee = 'Black' and shoe > 40")}`);
  await expect(page.locator(".grid-body .grid-row")).toHaveCount(1);
  await expect(page.locator(".grid-body .grid-row")).toContainText("Black");
});

test("a view saved as a board opens as a board, with its filter and its name, from the list too", async () => {
  const r = await call("POST", "/api/v1/views", { token: await token(REP), body: { object: "deal", name: "My lanes", layout: "board", filter: "owner = me" } });
  ensure(r.status === 201, r.text);
  const page = await open(REP);
  await go(page, `/lists/deal?view=${r.json.id}`);
  await page.waitForURL(`**/board/deal?view=${r.json.id}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("My lanes");
  const open_ = (await ask(REP, `/api/v1/records/deal/count?filter=${encodeURIComponent("owner = me and stage in ('Prospecting', 'Engaging')")}`)).count;
  await expect(page.locator(".screen-meta")).toContainText(`${open_} open`);
  await go(page, "/lists/deal");
  await page.getByRole("link", { name: "My lanes" }).click();
  await page.waitForURL("**/board/deal?view=*");
});

await finish();
