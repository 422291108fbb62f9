// The figures: those of the API, and each mark leads to what it counts.
import { ADMIN, ask, expect, finish, go, MANAGER, open, test } from "./lib.mjs";


test("figures are those of the API, as bars and as a table", async () => {
  const page = await open(MANAGER);
  await go(page, "/figures");
  const stages = await ask(MANAGER, "/api/v1/metrics/pipeline-by-stage?by=stage");
  const card = page.getByRole("region", { name: "Deals by stage" });
  for (const g of stages.groups) await expect(card.getByRole("link", { name: new RegExp(`^${g.label}\\b.*${g.value.toLocaleString("en")}`) })).toBeVisible();
  await expect(card.getByRole("link").first()).toContainText("Prospecting");
  await card.getByRole("button", { name: "Table" }).click();
  for (const g of stages.groups) await expect(card.getByRole("row", { name: `${g.label} ${g.value.toLocaleString("en")}` })).toBeVisible();
  const rate = await ask(MANAGER, "/api/v1/metrics/win-rate?by=owner.team");
  const rates = page.getByRole("region", { name: "Win rate", exact: true });
  for (const g of rate.groups) await expect(rates.getByRole("link", { name: new RegExp(`^${g.label}.*${g.value.toFixed(1)} %.*${g.n.toLocaleString("en")} deals`) })).toBeVisible();
});

test("the demo's figures stand on the screen as the pipeline's own", async () => {
  const page = await open(ADMIN);
  await go(page, "/figures");
  const tile = (name) => page.locator(".tile", { has: page.getByRole("heading", { name, exact: true }) }).locator(".figure-big");
  const card = (name) => page.locator(".figure-card", { has: page.getByRole("heading", { name, exact: true }) });
  const heads = (await ask(ADMIN, "/api/v1/metrics")).data;
  const label = (name) => heads.find((h) => h.name === name).label;
  for (const [stage, n] of [["Won", "4,238"], ["Lost", "2,473"], ["Engaging", "1,589"], ["Prospecting", "500"]]) await expect(card(label("pipeline-by-stage")).getByRole("link", { name: new RegExp(`^${stage}\\b.*${n}$`) })).toBeVisible();
  await expect(card(label("pipeline-by-stage"))).toContainText("8,800 in all");
  await expect(card(label("win-rate"))).toContainText("63.2 %");
  await expect(card(label("cycle-won"))).toContainText("51.8 days");
  await expect(tile(label("cycle-lost"))).toContainText("41.5 days");
  await expect(tile(label("won-value"))).toHaveText("$10,005,534");
  await expect(tile(label("average-won-deal"))).toHaveText("$2,361");
  for (const [office, value] of [["West", "$3,568,647"], ["Central", "$3,346,293"], ["East", "$3,090,594"]]) await expect(card(label("won-by-office")).getByRole("link", { name: new RegExp(`^${office}`) })).toContainText(value);
  await card(label("won-by-agent")).getByRole("button", { name: "Table" }).click();
  await expect(card(label("won-by-agent")).getByRole("row", { name: /Darcel Schlecht/ })).toContainText("$1,153,214");
});

test("every mark and every number opens the list behind it, with as many records as it counts", async () => {
  const page = await open(MANAGER);
  await go(page, "/figures?win-rate=close_date+by+month");
  for (const b of await page.getByRole("button", { name: /^Show all/ }).all()) await b.click();
  const heads = (await ask(MANAGER, "/api/v1/metrics")).data;
  let checked = 0;
  for (const card of await page.locator(".figure-card").all()) {
    const name = (await card.getAttribute("aria-labelledby")).replace("figure-", "");
    const by = name === "win-rate" ? "close_date by month" : await card.locator("select").count() ? await card.locator("select").inputValue() : heads.find((h) => h.name === name).by[0];
    const metric = await ask(MANAGER, `/api/v1/metrics/${name}?by=${encodeURIComponent(by)}`);
    const marks = card.locator("a.bar");
    await expect(marks).toHaveCount(metric.groups.length);
    for (const mark of await marks.all()) {
      const key = (await mark.getAttribute("data-focus")).slice(`bar-${name}-`.length);
      const group = metric.groups.find((g) => (g.key ?? "") === key);
      const href = new URL((await mark.getAttribute("href")) ?? "", "http://x");
      const object = href.pathname.split("/")[2];
      expect(object).toBe(metric.object);
      const { count } = await ask(MANAGER, `/api/v1/records/${object}/count?filter=${encodeURIComponent(href.searchParams.get("filter") ?? "")}`);
      expect(count, `${name} by ${by}: ${key}`).toBe(group.n ?? group.value);
      checked++;
    }
  }
  expect(checked).toBeGreaterThan(40);
  for (const link of await page.locator(".figure-big a").all()) {
    const name = (await link.getAttribute("data-focus")).slice(5);
    const metric = await ask(MANAGER, `/api/v1/metrics/${name}`);
    const href = new URL((await link.getAttribute("href")) ?? "", "http://x");
    const { count } = await ask(MANAGER, `/api/v1/records/${metric.object}/count?filter=${encodeURIComponent(href.searchParams.get("filter") ?? "")}`);
    expect(count, name).toBe(metric.n ?? metric.value);
  }
});

test("mine shows my own numbers, and people stand by name, not by rank", async () => {
  const page = await open(MANAGER);
  await go(page, "/figures");
  await expect(page.getByRole("region", { name: "Won value by person" })).toBeVisible();
  const names = await page.getByRole("region", { name: "Won value by person" }).locator(".bar-label").allTextContents();
  expect(names.length).toBeGreaterThan(5);
  expect(names).toEqual([...names].sort((a, b) => a.localeCompare(b, "en")));
  await page.getByRole("link", { name: "My team" }).click();
  await expect(page).toHaveURL(/who=team/);
  const team = await ask(MANAGER, `/api/v1/metrics/won-deals?filter=${encodeURIComponent("owner in my team")}`);
  await expect(page.getByRole("link", { name: `Won deals: ${team.value.toLocaleString("en")}` })).toBeVisible();
});

test("figures without a server say so and keep a way on", async () => {
  const page = await open(MANAGER);
  await go(page, "/figures");
  await expect(page.getByRole("region", { name: "Deals by stage" })).toBeVisible();
  await page.context().route("**/api/v1/metrics**", (r) => r.abort());
  await page.getByRole("link", { name: "Mine" }).click();
  await expect(page.getByRole("alert")).toContainText("cannot be reached");
  await page.context().unroute("**/api/v1/metrics**");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("region", { name: "Deals by stage" })).toBeVisible();
});

await finish();
