// The manual, read: contents, facts, versions, what changed, going back.
import { ADMIN, ask, call, ensure, expect, finish, go, looksWell, open, REP, test, token } from "./lib.mjs";

const PAGE = "workflow/closing";
const page_ = (path) => ask(REP, `/api/v1/manual/pages/${path}`);
async function publish(path, change, reason) {
  const { text } = await page_(path);
  const next = change(text);
  ensure(next !== text, "the page changes");
  const r = await call("POST", "/api/v1/manual/publish", { token: await token(ADMIN), body: { pages: [{ path, text: next }], reason } });
  ensure(r.status === 200, r.text);
  return r.json.version;
}

test("P2 the manual: search, my role, a section by its link", async () => {
  const page = await open(REP);
  await go(page, "/manual/workflow/closing#agree-the-next-step");
  await page.waitForFunction(() => document.activeElement?.id === "agree-the-next-step");
  await page.fill("#manual-search", "coffee");
  await page.waitForSelector(".contents li a >> text=Closing");
  await page.fill("#manual-search", "");
  const mine = await page.locator(".contents li").count();
  await page.click("text=Everything");
  ensure((await page.locator(".contents li").count()) > mine, "my role shows everything");
});

test("beside a stage stands how many are there, and the link opens as many", async () => {
  const page = await open(REP);
  await go(page, `/manual/${PAGE}`);
  const facts = await ask(REP, `/api/v1/manual/facts?page=${PAGE}`);
  const stage = facts.stages.find((s) => s.records_now > 0);
  const link = page.locator("section", { has: page.getByRole("heading", { name: stage.name, exact: true }) }).locator(".facts a").first();
  await expect(link).toHaveText(`${stage.records_now.toLocaleString("en")} here now`);
  const filter = new URL(await link.getAttribute("href"), "http://x").searchParams.get("filter");
  const { count } = await ask(REP, `/api/v1/records/${facts.object}/count?filter=${encodeURIComponent(filter)}`);
  expect(count).toBe(stage.records_now);
});

test("P14 P15 a template stands with the reason beside each passage", async () => {
  const page = await open(REP);
  await go(page, "/manual/template/first-reply");
  const one = page.locator("section", { has: page.getByRole("heading", { name: "One question" }) });
  const text = await one.locator(".passage-text").boundingBox();
  const why = await one.locator(".why").boundingBox();
  await expect(one.locator(".why")).toContainText("one question that can be answered with two figures", { ignoreCase: true });
  ensure(why.x >= text.x + text.width && Math.abs(why.y - text.y) < 12, "the reason stands beside its passage");
});

