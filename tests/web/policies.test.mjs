// Policies: their sentences, switching a mode, what was missed and why.
import { ask, expect, finish, go, MANAGER, open, REP, server, test } from "./lib.mjs";

const rule = (page, label) => page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: label, exact: true }) });

test("every rule stands there as a sentence with its mode", async () => {
  const page = await open(MANAGER);
  await go(page, "/policies");
  const { data } = await ask(MANAGER, "/api/v1/policies");
  await expect(page.locator(".policy")).toHaveCount(data.length);
  for (const p of data.slice(0, 5)) await expect(rule(page, p.label)).toContainText(p.sentence);
});

test("a mode is switched by reading the plan, and taken back", async () => {
  const label = "Deals are named Client – Product – Year";
  const page = await open(MANAGER);
  await go(page, "/policies");
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
  const mode = async () => (await ask(MANAGER, "/api/v1/policies")).data.find((p) => p.label === label)?.mode;
  expect(await mode()).toBe("watch");
  const versions = await ask(MANAGER, "/api/v1/manual/versions");
  expect(versions.data[0]?.reason).toBe("To see how names drift");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect.poll(mode).toBe("off");
});

test("P58 a rule is tried on the past, with weeks as a table and examples to open", async () => {
  const label = "Lost deals have a reason";
  const page = await open(MANAGER);
  await go(page, "/policies");
  await rule(page, label).getByRole("button", { name: /Try it on the past/ }).click();
  const dialog = page.getByRole("dialog", { name: "Tried on the past" });
  await expect(dialog).toContainText(/not met \d+ times/);
  await dialog.getByRole("button", { name: "Show as a table" }).click();
  await expect(dialog.getByRole("columnheader", { name: "Not met" })).toBeVisible();
  await dialog.locator(".past-examples a").first().click();
  await expect(page).toHaveURL(/\/records\/deal\/\d+/);
});

test("without the right the mode says who may switch it", async () => {
  const page = await open(REP);
  await go(page, "/policies");
  await rule(page, "Lost deals have a reason").getByRole("button", { name: /Mode of/ }).click();
  await expect(page.getByText("Switching a rule publishes the manual.")).toBeVisible();
  await expect(page.getByText("Administrator or Sales manager")).toBeVisible();
});

test("what was missed is grouped by what got in the way", async () => {
  const page = await open(MANAGER);
  const headers = { Origin: server.base };
  const head = await ask(MANAGER, "/api/v1/manual/pages/policy/lead-reachable");
  const put = (mode) => page.request.post("/api/v1/manual/publish", { headers, data: { pages: [{ path: "policy/lead-reachable", text: head.text.replace(/^mode: .*$/m, `mode: ${mode}`) }], reason: "A test of breaches" } });
  expect((await put("watch")).status()).toBe(200);
  const name = `Unreachable ${Date.now()}`;
  expect((await page.request.post("/api/v1/records/lead", { headers, data: { name, last_name: name } })).status()).toBe(201);
  await go(page, "/policies?view=breaches");
  await page.getByRole("button", { name: new RegExp(`What got in the way\\? ?: ?${name}`) }).click();
  await page.getByRole("radio", { name: "A tool or a fact was missing" }).check();
  await page.getByRole("button", { name: "Save" }).click();
  const region = page.getByRole("region", { name: /^A tool or a fact was missing/ });
  await expect(region.getByRole("link", { name })).toBeVisible();
  expect((await put("off")).status()).toBe(200);
});

await finish();
