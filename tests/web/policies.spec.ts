import { expect, test, type Page } from "../../web/node_modules/@playwright/test/index.mjs";
import { ask, looksWell, MANAGER, REP, signIn } from "./company.ts";

interface Policies { data: { page: string; label: string; sentence: string; mode: string }[] }
const rule = (page: Page, label: string) => page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: label, exact: true }) });

test("every rule stands there as a sentence with its mode", async ({ page }) => {
  await signIn(page, MANAGER);
  await page.goto("/policies");
  const { data } = await ask<Policies>(page.request, "/api/v1/policies");
  await expect(page.locator(".policy")).toHaveCount(data.length);
  for (const p of data.slice(0, 5)) await expect(rule(page, p.label)).toContainText(p.sentence);
});

test("a mode is switched by reading the plan, and taken back", async ({ page }) => {
  const label = "Deals are named Client – Product – Year";
  await signIn(page, MANAGER);
  await page.goto("/policies");
  await rule(page, label).getByRole("button", { name: /Mode of/ }).click();
  await page.getByRole("menuitemradio", { name: /^Watch/ }).click();
  const dialog = page.getByRole("dialog", { name: "Switch to Watch" });
  await expect(dialog).toContainText("in mode watch");
  await expect(dialog).toContainText("records made from now on");
  await dialog.getByRole("button", { name: "Publish: Watch" }).click();
  await expect(dialog.getByLabel("Why now")).toBeFocused();
  await expect(dialog).toContainText("Write one sentence");
  await dialog.getByLabel("Why now").fill("To see how names drift");
  await page.keyboard.press("Tab");
  await dialog.getByRole("button", { name: "Publish: Watch" }).click();
  await expect(dialog).toBeHidden();
  const mode = async (): Promise<string | undefined> => (await ask<Policies>(page.request, "/api/v1/policies")).data.find((p) => p.label === label)?.mode;
  expect(await mode()).toBe("watch");
  const versions = await ask<{ data: { reason: string }[] }>(page.request, "/api/v1/manual/versions");
  expect(versions.data[0]?.reason).toBe("To see how names drift");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect.poll(mode).toBe("off");
});

test("without the right the mode says who may switch it", async ({ page }) => {
  await signIn(page, REP);
  await page.goto("/policies");
  await rule(page, "Lost deals have a reason").getByRole("button", { name: /Mode of/ }).click();
  await expect(page.getByText("Switching a rule publishes the manual.")).toBeVisible();
  await expect(page.getByText("Administrator or Sales manager")).toBeVisible();
});

test("what was missed is grouped by what got in the way", async ({ page, baseURL }) => {
  await signIn(page, MANAGER);
  const headers = { Origin: baseURL ?? "" };
  const head = await ask<{ text: string }>(page.request, "/api/v1/manual/pages/policy/lead-reachable");
  const put = (mode: string) => page.request.post("/api/v1/manual/publish", { headers, data: { pages: [{ path: "policy/lead-reachable", text: head.text.replace(/^mode: .*$/m, `mode: ${mode}`) }], reason: "A test of breaches" } });
  expect((await put("watch")).status()).toBe(200);
  const name = `Unreachable ${Date.now()}`;
  expect((await page.request.post("/api/v1/records/lead", { headers, data: { name, last_name: name } })).status()).toBe(201);
  await page.goto("/policies?view=breaches");
  await page.getByRole("button", { name: new RegExp(`What got in the way\\? ?: ?${name}`) }).click();
  await page.getByRole("radio", { name: "A tool or a fact was missing" }).check();
  await page.getByRole("button", { name: "Save" }).click();
  const region = page.getByRole("region", { name: /^A tool or a fact was missing/ });
  await expect(region.getByRole("link", { name })).toBeVisible();
  expect((await put("off")).status()).toBe(200);
});

test("policies look well in both themes and widths", async ({ browser, baseURL }) => {
  await looksWell(browser, baseURL ?? "", MANAGER, "/policies", async (p) => { await expect(p.locator(".policy").first()).toBeVisible(); });
  await looksWell(browser, baseURL ?? "", MANAGER, "/policies?view=breaches", async (p) => { await expect(p.getByRole("heading", { level: 1 })).toBeVisible(); await p.waitForLoadState("networkidle").catch(() => undefined); });
});

test("the dialog with a plan has no finding", async ({ browser, baseURL }) => {
  await looksWell(browser, baseURL ?? "", MANAGER, "/policies", async (p) => {
    await rule(p, "Lost deals have a reason").getByRole("button", { name: /Mode of/ }).click();
    await p.getByRole("menuitemradio", { name: /^Remind/ }).click();
    await expect(p.getByRole("dialog")).toContainText("in mode remind");
  });
});
