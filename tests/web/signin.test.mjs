// The door: signing in without script, files and headers, the theme before the first paint.
import { ensure, finish, go, open, PASSWORD, REP, server, test } from "./lib.mjs";

test("signing in works without script, refuses kindly and keeps what was typed", async () => {
  const page = await open(null, { script: false });
  await page.goto(`${server.base}/manual/workflow/closing`);
  ensure(page.url().includes("/sign-in?next="), `not led to the sign-in page: ${page.url()}`);
  await page.fill("#email", REP);
  await page.fill("#password", "wrong wrong wrong");
  await page.click("button.primary");
  ensure((await page.textContent(".trouble")).includes("do not match"), "no reason given");
  ensure((await page.inputValue("#email")) === REP, "the address was lost");
  await page.fill("#password", PASSWORD);
  await page.click("button.primary");
  ensure(page.url().endsWith("/manual/workflow/closing"), `not brought back: ${page.url()}`);
  const evil = await fetch(`${server.base}/sign-in`, { method: "POST", redirect: "manual", headers: { "content-type": "application/x-www-form-urlencoded" }, body: `demo=${encodeURIComponent(REP)}&next=${encodeURIComponent("//evil.example/")}` });
  ensure(evil.headers.get("location") === "/", `leads elsewhere: ${evil.headers.get("location")}`);
});

test("files are compressed beforehand, never change, and pages carry the strict policy", async () => {
  const html = await (await fetch(`${server.base}/sign-in`)).text();
  const css = /href="(\/assets\/main-[^"]+\.css)"/.exec(html)?.[1];
  const js = /href="(\/assets\/main-[^"]+\.js)"/.exec(html)?.[1];
  ensure(css && js, "the page names no files");
  for (const [coding, want] of [["br, gzip", "br"], ["gzip", "gzip"], ["br;q=0, gzip;q=0.5", "gzip"], ["identity", null]]) {
    const r = await fetch(server.base + js, { headers: { "accept-encoding": coding } });
    ensure(r.headers.get("content-encoding") === want, `${coding}: ${r.headers.get("content-encoding")}`);
    ensure((await r.text()).length > 10_000, `${coding}: the body is short`);
    ensure(/immutable/.test(r.headers.get("cache-control") ?? ""), "not immutable");
  }
  const tag = (await fetch(server.base + css)).headers.get("etag");
  ensure((await fetch(server.base + css, { headers: { "if-none-match": tag } })).status === 304, "the tag does not hold");
  const policy = (await fetch(`${server.base}/sign-in`)).headers.get("content-security-policy") ?? "";
  for (const word of ["script-src 'self'", "style-src 'self'", "require-trusted-types-for 'script'", "frame-ancestors 'none'"]) ensure(policy.includes(word), `policy lacks ${word}`);
  ensure(!policy.includes("unsafe"), "policy has unsafe");
  ensure((await fetch(`${server.base}/assets/main-nix.js`)).status === 404, "unknown files are not 404");
});

test("the theme is there before the first paint, and stays", async () => {
  const page = await open(REP, { theme: "light" });
  await go(page, "/");
  await page.click(".rail-me");
  await page.click("label:has-text('Dark')");
  const html = await (await page.context().request.get(`${server.base}/`)).text();
  ensure(/<html lang="en" data-theme="dark">/.test(html), "the server does not write it");
  await page.reload();
  ensure((await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--bg").trim())) === "#111518", "not dark");
});

await finish();
