// The figures: those of the API, and each mark leads to what it counts.
import { ask, expect, finish, go, MANAGER, open, test } from "./lib.mjs";


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

test("each mark opens the list behind it, with as many records as it counts", async () => {
  const page = await open(MANAGER);
  await go(page, "/figures?win-rate=close_date+by+month");
  const rate = await ask(MANAGER, "/api/v1/metrics/win-rate?by=close_date%20by%20month");
  const marks = page.getByRole("region", { name: "Win rate", exact: true }).locator("a.bar");
  await expect(marks).toHaveCount(rate.groups.length);
  for (const [i, g] of [...rate.groups].sort((a, b) => a.key.localeCompare(b.key)).entries()) {
    const href = new URL((await marks.nth(i).getAttribute("href")) ?? "", "http://x");
    expect(href.pathname).toBe("/lists/deal");
    const { count } = await ask(MANAGER, `/api/v1/records/deal/count?filter=${encodeURIComponent(href.searchParams.get("filter") ?? "")}`);
    expect(count, g.key).toBe(g.n);
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