test("P35 a change is news to whoever had looked before, reads in words, and is seen once", async () => {
  const page = await open(REP);
  await go(page, "/manual"); // the first look: nothing is news
  await expect(page.getByRole("heading", { name: "Changed since you last looked" })).toHaveCount(0);
  const before = (await ask(REP, "/api/v1/manual/versions")).live;
  const version = await publish(PAGE, (t) => t.replace("due: 10 business days", "due: 8 business days").replace("Most of these come to nothing, and that is all right", "Most of these come to nothing, which is all right"), "Proposals took too long");
  await go(page, "/manual");
  const news = page.getByRole("region", { name: "Changed since you last looked" });
  await expect(news).toContainText("Closing");
  await expect(news).toContainText('Deadline of "Send the proposal" in "Engaging" changed from 10 business days to 8 business days.');
  await news.getByRole("link", { name: "See what changed" }).click();
  await expect(page).toHaveURL(new RegExp(`/manual/versions\\?from=${before}&to=${version}$`));
  const diff = page.getByRole("article", { name: /^Closing/ });
  await expect(diff.locator("del")).toContainText("and that");
  await expect(diff.locator("ins")).toContainText("which");
  await expect(diff.locator("ins .sr").first()).toHaveText("added: ");
  await expect(page.locator(".between")).toContainText("Proposals took too long");
  await go(page, "/manual");
  await expect(page.locator(".contents-versions")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Changed since you last looked" })).toHaveCount(0);
});

test("a link to an older version shows that text and says that it has changed since", async () => {
  const first = (await ask(REP, "/api/v1/manual/versions")).data.at(-1).version;
  const page = await open(REP);
  const old = await ask(REP, `/api/v1/manual/versions/${first}/pages/${PAGE}`);
  ensure(old.changed_in.length > 0, "the page has changed");
  const line = old.text.split("\n").findIndex((l) => l.includes("name: Send the proposal")) + 1;
  await go(page, `/manual/${PAGE}?version=${first}&line=${line}`);
  await expect(page.getByRole("note")).toContainText(`as it was in version ${first}`);
  await expect(page.locator(".reading-text")).toContainText("and that is all right");
  await page.waitForFunction(() => document.activeElement?.id === "send-the-proposal");
  await page.locator("summary", { hasText: "The page as it is written" }).click();
  await expect(page.locator(".source mark")).toContainText("name: Send the proposal");
  await page.getByRole("link", { name: "Read it as it is now" }).click();
  await expect(page.locator(".reading-text")).toContainText("which is all right");
  await go(page, "/manual/policy/first-reply?version=" + first);
  await expect(page.locator(".old-note")).toHaveCount(0); // it is still the same
});

test("P35 going back shows the plan, asks why, and makes a new version; others read who may", async () => {
  const versions = await ask(ADMIN, "/api/v1/manual/versions");
  const old = versions.data.at(-1).version;
  const rep = await open(REP);
  await go(rep, "/manual/versions");
  await rep.getByRole("button", { name: `Restore version ${old}` }).click();
  await expect(rep.getByRole("dialog")).toContainText("Administrator or Sales manager");
  const page = await open(ADMIN);
  await go(page, "/manual/versions");
  await page.getByRole("button", { name: `Restore version ${old}` }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.locator(".plan")).toContainText("changes workflow/closing");
  await dialog.getByRole("button", { name: "Publish it again" }).click();
  await expect(dialog.getByLabel("Why back")).toBeFocused();
  await dialog.getByLabel("Why back").fill("Ten days were right");
  await dialog.getByRole("button", { name: "Publish it again" }).click();
  await expect(dialog).toBeHidden();
  const now = await ask(ADMIN, "/api/v1/manual/versions");
  expect(now.live).toBe(versions.live + 1);
  expect(now.data[0].reason).toBe("Ten days were right");
  expect((await ask(ADMIN, `/api/v1/manual/diff?from=${old}&to=${now.live}`)).pages).toEqual([]);
  await expect(page.locator(".version").first()).toContainText("Ten days were right");
});

test("printed, links are spelled out and nothing but the text is left", async () => {
  const page = await open(REP, { shift: false });
  await go(page, "/manual/role/sales-rep");
  await page.emulateMedia({ media: "print" });
  for (const gone of [".contents", ".rail", ".screen-actions", ".source"]) await expect(page.locator(gone).first()).toBeHidden();
  const shown = await page.evaluate(() => [...document.querySelectorAll(".reading-text a")].filter((a) => !a.getAttribute("href").startsWith("#") && a.offsetParent).map((a) => getComputedStyle(a, "::after").content));
  for (const c of shown) expect(c).toMatch(/^" \("/);
});

test("the manual without a server says so", async () => {
  const page = await open(REP);
  await go(page, "/manual/versions");
  await page.context().route("**/api/v1/manual/**", (r) => r.abort());
  await page.evaluate(() => document.querySelector(".version-do a").click());
  await expect(page.getByRole("alert")).toContainText("cannot be reached");
  await page.context().unroute("**/api/v1/manual/**");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.locator(".diff-page").first()).toBeVisible();
});

test("what a page's settings ask stands in words; the exact expression is one key away", async () => {
  const rules = (await ask(REP, "/api/v1/manual/pages/workflow/closing")).rules;
  ensure(rules.length === 1 && rules[0].setting === "starts_when" && rules[0].exact === "stage in ('Prospecting', 'Engaging')" && !/[()']/.test(rules[0].words), JSON.stringify(rules));
  const policy = (await ask(REP, "/api/v1/manual/pages/policy/first-reply")).rules.map((r) => r.setting);
  ensure(policy.join() === "when,must,except", policy.join());
  const page = await open(REP);
  await go(page, "/manual/workflow/closing");
  const setting = page.locator(".settings > div", { hasText: "starts when" });
  await expect(setting).toContainText(rules[0].words);
  await expect(setting.locator("code")).toBeHidden();
  await setting.locator("summary").focus();
  await page.keyboard.press("Enter");
  await expect(setting.locator("code")).toHaveText(rules[0].exact);
  await looksWell(page, "page-rules");
});

await finish();
