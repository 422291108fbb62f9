// Settings, simple mode, notifications.
import { ADMIN, ask, call, ensure, expect, finish, firstDeal, go, keys, MANAGER, open, REP, test, token, until } from "./lib.mjs";

test("P111 simple mode shows what is needed every day; the rest is one switch away, and it follows the person", async () => {
  const page = await open(REP);
  await go(page, "/settings");
  const rail = page.getByRole("navigation", { name: "Main" }).first();
  await expect(rail.getByRole("link", { name: "Policies" })).toBeVisible();
  await page.getByLabel("Show what is needed every day only").check();
  await expect(rail.getByRole("link", { name: "Policies" })).toHaveCount(0);
  await expect(rail.getByRole("link", { name: "Figures" })).toHaveCount(0);
  for (const name of ["My Day", "Board", "Leads", "Deals", "Accounts", "Contacts", "Manual"]) await expect(rail.getByRole("link", { name, exact: true })).toBeVisible();
  await until(async () => (await ask(REP, "/api/v1/me")).settings.simple === true, "the server keeps it");
  const other = await open(REP);
  await go(other, "/");
  await expect(other.getByRole("link", { name: "Policies" })).toHaveCount(0);
  await other.getByRole("button", { name: "Show everything" }).click();
  await expect(other.getByRole("link", { name: "Policies" })).toBeVisible();
  await until(async () => (await ask(REP, "/api/v1/me")).settings.simple === false, "the switch is kept");
});

test("settings by keyboard: the theme is there at once, kept by the server, and a wrong zone is refused with a way out", async () => {
  const page = await open(REP);
  await go(page, "/");
  await keys(page, "g", "s");
  await page.waitForSelector("text=What you like");
  await page.getByLabel("Dark").focus();
  await page.keyboard.press("Space");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await until(async () => (await ask(REP, "/api/v1/me")).settings.theme === "dark", "the server keeps it");
  await page.getByLabel("Time zone").fill("Asia/Atlantis");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("alert")).toContainText("zone");
  ensure((await ask(REP, "/api/v1/me")).settings.zone === "", "a wrong zone was kept");
  await page.getByLabel("Time zone").fill("Asia/Tokyo");
  await page.keyboard.press("Tab");
  await expect(page.getByText("Times are shown in Asia/Tokyo", { exact: false })).toBeVisible();
  await call("PATCH", "/api/v1/me", { token: await token(REP), body: { theme: "system", zone: "" } });
});

test("a token is made, shown once, and ended; other sessions are ended", async () => {
  const page = await open(ADMIN);
  await go(page, "/settings");
  await page.getByLabel("What will use it").fill("Phone system");
  await page.keyboard.press("Enter");
  const secret = await page.locator(".secret code").textContent();
  ensure((await call("GET", "/api/v1/me", { token: secret })).status === 200, "the token does not work");
  await page.getByRole("button", { name: "End Phone system" }).click();
  await expect(page.getByText("You have none.")).toBeVisible();
  ensure((await call("GET", "/api/v1/me", { token: secret })).status === 401, "the token still works");
});

test("people and roles are shown to whom may see them, with the way to their pages", async () => {
  const page = await open(ADMIN);
  await go(page, "/settings/users");
  await page.getByLabel("Find somebody").fill("laflamme");
  await expect(page.locator(".people-table tbody tr")).toHaveCount(1);
  await expect(page.locator(".people-table tbody")).toContainText("Celia Rouche");
  await go(page, "/settings/roles");
  await page.locator("label:has-text('Hand over')").first().click();
  await expect(page.locator(".role-table tr:has-text('Sales rep') td").first()).toHaveText("–");
  await page.locator(".role-table").getByRole("link", { name: "Sales rep" }).click();
  await page.waitForURL("**/manual/role/sales-rep");
});

test("what somebody asks of me is counted on the other's screen while they look; done, later and mute have a way back", async () => {
  const deal = await firstDeal();
  const boss = await open(MANAGER);
  await go(boss, "/notifications");
  await expect(boss.getByText("Nothing waits for an answer of yours.")).toBeVisible();
  const to = (await ask(MANAGER, "/api/v1/me")).id;
  const asked = await call("POST", "/api/v1/tasks", { token: await token(REP), body: { record: deal, title: "Look at the price", owed_by: to } });
  ensure(asked.status === 201, asked.text);
  await expect(boss.locator(".notice")).toHaveCount(1); // without a reload
  await expect(boss.locator(".rail-count").first()).toContainText("1");
  await expect(boss.locator(".notice-group h2 a")).toHaveAttribute("href", new RegExp(`/records/deal/${deal}`));
  await keys(boss, "e");
  await expect(boss.locator(".notice")).toHaveCount(0);
  await keys(boss, "Control+z");
  await expect(boss.locator(".notice")).toHaveCount(1);
  await boss.getByRole("button", { name: "Later" }).click();
  await boss.getByRole("button", { name: /Tomorrow morning/ }).click();
  await expect(boss.locator(".notice")).toHaveCount(0);
  await until(async () => (await ask(MANAGER, "/api/v1/notices")).unread === 0, "it is put off");
});

test("my day changes on the screen when a colleague hands me a task", async () => {
  const deal = await firstDeal();
  const page = await open(MANAGER, { shift: false }); // an empty day fills: that is what is tested
  await go(page, "/");
  const to = (await ask(MANAGER, "/api/v1/me")).id;
  const asked = await call("POST", "/api/v1/tasks", { token: await token(REP), body: { record: deal, title: "Ring the bell", owed_by: to, due: new Date(Date.now() - 60_000).toISOString() } });
  ensure(asked.status === 201, asked.text);
  // At once where nothing was to do; announced where a card is open, which must not move.
  const announced = page.getByRole("button", { name: /refresh order/ });
  await expect(page.getByText("Ring the bell").or(announced).first()).toBeVisible();
  if (await announced.count()) await announced.click();
  await expect(page.getByText("Ring the bell").first()).toBeVisible();
});

await finish();
