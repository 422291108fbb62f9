// Several people, and a connection that breaks: changes arrive, meet, and wait.
import { ADMIN, ask, call, ensure, finish, firstDeal, go, open, REP, server, settled, shot, test, token, until } from "./lib.mjs";

test("P146 a change by somebody else shows within a second and does not disturb typing", async () => {
  const dealId = await firstDeal();
  const page = await open(REP);
  await go(page, `/records/deal/${dealId}`);
  await page.locator('.record-side .fact:has(.fact-label:text-is("Name")) .fact-edit').click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("half a na");
  const now = await call("GET", `/api/v1/records/deal/${dealId}`, { token: await token(ADMIN) });
  const t0 = Date.now();
  const r = await call("PATCH", `/api/v1/records/deal/${dealId}`, { token: await token(ADMIN), body: { next_step: "Ms Okafor calls back", amount: { amount: "77", currency: "USD" } }, headers: { "if-match": now.headers.get("etag") } });
  ensure(r.status === 200, r.text);
  await page.waitForFunction(() => [...document.querySelectorAll(".record-side .fact")].some((f) => f.textContent.includes("Ms Okafor calls back")), null, { timeout: 3000, polling: 20 });
  ensure(Date.now() - t0 < 1000, `it took ${Date.now() - t0} ms`);
  ensure((await page.evaluate(() => document.activeElement?.value)) === "half a na", "typing was disturbed");
  await page.keyboard.press("Escape");
});

test("a version of the manual that goes live shows on open pages at once, without disturbing typing", async () => {
  const [record, list] = [await open(REP), await open(REP)];
  await go(record, `/records/deal/${await firstDeal()}`);
  await go(list, "/lists/deal?cols=name,number");
  await record.locator('.record-side .fact:has(.fact-label:text-is("Name")) .fact-edit').click();
  await record.keyboard.press("Control+a");
  await record.keyboard.type("half a na");
  const page = await ask(ADMIN, "/api/v1/manual/pages/object/deal");
  const text = page.text.replace("label: Opportunity number", "label: Deal number");
  const t0 = Date.now();
  const r = await call("POST", "/api/v1/manual/publish", { token: await token(ADMIN), body: { pages: [{ path: page.path, text }], reason: "Nobody says opportunity" } });
  ensure(r.status === 200, r.text);
  await record.waitForFunction(() => [...document.querySelectorAll(".record-side .fact-label")].some((l) => l.textContent === "Deal number"), null, { timeout: 5000, polling: 20 });
  await list.waitForFunction(() => document.querySelector(".grid-head")?.textContent.includes("Deal number"), null, { timeout: 5000, polling: 20 });
  ensure(Date.now() - t0 < 5000, `it took ${Date.now() - t0} ms`); // nobody asks for it by themselves within a minute
  ensure((await record.evaluate(() => document.activeElement?.value)) === "half a na", "typing was disturbed");
  await record.keyboard.press("Escape");
  const back = await call("POST", "/api/v1/manual/publish", { token: await token(ADMIN), body: { pages: [{ path: page.path, text: page.text }], reason: "As it was" } });
  ensure(back.status === 200, back.text);
});

test("two people change different fields: both stay; the same field: one chooses", async () => {
  const dealId = await firstDeal();
  const page = await open(REP);
  await go(page, `/records/deal/${dealId}`);
  await page.route("**/api/v1/events", (r) => r.abort());
  await page.reload();
  await page.waitForSelector(".record-side .fact-edit");
  await settled(page);
  const patch = async (body) => {
    const now = await call("GET", `/api/v1/records/deal/${dealId}`, { token: await token(ADMIN) });
    const r = await call("PATCH", `/api/v1/records/deal/${dealId}`, { token: await token(ADMIN), body, headers: { "if-match": now.headers.get("etag") } });
    ensure(r.status === 200, r.text);
  };
  await patch({ next_step: "Theirs" });
  const edit = async (label, text) => {
    await page.locator(`.record-side .fact:has(.fact-label:text-is("${label}")) .fact-edit`).click();
    await page.keyboard.press("Control+a");
    await page.keyboard.type(text);
    await page.keyboard.press("Enter");
  };
  await edit("Opportunity number", "MINE-2");
  await page.waitForFunction(() => document.body.textContent.includes("Theirs"));
  const row = () => ask(ADMIN, `/api/v1/records/deal/${dealId}`);
  await until(async () => { const r = await row(); return r.number === "MINE-2" && r.next_step === "Theirs"; }, "both are there");
  await patch({ number: "ADMIN-3" });
  await edit("Opportunity number", "MINE-4");
  await page.waitForSelector("dialog >> text=changed by two people");
  await shot(page, "conflict");
  await page.click(".choice >> text=MINE-4");
  await until(async () => (await row()).number === "MINE-4", "the choice is saved");
});

test("P62 at 360 px and without a connection changes wait, survive a closed page, and are sent", async () => {
  const dealId = await firstDeal();
  const page = await open(REP, { width: 360 });
  await go(page, `/records/deal/${dealId}`);
  await page.context().setOffline(true);
  await page.locator('.record-side .fact:has(.fact-label:text-is("Opportunity number")) .fact-edit').click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("OFFLINE-5");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".banner >> text=1 change waits", { timeout: 8000 });
  await shot(page, "offline");
  await page.context().setOffline(false);
  await page.reload();
  await until(async () => (await ask(ADMIN, `/api/v1/records/deal/${dealId}`)).number === "OFFLINE-5", "what was written offline is sent");
});

test("an answer that can still be taken back is not sent by a second page", async () => {
  const title = "Send the samples";
  const asked = await call("POST", "/api/v1/tasks", { token: await token(REP), body: { record: await firstDeal(), title, due: new Date(Date.now() + 3_600_000).toISOString() } });
  ensure(asked.status === 201, asked.text);
  const page = await open(REP);
  await go(page, `/?task=${asked.json.id}`);
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector(`.toast >> text=${title}`);
  const second = await page.context().newPage();
  await second.goto(server.base + "/");
  await second.waitForSelector(".task-card");
  await page.bringToFront();
  await page.keyboard.press("Control+z");
  await page.waitForSelector(`.task-card .task-title:text-is('${title}')`);
  await page.waitForTimeout(8000); // longer than it is held: nothing is to happen
  ensure((await ask(REP, "/api/v1/my-day?limit=200")).data.some((x) => x.id === asked.json.id), "the answer that was taken back was sent");
  // A page that is gone without a word leaves it to the other.
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector(`.toast >> text=${title}`);
  const crash = await page.context().newCDPSession(page);
  await Promise.race([crash.send("Page.crash").catch(() => undefined), new Promise((done) => setTimeout(done, 2000))]);
  await second.reload();
  await until(async () => !(await ask(REP, "/api/v1/my-day?limit=200")).data.some((x) => x.id === asked.json.id), "the answer of the page that died is sent");
  await page.context().close();
});

await finish();
