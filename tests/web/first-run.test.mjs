// A company that does not exist yet: the page that creates it, by hand and without script, and My Day right after.
import { serve, tempDir } from "../e2e/lib.mjs";
import { axe, call, ensure, expect, finish, keys, looksWell, open, PASSWORD, server, settled, test } from "./lib.mjs";

// Instead of the demo: a folder in which nothing was created. It is served until the next one: a page whose server goes away says so.
let mine = null;
async function empty() {
  await mine?.stop();
  mine = await serve(["start", "--empty", "--data", tempDir()]);
  Object.assign(server, { base: mine.base, port: mine.port });
}

const fields = { company: "Harbor Health", name: "Mia Kane", email: "mia@harbor.example" };

test("a company is created with keys alone and without script", async () => {
  await empty();
  const page = await open(null, { script: false });
  await page.goto(`${server.base}/lists/lead`);
  ensure(page.url() === `${server.base}/first-run`, `not led there: ${page.url()}`);
  await keys(page, "Tab", "=Harbor Health", "Tab", "=Eu", "Tab", "=EUR", "Tab", "=Mia Kane", "Tab", "=mia@harbor.example", "Tab", `=${PASSWORD}`, "Tab");
  await page.selectOption("#zone", "Europe/Berlin");
  await page.focus("input[name=starter]:checked");
  await keys(page, "ArrowDown", "Tab", "Enter");
  await page.waitForURL(`${server.base}/`);
  const cookies = await page.context().cookies();
  ensure(cookies.some((c) => c.name === "fairlead" && c.httpOnly), "no session");
  const me = await page.context().request.get(`${server.base}/api/v1/me`);
  ensure((await me.json()).email === fields.email, await me.text());
  const pages = await (await page.context().request.get(`${server.base}/api/v1/manual/pages`)).json();
  ensure(pages.data.some((p) => p.path === "pack/blank"), "the arrow chose no other manual");
});

test("what is wrong is listed first, has the focus, leads to its field, and loses nothing but the password", async () => {
  await empty();
  const page = await open(null, { script: false });
  await page.goto(`${server.base}/first-run`);
  for (const [id, text] of Object.entries(fields)) await page.fill(`#${id}`, text);
  await page.fill("#password", "Mia and the boats");
  await page.selectOption("#currency", "SEK");
  await page.fill("#email", "mia@"); // the browser lets no such address through: the server has the last word
  await page.locator("#email").evaluate((e) => (e.type = "text"));
  await page.click("button.primary");
  const trouble = page.locator("#trouble");
  await expect(trouble).toBeFocused();
  await expect(trouble.locator("li")).toHaveCount(1);
  await trouble.locator("a").click();
  ensure(page.url().endsWith("#email"), page.url());
  await expect(page.locator("#email")).toHaveAccessibleDescription(/You sign in with it.*not a mail address/);
  await page.fill("#email", fields.email);
  await page.fill("#password", "mia kane likes boats");
  await page.click("button.primary");
  await expect(page.locator("#password")).toHaveAccessibleDescription(/contains your name/);
  await expect(page.locator("#company")).toHaveValue(fields.company);
  await expect(page.locator("#currency")).toHaveValue("SEK");
  await expect(page.locator("#password")).toHaveValue("");
  ensure((await call("GET", "/healthz")).json.manual_version === 0, "something was created");
});

for (const width of [1280, 390])
  for (const theme of ["light", "dark"])
    test(`setting up looks well at ${width} px, ${theme}, and My Day says what to do first`, async () => {
      await empty();
      const page = await open(null, { width, theme });
      await page.goto(`${server.base}/first-run`);
      await looksWell(page, "first-run");
      await page.fill("#company", fields.company);
      await page.fill("#name", fields.name);
      await page.fill("#email", fields.email);
      await page.fill("#password", "password1234");
      await page.click("button.primary");
      await page.waitForSelector("#trouble");
      await looksWell(page, "first-run-refused");
      await page.fill("#password", PASSWORD);
      await page.click("button.primary");
      await page.waitForURL(`${server.base}/`);
      await page.waitForSelector(".first-steps");
      await looksWell(page, "first-day");
      await expect(page.locator(".first-step")).toHaveCount(4);
      await page.click(".first-step .primary");
      await settled(page);
      const wrong = await axe(page);
      ensure(wrong.length === 0, wrong.join("\n"));
      await page.getByLabel("Last name").fill("Lee");
      await page.keyboard.press("Enter");
      await page.waitForURL(/records\/lead/);
      await page.goto(`${server.base}/`);
      await page.waitForSelector(".task-card, .empty"); // whether there is a task depends on the manual
      ensure((await page.locator(".first-steps").count()) === 0, "the first steps stay for good");
    });

await finish();
