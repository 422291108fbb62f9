// What the tests of several screens do: sign in, look at a screen in both themes and widths, ask the API.
import { AxeBuilder } from "../../web/node_modules/@axe-core/playwright/dist/index.mjs";
import { expect, type APIRequestContext, type Browser, type Page } from "../../web/node_modules/@playwright/test/index.mjs";

export const MANAGER = "dustin.brinkmann@demo.example";
export const REP = "anna.snelling@demo.example";

export async function signIn(page: Page, email: string): Promise<void> {
  const r = await page.request.post("/api/v1/demo-sign-in", { data: { email } });
  expect(r.status()).toBe(200);
}

export async function ask<T>(request: APIRequestContext, path: string): Promise<T> {
  const r = await request.get(path);
  expect(r.status(), path).toBe(200);
  return (await r.json()) as T;
}

export const LOOKS = [
  { width: 1280, height: 900, colorScheme: "light" }, { width: 1280, height: 900, colorScheme: "dark" },
  { width: 390, height: 844, colorScheme: "light" }, { width: 390, height: 844, colorScheme: "dark" },
] as const;

// No finding of axe, and nothing wider than the window, in each theme and width.
export async function looksWell(browser: Browser, baseURL: string, email: string, path: string, ready: (page: Page) => Promise<void>): Promise<void> {
  for (const look of LOOKS) {
    const context = await browser.newContext({ baseURL, viewport: { width: look.width, height: look.height }, colorScheme: look.colorScheme, hasTouch: look.width < 640 });
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on("console", (m) => { if (m.type() === "error" && !m.text().includes("status of 422")) wrong.push(m.text()); });
    page.on("pageerror", (e) => wrong.push(e.message));
    await signIn(page, email);
    await page.goto(path);
    await ready(page);
    const found = await new AxeBuilder({ page }).analyze();
    expect(found.violations.map((v) => `${v.id}: ${v.nodes[0]?.html ?? ""}`), `${path} ${look.width} ${look.colorScheme}`).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(look.width);
    expect(wrong).toEqual([]);
    await context.close();
  }
}
